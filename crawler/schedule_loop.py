"""The loop of `khronika schedule run`: sleeps until something is due, and crawls it in a process of its own.

Nothing is kept in its memory that counts: what is due, what was cut short and who is told of what lies in state.sqlite.
So it may be killed at any time, and several may be asked to run: one does. It sleeps for a few seconds at a time and
looks at the clock of the wall after each, so that neither a machine that was asleep nor a clock that was set makes it
late; after each it looks whether khronika.toml was changed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archive.errors import ConfigError, KhronikaError
from archive.leases import Machine
from archive.lock import Lock
from archive.state import State
from crawler.config import Config, read_config
from crawler.planning import next_wake, plan
from crawler.schedule_crawl import CRAWL, TELL

if TYPE_CHECKING:
    from types import FrameType

LOCK: Final = ".schedule.lock"
"""Held by the process that runs the schedule; crawls by hand may run meanwhile."""

NAP: Final = 5.0
"""Seconds for which it sleeps at a time."""
TELL_EVERY: Final = timedelta(minutes=5)
"""How often people are told of what is late or fails, while nothing else happens."""
SHORTEST_REST: Final = timedelta(seconds=10)
"""Between two crawls, whatever is due."""
BUSY_REST: Final = timedelta(minutes=1)
"""When another process crawls what is due."""
ERROR_REST: Final = timedelta(minutes=1)
"""After an error; twice as long after each further one."""
LONGEST_REST: Final = timedelta(hours=1)

Say = Callable[[Mapping[str, Any]], None]


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class Settings:
    """khronika.toml as it was when it could be read last."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError when it cannot be read now."""
        self._path = path
        self._mark: tuple[int, ...] = ()
        self.text = ""
        self.config: Config = self._read()

    def look(self) -> ConfigError | bool:
        """Take in an edit: whether there was one, or why it cannot be meant; the last good one counts then."""
        if self._marked() == self._mark:
            return False
        before = self.text
        try:
            self.config = self._read()
        except ConfigError as error:
            return error
        return self.text != before

    def _read(self) -> Config:
        self._mark = self._marked()
        try:
            octets = self._path.read_bytes()
            text = octets.decode("utf-8")
        except OSError as error:
            words = f"{self._path.name}: expected settings that can be read, found {error.strerror}"
            raise ConfigError(words, file=self._path.name) from error
        except UnicodeDecodeError as error:
            words = f"{self._path.name}: expected UTF-8, found another encoding"
            raise ConfigError(words, file=self._path.name) from error
        config = read_config(octets, file=self._path.name)
        self.text = text
        return config

    def _marked(self) -> tuple[int, ...]:
        try:
            of = self._path.stat()
        except OSError:
            return (-1,)
        return of.st_mtime_ns, of.st_size, of.st_ino


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long the loop rests; tests make it short."""

    nap: float = NAP
    tell_every: timedelta = TELL_EVERY
    shortest: timedelta = SHORTEST_REST
    busy: timedelta = BUSY_REST
    error: timedelta = ERROR_REST
    longest: timedelta = LONGEST_REST


class ScheduleLoop:
    """Runs the schedule of one collection."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        say: Say,
        *,
        passphrase: str | None = None,
        rhythm: Rhythm = Rhythm(),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._say = say
        self._passphrase = passphrase
        self._rhythm = rhythm
        self._clock = clock
        self._stopping = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._errors = 0
        self._not_before = clock()
        self._told_at: datetime | None = None
        self._announced: datetime | None = None
        self.cut_short = False
        """Whether a crawl was stopped before its end."""

    def run(self, *, once: bool = False) -> None:
        """Run until somebody stops it; `once`: until all that is due now was tried once.

        Raises CollectionLockedError when another process runs the schedule.
        """
        lock = Lock(self._folder, LOCK, to="run the schedule", doing="running it")
        try:
            with self._signals():
                if once:
                    self._pass(always=True)
                    return
                # what a kill has cut short is gone on with, whether anything is due or not
                self._pass(always=True)
                while not self._stopping.is_set():
                    self._take_in_edits()
                    self._pass()
                    self._stopping.wait(self._rhythm.nap)
        finally:
            lock.release()

    # ---- one look

    def _pass(self, *, always: bool = False) -> None:
        now = self._clock()
        due, next_at = self._due(now)
        # a clock that was put back must not let it rest for years
        waited = now >= self._not_before or self._not_before - now > self._rhythm.longest
        if always or (due and waited):
            self._crawl()
        elif self._is_time_to_tell(now):
            self._told_at = now
            self._run_child(TELL)
        self._announce(next_at if not due else None)

    def _due(self, now: datetime) -> tuple[bool, datetime | None]:
        config = self._settings.config
        try:
            with State.open(self._folder, readonly=True) as state:
                entries = plan(config, state.due.rows(), now).entries
                paused = {site.name for site in config.sites if site.paused}
                held = {lease.site for lease in state.leases.all(Machine()) if lease.held}
                cut = any(one.site not in paused and one.site not in held for one in state.due.unfinished())
        except KhronikaError as error:
            # the crawl meets it too, and says it with its advice; it may be over by then
            self._say({"type": "error", "words": str(error), "status": 1})
            self._rest_after_error()
            return False, None
        return cut or any(entry.due for entry in entries), next_wake(entries, now)

    def _crawl(self) -> None:
        outcome = self._run_child(CRAWL)
        now = self._clock()
        self._told_at = now
        if outcome is None:
            if not self._stopping.is_set():
                self._rest_after_error()
            return
        self._errors = 0
        ran = outcome.get("outcome") == "ran"
        rest = self._rhythm.shortest if ran or outcome.get("outcome") == "nothing due" else self._rhythm.busy
        self._not_before = now + rest
        if any(crawl.get("reason") == "interrupted" for crawl in outcome.get("crawls", ())):
            self.cut_short = True

    def _rest_after_error(self) -> None:
        self._errors += 1
        rest = min(self._rhythm.error * 2 ** min(self._errors - 1, 20), self._rhythm.longest)
        self._not_before = self._clock() + rest

    def _is_time_to_tell(self, now: datetime) -> bool:
        if not self._settings.config.notices:
            return False
        return self._told_at is None or abs(now - self._told_at) >= self._rhythm.tell_every

    def _announce(self, next_at: datetime | None) -> None:
        if next_at is not None and next_at != self._announced:
            self._announced = next_at
            self._say({"type": "next", "at": next_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")})

    def _take_in_edits(self) -> None:
        found = self._settings.look()
        if isinstance(found, ConfigError):
            self._say({"type": "settings", "good": False, "words": str(found)})
        elif found:
            self._not_before = self._clock()
            self._errors = 0
            self._announced = None
            self._say({"type": "settings", "good": True, "words": "khronika.toml was changed, and counts from now on"})

    # ---- the process that crawls

    def _run_child(self, what: str) -> Mapping[str, Any] | None:
        """Have it done; what it came to, None where it came to an error."""
        if self._stopping.is_set():
            return None
        # a session of its own: Ctrl-C is for this process, which passes it on once
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler.schedule_crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._child = child
        try:
            return self._heard(child, what)
        finally:
            self._child = None

    def _heard(self, child: subprocess.Popen[str], what: str) -> Mapping[str, Any] | None:
        assert child.stdin is not None and child.stdout is not None
        asked = {
            "do": what,
            "collection": str(self._folder.absolute()),
            "config": self._settings.text,
            "passphrase": self._passphrase,
        }
        outcome: Mapping[str, Any] | None = {} if what == TELL else None
        with child.stdout:
            # one that ended before it was asked says so by its status
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(asked) + "\n")
                child.stdin.flush()
            if self._stopping.is_set():
                self._end(child)
            for line in child.stdout:
                record = _record(line)
                if record.get("type") == "error":
                    outcome = None
                if record.get("type") == "due":
                    outcome = record
                self._say(record)
        # until here, so that it does not take this for the end of this process
        with suppress(BrokenPipeError):
            child.stdin.close()
        status = child.wait()
        if status != 0 and not self._stopping.is_set():
            self._say({"type": "error", "words": _ended(status), "status": 1})
            return None
        return outcome

    # ---- the end

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = [signal.SIGINT, signal.SIGTERM]
        # nohup: the loop is to outlive its terminal
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """End in order; a second time, the crawl ends at once."""
        self._stopping.set()
        if (child := self._child) is not None:
            self._end(child)

    @staticmethod
    def _end(child: subprocess.Popen[str]) -> None:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGTERM)


def _record(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"type": "message", "words": line.rstrip("\n")}


def _ended(status: int) -> str:
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return f"the process that crawls ended with {how}; what it had stored is kept, and it is begun again"
