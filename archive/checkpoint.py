"""Signed notes, checkpoints, cosignatures and proofs: the texts that a log is vouched for with.

Formats of C2SP: signed-note, tlog-checkpoint, tlog-cosignature (Ed25519 alone), tlog-proof. A checkpoint:

    log.khronika.invalid/0f3a…            origin: the name of the log and of its key
    14                                    entries
    BRI0cXK99/9s0ZvdDY6f4AzEEQEgH02C…     root hash, base64

    — log.khronika.invalid/0f3a… 2lan1kJ5lxSZ…

What is signed are the octets up to and with the last line end before the empty line. A signature line has an em dash,
the key's name, and the base64 of four octets of key id with the signature after them.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive.errors import ProofError, SignatureError

NOTE_LIMIT = 1 << 20
"""Octets of a note that are read at most."""
SIGNATURES = 100
"""Signature lines that a note has at most (C2SP signed-note lets a reader refuse more than a hundred or so)."""

PROOF_HEADER = b"c2sp.org/tlog-proof@v1"

_P = 2**255 - 19
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL = frozenset({0, 1, _P - 1, _EIGHTH, _P - _EIGHTH})
"""The y of the points of order 1, 2, 4 and 8."""

_DASH = "— ".encode()
_NAME = re.compile(r"[^\s+]+\Z")
_NUMBER = re.compile(rb"(?:0|[1-9][0-9]{0,18})\Z")


class Algorithm(enum.IntEnum):
    """Kinds of signatures, the octet before the public key in a verifier key."""

    ED25519 = 1
    COSIGNATURE = 4  # Ed25519 over the checkpoint and the time at which it was seen


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name it signs under; as a text `name+key id+key`."""

    name: str
    public: bytes
    """32 octets."""
    algorithm: Algorithm = Algorithm.ED25519

    @cached_property
    def key_id(self) -> bytes:
        """The four octets that a signature line begins with."""
        told = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(told).digest()[:4]

    @cached_property
    def key(self) -> Ed25519PublicKey:
        """The key as the library takes it."""
        return Ed25519PublicKey.from_public_bytes(self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.algorithm]) + self.public)}"


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key. Raises SignatureError."""

    def refuse(found: str) -> SignatureError:
        return SignatureError(f"expected a verifier key, NAME+ID+KEY, found {found}: {text[:200]!r}")

    if not text.isprintable():
        raise refuse("signs that cannot be printed")
    # the name holds no plus sign, the base64 may
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise refuse(f"{len(parts)} parts")
    name, key_id, encoded = parts
    if not _NAME.match(name):
        raise refuse("no name of a key")
    octets = _from_base64(encoded.encode("utf-8", "replace"))
    if octets is None or len(octets) != 33 or octets[0] not in {1, 4}:
        raise refuse("another key than Ed25519 in base64")
    if not _is_sound(octets[1:]):
        raise refuse("a point that is not canonical, or of small order, under which any text can be signed")
    vkey = VerifierKey(name, octets[1:], Algorithm(octets[0]))
    if key_id != vkey.key_id.hex():
        raise refuse(f"the id {key_id!r} of another key, it should be {vkey.key_id.hex()}")
    return vkey


def _is_sound(public: bytes) -> bool:
    """Whether a point is written canonically (RFC 8032, 5.1.3) and is none of the eight of small order."""
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    return y < _P and y not in _SMALL


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name it signs under."""

    name: str
    private: Ed25519PrivateKey

    @cached_property
    def vkey(self) -> VerifierKey:
        """The key that its signatures are checked with."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    @cached_property
    def witness_vkey(self) -> VerifierKey:
        """The key that its cosignatures are checked with."""
        return VerifierKey(self.name, self.vkey.public, Algorithm.COSIGNATURE)

    def sign(self, text: bytes) -> Signature:
        """Sign a note's text."""
        return Signature(self.name, self.vkey.key_id, self.private.sign(text))

    def cosign(self, text: bytes, at: datetime) -> Signature:
        """Sign that a checkpoint was seen, and went on from what was seen before (tlog-cosignature)."""
        seconds = int(at.timestamp())
        octets = struct.pack(">Q", seconds) + self.private.sign(_cosigned(text, seconds))
        return Signature(self.name, self.witness_vkey.key_id, octets)

    def __repr__(self) -> str:
        # nothing of the private key, wherever this is printed
        return f"SigningKey({self.vkey})"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    octets: bytes
    """What stands after the key id."""

    def line(self) -> bytes:
        """The line, its end included."""
        return _DASH + f"{self.name} {_base64(self.key_id + self.octets)}\n".encode()

    def is_by(self, vkey: VerifierKey) -> bool:
        """Whether the line says that it is of a key; nothing was checked yet."""
        return self.name == vkey.name and self.key_id == vkey.key_id


def parse_signature(line: bytes) -> Signature:
    """Read a signature line, without its end. Raises SignatureError."""
    if not line.startswith(_DASH):
        raise SignatureError(f"expected a signature, `— NAME BASE64`, found {line[:100]!r}")
    try:
        name, _, encoded = line[len(_DASH) :].decode().partition(" ")
    except UnicodeDecodeError as error:
        raise SignatureError(f"expected a signature in UTF-8, found {line[:100]!r}") from error
    octets = _from_base64(encoded.encode())
    if not _NAME.match(name) or octets is None or len(octets) < 5:
        raise SignatureError(f"expected a signature, `— NAME BASE64`, found {line[:100]!r}")
    return Signature(name, octets[:4], octets[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures under it."""

    text: bytes
    """UTF-8; ends with a line end."""
    signatures: tuple[Signature, ...]

    def octets(self) -> bytes:
        """The note as a file."""
        return self.text + b"\n" + b"".join(signature.line() for signature in self.signatures)


def parse_note(octets: bytes) -> Note:
    """Read a signed note. Raises SignatureError."""
    if len(octets) > NOTE_LIMIT:
        raise SignatureError(f"expected a signed note of up to {NOTE_LIMIT} octets, found {len(octets)}")
    at = octets.rfind(b"\n\n")
    if at < 0 or not octets.endswith(b"\n") or at + 2 == len(octets):
        raise SignatureError("expected a signed note: a text, an empty line, signatures; found no signature")
    text = octets[: at + 1]
    try:
        decoded = octets.decode()
    except UnicodeDecodeError as error:
        raise SignatureError("expected a signed note in UTF-8, found other octets") from error
    if any(ord(sign) < 0x20 and sign != "\n" for sign in decoded):
        raise SignatureError("expected a signed note of printable lines, found control characters")
    lines = octets[at + 2 : -1].split(b"\n")
    if len(lines) > SIGNATURES:
        raise SignatureError(f"expected up to {SIGNATURES} signatures, found {len(lines)}")
    return Note(text, tuple(map(parse_signature, lines)))


def signed_by(note: Note, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Those of the keys that have signed a note; signatures by others are passed over.

    Raises SignatureError where a signature says that it is by one of the keys and is not: such a note is no note.
    """
    signers = []
    for vkey in keys:
        mine = [signature for signature in note.signatures if signature.is_by(vkey)]
        if len(mine) > 1:
            raise SignatureError(f"expected one signature by {vkey.name}, found {len(mine)}")
        for signature in mine:
            if vkey.algorithm is Algorithm.COSIGNATURE:
                cosigned_at(note.text, signature, vkey)
            else:
                _check(vkey, signature.octets, note.text)
            signers.append(vkey)
    return signers


def cosigned_at(text: bytes, signature: Signature, vkey: VerifierKey) -> datetime:
    """When a witness says that it saw a checkpoint. Raises SignatureError where it has not signed that."""
    if not signature.is_by(vkey) or vkey.algorithm is not Algorithm.COSIGNATURE or len(signature.octets) != 72:
        raise SignatureError(f"expected a cosignature by {vkey}, found a signature by {signature.name}")
    seconds = int.from_bytes(signature.octets[:8])
    _check(vkey, signature.octets[8:], _cosigned(text, seconds))
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SignatureError(f"expected a time in the cosignature by {vkey.name}, found {seconds}") from error


def _cosigned(text: bytes, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + text


def _check(vkey: VerifierKey, octets: bytes, text: bytes) -> None:
    try:
        vkey.key.verify(octets, text)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(f"expected a signature that {vkey.name} made of this text, found another") from error


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says that it holds."""

    origin: str
    size: int
    root: bytes
    """32 octets."""

    def text(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with the note that it stood in."""

    checkpoint: Checkpoint
    note: Note

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.checkpoint.origin

    @property
    def size(self) -> int:
        """Entries of the log."""
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        """32 octets."""
        return self.checkpoint.root

    def octets(self) -> bytes:
        """The note as a file."""
        return self.note.octets()


def parse_checkpoint(octets: bytes) -> SignedCheckpoint:
    """Read a checkpoint; no signature is checked. Raises SignatureError.

    Extension lines, which the format allows and this log never writes, are refused.
    """
    note = parse_note(octets)
    lines = note.text.split(b"\n")
    if len(lines) != 4 or lines[3] != b"":
        raise SignatureError(f"expected a checkpoint of three lines, found {len(lines) - 1}")
    root = _from_base64(lines[2])
    origin = lines[0].decode()
    if not origin:
        raise SignatureError("expected a checkpoint with an origin, found none")
    if not _NUMBER.match(lines[1]):
        raise SignatureError(f"expected the number of entries, found {lines[1][:40]!r}")
    if root is None or len(root) != 32:
        raise SignatureError(f"expected a root of 32 octets in base64, found {lines[2][:80]!r}")
    return SignedCheckpoint(Checkpoint(origin, int(lines[1]), root), note)


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[SigningKey]) -> SignedCheckpoint:
    """Sign a checkpoint with each of the keys, in their order."""
    text = checkpoint.text()
    return SignedCheckpoint(checkpoint, Note(text, tuple(key.sign(text) for key in signers)))


@dataclass(frozen=True, slots=True)
class TlogProof:
    """That an entry is in a log, with all that is needed to check it (C2SP tlog-proof).

    The entry stands in the `extra` line.
    """

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    """From the leaf's sibling up."""
    checkpoint: bytes
    """The signed note, cosignatures included."""

    def octets(self) -> bytes:
        """The proof as a file."""
        lines = [PROOF_HEADER, b"extra " + _base64(self.entry).encode(), b"index %d" % self.index]
        lines += [_base64(node).encode() for node in self.path]
        return b"\n".join(lines) + b"\n\n" + self.checkpoint


def parse_proof(octets: bytes) -> TlogProof:
    """Read a proof; nothing of it is checked. Raises ProofError."""
    head, empty, checkpoint = octets.partition(b"\n\n")
    lines = head.split(b"\n")
    if lines[0] != PROOF_HEADER or not empty or len(lines) < 3:
        raise ProofError(f"expected a proof that begins with {PROOF_HEADER.decode()}, found {lines[0][:40]!r}")
    entry = _from_base64(lines[1].removeprefix(b"extra ")) if lines[1].startswith(b"extra ") else None
    if entry is None:
        raise ProofError("expected the entry in the line `extra`, found none")
    number = lines[2].removeprefix(b"index ")
    if not lines[2].startswith(b"index ") or not _NUMBER.match(number):
        raise ProofError(f"expected the line `index NUMBER`, found {lines[2][:40]!r}")
    path = [_from_base64(line) for line in lines[3:]]
    if len(path) > 63:
        raise ProofError(f"expected up to 63 hashes, found {len(path)}")
    whole = tuple(node for node in path if node is not None and len(node) == 32)
    if len(whole) != len(path):
        raise ProofError("expected hashes of 32 octets in base64, found something else")
    return TlogProof(entry, int(number), whole, checkpoint)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _from_base64(text: bytes) -> bytes | None:
    """Strictly: the one way to write these octets, or None."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets if base64.b64encode(octets) == text else None
