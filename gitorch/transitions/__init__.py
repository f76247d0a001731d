"""What is all or nothing: one file for each change of a build's life, and one runner with the protocol."""
