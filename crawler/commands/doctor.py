"""`khronika doctor`: what this machine can really do."""

from __future__ import annotations

import os
import shutil
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.errors import NoCollectionError
from crawler.cli import Application, Exit
from crawler.commands.base import command as make_command
from crawler.commands.base import open_collection, pass_application

MINIMUM_FREE = 10**9
"""Octets: a WARC of the default size must fit."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    ok: bool
    found: str
    expected: str


@make_command("doctor", examples=("khronika doctor", "khronika -C my-archive --json doctor"))
@pass_application
def command(application: Application) -> int:
    """Try what Khronika needs of this machine, and of the collection's folder where there is one.

    Each line is something that was tried just now, not something that was assumed. Exit status 1 when one failed.
    """
    output = application.output
    failed = 0
    for check in _checks(application):
        output.record(
            {"type": "check", "name": check.name, "ok": check.ok, "found": check.found, "expected": check.expected}
        )
        mark = output.style("✓", "good") if check.ok else output.style("✗", "bad")
        wanted = "" if check.ok else f" (expected {check.expected})"
        output.result(f"{mark} {check.name:<18} {check.found}{wanted}")
        failed += not check.ok
    return Exit.ERROR if failed else Exit.DONE


def _checks(application: Application) -> Iterator[Check]:
    yield _tried("python", _python, "3.11 or newer")
    yield _tried("sqlite", _sqlite, "3.37 or newer, with STRICT tables")
    yield _tried("tls", _tls, "TLS 1.3, and a root store")
    yield _tried("text extraction", _text, "trafilatura reads a page")
    yield _tried("language", _language, "langdetect knows a language")
    yield _tried("terminal", _terminal, "UTF-8")
    try:
        collection = open_collection(application)
    except NoCollectionError:
        folder = Path(tempfile.gettempdir())
        where = "temporary folder"
    else:
        folder = collection.path
        where = "collection"
        yield _tried("settings", lambda: _settings(collection.config_path), "khronika.toml without a fault")
        yield _tried(
            "catalogue", lambda: f"{sum(1 for _ in collection.catalogue.files())} WARCs", "a readable catalogue"
        )
    yield _tried(f"disk ({where})", lambda: _disk(folder), "1 GB free")
    yield _tried(f"sync ({where})", lambda: _sync(folder), "a file that can be written and synced")
    yield _tried(f"lock ({where})", lambda: _lock(folder), "a lock that keeps a second writer out")


def _tried(name: str, attempt: Callable[[], str], expected: str) -> Check:
    try:
        return Check(name, True, attempt(), expected)
    except Exception as error:  # noqa: BLE001 - whatever fails is what the doctor was asked about
        return Check(name, False, f"{type(error).__name__}: {error}", expected)


def _python() -> str:
    return sys.version.split()[0]


def _sqlite() -> str:
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "t.sqlite")
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("CREATE TABLE t (a INTEGER) STRICT")
        finally:
            connection.close()
    if mode != "wal":
        raise RuntimeError(f"journal mode {mode}")
    return sqlite3.sqlite_version


def _tls() -> str:
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    if not ssl.HAS_TLSv1_3:
        raise RuntimeError("no TLS 1.3")
    return f"{ssl.OPENSSL_VERSION}, {context.cert_store_stats()['x509_ca']} roots (certifi {certifi.__version__})"


def _text() -> str:
    import trafilatura

    page = (
        "<html><body><article>"
        + "<p>A sentence of a page, long enough to be read.</p>" * 5
        + "</article></body></html>"
    )
    if not trafilatura.extract(page):
        raise RuntimeError("no text came out")
    return f"trafilatura {trafilatura.__version__}"


def _language() -> str:
    import langdetect

    langdetect.DetectorFactory.seed = 0
    return f"langdetect says {langdetect.detect('Это предложение написано по-русски.')} of a Russian sentence"


def _terminal() -> str:
    encoding = sys.stdout.encoding or "none"
    if encoding.lower().replace("-", "") != "utf8":
        raise RuntimeError(encoding)
    return encoding


def _settings(path: Path) -> str:
    from crawler.config import load_config

    return f"{len(load_config(path).sites)} sites"


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < MINIMUM_FREE:
        raise RuntimeError(f"{free / 1e9:.1f} GB free")
    return f"{free / 1e9:.0f} GB free"


def _sync(folder: Path) -> str:
    rounds = 5
    with tempfile.TemporaryFile(dir=folder) as file:
        started = time.perf_counter()
        for _ in range(rounds):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        took = (time.perf_counter() - started) / rounds
    return f"{1000 * took:.1f} ms a sync"


def _lock(folder: Path) -> str:
    import fcntl

    with tempfile.NamedTemporaryFile(dir=folder) as first, Path(first.name).open("rb") as second:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "keeps a second writer out"
    raise RuntimeError("two writers got the same lock")
