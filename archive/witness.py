"""Witnesses: partners who sign that a log only ever grew, and so keep its operator from taking anything back.

A witness remembers the newest checkpoint of each log that it has cosigned, and cosigns another one only when a
consistency proof leads from that one to it (C2SP tlog-witness, tlog-cosignature). What is asked of it is a file, the
body of `add-checkpoint`; any other witness that speaks tlog-witness takes it too:

    old 256                          what the witness cosigned last, by the asker's account
    PlRNCrwHpqhGrupue0L7gxbjbMi…     consistency proof, a hash a line

    log.khronika.invalid/0f3a…       the checkpoint, signed
    …

It answers with a cosignature line, `— NAME BASE64`. A witness's folder:

    witness.pem          its key, for its owner alone
    name                 what it signs as
    logs/<digest>        for each log, by the SHA-256 of its origin: `log <vkey>`, an empty line, the newest checkpoint
    refused/<…>          signed checkpoints that do not go together with that: evidence of a fork or a rollback

On the side of the archive, `log/cosig/<size>` holds the cosignature lines for the checkpoint of that size.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.anchor import kept_tokens
from archive.checkpoint import (
    Algorithm,
    Note,
    Signature,
    SignedCheckpoint,
    SigningKey,
    VerifierKey,
    cosigned_at,
    parse_checkpoint,
    parse_signature,
    parse_vkey,
    signed_by,
)
from archive.errors import KeyFileError, LogError, ProofError, SignatureError, StorageError, UsageError
from archive.keys import Policy, create_key, load_key, write_private, write_whole
from archive.lock import Lock
from archive.log import LogReader
from archive.merkle import check_consistency
from archive.store import Store
from archive.warc import sync_folder

KEY = "witness.pem"
NAME = "name"
LOGS = "logs"
REFUSED = "refused"

COSIGNATURES = "log/cosig"

REQUEST_LIMIT = 1 << 16
"""Octets of a request that are read at most."""

_ABOUT = (b'"what":"anchor"}', b'"what":"event"}')
"""What entries end with that say something about the log, and hold no evidence: their members are sorted."""

_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})\Z")
# C2SP asks for the witness's name to look like an address without its scheme
_WITNESS = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?(?:/[A-Za-z0-9._~-]{1,64}){0,4}\Z")


@dataclass(frozen=True, slots=True)
class Request:
    """What a witness is asked to cosign."""

    old: int
    """Entries of the checkpoint that it cosigned last; 0: none."""
    proof: tuple[bytes, ...]
    """That the log goes on from that."""
    signed: SignedCheckpoint

    def octets(self) -> bytes:
        """The request as a file."""
        lines = [f"old {self.old}", *(base64.b64encode(node).decode() for node in self.proof)]
        return "".join(line + "\n" for line in lines).encode() + b"\n" + self.signed.octets()


def parse_request(octets: bytes) -> Request:
    """Read a request; nothing of it is checked. Raises SignatureError."""
    if len(octets) > REQUEST_LIMIT:
        raise SignatureError(f"expected a request of up to {REQUEST_LIMIT} octets, found {len(octets)}")
    head, empty, checkpoint = octets.partition(b"\n\n")
    lines = head.split(b"\n")
    old = _OLD.match(lines[0])
    if old is None or not empty:
        raise SignatureError(
            f"expected a request for a witness, which begins with `old SIZE`, found {lines[0][:60]!r}; "
            "khronika witness request writes one"
        )
    if len(lines) > 64:
        raise SignatureError(f"expected a consistency proof of up to 63 hashes, found {len(lines) - 1}")
    try:
        proof = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
    except (binascii.Error, ValueError) as error:
        raise SignatureError("expected hashes in base64 after `old`, found something else") from error
    request = Request(int(old[1]), proof, parse_checkpoint(checkpoint))
    if any(len(node) != 32 for node in proof) or request.octets() != octets:
        raise SignatureError("expected a request in its canonical form, with hashes of 32 octets, found another")
    return request


def request_of(log: LogReader, since: int, size: int | None = None) -> Request:
    """Ask for a cosignature of a checkpoint, the newest unless a `size` is given.

    `since`: entries of the one that the witness cosigned last; 0: none. Raises UsageError, LogError.
    """
    size = log.size if size is None else size
    if since > size:
        raise UsageError(f"expected a size of up to {size} entries, which the log has, found {since}")
    signed = log.signed if size == log.size else parse_checkpoint(log.checkpoint_at(size))
    proof = log.consistency(since, size) if 0 < since < size else []
    return Request(since, tuple(proof), signed)


def size_to_cosign(store: Store, log: LogReader, since: int) -> int:
    """Entries of the checkpoint that a witness should be asked for, which has seen that of `since` entries.

    It is best when time-stamp and cosignatures are over one checkpoint: a proof carries one. So where what came after a
    checkpoint that is vouched for already is nothing but tokens and events, that one is asked for, and not the newest.
    Raises LogError.
    """
    tokens = {kept.size for kept in kept_tokens(store)}
    for size in reversed(log.sizes()):
        if size <= since:
            break
        if any(not entry.endswith(_ABOUT) for _, entry in log.entries(size)):
            break
        if size in tokens or store.exists(f"{COSIGNATURES}/{size}"):
            return size
    return log.size


# --- the partner's side ---


class Witness:
    """A witness's folder, held by one process at a time; a context manager."""

    def __init__(self, folder: Path, key: SigningKey, lock: Lock) -> None:
        """Use `create` or `open`."""
        self._folder = folder
        self._key = key
        self._lock = lock

    @classmethod
    def create(cls, folder: Path, name: str, passphrase: str | None = None) -> Witness:
        """Make a witness with a key of its own. Raises UsageError, KeyFileError, StorageError."""
        if not _WITNESS.match(name):
            raise UsageError(
                "expected a name like an address without https://, of small letters, like witness.example.org/archive, "
                f"found {name!r}"
            )
        if (folder / KEY).exists():
            raise KeyFileError(f"expected a folder without a witness, found {KEY}")
        try:
            (folder / LOGS).mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / REFUSED).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageError(f"making the witness's folder: {error.strerror}") from error
        lock = Lock(folder)
        try:
            # the key is what makes it one: written last
            write_whole(folder / NAME, name.encode() + b"\n")
            return cls(folder, create_key(folder / KEY, name, passphrase), lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, folder: Path, passphrase: str | None = None) -> Witness:
        """Open a witness's folder. Raises UsageError when it is none, KeyFileError, CollectionLockedError."""
        key = load_key(folder / KEY, read_name(folder), passphrase)
        return cls(folder, key, Lock(folder))

    def __enter__(self) -> Witness:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.release()

    @property
    def vkey(self) -> VerifierKey:
        """The key that its cosignatures are checked with."""
        return self._key.witness_vkey

    def known(self, origin: str) -> tuple[VerifierKey, SignedCheckpoint] | None:
        """The key by which a log is known, and its newest checkpoint that was cosigned. Raises LogError."""
        try:
            octets = self._path(origin).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"reading {LOGS}/: {error.strerror}") from error
        return _parse_known(octets, origin)

    def logs(self) -> Iterator[tuple[VerifierKey, SignedCheckpoint]]:
        """All logs of which something was cosigned. Raises LogError."""
        for path in sorted((self._folder / LOGS).iterdir()):
            if re.fullmatch(r"[0-9a-f]{64}", path.name):
                yield _parse_known(path.read_bytes(), None)

    def cosign(self, request: Request, now: datetime, trusted: VerifierKey | None = None) -> Signature:
        """Cosign a checkpoint. `trusted`: the log's key, needed at the first time and after the log changed its key.

        What is remembered is on the disk before the cosignature is given. Raises UsageError when something else has to
        be asked for, SignatureError when the log's key has not signed it, ProofError when the log has forked or was
        rolled back, StorageError.
        """
        signed = request.signed
        if trusted is not None and (trusted.name != signed.origin or trusted.algorithm is not Algorithm.ED25519):
            raise UsageError(f"expected the key of the log {signed.origin}, found {trusted}")
        known = self.known(signed.origin)
        vkey = trusted or (known[0] if known is not None else None)
        if vkey is None:
            raise UsageError(
                f"expected the key of the log {signed.origin}, which is seen for the first time: have its operator "
                "tell it you by a way that you trust (khronika key show), and give it with --trust"
            )
        if not signed_by(signed.note, [vkey]):
            raise SignatureError(
                f"expected a checkpoint signed by {vkey}, found it signed by others. Where the log has a new key, give "
                "that with --trust, having heard of it by a way that you trust"
            )
        if known is not None:
            self._check_goes_on(known[1], request)
        elif request.old != 0:
            raise UsageError(
                f"expected `old 0`, because nothing of this log was cosigned here, found {request.old}; ask its "
                "operator for one made with --since 0"
            )
        if known is None or known[1].size < signed.size or known[0] != vkey:
            write_private(self._path(signed.origin), b"log %s\n\n" % str(vkey).encode() + signed.octets())
        return self._key.cosign(signed.note.text, now)

    def _check_goes_on(self, before: SignedCheckpoint, request: Request) -> None:
        after = request.signed
        if after.size == before.size:
            if after.root != before.root:
                self._keep_refused(after)
                raise ProofError(
                    f"the log {after.origin} has forked: expected the root that was cosigned at {before.size} entries, "
                    "found another one under the log's signature"
                )
            return
        if after.size < before.size:
            # an older checkpoint of the same log looks like this too: no evidence by itself
            raise ProofError(
                f"the log {after.origin} would be rolled back: expected {before.size} entries or more, as was "
                f"cosigned, found {after.size}"
            )
        if request.old != before.size:
            raise UsageError(
                f"expected `old {before.size}`, which was cosigned last, found `old {request.old}`; ask the log's "
                f"operator for one made with --since {before.size}"
            )
        try:
            check_consistency(before.size, before.root, after.size, after.root, list(request.proof))
        except ProofError as error:
            self._keep_refused(after)
            raise ProofError(
                f"the log {after.origin} has forked, or the request is damaged: what was cosigned at {before.size} "
                f"entries is not the beginning of these {after.size} ({error})"
            ) from error

    def _path(self, origin: str) -> Path:
        return self._folder / LOGS / hashlib.sha256(origin.encode()).hexdigest()

    def _keep_refused(self, signed: SignedCheckpoint) -> None:
        origin = hashlib.sha256(signed.origin.encode()).hexdigest()
        name = f"{origin[:16]}-{signed.size}-{signed.root.hex()[:16]}"
        if not (self._folder / REFUSED / name).exists():
            write_private(self._folder / REFUSED / name, signed.octets())


def read_name(folder: Path) -> str:
    """What a witness signs as. Raises UsageError when the folder is none of a witness."""
    try:
        name = (folder / NAME).read_text(encoding="utf-8").removesuffix("\n")
        if not (folder / KEY).exists():
            raise FileNotFoundError(KEY)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"expected the folder of a witness ({KEY}, {NAME}), found none; khronika witness init makes one, "
            "--witness names it"
        ) from error
    if not _WITNESS.match(name):
        raise UsageError(f"expected the name of a witness in {NAME}, found {name[:100]!r}")
    return name


def _parse_known(octets: bytes, origin: str | None) -> tuple[VerifierKey, SignedCheckpoint]:
    head, _, note = octets.partition(b"\n\n")
    try:
        if not head.startswith(b"log "):
            raise SignatureError(f"expected `log VKEY`, found {head[:60]!r}")
        vkey = parse_vkey(head[4:].decode("utf-8", "replace"))
        signed = parse_checkpoint(note)
    except SignatureError as error:
        # to go on without it would be to forget what was cosigned
        raise LogError(
            f"what was cosigned of a log cannot be read in {LOGS}/: {error}. Restore it from a copy"
        ) from error
    if signed.origin != vkey.name or origin not in {None, signed.origin}:
        raise LogError(f"expected a checkpoint of {origin or vkey.name} in {LOGS}/, found {signed.origin}'s")
    return vkey, signed


# --- the archive's side ---


@dataclass(frozen=True, slots=True)
class Cosignature:
    """That a witness has seen a checkpoint, and that the log went on to it from what it saw before."""

    witness: str
    """Its name in the policy."""
    vkey: VerifierKey
    at: datetime
    """When, by the witness's clock."""
    signature: Signature


def parse_cosignatures(octets: bytes) -> list[Signature]:
    """The lines of `log/cosig/<size>`, or of a witness's answer. Raises SignatureError."""
    if not octets.endswith(b"\n"):
        raise SignatureError("expected cosignature lines, `— NAME BASE64`, found none, or the last one cut short")
    return [parse_signature(line) for line in octets[:-1].split(b"\n")]


def check_cosignatures(signatures: list[Signature], text: bytes, policy: Policy) -> list[Cosignature]:
    """Those of the signatures that witnesses of the policy made of a checkpoint's text, the earliest of each.

    Signatures by others are passed over. Raises SignatureError where one says that it is by a witness of the policy,
    and is not.
    """
    earliest: dict[str, Cosignature] = {}
    for signature in signatures:
        for name, vkey in policy.witnesses.items():
            if signature.is_by(vkey):
                at = cosigned_at(text, signature, vkey)
                if name not in earliest or at < earliest[name].at:
                    earliest[name] = Cosignature(name, vkey, at, signature)
    return list(earliest.values())


def cosignatures(store: Store, size: int, text: bytes, policy: Policy) -> list[Cosignature]:
    """The cosignatures of a collection's checkpoint; none where there is no file. Raises SignatureError."""
    try:
        octets = store.read(f"{COSIGNATURES}/{size}")
    except FileNotFoundError:
        return []
    try:
        return check_cosignatures(parse_cosignatures(octets), text, policy)
    except SignatureError as error:
        raise SignatureError(f"{COSIGNATURES}/{size}: {error}") from error


def cosigned_checkpoint(signed: SignedCheckpoint, given: list[Cosignature]) -> bytes:
    """A checkpoint with its cosignatures under the log's signature, as a file."""
    return Note(signed.note.text, (*signed.note.signatures, *(one.signature for one in given))).octets()


def last_cosigned(store: Store, log: LogReader, policy: Policy) -> dict[str, int]:
    """For each witness of the policy, entries of the newest checkpoint that it has cosigned; 0: none.

    A file that does not hold is passed over: the witness knows by itself.
    """
    newest = dict.fromkeys(policy.witnesses, 0)
    for size in reversed(log.sizes()):
        if all(newest.values()):
            break
        if not store.exists(f"{COSIGNATURES}/{size}"):
            continue
        try:
            text = parse_checkpoint(log.checkpoint_at(size)).note.text
            for one in cosignatures(store, size, text, policy):
                newest[one.witness] = newest[one.witness] or size
        except SignatureError:
            continue
    return newest


def match_answer(octets: bytes, log: LogReader, policy: Policy) -> list[tuple[int, Cosignature]]:
    """What a witness's answer cosigns of a log: sizes and cosignatures.

    The answer is cosignature lines alone, or a checkpoint with them under it. Raises SignatureError when it is neither,
    or by no witness of the policy, or over no checkpoint of this log; ProofError when it is over another history.
    """
    if octets.startswith("— ".encode()):
        signatures = parse_cosignatures(octets)
        sizes = log.sizes()[::-1]
    else:
        signed = parse_checkpoint(octets)
        signatures = list(signed.note.signatures)
        sizes = [signed.size]
        if signed.origin != log.origin:
            raise SignatureError(f"expected a checkpoint of {log.origin}, found one of {signed.origin}")
        if parse_checkpoint(log.checkpoint_at(signed.size)).note.text != signed.note.text:
            raise ProofError(f"the witness has seen another root at {signed.size} entries than this log has: a fork")
    matched = []
    for signature in signatures:
        name, vkey = next(
            ((name, vkey) for name, vkey in policy.witnesses.items() if signature.is_by(vkey)), (None, None)
        )
        if name is None or vkey is None:
            continue
        found = _cosigned_size(signature, vkey, sizes, log)
        if found is None:
            raise SignatureError(
                f"expected a cosignature by {name} over a checkpoint of this log, found one over something else"
            )
        matched.append((found[0], Cosignature(name, vkey, found[1], signature)))
    if not matched:
        known = ", ".join(policy.witnesses) or "none"
        raise SignatureError(
            f"expected a cosignature by a witness of this collection ({known}), found one by "
            f"{', '.join(sorted({one.name for one in signatures}))}. A witness is named in khronika.toml, "
            "[[witness]], and bound with khronika key update"
        )
    return matched


def _cosigned_size(
    signature: Signature, vkey: VerifierKey, sizes: list[int], log: LogReader
) -> tuple[int, datetime] | None:
    for size in sizes:
        try:
            text = parse_checkpoint(log.checkpoint_at(size)).note.text
            return size, cosigned_at(text, signature, vkey)
        except SignatureError:
            continue
    return None


def keep_cosignature(folder: Path, size: int, text: bytes, given: Cosignature) -> bool:
    """Add a line to `log/cosig/<size>` of a collection; False when the witness's is there already. `text` is signed.

    Only for the process that holds the lock. Raises StorageError, and SignatureError where the file cannot be read.
    """
    path = folder / COSIGNATURES / str(size)
    try:
        if not path.parent.exists():
            path.parent.mkdir()
            sync_folder(path.parent.parent)
        octets = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise StorageError(f"reading {COSIGNATURES}/{size}: {error.strerror}") from error
    kept = parse_cosignatures(octets) if octets else []
    for one in [one for one in kept if one.is_by(given.vkey)]:
        try:
            cosigned_at(text, one, given.vkey)
        except SignatureError:
            kept.remove(one)  # somebody else wrote it, and it vouches for nothing
        else:
            return False
    write_whole(path, b"".join(one.line() for one in [*kept, given.signature]))
    return True
