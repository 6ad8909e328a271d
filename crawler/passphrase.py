"""Passphrases of keys: from the environment, or asked for on the terminal; never an argument, which others could see.

    KHRONIKA_PASSPHRASE         of the keys in keys/: the log key, and the root key as long as it is there
    KHRONIKA_ROOT_PASSPHRASE    of the root key, where it has one of its own
    KHRONIKA_NEW_PASSPHRASE     the one that `khronika key passphrase` puts in its place

Nothing is asked for a key that is under none.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from archive.errors import KeyFileError

VARIABLE = "KHRONIKA_PASSPHRASE"
ROOT_VARIABLE = "KHRONIKA_ROOT_PASSPHRASE"
NEW_VARIABLE = "KHRONIKA_NEW_PASSPHRASE"


def passphrase_for(folder: Path) -> str | None:
    """The passphrase of the log key of the collection in `folder`; None when it is under none, or is missing.

    Raises KeyFileError when there is nobody to ask.
    """
    from archive.keys import KEYS, LOG_KEY, is_encrypted
    from archive.rotation import NEXT_KEY

    paths = [folder / KEYS / name for name in (LOG_KEY, NEXT_KEY)]
    known = [path for path in paths if path.exists()]
    if known and not any(is_encrypted(path) for path in known):
        return None
    given = os.environ.get(VARIABLE) or None
    return given if given is not None or not known else _ask(f"Passphrase of the log key ({LOG_KEY})", VARIABLE)


def root_passphrase(file: Path) -> str | None:
    """The passphrase of the root key in a file; None when it is under none. Raises KeyFileError."""
    from archive.keys import is_encrypted

    if not is_encrypted(file):
        return None
    given = os.environ.get(ROOT_VARIABLE) or os.environ.get(VARIABLE) or None
    return given or _ask(f"Passphrase of the root key ({file.name})", ROOT_VARIABLE)


def witness_passphrase(file: Path) -> str | None:
    """The passphrase of a witness's key; None when it is under none. Raises KeyFileError."""
    from archive.keys import is_encrypted

    if not is_encrypted(file):
        return None
    return os.environ.get(VARIABLE) or _ask(f"Passphrase of the witness's key ({file.name})", VARIABLE)


def new_passphrase(what: str) -> str:
    """A passphrase for a key that is made now, asked for twice. Raises KeyFileError."""
    return _ask_twice(what, VARIABLE)


def changed_passphrase(what: str) -> str:
    """The passphrase that a key is put under instead of the one that it has. Raises KeyFileError."""
    return _ask_twice(what, NEW_VARIABLE)


def _ask_twice(what: str, variable: str) -> str:
    import click

    given = os.environ.get(variable)
    if given:
        return given
    _need_terminal(what, variable)
    text: str = click.prompt(what, hide_input=True, confirmation_prompt="The same again", err=True)
    if not text.strip():
        raise KeyFileError("expected a passphrase, found an empty one")
    return text


def _ask(what: str, variable: str) -> str:
    import click

    _need_terminal(what, variable)
    text: str = click.prompt(what, hide_input=True, err=True)
    return text


def _need_terminal(what: str, variable: str) -> None:
    if not sys.stdin.isatty():
        raise KeyFileError(f"{what}: expected a terminal to ask on, or the passphrase in {variable}, found neither")
