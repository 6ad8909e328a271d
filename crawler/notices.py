"""Notices: who is told of what changed, once all of a crawl is read and settled, by the rules of `[[notice]]`.

Where one asks for it, it tells what is not well about the collection's running too (`notice_operation.py`).

What is to be told is written down first (`archive/deliveries.py`), by the rules that were in force when the page was
captured, and sent from there, in the order in which the pages changed. So a crawl that is killed loses nothing, a
notice that is new tells nothing of what was before it, and other rules count for what is captured from then on.

At least once, and never twice for one change, as the receiver tells them apart by the message's id: `sending` is on the
disk before a message leaves, `sent` after the receiver has said that it has it. After a kill between the two nobody
knows whether it arrived; it is sent again with the same id and the same changes, and nothing else ever is.

A failure never fails the crawl: the message waits, longer each time, and is tried by the next crawl or by
`khronika notify`.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from archive.catalogue import Catalogue
from archive.deliveries import Deliveries, Delivery
from archive.errors import CollectionLockedError, ConfigError, KhronikaError
from archive.lock import NOTICES, Lock
from archive.state import State
from archive.troubles import KeptTrouble, Seen
from crawler.digest import Digest, Entry, entries_of, entry_lines
from crawler.digest_words import counted, words
from crawler.notice_operation import ToTell, is_operation, operation_message, operation_to_tell
from crawler.notice_operation import write_down as write_operation
from crawler.notice_policy import QUIET, TOLD_KINDS, NoticePolicy, next_time
from crawler.notice_ways import Message, Outcome, post, run, tell
from crawler.operation import look
from crawler.withheld_changes import WithheldChanges, withholdings

if TYPE_CHECKING:
    from archive.catalogue import ChangeRow
    from archive.collection import Collection
    from crawler.config import Config
    from crawler.operation import Operation

FIRST_WAIT: Final = 30.0
"""Seconds until the second attempt."""
LONGEST_WAIT: Final = 6 * 3600.0
PATIENT: Final = 5
"""Attempts after which a message that fails lets those behind it pass."""
DIGEST: Final = "digest-"
"""What the ids of digests begin with."""
CRAWL_PATIENCE: Final = 120.0
"""Seconds after which a crawl that has ended begins no further message."""


def backoff(attempts: int, chance: float, *, retry_after: float | None = None) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, up to six hours, less up to half by chance.

    `chance`: from 0 to 1; many collections must not come back to a receiver in the same second. What the receiver asks
    for is waited at least, up to a day.

    >>> [backoff(attempts, 0).total_seconds() for attempts in (1, 2, 3, 12)]
    [30.0, 60.0, 120.0, 21600.0]
    """
    longest = min(FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
    return timedelta(seconds=max(longest * (1 - chance / 2), min(retry_after or 0.0, 86_400.0)))


@dataclass(slots=True)
class Told:
    """What became of one notice in a run."""

    notice: str
    sent: int = 0
    """Messages that the receiver has."""
    changes: int = 0
    """Changes that these told."""
    troubles: int = 0
    """Messages of them that told how the collection is doing."""
    waiting: int = 0
    """Changes and troubles that are not told yet."""
    failed: int = 0
    """Those that were given up in this run."""
    withdrawn: int = 0
    error: str = ""
    """Why the last attempt failed."""
    next_at: datetime | None = None
    """When the next one may be made."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        next_at = None if self.next_at is None else self.next_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        counts = {
            name: getattr(self, name) for name in ("sent", "changes", "troubles", "waiting", "failed", "withdrawn")
        }
        return {"type": "notice", "notice": self.notice, **counts, "error": self.error, "next_at": next_at}


@dataclass(frozen=True, slots=True)
class Unit:
    """What is sent at once."""

    message: str
    deliveries: tuple[Delivery, ...]

    @property
    def changes(self) -> list[str]:
        """The ids of its changes."""
        return [one.change for one in self.deliveries]

    @property
    def is_operation(self) -> bool:
        """Whether it tells how the collection is doing, and no change."""
        return is_operation(self.message)

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return max(one.attempts for one in self.deliveries)

    @property
    def next_at(self) -> datetime | None:
        """Before when it is not tried again."""
        return max((one.next_at for one in self.deliveries if one.next_at is not None), default=None)


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


# ---- writing down


def note_notices(state: State, config: Config, now: datetime) -> None:
    """Note which notices there are, so that what is captured from now on is told by their rules."""
    state.deliveries.note_rules(
        {notice.name: notice.rules_text() for notice in config.notices if notice.tells_changes}, now
    )


def to_tell(
    catalogue: Catalogue, deliveries: Deliveries, notices: Sequence[NoticePolicy], now: datetime
) -> list[Delivery]:
    """What is to be told and not written down yet: settled changes, by the rules that were in force at their time."""
    in_force = {
        notice.name: _InForce(notice, deliveries.rules_of(notice.name)) for notice in notices if notice.tells_changes
    }
    begins = [one.since for one in in_force.values() if one.since is not None]
    if not begins:
        return []
    known = {name: deliveries.known(name) for name in in_force}
    found = []
    for change in catalogue.change_marks(min(begins), TOLD_KINDS):
        for name, one in in_force.items():
            policy = one.at(change.to_at)
            fits = policy is not None and policy.wants(change.site, change.kind, change.weight)
            if fits and change.id not in known[name]:
                found.append(Delivery(name, change.id, change.site, change.to_at, now))
    return found


class _InForce:
    """The rules of one notice over time."""

    def __init__(self, notice: NoticePolicy, rules: Sequence[tuple[datetime, str]]) -> None:
        self._rules = [(since, notice.with_rules(text) if text else None) for since, text in rules]
        self.since = min((since for since, policy in self._rules if policy is not None), default=None)

    def at(self, moment: datetime) -> NoticePolicy | None:
        found = None
        for since, policy in self._rules:
            if since <= moment:
                found = policy
        return found


# ---- sending


class Telling:
    """Sends what is due; one at a time for each collection, while a crawl may run."""

    def __init__(
        self,
        collection: Collection,
        config: Config,
        *,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
        attempt: Callable[[NoticePolicy, Message, int], Outcome] | None = None,
        look: Callable[[Collection, Config, State, Catalogue, datetime], Operation] = look,
    ) -> None:
        """`attempt` makes one: a notice, a message, the number of an open file that a process is to keep open; `look`
        tells how the collection is doing."""
        self._collection = collection
        self._config = config
        self._now = now
        self._chance = chance
        self._attempt = attempt or self._by_its_way
        self._look = look
        self.stopping = threading.Event()
        """Once set, no further message is begun."""

    def notices(self, name: str | None = None) -> tuple[NoticePolicy, ...]:
        """All notices, or the one of a name. Raises UsageError."""
        from archive.errors import UsageError

        if name is None:
            return self._config.notices
        found = tuple(notice for notice in self._config.notices if notice.name == name)
        if not found:
            known = ", ".join(notice.name for notice in self._config.notices) or "none"
            raise UsageError(f"expected the name of a [[notice]] of khronika.toml, found {name!r}; there are: {known}")
        return found

    def write_down(self, state: State, catalogue: Catalogue) -> int:
        """Write down what is to be told; how many changes."""
        note_notices(state, self._config, self._now())
        return state.deliveries.add(to_tell(catalogue, state.deliveries, self._config.notices, self._now()))

    def operation(self, state: State, catalogue: Catalogue) -> ToTell:
        """What is to be told of how the collection is doing; nothing is written."""
        now = self._now()
        if any(notice.tells_operation for notice in self._config.notices):
            seen = self._look(self._collection, self._config, state, catalogue, now).seen
        else:
            # nobody is told, and what was told before does not end because nobody looks
            open_ones = state.troubles.open()
            seen = Seen(tuple(one.trouble for one in open_ones), frozenset())
        return operation_to_tell(state, self._config.notices, seen, now)

    def send(
        self, name: str | None = None, *, hurry: bool = False, again: bool = False, patience: float | None = None
    ) -> list[Told]:
        """Write down and send what is due; what became of each notice.

        `hurry`: what waits for its next attempt too; `again`: what was given up too; `patience`: seconds after which no
        further message is begun. Raises CollectionLockedError where another process sends.
        """
        notices = self.notices(name)
        if not self._config.notices and not self._has_history():
            return []
        lock = Lock(self._collection.path, NOTICES, to="send notices", doing="sending them")
        try:
            with (
                State.open(self._collection.path, readonly=False) as state,
                Catalogue.open(self._collection.catalogue_path, readonly=True) as catalogue,
            ):
                self.write_down(state, catalogue)
                operation = self.operation(state, catalogue)
                write_operation(state, operation)
                troubles = {one.id: one for one in state.troubles.all()}
                self._give_up_orphans(state.deliveries)
                held = WithheldChanges(catalogue, withholdings(self._collection))
                until = None if patience is None else time.monotonic() + patience
                runs = [
                    _Run(self, notice, state.deliveries, catalogue, held, lock.fd, troubles, hurry=hurry, until=until)
                    for notice in notices
                ]
                if again:
                    for notice in notices:
                        state.deliveries.again(notice.name, self._now())
                with ThreadPoolExecutor(max_workers=max(1, min(8, len(runs)))) as pool:
                    try:
                        return list(pool.map(_Run.to_the_end, runs))
                    except BaseException:
                        # Ctrl-C: what is on its way is waited for, and nothing further begun
                        self.stopping.set()
                        raise
        finally:
            lock.release()

    def preview(self, name: str | None = None) -> list[tuple[NoticePolicy, Message, datetime | None]]:
        """What would be sent, and what of it not before when; nothing is written."""
        shown = []
        with (
            State.open(self._collection.path, readonly=True) as state,
            Catalogue.open(self._collection.catalogue_path, readonly=True) as catalogue,
        ):
            held = WithheldChanges(catalogue, withholdings(self._collection))
            operation = self.operation(state, catalogue)
            for notice in self.notices(name):
                run = _Run(self, notice, state.deliveries, catalogue, held, -1, operation.kept)
                new = to_tell(catalogue, state.deliveries, (notice,), self._now())
                new += [one for one in operation.new if one.notice == notice.name]
                gone = {change for of, change in operation.withdrawn if of == notice.name}
                waiting = [one for one in state.deliveries.open(notice.name) if one.change not in gone]
                for unit in run.units(sorted([*waiting, *new], key=_in_order), all_of=True):
                    message = run.message(unit)
                    if message is not None:
                        shown.append((notice, message, run.not_before(unit)))
        return shown

    def test(self, name: str) -> Outcome:
        """Send a message that tells of nothing."""
        (notice,) = self.notices(name)
        title, text = words("test", notice.language), words("test text", notice.language)
        record = {
            "id": f"test-{secrets.token_hex(8)}",
            "type": "test",
            "notice": notice.name,
            "title": title,
            "text": text,
            "language": notice.language,
            "khronika": version("khronika"),
        }
        return self._attempt(notice, Message(record["id"], title, text, record), -1)

    def _has_history(self) -> bool:
        with State.open(self._collection.path, readonly=True) as state:
            return bool(state.deliveries.counts())

    def _give_up_orphans(self, deliveries: Deliveries) -> None:
        """Give up what a notice was to send that khronika.toml has not named for a long time."""
        named = {notice.name for notice in self._config.notices}
        for name, counts in deliveries.counts().items():
            if name not in named and counts.due:
                old = [one for one in deliveries.open(name) if self._now() - one.first_at > timedelta(days=30)]
                deliveries.fail(name, [one.change for one in old], "khronika.toml names this notice no more")

    def _by_its_way(self, notice: NoticePolicy, message: Message, lock: int) -> Outcome:
        folder = self._collection.path
        try:
            if notice.way == "command":
                return run(notice.command, message, folder)
            route = notice.route(self._config.crawl, self._config.sites)
            target = notice.secret(folder)
            if notice.way == "webhook":
                return post(target, message, route, certificate=_certificate(notice, self._collection))
            if route.proxy is not None:
                return Outcome(
                    "apprise goes to the receiver without the proxy of these settings, which would show it this "
                    'machine\'s address; proxy = "direct" in [[notice]] says that it may'
                )
            return tell(target, message, keep=[lock] if lock >= 0 else [])
        except ConfigError as error:
            return Outcome(str(error).removeprefix("khronika.toml: ").removeprefix(f"[[notice]] {notice.name}: "))


def _certificate(notice: NoticePolicy, collection: Collection) -> bytes | None:
    if not notice.certificate:
        return None
    try:
        return (collection.path / notice.certificate).read_bytes()
    except OSError:
        raise ConfigError(
            f"[[notice]] {notice.name}: certificate: expected a PEM file in the collection's folder, found none that "
            "can be read",
            file="khronika.toml",
        ) from None


def _in_order(delivery: Delivery) -> tuple[datetime, str]:
    return delivery.changed_at, delivery.change


@dataclass
class _Run:
    """One run over what is due of one notice."""

    telling: Telling
    notice: NoticePolicy
    deliveries: Deliveries
    catalogue: Catalogue
    held: WithheldChanges
    lock: int
    troubles: Mapping[str, KeptTrouble]
    hurry: bool = False
    until: float | None = None
    _rows: dict[str, ChangeRow | None] = field(default_factory=dict)
    _worst: int = 0
    """The most attempts of what is open, as long as nothing could be sent in this run."""

    def to_the_end(self) -> Told:
        """Send what can be sent now."""
        name, telling = self.notice.name, self.telling
        told = Told(name)
        self._join_told()
        units = self.units(self.deliveries.open(name))
        self._worst = max((unit.attempts for unit in units), default=0)
        for unit in units:
            if telling.stopping.is_set() or (self.until is not None and time.monotonic() > self.until):
                break
            at = telling._now()
            if self._is_old(unit, at):
                self.deliveries.fail(name, unit.changes, unit.deliveries[0].error or "could not be sent")
                told.failed += len(unit.changes)
                continue
            if (wait := self.not_before(unit)) is not None and wait > at:
                if self._quiet_until(unit, at) is not None or unit.attempts >= PATIENT:
                    continue
                break  # those behind it wait too: they are told in order
            if self._tell(unit, told) is False:
                break
        rest = self.deliveries.open(name)
        told.waiting = len(rest)
        told.next_at = min(
            (wait for unit in self.units(rest, all_of=True) if (wait := self.not_before(unit))), default=None
        )
        if not told.error:
            told.error = next((one.error for one in rest if one.error), "")
        return told

    def _tell(self, unit: Unit, told: Told) -> bool:
        """Send one message; whether the next may be sent."""
        name, telling = self.notice.name, self.telling
        gone = [one for one in unit.changes if not unit.is_operation and self._is_none(one)]
        if gone:
            self.deliveries.withdraw(name, gone, "no change any more, by newer rules")
            told.withdrawn += len(gone)
            unit = replace(unit, deliveries=tuple(one for one in unit.deliveries if one.change not in gone))
        message = self.message(unit) if unit.deliveries else None
        if message is None or not (unit.is_operation or all(self._row(one) is not None for one in unit.changes)):
            return True  # the catalogue may be made again just now
        self.deliveries.begin(name, unit.changes, message.id)
        outcome = telling._attempt(self.notice, message, self.lock)
        at = telling._now()
        if outcome.sent:
            self._worst = 0
            self.deliveries.sent(name, unit.changes, at)
            told.sent += 1
            if unit.is_operation:
                told.troubles += 1
            else:
                told.changes += len(unit.changes)
            return True
        # a receiver that has failed often is not asked more often because there is more to tell
        self._worst = max(unit.attempts + 1, 0 if outcome.of_message else self._worst)
        attempts = unit.attempts + 1 if outcome.of_message else self._worst
        wait = backoff(attempts, telling._chance(), retry_after=outcome.retry_after)
        self.deliveries.put_off(name, unit.changes, at + wait, outcome.error)
        told.error = outcome.error
        return outcome.of_message or unit.attempts + 1 >= PATIENT

    # ---- what is sent at once

    def units(self, deliveries: Sequence[Delivery], *, all_of: bool = False) -> list[Unit]:
        """What is open as messages, in the order in which the pages changed.

        What was once begun as one message stays one. `all_of`: what a digest is to tell later, too.
        """
        begun: dict[str, list[Delivery]] = {}
        new: dict[str, list[Delivery]] = {}
        for one in deliveries:
            if one.message is not None or is_operation(one.change):
                begun.setdefault(one.message or one.change, []).append(one)
            else:
                row = self._row(one.change)
                new.setdefault((row and row.group_id) or one.change, []).append(one)
        units = [Unit(message, tuple(several)) for message, several in begun.items()]
        if self.notice.form == "digest":
            at = self.telling._now()
            waiting = sorted((one for several in new.values() for one in several), key=_in_order)
            ripe = [one for one in waiting if all_of or (self._may_be_digested(one, at) and self._row(one.change))]
            if ripe:
                units.append(Unit(_digest_id(self.notice.name, [one.change for one in ripe]), tuple(ripe)))
        else:
            # who has got a message of that id takes another one for the same: its changes are never others
            units += [Unit(message, tuple(several)) for message, several in new.items() if message not in begun]
        return sorted(units, key=lambda unit: min(map(_in_order, unit.deliveries)))

    def _join_told(self) -> None:
        """A page that comes to a group which was told of already is told with it."""
        told = self.deliveries.told_messages(self.notice.name)
        if self.notice.form == "each" and told:
            for one in self.deliveries.open(self.notice.name):
                row = self._row(one.change) if one.message is None else None
                if row is not None and row.group_id in told:
                    self.deliveries.join(self.notice.name, one.change, row.group_id, told[row.group_id])

    def message(self, unit: Unit) -> Message | None:
        """What is sent; None where the catalogue does not know the changes."""
        if unit.is_operation:
            return operation_message(self.notice, unit.message, self.troubles)
        rows = [row for one in unit.changes if (row := self._row(one)) is not None and row.kind not in QUIET]
        if not rows:
            return None
        entries = entries_of(rows, self.held, self.catalogue)
        if unit.message.startswith(DIGEST):
            return self._digest(unit.message, entries, rows)
        return self._notice(unit.message, entries[0])

    def _notice(self, id: str, entry: Entry) -> Message:
        notice = self.notice
        lines = entry_lines(entry, notice.language, notice.timezone)
        text = "\n".join([*lines[1:], "", f"[{id}]"])
        record = {**self._record(id, "change"), **entry_record(entry, notice.language), "id": id}
        record["text"] = "\n".join(lines)
        return Message(id, lines[0], text, record)

    def _digest(self, id: str, entries: Sequence[Entry], rows: Sequence[ChangeRow]) -> Message:
        notice = self.notice
        times = [row.to_at for row in rows]
        digest = Digest(tuple(entries), min(times), max(times), notice.language, notice.timezone)
        text, page = digest.text(), digest.html()
        changes = [{**entry_record(entry, notice.language), "ids": _ids(entry, rows)} for entry in entries]
        record = {**self._record(id, "digest"), "title": digest.subject, "changes": changes, "text": text, "html": page}
        return Message(id, digest.subject, f"{text}\n[{id}]\n", record, page)

    def _record(self, id: str, type_: str) -> dict[str, Any]:
        notice = self.notice
        return {
            "id": id,
            "type": type_,
            "notice": notice.name,
            "language": notice.language,
            "khronika": version("khronika"),
        }

    # ---- when

    def not_before(self, unit: Unit) -> datetime | None:
        """Before when it is not sent; None: it may be sent now."""
        at = self.telling._now()
        waits = [self._quiet_until(unit, at), None if self.hurry else unit.next_at]
        in_digest = self.notice.form == "digest" and not unit.is_operation
        if in_digest and self.notice.at is not None and not unit.attempts:
            waits += [next_time(one.first_at, self.notice.at, self.notice.timezone) for one in unit.deliveries[:1]]
        return max((one for one in waits if one is not None and one > at), default=None)

    def _quiet_until(self, unit: Unit, at: datetime) -> datetime | None:
        if unit.message.startswith(DIGEST):
            hours = self.notice.rules.quiet_hours
            return None if hours is None else hours.ends(at, self.notice.timezone)
        return self.notice.not_before(unit.deliveries[0].site, at)

    def _may_be_digested(self, one: Delivery, at: datetime) -> bool:
        if self.notice.not_before(one.site, at) is not None:
            return False
        wanted = self.notice.at
        return wanted is None or self.hurry or next_time(one.first_at, wanted, self.notice.timezone) <= at

    def _is_old(self, unit: Unit, at: datetime) -> bool:
        days = self.notice.give_up_days
        tried = unit.attempts > 0 or (not unit.is_operation and all(self._row(one) is None for one in unit.changes))
        return bool(days) and tried and at - min(one.first_at for one in unit.deliveries) > timedelta(days=days)

    # ---- changes

    def _row(self, change: str) -> ChangeRow | None:
        if change not in self._rows:
            self._rows[change] = self.catalogue.change(change)
        return self._rows[change]

    def _is_none(self, change: str) -> bool:
        row = self._row(change)
        return row is not None and row.kind in QUIET


def _digest_id(notice: str, changes: Iterable[str]) -> str:
    return DIGEST + hashlib.sha256("\n".join([notice, *sorted(changes)]).encode()).hexdigest()[:16]


def _ids(entry: Entry, rows: Sequence[ChangeRow]) -> list[str]:
    if not entry.urls:
        return [entry.change.id]
    return sorted(row.id for row in rows if row.group_id == entry.change.group_id)


def entry_record(entry: Entry, language: Any) -> dict[str, Any]:
    """A change as a receiver's program is given it; without its words where these are withheld."""
    change = entry.change
    return {
        "id": entry.id,
        "kind": change.kind.value,
        "weight": change.weight,
        "url": change.url,
        "site": change.site,
        "from": change.from_at.strftime("%Y%m%d%H%M%S"),
        "to": change.to_at.strftime("%Y%m%d%H%M%S"),
        "title": entry.title,
        "headline": entry.headline(language),
        "edits": entry.edits,
        "reasons": [] if entry.withheld else _reasons(change.provenance),
        "group": change.group_id,
        "pages": list(entry.urls),
        "uncompared": change.provenance.get("uncompared", {}).get("reason"),
        "withheld": entry.withheld,
    }


def _reasons(provenance: Mapping[str, Any]) -> list[Any]:
    found = provenance.get("weight")
    return list(found) if isinstance(found, list | tuple) else []


# ---- at the end of a crawl


def tell_after(telling: Telling, say: Callable[[str], None], *, patience: float = CRAWL_PATIENCE) -> None:
    """Send what is due, and say what came of it; whatever goes wrong, the crawl was over before."""
    try:
        for one in telling.send(patience=patience):
            for line in lines_of(one):
                say(line)
    except CollectionLockedError:
        say("notices: another process is sending them")
    except KhronikaError as error:
        say(f"notices: {error}")
    except Exception as error:  # noqa: BLE001 - they can be sent later; its words may quote an address
        say(f"notices: a fault in khronika itself ({type(error).__name__}); khronika notify sends them")


def lines_of(told: Told) -> list[str]:
    """What a person is told of a run."""
    lines = []
    what = [counted(told.changes, "change", "en")] if told.changes else []
    what += [f"{counted(told.troubles, 'messages', 'en')} about the operation"] if told.troubles else []
    if what:
        lines.append(f"notice {told.notice}: {' and '.join(what)} told")
    if told.waiting:
        when = f"; not before {told.next_at:%Y-%m-%d %H:%M:%S} UTC" if told.next_at else ""
        why = f": {told.error}" if told.error else ""
        wait = f"{counted(told.waiting, 'change', 'en')} still to be told"
        lines.append(f"notice {told.notice}: {wait}{why}{when} (khronika notify)")
    if told.failed:
        failed = f"{counted(told.failed, 'change', 'en')} given up"
        lines.append(f"notice {told.notice}: {failed}: {told.error or 'could not be sent'}")
    return lines
