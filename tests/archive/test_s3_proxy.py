"""The proxy that lies, held to its word: what it is not told to lie about goes through as it is, and each lie is told.

A proxy that broke honest traffic, or forgot to lie, would make every test that leans on it worthless.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3_lies import (
    ChecksumEchoed,
    ChecksumNotGiven,
    CompleteFails,
    CutShort,
    Flipped,
    Gone,
    IfNoneMatchIgnored,
    LockClaimed,
    LockIgnored,
    LockShortened,
    NoVersion,
    OldVersion,
    PartsMistold,
    PutLost,
    SlowDown,
    Twice,
    sha256,
)
from s3_proxy import LyingProxy, lying
from s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server, make_authority, s3_server

BUCKET = "honest"
OCTETS = bytes(range(256)) * 100


@pytest.fixture(scope="module", params=["http", "https"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3"), tls=request.param == "https") as server:
        server.make_bucket(BUCKET, locked=True)
        yield server


@pytest.fixture
def proxy(server: S3Server, tmp_path: Path) -> Iterator[LyingProxy]:
    authority = make_authority(tmp_path) if server.authority else None
    with lying(server, authority=authority) as proxy:
        yield proxy


def client_of(proxy: LyingProxy, **words: Any) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=proxy.endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=REGION,
        verify=proxy.environment().get("AWS_CA_BUNDLE"),
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}, s3={"addressing_style": "path"}, **words),
    )


@pytest.fixture
def client(proxy: LyingProxy) -> Iterator[Any]:
    client = client_of(
        proxy, request_checksum_calculation="when_required", response_checksum_validation="when_required"
    )
    yield client
    client.close()


def put(client: Any, key: str, octets: bytes = OCTETS, **words: Any) -> Any:
    return client.put_object(Bucket=BUCKET, Key=key, Body=octets, ChecksumSHA256=sha256(octets), **words)


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_what_no_lie_is_about_goes_through_as_it_is(proxy: LyingProxy, client: Any) -> None:
    key = "дела/a file with spaces+plus.gz"
    placed = put(client, key, IfNoneMatch="*")
    had = client.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    part = client.get_object(Bucket=BUCKET, Key=key, Range="bytes=5-10", VersionId=placed["VersionId"])

    assert had["ChecksumSHA256"] == sha256(OCTETS)
    assert (had["ContentLength"], had["VersionId"]) == (len(OCTETS), placed["VersionId"])
    assert part["Body"].read() == OCTETS[5:11]
    assert [one["Key"] for one in client.list_objects_v2(Bucket=BUCKET, Prefix="дела/")["Contents"]] == [key]
    with pytest.raises(ClientError) as refused:
        put(client, key, IfNoneMatch="*")
    assert code(refused) == "PreconditionFailed"
    with pytest.raises(ClientError):
        client.put_object(Bucket=BUCKET, Key="wrong", Body=OCTETS, ChecksumSHA256=sha256(b"another"))
    assert proxy.operations("дела/.*") == ["PutObject", "HeadObject", "GetObject", "PutObject"]


def test_an_upload_in_parts_goes_through(client: Any) -> None:
    pieces = [b"a" * (5 << 20), b"rest"]
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="parts", ChecksumAlgorithm="SHA256")["UploadId"]
    parts = [
        client.upload_part(
            Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=n, Body=piece, ChecksumSHA256=sha256(piece)
        )
        for n, piece in enumerate(pieces, 1)
    ]
    listed = client.list_parts(Bucket=BUCKET, Key="parts", UploadId=upload)["Parts"]
    done = [
        {"PartNumber": n, "ETag": part["ETag"], "ChecksumSHA256": sha256(piece)}
        for n, (part, piece) in enumerate(zip(parts, pieces, strict=True), 1)
    ]
    client.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": done})

    assert [one["Size"] for one in listed] == [len(piece) for piece in pieces]
    assert client.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == b"".join(pieces)


def test_what_the_newest_clients_send_goes_through_too(proxy: LyingProxy) -> None:
    client = client_of(proxy)  # over TLS: chunks, and a checksum behind them
    client.put_object(Bucket=BUCKET, Key="chunks", Body=OCTETS)
    lie = proxy.tell(ChecksumEchoed("chunks again", flip=False))
    client.put_object(Bucket=BUCKET, Key="chunks again", Body=OCTETS)

    assert client.get_object(Bucket=BUCKET, Key="chunks")["Body"].read() == OCTETS
    assert client.get_object(Bucket=BUCKET, Key="chunks again")["Body"].read() == OCTETS
    assert lie.told == 1
    client.close()


def test_a_wrong_secret_is_refused_behind_it_too(proxy: LyingProxy) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=proxy.endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key="another",
        region_name=REGION,
        verify=proxy.environment().get("AWS_CA_BUNDLE"),
    )
    with pytest.raises(ClientError) as refused:
        client.get_object(Bucket=BUCKET, Key="parts")
    assert code(refused) == "SignatureDoesNotMatch"
    client.close()


def test_a_checksum_is_echoed_over_other_octets(proxy: LyingProxy, client: Any, server: S3Server) -> None:
    lie = proxy.tell(ChecksumEchoed("echo"))
    placed = put(client, "echo")
    had = client.head_object(Bucket=BUCKET, Key="echo", ChecksumMode="ENABLED")

    assert placed["ChecksumSHA256"] == had["ChecksumSHA256"] == sha256(OCTETS)
    stored = server.client().get_object(Bucket=BUCKET, Key="echo")["Body"].read()
    assert (len(stored), stored == OCTETS, lie.told) == (len(OCTETS), False, 1)


def test_checksums_are_kept_back(proxy: LyingProxy, client: Any) -> None:
    proxy.tell(ChecksumNotGiven())

    assert "ChecksumSHA256" not in put(client, "kept back")
    assert "ChecksumSHA256" not in client.head_object(Bucket=BUCKET, Key="kept back", ChecksumMode="ENABLED")


def test_what_is_lost_is_not_there(proxy: LyingProxy, client: Any) -> None:
    lost = proxy.tell(PutLost("lost", times=1))

    assert put(client, "lost")["ChecksumSHA256"] == sha256(OCTETS)
    with pytest.raises(ClientError):
        client.head_object(Bucket=BUCKET, Key="lost")
    put(client, "lost")
    gone = proxy.tell(Gone("lost", later=1))
    client.head_object(Bucket=BUCKET, Key="lost")
    with pytest.raises(ClientError):
        client.head_object(Bucket=BUCKET, Key="lost")
    assert "Contents" not in client.list_objects_v2(Bucket=BUCKET, Prefix="lost")
    assert (lost.told, gone.told) == (1, 1)


def locked(**more: Any) -> dict[str, Any]:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    return {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until, **more}


def test_a_lock_is_ignored_claimed_or_shortened(proxy: LyingProxy, client: Any) -> None:
    proxy.tell(LockIgnored("ignored"))
    proxy.tell(LockClaimed("claimed"))
    proxy.tell(LockShortened("shortened"))
    asked = locked()
    for key in ("ignored", "claimed", "shortened", "honest"):
        put(client, key, **asked)
    had = {key: client.head_object(Bucket=BUCKET, Key=key) for key in ("ignored", "claimed", "shortened", "honest")}

    assert "ObjectLockMode" not in had["ignored"]
    until = asked["ObjectLockRetainUntilDate"]
    assert had["claimed"]["ObjectLockRetainUntilDate"] == had["honest"]["ObjectLockRetainUntilDate"] == until
    assert had["shortened"]["ObjectLockRetainUntilDate"] < until
    client.delete_object(Bucket=BUCKET, Key="claimed", VersionId=had["claimed"]["VersionId"])
    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket=BUCKET, Key="honest", VersionId=had["honest"]["VersionId"])
    assert code(refused) == "AccessDenied"


def test_a_read_is_flipped_once_and_only_where_it_is_said(proxy: LyingProxy, client: Any) -> None:
    put(client, "flipped")
    once = proxy.tell(Flipped("flipped", times=1, at=-1))

    def read(**words: str) -> bytes:
        octets: bytes = client.get_object(Bucket=BUCKET, Key="flipped", **words)["Body"].read()
        return octets

    assert read(Range="bytes=0-9") == OCTETS[:10]
    wrong = read()
    assert wrong[:-1] == OCTETS[:-1] and wrong[-1] == OCTETS[-1] ^ 1
    assert read() == OCTETS
    assert once.told == 1


def test_an_object_is_cut_short(proxy: LyingProxy, client: Any) -> None:
    put(client, "cut")
    proxy.tell(CutShort("cut", times=1))
    with pytest.raises(BotoCoreError):
        client.get_object(Bucket=BUCKET, Key="cut")["Body"].read()
    proxy.tell(CutShort("cut", said=True))
    assert len(client.get_object(Bucket=BUCKET, Key="cut")["Body"].read()) == len(OCTETS) // 2


def test_versions_are_made_hidden_and_confused(proxy: LyingProxy, client: Any, server: S3Server) -> None:
    first = put(client, "versions", b"first")
    proxy.tell(IfNoneMatchIgnored("versions"))
    second = put(client, "versions", b"second", IfNoneMatch="*")
    proxy.tell(Twice("twice"))
    put(client, "twice", IfNoneMatch="*")
    proxy.tell(OldVersion("versions"))
    old = client.get_object(Bucket=BUCKET, Key="versions", VersionId=second["VersionId"])
    proxy.tell(NoVersion("versions"))

    assert first["VersionId"] != second["VersionId"] == old["VersionId"]
    assert old["Body"].read() == b"first"
    assert len(server.client().list_object_versions(Bucket=BUCKET, Prefix="twice")["Versions"]) == 2
    assert "VersionId" not in client.head_object(Bucket=BUCKET, Key="versions")


@pytest.mark.parametrize("what", ["missing", "extra", "size", "etag", "checksum"])
def test_parts_are_mistold(proxy: LyingProxy, client: Any, what: str) -> None:
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="p", ChecksumAlgorithm="SHA256")["UploadId"]
    words = {"Bucket": BUCKET, "Key": "p", "UploadId": upload}
    client.upload_part(**words, PartNumber=1, Body=OCTETS, ChecksumSHA256=sha256(OCTETS))
    true = client.list_parts(**words)["Parts"]
    lie = proxy.tell(PartsMistold("p", what=what))

    assert client.list_parts(**words).get("Parts", []) != true
    assert lie.told == 1


def test_the_end_of_an_upload_fails_with_status_200(proxy: LyingProxy, client: Any) -> None:
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="c")["UploadId"]
    part = client.upload_part(Bucket=BUCKET, Key="c", UploadId=upload, PartNumber=1, Body=OCTETS)
    done = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    proxy.tell(CompleteFails("c"))
    with pytest.raises(ClientError) as failed:
        client.complete_multipart_upload(Bucket=BUCKET, Key="c", UploadId=upload, MultipartUpload=done)
    assert code(failed) == "InternalError"
    with pytest.raises(ClientError):
        client.head_object(Bucket=BUCKET, Key="c")


def test_a_busy_server_is_busy_as_often_as_it_is_said(proxy: LyingProxy, client: Any) -> None:
    put(client, "busy")
    busy = proxy.tell(SlowDown("busy", times=2))
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            client.get_object(Bucket=BUCKET, Key="busy")
        assert code(refused) == "SlowDown"
    assert hashlib.sha256(client.get_object(Bucket=BUCKET, Key="busy")["Body"].read()).digest()
    assert busy.told == 2
