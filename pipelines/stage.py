"""The reading stage: captures that wait for a reading get one, pages that wait for comparison are compared.

Driven by the catalogue's own lists (`waiting`, `uncompared`), so it starts again by itself after a kill and is the same
for a crawl, `rebuild` and `reprocess`. Pages are read in worker processes (`pipelines/workers.py`): one that crashes or
hangs a worker is recorded as unreadable with the reason, and nothing else is lost. What was read is entered in groups.

Where a comparison fails by a fault of ours, nobody knows what changed, and that is what is stored: a change of kind
`uncompared` with the reason, under the id that it keeps when it is told after all. It is tried again by each version of
Khronika, and whenever everything is read again.

A capture that these very rules have read is not read again, and one whose payload they have read at the same URL and
day is not either. Where other rules read a capture otherwise, that is a difference of the extractor, kept as a change
of that kind and never as one of the page; two captures are compared as the same rules read them.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal

from archive.catalogue import PENDING, ChangeRow, Comparison, ReadingRow, change_id
from archive.errors import CaptureNotFoundError, ReadingError, RecordError, StorageError
from archive.kinds import EVENTS, QUIET, ChangeKind, State, is_look
from archive.readings import canonical
from pipelines.differences import READABLE, differing
from pipelines.edits import Reason
from pipelines.jobs import OCTETS_LIMIT, Answer, Broken, Compared, CompareJob, Failed, Job, Read, ReadJob, Twin, packed
from pipelines.noise_file import check_all
from pipelines.noise_file import load as load_mask
from pipelines.rules import SIGHT_MARK, ReadingRules
from pipelines.settling import Settling, settle
from pipelines.sight import key_of
from pipelines.state_rules import Rules
from pipelines.weight import SIGNALS, edit_of, weigh_edits
from pipelines.workers import TIME_LIMIT, Workers

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.collection import Collection

GROUP: Final = 50
"""Readings or comparisons that are entered in one transaction at most."""
GROUP_SECONDS: Final = 1.0
"""Seconds after which they are entered though they are fewer."""
BATCH: Final = 200
POLL: Final = 5.0
"""Seconds after which a waiting stage looks by itself for new captures."""


@dataclass(slots=True)
class StageCounts:
    """What a stage has done so far."""

    readings: int = 0
    unreadable: int = 0
    copied: int = 0
    """Of the readings those that were taken from a capture of the same payload."""
    comparisons: int = 0
    changes: int = 0
    """Comparisons that found more than noise, and servers that showed another certificate."""
    rewritten: int = 0
    """Of all that was read those that other rules had read otherwise."""
    fields: Counter[str] = field(default_factory=Counter)
    """What of these is another now, by name (`pipelines/differences.py`)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What other rules make of a capture that was read before."""

    capture: Capture
    fields: tuple[str, ...]
    before: ReadingRow
    after: ReadingRow
    edits: tuple[Mapping[str, Any], ...] = ()
    uncompared: Failed | None = None
    """Why it could not be told what of it is words."""

    def as_change(self) -> ChangeRow:
        """The difference as the catalogue keeps it, among the changes and apart from those of pages."""
        one, rules = self.capture, [self.before.rules, self.after.rules]
        provenance: dict[str, Any] = {"source": "extractor", "readings": rules, "fields": list(self.fields)}
        if self.uncompared is not None:
            provenance["uncompared"] = _told_of(self.uncompared)
        return ChangeRow(
            id=change_id(one.url, one.record_id, one.record_id, " ".join(rules)),
            url=one.url,
            site=one.site,
            from_record=one.record_id,
            to_record=one.record_id,
            from_at=one.captured_at,
            to_at=one.captured_at,
            kind=ChangeKind.EXTRACTOR,
            weight=0.0,
            edits=self.edits,
            rules=self.after.rules,
            provenance=provenance,
        )


def _told_of(failed: Failed) -> Mapping[str, str]:
    """That it could not be told what changed, as the provenance of a change keeps it: the reason in a word, what is
    known of it, and by which version it was tried."""
    return {"reason": failed.fault, "why": failed.reason, "khronika": version("khronika")}


def default_rules(site: str) -> ReadingRules:
    """The rules of a site that has none of its own."""
    return ReadingRules()


_Said = ReadingRow | Read | Failed
"""What is known of a capture: a reading that was at hand, one that was made, or why there is none."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is to be read."""

    again: bool = False
    """Also what other rules have read or compared."""
    site: str | None = None
    since: datetime | None = None


@dataclass(slots=True)
class _Group:
    """What was read and is entered next, in one go."""

    readings: list[tuple[str, ReadingRow]] = field(default_factory=list)
    identities: list[tuple[str, str, str]] = field(default_factory=list)
    differences: list[ChangeRow] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def is_due(self) -> bool:
        return len(self.readings) >= GROUP or time.monotonic() - self.since >= GROUP_SECONDS


class ReadingStage:
    """Readings and changes of one collection, kept up with its captures.

    `catalogue` is the stage's own handle, open for writing. Errors of the disk and of the catalogue end the stage and
    come out of `run_until_done` or `stop`; what a page is guilty of is recorded.
    """

    def __init__(
        self,
        collection: Collection,
        catalogue: Catalogue,
        *,
        workers: int | None = None,
        rules_for_site: Callable[[str], ReadingRules] = default_rules,
        state_rules: Rules = Rules(),  # noqa: B008 - a frozen value
        time_limit: float = TIME_LIMIT,
        on_progress: Callable[[StageCounts], None] | None = None,
        on_difference: Callable[[Difference], None] | None = None,
    ) -> None:
        """`workers`: processes, one for every CPU but one when None; `time_limit`: seconds a page or comparison.

        `on_difference` is told what other rules had read otherwise.
        """
        # a damaged file of a person's is named before anything is fetched
        check_all(collection.path)
        self.counts = StageCounts()
        self._collection = collection
        self._catalogue = catalogue
        self._rules_for_site = rules_for_site
        self._state_rules = state_rules
        self._on_progress = on_progress
        self._on_difference = on_difference
        self._workers = Workers(workers or max(1, (os.cpu_count() or 2) - 1), time_limit)
        self._packed = lru_cache(256)(packed)
        self._mask_of = lru_cache(64)(self._packed_mask)
        self._scope = _Scope()
        self._reread: set[str] = set()
        self._wake = threading.Event()
        self._stopping: Literal["no", "when done", "now"] = "no"
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    # ---- in the caller's own time

    def run_until_done(
        self, *, again: bool = False, site: str | None = None, since: datetime | None = None
    ) -> StageCounts:
        """Read and compare until nothing waits; with `again` also what was read or compared by other rules.

        `site`, `since`: of that site, captured from then on, and nothing else is read.
        """
        self._scope = _Scope(again, site, since)
        try:
            self._try_again()
            again_due = True
            while again_due and not self._is_stopping():
                while not self._is_stopping() and self._step():
                    pass
                if not self._is_stopping():
                    self._settle()
                # where a page has moved to, is known when it is settled: then it is compared with what it was before
                again_due = not self._is_stopping() and self._compare()
        finally:
            self._workers.close()
        return self.counts

    def preview(self, *, site: str | None = None, since: datetime | None = None) -> StageCounts:
        """Read what `run_until_done` would read again, and say what would differ; nothing is entered."""
        self._scope = _Scope(True, site, since)
        try:
            for capture, before, answer in self._answers():
                self._count(capture, before, self._row_of(capture, answer))
                self._tell()
        finally:
            self._workers.close()
        return self.counts

    # ---- beside a crawl

    def start(self) -> None:
        """Begin to work in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there are new captures; never blocks."""
        self._wake.set()

    def stop(self, *, finish: bool = True) -> StageCounts:
        """End the thread: when nothing waits any more, or at once, leaving the rest for the next run.

        Raises what ended the stage, when something did.
        """
        self._stopping = "when done" if finish else "now"
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self.counts

    def _run(self) -> None:
        try:
            self._try_again()
            while not self._is_stopping():
                self._wake.clear()
                if self._step():
                    continue
                if self._stopping != "no":
                    self._settle()
                    if self._compare():
                        continue
                    return
                self._wake.wait(POLL)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that stops the stage
            self._error = error
        finally:
            self._workers.close()

    def _step(self) -> bool:
        """Do some of what waits; False when nothing does. What is read tells which pages are one, and these are
        compared with each other."""
        return self._read() or self._identify() or self._compare()

    def _settle(self) -> None:
        """What can be said once all pages of a crawl are read and compared (`pipelines/settling.py`)."""
        rules = self._rules_for_site
        told = (self._collection, self._catalogue, rules, self._is_stopping, self._state_rules, self._scope.again)
        settling = Settling(*told)
        self.counts.changes += settle(settling)
        self._mask_of.cache_clear()

    # ---- readings

    def _read(self) -> bool:
        """Read what waits; False when nothing did."""
        group = _Group()
        found = False
        try:
            for capture, before, answer in self._answers():
                found = True
                self._take(group, capture, before, answer)
                if group.is_due():
                    self._enter(group)
                    group = _Group()
        finally:
            self._enter(group)
        return found

    def _answers(self) -> Iterator[tuple[Capture, ReadingRow | None, _Said]]:
        """What waits, each with its reading by other rules and with what was said about it now, as it comes."""
        twins: dict[str, ReadingRow] = {}
        jobs = (((capture, before), self._reading_job(capture, before, twins)) for capture, before in self._waiting())
        for (capture, before), answer in self._workers.ask_all(jobs, stopping=self._is_stopping):
            twin = twins.pop(capture.record_id, None)
            if isinstance(answer, Broken):
                raise StorageError(answer.reason)
            if isinstance(answer, Twin):
                assert twin is not None
                yield capture, before, replace(twin, payload_digest=answer.payload_digest, frame=None)
            else:
                yield capture, before, answer

    def _waiting(self) -> Iterator[tuple[Capture, ReadingRow | None]]:
        again, site, since = self._scope.again, self._scope.site, self._scope.since
        if not again:
            for capture, _ in self._catalogue.waiting():
                yield capture, None
            return
        for name in [row.site for row in self._catalogue.sites()] if site is None else [site]:
            for capture, rules in self._catalogue.waiting(rules=self._rules_of(name), site=name, since=since):
                self._reread.add(name)
                yield capture, None if rules == PENDING else self._catalogue.reading(capture.record_id)

    def _rules_of(self, site: str) -> str:
        return self._rules_for_site(site).version

    def _reading_job(self, capture: Capture, before: ReadingRow | None, twins: dict[str, ReadingRow]) -> Job:
        rules = self._packed(self._rules_for_site(capture.site))
        if is_look(capture):
            return self._look_job(capture, rules, before)
        twin = self._catalogue.twin(capture, self._rules_of(capture.site))
        if twin is not None:
            twins[capture.record_id] = twin
        return ReadJob(capture, self._collection.path, rules, None if twin is None else twin.source, before)

    def _look_job(self, capture: Capture, rules: bytes, before: ReadingRow | None) -> Job:
        """A browser's look: what is read is the page that its scripts made."""
        from pipelines.dom import dom_page

        try:
            page = dom_page(capture, self._collection.exchange_of(capture), OCTETS_LIMIT)
        except (RecordError, CaptureNotFoundError) as error:
            return Failed(f"its record cannot be read: {error}")
        except ReadingError as error:
            return Failed(str(error))
        if page is None:
            return Failed("expected a DOM that the browser's look made, found none")
        return ReadJob(page, self._collection.path, rules, before=before)

    def _row_of(self, capture: Capture, answer: _Said) -> tuple[ReadingRow, Read | None]:
        if isinstance(answer, ReadingRow):
            return answer, None
        if isinstance(answer, Read):
            expected = self._rules_of(capture.site)
            if answer.row.rules != expected:
                # or it would wait for ever: the files under a running process were replaced
                raise ReadingError(f"expected workers that read by {expected}, found {answer.row.rules}: start again")
            return answer.row, answer
        assert isinstance(answer, Failed)
        rules = self._rules_for_site(capture.site)
        stamp = canonical(rules.provenance())
        row = ReadingRow(b"", None, None, None, rules.version, capture.payload_digest, answer.reason, stamp=stamp)
        return row, None

    def _take(self, group: _Group, capture: Capture, before: ReadingRow | None, answer: _Said) -> None:
        """Put what was said about a capture into the group that is entered next."""
        row, read = self._row_of(capture, answer)
        group.readings.append((capture.record_id, row))
        if not isinstance(answer, ReadingRow) and not is_look(capture):
            group.identities.append(self._identity(capture.url, capture.site, read.identity if read else None))
        difference = self._count(capture, before, (row, read))
        self.counts.copied += isinstance(answer, ReadingRow)
        if difference is not None:
            group.differences.append(difference.as_change())
        self._tell()

    def _count(
        self, capture: Capture, before: ReadingRow | None, said: tuple[ReadingRow, Read | None]
    ) -> Difference | None:
        """Count what was read; what it tells otherwise than before."""
        row, read = said
        self.counts.unreadable += row.failed is not None
        self.counts.readings += row.failed is None
        if before is None or before.says_as(row):
            return None
        fields = (read.differing if read is not None else differing(before, row)) or (READABLE,)
        of_words = ((), None) if read is None else (read.edits, read.uncompared)
        difference = Difference(capture, fields, before, row, *of_words)
        self.counts.rewritten += 1
        self.counts.fields.update(fields)
        if self._on_difference is not None:
            self._on_difference(difference)
        return difference

    def _enter(self, group: _Group) -> None:
        if group.readings:
            self._catalogue.put_identities(group.identities)
            self._catalogue.put_readings(group.readings, differences=group.differences)

    # ---- which page an address is

    def _identify(self) -> bool:
        """Say which pages the addresses are that have no reading, or are of a site whose definition says it anew."""
        found = self._catalogue.unidentified(BATCH)
        self._catalogue.put_identities([self._identity(url, site) for url, site in found])
        if not found and self._reread:
            site = min(self._reread)
            self._reread.remove(site)
            pages = self._catalogue.pages(site)
            for at in range(0, len(pages), BATCH):
                some = [page.url for page in pages[at : at + BATCH]]
                self._catalogue.put_identities([self._identity(url, site, self._said_by(url)) for url in some])
            return True
        return bool(found)

    def _said_by(self, url: str) -> str | None:
        """The identity that the newest reading of an address names; None where it has none."""
        for capture in reversed(self._catalogue.captures_of(url)):
            if capture.url == url and not capture.by_browser:
                row = self._catalogue.reading(capture.record_id)
                if row is not None and row.failed is None:
                    sight = json.loads(row.content).get("site")
                    return None if sight is None else str(sight["identity"])
        return None

    def _identity(self, url: str, site: str, said: str | None = None) -> tuple[str, str, str]:
        """An address with its place and identity, as the catalogue takes them."""
        definition = self._rules_for_site(site).site
        place = f"{site} {key_of(url, definition)}"
        return url, place, place if said is None else f"{site} {key_of(said, definition)}"

    # ---- comparisons

    def _try_again(self) -> None:
        """What could not be compared is due once more: all of it where everything is read again, else what this version
        of Khronika has not tried.

        Once a run, before anything is compared: what fails again waits for the next one.
        """
        scope, ours = self._scope, version("khronika")
        known = self._catalogue.changes(scope.since, scope.site, [ChangeKind.UNCOMPARED])
        due = [one.id for one in known if scope.again or one.provenance["uncompared"]["khronika"] != ours]
        self._catalogue.compare_again(due)

    def _compare(self) -> bool:
        """Compare what is ready; False when nothing was."""
        from pipelines.change import CHANGE_RULES

        ready = self._catalogue.uncompared(BATCH, rules=CHANGE_RULES if self._scope.again else None)
        group: list[ChangeRow] = []
        jobs = ((comparison, self._comparison_job(comparison)) for comparison in ready)
        try:
            for comparison, answer in self._workers.ask_all(jobs, stopping=self._is_stopping):
                if isinstance(answer, Broken):
                    raise StorageError(answer.reason)
                group.append(self._change(comparison, answer))
                self._tell()
                if len(group) >= GROUP:
                    self._catalogue.put_changes(group)
                    group = []
        finally:
            self._catalogue.put_changes(group)
        return bool(ready)

    def _comparison_job(self, comparison: Comparison) -> Job:
        before, after = comparison.before, comparison.after
        if before.payload_digest == after.payload_digest:
            return Compared("same", 0.0, (), {})
        rows: list[ReadingRow] = []
        for capture in (before, after):
            row = self._catalogue.reading(capture.record_id)
            if row is None or row.failed is not None:
                if rows and row is not None and before.mime == after.mime and _is_no_text(row):
                    return Compared(State.UNREACHABLE.value, 0.0, (), {"payload": f"unreadable: {row.failed}"})
                return _unread(before, after, row)
            rows.append(row)
        old, new = rows
        mask = self._mask_of(after.site)
        if _of_text(old.rules) == _of_text(new.rules):
            return CompareJob(old, new, mask=mask)
        return CompareJob(old, new, self._again(old, after.site), self._again(new, after.site), mask)

    def _packed_mask(self, site: str) -> bytes | None:
        mask = load_mask(self._collection.path, site)
        return None if mask is None else packed(mask)

    def _again(self, row: ReadingRow, site: str) -> ReadJob | None:
        """How a page is read for one comparison by its site's rules of now; None where these have read it."""
        rules = self._rules_for_site(site)
        if _of_text(row.rules) == _of_text(rules.version) or row.frame is None:
            return None
        capture = self._catalogue.capture(row.frame.record_id)
        return ReadJob(capture, self._collection.path, self._packed(rules))

    def _change(self, comparison: Comparison, answer: Answer) -> ChangeRow:
        from pipelines.change import CHANGE_RULES

        before, after = comparison.before, comparison.after
        if isinstance(answer, Failed):
            answer = _uncompared(_told_of(answer))
        assert isinstance(answer, Compared)
        kind = ChangeKind(answer.kind)
        self.counts.comparisons += 1
        # what is a state of the page is told once it is established
        self.counts.changes += kind not in QUIET and kind not in EVENTS
        return ChangeRow(
            id=change_id(after.url, before.record_id, after.record_id, "page"),
            url=after.url,
            site=after.site,
            from_record=before.record_id,
            to_record=after.record_id,
            from_at=before.captured_at,
            to_at=after.captured_at,
            kind=kind,
            weight=answer.weight,
            edits=answer.edits,
            rules=CHANGE_RULES,
            provenance=answer.provenance,
        )

    def _is_stopping(self) -> bool:
        return self._stopping == "now"

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.counts)


def _is_no_text(row: ReadingRow) -> bool:
    """Whether what came as a page is none, but octets: a coding that broke, and not one that is too much for us."""
    return (row.failed or "").startswith("expected text, found")


def _uncompared(told: Mapping[str, str]) -> Compared:
    """Two payloads that differ, and nobody can say what changed."""
    weight = SIGNALS["uncompared"].value
    provenance = {"uncompared": told, "weight": [Reason("uncompared", weight).as_record()]}
    return Compared(ChangeKind.UNCOMPARED.value, weight, (), provenance)


def _unread(before: Capture, after: Capture, row: ReadingRow | None) -> Compared:
    """Two payloads that differ and have no text to compare: an image, a page that could not be read.

    `row` is the reading that failed, None where there is none. Octets that are no text have no words that could have
    changed; of a page that was too much for us nobody knows.
    """
    why = "no reading" if row is None else f"unreadable: {row.failed}"
    kinds = {_what_it_is(before), _what_it_is(after)}
    edit = {
        "op": "edit",
        "level": "meta",
        "field": kinds.pop() if len(kinds) == 1 else "payload",
        "before": before.payload_digest,
        "after": after.payload_digest,
    }
    if edit["field"] == "payload" and row is not None and not _is_no_text(row):
        return _uncompared({**_told_of(Failed(str(row.failed))), "reason": "unreadable"})
    kind = "edited" if edit["field"] == "payload" else "link"
    weight, reasons = weigh_edits([edit_of(edit)], 0)
    return Compared(kind, weight, (edit,), {"payload": why, "weight": [reason.as_record() for reason in reasons]})


def _what_it_is(capture: Capture) -> str:
    """What a payload is, as its media type has it."""
    mime = capture.mime or ""
    if mime.startswith("image/"):
        return "picture"
    return "document" if mime in _DOCUMENTS or mime.startswith("application/vnd.") else "payload"


_DOCUMENTS: Final = frozenset({"application/pdf", "application/x-pdf", "application/msword", "application/rtf"})


def _of_text(rules: str) -> str:
    """What of a version of rules the text of a page depends on: a mirror more in the site's definition does not."""
    return rules.split(SIGHT_MARK, maxsplit=1)[0]
