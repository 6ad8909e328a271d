"""Keys: the files they lie in, the signed note that says which of them may sign what, and the policy for witnesses.

A collection has a log key, which signs checkpoints, and a root key, which signs nothing but the note of keys and so
can be kept elsewhere. Both are Ed25519, in PKCS8 PEM files that only their owner can read, under a passphrase if one
was given (PBES2, scrypt and AES-256-CBC, as `openssl pkey` reads it).

The note of keys, `log/keys.note`, and all of them from the first on as `log/keys/<serial>.note`:

    log.khronika.invalid/0f3a…/root
    keys/v1 3
    prev sha256:<of the note before, all its octets> | -
    log <vkey> active|retired|revoked from=<size> [to=<size>] [compromised=<2026-11-22T01:00:01.123456Z>]
    tsa <name> sha256:<of log/tsa/<name>.pem>
    policy sha256:<of log/policy>

    — log.khronika.invalid/0f3a…/root <base64>

One log key is active; it has no `to`, the others have one, and `compromised` stands at a revoked key alone. `from` and
`to` are the smallest and the largest size of a checkpoint that the key may have signed, both inclusive. A key never
vanishes from later notes, and what was said of it changes one way: active, retired, revoked.

The policy, `log/policy`, is the part of C2SP tlog-policy that needs no addresses:

    log <vkey>
    witness <name> <vkey>
    group <name> <how many of them> <name of a witness or of an earlier group>…
    quorum <name of a witness or a group> | none

Beside each note lies its policy, `log/keys/<serial>.policy`, because a policy may be replaced. All of this is read
strictly: what is not written in the one way that it is written here is refused.
"""

from __future__ import annotations

import contextlib
import enum
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive.checkpoint import (
    Algorithm,
    Note,
    SignedCheckpoint,
    SigningKey,
    VerifierKey,
    parse_note,
    parse_vkey,
    signed_by,
)
from archive.digest import Digest, digest, parse_digest
from archive.entry import KeyEntry
from archive.errors import DigestError, KeyFileError, SignatureError, StorageError
from archive.header import format_date, parse_date
from archive.store import Store
from archive.warc import fdatasync, sync_folder, write_all

KEYS = "keys"
"""Folder of a collection for what must never leave it."""
LOG_KEY = "log.pem"
ROOT_KEY = "root.pem"

NOTE = "log/keys.note"
NOTES = "log/keys/"
POLICY = "log/policy"
ROOT_SUFFIX = "/root"
"""What the root key's name has after the origin."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
"""Names of authorities and witnesses."""

_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


# --- key files ---


def create_keys(folder: Path, origin: str, passphrase: str | None = None) -> tuple[SigningKey, SigningKey]:
    """Make the log key and the root key of a new collection; `folder` is its `keys/`, made when it is missing.

    Keys that an earlier attempt left there are taken up. With a passphrase both files are under it.
    Raises KeyFileError where a file is there that cannot be, StorageError when the disk refuses.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"making {folder.name}/: {error.strerror}") from error
    log, root = (
        _load_or_create(folder / file, name, passphrase)
        for file, name in ((LOG_KEY, origin), (ROOT_KEY, origin + ROOT_SUFFIX))
    )
    return log, root


def _load_or_create(path: Path, name: str, passphrase: str | None) -> SigningKey:
    if not path.exists():
        return create_key(path, name, passphrase)
    if passphrase and not is_encrypted(path):
        raise KeyFileError(f"expected no key under {path.name} yet, or one under the passphrase, found one without")
    return load_key(path, name, passphrase)


def create_key(path: Path, name: str, passphrase: str | None = None) -> SigningKey:
    """Make a key and keep it in a new file. Raises KeyFileError when the file is there already, StorageError."""
    key = SigningKey(name, Ed25519PrivateKey.generate())
    write_key(path, key, passphrase)
    return key


def write_key(path: Path, key: SigningKey, passphrase: str | None = None) -> None:
    """Keep a key in a new file, for its owner alone, synced. Raises KeyFileError, StorageError."""
    if path.exists():
        raise KeyFileError(f"expected no file {path.name} yet, found one; a key is never written over")
    write_private(path, _encrypt(key, passphrase) if passphrase else _plain(key))


def load_key(path: Path, name: str, passphrase: str | None = None) -> SigningKey:
    """The key in a file; `name` is what it signs under. A passphrase that is not needed is not asked after.

    Raises KeyFileError: the file is missing, is no Ed25519 key, or is under another passphrase.
    """
    octets = _read_key_file(path)
    encrypted = octets.startswith(_ENCRYPTED)
    if encrypted and not passphrase:
        raise KeyFileError(f"expected the passphrase of {path.name}, found none given")
    try:
        private = load_pem_private_key(octets, _passphrase(passphrase) if encrypted and passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise KeyFileError(f"expected the passphrase of {path.name}, found another, or a damaged file") from error
        raise KeyFileError(f"expected a private key (PKCS8 PEM) in {path.name}, found something else") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"expected an Ed25519 key in {path.name}, found another kind")
    return SigningKey(name, private)


def change_passphrase(path: Path, old: str | None, new: str | None) -> None:
    """Keep the key in a file under another passphrase, or under none. Raises KeyFileError, StorageError."""
    key = load_key(path, "", old)
    write_private(path, _encrypt(key, new) if new else _plain(key))


def move_key(path: Path, target: Path) -> None:
    """Move a key's file to another place, another medium even; the old one is removed when the new one is on the disk.

    May be done again after a kill. Raises KeyFileError when there is another file at `target`, StorageError.
    """
    if path.exists():
        octets = _read_key_file(path)
        if target.exists() and target.read_bytes() != octets:
            raise KeyFileError(f"expected no file {target.name} yet, found another one; a key is never written over")
        if not target.exists():
            write_private(target, octets)
        try:
            same = target.read_bytes() == octets
        except OSError as error:
            raise StorageError(f"reading {target.name}: {error.strerror}") from error
        if not same:
            raise StorageError(f"expected the key in {target.name} as it was written, found something else")
    try:
        path.unlink()
    except OSError as error:
        raise KeyFileError(f"expected the key {path.name}, found none ({error.strerror})") from error
    sync_folder(path.parent)


def is_encrypted(path: Path) -> bool:
    """Whether a key file is under a passphrase. Raises KeyFileError when there is none."""
    return _read_key_file(path).startswith(_ENCRYPTED)


def is_exposed(path: Path) -> bool:
    """Whether others than its owner can read a key file. Raises KeyFileError when there is none."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError as error:
        raise KeyFileError(f"expected the key {path.name}, found none ({error.strerror})") from error


def write_private(path: Path, octets: bytes) -> None:
    """Write a file whole or not at all, for its owner alone. Raises StorageError."""
    write_whole(path, octets, mode=0o600)


def write_whole(path: Path, octets: bytes, *, mode: int = 0o666) -> None:
    """Write a file whole or not at all: under another name, synced, renamed, the folder synced. Raises StorageError."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()  # of a kill: with the permissions that it was made with
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            write_all(fd, octets, 0)
            fdatasync(fd)
        finally:
            os.close(fd)
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise StorageError(f"writing {path.name}: {error.strerror or type(error).__name__}") from error
    sync_folder(path.parent)


def _plain(key: SigningKey) -> bytes:
    return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_key_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        way_out = "; docs/keys.md says what to do when it is lost" if path.name == LOG_KEY else ""
        raise KeyFileError(f"expected the key {path.name}, found none ({error.strerror}){way_out}") from error


def _passphrase(text: str) -> bytes:
    # one text, whatever the keyboard: a Mac composes letters otherwise than other systems
    return unicodedata.normalize("NFC", text).encode()


# --- a key under a passphrase (RFC 5958, RFC 8018, RFC 7914) -------------------------------------------------------

SCRYPT_COST = 1 << 14
SCRYPT_BLOCK = 8
SCRYPT_PARALLEL = 10
"""Half a second a guess on one core. More memory than 32 MB (cost × block × 128) is what openssl refuses."""

# 1.2.840.113549.1.5.13 (PBES2), 1.3.6.1.4.1.11591.4.11 (scrypt), 2.16.840.1.101.3.4.1.42 (AES-256-CBC)
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def _encrypt(key: SigningKey, passphrase: str) -> bytes:
    """The PEM file of a key under a passphrase. The library's own way asks an attacker for 2,048 rounds a guess."""
    import base64

    plain = key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    salt, start = os.urandom(16), os.urandom(16)
    derived = Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=SCRYPT_BLOCK, p=SCRYPT_PARALLEL)
    secret = derived.derive(_passphrase(passphrase))
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(start)).encryptor()
    encrypted = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    numbers = b"".join(_integer(number) for number in (SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_PARALLEL))
    kdf = _sequence(_SCRYPT, _sequence(_octets(salt), numbers))
    cipher = _sequence(_AES_256_CBC, _octets(start))
    der = _sequence(_sequence(_PBES2, _sequence(kdf, cipher)), _octets(encrypted))
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([_ENCRYPTED.decode(), *lines, "-----END ENCRYPTED PRIVATE KEY-----", ""]).encode()


def _tagged(tag: int, content: bytes) -> bytes:
    length = len(content)
    # DER, short form below 128; nothing here is longer than the 255 octets that one more octet can say
    assert length < 256
    return bytes([tag, length] if length < 128 else [tag, 0x81, length]) + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _octets(content: bytes) -> bytes:
    return _tagged(0x04, content)


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1))


# --- the note of keys ---


class KeyState(enum.StrEnum):
    """What a log key may do."""

    ACTIVE = "active"  # it signs
    RETIRED = "retired"  # it signs no more; what it signed holds
    REVOKED = "revoked"  # somebody else may have it: what it signed needs more than its signature


@dataclass(frozen=True, slots=True)
class LogKey:
    """A log key, and what may be under it."""

    vkey: VerifierKey
    state: KeyState
    first: int
    """The smallest size of a checkpoint that it may have signed."""
    last: int | None = None
    """The largest one; None while it is active."""
    compromised: datetime | None = None
    """From when on somebody else may have had it; at a revoked key alone."""

    def line(self) -> str:
        """The line, without its end."""
        words = ["log", str(self.vkey), self.state.value, f"from={self.first}"]
        words += [f"to={self.last}"] if self.last is not None else []
        words += [f"compromised={format_date(self.compromised)}"] if self.compromised is not None else []
        return " ".join(words)

    def covers(self, size: int) -> bool:
        """Whether a checkpoint of that size is within what the key may have signed."""
        return self.first <= size and (self.last is None or size <= self.last)


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority, bound to what its tokens are checked with."""

    name: str
    certificate: Digest
    """Of the PEM file `log/tsa/<name>.pem`."""

    def line(self) -> str:
        """The line, without its end."""
        return f"tsa {self.name} {self.certificate}"


@dataclass(frozen=True, slots=True)
class KeysNote:
    """What the root key says about the log keys, the authorities and the policy."""

    origin: str
    serial: int
    """1, 2, 3, …"""
    previous: Digest | None
    """Of the note before; None in the first."""
    keys: tuple[LogKey, ...]
    """In the order in which they came."""
    authorities: tuple[Authority, ...]
    policy: Digest

    @property
    def active(self) -> LogKey:
        """The key that signs now."""
        return next(key for key in self.keys if key.state is KeyState.ACTIVE)

    def key(self, vkey: VerifierKey) -> LogKey | None:
        """What is said of a key; None when nothing is."""
        return next((key for key in self.keys if key.vkey == vkey), None)

    def text(self) -> bytes:
        """What is signed."""
        lines = [self.origin + ROOT_SUFFIX, f"keys/v1 {self.serial}", f"prev {self.previous or '-'}"]
        lines += [key.line() for key in self.keys]
        lines += [authority.line() for authority in self.authorities]
        lines += [f"policy {self.policy}"]
        return "".join(line + "\n" for line in lines).encode()

    def signed(self, root: SigningKey) -> bytes:
        """The note as a file, signed by the root key. Raises SignatureError when it would not be read again."""
        text = self.text()
        octets = Note(text, (root.sign(text),)).octets()
        read_keys_note(octets, root.vkey)
        return octets


def parse_keys_note(text: bytes) -> KeysNote:
    """Read a note's text; the signature is not checked. Raises SignatureError where it is not as it has to be."""
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError as error:
        raise SignatureError("expected a note of keys in UTF-8, found other octets") from error
    if lines[-1] != "" or len(lines) < 6:
        raise SignatureError(f"expected a note of keys of five lines or more, found {len(lines) - 1}")
    name, version, previous, *rest, policy, _ = lines
    if not name.endswith(ROOT_SUFFIX):
        raise SignatureError(f"expected a note of keys that begins with ORIGIN{ROOT_SUFFIX}, found {name[:200]!r}")
    serial = version.removeprefix("keys/v1 ")
    if serial == version or not _NUMBER.match(serial) or serial == "0":
        raise SignatureError(f"expected `keys/v1 SERIAL` in the note of keys, found {version[:80]!r}")
    keys = [_log_key(line) for line in rest if line.startswith("log ")]
    authorities = [_authority(line) for line in rest if not line.startswith("log ")]
    note = KeysNote(
        name.removesuffix(ROOT_SUFFIX),
        int(serial),
        None if previous == "prev -" else _digest_after("prev ", previous),
        tuple(keys),
        tuple(authorities),
        _digest_after("policy ", policy),
    )
    _check_note(note)
    if note.text() != text:
        raise SignatureError("expected a note of keys in its canonical form, found another")
    return note


def read_keys_note(octets: bytes, root: VerifierKey) -> KeysNote:
    """Read a note and check that the root key signed it. Raises SignatureError."""
    note = parse_note(octets)
    if not signed_by(note, [root]):
        raise SignatureError(f"expected a note of keys signed by {root}, found none of its signatures")
    keys = parse_keys_note(note.text)
    if keys.origin + ROOT_SUFFIX != root.name:
        raise SignatureError(f"expected the keys of {root.name.removesuffix(ROOT_SUFFIX)}, found {keys.origin}'s")
    return keys


def _log_key(line: str) -> LogKey:
    words = line.split(" ")
    wrong = SignatureError(
        "expected `log VKEY active|retired|revoked from=SIZE [to=SIZE] [compromised=DATE]` in the note of keys, "
        f"found {line[:300]!r}"
    )
    try:
        _, vkey, state, *rest = words
        values = dict(word.split("=", 1) for word in rest)
        key = LogKey(
            parse_vkey(vkey),
            KeyState(state),
            _size(values["from"]),
            _size(values["to"]) if "to" in values else None,
            parse_date(values["compromised"]) if "compromised" in values else None,
        )
    except (ValueError, KeyError) as error:
        raise wrong from error
    if key.line() != line:  # a word twice, an unknown word, another order, a date in another form
        raise wrong
    return key


def _authority(line: str) -> Authority:
    words = line.split(" ")
    if len(words) != 3 or words[0] != "tsa" or not NAME.match(words[1]):
        raise SignatureError(f"expected `tsa NAME sha256:…` in the note of keys, found {line[:200]!r}")
    return Authority(words[1], _digest_after("", words[2]))


def _size(text: str) -> int:
    if not _NUMBER.match(text):
        raise ValueError(text)
    return int(text)


def _digest_after(word: str, line: str) -> Digest:
    try:
        if not line.startswith(word):
            raise DigestError(line)
        return parse_digest(line.removeprefix(word))
    except DigestError as error:
        raise SignatureError(f"expected `{word}sha256:…` in the note of keys, found {line[:200]!r}") from error


def _check_note(note: KeysNote) -> None:
    """What holds of every note by itself. Raises SignatureError."""

    def refuse(expected: str, found: object) -> SignatureError:
        return SignatureError(f"note of keys {note.serial}: expected {expected}, found {found}")

    if (note.previous is None) != (note.serial == 1):
        raise refuse("the digest of the note before in every note but the first", f"`prev {note.previous or '-'}`")
    active = [key for key in note.keys if key.state is KeyState.ACTIVE]
    if len(active) != 1:
        raise refuse("one active log key", len(active))
    if len({key.vkey.public for key in note.keys}) != len(note.keys):
        raise refuse("each log key once", "one twice")
    if len({authority.name for authority in note.authorities}) != len(note.authorities):
        raise refuse("each authority once", "one twice")
    for key in note.keys:
        if key.vkey.name != note.origin or key.vkey.algorithm is not Algorithm.ED25519:
            raise refuse(f"log keys named {note.origin}", key.vkey)
        if (key.last is None) != (key.state is KeyState.ACTIVE):
            raise refuse("`to` at every log key but the active one", key.line())
        if key.last is not None and key.last < key.first:
            raise refuse("`to` not below `from`", key.line())
        if (key.compromised is not None) != (key.state is KeyState.REVOKED):
            raise refuse("`compromised` at every revoked key and at no other", key.line())


# --- all notes of a log ---

_RANK = {KeyState.ACTIVE: 0, KeyState.RETIRED: 1, KeyState.REVOKED: 2}


@dataclass(frozen=True)
class KeyHistory:
    """All that the root key has said: which key may have signed which checkpoint.

    `read` checks it whole; after that its answers can be trusted as far as the root key can.
    """

    root: VerifierKey
    notes: tuple[KeysNote, ...]
    """Oldest first; the newest counts."""
    octets: bytes
    """Of the newest note, as a file."""
    policy: Policy
    """What the newest note binds."""
    policy_octets: bytes
    shown: int
    """Serial of the note in `log/keys.note`: the newest, or one before it while that is being published."""

    @classmethod
    def read(cls, store: Store, root: VerifierKey, first: VerifierKey | None = None) -> KeyHistory:
        """All notes of a collection, checked from the first to the newest.

        `root` is the root key of the log's genesis entry (or one that is trusted from elsewhere), `first` the log key
        that it names. Raises SignatureError: a note is missing, was replaced, is not signed by the root key, or takes
        back what an earlier one said; a policy is not the one that its note binds.
        """
        current = _read(store, NOTE)
        serial = read_keys_note(current, root).serial
        files = [_read(store, f"{NOTES}{number}.note") for number in range(1, serial + 1)]
        if files[-1] != current:
            raise SignatureError(f"expected {NOTE} and {NOTES}{serial}.note to be the same, found that they are not")
        with contextlib.suppress(FileNotFoundError):
            # written before keys.note is: a kill, or a look at the wrong moment, comes between
            files.append(store.read(f"{NOTES}{serial + 1}.note"))
        notes = [read_keys_note(octets, root) for octets in files]
        if first is not None and notes[0].keys != (LogKey(first, KeyState.ACTIVE, notes[0].keys[0].first),):
            raise SignatureError(f"expected the first note of keys to be about {first}, found {notes[0].keys[0].vkey}")
        if notes[0].serial != 1:
            raise SignatureError(f"expected the note of keys 1 in {NOTES}1.note, found {notes[0].serial}")
        for (older, octets), newer in zip(zip(notes, files, strict=True), notes[1:], strict=False):
            _check_follows(older, digest(octets), newer)
        policy = _read(store, f"{NOTES}{notes[-1].serial}.policy")
        shown = digest(_read(store, POLICY))
        # publish_note brings the policy before the note that binds it
        if shown not in {note.policy for note in notes[serial - 1 :]}:
            raise SignatureError(f"expected the policy {notes[-1].policy} in {POLICY}, found {shown}")
        return cls(root, tuple(notes), files[-1], _bound_policy(notes[-1], policy), policy, serial)

    @classmethod
    def of_note(cls, octets: bytes, policy: bytes, root: VerifierKey) -> KeyHistory:
        """What one note says, without those before it: of a bundle, which carries no more. Raises SignatureError."""
        note = read_keys_note(octets, root)
        return cls(root, (note,), octets, _bound_policy(note, policy), policy, note.serial)

    @property
    def newest(self) -> KeysNote:
        """The note that counts."""
        return self.notes[-1]

    @property
    def vkeys(self) -> tuple[VerifierKey, ...]:
        """All log keys that there have been."""
        return tuple(key.vkey for key in self.newest.keys)

    def status(self, vkey: VerifierKey) -> LogKey | None:
        """What is said of a key; None when it never was a key of this log."""
        return self.newest.key(vkey)

    def may_sign(self, vkey: VerifierKey, size: int) -> bool:
        """Whether a signature of this key alone makes a checkpoint of that size good."""
        return self.refusal(vkey, size) is None

    def refusal(
        self, vkey: VerifierKey, size: int, *, dated: datetime | None = None, linked: bool = False
    ) -> str | None:
        """Why a checkpoint that a key has signed is not accepted; None when it is.

        A revoked key's signature counts with something that its thief cannot have made: `dated`, the time at which a
        time-stamp token or a cosignature (checked by the caller) shows that checkpoint to have been there, if it is
        before the key was compromised; or `linked`, that a consistency proof leads from that checkpoint to one of a
        key that was not revoked.
        """
        key = self.status(vkey)
        if key is None:
            return f"{vkey} is no key of this log"
        if not key.covers(size):
            until = "on" if key.last is None else f"to {key.last}"
            return f"the key {vkey} may have signed checkpoints of sizes from {key.first} {until}, not {size}"
        if key.compromised is None or linked or (dated is not None and dated < key.compromised):
            return None
        return (
            f"the key {vkey} was revoked as compromised from {format_date(key.compromised)}; nothing dates this "
            "checkpoint before that, and no consistency proof leads from it to a checkpoint of a good key"
        )

    def refusal_of(
        self, signed: SignedCheckpoint, *, dated: datetime | None = None, linked: bool = False
    ) -> str | None:
        """Why a checkpoint is not accepted, its signatures checked; None when one key at least makes it good.

        `dated` and `linked` as in `refusal`. A checkpoint at a rotation has the signatures of two keys. Raises
        SignatureError where a signature says that it is by a key of this log and is not.
        """
        if signed.origin != self.newest.origin:
            return f"it is of the log {signed.origin}, not of {self.newest.origin}"
        signers = signed_by(signed.note, self.vkeys)
        refusals = [self.refusal(vkey, signed.size, dated=dated, linked=linked) for vkey in signers]
        if not refusals:
            return "no key of this log has signed it"
        return None if None in refusals else refusals[0]

    def certificate(self, authority: str) -> Digest | None:
        """The digest of the PEM file that an authority's tokens are checked with; None for an unknown authority."""
        return next((one.certificate for one in self.newest.authorities if one.name == authority), None)

    def missing(self, entries: Iterable[KeyEntry]) -> list[KeyEntry]:
        """Those of the log's `key` entries whose note is not here, or not shown: it was taken away, or replaced.

        Whoever can write the folder could otherwise take back the newest notes, and a revocation with them. A note is
        published before it is logged.
        """
        previous = [note.previous for note in self.notes[1:]]
        digests = dict(zip((note.serial for note in self.notes), [*previous, digest(self.octets)], strict=True))
        return [one for one in entries if digests.get(one.serial) != one.digest or one.serial > self.shown]


def _read(store: Store, name: str) -> bytes:
    try:
        return store.read(name)
    except FileNotFoundError as error:
        raise SignatureError(f"expected {name}, found none") from error


def _bound_policy(note: KeysNote, octets: bytes) -> Policy:
    if digest(octets) != note.policy:
        raise SignatureError(f"expected the policy {note.policy}, found {digest(octets)}")
    return parse_policy(octets)


def _check_follows(older: KeysNote, of_older: Digest, newer: KeysNote) -> None:
    """That a note goes on from the one before. Raises SignatureError."""

    def refuse(expected: str, found: object) -> SignatureError:
        return SignatureError(f"note of keys {newer.serial}: expected {expected}, found {found}")

    if newer.serial != older.serial + 1 or newer.previous != of_older:
        raise refuse(f"serial {older.serial + 1} and prev {of_older}", f"{newer.serial} and {newer.previous}")
    for before, after in zip(older.keys, newer.keys, strict=False):
        if (before.vkey, before.first) != (after.vkey, after.first):
            raise refuse(f"what was said of {before.vkey}", "it missing, changed, or in another place")
        back = _RANK[after.state] < _RANK[before.state]
        longer = before.last is not None and (after.last is None or after.last > before.last)
        later = before.compromised is not None and (after.compromised is None or after.compromised > before.compromised)
        if back or longer or later:
            raise refuse(f"nothing taken back of `{before.line()}`", f"`{after.line()}`")
    if len(newer.keys) < len(older.keys):
        raise refuse(f"the {len(older.keys)} keys of the note before", len(newer.keys))
    if newer.authorities[: len(older.authorities)] != older.authorities:
        raise refuse("the authorities of the note before", "one of them missing or changed")


# --- the policy ---


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses, and how many of them are enough."""

    name: str
    threshold: int
    members: tuple[str, ...]
    """Names of witnesses and of earlier groups."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose checkpoints count, and who has to have cosigned them (C2SP tlog-policy, a part of it)."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    """By name; their keys are of the kind that cosigns."""
    groups: tuple[Group, ...] = ()
    quorum: str | None = None
    """Name of a witness or a group; None: nobody has to."""

    def octets(self) -> bytes:
        """The policy as a file. Raises SignatureError when it would not be read again."""
        octets = self._text().encode()
        parse_policy(octets)
        return octets

    def _text(self) -> str:
        lines = [f"log {vkey}" for vkey in self.logs]
        lines += [f"witness {name} {vkey}" for name, vkey in self.witnesses.items()]
        lines += [" ".join(["group", one.name, str(one.threshold), *one.members]) for one in self.groups]
        lines += [f"quorum {self.quorum or 'none'}"]
        return "".join(line + "\n" for line in lines)

    def satisfied(self, cosigners: Iterable[VerifierKey]) -> bool:
        """Whether those whose cosignatures were checked are enough. Keys of nobody in the policy count for nothing."""
        if self.quorum is None:
            return True
        keys = set(cosigners)
        present = {name for name, vkey in self.witnesses.items() if vkey in keys}
        for group in self.groups:  # a group's members stand before it
            if sum(member in present for member in group.members) >= group.threshold:
                present.add(group.name)
        return self.quorum in present


def parse_policy(octets: bytes) -> Policy:
    """Read a policy. Raises SignatureError where it is not as it has to be."""
    try:
        lines = octets.decode().split("\n")
    except UnicodeDecodeError as error:
        raise SignatureError("expected a policy in UTF-8, found other octets") from error
    logs: list[VerifierKey] = []
    witnesses: dict[str, VerifierKey] = {}
    groups: dict[str, Group] = {}
    quorum: str | None = None
    in_groups: set[str] = set()

    def refuse(line: str, expected: str) -> SignatureError:
        return SignatureError(f"policy: expected {expected}, found {line[:300]!r}")

    for line in lines[:-1]:
        match line.split(" "):
            case ["log", vkey]:
                logs.append(parse_vkey(vkey))
            case ["witness", name, vkey]:
                if not NAME.match(name) or name in witnesses or name == "none":
                    raise refuse(line, "a name of its own for each witness")
                witnesses[name] = parse_vkey(vkey)
            case ["group", name, threshold, *members]:
                if not NAME.match(name) or name in {*witnesses, *groups, "none"}:
                    raise refuse(line, "a name of its own for each group")
                if in_groups & {*members} or {*members} - {*witnesses, *groups} or len({*members}) != len(members):
                    raise refuse(line, "members that stand above, each in one group")
                if not _NUMBER.match(threshold) or not 1 <= int(threshold) <= len(members):
                    raise refuse(line, f"a number from 1 to {len(members)} before the members")
                in_groups |= {*members}
                groups[name] = Group(name, int(threshold), tuple(members))
            case ["quorum", name]:
                if name not in {*witnesses, *groups, "none"}:
                    raise refuse(line, "`quorum none`, or the name of a witness or a group above")
                quorum = None if name == "none" else name
            case _:
                raise refuse(line, "a line that begins with log, witness, group or quorum, with single spaces")
    if any(vkey.algorithm is not Algorithm.ED25519 for vkey in logs) or len(set(logs)) != len(logs) or not logs:
        raise SignatureError("policy: expected the keys of logs, each once, found none, or another kind, or one twice")
    if any(vkey.algorithm is not Algorithm.COSIGNATURE for vkey in witnesses.values()):
        raise SignatureError("policy: expected keys of witnesses (cosignature/v1), found another kind")
    if len({vkey.public for vkey in witnesses.values()}) != len(witnesses):
        raise SignatureError("policy: expected a key of its own for each witness, found one twice")
    policy = Policy(tuple(logs), witnesses, tuple(groups.values()), quorum)
    if policy._text().encode() != octets:
        raise SignatureError("policy: expected the lines log, witness, group, quorum in this order, found another")
    return policy


def policy_of(keys: Sequence[LogKey], witnesses: Mapping[str, VerifierKey], quorum: int) -> Policy:
    """The policy of a collection: its keys that were not revoked, its witnesses, and how many of them are enough."""
    logs = tuple(key.vkey for key in keys if key.state is not KeyState.REVOKED)
    if not quorum:
        return Policy(logs, dict(witnesses))
    return Policy(logs, dict(witnesses), (Group(QUORUM, quorum, tuple(witnesses)),), QUORUM)


QUORUM = "quorum"
"""Name of the group that a collection's policy has."""


def first_note(log: SigningKey, root: SigningKey) -> tuple[bytes, bytes]:
    """The first note of keys of a new log, signed, and its policy, both as files."""
    key = LogKey(log.vkey, KeyState.ACTIVE, 0)
    policy = policy_of([key], {}, 0).octets()
    return KeysNote(log.name, 1, None, (key,), (), digest(policy)).signed(root), policy


def rotated(history: KeyHistory, vkey: VerifierKey, *, last: int, first: int) -> KeysNote:
    """The note in which the active key gives way to another: it may have signed up to `last`, the new one from `first`.

    Where both are the size of one checkpoint, that one carries both signatures.
    """
    keys = [
        replace(key, state=KeyState.RETIRED, last=last) if key.state is KeyState.ACTIVE else key
        for key in history.newest.keys
    ]
    return _next(history.newest, history.octets, keys=(*keys, LogKey(vkey, KeyState.ACTIVE, first)))


def revoked(older: KeysNote, octets: bytes, vkey: VerifierKey, compromised: datetime) -> KeysNote:
    """The note after `older` (`octets` as a file) in which a retired key is revoked. Raises KeyFileError."""
    key = older.key(vkey)
    if key is None or key.state is KeyState.ACTIVE:
        raise KeyFileError(f"expected a key of this log that does not sign any more, found {vkey}")
    if key.compromised is not None and key.compromised < compromised:
        found = format_date(key.compromised)
        raise KeyFileError(f"expected a date before {found}, from which the key is revoked already, found a later one")
    gone = replace(key, state=KeyState.REVOKED, compromised=compromised)
    return _next(older, octets, keys=tuple(gone if one is key else one for one in older.keys))


def updated(history: KeyHistory, authorities: Mapping[str, Digest]) -> KeysNote:
    """The note after the newest one that names more authorities. Raises KeyFileError where one has changed."""
    for name, certificate in authorities.items():
        if history.certificate(name) not in {None, certificate}:
            raise KeyFileError(
                f"expected the authority {name} to keep its certificate, because its tokens are checked with it, found "
                "another; give the authority with the new certificate another name"
            )
    known = {one.name for one in history.newest.authorities}
    fresh = [Authority(name, certificate) for name, certificate in authorities.items() if name not in known]
    return _next(history.newest, history.octets, authorities=(*history.newest.authorities, *fresh))


def _next(
    older: KeysNote,
    octets: bytes,
    *,
    keys: tuple[LogKey, ...] | None = None,
    authorities: tuple[Authority, ...] | None = None,
) -> KeysNote:
    return replace(
        older,
        serial=older.serial + 1,
        previous=digest(octets),
        keys=older.keys if keys is None else keys,
        authorities=older.authorities if authorities is None else authorities,
    )


def publish_note(collection: Path, octets: bytes, policy: bytes) -> None:
    """Bring a signed note and its policy into a collection's log; done again, it changes nothing. Raises StorageError.

    A note is never replaced by another of its serial.
    """
    serial = parse_keys_note(parse_note(octets).text).serial
    try:
        (collection / NOTES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"making {NOTES}: {error.strerror}") from error
    for name, content in (
        (f"{NOTES}{serial}.policy", policy),
        (f"{NOTES}{serial}.note", octets),
        (POLICY, policy),
        (NOTE, octets),
    ):
        path = collection / name
        kept = path.read_bytes() if path.exists() else None
        if kept == content:
            continue
        if kept is not None and name.startswith(NOTES):
            raise StorageError(f"writing {name}: expected none yet, found another; it is never written over")
        write_whole(path, content)
