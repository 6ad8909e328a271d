"""Changing the keys of a log, so that a kill at any step leaves what the next command can finish.

    keys/next.pem    the key that comes, where one does
    keys/next.json   what is to be done: the notes of keys, signed already, and the entries that go into the log

A change is decided when `next.json` is on the disk. It is carried out, by whoever opens the log for writing next, in
this order, each step of which may be done again:

    the note is published            the old key still may sign what it has signed
    its entries are logged           `key`, and an event that says what was done
    a checkpoint is signed           by all keys that may sign that size: at a plain rotation by both
    log.pem is replaced              the old key is gone
    next.json is removed

The root key is not needed for finishing, so that it may be elsewhere again by then. A revoked key first gives way to
another one, as in a rotation, and is revoked by a second note: at no moment is there a checkpoint that no good key has
signed.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from archive.checkpoint import SigningKey, VerifierKey, parse_checkpoint, parse_note, parse_vkey
from archive.clone_mark import refuse_clone, unmark
from archive.digest import digest
from archive.entry import EventEntry, EventType, GenesisEntry, KeyEntry, Outcome, parse_entry
from archive.errors import KeyFileError, LogError, SignatureError, StorageError
from archive.header import format_date
from archive.keys import (
    KEYS,
    LOG_KEY,
    NOTE,
    ROOT_KEY,
    ROOT_SUFFIX,
    KeyHistory,
    KeysNote,
    KeyState,
    LogKey,
    create_key,
    is_encrypted,
    load_key,
    parse_keys_note,
    policy_of,
    publish_note,
    read_keys_note,
    revoked,
    rotated,
    updated,
    write_private,
    write_whole,
)
from archive.log import CHECKPOINT, CHECKPOINTS, JOURNAL, LOG, SIGNED, LogReader, LogWriter, parse_journal
from archive.logged import unsigned_words
from archive.store import FolderStore
from archive.warc import SOFTWARE, sync_folder
from archive.writer import utc_now

NEXT_KEY = "next.pem"
PLAN = "next.json"

TOKENS = "log/tsa"
TAILS = "recovered"
"""Folder of a collection for what was cut off and is kept aside."""

_EVENTS = frozenset({EventType.KEY_CHANGE, EventType.RESTORED, EventType.RECOVERY})
"""Kinds of events that are logged with a note of keys."""


@dataclass(frozen=True, slots=True)
class Step:
    """One note of keys, and what is logged with it."""

    note: bytes
    policy: bytes
    entries: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of keys that was decided."""

    size: int
    """Entries of the log when it was."""
    steps: tuple[Step, ...]
    anew: bool = False
    """Whether to go on from the checkpoint that the log has, whatever `keys/signed` says the old key has signed."""

    def octets(self) -> bytes:
        """The plan as a file."""
        steps = [
            {
                "note": step.note.decode(),
                "policy": step.policy.decode(),
                "entries": [entry.decode() for entry in step.entries],
            }
            for step in self.steps
        ]
        members = {"size": self.size, "anew": self.anew, "steps": steps}
        return json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n"


def parse_plan(octets: bytes) -> Plan:
    """Read a plan. Raises KeyFileError."""
    try:
        members = json.loads(octets)
        steps = tuple(
            Step(
                step["note"].encode(),
                step["policy"].encode(),
                tuple(entry.encode() for entry in step["entries"]),
            )
            for step in members["steps"]
        )
        plan = Plan(int(members["size"]), steps, members["anew"] is True)
        for step in steps:
            parse_keys_note(parse_note(step.note).text)
    except (ValueError, KeyError, TypeError, AttributeError, SignatureError) as error:
        raise KeyFileError(f"expected a change of keys in {KEYS}/{PLAN}, found something else ({error})") from error
    return plan


class Ledger(Protocol):
    """Where entries are logged: a log that is open for writing."""

    def log_entries(self, entries: Sequence[bytes]) -> None:
        """Log entries; they are on the disk when it returns."""
        ...


@dataclass(frozen=True, slots=True)
class _OpenLog:
    log: LogWriter

    def log_entries(self, entries: Sequence[bytes]) -> None:
        self.log.append(entries)
        self.log.sync()


# --- opening ---


def open_log(folder: Path, passphrase: str | None = None, *, now: Callable[[], datetime] = utc_now) -> LogWriter:
    """Open a collection's log for writing, for the process that holds the lock; a change of keys is finished first.

    What a run that did not end has left unsigned is put on record before anything else is logged: whoever can write to
    the folder can put entries into the journal. They are signed now, and stay told apart for ever (`archive/logged.py:
    unvouched`).

    Raises CloneError for a clone; KeyFileError: the log key is missing, under another passphrase, or not the one that
    signs now; LogError, SignatureError, StorageError.
    """
    plan = pending(folder)
    if plan is not None:
        return carry_out(folder, plan, passphrase, now=now)
    refuse_clone(folder)
    _forget(folder / KEYS / NEXT_KEY)  # of a change that was not decided before the kill
    origin = read_origin(folder)
    key = load_key(folder / KEYS / LOG_KEY, origin, passphrase)
    # a key that others may have replaced is found by `verify`; here only that we do not sign with a wrong one
    active = parse_keys_note(parse_note(_read(folder, NOTE)).text).active
    if active.vkey != key.vkey:
        raise KeyFileError(
            f"expected the key that {NOTE} calls active, {active.vkey}, in {KEYS}/{LOG_KEY}, found {key.vkey}; put the "
            "right one back, or go on with a new one: khronika key rotate"
        )
    log = LogWriter.open(folder, [key])
    try:
        if log.unsigned or log.cut_octets or log.lost_journal:
            _tell_unsigned(log, log.signed.size, now)
    except BaseException:
        log.close()
        raise
    return log


def _tell_unsigned(log: LogWriter, first: int, now: Callable[[], datetime]) -> None:
    """Log that the entries from `first` on lay there unsigned."""
    told = [unsigned_words(log.size - first)]
    told += [f"{log.cut_octets} octets that were no whole entry are kept as {log.kept_as}"] if log.kept_as else []
    told += ["the journal was missing or damaged, which no kill leaves"] if log.lost_journal else []
    _OpenLog(log).log_entries([_unsigned_event(first, told, now)])


def _unsigned_event(first: int, told: Sequence[str], now: Callable[[], datetime]) -> bytes:
    return EventEntry(EventType.RECOVERY, now(), SOFTWARE, Outcome.WARNING, "; ".join(told), of=first).octets()


def pending(folder: Path) -> Plan | None:
    """The change of keys that was decided and is not finished. Raises KeyFileError."""
    path = folder / KEYS / PLAN
    try:
        return parse_plan(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"reading {KEYS}/{PLAN}: {error.strerror}") from error


def carry_out(folder: Path, plan: Plan, passphrase: str | None, *, now: Callable[[], datetime] = utc_now) -> LogWriter:
    """Do what was decided, as far as it is not done yet; the log, open under the key that signs now."""
    _hold_plan(folder, plan)
    origin = read_origin(folder)
    held = _held_keys(folder, origin, passphrase)
    last = parse_keys_note(parse_note(plan.steps[-1].note).text)
    key = held.get(last.active.vkey)
    if key is None:
        raise KeyFileError(f"expected the key {last.active.vkey} in {KEYS}/, found it missing; restore {KEYS}/")
    if plan.anew:
        _go_on_from_checkpoint(folder)
    known = [one.vkey for one in last.keys]
    with LogWriter.open(folder, [key], known=known) as log:
        foreign = _foreign(log, plan)
        if foreign is not None:
            _tell_unsigned(log, foreign, now)
        for step in plan.steps:
            publish_note(folder, step.note, step.policy)
            _OpenLog(log).log_entries(_unlogged(log, plan.size, step.entries))
            note = parse_keys_note(parse_note(step.note).text)
            log.checkpoint([held[one] for one in _signers(note, log.size) if one in held])
    _settle_files(folder)
    return LogWriter.open(folder, [key], known=known)


def _hold_plan(folder: Path, plan: Plan) -> None:
    """Check that a plan does what the root key has signed, and logs nothing else.

    Raises KeyFileError, SignatureError, LogError.
    """
    root = parse_vkey(genesis_of(folder).root)
    for step in plan.steps:
        note = read_keys_note(step.note, root)
        for entry in map(parse_entry, step.entries):
            of_note = isinstance(entry, KeyEntry) and (entry.digest, entry.serial) == (digest(step.note), note.serial)
            if not of_note and not (isinstance(entry, EventEntry) and entry.type in _EVENTS):
                raise KeyFileError(
                    f"expected the entries of a change of keys in {KEYS}/{PLAN}, found one of another kind, "
                    f"{entry.what}: it was not khronika that wrote it; remove it"
                )


def _foreign(log: LogWriter, plan: Plan) -> int | None:
    """The first entry that came into the journal after a change was decided, and is none of it."""
    ours: Collection[bytes] = {entry for step in plan.steps for entry in step.entries}
    found = enumerate(log.pending(), log.signed.size)
    return next((index for index, entry in found if index >= plan.size and entry not in ours), None)


def _held_keys(folder: Path, origin: str, passphrase: str | None) -> dict[VerifierKey, SigningKey]:
    held = {}
    for name in (LOG_KEY, NEXT_KEY):
        path = folder / KEYS / name
        if path.exists():
            key = load_key(path, origin, passphrase)
            held[key.vkey] = key
    return held


def _signers(note: KeysNote, size: int) -> list[VerifierKey]:
    """The keys that may sign a checkpoint of a size, the active one first."""
    keys = [key for key in note.keys if key.state is not KeyState.REVOKED and key.covers(size)]
    return [key.vkey for key in sorted(keys, key=lambda key: key.state is not KeyState.ACTIVE)]


def _unlogged(log: LogWriter, start: int, entries: Sequence[bytes]) -> list[bytes]:
    """Those of the entries that the log does not hold from an index on. Their nonces make them unlike any other."""
    reader = log.reader()
    logged = {octets for _, octets in reader.entries(min(start, reader.size))} | set(log.pending())
    return [entry for entry in entries if entry not in logged]


def _settle_files(folder: Path) -> None:
    keys = folder / KEYS
    with _disk(f"writing {LOG_KEY}"):
        if (keys / NEXT_KEY).exists():
            (keys / NEXT_KEY).replace(keys / LOG_KEY)
    sync_folder(keys)
    unmark(keys.parent)
    _forget(keys / PLAN)


def _forget(path: Path) -> None:
    if not path.exists():
        return
    with _disk(f"removing {path.name}"):
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _go_on_from_checkpoint(folder: Path) -> None:
    """Let the log go on from the checkpoint that it has. Only for a key that has signed nothing else yet."""
    signed = parse_checkpoint(_read(folder, f"{LOG}/{CHECKPOINT}"))
    journal = folder / LOG / JOURNAL
    if journal.exists():
        kept = parse_journal(journal.read_bytes())
        if kept is not None and kept.first > signed.size:
            # the entries between are gone; those records that are there are logged again by the next writer
            aside = folder / TAILS / f"journal-{kept.first}"
            with _disk(f"moving {JOURNAL}"):
                aside.parent.mkdir(exist_ok=True)
                journal.replace(aside)
            sync_folder(aside.parent)
            sync_folder(journal.parent)
    write_whole(folder / SIGNED, b"%d %s\n" % (signed.size, base64.b64encode(signed.root)))


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise LogError(f"expected {name}, found none: restore it from a copy") from error
    except OSError as error:
        raise StorageError(f"reading {name}: {error.strerror}") from error


@contextlib.contextmanager
def _disk(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or type(error).__name__}") from error


# --- what is asked of a collection ---


def read_origin(folder: Path) -> str:
    """The name of a collection's log. Raises LogError where there is none."""
    try:
        return parse_checkpoint(_read(folder, f"{LOG}/{CHECKPOINT}")).origin
    except SignatureError as error:
        raise LogError(f"{LOG}/{CHECKPOINT}: {error}") from error


def read_history(folder: Path) -> KeyHistory:
    """All notes of keys of a collection, checked from the root key of its genesis on. Raises LogError, SignatureError.

    A note that was decided and not yet published is not among them.
    """
    store = FolderStore(folder)
    genesis = LogReader(store).genesis
    return KeyHistory.read(store, parse_vkey(genesis.root), parse_vkey(genesis.log))


def load_root(folder: Path, passphrase: str | None = None, file: Path | None = None) -> SigningKey:
    """The root key of a collection, from its `keys/` or from the file that it was moved to.

    Raises KeyFileError when it is not there, or is the root key of another collection.
    """
    genesis = LogReader(FolderStore(folder)).genesis
    path = file if file is not None else folder / KEYS / ROOT_KEY
    if file is None and not path.exists():
        raise KeyFileError(
            f"expected the root key in {KEYS}/{ROOT_KEY}, found that it was moved: bring the medium that it is on, and "
            "name the file with --root FILE"
        )
    root = load_key(path, genesis.origin + ROOT_SUFFIX, passphrase)
    if str(root.vkey) != genesis.root:
        raise KeyFileError(f"expected the root key of this collection, {genesis.root}, in {path.name}, found another")
    return root


def came_at(folder: Path, key: LogKey) -> datetime | None:
    """When a log key began to sign, by the log; None where that does not say it. Raises LogError."""
    log = LogReader(FolderStore(folder))
    if key.first == 0:
        return log.genesis.created
    # a change of keys is two entries, the note and the event, and the checkpoint is signed right after them
    event = parse_entry(log.entry(key.first - 1)) if key.first <= log.size else None
    return event.date if isinstance(event, EventEntry) else None


def genesis_of(folder: Path) -> GenesisEntry:
    """The first entry of a collection's log. Raises LogError."""
    return LogReader(FolderStore(folder)).genesis


# --- changes: for the process that holds the lock ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of keys did."""

    note: KeysNote
    size: int
    """Of the newest checkpoint after it."""
    event: EventType


def rotate(
    folder: Path,
    root: SigningKey,
    passphrase: str | None = None,
    *,
    now: Callable[[], datetime],
    restored: bool = False,
) -> Changed:
    """Let a new key sign from now on; the old one is destroyed when that is done.

    Where the old one cannot be used any more (its file is lost; or the collection was `restored` from a copy and may
    lack what it signed since), the new key alone signs the next checkpoint.
    A clone can be `restored` only, and is a clone no more when that is done.
    Raises CloneError, KeyFileError, LogError, SignatureError, StorageError.
    """
    _finish(folder, passphrase, now)
    if not restored:
        refuse_clone(folder)
    history = _checked_history(folder, root)
    lost = not (folder / KEYS / LOG_KEY).exists()
    size, signed, told = _sizes(folder, history, passphrase, now, trusting=not (lost or restored))
    fresh = _new_key(folder, root, passphrase)
    first = size + len(told) + 2
    note = rotated(history, fresh.vkey, last=signed if lost or restored else first, first=first)
    why = (
        ", the collection having been restored from a copy" if restored else ", the old one being lost" if lost else ""
    )
    detail = f"log key {_id(fresh.vkey)} instead of {_id(history.newest.active.vkey)}{why}"
    kind = EventType.RESTORED if restored else EventType.KEY_CHANGE
    step = _step(history, note, root, kind, detail, now, before=told)
    return _decide(folder, Plan(size, (step,), restored or _is_first(folder)), passphrase, kind, now)


def revoke(
    folder: Path,
    root: SigningKey,
    passphrase: str | None = None,
    *,
    vkey: VerifierKey | None = None,
    compromised: datetime,
    now: Callable[[], datetime],
) -> Changed:
    """Say that somebody else may have had a key from a date on; without `vkey`, the active one, and a new one is made.

    Raises CloneError, KeyFileError, LogError, SignatureError, StorageError.
    """
    _finish(folder, passphrase, now)
    refuse_clone(folder)
    history = _checked_history(folder, root)
    active = history.newest.active.vkey
    vkey = vkey or active
    if history.status(vkey) is None:
        raise KeyFileError(f"expected a key of this log, found {vkey}; khronika key show lists them")
    lost = not (folder / KEYS / LOG_KEY).exists()
    if lost and vkey != active:
        raise KeyFileError(f"expected the log key in {KEYS}/{LOG_KEY}, found none; first: khronika key rotate")
    size, signed, told = _sizes(folder, history, passphrase, now, trusting=not lost)
    said = f"log key {_id(vkey)} revoked, compromised from {format_date(compromised)}"
    steps: list[Step] = []
    older, octets = history.newest, history.octets
    if vkey == active:
        fresh = _new_key(folder, root, passphrase)
        first = size + len(told) + 2
        note = rotated(history, fresh.vkey, last=signed if lost else first, first=first)
        detail = f"log key {_id(fresh.vkey)} instead of {_id(active)}"
        steps.append(_step(history, note, root, EventType.KEY_CHANGE, detail, now, before=told))
        older, octets = note, steps[-1].note
    note = revoked(older, octets, vkey, compromised)
    steps.append(_step(history, note, root, EventType.KEY_CHANGE, said, now))
    return _decide(folder, Plan(size, tuple(steps), _is_first(folder)), passphrase, EventType.KEY_CHANGE, now)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a collection relies on outside, as its settings say."""

    authorities: Mapping[str, bytes]
    """By name, the PEM file that an authority's tokens are checked with."""
    witnesses: Mapping[str, VerifierKey]
    quorum: int
    """How many of the witnesses have to have cosigned a checkpoint."""


def is_bound(history: KeyHistory, trust: Trust) -> bool:
    """Whether the newest note says what the settings say. Authorities that they do not name any more stay in it."""
    policy = policy_of(history.newest.keys, trust.witnesses, trust.quorum).octets()
    certificates = {name: digest(octets) for name, octets in trust.authorities.items()}
    return policy == history.policy_octets and all(
        history.certificate(name) == certificate for name, certificate in certificates.items()
    )


def bind(
    folder: Path, root: SigningKey, trust: Trust, ledger: Ledger, *, now: Callable[[], datetime]
) -> KeysNote | None:
    """Sign a new note where the settings name other witnesses or more authorities than the newest; None where not.

    `ledger` is the log, open for writing. The next checkpoint covers what is logged here.
    Raises KeyFileError, SignatureError, StorageError.
    """
    history = _checked_history(folder, root)
    if is_bound(history, trust):
        return None
    note = updated(history, {name: digest(octets) for name, octets in trust.authorities.items()})
    policy = policy_of(note.keys, trust.witnesses, trust.quorum).octets()
    detail = _said(history, note, trust)
    step = _step(history, note, root, EventType.KEY_CHANGE, detail, now, policy=policy)
    for name, octets in trust.authorities.items():
        _keep_certificate(folder, name, octets)
    size = LogReader(FolderStore(folder)).size
    write_private(folder / KEYS / PLAN, Plan(size, (step,)).octets())
    publish_note(folder, step.note, step.policy)
    ledger.log_entries(step.entries)
    _forget(folder / KEYS / PLAN)
    return parse_keys_note(parse_note(step.note).text)


def update(
    folder: Path,
    root: SigningKey,
    trust: Trust,
    passphrase: str | None = None,
    *,
    now: Callable[[], datetime],
) -> KeysNote | None:
    """As `bind`, with the log opened for it and a checkpoint signed."""
    with open_log(folder, passphrase, now=now) as log:
        note = bind(folder, root, trust, _OpenLog(log), now=now)
        log.checkpoint()
    return note


def _said(history: KeyHistory, note: KeysNote, trust: Trust) -> str:
    known = {one.name for one in history.newest.authorities}
    fresh = [one.name for one in note.authorities if one.name not in known]
    words = [f"authorities added: {', '.join(fresh)}"] if fresh else []
    names = ", ".join(trust.witnesses) or "none"
    return "; ".join([*words, f"witnesses: {names}; needed: {trust.quorum}"])


def _keep_certificate(folder: Path, name: str, octets: bytes) -> None:
    path = folder / TOKENS / f"{name}.pem"
    if path.exists():
        if path.read_bytes() != octets:
            raise KeyFileError(f"expected the certificate of the authority {name} in {TOKENS}/, found another there")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"making {TOKENS}/: {error.strerror}") from error
    write_whole(path, octets)


def _finish(folder: Path, passphrase: str | None, now: Callable[[], datetime]) -> None:
    plan = pending(folder)
    if plan is not None:
        carry_out(folder, plan, passphrase, now=now).close()
    _forget(folder / KEYS / NEXT_KEY)


def _checked_history(folder: Path, root: SigningKey) -> KeyHistory:
    history = read_history(folder)
    read_keys_note(history.octets, root.vkey)
    return history


def _sizes(
    folder: Path, history: KeyHistory, passphrase: str | None, now: Callable[[], datetime], *, trusting: bool
) -> tuple[int, int, tuple[bytes, ...]]:
    """Entries of the log, and of its newest checkpoint, and what is to be logged first, of those in between.

    Without `trusting`, what was signed last is not asked after.
    """
    if trusting:
        with open_log(folder, passphrase, now=now) as log:
            return log.size, log.signed.size, ()
    reader = LogReader(FolderStore(folder))
    refusal = history.refusal_of(reader.signed)
    if refusal is not None:
        raise LogError(f"{LOG}/{CHECKPOINT}: {refusal}; restore {LOG}/ from a copy")
    if reader.root() != reader.signed.root:
        raise LogError(f"expected tiles whose root is that of {LOG}/{CHECKPOINT}, found others: restore {LOG}/")
    newer = [size for size in reader.sizes() if size > reader.size]
    if newer:
        raise LogError(
            f"expected no checkpoint newer than {LOG}/{CHECKPOINT} ({reader.size} entries), found {LOG}/{CHECKPOINTS}/"
            f"{newer[-1]}: only a part of {LOG}/ was put back. Restore all of it, or copy that file to "
            f"{LOG}/{CHECKPOINT} if the tiles are there too"
        )
    lying = len(reader.tail())
    told = (_unsigned_event(reader.size, [unsigned_words(lying)], now),) if lying else ()
    return reader.size + lying, reader.size, told


def _id(vkey: VerifierKey) -> str:
    """What a log's keys are told apart by; the whole key stands in the note."""
    return vkey.key_id.hex()


def _is_first(folder: Path) -> bool:
    """Whether nothing says what was signed last: `keys/` is gone, or was put back without it."""
    return not (folder / SIGNED).exists()


def _new_key(folder: Path, root: SigningKey, passphrase: str | None) -> SigningKey:
    keys = folder / KEYS
    with _disk(f"making {KEYS}/"):
        keys.mkdir(mode=0o700, exist_ok=True)
    if (keys / LOG_KEY).exists() and not is_encrypted(keys / LOG_KEY):
        passphrase = None  # as it was: a crawl that runs unattended has to go on
    return create_key(keys / NEXT_KEY, root.name.removesuffix(ROOT_SUFFIX), passphrase)


def _step(
    history: KeyHistory,
    note: KeysNote,
    root: SigningKey,
    kind: EventType,
    detail: str,
    now: Callable[[], datetime],
    *,
    policy: bytes | None = None,
    before: tuple[bytes, ...] = (),
) -> Step:
    if policy is None:
        policy = _policy_with(history, note)
    octets = replace(note, policy=digest(policy)).signed(root)
    entry = KeyEntry(digest(octets), note.serial)
    event = EventEntry(kind, now(), SOFTWARE, Outcome.SUCCESS, detail)
    return Step(octets, policy, (*before, entry.octets(), event.octets()))


def _policy_with(history: KeyHistory, note: KeysNote) -> bytes:
    """The policy as it was, for other log keys."""
    quorum = history.policy.groups[-1].threshold if history.policy.groups else 0
    return policy_of(note.keys, history.policy.witnesses, quorum).octets()


def _decide(folder: Path, plan: Plan, passphrase: str | None, event: EventType, now: Callable[[], datetime]) -> Changed:
    write_private(folder / KEYS / PLAN, plan.octets())
    with carry_out(folder, plan, passphrase, now=now) as log:
        size = log.size
    return Changed(parse_keys_note(parse_note(plan.steps[-1].note).text), size, event)
