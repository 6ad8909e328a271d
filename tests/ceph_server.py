"""Ceph's S3 server on loopback, from Debian's packages: a monitor, one disk in memory and radosgw, in a test's folder.

The weak real server: Debian's takes a wrong SHA-256, and ignores locks of uploads in parts, all with 200. It needs

    apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common

and `make test-ceph` runs the tests that are marked so. Nothing of it is kept, and nothing of the system is touched:
settings, keys, sockets and logs are in the folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key"
REGION = "default"
PROGRAMS = ("ceph-mon", "ceph-osd", "ceph-authtool", "monmaptool", "ceph", "radosgw", "radosgw-admin")
STARTS_WITHIN = 180.0
"""Seconds; on an idle machine it takes fifteen."""


def lacking() -> list[str]:
    """The programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class CephServer:
    """One of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._monitor = _free_port()
        self._settings = folder / "ceph.conf"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log = (folder / "output.log").open("ab")
        fsid = str(uuid.uuid4())
        self._settings.write_text(
            "\n".join(
                [
                    "[global]",
                    f"fsid = {fsid}",
                    "mon initial members = a",
                    f"mon host = v2:127.0.0.1:{self._monitor}",
                    "public addr = 127.0.0.1",
                    "cluster addr = 127.0.0.1",
                    *(f"auth {part} required = cephx" for part in ("cluster", "service", "client")),
                    f"mon data = {folder}/mon",
                    f"osd data = {folder}/osd",
                    f"rgw data = {folder}/rgw",
                    f"keyring = {folder}/keyring",
                    f"log file = {folder}/$name.log",
                    f"run dir = {folder}",
                    f"crash dir = {folder}/crash",
                    "admin socket = ",
                    "pid file = ",
                    "osd objectstore = memstore",
                    "memstore device bytes = 2147483648",
                    "osd pool default size = 1",
                    "osd pool default min size = 1",
                    "osd pool default pg num = 4",
                    "osd pool default pg autoscale mode = off",
                    "osd crush chooseleaf type = 0",
                    "mon allow pool size one = true",
                    "mon max pg per osd = 1000",
                    "mon data avail crit = 0",
                    "mon data avail warn = 0",
                    "osd max object name len = 256",
                    "osd max object namespace len = 64",
                    "rgw dns name = ",
                    "rgw enable usage log = false",
                    "rgw run sync thread = false",
                    f"rgw frontends = beast endpoint=127.0.0.1:{self.port}",
                    "",
                ]
            ),
            "utf-8",
        )
        for name in ("mon", "osd", "rgw", "crash"):
            (folder / name).mkdir(exist_ok=True)
        self._fsid = fsid

    def start(self) -> None:
        """All of it, until S3 answers. Raises AssertionError."""
        folder, keyring = self.folder, str(self.folder / "keyring")
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        may = [word for part in ("mon", "osd", "mgr") for word in ("--cap", part, "allow *")]
        for name in ("client.admin", "client.rgw.a", "osd.0"):
            self._run("ceph-authtool", keyring, "--gen-key", "-n", name, *may)
        monmap = str(folder / "monmap")
        address = f"[v2:127.0.0.1:{self._monitor}]"
        self._run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, monmap)
        self._run("ceph-mon", *self._own, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._begin("ceph-mon", "-i", "a", "--public-addr", f"v2:127.0.0.1:{self._monitor}")
        osd = str(uuid.uuid4())
        assert self._ceph("osd", "new", osd) == "0"
        self._run("ceph-osd", *self._own, "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._begin("ceph-osd", "-i", "0")
        self._until(lambda: "1 up" in self._ceph("osd", "stat"), "the disk is up")
        self._begin("radosgw", "-n", "client.rgw.a")
        self._until(self._answers, "S3 answers")

    def environment(self) -> dict[str, str]:
        """What a process needs to speak to it."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self) -> Any:
        """boto3's own client."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name=REGION,
            config=Config(
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )

    def make_bucket(self, bucket: str, *, versioned: bool = False, locked: bool = False) -> None:
        """A bucket; one with Object Lock is versioned by that."""
        client = self.client()
        client.create_bucket(Bucket=bucket, **({"ObjectLockEnabledForBucket": True} if locked else {}))
        if versioned:
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def close(self) -> None:
        """End it, by force: nothing of it is kept."""
        for process in reversed(self._processes):
            process.kill()
            process.wait(20)
        self._log.close()

    @property
    def _own(self) -> tuple[str, ...]:
        return "-c", str(self._settings)

    def _run(self, *words: str) -> str:
        ran = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=90, check=False)
        assert ran.returncode == 0, (words, ran.stdout[-2000:], ran.stderr[-2000:])
        return ran.stdout.strip()

    def _ceph(self, *words: str) -> str:
        return self._run("ceph", *self._own, "--connect-timeout", "60", *words)

    def _begin(self, program: str, *words: str) -> None:
        self._processes.append(
            subprocess.Popen(
                [program, *self._own, "-f", *words],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                cwd=self.folder,
                start_new_session=True,
            )
        )

    def _until(self, happened: Any, what: str) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            assert all(process.poll() is None for process in self._processes), self._said()
            if happened():
                return
            time.sleep(0.5)
        raise AssertionError(f"{what}: not within {STARTS_WITHIN:.0f} s; {self._said()}")

    def _answers(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if not (self.folder / "user").exists():
                with socket.create_connection(("127.0.0.1", self.port), 2):
                    pass
                keys = ("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY)
                self._run("radosgw-admin", *self._own, "user", "create", "--uid=test", "--display-name=test", *keys)
                (self.folder / "user").touch()
            self.client().list_buckets()
        except (OSError, BotoCoreError, ClientError):
            return False
        return True

    def _said(self) -> str:
        return (self.folder / "output.log").read_text("utf-8", "replace")[-3000:]


@contextmanager
def ceph_server(folder: Path) -> Iterator[CephServer]:
    """A server that answers; gone at the end."""
    server = CephServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
