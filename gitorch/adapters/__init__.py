"""The outside world: git, the build folder, hooks on disk, watching, processes."""
