"""The store that a place's name opens, to read a copy from: `s3://BUCKET/PREFIX`, or a folder."""

from __future__ import annotations

from archive.errors import NoCollectionError
from archive.place import FolderPlace, parse_place
from archive.s3 import S3Store
from archive.store import FolderStore, Store


def store_at(text: str, endpoint: str | None = None) -> Store:
    """The copy at a place. Raises UsageError, and NoCollectionError for a folder that is none."""
    place = parse_place(text, endpoint)
    if isinstance(place, FolderPlace):
        if not place.path.is_dir():
            found = "a file" if place.path.exists() else "no such folder"
            raise NoCollectionError(f"expected the copy of a collection in {text}, found {found}")
        return FolderStore(place.path)
    return S3Store(place)
