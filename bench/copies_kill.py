"""Kill a push to a copy at chosen moments, go on each time, and hold the state against what is there.

    python -m bench.copies_kill --kills 100 --seed 1              a folder, then buckets of a real S3 server
    python -m bench.copies_kill --kills 20 --seed 3 --only locked

SIGKILL comes at one of these moments, drawn from the seed among all that a push has: before and after a write to the
state, before and after a request to the target, in the middle of the octets of a file or of a part, and while a file
is read back. After each kill nothing that the state claims may be missing at the target, and the target's checkpoint
must be that of a log whose WARCs are all there. Now and then a WARC is added. Claims at the end: the last push brings
everything there, each immutable file in exactly one version, locked where that was asked, no upload left, the state and
the target of one mind.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from copy_samples import PART, Held, claims_hold, held, on_disk, on_s3
from s3_server import S3Server, s3_server

from archive.copies import Copies, Step
from archive.copying import Destination, push
from archive.entry import RecordEntry, parse_entry
from archive.errors import LogError
from archive.log import LogReader
from archive.store import FolderStore
from archive.target import LockMode
from bench.crawl import claim

KINDS = ("folder", "plain", "versioned", "locked")
WRITES = (
    *("begin_target", "note_versioned", "note_log", "end_push", "wait", "begin_upload", "uploaded", "verified"),
    *("locked", "unlocked", "put_off", "again", "mend", "note_problem"),
)
ACTS = ("begin", "put", "begin_parts", "put_part", "complete", "abort", "retain", "open", "head", "retention")
SENDING = frozenset({"put", "put_part"})


class Moments:
    """What a push comes by; at the chosen one the process is killed."""

    def __init__(self, kind: str, number: int) -> None:
        self.seen: Counter[str] = Counter()
        self._kind = kind
        self._number = number
        self._lock = threading.Lock()

    def come(self, kind: str) -> None:
        """A moment of some kind."""
        with self._lock:
            self.seen[kind] += 1
            if kind == self._kind and self.seen[kind] == self._number:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any], kind: str) -> Callable[..., Any]:
        """A call with a moment before it and one after."""

        @functools.wraps(call)
        def told(*words: Any, **named: Any) -> Any:
            self.come(f"before {kind}")
            found = call(*words, **named)
            self.come(f"after {kind}")
            return found

        return told


class Watched(io.RawIOBase):
    """A file whose octets are counted as they go by."""

    def __init__(self, file: BinaryIO, moments: Moments, kind: str) -> None:
        self._file = file
        self._moments = moments
        self._kind = kind

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        self._moments.come(self._kind)
        octets = self._file.read(len(buffer))
        buffer[: len(octets)] = octets
        return len(octets)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class WatchedTarget:
    """A target each of whose acts is a moment."""

    def __init__(self, target: Any, moments: Moments) -> None:
        self._target = target
        self._moments = moments

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name not in ACTS:
            return found
        around = self._moments.around(found, name)
        if name not in SENDING:
            return around if name != "open" else self._opened(around)

        def sent(*words: Any, **named: Any) -> Any:
            at = 1 if name == "put" else 3
            source = words[at]
            if name == "put":
                watched: Any = _WatchedSource(source, self._moments)
            else:
                watched = Watched(source, self._moments, "in the middle of a part")
            return around(*words[:at], watched, *words[at + 1 :], **named)

        return sent

    def _opened(self, around: Callable[..., Any]) -> Callable[..., Any]:
        def opened(*words: Any, **named: Any) -> BinaryIO:
            return cast(BinaryIO, Watched(around(*words, **named), self._moments, "while it is read back"))

        return opened


@dataclass
class _WatchedSource:
    source: Any
    moments: Moments

    @property
    def size(self) -> int:
        return int(self.source.size)

    def open(self, offset: int = 0, length: int | None = None) -> BinaryIO:
        return cast(BinaryIO, Watched(self.source.open(offset, length), self.moments, "in the middle of a file"))


@dataclass(frozen=True)
class Place:
    """Where a campaign copies to, in words that a process of its own can be given."""

    kind: str
    text: str
    endpoint: str = ""

    def destination(self) -> Destination:
        """The copy."""
        if self.kind == "folder":
            return on_disk(Path(self.text), "copy")
        lock = LockMode.GOVERNANCE if self.kind == "locked" else None
        return on_s3(self.text, self.endpoint, "copy", lock=lock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="of each kind of place")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--child", nargs=5, metavar="WORD", help=argparse.SUPPRESS)
    parser.add_argument("--moment", nargs=2, default=("", "0"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child, options.moment[0], int(options.moment[1]))
        return
    print(f"seed {options.seed}, {options.kills} kills of each kind of place", flush=True)
    with tempfile.TemporaryDirectory() as scratch, s3_server(Path(scratch) / "s3") as server:
        for kind in [options.only] if options.only else KINDS:
            folder = Path(scratch) / kind
            folder.mkdir()
            run(folder, kind, server, kills=options.kills, seed=options.seed)


def _child(folder: str, kind: str, text: str, endpoint: str, seen: str, moment: str, number: int) -> None:
    """A push that dies at a moment; one that does not says which moments there were."""
    moments = Moments(moment, number)
    for name in WRITES:
        setattr(Copies, name, moments.around(getattr(Copies, name), f"writing {name}"))
    destination = Place(kind, text, endpoint).destination()
    watched = cast(Any, WatchedTarget(destination.opened(), moments))
    with Held(Path(folder)).state() as state:
        results = push(Path(folder), state, [replace(destination, target=watched)])
    assert not results[0].error, results
    assert not results[0].problems, results
    Path(seen).write_text(json.dumps(moments.seen), "utf-8")


def run(scratch: Path, kind: str, server: S3Server, *, kills: int, seed: int) -> Counter[str]:
    """A campaign at one place; stops where a claim fails. What was killed, by moment."""
    chance = random.Random(f"{seed} {kind}")
    at = held(scratch, 1)
    place = _place(scratch, kind, server)
    environment = server.environment()
    killed: Counter[str] = Counter()
    moments = _moments_of(scratch, kind, server, environment, chance)
    unkilled = made = 0
    while sum(killed.values()) < kills:
        if unkilled == 0:
            made += 1
            at.crawl(1000 + made, chance.choice([3000, PART // 2, 2 * PART + 77, 4 * PART]))
        # first the kind, then the number: the many pieces of a long file would leave no turn to what comes once
        moment = chance.choice(sorted(moments))
        number = chance.randint(1, max(1, moments[moment]))
        code, words = _push(at, place, environment, moment, number, scratch)
        claim_quietly(code in (0, -signal.SIGKILL), f"a push ends or is killed: exit {code} {words[-1500:]}")
        if code:
            killed[moment] += 1
            unkilled = max(unkilled, 1)
            hold(at, place, environment)
            if chance.random() < 0.3:
                unkilled = 0
        else:
            unkilled = 0
    claim(f"{kind}: {sum(killed.values())} kills at {len(killed)} of {len(moments)} kinds of moments, state held", True)
    code, words = _push(at, place, environment, "", 0, scratch)
    claim(f"{kind}: the last push ends {words[-1500:] if code else ''}", code == 0)
    _hold_end(at, place, environment)
    return killed


def claim_quietly(holds: bool, words: str) -> None:
    """As `claim`, told of only where it fails."""
    if not holds:
        claim(words, holds)


def _place(scratch: Path, kind: str, server: S3Server, name: str = "copy") -> Place:
    if kind == "folder":
        return Place(kind, str(scratch / name))
    bucket = f"kills-{kind}"
    server.make_bucket(bucket, versioned=kind == "versioned", locked=kind == "locked")
    return Place(kind, f"s3://{bucket}/{scratch.name}-{name}-{os.getpid()}", server.endpoint)


def _moments_of(
    scratch: Path, kind: str, server: S3Server, environment: dict[str, str], chance: random.Random
) -> dict[str, int]:
    """The moments of a whole push, as one to another place has them."""
    (scratch / "dry").mkdir()
    at = held(scratch / "dry", 1)
    at.crawl(1, 2 * PART + chance.randint(1, 1000))
    code, words = _push(at, _place(scratch, kind, server, "dry-copy"), environment, "", 0, scratch)
    claim(f"{kind}: a push that nobody kills ends {words[-1500:] if code else ''}", code == 0)
    found: dict[str, int] = json.loads((scratch / "seen.json").read_text("utf-8"))
    return found


def _push(
    at: Held, place: Place, environment: dict[str, str], moment: str, number: int, scratch: Path
) -> tuple[int, str]:
    words = [str(at.folder), place.kind, place.text, place.endpoint, str(scratch / "seen.json")]
    done = subprocess.run(
        [sys.executable, "-m", "bench.copies_kill", "--child", *words, "--moment", moment, str(number)],
        env=environment,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stderr


@contextlib.contextmanager
def _with(environment: dict[str, str]):  # type: ignore[no-untyped-def] # a context
    """The environment of this process, for boto3's own chain."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in environment.items() if name.startswith("AWS_")})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def hold(at: Held, place: Place, environment: dict[str, str]) -> None:
    """After a kill: what the state claims is there, and what the target's checkpoint covers."""
    with _with(environment):
        target = place.destination().opened()
        with at.state(readonly=True) as state:
            claims_hold(state, "copy", target)
        if target.mark() is None:
            return
        store = target.store()
        try:
            log = LogReader(store)
        except LogError as error:
            claim_quietly("found none" in str(error), f"the log there is whole or not there: {error}")
            return
        claim_quietly(log.root() == log.signed.root, "the tiles there are those of the checkpoint there")
        claim_quietly(log.root() == LogReader(FolderStore(at.folder)).root(log.size), "it is an earlier one of ours")
        files = {entry.file for _, octets in log.entries() if isinstance(entry := parse_entry(octets), RecordEntry)}
        for file in files:
            name = f"archive/{file}"
            claim_quietly(
                store.exists(name) and store.read(name) == at.octets(name), f"{name}, which it covers, is there"
            )


def _hold_end(at: Held, place: Place, environment: dict[str, str]) -> None:
    hold(at, place, environment)
    with _with(environment):
        target = place.destination().opened()
        names = [*at.warcs(), *(name for name in target.names("log/tile")), *target.names("log/checkpoints")]
        several = [name for name in names if len(target.versions(name)) != 1]
        claim(f"{len(names)} files, each in one version {several[:3] or ''}", not several)
        claim("no upload is left", target.uploads() == [])
        with at.state(readonly=True) as state:
            copies = state.copies.of_target("copy")
            problems = state.copies.problems(mended=True)
        wanted = Step.LOCKED if place.kind == "locked" else Step.VERIFIED
        claim(
            f"{len(at.warcs())} WARCs are {wanted}",
            {copy.step for copy in copies if copy.file in set(at.warcs())} == {wanted}
            and set(at.warcs()) <= {copy.file for copy in copies},
        )
        claim(f"all {len(copies)} files are proved", all(copy.is_proved for copy in copies))
        claim(f"nothing was ever wrong {problems[:2] or ''}", not problems)
        there = {name for name in target.names("") if not name.startswith("khronika-copy")}
        claim("what is there is what the state knows", there == {copy.file for copy in copies})
        claim(
            "the checkpoint there is the newest",
            LogReader(target.store()).size == LogReader(FolderStore(at.folder)).size,
        )


if __name__ == "__main__":
    main()
