"""A real S3 server on loopback: SeaweedFS, one process, its files in a folder of the test."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WEED = Path(sys.executable).with_name("weed")
ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key"
REGION = "us-east-1"
STARTS_WITHIN = 60.0
"""Seconds until it must answer; it takes three on an idle machine."""


class S3Server:
    """SeaweedFS, with one user who may do everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "s3.json"
        keys = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
        settings.write_text(
            json.dumps({"identities": [{"name": "test", "credentials": [keys], "actions": ["Admin"]}]}), "utf-8"
        )
        (folder / "data").mkdir(exist_ok=True)
        self._log = (folder / "weed.log").open("ab")
        ports = [f"-{part}.port={_free_port()}" for part in ("master", "volume", "filer")]
        grpc = [f"-{part}.port.grpc={_free_port()}" for part in ("master", "volume", "filer", "s3")]
        self._process = subprocess.Popen(
            [
                *(str(WEED), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *("-master.telemetry=false", "-volume.max=500", "-master.volumeSizeLimitMB=64", "-filer", "-s3"),
                *(f"-s3.port={self.port}", f"-s3.config={settings}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
                *ports,
                *grpc,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=folder,
            start_new_session=True,
        )

    def environment(self, *, secret: str = SECRET_KEY) -> dict[str, str]:
        """What a process needs to speak to it; with another `secret`, the wrong credentials."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, attempts: int = 5) -> Any:
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
                retries={"mode": "standard", "total_max_attempts": attempts},
                max_pool_connections=20,
                s3={"addressing_style": "path"},
            ),
        )

    def put_folder(self, folder: Path, bucket: str, prefix: str = "", *, leave_out: Sequence[str] = ()) -> None:
        """Every file below a folder, under its relative name, but those that `leave_out` names at the top."""
        client = self.client()
        self.make_bucket(bucket)

        def put(file: Path) -> None:
            client.put_object(Bucket=bucket, Key=prefix + file.relative_to(folder).as_posix(), Body=file.read_bytes())

        with ThreadPoolExecutor(8) as pool:
            files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
            list(pool.map(put, [file for file in files if file.relative_to(folder).parts[0] not in leave_out]))

    def make_bucket(self, bucket: str) -> None:
        """A bucket, unless it is there."""
        client = self.client()
        if bucket not in [known["Name"] for known in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=bucket)

    def flip_on_disk(self, octets: bytes) -> None:
        """Change one octet of what the server has stored, below its own checksums, where `octets` lie on its disk."""
        for volume in sorted((self.folder / "data").glob("*.dat")):
            stored = bytearray(volume.read_bytes())
            at = stored.find(octets)
            if at >= 0:
                with volume.open("r+b") as file:
                    file.seek(at + len(octets) // 2)
                    file.write(bytes([octets[len(octets) // 2] ^ 1]))
                return
        raise AssertionError("the octets are in none of the server's files")

    def await_answer(self) -> None:
        """Wait until it answers. Raises AssertionError when it does not come up."""
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end:
            assert self._process.poll() is None, (self.folder / "weed.log").read_text("utf-8", "replace")[-3000:]
            try:
                # buckets need the filer and the volumes, which come up after the port does
                self.client().list_buckets()
                probe = "probe"
                self.make_bucket(probe)
                self.client().put_object(Bucket=probe, Key="probe", Body=b"probe")
                return
            except Exception:
                time.sleep(0.2)
        raise AssertionError((self.folder / "weed.log").read_text("utf-8", "replace")[-3000:])

    def close(self) -> None:
        """End it, by force if it does not go by itself."""
        if self._process.poll() is None:
            # it may ignore SIGTERM, and nothing of it is kept
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._log.close()


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """A server that answers; gone at the end."""
    server = S3Server(folder)
    try:
        server.await_answer()
        yield server
    finally:
        server.close()


_PORTS: set[int] = set()


def _free_port() -> int:
    """A port that nobody listens on, low enough that its gRPC port, 10000 above, is one too."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _PORTS:
            _PORTS.add(port)
            return port
