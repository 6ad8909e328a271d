"""Which files of a copy a clone takes, and where each goes: names in a bucket are words of whoever can write to it.

    log/…                    names as a log of ours has them (`log_name`)
    archive/NAME             only files that the signed log names and has sealed; the bucket's own list is not asked
    khronika.toml, state.sqlite, noise/NAME, recovered/NAME
                             where the copy was made with them; nothing in the log vouches for these

Everything else stays where it is, and is counted: names that would lead out of the folder, links, keys, what nobody
knows.
"""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterator
from pathlib import Path

from archive.store import FolderStore, Store
from archive.target import MARK_FILE

LOG_FILE_LIMIT = 17 << 20
"""Octets of a file of the log at most: 256 entries of 64 KiB, with their lengths."""
SETTINGS_LIMIT = 4 << 20
"""Octets of khronika.toml."""

SETTINGS = "khronika.toml"
STATE = "state.sqlite"
NOISE = "noise"
TAILS = "recovered"

_OUR_FILE = re.compile(r"(?:[a-z]+\.sqlite-(?:wal|shm)|\.[a-z]*\.?lock)\Z")
_NAME_LIMIT = 200
_DEPTH = 12
_ODD = frozenset('\\:*?"<>|')
"""What some system or other gives a meaning in a name."""
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")
_LOG = (
    re.compile(r"(?:checkpoint|keys\.note|policy)\Z"),
    re.compile(r"(?:checkpoints|cosig)/(?:0|[1-9][0-9]{0,15})\Z"),
    re.compile(r"tile/(?:[0-9]|entries)/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?\Z"),
    re.compile(r"keys/[1-9][0-9]{0,8}\.(?:note|policy)\Z"),
    re.compile(r"tsa/[A-Za-z0-9][A-Za-z0-9._+-]*\.(?:tsr|crl|pem)\Z"),
)
_OURS = frozenset({"log/journal", "catalogue.sqlite", "search.sqlite", "clone.json", MARK_FILE})
"""What a folder of ours has besides, and a clone makes anew or has no use for."""
_OUR_FOLDERS = frozenset(
    {"archive", "crawls", "inbox", "indexes", "pages", "khronika-uploads", "khronika-probe", ".clone"}
)


class Kind(enum.StrEnum):
    """What a name in a copy is."""

    LOG = "log"
    PRIVATE = "private"
    PASSED = "passed"  # what a clone needs not, or names by the log
    KEYS = "keys"  # keys in a copy: whoever reads it has them
    UNSAFE = "unsafe"  # would lead elsewhere
    LINK = "link"
    UNKNOWN = "unknown"


def kind_of(name: str) -> Kind:
    """What a file of a copy is, by its name alone."""
    if not is_safe(name):
        return Kind.UNSAFE
    top, _, rest = name.partition("/")
    if top == "keys":
        return Kind.KEYS
    if top == "log" and any(one.match(rest) for one in _LOG):
        return Kind.LOG
    if name in {SETTINGS, STATE} or (top in {NOISE, TAILS} and rest and "/" not in rest):
        return Kind.PRIVATE
    if name in _OURS or _OUR_FILE.match(name) or top in _OUR_FOLDERS:
        return Kind.PASSED
    return Kind.UNKNOWN


def is_safe(name: str) -> bool:
    """Whether a name leads to a place below the folder that it is put in, on every system."""
    parts = name.split("/")
    if not name or len(parts) > _DEPTH or any(len(part) > _NAME_LIMIT for part in parts):
        return False
    return all(
        part not in {"", ".", ".."} and part.isprintable() and not set(part) & set('\\:*?"<>|') for part in parts
    )


def is_warc_name(name: str) -> bool:
    """Whether a file that the log names may stand in `archive/`."""
    return bool(_PART.match(name)) and len(name) <= _NAME_LIMIT and name.endswith(".warc.gz")


def listed(store: Store) -> Iterator[tuple[str, Kind]]:
    """Every name in a copy, and what it is. Raises StorageError, OSError."""
    if isinstance(store, FolderStore):
        yield from _in_folder(store.path)
        return
    for name in store.names(""):
        yield name, kind_of(name)


def _in_folder(root: Path) -> Iterator[tuple[str, Kind]]:
    """The names of a folder; links in it are told of, and not followed."""

    def refuse(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(root, onerror=refuse):
        folders.sort()
        for name in (*folders, *sorted(files)):
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            if path.is_symlink():
                yield relative, Kind.LINK
            elif name in files:
                yield relative, kind_of(relative) if path.is_file() else Kind.UNKNOWN
