"""Collections with closed WARCs, and places to copy them to."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import archive_samples
from warc_samples import exchange

from archive.copying import Destination, PushResult, push
from archive.digest import digest
from archive.place import FolderPlace, Place, parse_place
from archive.state import State
from archive.target import LockMode, Target

PART = 5 << 20
"""S3 takes no smaller part."""


@dataclass
class Held:
    """A collection whose writer is closed, and where its copies go."""

    folder: Path

    def crawl(self, number: int, octets: int = 2000) -> str:
        """Another WARC, closed and sealed: its name. `octets`: of a page that cannot be compressed."""
        body = random.Random(number).randbytes(octets)
        before = set(self.warcs())
        with archive_samples.Collection.open(self.folder) as at, at.writer() as writer:
            one = exchange(f"http://site.example/{number}", body=body, after=timedelta(hours=number))
            archive_samples.put(writer, f"crawl-{number}", one)
        (new,) = set(self.warcs()) - before
        return new

    def warcs(self) -> list[str]:
        """The closed WARCs, relative to the collection."""
        return sorted(f"archive/{path.name}" for path in (self.folder / "archive").glob("*.warc.gz"))

    def state(self, *, readonly: bool = False) -> State:
        """The state, to be closed."""
        return State.open(self.folder, readonly=readonly)

    def push(self, *destinations: Destination, **more: object) -> list[PushResult]:
        """Bring copies up to date."""
        with self.state() as state:
            return push(self.folder, state, destinations, **more)  # type: ignore[arg-type] # as its caller's

    def octets(self, name: str) -> bytes:
        """Of a file here."""
        return (self.folder / name).read_bytes()


def held(folder: Path, crawls: int = 2) -> Held:
    """A collection with some closed WARCs."""
    archive_samples.collection(folder).close()
    made = Held(folder / "collection")
    for number in range(crawls):
        made.crawl(number)
    return made


def on_disk(folder: Path, name: str = "disk", **more: object) -> Destination:
    """A copy in a folder, which is there."""
    folder.mkdir(exist_ok=True)
    return Destination(name, FolderPlace(folder), part_size=PART, **more)  # type: ignore[arg-type]


def on_s3(text: str, endpoint: str, name: str = "bucket", *, lock: LockMode | None = None) -> Destination:
    """A copy in a bucket."""
    place: Place = parse_place(text, endpoint)
    return Destination(name, place, lock=lock, lock_days=1 if lock else 0, part_size=PART)


def claims_hold(state: State, name: str, target: Target) -> None:
    """Whatever the state claims of a target is there: octets by version, and locks."""
    for copy in state.copies.of_target(name):
        if copy.step in {"closed", "uploading"}:
            assert copy.version is None and copy.level is None and copy.retention is None
            continue
        with target.open(copy.file, version=copy.version) as file:
            found = file.read()
        assert (len(found), digest(found)) == (copy.size, copy.digest), copy.file
        if copy.retention is not None:
            now = target.retention(copy.file, copy.version)
            assert now is not None and now.holds(copy.retention)
