"""The reading stage: captures that wait for a reading get one, pages that wait for comparison are compared.

Driven by the catalogue's own lists (`unread`, `uncompared`), so it starts again by itself after a kill and is the same
for a crawl, `rebuild` and `reprocess`. Pages are read in worker processes, started afresh (never forked from a process
that runs threads): one that crashes or hangs costs its own page, which is recorded as unreadable with the reason, and
nothing else. At most two pages a worker are in memory.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import TYPE_CHECKING, Any, Final, Literal

from archive.catalogue import ChangeKind, ChangeRow, Comparison, ReadingRow, State, change_id, server_of, state_of
from archive.digest import Digest
from archive.errors import CaptureNotFoundError, ReadingError, RecordError, StorageError
from pipelines.interrupts import interrupts_held
from pipelines.page import read_page
from pipelines.reading import Reading, StoredPage
from pipelines.rules import ReadingRules
from pipelines.sight import key_of

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.catalogue import Catalogue
    from archive.collection import Collection
    from pipelines.certificate import Certificate

TIME_LIMIT: Final = 30.0
"""Seconds that one page, or one comparison, may take."""
OCTETS_LIMIT: Final = 32 << 20
"""Octets of a page that is read: what is longer is no page of text."""
MEMORY_LIMIT: Final = 4 << 30
"""Octets of address space of one worker."""
START_LIMIT: Final = 60.0
"""Seconds that a worker process may take to start."""
STARTS: Final = 3
"""How often a worker process is tried to start."""
SLICE: Final = 1.0
"""Seconds of one look whether a worker has answered."""
READY: Final = "ready"
BATCH: Final = 50
POLL: Final = 5.0
"""Seconds after which a waiting stage looks by itself for new captures."""


@dataclass(slots=True)
class StageCounts:
    """What a stage has done so far."""

    readings: int = 0
    unreadable: int = 0
    comparisons: int = 0
    changes: int = 0
    """Comparisons that found more than noise, and servers that showed another certificate."""


def default_rules(site: str) -> ReadingRules:
    """The rules of a site that has none of its own."""
    return ReadingRules()


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
        time_limit: float = TIME_LIMIT,
        on_progress: Callable[[StageCounts], None] | None = None,
    ) -> None:
        """`workers`: processes, one for every CPU but one when None; `time_limit`: seconds a page or comparison."""
        self.counts = StageCounts()
        self._collection = collection
        self._catalogue = catalogue
        self._rules_for_site = rules_for_site
        self._on_progress = on_progress
        self._workers = _Workers(workers or max(1, (os.cpu_count() or 2) - 1), time_limit)
        self._sites: list[str] | None = None
        self._reread: set[str] = set()
        self._wake = threading.Event()
        self._stopping: Literal["no", "when done", "now"] = "no"
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    # ---- in the caller's own time

    def run_until_done(self, *, again: bool = False) -> StageCounts:
        """Read and compare until nothing waits; with `again` also what was read or compared by other rules."""
        self._sites = None
        try:
            while self._stopping != "now" and self._step(again=again):
                pass
            if self._stopping != "now":
                self._compare_certificates()
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
            while self._stopping != "now":
                self._wake.clear()
                if self._step():
                    continue
                if self._stopping != "no":
                    # what a server showed is compared once, when the crawl has seen it on all pages
                    self._compare_certificates()
                    return
                self._wake.wait(POLL)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that stops the stage
            self._error = error
        finally:
            self._workers.close()

    def _step(self, *, again: bool = False) -> bool:
        """Do some of what waits; False when nothing does. What is read tells which pages are one, and these are
        compared with each other."""
        return self._read(again=again) or self._identify() or self._compare(again=again)

    # ---- readings

    def _read(self, *, again: bool = False) -> bool:
        """Read what waits; False when nothing did."""
        waiting = self._waiting(again=again)
        if not waiting:
            return False
        for capture, answer in self._workers.ask_all(
            ((capture, self._reading_job(capture)) for capture in waiting), stopping=self._is_stopping
        ):
            self._store_reading(capture, answer)
        return True

    def _waiting(self, *, again: bool) -> list[Capture]:
        if not again:
            return self._catalogue.unread(BATCH)
        if self._sites is None:
            # once a run: it goes through all captures, and the lock keeps new ones away
            self._sites = [row.site for row in self._catalogue.sites()]
        while self._sites:
            site = self._sites[0]
            found = self._catalogue.unread(BATCH, rules=self._rules_for_site(site).version, site=site)
            if found:
                self._reread.add(site)
                return found
            del self._sites[0]
        return []

    def _reading_job(self, capture: Capture) -> _Job:
        rules = self._rules_for_site(capture.site)
        if capture.payload_length > OCTETS_LIMIT:
            return _Failed(f"expected a page of at most {OCTETS_LIMIT} octets, found {capture.payload_length}")
        try:
            stored = self._collection.payload(capture, limit=OCTETS_LIMIT)
        except (RecordError, CaptureNotFoundError) as error:
            return _Failed(f"its record cannot be read: {error}")
        notes = (("truncated", capture.truncated), ("content_coding", stored.problem))
        page = StoredPage(
            url=capture.url,
            captured_at=capture.captured_at,
            record_id=capture.record_id,
            payload_digest=capture.payload_digest,
            content_type=stored.head.value("Content-Type"),
            octets=stored.octets,
            link=", ".join(stored.head.values("Link")),
            notes=tuple((name, note) for name, note in notes if note is not None),
        )
        return _ReadJob(page, rules)

    def _store_reading(self, capture: Capture, answer: _Read | _Failed) -> None:
        rules = self._rules_for_site(capture.site).version
        self._put_identity(capture.url, capture.site, None if isinstance(answer, _Failed) else answer.identity)
        if isinstance(answer, _Failed):
            row = ReadingRow(b"", None, None, None, rules, capture.payload_digest, failed=answer.reason)
            self.counts.unreadable += 1
        else:
            row = ReadingRow(
                answer.json, answer.language, answer.title, answer.text_digest, rules, capture.payload_digest
            )
            self.counts.readings += 1
        self._catalogue.put_reading(capture.record_id, row)
        self._tell()

    # ---- which page an address is

    def _identify(self) -> bool:
        """Say which pages the addresses are that have no reading, or are of a site whose definition says it anew."""
        found = self._catalogue.unidentified(BATCH)
        for url, site in found:
            self._put_identity(url, site)
        if not found and self._reread:
            site = self._reread.pop()
            for page in self._catalogue.pages(site):
                self._put_identity(page.url, site, self._said_by(page.url))
            return True
        return bool(found)

    def _said_by(self, url: str) -> str | None:
        """The identity that the newest reading of an address names; None where it has none."""
        for capture in reversed(self._catalogue.captures_of(url)):
            row = self._catalogue.reading(capture.record_id) if capture.url == url else None
            if row is not None and row.failed is None:
                sight = Reading.from_json(row.json).sight
                return None if sight is None else sight.identity
        return None

    def _put_identity(self, url: str, site: str, said: str | None = None) -> None:
        definition = self._rules_for_site(site).site
        place = f"{site} {key_of(url, definition)}"
        identity = place if said is None else f"{site} {key_of(said, definition)}"
        self._catalogue.put_identity(url, place=place, identity=identity)

    # ---- comparisons

    def _compare(self, *, again: bool = False) -> bool:
        """Compare what is ready; False when nothing was."""
        from pipelines.change import CHANGE_RULES

        ready = self._catalogue.uncompared(BATCH, rules=CHANGE_RULES if again else None)
        if not ready:
            return False
        jobs = ((comparison, self._comparison_job(comparison)) for comparison in ready)
        for comparison, answer in self._workers.ask_all(jobs, stopping=self._is_stopping):
            self._store_change(comparison, answer)
        return True

    def _comparison_job(self, comparison: Comparison) -> _Job:
        before, after = comparison.content, comparison.after
        if before is None or state_of(after) is State.GONE or before.payload_digest == after.payload_digest:
            return _Compared("same", 0.0, (), {})
        readings = []
        for capture in (before, after):
            row = self._catalogue.reading(capture.record_id)
            if row is None or row.failed is not None:
                return _unread(before, after, "no reading" if row is None else f"unreadable: {row.failed}")
            readings.append(row.json)
        return _CompareJob(readings[0], readings[1])

    def _store_change(self, comparison: Comparison, answer: _Compared | _Failed) -> None:
        from pipelines.change import CHANGE_RULES

        before, after = comparison.before, comparison.after
        if isinstance(answer, _Failed):
            answer = _unread(comparison.content or before, after, answer.reason)
        kind, weight, edits = _in_history(state_of(before), state_of(after), answer)
        self._catalogue.put_change(
            ChangeRow(
                id=change_id(after.url, before.record_id, after.record_id, CHANGE_RULES),
                url=after.url,
                site=after.site,
                from_record=before.record_id,
                to_record=after.record_id,
                from_at=before.captured_at,
                to_at=after.captured_at,
                kind=kind,
                weight=weight,
                edits=edits,
                rules=CHANGE_RULES,
                provenance=answer.provenance,
            )
        )
        self.counts.comparisons += 1
        self.counts.changes += kind not in {ChangeKind.SAME, ChangeKind.NOISE}
        self._tell()

    # ---- certificates

    def _compare_certificates(self) -> None:
        """Put in which servers showed another certificate than before: from all captures, whatever they were of."""
        from pipelines.certificate import CERTIFICATE_RULES, changed

        wanted: dict[str, tuple[Capture, Capture]] = {}
        for sights in self._catalogue.certificate_sights():
            for sight in changed(sights):
                before = self._catalogue.certificate_before(sight.first)
                if before is not None:
                    after = sight.page
                    id_ = change_id(after.url, before.record_id, after.record_id, CERTIFICATE_RULES)
                    wanted[id_] = (before, after)
        known = self._catalogue.certificate_changes()
        # certificates are read again for new ones alone: the WARCs grow, and the changes with them
        new = [self._certificate_change(id_, *pair) for id_, pair in wanted.items() if id_ not in known]
        self._catalogue.put_certificate_changes(new, keep=wanted.keys())
        self.counts.changes += len(new)

    def _certificate_change(self, id_: str, before: Capture, after: Capture) -> ChangeRow:
        from pipelines.certificate import CERTIFICATE_RULES, edit_of, weight_of

        old, new = self._certificate(before), self._certificate(after)
        return ChangeRow(
            id=id_,
            url=after.url,
            site=after.site,
            from_record=before.record_id,
            to_record=after.record_id,
            from_at=before.captured_at,
            to_at=after.captured_at,
            kind=ChangeKind.CERTIFICATE,
            weight=weight_of(before, after, old, new),
            edits=(edit_of(before, after, old, new),),
            rules=CERTIFICATE_RULES,
            provenance={"rules": CERTIFICATE_RULES, "server": server_of(after.url), "source": "source"},
        )

    def _certificate(self, capture: Capture) -> Certificate | None:
        """What the server's certificate says; None where its record is not at hand, or it cannot be read."""
        from archive.connection import parse_chain
        from pipelines.certificate import read_certificate

        try:
            record = self._collection.connection_of(capture).chain
            chain = () if record is None else parse_chain(record.block.read())
        except (RecordError, CaptureNotFoundError, StorageError, ValueError):
            # the digest of the certificate is in the catalogue: that it changed can be said without its words
            return None
        return read_certificate(chain[0]) if chain else None

    def _is_stopping(self) -> bool:
        return self._stopping == "now"

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.counts)


def _in_history(
    before: State, after: State, answer: _Compared
) -> tuple[ChangeKind, float, tuple[Mapping[str, Any], ...]]:
    """What a comparison means in the page's history: gone, back, or what the texts say."""
    if after is State.GONE:
        return (ChangeKind.SAME, 0.0, ()) if before is State.GONE else (ChangeKind.GONE, 1.0, ())
    if before is State.GONE:
        reported = ChangeKind(answer.kind) not in {ChangeKind.SAME, ChangeKind.NOISE}
        return ChangeKind.BACK, max(0.5, answer.weight), answer.edits if reported else ()
    return ChangeKind(answer.kind), answer.weight, answer.edits


def _unread(before: Capture, after: Capture, why: str) -> _Compared:
    """Two payloads that differ and have no text to compare: an image, a page that could not be read."""
    edit = {
        "op": "edit",
        "level": "meta",
        "field": "payload",
        "before": before.payload_digest,
        "after": after.payload_digest,
    }
    return _Compared("edited", 0.2, (edit,), {"payload": why})


# --- jobs and answers, as they cross the pipe -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ReadJob:
    page: StoredPage
    rules: ReadingRules


@dataclass(frozen=True, slots=True)
class _CompareJob:
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class _Read:
    json: bytes
    language: str
    title: str | None
    text_digest: Digest
    identity: str | None
    """The address under which the page's history is kept."""


@dataclass(frozen=True, slots=True)
class _Compared:
    kind: str
    weight: float
    edits: tuple[Mapping[str, Any], ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Failed:
    reason: str


_Job = _ReadJob | _CompareJob | _Compared | _Failed
"""What is to be done; an answer that is known already stands for itself."""


def _answer(job: _ReadJob | _CompareJob) -> _Read | _Compared | _Failed:
    """Do one job, in a worker."""
    try:
        if isinstance(job, _ReadJob):
            reading = read_page(job.page, job.rules)
            identity = None if reading.sight is None else reading.sight.identity
            return _Read(reading.to_json(), reading.language, reading.title, reading.text_digest, identity)
        return _compared(job)
    except ReadingError as error:
        return _Failed(str(error))
    except MemoryError:
        return _Failed(f"expected a page that can be read in {MEMORY_LIMIT >> 30} GiB, found one that needs more")
    except Exception as error:  # noqa: BLE001 - whatever a page does to a parser is that page's failure
        return _Failed(f"{type(error).__name__}: {error}"[:500])


def _compared(job: _CompareJob) -> _Compared:
    from pipelines.change import compare

    change = compare(Reading.from_json(job.before), Reading.from_json(job.after))
    noise = [edit.as_record() for edit in change.edits if edit.noise]
    reported = [edit.as_record() for edit in change.reported]
    # What is set aside beside a real change is kept with it, under another name than what is reported.
    provenance = {**change.provenance, "set_aside": noise} if reported and noise else change.provenance
    return _Compared(change.kind, change.weight, tuple(reported or noise), provenance)


# --- worker processes -----------------------------------------------------------------------------------------------


def _serve(pipe: Connection) -> None:
    """A worker's life: one job after the other until the pipe closes, as it does when the parent dies."""
    # Ctrl-C and the end of a terminal go to the whole group of processes; the parent decides what becomes of the
    # workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with contextlib.suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(_answer(pipe.recv()))


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, time_limit: float) -> None:
        self._time_limit = time_limit
        # A machine on which no worker starts says nothing about any page; one that something killed while it started
        # does not either.
        for _ in range(STARTS):
            fault = self._start()
            if fault is None:
                return
        raise ReadingError(f"expected a worker process to start, found that {STARTS} did not; the last one {fault}")

    def _start(self) -> str | None:
        """Start the process; what went wrong, None when it is ready."""
        context = _context()
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_serve, args=(far,), name="reading", daemon=True)
        self._process.start()
        far.close()
        try:
            if self._pipe.poll(START_LIMIT) and self._pipe.recv() == READY:
                return None
            fault = f"said nothing for {START_LIMIT:g} seconds"
        except (EOFError, OSError):
            self._process.join(1)
            fault = f"ended with status {self._process.exitcode}"
        self.kill()
        return fault

    def ask(self, job: _ReadJob | _CompareJob) -> _Read | _Compared | _Failed:
        """Have a job done, or fail when its time is over. Raises EOFError or OSError when the worker dies."""
        self._pipe.send(job)
        if not self._answered():
            self.kill()
            return _Failed(f"expected an end within {self._time_limit:g} seconds, found none")
        answer: _Read | _Compared | _Failed = self._pipe.recv()
        return answer

    def _answered(self) -> bool:
        """Whether the answer came in time.

        Counted in slices, not by the clock: while all processes were stopped (Ctrl-Z) or the machine slept, no page
        was slow.
        """
        slices = max(1, math.ceil(self._time_limit / SLICE))
        return any(self._pipe.poll(self._time_limit / slices) for _ in range(slices))

    @property
    def alive(self) -> bool:
        return self._process.is_alive() and not self._pipe.closed

    def kill(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def exit_code(self) -> int | None:
        self._process.join(5)
        code: int | None = self._process.exitcode
        return code


class _Workers:
    """Worker processes, each asked by a thread of its own; started when there is something to do."""

    def __init__(self, number: int, time_limit: float) -> None:
        self._number = number
        self._time_limit = time_limit
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None

    def ask_all(self, jobs: Iterator[tuple[Any, _Job]], *, stopping: Callable[[], bool]) -> Iterator[tuple[Any, Any]]:
        """Pairs of what each job was for and its answer, as they come; jobs are made only as workers take them."""
        running: dict[Future[Any], Any] = {}
        for wanted, job in jobs:
            if stopping():
                break
            if isinstance(job, _Compared | _Failed):
                yield wanted, job
                continue
            running[self._submit(job)] = wanted
            while len(running) >= 2 * self._number:
                yield from self._finished(running)
        while running:
            yield from self._finished(running)

    @staticmethod
    def _finished(running: dict[Future[Any], Any]) -> list[tuple[Any, Any]]:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        return [(running.pop(future), future.result()) for future in done]

    def _submit(self, job: _ReadJob | _CompareJob) -> Future[Any]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._number, thread_name_prefix="reading-worker")
        return self._threads.submit(self._ask, job)

    def _ask(self, job: _ReadJob | _CompareJob) -> _Read | _Compared | _Failed:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = _Worker(self._time_limit)
        try:
            return self._asked(worker, job)
        except (EOFError, OSError):
            worker.kill()
        # Something else may have killed it, or it was dead before: only a page that ends a fresh one too is to blame.
        worker = _Worker(self._time_limit)
        try:
            return self._asked(worker, job)
        except (EOFError, OSError):
            code = worker.exit_code()
            worker.kill()
            return _Failed(f"two worker processes ended over it, the last with status {code}")

    def _asked(self, worker: _Worker, job: _ReadJob | _CompareJob) -> _Read | _Compared | _Failed:
        answer = worker.ask(job)
        if worker.alive:
            self._idle.put(worker)
        return answer

    def close(self) -> None:
        """End all processes."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().kill()


def _context() -> ForkServerContext | SpawnContext:
    # The fork server starts a worker in milliseconds once it has imported what reading needs itself; a plain fork
    # would copy locks that other threads hold.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.preload"])
    # The tracker first: starting it lets the signals through again.
    resource_tracker.ensure_running()
    with interrupts_held():
        forkserver.ensure_running()
    return context
