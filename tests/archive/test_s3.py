"""A store on S3, against a real server: SeaweedFS."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from s3_server import S3Server, s3_server

from archive.errors import StorageError, UsageError
from archive.s3 import S3Store, parse_place
from archive.store import FolderStore

FILES = {
    "log/checkpoint": b"a checkpoint\n",
    "log/tile/0/000": bytes(range(256)) * 40,
    "log/tile/0/x001/000": b"another",
    "archive/one.warc.gz": b"\x1f\x8b" * 3000,
    "archive/two.warc.gz": b"",
    "khronika.toml": b"# settings\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        for prefix in ("", "deep/in/"):
            put(server, "files", FILES, prefix)
        yield server


@pytest.fixture(autouse=True)
def credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


def put(server: S3Server, bucket: str, files: dict[str, bytes], prefix: str = "") -> None:
    server.make_bucket(bucket)
    client = server.client()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: client.put_object(Bucket=bucket, Key=prefix + one[0], Body=one[1]), files.items()))


def store_at(place: str, server: S3Server) -> S3Store:
    return S3Store(parse_place(place, server.endpoint))


@pytest.fixture(params=["s3://files", "s3://files/deep/in", "s3://files/deep/in/"])
def store(request: pytest.FixtureRequest, server: S3Server) -> S3Store:
    return store_at(request.param, server)


def test_a_file_is_read_whole(store: S3Store) -> None:
    assert {name: store.read(name) for name in FILES} == FILES


def test_a_part_of_a_file_is_read(store: S3Store) -> None:
    octets = FILES["log/tile/0/000"]

    with store.open("log/tile/0/000", 300, 100) as part, store.open("log/tile/0/000", 10_000) as rest:
        assert part.read() == octets[300:400]
        assert rest.read() == octets[10_000:]
    with store.open("log/tile/0/000", 10_200, 100) as short:
        assert short.read() == octets[10_200:]


def test_nothing_is_read_behind_the_end(store: S3Store) -> None:
    with store.open("log/checkpoint", 1000) as behind, store.open("archive/two.warc.gz") as empty:
        assert behind.read() == b""
        assert empty.read() == b""


def test_the_same_is_read_as_from_a_folder(store: S3Store, tmp_path: Path) -> None:
    for name, octets in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(octets)
    folder = FolderStore(tmp_path)

    for prefix in ("log", "log/tile", "archive", "nowhere"):
        assert list(store.names(prefix)) == list(folder.names(prefix))
    for name in FILES:
        assert store.size(name) == folder.size(name)
    assert [store.exists(name) for name in ("khronika.toml", "log", "log/tile/0/00")] == [True, False, False]


def test_more_names_than_a_page_of_a_list_holds(server: S3Server) -> None:
    files = {f"log/checkpoints/{number}": b"" for number in range(1010)}
    put(server, "many", files)

    assert list(store_at("s3://many", server).names("log/checkpoints")) == sorted(files)


def test_a_file_that_is_missing_is_said_to_be_missing(store: S3Store) -> None:
    for ask in (store.read, store.size, store.open):
        with pytest.raises(FileNotFoundError):
            ask("log/nothing")


def test_a_bucket_that_is_missing_is_no_missing_file(server: S3Server) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        store_at("s3://nowhere", server).read("log/checkpoint")


def test_wrong_credentials_are_said_to_be_wrong(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    store = store_at("s3://files", server)

    for ask in (store.read, store.size, store.exists):
        with pytest.raises(StorageError) as refused:
            ask("log/checkpoint")
        assert "another secret" not in str(refused.value)
    with pytest.raises(StorageError):
        list(store.names("log"))


def test_credentials_that_were_changed_hold_for_the_next_connection_of_a_long_process(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store_at("s3://files", server).read("log/checkpoint") == FILES["log/checkpoint"]
    with monkeypatch.context() as changed:
        changed.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
        with pytest.raises(StorageError, match="secret key"):
            store_at("s3://files", server).read("log/checkpoint")

    assert store_at("s3://files", server).read("log/checkpoint") == FILES["log/checkpoint"]


def test_no_credentials_are_said_to_be_missing(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    with pytest.raises(StorageError, match="credentials"):
        store_at("s3://files", server).read("log/checkpoint")


def test_what_the_server_lost_below_its_checksums_is_not_given_out(server: S3Server) -> None:
    octets = bytes(range(256)) * 50
    put(server, "flipped", {"archive/a.warc.gz": octets})
    server.flip_on_disk(octets)
    store = store_at("s3://flipped", server)
    # the server tries for ten seconds each time, and this store five times
    store.connection.client = server.client(attempts=1)

    try:
        found = store.read("archive/a.warc.gz")
    except StorageError:
        return
    assert found != octets, "nothing was flipped"


def test_a_server_that_goes_away_is_an_error_and_no_missing_file(tmp_path: Path) -> None:
    with s3_server(tmp_path / "s3") as server:
        put(server, "files", FILES)
        store = store_at("s3://files", server)
        assert store.read("log/checkpoint") == FILES["log/checkpoint"]
    for ask in (store.read, store.size, store.exists):
        with pytest.raises(StorageError):
            ask("log/checkpoint")


@pytest.mark.parametrize(
    "text", ["s3://", "s3:///prefix", "https://example.org/bucket", "bucket", "s3://a b", "s3://A"]
)
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="s3://BUCKET"):
        parse_place(text)


def test_a_server_without_a_scheme_is_refused() -> None:
    with pytest.raises(UsageError, match="https://"):
        parse_place("s3://bucket/prefix", "localhost:8333")


@pytest.mark.parametrize("address", ["http://", "https://a b", "http://[::1"])
def test_a_server_at_no_address_is_an_error_of_ours(address: str) -> None:
    with pytest.raises(StorageError, match="reading log/checkpoint"):
        S3Store(parse_place("s3://bucket/prefix", address)).read("log/checkpoint")
