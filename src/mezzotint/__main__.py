"""`python -m mezzotint` is the `mezzotint` command."""

from mezzotint.cli.main import main

if __name__ == "__main__":
    main()
