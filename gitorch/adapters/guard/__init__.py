"""The guard on disk: what is installed, which builds are open, the permit."""
