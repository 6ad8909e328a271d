"""`python -m crawler`: the same as `khronika`."""

from crawler.cli import main

if __name__ == "__main__":
    main()
