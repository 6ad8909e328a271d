"""What a worker process of the reading stage is asked to do, what it answers, and how the one is made of the other.

A job and its answer cross a pipe, so both are small values; the page's record is read where the page is.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from archive.capture import Capture
from archive.catalogue import ReadingRow
from archive.collection import Collection
from archive.digest import Digest, digest
from archive.errors import CaptureNotFoundError, CatalogueError, ReadingError, RecordError, StorageError
from archive.kinds import State
from archive.readings import canonical, taken_apart
from pipelines import sight as sights
from pipelines.differences import differing
from pipelines.noise import Mask
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules
from pipelines.uncollected import uncollected

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain"})

OCTETS_LIMIT: Final = 32 << 20
"""Octets of a page that is read: what is longer is no page of text."""
MEMORY_LIMIT: Final = 4 << 30
"""Octets of address space of one worker."""


@dataclass(frozen=True, slots=True)
class ReadJob:
    """A page to be read."""

    page: StoredPage | Capture
    """A capture's page is taken from its record."""
    folder: Path
    """Of the collection."""
    rules: bytes
    """`packed` rules."""
    twin: Digest | None = None
    """Source of a reading of the same URL and payload by the same rules: it need not be made again."""
    before: ReadingRow | None = None
    """The reading that it takes the place of."""


@dataclass(frozen=True, slots=True)
class CompareJob:
    """Two readings to be compared; one that other rules made is made again, for this comparison alone."""

    before: ReadingRow
    after: ReadingRow
    before_again: ReadJob | None = None
    after_again: ReadJob | None = None
    mask: bytes | None = None
    """`packed` mask of the site's noise."""


Fault = Literal["time", "memory", "fault"]
"""Why something could not be done: it took too long, it needed too much memory, or it met a fault of ours."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be done with this page."""

    reason: str
    fault: Fault = "fault"


@dataclass(frozen=True, slots=True)
class Read:
    """A page was read."""

    row: ReadingRow
    identity: str | None
    """The address under which the page's history is kept."""
    differing: tuple[str, ...] = ()
    """What is another than in the reading before (`pipelines/differences.py`)."""
    edits: tuple[Mapping[str, Any], ...] = ()
    """What of it is words."""
    uncompared: Failed | None = None
    """Why that could not be told; None where it could."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A page need not be read: the reading that is at hand is of the same source."""

    payload_digest: Digest | None


@dataclass(frozen=True, slots=True)
class Compared:
    """Two readings were compared."""

    kind: str
    weight: float
    edits: tuple[Mapping[str, Any], ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """It cannot be done, and the disk is to blame."""

    reason: str


Asked = ReadJob | CompareJob
Answer = Read | Twin | Compared | Failed | Broken
Job = Asked | Compared | Failed
"""What is to be done; an answer that is known already stands for itself."""


def packed(value: ReadingRules | Mask) -> bytes:
    """Rules or a mask as they are sent: made once for all pages of a site."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(256)
def _unpacked(octets: bytes) -> ReadingRules:
    rules: ReadingRules = pickle.loads(octets)  # noqa: S301 - it was packed by our own process
    return rules


@lru_cache(64)
def _unpacked_mask(octets: bytes) -> Mask:
    mask: Mask = pickle.loads(octets)  # noqa: S301 - it was packed by our own process
    return mask


def _mask(octets: bytes | None) -> Mask | None:
    return None if octets is None else _unpacked_mask(octets)


def answer(job: Asked) -> Answer:
    """Do one job; nothing escapes."""
    try:
        return _read(job) if isinstance(job, ReadJob) else _compared(job)
    except StorageError as error:
        return Broken(str(error))
    except (RecordError, CaptureNotFoundError) as error:
        return Failed(f"its record cannot be read: {error}")
    except ReadingError as error:
        return Failed(str(error))
    except Exception as error:  # noqa: BLE001 - whatever a page does to a parser is that page's failure
        return _fault(error)


def _fault(error: Exception) -> Failed:
    """What went wrong with a page."""
    if isinstance(error, MemoryError):
        words = f"expected a page that can be read in {MEMORY_LIMIT >> 30} GiB, found one that needs more"
        return Failed(words, "memory")
    if isinstance(error, RecursionError):
        return Failed("expected a page that can be read, found one that is nested too deep")
    # the words of the system's errors name files of this machine
    said = error.strerror if isinstance(error, OSError) else error
    return Failed(f"{type(error).__name__}: {said}"[:500])


def _read(job: ReadJob) -> Read | Twin:
    page = _page(job)
    source = source_of(page)
    if job.twin == source:
        return Twin(page.payload_digest)
    rules = _unpacked(job.rules)
    reading = _reading(page, rules)
    content, stamp = taken_apart(reading.to_record())
    row = ReadingRow(
        content=content,
        language=sights.shown(reading.language, reading.sight),
        title=reading.title,
        text_digest=reading.text_digest,
        rules=rules.version,
        payload_digest=page.payload_digest,
        source=source,
        stamp=stamp,
        state=_state_said(page, reading),
    )
    identity = None if reading.sight is None else reading.sight.identity
    if job.before is None or job.before.says_as(row):
        return Read(row, identity)
    fields = differing(job.before, row)
    try:
        return Read(row, identity, fields, _edits(job.before, reading))
    except Exception as error:  # noqa: BLE001 - the page is read, whatever becomes of its comparison
        return Read(row, identity, fields, uncompared=_fault(error))


def _state_said(page: StoredPage, reading: Reading) -> State:
    """What a page's words say that it is; a document and an answer of an API are what they are."""
    from pipelines.not_the_page import state_said

    media_type = (page.content_type or "text/html").partition(";")[0].strip().lower()
    return state_said(reading) if media_type in _PAGES else State.PRESENT


def _reading(page: StoredPage, rules: ReadingRules) -> Reading:
    # here and not above: the process that asks reads nothing, and its start need not wait for the readers' tables
    from pipelines.page import read_page

    return read_page(page, rules)


def _page(job: ReadJob) -> StoredPage:
    if isinstance(job.page, StoredPage):
        return job.page
    capture = job.page
    if capture.payload_length > OCTETS_LIMIT:
        raise ReadingError(f"expected a page of at most {OCTETS_LIMIT} octets, found {capture.payload_length}")
    stored = Collection(job.folder).payload(capture, limit=OCTETS_LIMIT)
    notes = (("truncated", capture.truncated), ("content_coding", stored.problem))
    return StoredPage(
        url=capture.url,
        captured_at=capture.captured_at,
        record_id=capture.record_id,
        payload_digest=capture.payload_digest,
        content_type=stored.head.value("Content-Type"),
        octets=stored.octets,
        link=", ".join(stored.head.values("Link")),
        notes=tuple((name, str(note)) for name, note in notes if note is not None),
    )


def source_of(page: StoredPage) -> Digest:
    """Digest of all that a page's reading depends on, the rules aside.

    Of the moment of capture it is the day: a date after it is none of the page (`pipelines/dates.py`).
    """
    day = page.captured_at.astimezone(UTC).date().isoformat()
    about = [page.url, day, page.payload_digest, page.content_type, page.link, page.notes, digest(page.octets)]
    return digest(canonical(about))


def _edits(before: ReadingRow, after: Reading) -> tuple[Mapping[str, Any], ...]:
    """What other rules made of a page's words."""
    from pipelines.change import compare

    if before.failed is not None:
        return ()
    try:
        old = Reading.from_json(before.json)
    except (ReadingError, CatalogueError):
        return ()  # by rules so old that its form was another
    return tuple(edit.as_record() for edit in compare(old, after).edits)


@uncollected()
def _compared(job: CompareJob) -> Compared:
    from pipelines.change import compare
    from pipelines.not_the_page import is_replaced

    again: list[str] = []
    before = _again(job.before, job.before_again, again)
    after = _again(job.after, job.after_again, again)
    change = compare(before, after, _mask(job.mask))
    provenance = dict(change.provenance)
    if change.reported and _broke_off(before, after):
        # what did not come is not gone: the page is compared again when it is seen whole
        return Compared(State.UNREACHABLE.value, 0.0, (), provenance)
    if change.reported and is_replaced(before, after):
        # not a word of the page is left: the states over time tell what became of it
        return Compared(State.REPLACED.value, 0.0, (), provenance)
    if change.reasons:
        provenance["weight"] = [reason.as_record() for reason in change.reasons]
    if provenance["source"] == "source" and not again:
        # the rows of both readings say by which rules they are, whatever rules come to read them in the same way
        del provenance["readings"]
    noise = [edit.as_record() for edit in change.edits if edit.noise]
    reported = [edit.as_record() for edit in change.reported]
    if reported and noise:
        # what is set aside beside a real change is kept with it, under another name than what is reported
        provenance["set_aside"] = noise
    return Compared(change.kind, change.weight, tuple(reported or noise), provenance)


def _broke_off(before: Reading, after: Reading) -> bool:
    """Whether the end of a page did not arrive, which came the time before.

    A server that names a wrong length always seems to break off: what has its end is all there.
    """
    ends = [before.text_of(block) for block in before.blocks[-_END:]]
    return _is_cut(after) and not _is_cut(before) and not {*ends} & {*map(after.text_of, after.blocks)}


_END: Final = 3
"""Blocks that are the end of a page."""


def _is_cut(reading: Reading) -> bool:
    """Whether a page's body is not whole, for another reason than our own limit."""
    notes = reading.provenance.get("notes", {})
    return notes.get("truncated") in {"disconnect", "time"} or "all through" in notes.get("content_coding", "")


def _again(row: ReadingRow, job: ReadJob | None, again: list[str]) -> Reading:
    """A reading; by the rules that both are to be of, where the page can still be read."""
    if job is not None:
        try:
            reading = _reading(_page(job), _unpacked(job.rules))
        except (RecordError, CaptureNotFoundError, ReadingError):
            pass
        else:
            again.append(reading.record_id)
            return reading
    return Reading.from_json(row.json)
