"""The whole product before a server that lies: each lie is named, and no file leaves this machine on its strength.

By the real commands: `copies push`, `check`, `release`, then `verify --at` and `clone`. The second copy is an honest
folder, so that the liar alone stands between a file and its release.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from khronika_command import Khronika
from page_server import Reply, serving
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
    LockWeakened,
    NameHidden,
    NoVersion,
    OldVersion,
    OtherObject,
    Overwritten,
    PageForObject,
    PartsMistold,
    PutLost,
    RangeIgnored,
    RangeShifted,
    SlowDown,
    Twice,
    UploadForgotten,
    WrongSize,
)
from s3_proxy import Lie, LyingProxy, lying
from s3_server import SECRET_KEY, S3Server, s3_server

from crawler.cli import Exit, run

PAGES = {"/": "<p>Cases <a href='/17'>17</a>", "/17": "<p>Case 17: five years in a colony."}
WARC = r".*/archive/.*\.warc\.gz"
DEFINITE = {Exit.ERROR, Exit.INCOMPLETE, Exit.VERIFICATION_FAILED}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def shared(server: S3Server) -> Iterator[LyingProxy]:
    with lying(server) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared: LyingProxy, monkeypatch: pytest.MonkeyPatch) -> LyingProxy:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in shared.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    shared.be_honest()
    return shared


def made(folder: Path, pages: dict[str, Any]) -> Path:
    assert run(["init", str(folder), "--operator", "Ledger Project <ledger@example.org>"]) == 0
    with serving(pages) as served:
        for path in pages:
            assert run(["-C", str(folder), "crawl", "--url", served.url(path), "--delay", "0"]) == 0
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of some crawls."""
    return made(tmp_path_factory.mktemp("small") / "home", PAGES)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with a WARC that is sent in parts."""
    octets = Reply(body=secrets.token_bytes(11 << 20), headers={"Content-Type": "application/octet-stream"})
    return made(tmp_path_factory.mktemp("large") / "home", {"/scan.bin": octets})


class Home(Khronika):
    """A collection with a copy at the liar's and one in an honest folder."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        status, out, err = super().__call__(*words)
        assert "Traceback" not in out + err
        assert SECRET_KEY not in out + err
        return status, out, err

    def push(self) -> int:
        return int(self("copies", "push")[0])

    @property
    def problems(self) -> set[str]:
        """Kinds of what is known to be wrong with the copy at the liar's, now."""
        return {
            one["kind"]
            for one in self.records("copies", "list")
            if one["type"] == "problem" and one["copy"] == "liar" and not one.get("mended_at")
        }

    @property
    def warcs(self) -> list[str]:
        return sorted(path.name for path in (self.path / "archive").glob("*.warc.gz"))


_COUNTED = {"told", "seen", "said", "parts"}


@dataclass
class Scene:
    home: Home
    proxy: LyingProxy
    place: str
    warcs: list[str]
    """What was there at first."""

    def tell(self, lie: Lie) -> Lie:
        """A lie of its own for this test, of those that are written down above."""
        words = {one.name: getattr(lie, one.name) for one in fields(lie) if one.init and one.name not in _COUNTED}
        if isinstance(lie, OtherObject):
            words["other"] = self.key("log/checkpoint")
        return self.proxy.tell(type(lie)(**words))

    def key(self, name: str) -> str:
        """Of a file of the copy."""
        return f"{self.place.removeprefix('s3://copies/')}/{name}"

    def assert_nothing_is_released(self) -> int:
        status, _, _ = self.home("copies", "release")
        assert self.home.warcs == self.warcs, "a file went on the strength of a lie"
        return status

    def assert_damaged_stay(self) -> None:
        damaged = {one["file"] for one in self.home.records("copies", "list") if one["type"] == "problem"}
        assert damaged
        self.home("copies", "release")
        assert damaged <= {f"archive/{name}" for name in self.home.warcs}

    def assert_mended(self) -> None:
        """Once the server is honest, the same commands mend everything, and then files may go."""
        self.proxy.be_honest()
        for _ in range(2):  # the first finds what was wrong, and puts it again
            self.home.push()
        assert self.home.push() == Exit.DONE
        assert self.home("copies", "check", "--all")[0] == Exit.DONE
        assert self.home.problems == set()
        assert self.home("copies", "release")[0] == Exit.DONE
        assert self.home.warcs == []
        assert self.home("verify")[0] == Exit.DONE


@pytest.fixture
def scene(request: pytest.FixtureRequest, proxy: LyingProxy, server: S3Server, tmp_path: Path, capsys: Any) -> Scene:
    marker = request.node.get_closest_marker("made_of")
    made = request.getfixturevalue(marker.args[0] if marker else "small")
    home = Home(tmp_path / "home", capsys)
    shutil.copytree(made, home.path)
    server.make_bucket("copies", locked=True)
    prefix = f"place {secrets.token_hex(8)}"
    (tmp_path / "disk").mkdir()
    text = (home.path / "khronika.toml").read_text("utf-8")
    text = text.replace("\n[keep]\n", '\n[keep]\nlocal = "copied"\ncopies = 2\ndays = 0\n', 1)
    place = f"s3://copies/{prefix}"
    text += f'\n[[copy]]\nname = "liar"\nto = "{place}"\nendpoint = "{proxy.endpoint}"\nlock = "governance"\n'
    text += 'lock-days = 1\npart-size = 5300000\n\n[[copy]]\nname = "disk"\nto = "../disk"\n'
    (home.path / "khronika.toml").write_text(text, "utf-8")
    return Scene(home, proxy, place, home.warcs)


def named(lies: list[Any]) -> list[str]:
    return [f"{number}-{type(lie[0]).__name__}" for number, lie in enumerate(lies)]


# what the liar does while files are sent; the kinds of problems of which one at least has to be named, or none where
# the push cannot end and says so
AT_PUSH: list[tuple[Lie, set[str]]] = [
    (ChecksumEchoed(WARC), {"damaged"}),
    (ChecksumEchoed(WARC, times=1), {"damaged"}),
    (ChecksumEchoed(r".*/log/.*"), {"damaged"}),
    (ChecksumNotTaken(WARC), {"no-checksum"}),
    (ChecksumNotGiven(WARC), {"no-checksum"}),
    (PutLost(WARC), {"lost"}),
    (PutLost(r".*/log/tile/.*"), {"lost"}),
    (PutLost(r".*/log/checkpoint"), set()),
    (LockIgnored(WARC), {"no-lock"}),
    (LockShortened(WARC), {"other-lock", "no-lock"}),
    (LockNotTold(WARC), {"no-lock"}),
    (NoVersion(WARC), {"no-version"}),
    (ChangingVersion(WARC), {"lost", "overwritten", "no-version", "unreadable"}),
    (Overwritten(WARC), {"overwritten"}),
    (Flipped(WARC), {"damaged"}),
    (CutShort(WARC), {"unreadable", "truncated"}),
    (CutShort(WARC, said=True), {"truncated", "unreadable"}),
    (WrongSize(WARC, by=-1), {"truncated"}),
    (PageForObject(WARC), {"conflict"}),
    (Gone(WARC), {"lost"}),
    (Denied(WARC, which=frozenset({"GetObject"})), set()),
    (Denied(WARC, which=frozenset({"PutObject"})), set()),
    (Garbage(WARC), set()),
]


@pytest.mark.parametrize(("lie", "kinds"), AT_PUSH, ids=named(AT_PUSH))
def test_a_lie_during_the_push_is_named_and_releases_nothing(scene: Scene, lie: Lie, kinds: set[str]) -> None:
    lie = scene.tell(lie)

    pushed = scene.home.push()

    assert lie.told, scene.proxy.operations()
    assert pushed in DEFINITE
    assert not kinds or scene.home.problems & kinds, scene.home.problems
    scene.assert_nothing_is_released()


MENDED: list[tuple[Lie]] = [
    (ChecksumEchoed(WARC),),
    (PutLost(WARC),),
    (LockIgnored(WARC),),
    (Overwritten(WARC),),
    (Gone(WARC),),
]


@pytest.mark.parametrize("lie", [lie for (lie,) in MENDED], ids=named(MENDED))
def test_once_the_server_is_honest_the_same_commands_mend_it(scene: Scene, lie: Lie) -> None:
    lie = scene.tell(lie)
    assert scene.home.push() in DEFINITE
    assert lie.told

    scene.assert_mended()


def test_a_lock_that_is_weaker_than_compliance_is_no_compliance(scene: Scene) -> None:
    settings = scene.home.path / "khronika.toml"
    settings.write_text(settings.read_text("utf-8").replace('"governance"', '"compliance"'), "utf-8")
    lie = scene.proxy.tell(LockWeakened(WARC))

    assert scene.home.push() == Exit.VERIFICATION_FAILED
    assert lie.told
    assert scene.home.problems == {"other-lock"}
    scene.assert_nothing_is_released()


# what becomes of files that were well when they were sent
LATER: list[tuple[Lie, set[str]]] = [
    (Gone(WARC), {"lost"}),
    (Flipped(WARC), {"damaged"}),
    (Flipped(WARC, at=-1), {"damaged"}),
    (Flipped(WARC, times=1), {"damaged"}),
    (CutShort(WARC, said=True), {"truncated", "unreadable"}),
    (CutShort(WARC), {"unreadable", "truncated"}),
    (WrongSize(WARC), {"truncated"}),
    (PageForObject(WARC), {"truncated", "damaged", "lost"}),
    (ChecksumNotGiven(WARC), {"no-checksum"}),
    (LockNotTold(WARC), {"no-lock"}),
    (ChangingVersion(WARC), {"lost", "overwritten"}),
    (NoVersion(WARC), {"lost", "no-version", "overwritten"}),
    (OtherObject(WARC, other="log/checkpoint"), {"truncated", "damaged", "other-checksum"}),
]


@pytest.mark.parametrize(("lie", "kinds"), LATER, ids=named(LATER))
def test_what_goes_wrong_later_is_found_by_the_check(scene: Scene, lie: Lie, kinds: set[str]) -> None:
    assert scene.home.push() == Exit.DONE
    lie = scene.tell(lie)

    assert scene.home("copies", "check", "--all")[0] == Exit.VERIFICATION_FAILED
    assert lie.told
    assert scene.home.problems & kinds, scene.home.problems
    told = [one for one in scene.home.records("status") if one["type"] == "warning" and one["about"] == "copy"]
    assert "liar" in {one["subject"] for one in told}
    if lie.times is None:
        scene.assert_nothing_is_released()
    else:  # of the others nothing was ever found to be wrong
        scene.assert_damaged_stay()


AT_RELEASE = [one for one in LATER if isinstance(one[0], (Gone, Flipped, CutShort, LockNotTold, OtherObject))]


@pytest.mark.parametrize(("lie", "kinds"), AT_RELEASE, ids=named(AT_RELEASE))
def test_what_goes_wrong_between_the_check_and_the_release_stops_the_release(
    scene: Scene, lie: Lie, kinds: set[str]
) -> None:
    assert scene.home.push() == Exit.DONE
    assert scene.home("copies", "check", "--all")[0] == Exit.DONE
    lie = scene.tell(lie)
    if lie.times == 1:
        lie.times = len(scene.warcs)  # each file is read for itself

    assert scene.assert_nothing_is_released() == Exit.VERIFICATION_FAILED
    assert lie.told
    assert scene.home.problems & kinds, scene.home.problems


def test_a_version_put_over_a_copy_is_found_and_so_is_a_delete_marker(scene: Scene, server: S3Server) -> None:
    assert scene.home.push() == Exit.DONE
    bucket = "copies"
    client = server.client()
    first, second = scene.warcs[:2]
    client.put_object(Bucket=bucket, Key=scene.key(f"archive/{first}"), Body=b"another's")
    client.delete_object(Bucket=bucket, Key=scene.key(f"archive/{second}"))

    assert scene.home("copies", "check", "--all")[0] == Exit.VERIFICATION_FAILED
    assert scene.home.problems == {"overwritten", "deleted"}
    assert scene.home("copies", "release")[0] == Exit.VERIFICATION_FAILED
    assert {first, second} <= {*scene.home.warcs}


def test_another_object_under_a_name_is_not_written_over(scene: Scene, server: S3Server) -> None:
    bucket, name = "copies", scene.warcs[0]
    server.client().put_object(Bucket=bucket, Key=scene.key(f"archive/{name}"), Body=b"another's")

    assert scene.home.push() == Exit.VERIFICATION_FAILED

    assert "conflict" in scene.home.problems
    versions = server.client().list_object_versions(Bucket=bucket, Prefix=scene.key(f"archive/{name}"))["Versions"]
    assert [one["Size"] for one in versions] == [len(b"another's")]
    scene.assert_nothing_is_released()


# --- trouble that is no lie: everything is there in the end -----------------------------------------------------------

TROUBLE: list[tuple[Lie, ...]] = [
    (SlowDown(times=4),),
    (BrokenBefore(times=3),),
    (BrokenAfter(WARC, times=1),),
    (Twice(WARC),),
    (IfNoneMatchIgnored(),),
    (CutShort(WARC, times=1),),
    (SlowDown(WARC, later=1, times=3),),
]


@pytest.mark.parametrize("lies", TROUBLE, ids=named(TROUBLE))
def test_after_trouble_on_the_way_everything_is_there(scene: Scene, lies: tuple[Lie, ...]) -> None:
    lies = tuple(scene.tell(lie) for lie in lies)

    for _ in range(3):
        if scene.home.push() == Exit.DONE:
            break

    assert all(lie.told for lie in lies)
    scene.proxy.be_honest()
    assert scene.home.push() == Exit.DONE
    assert scene.home("copies", "check", "--all")[0] == Exit.DONE


def test_a_server_that_is_always_busy_is_given_up_and_gone_on_with(scene: Scene) -> None:
    scene.proxy.tell(SlowDown(WARC))

    assert scene.home.push() in {Exit.INCOMPLETE, Exit.VERIFICATION_FAILED}
    scene.assert_nothing_is_released()
    scene.assert_mended()


# --- uploads in parts -------------------------------------------------------------------------------------------------

IN_PARTS: list[tuple[Lie, set[str]]] = [
    (ChecksumEchoed(WARC), {"damaged"}),
    (ChecksumNotTaken(WARC), {"no-checksum"}),
    (CompleteFails(WARC), set()),
    (PutLost(WARC), {"lost"}),
    (UploadForgotten(WARC), set()),
    (LockIgnored(WARC), {"no-lock"}),
    (Flipped(WARC, at=-1), {"damaged"}),
    (Flipped(WARC, at=6_000_000), {"damaged"}),
]


@pytest.mark.made_of("large")
@pytest.mark.parametrize(("lie", "kinds"), IN_PARTS, ids=named(IN_PARTS))
def test_a_lie_about_parts_is_named_and_releases_nothing(scene: Scene, lie: Lie, kinds: set[str]) -> None:
    lie = scene.tell(lie)

    assert scene.home.push() in DEFINITE

    assert lie.told
    assert "CreateMultipartUpload" in scene.proxy.operations(WARC)
    assert not kinds or scene.home.problems & kinds, scene.home.problems
    scene.assert_nothing_is_released()


@pytest.mark.made_of("large")
@pytest.mark.parametrize("what", ["missing", "extra", "etag"])
def test_a_lie_about_the_parts_that_are_there_makes_no_wrong_object(scene: Scene, what: str) -> None:
    """Broken off in the middle, then gone on with while the list of parts is not true."""
    broken = scene.proxy.tell(Denied(WARC, later=2, which=frozenset({"UploadPart"})))
    assert scene.home.push() in DEFINITE
    assert broken.told
    scene.proxy.be_honest()
    lie = scene.proxy.tell(PartsMistold(WARC, what=what))

    scene.home.push()

    assert lie.told
    scene.proxy.be_honest()
    assert scene.home.push() == Exit.DONE
    assert scene.home("copies", "check", "--all")[0] == Exit.DONE


@pytest.mark.made_of("large")
@pytest.mark.parametrize("lie", [CompleteFails(WARC, done=True), BrokenAfter(WARC, later=4, times=1)], ids=type)
def test_an_upload_that_was_done_and_said_to_have_failed_is_found(scene: Scene, lie: Lie) -> None:
    lie = scene.tell(lie)
    scene.home.push()
    assert lie.told

    scene.assert_mended()


# --- reading what is not here any more --------------------------------------------------------------------------------

READING: list[tuple[Lie]] = [
    (Flipped(WARC),),
    (Gone(WARC),),
    (CutShort(WARC, said=True),),
    (OtherObject(WARC, other="log/checkpoint"),),
    (RangeIgnored(WARC),),
    (RangeShifted(WARC),),
]


@pytest.mark.parametrize("lie", [lie for (lie,) in READING], ids=named(READING))
def test_what_a_liar_gives_back_is_not_taken_for_evidence(scene: Scene, tmp_path: Path, lie: Lie) -> None:
    """`verify --at` and `clone` hold what they read against the log."""
    assert scene.home.push() == Exit.DONE
    whole = isinstance(lie, (Flipped, Gone, CutShort, OtherObject))
    lie = scene.tell(lie)
    endpoint = ("--endpoint", scene.proxy.endpoint)

    verified, _, _ = scene.home("verify", "--at", scene.place, *endpoint)
    copied = tmp_path / "clone"
    cloned = run(["clone", scene.place, str(copied), *endpoint])

    if whole:
        assert lie.told
        assert verified == Exit.VERIFICATION_FAILED
        assert cloned != Exit.DONE
    else:
        # they may have read no part of a file; if they have, they have not believed it
        assert {verified, int(cloned)} <= {Exit.DONE, Exit.ERROR, Exit.VERIFICATION_FAILED}


def test_a_name_that_lists_hide_is_missed(scene: Scene, tmp_path: Path) -> None:
    assert scene.home.push() == Exit.DONE
    hidden = scene.proxy.tell(NameHidden(rf".*/archive/{scene.warcs[0]}"))
    endpoint = ("--endpoint", scene.proxy.endpoint)

    verified, _, _ = scene.home("verify", "--at", scene.place, *endpoint)
    cloned = run(["clone", scene.place, str(tmp_path / "clone"), *endpoint])

    assert hidden.told
    assert verified == Exit.VERIFICATION_FAILED or cloned in {Exit.DONE, Exit.VERIFICATION_FAILED}
    if cloned == Exit.DONE:
        assert sorted(path.name for path in (tmp_path / "clone" / "archive").iterdir()) == scene.warcs


def test_what_was_released_is_read_from_the_honest_copy_when_the_other_lies(scene: Scene) -> None:
    assert scene.home.push() == Exit.DONE
    assert scene.home("copies", "release")[0] == Exit.DONE
    assert scene.home.warcs == []
    lie = scene.proxy.tell(Flipped(WARC))
    gone = scene.proxy.tell(Gone(WARC, later=3))

    status, _, _ = scene.home("verify")

    # the disk's copy is as the log says; the liar's, if it was asked, is told to be wrong
    assert status in {Exit.DONE, Exit.VERIFICATION_FAILED}
    assert status == Exit.DONE or lie.told or gone.told
    pages = [one["url"] for one in scene.home.records("search", "colony") if one.get("url")]
    assert pages or not lie.told


def test_an_older_state_of_the_copy_stops_the_push(scene: Scene) -> None:
    """The whole bucket is put back to an earlier day: the newest version of each object is the first one."""
    assert scene.home.push() == Exit.DONE
    with serving({"/": "<p>Case 18: released."}) as served:
        assert scene.home("crawl", "--url", served.url(), "--delay", "0")[0] == Exit.DONE
    assert scene.home.push() == Exit.DONE
    lie = scene.proxy.tell(OldVersion(r".*/log/checkpoint"))

    status = scene.home("copies", "check", "--all")[0]

    assert lie.told
    assert status == Exit.VERIFICATION_FAILED
    assert scene.home.problems & {"damaged", "overwritten", "rolled-back", "truncated", "lost"}
