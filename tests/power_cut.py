"""What a power cut leaves of a folder: what was synced, and of the rest as much or as little as a disk may have taken.

A file's octets are safe once the file is synced, its name once the folder is. `Shadow` hears of each sync (through
`disk_faults.disk`) and keeps, outside the folder, what is safe then; `cut` puts the folder into a state that a power
cut may leave. POSIX says no more than that what was synced is there, so each of the four ways is one that programs
must live with:

    lost    nothing is there that was not synced, neither octets nor names: renames and removals are undone
    names   all names are there, and of the octets those that were synced: a new file may be empty
    torn    all names, and the first half of the octets that were not synced
    zeros   all names and lengths, and zeros in place of the octets that were not synced
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any, Literal

Way = Literal["lost", "names", "torn", "zeros"]
WAYS: tuple[Way, ...] = ("lost", "names", "torn", "zeros")


class Shadow:
    """What is safe of some folders; lies in a folder of its own, so that it outlives a process that is killed."""

    def __init__(self, root: Path, at: Path, folders: tuple[str, ...]) -> None:
        """`root`: the collection; `at`: where the shadow is kept, on the same file system; `folders`: below `root`."""
        self._root = root.resolve()
        self._at = at
        self._folders = folders

    def begin(self) -> None:
        """Take all that there is for safe."""
        for name in ("octets", "held", "listings"):
            (self._at / name).mkdir(parents=True)
        self._list(self._root)
        for folder in self._folders:
            for path in [self._root / folder, *(self._root / folder).rglob("*")]:
                if path.is_dir():
                    self._list(path)
                elif path.is_file():
                    self._keep(path)

    def heard(self, name: str, details: Any) -> None:
        """A call that was made; as `disk` tells it."""
        if name not in {"fsync", "fdatasync"}:
            return
        path = Path(f"/proc/self/fd/{details[0]}").readlink()
        if path == self._root or (path.is_dir() and self._mine(path)):
            self._list(path)
        elif path.is_file() and self._mine(path):
            self._keep(path)

    def cut(self, way: Way) -> None:
        """Leave what a power cut leaves."""
        made = self._at / "made"
        made.mkdir()
        top = self._listing(self._root) if way == "lost" else _names(self._root)
        for folder in self._folders:
            if folder in top:
                self._make(self._root / folder, top[folder][1], made / folder, way)
            shutil.rmtree(self._root / folder, ignore_errors=True)
            if folder in top:
                (made / folder).rename(self._root / folder)
        made.rmdir()

    def _mine(self, path: Path) -> bool:
        return path.is_relative_to(self._root) and path.relative_to(self._root).parts[0] in self._folders

    def _list(self, folder: Path) -> None:
        number = folder.stat().st_ino
        (self._at / "listings" / f"{number}").write_text(json.dumps(_names(folder)))

    def _listing(self, folder: Path) -> dict[str, Any]:
        return dict(json.loads((self._at / "listings" / f"{folder.stat().st_ino}").read_text()))

    def _keep(self, path: Path) -> None:
        number = path.stat().st_ino
        held = self._at / "held" / f"{number}"
        if not held.exists():
            # a file that is removed keeps its number: no other one can get it while there is this link
            os.link(path, held)
        (self._at / "octets" / f"{number}").write_bytes(path.read_bytes())

    def _make(self, folder: Path, number: int, made: Path, way: Way) -> None:
        made.mkdir()
        if way == "lost":
            listing = self._at / "listings" / f"{number}"
            names = json.loads(listing.read_text()) if listing.exists() else {}
        else:
            names = _names(folder)
        for name, (kind, number_of) in names.items():
            if kind == "folder":
                self._make(folder / name, number_of, made / name, way)
            else:
                (made / name).write_bytes(self._octets(folder / name, number_of, way))
                for known in (self._at / "held" / f"{number_of}", folder / name):
                    if known.exists():
                        (made / name).chmod(stat.S_IMODE(known.stat().st_mode))
                        break

    def _octets(self, path: Path, number: int, way: Way) -> bytes:
        kept = self._at / "octets" / f"{number}"
        safe = kept.read_bytes() if kept.exists() else b""
        if way in {"lost", "names"}:
            return safe
        now = path.read_bytes()
        same = next((n for n, (a, b) in enumerate(zip(safe, now, strict=False)) if a != b), min(len(safe), len(now)))
        if way == "torn":
            middle = same + (len(now) - same) // 2
            return now[:middle] + safe[middle:]
        return now[:same] + bytes(len(now) - same)


def _names(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        entry.name: ("folder" if entry.is_dir() else "file", entry.inode())
        for entry in os.scandir(folder)
        if entry.is_dir() or entry.is_file()
    }
