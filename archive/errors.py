"""All errors that Khronika raises on purpose.

    KhronikaError                     anything below; its text is for the person at the terminal
    ├── UsageError                    the command's words cannot be carried out as they stand
    │   ├── CaptureNotFoundError      no capture fits
    │   └── AmbiguousCaptureError     several captures fit; they are listed
    ├── ConfigError                   khronika.toml is wrong: where, expected, found
    ├── NoCollectionError             no collection in this folder
    ├── CollectionExistsError         a collection is already in this folder
    ├── CollectionLockedError         another process is writing this collection
    ├── StorageError                  the disk refused: full, read-only, failing
    │   └── TargetError               the place of a copy refused, or is not what it should be
    │       ├── TargetGoneError       it is not there: no such bucket, disk not mounted, server silent
    │       ├── NoRoomError           it is full
    │       ├── DeniedError           these credentials, or this user, may not do that there
    │       ├── RefusedError          it would not take these octets: their checksum is another
    │       ├── ConflictError         something else lies under the name
    │       ├── NoLockError           it cannot keep a file from being deleted
    │       └── RolledBackError       its log is not an earlier state of ours
    │   └── DiskLowError              the disk is not full, and what is left of it is not for us
    ├── CatalogueError                the catalogue is missing, of another version, or damaged: rebuild
    ├── StateError                    state.sqlite is missing, of another version, or damaged: restore it
    ├── DigestError                   a digest's text is not what the format allows
    ├── RecordError                   a WARC record is not what WARC 1.1 asks for
    │   └── RecordTruncatedError      the file ends inside it
    ├── ExchangeError                 an exchange that cannot be stored as it is described
    ├── LogError                      the log is missing, damaged, rolled back, or does not go on from what was signed
    │   ├── CloneError                the collection is a clone, made to be read: nothing is logged or signed in it
    │   └── UnsoundCopyError          a copy that was to be read from is not what its log says, or its log does not hold
    ├── ProofError                    a Merkle proof does not lead to the root
    ├── SignatureError                a signed note is malformed, or a known key's signature on it is bad
    ├── KeyFileError                  a key file is missing, unreadable, or under another passphrase
    ├── TimestampError                a time-stamp token cannot be had, or does not hold
    ├── BundleError                   an evidence bundle is not what the format asks for
    └── ReadingError                  a page could not be read (its evidence is kept all the same)

Every message says what was expected, what was found, and where. Which exit status an error has is decided in
`crawler/cli.py`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence


class KhronikaError(Exception):
    """Anything that Khronika refuses or cannot do, said for a person."""


class UsageError(KhronikaError):
    """The command's words cannot be carried out as they stand."""


class CaptureNotFoundError(UsageError):
    """No capture fits what was asked for."""


class AmbiguousCaptureError(UsageError):
    """Several captures fit what was asked for."""

    def __init__(self, wanted: str, candidates: Sequence[str]) -> None:
        self.wanted = wanted
        self.candidates = tuple(candidates)
        lines = "".join(f"\n  {candidate}" for candidate in candidates)
        super().__init__(f"expected one capture for {wanted!r}, found {len(self.candidates)}:{lines}")


class ConfigError(KhronikaError):
    """khronika.toml holds something that cannot be meant."""

    def __init__(self, message: str, *, file: str, line: int | None = None) -> None:
        self.file = file
        self.line = line
        where = file if line is None else f"{file}, line {line}"
        super().__init__(f"{where}: {message}")


class NoCollectionError(KhronikaError):
    """There is no collection in the folder."""


class CollectionExistsError(KhronikaError):
    """There is a collection in the folder already."""


class CollectionLockedError(KhronikaError):
    """Another process is writing this collection."""


class StorageError(KhronikaError):
    """The disk refused to take or to give bytes."""


class DiskLowError(StorageError):
    """The disk has less room than is to be left free."""


class TargetError(StorageError):
    """The place of a copy refused to take or to give a file."""


class TargetGoneError(TargetError):
    """The place of a copy is not there."""


class NoRoomError(TargetError):
    """The place of a copy is full."""


class DeniedError(TargetError):
    """The place of a copy is closed to whoever asks."""


class RefusedError(TargetError):
    """The place of a copy took the octets for damaged on their way."""


class ConflictError(TargetError):
    """At the place of a copy, something else lies under the name."""


class NoLockError(TargetError):
    """The place of a copy cannot lock what it holds."""


class RolledBackError(TargetError):
    """The log at the place of a copy does not lead to ours."""


class CatalogueError(KhronikaError):
    """The catalogue cannot be used as it is."""


class StateError(KhronikaError):
    """The state cannot be used as it is."""


class DigestError(KhronikaError):
    """A digest's text is not what the format allows."""


class RecordError(KhronikaError):
    """A WARC record is not what WARC 1.1 asks for."""

    def __init__(self, message: str, *, file: str, offset: int) -> None:
        self.file = file
        self.offset = offset
        super().__init__(f"{file}, offset {offset}: {message}")


class RecordTruncatedError(RecordError):
    """The file ends inside a record."""


class ExchangeError(KhronikaError):
    """An exchange that cannot be stored as it is described."""


class LogError(KhronikaError):
    """The log cannot be used as it is."""


class CloneError(LogError):
    """The collection is a clone: it is read, and its log is not written."""


class UnsoundCopyError(LogError):
    """A copy does not hold."""


class ProofError(KhronikaError):
    """A Merkle proof does not lead to the root."""


class SignatureError(KhronikaError):
    """A signed note cannot be read, or a signature on it does not hold."""


class KeyFileError(KhronikaError):
    """A key cannot be had from its file."""


class TimestampError(KhronikaError):
    """A time-stamp token cannot be had, or does not hold."""


class BundleError(KhronikaError):
    """An evidence bundle is not what the format asks for."""


class ReadingError(KhronikaError):
    """A page could not be read."""
