"""One file for each command; `gitorch.cli.table` says which."""
