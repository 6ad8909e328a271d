"""`khronika doctor s3`: a sound server is found sound, and each lie of one that is not is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from s3_lies import (
    BrokenBefore,
    ChecksumEchoed,
    ChecksumNotGiven,
    ChecksumNotTaken,
    CompleteFails,
    CutShort,
    DeleteClaimed,
    Denied,
    Flipped,
    Garbage,
    Gone,
    IfNoneMatchIgnored,
    LockClaimed,
    LockIgnored,
    LockNotTold,
    LockShortened,
    LockWeakened,
    NameHidden,
    NoVersion,
    OldVersion,
    PageForObject,
    PartsMistold,
    PutLost,
    RangeIgnored,
    RangeShifted,
    Skewed,
    SlowDown,
    UploadForgotten,
    VersioningClaimed,
    WrongSize,
)
from s3_proxy import Lie, LyingProxy, lying
from s3_server import SECRET_KEY, S3Server, s3_server

from crawler.cli import run


@dataclass
class Probed:
    status: int
    checks: dict[str, str]
    """What each came to."""
    found: dict[str, str]
    summary: dict[str, Any]
    errors: str

    def those(self, weight: str) -> set[str]:
        return {check for check, came in self.checks.items() if came == weight}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3"), users={"reader": ["Read", "List"]}) as server:
        server.make_bucket("locked", locked=True)
        server.make_bucket("versioned", versioned=True)
        server.make_bucket("plain")
        yield server


@pytest.fixture(scope="module")
def shared(server: S3Server) -> Iterator[LyingProxy]:
    with lying(server) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared: LyingProxy, monkeypatch: pytest.MonkeyPatch) -> LyingProxy:
    for name, value in shared.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    shared.be_honest()
    return shared


class Doctor:
    """Runs the command, and looks at what it left behind."""

    def __init__(self, proxy: LyingProxy, capsys: pytest.CaptureFixture[str], prefix: str) -> None:
        self._proxy = proxy
        self._capsys = capsys
        self.prefix = prefix

    def __call__(self, bucket: str, *words: str) -> Probed:
        place = f"s3://{bucket}/{self.prefix}"
        status = run(["--json", "doctor", "s3", place, "--endpoint", self._proxy.endpoint, *words])
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        assert SECRET_KEY not in said.out + said.err
        lines = [json.loads(line) for line in said.out.splitlines()]
        checks = [line for line in lines if line["type"] == "check"]
        assert len({line["check"] for line in checks}) == len(checks)
        return Probed(
            int(status),
            {line["check"]: line["weight"] for line in checks},
            {line["check"]: line["found"] for line in checks},
            next((line for line in lines if line["type"] == "summary"), {}),
            said.err,
        )

    def left(self, bucket: str) -> list[str]:
        told = self._proxy.server.client().list_object_versions(Bucket=bucket, Prefix=self.prefix)
        return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in told.get(kind, ())]


@pytest.fixture
def doctor(proxy: LyingProxy, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Doctor:
    return Doctor(proxy, capsys, f"a place/{abs(hash(request.node.name)) % 10**12}")


PLAIN = {"tls", "versions", "lock-bucket"}
LOCKS = {"lock-on-put", "lock-on-parts", "lock-afterwards"}


def test_a_sound_server_is_found_sound_and_nothing_is_left(doctor: Doctor) -> None:
    probed = doctor("locked", "--lock", "governance")

    assert (probed.status, probed.those("bad"), probed.those("unknown")) == (0, set(), set())
    # the tests' server is on loopback, without TLS
    assert probed.those("weak") == {"tls"}
    assert probed.summary["level"] == "read"
    assert probed.summary["quick_level"] == "checksum"
    assert probed.summary["can_release"] is True
    assert probed.those("good") >= LOCKS
    assert doctor.left("locked") == []


def test_what_a_bucket_was_not_made_for_is_weak_and_no_fault(doctor: Doctor) -> None:
    probed = doctor("plain")

    assert (probed.status, probed.those("weak"), probed.those("bad")) == (0, PLAIN, set())
    assert doctor.left("plain") == []


def test_a_bucket_without_locks_is_no_good_for_a_copy_that_is_to_be_locked(doctor: Doctor) -> None:
    probed = doctor("versioned", "--lock", "compliance")

    assert (probed.status, probed.those("bad")) == (6, {"lock-bucket"})
    assert probed.summary["can_release"] is False


def test_a_lock_that_nobody_can_go_round_leaves_an_object_for_a_minute(doctor: Doctor, server: S3Server) -> None:
    probed = doctor("locked", "--lock", "compliance")

    assert probed.status == 0
    left = probed.summary["left"]
    assert sorted(doctor.left("locked")) == sorted(one["key"] for one in left)
    assert len(left) == 3
    for one in left:
        assert one["until"] is not None
        held = server.client().get_object_retention(Bucket="locked", Key=one["key"], VersionId=one["version"])
        assert held["Retention"]["Mode"] == "COMPLIANCE"
        assert one["key"] in probed.errors


HONEST_PUT = r".*/first"
LIES: list[tuple[str, Lie, dict[str, str]]] = [
    ("plain", ChecksumEchoed(flip=True), {"read-back": "bad"}),
    ("plain", ChecksumEchoed(flip=False), {"wrong-checksum": "weak", "checksum-told": "bad"}),
    ("plain", ChecksumNotTaken(), {"wrong-checksum": "weak", "checksum-told": "weak", "parts-wrong-checksum": "weak"}),
    ("plain", ChecksumNotGiven(), {"checksum-told": "weak", "parts-checksum-told": "weak"}),
    ("plain", PutLost(), {"read-back": "bad"}),
    ("plain", PutLost(r".*/now-.*"), {"read-after-write": "weak"}),
    ("plain", PutLost(r".*/list/.*", times=1), {"lists": "bad"}),
    ("plain", Gone(r".*/first", later=1), {"read-back": "bad"}),
    ("plain", Flipped(r".*/first", times=1), {"read-back": "bad"}),
    ("plain", Flipped(r".*/first", whole=False, at=-1), {"ranges": "bad"}),
    ("plain", Flipped(r".*/parts", at=-1), {"parts": "bad"}),
    ("plain", CutShort(r".*/first"), {"read-back": "bad"}),
    ("plain", CutShort(r".*/first", said=True), {"read-back": "bad"}),
    ("plain", WrongSize(r".*/first"), {"size": "bad"}),
    ("plain", PageForObject(r".*/first"), {"read-back": "bad"}),
    ("plain", RangeIgnored(), {"ranges": "bad"}),
    ("plain", RangeShifted(), {"ranges": "bad"}),
    ("plain", NameHidden(r".*/list/file 3\.gz"), {"lists": "bad"}),
    ("plain", IfNoneMatchIgnored(), {"only-if-new": "weak", "parts-only-if-new": "weak"}),
    ("plain", VersioningClaimed(), {"versions": "bad"}),
    ("versioned", NoVersion(), {"versions": "bad"}),
    ("versioned", OldVersion(r".*/versions"), {"versions": "bad"}),
    ("plain", PartsMistold(what="missing"), {"parts-listed": "weak"}),
    ("plain", PartsMistold(what="size"), {"parts-listed": "weak"}),
    ("plain", CompleteFails(), {"parts": "unknown"}),
    ("plain", UploadForgotten(), {"parts": "unknown"}),
    ("plain", Garbage(), {"lists": "unknown", "versions": "unknown"}),
    ("plain", Skewed(seconds=3600), {"clock": "weak"}),
    ("plain", DeleteClaimed(r".*/deleted"), {"delete": "bad"}),
    ("locked", LockIgnored(), dict.fromkeys(LOCKS, "weak")),
    ("locked", LockClaimed(), dict.fromkeys(LOCKS, "bad")),
    ("locked", LockShortened(), dict.fromkeys(LOCKS, "bad")),
    ("locked", LockNotTold(), dict.fromkeys(LOCKS, "weak")),
    ("locked", NoVersion(), {"lock-on-put": "bad", "versions": "bad"}),
    ("locked", LockIgnored(r".*/locked parts"), {"lock-on-put": "good", "lock-on-parts": "weak"}),
    ("locked", Denied(which=frozenset({"DeleteObject"})), {"delete": "unknown", **dict.fromkeys(LOCKS, "unknown")}),
    ("locked", Denied(which=frozenset({"GetObjectLockConfiguration"})), {"lock-bucket": "unknown"}),
]


@pytest.mark.parametrize(
    ("bucket", "lie", "wanted"), LIES, ids=[f"{number}-{type(lie).__name__}" for number, (_, lie, _) in enumerate(LIES)]
)
def test_a_lie_is_named(doctor: Doctor, proxy: LyingProxy, bucket: str, lie: Lie, wanted: dict[str, str]) -> None:
    honest = {"tls": "weak"} if bucket == "locked" else {"tls": "weak", "lock-bucket": "weak"}
    proxy.tell(lie)

    probed = doctor(bucket)

    assert lie.told
    assert {check: probed.checks.get(check) for check in wanted} == wanted, (probed.found, probed.errors)
    assert probed.status == (6 if probed.those("bad") else 0)
    if "bad" in wanted.values():
        assert probed.summary["can_release"] is False
    assert honest.items() <= probed.checks.items() or "read-back" in wanted or "lock-bucket" in wanted


def test_compliance_that_is_governance_is_no_lock_of_the_kind_asked(doctor: Doctor, proxy: LyingProxy) -> None:
    lie = proxy.tell(LockWeakened())

    probed = doctor("locked", "--lock", "compliance")

    assert lie.told
    assert probed.status == 6
    assert probed.those("bad") == LOCKS
    assert probed.summary["lock"] is False


def test_a_server_that_claims_locks_releases_nothing(doctor: Doctor, proxy: LyingProxy) -> None:
    proxy.tell(LockClaimed())

    probed = doctor("locked", "--lock", "governance")

    assert (probed.status, probed.summary["can_release"], probed.summary["lock"]) == (6, False, False)
    assert "deleted all the same" in probed.found["lock-on-put"]


def test_a_busy_server_is_asked_again(doctor: Doctor, proxy: LyingProxy) -> None:
    busy = proxy.tell(SlowDown(times=2))
    broken = proxy.tell(BrokenBefore(times=1))

    probed = doctor("plain")

    assert (probed.status, probed.those("weak"), busy.told, broken.told) == (0, PLAIN, 2, 1)


def test_who_may_not_write_there_is_told_so(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "reader")

    probed = doctor("plain")

    assert probed.status == 1
    assert "denied" in probed.errors


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("s3://nowhere/x",), 1, "nowhere"),
        (("s3://",), 2, "s3://BUCKET"),
        (("vault",), 2, "vault"),
        (("s3://bucket/x", "--endpoint", "localhost"), 2, "https://"),
    ],
)
def test_a_place_that_is_none_is_an_error(
    proxy: LyingProxy, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], status: int, said: str
) -> None:
    endpoint = () if "--endpoint" in words else ("--endpoint", proxy.endpoint)

    assert run(["doctor", "s3", *words, *endpoint]) == status
    assert said in capsys.readouterr().err


def test_what_was_left_is_removed_by_the_next(doctor: Doctor, proxy: LyingProxy) -> None:
    denied = proxy.tell(Denied(which=frozenset({"DeleteObject"})))
    assert doctor("versioned").summary["left"]
    assert doctor.left("versioned")
    denied.times = denied.told

    assert doctor("versioned").summary["left"] == []
    assert doctor.left("versioned") == []


def test_nothing_of_another_is_removed(doctor: Doctor, server: S3Server) -> None:
    key = f"{doctor.prefix}/archive/khronika-probe/one.warc.gz"
    server.client().put_object(Bucket="plain", Key=key, Body=b"evidence")

    assert doctor("plain").status == 0
    assert doctor.left("plain") == [key]


def test_people_read_it_too(proxy: LyingProxy, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["-C", str(tmp_path), "doctor", "s3", "s3://plain", "--endpoint", proxy.endpoint]
    assert run(words) == 0
    said = capsys.readouterr().out

    assert "✓ wrong SHA-256 refused" in said
    assert "· versions" in said
    assert "No lock was seen to hold there" in said
