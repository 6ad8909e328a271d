"""A real S3 server on loopback: SeaweedFS, one process, its files in a folder of the test; over TLS if asked.

Over TLS its certificate is of an authority that the test made and that nobody else trusts: `environment()` names it in
`AWS_CA_BUNDLE`, the variable that boto3 reads.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WEED = Path(sys.executable).with_name("weed")
ACCESS_KEY = "test-access-key"
SECRET_KEY = "test-secret-key"
REGION = "us-east-1"
STARTS_WITHIN = 60.0
"""Seconds until it must answer; it takes three on an idle machine."""


@dataclass(frozen=True)
class Authority:
    """A certificate for 127.0.0.1 and localhost, and the root that it is checked with: PEM files."""

    root: Path
    certificate: Path
    key: Path

    def as_options(self) -> list[str]:
        """As the server is told of it."""
        return [f"-s3.cert.file={self.certificate}", f"-s3.key.file={self.key}"]

    def context(self) -> ssl.SSLContext:
        """For a server of the test's own."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_authority(folder: Path) -> Authority:
    """A new authority, its files in a folder."""
    import trustme

    folder.mkdir(parents=True, exist_ok=True)
    made = trustme.CA()
    issued = made.issue_cert("127.0.0.1", "localhost")
    authority = Authority(folder / "root.pem", folder / "certificate.pem", folder / "key.pem")
    made.cert_pem.write_to_path(authority.root)
    authority.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(authority.key)
    return authority


class S3Server:
    """SeaweedFS, with one user who may do everything, and those that `users` names.

    `users` are access keys, each with the actions that its user may do (`["Read:bucket", "Write:bucket"]`); the secret
    of each is `SECRET_KEY`.
    """

    def __init__(self, folder: Path, *, tls: bool = False, users: Mapping[str, Sequence[str]] | None = None) -> None:
        self.folder = folder
        self.port = _free_port()
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = make_authority(folder) if tls else None
        settings = folder / "s3.json"
        identities = [
            {"name": name, "credentials": [{"accessKey": name, "secretKey": SECRET_KEY}], "actions": list(actions)}
            for name, actions in {ACCESS_KEY: ["Admin"], **(users or {})}.items()
        ]
        settings.write_text(json.dumps({"identities": identities}), "utf-8")
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
                *([] if self.authority is None else self.authority.as_options()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=folder,
            start_new_session=True,
        )

    def environment(self, *, secret: str = SECRET_KEY) -> dict[str, str]:
        """What a process needs to speak to it; with another `secret`, the wrong credentials."""
        trust = {} if self.authority is None else {"AWS_CA_BUNDLE": str(self.authority.root)}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **trust,
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
            verify=None if self.authority is None else str(self.authority.root),
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

    def make_bucket(self, bucket: str, *, versioned: bool = False, locked: bool = False) -> None:
        """A bucket, unless it is there; one with Object Lock is versioned by that."""
        client = self.client()
        if bucket in [known["Name"] for known in client.list_buckets()["Buckets"]]:
            return
        client.create_bucket(Bucket=bucket, **({"ObjectLockEnabledForBucket": True} if locked else {}))
        if versioned or locked:
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        # the first object of a bucket may be refused while room for it is made on a busy machine
        end = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                version = client.put_object(Bucket=bucket, Key="first", Body=b"first").get("VersionId")
                break
            except Exception:
                assert time.monotonic() < end, f"no object can be put into {bucket}"
                time.sleep(0.2)
        client.delete_object(Bucket=bucket, Key="first", **({"VersionId": version} if version else {}))

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
def s3_server(
    folder: Path, *, tls: bool = False, users: Mapping[str, Sequence[str]] | None = None
) -> Iterator[S3Server]:
    """A server that answers; gone at the end."""
    server = S3Server(folder, tls=tls, users=users)
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
