"""Whom khronika.toml names, authorities and witnesses, bound by the note of keys, so that nobody else can name others.

The note is signed by the root key. While that lies in the collection without a passphrase, a crawl signs a new one when
the settings have changed; else it says that `khronika key update` has to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import ConfigError, KeyFileError, KhronikaError, TimestampError

if TYPE_CHECKING:
    from archive.rotation import Trust
    from archive.writer import Writer
    from crawler.config import Config

ADVICE = (
    "khronika.toml names other authorities or witnesses than the signed note of keys. Bind them: khronika key update"
)


def trust_of(config: Config, folder: Path) -> Trust:
    """What the settings of the collection in `folder` say. Raises ConfigError."""
    from archive.checkpoint import parse_vkey
    from archive.rotation import Trust

    return Trust(
        {one.name: _certificates(one.name, one.certificates(folder)) for one in config.log.authorities},
        {one.name: parse_vkey(one.key) for one in config.log.witnesses},
        config.log.quorum,
    )


def _certificates(name: str, octets: bytes) -> bytes:
    from archive.timestamp import read_certificates

    try:
        read_certificates(octets)
    except TimestampError as error:
        raise ConfigError(f"[[authority]] {name}: {error}", file="khronika.toml") from error
    return octets


@dataclass(frozen=True, slots=True)
class _WriterLedger:
    writer: Writer

    def log_entries(self, entries: Sequence[bytes]) -> None:
        self.writer.append_entries(entries).result()


def bind_settings(folder: Path, config: Config, writer: Writer, tell: Callable[[str], None]) -> None:
    """Bind what the settings name, where that can be done without asking anybody; else say what is to be done.

    Nothing here keeps a crawl from running: what cannot be bound is told.
    """
    from archive.keys import KEYS, ROOT_KEY, is_encrypted
    from archive.rotation import bind, is_bound, load_root, read_history
    from archive.writer import utc_now

    try:
        trust = trust_of(config, folder)
        if is_bound(read_history(folder), trust):
            return
        root = folder / KEYS / ROOT_KEY
        if not root.exists() or is_encrypted(root):
            tell(ADVICE)
            return
        bind(folder, load_root(folder), trust, _WriterLedger(writer), now=utc_now)
        tell("The note of keys is signed anew: it names the authorities and witnesses of khronika.toml.")
    except KeyFileError as error:
        tell(f"{ADVICE} ({error})")
    except KhronikaError as error:
        tell(f"the note of keys could not be held against khronika.toml: {error}")
