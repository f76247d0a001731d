"""`python -m gitorch` is `gitorch`."""

from gitorch.cli.main import main

if __name__ == "__main__":
    main()
