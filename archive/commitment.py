"""Salted commitments to facts about the operator: made now, opened later to a court, and telling nothing until then.

A commitment is the SHA-256 of an opening, canonical JSON in UTF-8 (keys sorted, no white space, no escapes that JSON
does not ask for), the salt 32 random octets in hexadecimal digits:

    {"name":"host-name","salt":"5f0c…","value":"kestrel"}

Each run of a crawl makes one commitment for each of NAMES, in that order, and a fact that is not known is committed to
as an empty value: their number tells nothing. All are in one line of each warcinfo record of the run:

    operator-commitments: sha256:9b1f… sha256:04ac… …

The salts are new for each run, so that two crawls of one machine cannot be linked by them, and without its salt no
commitment can be tried against guesses. The openings are kept in `keys/commitments.jsonl`, which is for the operator
alone: who has a salt can show the fact, and who has lost it cannot, for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive import facts
from archive.digest import Digest, digest
from archive.errors import RecordError, StorageError, UsageError
from archive.header import parse_header, parse_warc_fields, value_of
from archive.privacy_warc import Source
from archive.warc import opened, sync_folder

KEYS = "keys"
"""Folder of a collection for what must never leave it."""
OPENINGS = "commitments.jsonl"
CHOSEN = "facts.json"

NAMES = (
    *("host-name", "user-name", "machine-id", "mac-addresses", "local-addresses"),
    # what no machine knows of itself: said by the operator, in keys/facts.json
    *("exit-address", "collector", "remark"),
)
"""What is committed to, in the order of the line."""
CHOSEN_NAMES = NAMES[-3:]

FIELD = "operator-commitments"

_SALT = re.compile(r"[0-9a-f]{64}\Z")
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment."""

    name: str
    salt: str
    value: str

    def octets(self) -> bytes:
        """The canonical JSON."""
        members = {"name": self.name, "salt": self.salt, "value": self.value}
        return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def commitment(self) -> Digest:
        """What stands in the warcinfo."""
        return digest(self.octets())


@dataclass(frozen=True, slots=True)
class KeptOpening:
    """An opening as it is kept, with the crawl that it was made for."""

    crawl: str
    opening: Opening

    def as_record(self) -> dict[str, str]:
        """As programs read it: without salt and value."""
        return {"crawl": self.crawl, "name": self.opening.name, "commitment": self.opening.commitment}


def parse_opening(octets: bytes) -> Opening:
    """Read an opening. Raises UsageError when it is none, or not in the form whose digest was published."""
    text = octets.strip(b" \t\r\n")
    try:
        members = json.loads(text)
        opening = Opening(**members)
        whole = all(isinstance(value, str) for value in members.values()) and _SALT.match(opening.salt) is not None
        canonical = whole and opening.octets() == text
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError('expected an opening: {"name":…,"salt":…,"value":…}, found something else') from error
    if not canonical:
        raise UsageError(
            'expected an opening in its canonical form, {"name":…,"salt":…,"value":…} without white space and with a '
            "salt of 64 hexadecimal digits, found another"
        )
    return opening


def commitments_line(keys: Path, crawl: str, new_salt: Callable[[], bytes] = lambda: secrets.token_bytes(32)) -> str:
    """Commit to the facts of this machine for a run; the value of the warcinfo line.

    The openings are on the disk when it returns. Raises StorageError: a commitment that cannot be opened is none.
    """
    values = {**_machine_values(), **chosen_values(keys)}
    openings = [Opening(name, new_salt().hex(), values.get(name, "")) for name in NAMES]
    lines = [
        json.dumps({"commitment": one.commitment, "crawl": crawl, "opening": one.octets().decode()}, ensure_ascii=False)
        for one in openings
    ]
    _append(keys / OPENINGS, "".join(line + "\n" for line in lines).encode())
    return " ".join(one.commitment for one in openings)


def kept_openings(keys: Path) -> list[KeptOpening]:
    """All openings, oldest first. Raises StorageError; what a kill left unfinished at the file's end is passed over."""
    try:
        octets = (keys / OPENINGS).read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"reading {keys.name}/{OPENINGS}: {error.strerror}") from error
    kept = []
    for line in octets.split(b"\n"):
        # a line is written whole or was never published
        with contextlib.suppress(ValueError, TypeError, KeyError, UsageError):
            members = json.loads(line)
            kept.append(KeptOpening(str(members["crawl"]), parse_opening(members["opening"].encode())))
    return kept


def chosen_values(keys: Path) -> dict[str, str]:
    """What the operator has said of themselves. Raises StorageError when it cannot be read."""
    try:
        values = json.loads((keys / CHOSEN).read_bytes())
        return {name: str(values[name]) for name in CHOSEN_NAMES if name in values}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"expected {keys.name}/{CHOSEN} to hold a JSON object, found it unreadable") from error


def choose(keys: Path, name: str, value: str) -> None:
    """Say something of oneself that the runs from now on commit to. Raises UsageError, StorageError."""
    if name not in CHOSEN_NAMES:
        raise UsageError(f"expected one of {', '.join(CHOSEN_NAMES)}, found {name!r}")
    values = {**chosen_values(keys), name: value}
    _make_folder(keys)
    fresh = keys / f".{CHOSEN}.new"
    with _disk(f"writing {keys.name}/{CHOSEN}"):
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
        with os.fdopen(fd, "wb") as file:
            file.write(json.dumps(values, ensure_ascii=False, indent=1).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(keys / CHOSEN)
    sync_folder(keys)


def published(warc: Path) -> Iterator[tuple[str, Digest]]:
    """The commitments in a WARC's warcinfo records, each with the crawl that the record names.

    Raises RecordError where the file is damaged, StorageError when it cannot be read.
    """
    with opened(warc) as file:
        source = Source(file, warc.name, lambda _: None)
        while (octets := source.header()) is not None:
            header = parse_header(octets)
            length = header.content_length
            if length is None:
                raise RecordError("expected a Content-Length, found none", file=warc.name, offset=source.offset)
            if header.value("WARC-Type") != "warcinfo":
                for _ in source.exactly(length):
                    pass
                continue
            lines = parse_warc_fields(b"".join(source.exactly(length)))
            for word in (value_of(lines, FIELD) or "").split():
                yield value_of(lines, "isPartOf") or "", Digest(word)


def _machine_values() -> dict[str, str]:
    return {
        "host-name": facts.host_name(),
        "user-name": facts.user_name(),
        "machine-id": facts.machine_id(),
        "mac-addresses": " ".join(sorted(facts.mac_addresses())),
        "local-addresses": " ".join(sorted(facts.local_addresses())),
    }


def _make_folder(keys: Path) -> None:
    with _disk(f"making {keys.name}/"):
        keys.mkdir(mode=0o700, exist_ok=True)


def _append(path: Path, lines: bytes) -> None:
    """Bring lines to the disk, all or none, in a file for its owner alone."""
    _make_folder(path.parent)
    with _disk(f"writing {path.parent.name}/{path.name}"):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
        try:
            os.fchmod(fd, _PRIVATE)
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                lines = b"\n" + lines  # what a kill left unfinished stays a line of its own
            try:
                left, at = memoryview(lines), size
                while left:
                    count = os.pwrite(fd, left, at)
                    left, at = left[count:], at + count
                os.fsync(fd)
            except OSError:
                os.ftruncate(fd, size)
                raise
        finally:
            os.close(fd)
    sync_folder(path.parent)


@contextlib.contextmanager
def _disk(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.strerror or type(error).__name__}") from error
