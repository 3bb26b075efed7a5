"""`python -m supercloud`: the command line."""

from supercloud.cli.main import main

if __name__ == "__main__":
    main()
