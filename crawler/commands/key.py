"""`khronika key`: the keys that the log is signed with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.errors import KeyFileError, UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import Group, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from archive.checkpoint import SigningKey, VerifierKey
    from archive.collection import Collection
    from archive.keys import KeyHistory, LogKey
    from archive.restoration import LoggedAgain
    from archive.rotation import Changed
    from crawler.config import Config

_EXITS = (Exit.NO_COLLECTION,)
_WRITES = (Exit.NO_COLLECTION, Exit.LOCKED)

root_option = click.option(
    "--root",
    "root_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The root key's file, where it was moved out of the collection.",
)


@click.group(
    "key",
    cls=Group,
    examples=(
        "khronika key show",
        "khronika key move-root /media/safe",
        "khronika key rotate --root /media/safe/root-0f3a61c2.pem",
    ),
    exits=_WRITES,
)
def command() -> None:
    """The keys of the collection: the log key, which signs, and the root key, which says which log keys are good.

    Keys lie in keys/, for their owner alone, and are in no export. What to do when one is lost or seized, or when the
    collection is restored from a copy: docs/keys.md.
    """


@make_command("show", group=command, exits=_EXITS, examples=("khronika key show", "khronika --json key show"))
@pass_application
def show(application: Application) -> None:
    """Show the public keys with what each may sign, whom the note of keys names, and where the root key lies.

    The two keys to give to a court, a partner or a witness, by a way that they trust, are the root key and the active
    log key: who has them needs to believe nothing that stands in the folder. Nothing secret is shown.
    """
    from archive.rotation import genesis_of, pending, read_history
    from crawler.config import load_config

    collection = open_collection(application)
    history = read_history(collection.path)
    genesis = genesis_of(collection.path)
    root = root_state(collection)
    note = history.newest
    needed = history.policy.groups[-1].threshold if history.policy.groups else 0
    output = application.output
    output.record(
        {
            "type": "keys",
            "origin": note.origin,
            "serial": note.serial,
            "root": {"vkey": genesis.root, **root},
            "log": [_as_record(key) for key in note.keys],
            "authorities": [{"name": one.name, "certificate": one.certificate} for one in note.authorities],
            "witnesses": [{"name": name, "vkey": str(vkey)} for name, vkey in history.policy.witnesses.items()],
            "quorum": needed,
            "unfinished": pending(collection.path) is not None,
        }
    )
    output.result(f"log       {note.origin}")
    output.result(f"root key  {genesis.root}")
    output.result(f"          {_root_words(root)}")
    for key in reversed(note.keys):
        output.result(f"log key   {key.vkey}")
        output.result(f"          {output.style(_state_words(key), 'good' if key.last is None else 'dim')}")
    for authority in note.authorities:
        output.result(f"authority {authority.name}  certificate {authority.certificate}")
    for name, vkey in history.policy.witnesses.items():
        output.result(f"witness   {name}  {vkey}")
    if history.policy.witnesses:
        output.result(f"          cosignatures needed for a checkpoint: {needed}")
    output.result(f"All this is in note of keys {note.serial} (log/keys.note), signed by the root key.")
    for warning in key_warnings(collection, load_config(collection.config_path)):
        output.message(output.style(warning, "warn"))


@make_command(
    "rotate",
    group=command,
    exits=_WRITES,
    examples=(
        "khronika key rotate",
        "khronika key rotate --root /media/safe/root.pem",
        "khronika key rotate --restored",
    ),
)
@root_option
@click.option(
    "--restored",
    is_flag=True,
    help="The collection was put back from a copy and may lack what the old key has signed since.",
)
@pass_application
def rotate(application: Application, root_file: Path | None, restored: bool) -> None:
    """Make a new log key, which signs from now on, and destroy the old one.

    What the old key has signed stays good. The first checkpoint after it carries the signatures of both, so that those
    who know the old key see that the new one follows from it. Needs the root key. Also the way out where the log key
    was lost; and, with --restored, where the collection was put back from a copy: the old key may have signed what the
    copy does not hold, and must not sign something else in its place. WARCs that the log which was put back does not
    know are logged again then, marked as recovered: look first whether all in archive/ are your own.

    Was the key stolen or seized, use `khronika key revoke`.
    """
    from archive import rotation
    from archive.restoration import log_closed_files
    from archive.writer import utc_now

    collection, passphrase, root = _with_root(application, root_file)
    with _alone(collection):
        old = rotation.read_history(collection.path).newest.active.vkey
        changed = rotation.rotate(collection.path, root, passphrase, now=utc_now, restored=restored)
        again: list[LoggedAgain] = []
        if restored:
            with rotation.open_log(collection.path, passphrase) as log:
                again = log_closed_files(collection.archive_folder, log, now=utc_now)
                changed = replace(changed, size=log.size)
    _tell_change(application, changed, old, again=again)


@make_command(
    "revoke",
    group=command,
    exits=_WRITES,
    examples=(
        "khronika key revoke --compromised 2026-11-20",
        "khronika key revoke da56a7d6 --compromised 2026-11-20T14:00 --root /media/safe/root.pem",
    ),
)
@click.argument("key", metavar="[KEY]", required=False)
@click.option(
    "--compromised",
    metavar="WHEN",
    required=True,
    help="From when on somebody else may have had the key (UTC); when in doubt, earlier.",
)
@root_option
@pass_application
def revoke(application: Application, key: str | None, compromised: str, root_file: Path | None) -> None:
    """Say that somebody else may have a log key: the active one, or KEY (its eight-digit id, or all of it).

    In place of an active key a new one is made. What the revoked key has signed counts from now on only where a
    time-stamp or a cosignature shows it to be older than WHEN, or where the log that goes on under a good key proves
    that it contains it: so your own evidence stays good, and a forgery made with the stolen key does not pass. WHEN can
    be moved back later, never forward. Needs the root key.
    """
    from archive import rotation
    from archive.writer import utc_now
    from crawler.commands.views import minute, parse_instant

    moment = parse_instant(compromised)
    if moment > utc_now():
        raise UsageError(f"--compromised: expected a time that has passed, found {compromised}")
    collection, passphrase, root = _with_root(application, root_file)
    with _alone(collection):
        history = rotation.read_history(collection.path)
        vkey = _chosen(history, key) if key is not None else None
        came = rotation.came_at(collection.path, history.newest.active)
        if vkey is None and came is not None and moment < came:
            # typed twice, it would revoke the key that the first time made
            raise UsageError(
                f"expected --compromised after {minute(came)}, when the active key began to sign, found {compromised}; "
                "name the key that you mean, KEY, as khronika key show has it"
            )
        old = history.newest.active.vkey
        changed = rotation.revoke(collection.path, root, passphrase, vkey=vkey, compromised=moment, now=utc_now)
    _tell_change(application, changed, old, revoked=vkey or old, compromised=moment)


@make_command(
    "move-root",
    group=command,
    exits=_WRITES,
    examples=("khronika key move-root /media/safe", "khronika key move-root /media/safe/root-of-my-archive.pem"),
)
@click.argument("target", metavar="TARGET", type=click.Path(path_type=Path))
@pass_application
def move_root(application: Application, target: Path) -> None:
    """Move the root key out of the collection, to TARGET: a folder on another medium, or a file there.

    It is needed only for `khronika key rotate`, `revoke` and `update`, which then take `--root FILE`. Make a second
    copy of it on a second medium, at another place: without it, no key can ever be replaced. Whoever reads this disk
    afterwards may still find what was erased on it; under a passphrase (khronika key passphrase) that is of no use to
    them.
    """
    from archive import rotation
    from archive.entry import EventEntry, EventType, Outcome
    from archive.keys import KEYS, ROOT_KEY, move_key
    from archive.warc import SOFTWARE
    from archive.writer import utc_now
    from crawler.passphrase import passphrase_for

    collection = open_collection(application)
    path = collection.path / KEYS / ROOT_KEY
    genesis = rotation.genesis_of(collection.path)
    if target.is_dir():
        target = target / f"root-{genesis.origin.rpartition('/')[2][:8]}.pem"
    elif target.suffix != ".pem" or not target.parent.is_dir():
        # a stick that is not mounted, or a slip of the pen, must not make a file of that name on this disk
        expected = "a folder that is there, or a file in one with a name that ends in .pem"
        raise UsageError(f"TARGET: expected {expected}, found neither")
    if target.resolve().is_relative_to(collection.path.resolve()):
        raise UsageError("expected a place outside of the collection, found one within it")
    if not path.exists():
        raise KeyFileError(f"expected the root key in {KEYS}/{ROOT_KEY}, found that it is not there any more")
    passphrase = passphrase_for(collection.path)
    with _alone(collection), rotation.open_log(collection.path, passphrase) as log:
        move_key(path, target)
        detail = "the root key was moved out of the collection"
        log.append([EventEntry(EventType.KEY_CHANGE, utc_now(), SOFTWARE, Outcome.SUCCESS, detail).octets()])
        log.checkpoint()
    output = application.output
    output.record({"type": "root-key", "file": str(target)})
    output.result(f"The root key is in {target}, and not in the collection any more.")
    if target.stat().st_dev == collection.path.stat().st_dev:
        warning = "It lies on the same disk as the collection: whoever has one has both. Is the other medium mounted?"
        output.message(output.style(warning, "warn"))
    output.message("Make a second copy on another medium, and keep both away from this machine.")
    output.message(f"It is needed again for: khronika key rotate --root {target}")


@make_command(
    "update",
    group=command,
    exits=_WRITES,
    examples=("khronika key update", "khronika key update --root /media/safe/root.pem"),
)
@root_option
@pass_application
def update(application: Application, root_file: Path | None) -> None:
    """Have the root key sign which authorities and witnesses khronika.toml names, so that nobody else can name others.

    To be done after [[authority]], [[witness]] or [log] quorum were changed. A crawl does it by itself while the root
    key lies in the collection without a passphrase. An authority that khronika.toml names no more stays in the note,
    for the tokens that it gave.
    """
    from archive import rotation
    from archive.writer import utc_now
    from crawler.config import load_config
    from crawler.passphrase import passphrase_for
    from crawler.trust import trust_of

    collection = open_collection(application)
    trust = trust_of(load_config(collection.config_path), collection.path)
    output = application.output
    unfinished = rotation.pending(collection.path) is not None
    if not unfinished and rotation.is_bound(rotation.read_history(collection.path), trust):
        serial = rotation.read_history(collection.path).newest.serial
        output.record({"type": "keys", "serial": serial, "changed": False})
        output.result(f"Note of keys {serial} names what khronika.toml names; nothing to do.")
        return
    root = _root(collection, root_file)
    passphrase = passphrase_for(collection.path)
    with _alone(collection):
        note = rotation.update(collection.path, root, trust, passphrase, now=utc_now)
        serial = rotation.read_history(collection.path).newest.serial
    output.record({"type": "keys", "serial": serial, "changed": note is not None})
    names = [*trust.authorities, *trust.witnesses]
    output.result(f"Note of keys {serial} is signed; it names {', '.join(names) or 'no authority and no witness'}.")


@make_command(
    "passphrase",
    group=command,
    exits=_WRITES,
    examples=(
        "khronika key passphrase",
        "khronika key passphrase --root /media/safe/root.pem",
        "khronika key passphrase --remove",
    ),
)
@root_option
@click.option("--remove", is_flag=True, help="Keep the keys under no passphrase any more.")
@pass_application
def passphrase(application: Application, root_file: Path | None, remove: bool) -> None:
    """Put the keys in keys/ under a passphrase, or under another; with --root, the root key in FILE alone.

    The old passphrase is asked for where there is one, or taken from KHRONIKA_PASSPHRASE; the new one is asked for
    twice, or taken from KHRONIKA_NEW_PASSPHRASE. A crawl that nobody watches over then needs KHRONIKA_PASSPHRASE in its
    environment. A forgotten passphrase cannot be had back: the key under it is lost.
    """
    from archive.keys import KEYS, LOG_KEY, ROOT_KEY, change_passphrase
    from archive.rotation import open_log, pending
    from crawler.passphrase import changed_passphrase, passphrase_for, root_passphrase

    collection = open_collection(application)
    keys = collection.path / KEYS
    files = {path: root_passphrase for path in (root_file or keys / ROOT_KEY,) if root_file or path.exists()}
    with _alone(collection):
        if pending(collection.path) is not None:
            open_log(collection.path, passphrase_for(collection.path)).close()
        olds: list[tuple[Path, str | None]] = []
        if root_file is None:
            olds.append((keys / LOG_KEY, passphrase_for(collection.path)))
        olds += [(path, ask(path)) for path, ask in files.items()]
        for path, old in olds:
            _check_key(path, old)
        new = None if remove else changed_passphrase("New passphrase")
        for path, old in olds:
            change_passphrase(path, old, new)
    output = application.output
    names = " and ".join(path.name for path, _ in olds)
    output.record({"type": "passphrase", "files": [path.name for path, _ in olds], "encrypted": new is not None})
    output.result(f"{names}: {'under the new passphrase' if new else 'under no passphrase any more'}.")


# --- what status and others ask ---


def root_state(collection: Collection) -> dict[str, Any]:
    """Whether the root key lies in the collection, and whether a passphrase is on it."""
    from archive.keys import KEYS, ROOT_KEY, is_encrypted

    path = collection.path / KEYS / ROOT_KEY
    here = path.exists()
    return {"here": here, "encrypted": is_encrypted(path) if here else None}


def key_warnings(collection: Collection, config: Config) -> list[str]:
    """What is unwise, unfinished or wrong about the keys of a collection."""
    from archive.clone_mark import is_clone
    from archive.errors import KhronikaError
    from archive.keys import KEYS, LOG_KEY, ROOT_KEY, is_exposed
    from archive.rotation import is_bound, pending, read_history
    from crawler.trust import ADVICE, trust_of

    keys = collection.path / KEYS
    warnings = []
    if root_state(collection)["here"]:
        warnings.append(
            "The root key lies in the collection: who takes this machine can replace every key. "
            "Move it to another medium: khronika key move-root FOLDER"
        )
    # a clone has none, and must not be given that of the collection that may go on elsewhere
    if not (keys / LOG_KEY).exists() and pending(collection.path) is None and not is_clone(collection.path):
        warnings.append("The log key is missing: nothing can be crawled. Restore keys/, or: khronika key rotate")
    exposed = [name for name in (LOG_KEY, ROOT_KEY) if (keys / name).exists() and is_exposed(keys / name)]
    if exposed:
        warnings.append(f"Others on this machine can read {' and '.join(exposed)}: chmod 600 in keys/")
    if pending(collection.path) is not None:
        warnings.append("A change of keys was cut short. The next crawl finishes it, or: khronika checkpoint")
    try:
        if not is_bound(read_history(collection.path), trust_of(config, collection.path)):
            warnings.append(ADVICE)
    except KhronikaError as error:
        warnings.append(f"The keys cannot be checked: {error}")
    return warnings


# --- parts ---


def _with_root(application: Application, root_file: Path | None) -> tuple[Collection, str | None, SigningKey]:
    from crawler.passphrase import passphrase_for

    collection = open_collection(application)
    root = _root(collection, root_file)
    return collection, passphrase_for(collection.path), root


def _root(collection: Collection, root_file: Path | None) -> SigningKey:
    from archive.keys import KEYS, ROOT_KEY
    from archive.rotation import load_root
    from crawler.passphrase import root_passphrase

    path = root_file if root_file is not None else collection.path / KEYS / ROOT_KEY
    secret = root_passphrase(path) if path.exists() else None
    return load_root(collection.path, secret, root_file)


def _alone(collection: Collection) -> Any:
    import contextlib

    from archive.lock import Lock

    lock = Lock(collection.path)
    stack = contextlib.ExitStack()
    stack.callback(lock.release)
    return stack


def _check_key(path: Path, secret: str | None) -> None:
    from archive.keys import load_key

    load_key(path, path.name, secret)


def _chosen(history: KeyHistory, text: str) -> VerifierKey:
    fits = [vkey for vkey in history.vkeys if text in {str(vkey), vkey.key_id.hex()}]
    if len(fits) != 1:
        known = ", ".join(vkey.key_id.hex() for vkey in history.vkeys)
        raise UsageError(f"expected a log key of this collection ({known}), found {text!r}; khronika key show")
    return fits[0]


def _tell_change(
    application: Application,
    changed: Changed,
    old: VerifierKey,
    *,
    revoked: VerifierKey | None = None,
    compromised: datetime | None = None,
    again: Sequence[LoggedAgain] = (),
) -> None:
    from crawler.commands.views import count, instant, minute

    output = application.output
    active = changed.note.active.vkey
    output.record(
        {
            "type": "key-change",
            "event": changed.event.value,
            "serial": changed.note.serial,
            "active": str(active),
            "before": str(old),
            "revoked": None if revoked is None else str(revoked),
            "compromised": None if compromised is None else instant(compromised),
            "size": changed.size,
            "logged_again": [{"file": one.file, "records": one.records, "damage": one.damage} for one in again],
        }
    )
    if active != old:
        output.result(f"The log key is now {active}")
        output.result(f"instead of         {old}, which signs no more; its file is gone.")
    if revoked is not None and compromised is not None:
        output.result(f"Revoked: {revoked}, compromised from {minute(compromised)} (UTC) on.")
    output.result(f"Signed: note of keys {changed.note.serial}, and a checkpoint of {changed.size} entries.")
    for one in again:
        output.result(f"Logged again: {one.file}, {count(one.records, 'record')} marked as recovered.")
        if one.damage is not None:
            output.message(output.style(f"damaged: {one.damage}", "bad"))
    if again:
        output.message("Now make the catalogue again: khronika rebuild")
    output.message("Tell it those who hold your keys, witnesses above all: khronika key show")
    if revoked is not None:
        output.message(
            "Have the log time-stamped and cosigned now: khronika checkpoint --timestamp, khronika witness request"
        )


def _as_record(key: LogKey) -> dict[str, Any]:
    from crawler.commands.views import instant

    return {
        "vkey": str(key.vkey),
        "id": key.vkey.key_id.hex(),
        "state": key.state.value,
        "from": key.first,
        "to": key.last,
        "compromised": None if key.compromised is None else instant(key.compromised),
    }


def _state_words(key: LogKey) -> str:
    from crawler.commands.views import minute

    if key.last is None:
        return f"active: signs checkpoints from {key.first} entries on"
    words = f"{key.state.value}: signed checkpoints of {key.first} to {key.last} entries"
    return words if key.compromised is None else f"{words}; compromised from {minute(key.compromised)} (UTC)"


def _root_words(root: dict[str, Any]) -> str:
    if not root["here"]:
        return "kept elsewhere"
    return "in this collection, under a passphrase" if root["encrypted"] else "in this collection, under no passphrase"
