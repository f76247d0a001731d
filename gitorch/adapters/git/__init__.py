"""git, as a program and as an object store; `repository` is the one file that opens it."""
