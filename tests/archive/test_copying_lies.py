"""Pushes to an S3 server that lies: what the state claims afterwards is true, or its fault is told by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from copy_samples import PART, Held, held, on_s3
from s3_lies import (
    BrokenAfter,
    BrokenBefore,
    ChangingVersion,
    ChecksumEchoed,
    ChecksumNotGiven,
    ChecksumNotTaken,
    CompleteFails,
    CutShort,
    Denied,
    Flipped,
    Garbage,
    Gone,
    IfNoneMatchIgnored,
    LockIgnored,
    LockNotTold,
    LockShortened,
    NoVersion,
    OtherObject,
    Overwritten,
    PutLost,
    UploadForgotten,
    WrongSize,
)
from s3_proxy import Lie, LyingProxy, lying
from s3_server import S3Server, s3_server

from archive.copies import ProblemKind, Step
from archive.copying import Destination, PushResult, read_back
from archive.digest import digest
from archive.errors import TargetError
from archive.s3_connection import S3Connection, S3Place
from archive.s3_target import S3Target
from archive.target import LockMode

WARC = r".*/archive/.*\.warc\.gz"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket("plain")
        server.make_bucket("locked", locked=True)
        yield server


@pytest.fixture
def proxy(server: S3Server) -> Iterator[LyingProxy]:
    with lying(server) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture
def at(tmp_path: Path) -> Held:
    """One WARC that is sent in a piece, and one in parts."""
    at = held(tmp_path, 1)
    at.crawl(1, PART + 1000)
    return at


def through(proxy: LyingProxy, tmp_path: Path, bucket: str = "locked") -> Destination:
    lock = LockMode.GOVERNANCE if bucket == "locked" else None
    place = on_s3(f"s3://{bucket}/{tmp_path.name}", proxy.endpoint, lock=lock)
    assert isinstance(place.place, S3Place)
    # five attempts with pauses, for each of many files, would be all that a test does
    return dataclasses.replace(place, target=S3Target(place.place, connection=S3Connection(place.place, attempts=1)))


def truly_claimed(at: Held, server: S3Server, place: Destination) -> None:
    """What the state calls proved is at the server, asked without the liar; or a fault of it is open."""
    honest = on_s3(str(place.place), server.endpoint).opened()
    with at.state(readonly=True) as state:
        for copy in state.copies.of_target(place.name):
            told = state.copies.problems(place.name, copy.file)
            if not copy.is_proved or told:
                continue
            with honest.open(copy.file, version=copy.version) as file:
                assert digest(file.read()) == copy.digest, copy.file
            if copy.retention is not None:
                found = honest.retention(copy.file, copy.version)
                assert found is not None and found.holds(copy.retention), copy.file


def told_of(at: Held, place: Destination) -> dict[str, set[str]]:
    with at.state(readonly=True) as state:
        found: dict[str, set[str]] = {name: set() for name in at.warcs()}
        for problem in state.copies.problems(place.name):
            found.setdefault(problem.file, set()).add(problem.kind)
        return found


LIES: list[tuple[Lie, set[ProblemKind]]] = [
    (ChecksumNotTaken(WARC), {ProblemKind.NO_CHECKSUM}),
    (ChecksumNotGiven(WARC), {ProblemKind.NO_CHECKSUM}),
    (ChecksumEchoed(WARC), {ProblemKind.DAMAGED}),
    (LockIgnored(WARC), {ProblemKind.NO_LOCK}),
    (LockNotTold(WARC), {ProblemKind.NO_LOCK}),
    (LockShortened(WARC, seconds=100), {ProblemKind.OTHER_LOCK}),
    (PutLost(WARC), {ProblemKind.LOST}),
    (Flipped(WARC), {ProblemKind.DAMAGED}),
    (CutShort(WARC), {ProblemKind.UNREADABLE}),
    (CutShort(WARC, said=True), {ProblemKind.TRUNCATED}),
    (WrongSize(WARC), {ProblemKind.TRUNCATED}),
    (NoVersion(WARC), {ProblemKind.NO_VERSION}),
    (ChangingVersion(WARC), {ProblemKind.LOST}),
    (Overwritten(WARC), {ProblemKind.OVERWRITTEN}),
]


@pytest.mark.parametrize(("lie", "kinds"), LIES, ids=[type(lie).__name__ for lie, _ in LIES])
def test_a_lie_is_told_by_name_and_mended_when_it_ends(
    lie: Lie, kinds: set[ProblemKind], at: Held, proxy: LyingProxy, server: S3Server, tmp_path: Path
) -> None:
    place = through(proxy, tmp_path)
    told = proxy.tell(dataclasses.replace(lie))

    (result,) = at.push(place)

    assert told.told
    assert not result.is_whole
    for name, found in told_of(at, place).items():
        assert kinds <= found, (name, found, result)
    truly_claimed(at, server, place)

    proxy.be_honest()
    if kinds & {ProblemKind.NO_CHECKSUM}:
        # what was stored without one has none; a server that is known to keep them gets the file again
        with at.state() as state:
            state.copies.note_probe(place.name, {"checksum": True}, state.copies.targets()[0].began_at)
    mended = _recovered(at, place)
    assert mended.is_whole, mended
    assert all(not found for found in told_of(at, place).values())
    truly_claimed(at, server, place)


def _recovered(at: Held, place: Destination) -> PushResult:
    """What the next check and push come to."""
    with at.state() as state:
        for copy in state.copies.of_target(place.name, steps=(Step.VERIFIED, Step.LOCKED)):
            read_back(state.copies, place, copy)
    (result,) = at.push(place)
    return result


REFUSALS: list[Lie] = [
    CompleteFails(WARC),
    CompleteFails(WARC, done=True),
    UploadForgotten(WARC),
    BrokenAfter(WARC),
    Garbage(WARC),
    Denied(WARC, which=frozenset({"HeadObject"})),
    IfNoneMatchIgnored(),
]


@pytest.mark.parametrize("lie", REFUSALS, ids=[f"{type(lie).__name__}{n}" for n, lie in enumerate(REFUSALS)])
def test_a_fault_on_the_way_leaves_nothing_claimed_and_the_next_push_ends_it(
    lie: Lie, at: Held, proxy: LyingProxy, server: S3Server, tmp_path: Path
) -> None:
    place = through(proxy, tmp_path)
    proxy.tell(dataclasses.replace(lie))

    at.push(place)

    truly_claimed(at, server, place)
    proxy.be_honest()
    result = _recovered(at, place)
    assert result.is_whole, result
    truly_claimed(at, server, place)
    honest = on_s3(str(place.place), server.endpoint).opened()
    with at.state(readonly=True) as state:
        assert {copy.file for copy in state.copies.of_target(place.name) if copy.is_proved} >= set(at.warcs())
    assert [len(honest.versions(name)) for name in at.warcs()] == [1, 1]


@pytest.mark.parametrize(
    ("lie", "kind"),
    [
        (Gone(WARC), ProblemKind.LOST),
        (Flipped(WARC), ProblemKind.DAMAGED),
        (CutShort(WARC), ProblemKind.UNREADABLE),
        (LockNotTold(WARC), ProblemKind.NO_LOCK),
        (OtherObject(WARC), ProblemKind.DAMAGED),
        (NoVersion(WARC), ProblemKind.LOST),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Lie) else str(value),
)
def test_what_went_bad_later_is_found_when_it_is_read_back(
    lie: Lie, kind: ProblemKind, at: Held, proxy: LyingProxy, tmp_path: Path
) -> None:
    place = through(proxy, tmp_path)
    (whole,) = at.push(place)
    assert whole.is_whole, whole
    more: dict[str, Any] = {}
    if isinstance(lie, OtherObject):
        more["other"] = f"{tmp_path.name}/log/checkpoint"
    told = proxy.tell(dataclasses.replace(lie, **more))

    with at.state() as state:
        for name in at.warcs():
            copy = state.copies.copy(place.name, name)
            assert copy is not None
            found = {problem.kind for problem in read_back(state.copies, place, copy)}
            assert kind in found or (kind is ProblemKind.DAMAGED and ProblemKind.TRUNCATED in found), found

    assert told.told


def test_a_server_that_cannot_be_asked_says_nothing_of_a_copy(at: Held, proxy: LyingProxy, tmp_path: Path) -> None:
    place = through(proxy, tmp_path)
    at.push(place)
    proxy.tell(BrokenBefore())

    with at.state() as state:
        before = state.copies.copy(place.name, at.warcs()[0])
        assert before is not None
        with pytest.raises(TargetError):
            read_back(state.copies, place, before)
        assert state.copies.copy(place.name, at.warcs()[0]) == before
        assert state.copies.problems() == []
