"""`khronika witness`: cosignatures of partners, by which a log cannot take back what it has shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.errors import ProofError, SignatureError, UsageError
from crawler.cli import Application, Exit
from crawler.commands.base import Group, open_collection, pass_application
from crawler.commands.base import command as make_command

if TYPE_CHECKING:
    from archive.log import LogReader
    from archive.writer import Writer

FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)

folder_option = click.option(
    "--witness",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="KHRONIKA_WITNESS",
    default=Path(),
    help="The witness's folder. Default: KHRONIKA_WITNESS, else the current folder.",
)


@click.group(
    "witness",
    cls=Group,
    examples=(
        "khronika witness init our-witness --name witness.example.org/archive",
        "khronika witness request -o request.txt",
        "khronika witness cosign request.txt --witness our-witness -o answer.txt",
        "khronika witness add answer.txt",
    ),
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
)
def command() -> None:
    """Witnesses: partner organisations who sign that your log only grew since they saw it last.

    The archive makes a request, a small file without any page or address in it, and sends it by whatever way; the
    partner cosigns it; the archive adds the answer. Nothing needs a network. With three partners in three countries, to
    take something back means to persuade three people. How it goes: docs/keys.md.
    """


# --- the partner's side ---


@make_command(
    "init",
    group=command,
    examples=(
        "khronika witness init our-witness --name witness.example.org/archive",
        "khronika witness init our-witness --name witness.example.org/archive --passphrase",
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--name",
    required=True,
    help="What the witness signs as, like an address without https://; everybody who sees a cosignature sees it.",
)
@click.option("--passphrase", "under", is_flag=True, help="Keep the key under a passphrase (asked for, twice).")
@pass_application
def init(application: Application, folder: Path, name: str, under: bool) -> None:
    """Become a witness for others: make DIR with a key, and a memory of what was cosigned.

    Give the key that is shown to the archives you are to be a witness for. Back the folder up after each cosignature:
    who puts an older copy back could cosign a fork.
    """
    from archive.witness import Witness
    from crawler.passphrase import new_passphrase

    passphrase = new_passphrase("Passphrase for the witness's key") if under else None
    with Witness.create(folder, name, passphrase) as witness:
        vkey = witness.vkey
    application.output.record({"type": "witness", "name": name, "vkey": str(vkey), "folder": str(folder)})
    application.output.result(str(vkey))
    application.output.message(
        f"A witness is in {folder}. Give the line above to the archive, by a way that it trusts."
    )


@make_command(
    "show",
    group=command,
    examples=("khronika witness show --witness our-witness",),
)
@folder_option
@pass_application
def show(application: Application, folder: Path) -> None:
    """Show the witness's own key, and for each log the newest checkpoint that it has cosigned."""
    from archive.witness import Witness
    from crawler.passphrase import witness_passphrase

    with Witness.open(folder, witness_passphrase(_key_of(folder))) as witness:
        vkey, logs = witness.vkey, list(witness.logs())
    output = application.output
    output.record(
        {
            "type": "witness",
            "name": vkey.name,
            "vkey": str(vkey),
            "logs": [{"origin": one.origin, "vkey": str(key), "size": one.size} for key, one in logs],
        }
    )
    output.result(f"witness  {vkey}")
    for key, one in logs:
        output.result(f"log      {key}")
        output.result(f"         cosigned up to {one.size} entries")


@make_command(
    "cosign",
    group=command,
    exits=(Exit.VERIFICATION_FAILED, Exit.LOCKED),
    examples=(
        "khronika witness cosign request.txt --witness our-witness -o answer.txt",
        "khronika witness cosign request.txt --witness our-witness --trust KEY",
    ),
)
@click.argument("file", metavar="FILE", type=FILE)
@folder_option
@click.option(
    "--trust",
    metavar="KEY",
    help="The log's key, needed at the first time and after the log changed its key. Have it told you by a way that "
    "you trust, not with the request.",
)
@click.option(
    "-o", "--output", "target", metavar="FILE", type=FILE, default="-", help="Where the answer goes; - is stdout."
)
@pass_application
def cosign(application: Application, file: Path, folder: Path, trust: str | None, target: Path) -> int:
    """Cosign the checkpoint in FILE, a request by an archive, if its log goes on from what you cosigned before.

    A fork, a rollback, or another key is refused (exit status 6); what proves it is kept in refused/ of the witness's
    folder. A refusal is worth a call: the log was damaged, or somebody holds its key.
    """
    from archive.checkpoint import parse_vkey
    from archive.witness import Witness, parse_request
    from archive.writer import utc_now
    from crawler.commands.views import instant, minute
    from crawler.passphrase import witness_passphrase

    output = application.output
    try:
        trusted = parse_vkey(trust) if trust is not None else None
    except SignatureError as error:
        raise UsageError(f"--trust: {error}") from error
    now = utc_now()
    with Witness.open(folder, witness_passphrase(_key_of(folder))) as witness:
        try:
            request = parse_request(_read(file))
            signature = witness.cosign(request, now, trusted)
        except (ProofError, SignatureError) as error:
            output.record({"type": "refused", "reason": str(error)})
            output.message(output.style(f"Refused: {error}", "bad"))
            return Exit.VERIFICATION_FAILED
    signed = request.signed
    line = signature.line()
    output.record(
        {
            "type": "cosignature",
            "origin": signed.origin,
            "size": signed.size,
            "at": instant(now),
            "line": line.decode().rstrip("\n"),
        }
    )
    if str(target) == "-":
        output.result(line.decode().rstrip("\n"))
    else:
        _write(target, line)
    output.message(f"Cosigned at {minute(now)} (UTC): {signed.size} entries of {signed.origin}.")
    return Exit.DONE


# --- the archive's side ---


@make_command(
    "request",
    group=command,
    exits=(Exit.NO_COLLECTION,),
    examples=(
        "khronika witness request -o request.txt",
        "khronika witness request --for example-partner -o request.txt",
        "khronika witness request --since 0 -o request.txt",
    ),
)
@click.option(
    "--for", "name", metavar="NAME", help="Which witness is asked; needed where they have seen different sizes."
)
@click.option(
    "--since",
    type=click.IntRange(min=0),
    metavar="SIZE",
    help="Entries of the checkpoint that the witness cosigned last. Default: as log/cosig/ has it; 0: none.",
)
@click.option("-o", "--output", "target", metavar="FILE", type=FILE, required=True, help="Where it goes; - is stdout.")
@pass_application
def request(application: Application, name: str | None, since: int | None, target: Path) -> None:
    """Write what a witness is asked to cosign: a checkpoint, and the proof that the log goes on to it.

    It is the newest one, or the one before it that has a time-stamp or cosignatures already, where no evidence came
    after that: a proof is strongest where all vouch for the same checkpoint.

    It holds hashes, numbers and the random name of the log; no page, no address, nobody's name. Any witness of C2SP
    tlog-witness takes it too.
    """
    from archive.store import FolderStore
    from archive.witness import request_of, size_to_cosign

    collection = open_collection(application)
    log = collection.log()
    if since is None:
        since = _since(collection.path, log, name)
    asked = request_of(log, since, size_to_cosign(FolderStore(collection.path), log, since))
    octets = asked.octets()
    output = application.output
    output.record({"type": "request", "origin": log.origin, "old": asked.old, "size": asked.signed.size})
    if str(target) != "-":
        _write(target, octets)
    elif not output.as_json:
        output.result(octets.decode().rstrip("\n"))
    seen = (
        f"that its {asked.old} entries seen before are the beginning of these" if asked.old else "the first of this log"
    )
    output.message(f"Asks for a cosignature of {asked.signed.size} entries; {seen}.")


@make_command(
    "add",
    group=command,
    exits=(Exit.VERIFICATION_FAILED, Exit.NO_COLLECTION, Exit.LOCKED),
    examples=("khronika witness add answer.txt",),
)
@click.argument("file", metavar="FILE", type=FILE)
@pass_application
def add(application: Application, file: Path) -> int:
    """Add the answer of a witness, in FILE, to the log: checked first, kept in log/cosig/, and logged as an event.

    A cosignature by nobody that the note of keys names, or over something else than a checkpoint of this log, is
    refused (exit status 6).
    """
    from archive.checkpoint import parse_checkpoint
    from archive.rotation import read_history
    from archive.witness import keep_cosignature, match_answer
    from crawler.commands.views import instant, minute
    from crawler.passphrase import passphrase_for

    collection = open_collection(application)
    output = application.output
    log = collection.log()
    policy = read_history(collection.path).policy
    try:
        matched = match_answer(_read(file), log, policy)
    except (ProofError, SignatureError) as error:
        output.record({"type": "refused", "reason": str(error)})
        output.message(output.style(f"Refused: {error}", "bad"))
        return Exit.VERIFICATION_FAILED
    with collection.writer(passphrase=passphrase_for(collection.path)) as writer:
        for size, given in matched:
            text = parse_checkpoint(log.checkpoint_at(size)).note.text
            fresh = keep_cosignature(collection.path, size, text, given)
            detail = f"witness {given.witness} cosigned the checkpoint of {size} entries at {instant(given.at)}"
            if fresh or not _is_logged(collection.log(), size, detail):
                _log_cosignature(writer, size, detail)
            output.record(
                {"type": "cosignature", "witness": given.witness, "size": size, "at": instant(given.at), "new": fresh}
            )
            was = "" if fresh else ", as was known already"
            output.result(f"{given.witness} cosigned {size} entries at {minute(given.at)} (UTC){was}.")
    return Exit.DONE


def _log_cosignature(writer: Writer, size: int, detail: str) -> None:
    from archive.entry import EventType, Outcome
    from archive.witness import COSIGNATURES

    writer.log_event(EventType.COSIGNATURE, Outcome.SUCCESS, detail, object=f"{COSIGNATURES}/{size}").result()


def _is_logged(log: LogReader, size: int, detail: str) -> bool:
    """Whether the event was logged: not when a kill came between it and the file."""
    from archive.entry import EventEntry, EventType, parse_entry

    near = [octets for _, octets in log.entries(size) if b'"cosignature"' in octets]
    entries = [parse_entry(octets) for octets in [*near, *log.tail()]]
    return any(
        isinstance(one, EventEntry) and one.type is EventType.COSIGNATURE and one.detail == detail for one in entries
    )


def _since(folder: Path, log: LogReader, name: str | None) -> int:
    from archive.rotation import read_history
    from archive.store import FolderStore
    from archive.witness import last_cosigned

    policy = read_history(folder).policy
    if name is not None and name not in policy.witnesses:
        known = ", ".join(policy.witnesses) or "none"
        raise UsageError(
            f"--for: expected a witness of this collection ({known}), found {name!r}; khronika.toml [[witness]] names "
            "them, khronika key update binds them"
        )
    sizes = last_cosigned(FolderStore(folder), log, policy)
    if name is not None:
        return sizes[name]
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{witness} {size}" for witness, size in sizes.items())
        raise UsageError(f"expected --for NAME, because the witnesses have cosigned different sizes: {told}")
    return next(iter(sizes.values()), 0)


def _key_of(folder: Path) -> Path:
    from archive.witness import KEY, read_name

    read_name(folder)
    return folder / KEY


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"expected a file {file.name}, found none that can be read ({error.strerror})") from error


def _write(target: Path, octets: bytes) -> None:
    from archive.collection import write_once

    write_once(target, octets)
