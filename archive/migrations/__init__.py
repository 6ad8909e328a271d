"""Schema versions of the two SQLite files; run from inside the package, see `archive/database.py`."""
