"""Where a copy lies: `s3://BUCKET/PREFIX`, or a folder on another disk; and how it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archive.errors import UsageError
from archive.s3 import S3Place
from archive.s3 import parse_place as parse_s3_place
from archive.target import Target


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder on a disk of this machine."""

    path: Path
    """Absolute."""

    def __str__(self) -> str:
        return str(self.path)


Place = S3Place | FolderPlace


def parse_place(text: str, endpoint: str | None = None) -> Place:
    """`s3://BUCKET/PREFIX`, with the address of a server that is not Amazon's, or a folder. Raises UsageError."""
    if text.startswith("s3:"):
        return parse_s3_place(text, endpoint or None)
    if "://" in text:
        raise UsageError(f"expected s3://BUCKET/PREFIX or a folder, found {text!r}")
    if endpoint:
        raise UsageError(f"expected an address of a server only with s3://BUCKET/PREFIX, found it with {text!r}")
    if not text.strip() or "\0" in text:
        raise UsageError(f"expected s3://BUCKET/PREFIX or a folder, found {text!r}")
    return FolderPlace(Path(text).expanduser().absolute())


def open_target(place: Place | str, endpoint: str | None = None) -> Target:
    """The target at a place, or at one as a text names it. Nothing is asked of it yet. Raises UsageError."""
    if isinstance(place, str):
        place = parse_place(place, endpoint)
    if isinstance(place, S3Place):
        from archive.s3_target import S3Target

        return S3Target(place)
    from archive.folder_target import FolderTarget

    return FolderTarget(place.path)
