"""Let the disk run full at random moments of a crawl, make room, go on, and count what was lost.

    python -m bench.disk --points 50 --seed 1

Needs Linux and root: the collection and the temporary folder are small file systems in memory (tmpfs), each filled up
by a file of ballast. Where they cannot be mounted the campaign fails.

The disk is filled, to the last octet or but for a few, at one of these moments, drawn from the seed: before the run
starts, while it fetches, while it closes after a SIGTERM, and before a run that has to recover what a SIGKILL left.
Claims at each: exit status 1; a message without a traceback and without a path that says what is full and what to do;
with the ballast gone the same command ends with 0; every page is there with the server's octets; every capture that
was acknowledged is kept; every WARC is strictly valid; verify finds nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from archive.check import check_file
from bench.campaign import bodies, claim, command, hold_warcs, record_ids, run, settled
from bench.static_site import StaticSite, add_large_files, make_site

Moment = Literal["before", "fetching", "closing", "recovering"]
Full = Literal["collection", "temporary files"]

ROOM = 64 << 20
"""Octets of each small disk: more than a whole crawl takes."""
ENDS_WITHIN = 120.0
"""Seconds after which a crawl on a full disk hangs."""
SPENT = 10
"""How many draws in a row may miss: a crawl that ends before it needs the room."""


@dataclass(frozen=True, slots=True)
class Point:
    """When which disk is filled, and how far."""

    moment: Moment
    full: Full
    after: int
    """Requests before that."""
    free: int
    """Octets that the ballast leaves."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # what ends the campaign early must not leave its disks mounted
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"seed {options.seed}, {options.points} points", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        root = make_site(Path(scratch) / "site", pages=options.pages, seed=options.seed)
        add_large_files(root, number=4, octets=2 << 20, seed=options.seed)
        with StaticSite(root) as site, disk(Path(scratch) / "disk") as main_disk, disk(Path(scratch) / "tmp") as tmp:
            campaign(site, main_disk, tmp, points=options.points, seed=options.seed)


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A small disk; unmounted at the end."""
    folder.mkdir()
    if shutil.which("mount") is None:
        raise SystemExit("FAIL this campaign mounts small disks (tmpfs): it needs Linux with mount(8)")
    words = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)]
    mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise SystemExit(
            "FAIL this campaign mounts small disks (tmpfs): it needs root, in a container with the capability "
            f"SYS_ADMIN; mount said: {mounted.stderr.strip()}"
        )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def campaign(site: StaticSite, main_disk: Path, tmp: Path, *, points: int, seed: int) -> None:
    """Fill, free and go on, `points` times; stops where a claim fails."""
    chance = random.Random(seed)
    expected = {
        path: hashlib.sha256(file.read_bytes()).hexdigest()
        for path in site.reachable()
        if (file := site.root / (path.lstrip("/") or "index.html")).is_file()
    }
    held: Counter[str] = Counter()
    words: Counter[str] = Counter()
    missed = 0
    while held.total() < points:
        point = _drawn(chance, requests=len(expected))
        message = _one_point(site, main_disk, tmp, point, expected, last=held.total() == points - 1)
        if message is None:
            missed += 1
            if missed > SPENT:
                claim(f"no more than {SPENT} draws in a row miss", False)
            continue
        missed = 0
        held[f"{point.moment}, {point.full}"] += 1
        words[re.sub(r"[0-9]+[-.0-9a-f]*", "N", message)] += 1
        if held.total() % 10 == 0:
            print(f"     {held.total()} points held, the last {point}", flush=True)
    for message, count in words.most_common():
        print(f"     {count} × {message}")
    claim(f"{held.total()} points: {dict(held)}", held.total() == points)


def _drawn(chance: random.Random, *, requests: int) -> Point:
    moment: Moment = chance.choices(("before", "fetching", "closing", "recovering"), (2, 6, 1, 2))[0]
    full: Full = chance.choices(("collection", "temporary files"), (3, 1))[0] if moment == "fetching" else "collection"
    most = chance.choice((0, 4 << 10, 64 << 10, 256 << 10, 1 << 20))
    # Python looks for a folder with room at the first temporary file: full before that, the next one is taken
    after = chance.randrange(requests // 4 if full == "temporary files" else 0, requests)
    return Point(moment, full, after, 0 if full == "temporary files" else chance.randint(0, most))


def _one_point(
    site: StaticSite, main_disk: Path, tmp: Path, point: Point, expected: dict[str, str], *, last: bool
) -> str | None:
    """The message that the crawl ended with; None when it did not need the room."""
    at = main_disk / "collection"
    shutil.rmtree(at, ignore_errors=True)
    ballast = (main_disk if point.full == "collection" else tmp) / "ballast"
    assert run(at, "init").returncode == 0
    if point.moment == "recovering":
        process = _started(at, site, tmp, subprocess.DEVNULL)
        _wait_for(site, process, point.after)
        process.send_signal(signal.SIGKILL)
        process.wait()
    if point.moment in {"before", "recovering"}:
        _fill(ballast, point.free)
    with tempfile.TemporaryFile("w+") as errors:
        process = _started(at, site, tmp, errors)
        if point.moment in {"fetching", "closing"}:
            _wait_for(site, process, point.after)
            if point.moment == "closing":
                process.terminate()
            _fill(ballast, point.free)
        try:
            status = process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            claim(f"{point}: the crawl ends on a full disk, and does not hang", False)
        errors.seek(0)
        said = errors.read()
    ballast.unlink()
    safe = settled(at)
    if status in (0, 4):
        return None
    message = said.strip().partition("khronika: ")[2]
    sound = status == 1 and "Traceback" not in said and str(main_disk.parent) not in said
    clear = "full" in message and "make room" in message and "same command" in message
    if not (sound and clear):
        claim(f"{point}: exit 1 and a clear message, not {status}: {said}", False)
    again = run(at, "crawl", "--url", site.url)
    if again.returncode != 0:
        claim(f"{point}: with room again the crawl ends, not with {again.returncode}: {again.stderr}", False)
    _hold(at, site, point, expected, safe)
    if last:
        hold_warcs(at / "archive")
    return message


def _started(at: Path, site: StaticSite, tmp: Path, errors: int | object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(at, "crawl", "--url", site.url),
        stdout=subprocess.DEVNULL,
        stderr=errors,  # type: ignore[call-overload]
        env={**os.environ, "TMPDIR": str(tmp)},
    )


def _wait_for(site: StaticSite, process: subprocess.Popen[bytes], requests: int) -> None:
    wanted = sum(site.requests.values()) + requests
    end = time.monotonic() + ENDS_WITHIN
    while process.poll() is None and sum(site.requests.values()) < wanted and time.monotonic() < end:
        time.sleep(0.001)


def _fill(ballast: Path, free: int) -> None:
    """Write ballast until the disk takes no more, then give `free` octets back."""
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        size = 0
        for step in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while True:
                    os.posix_fallocate(fd, size, step)
                    size += step
        os.ftruncate(fd, max(0, size - free))
    finally:
        os.close(fd)


def _hold(at: Path, site: StaticSite, point: Point, expected: dict[str, str], safe: set[str]) -> None:
    stored = bodies(at / "archive", site.url)
    lost = [path for path, digest in expected.items() if digest not in stored.get(path, [])]
    if lost:
        claim(f"{point}: 0 pages lost, not {lost[:3]}", False)
    torn = [path for path, digests in stored.items() if path in expected and set(digests) != {expected[path]}]
    if torn:
        claim(f"{point}: every body is the server's, not those of {torn[:3]}", False)
    gone = safe - record_ids(at / "archive")
    if gone:
        claim(f"{point}: every acknowledged capture is kept, not {len(gone)} of {len(safe)}", False)
    findings = [finding for path in (at / "archive").iterdir() for finding in check_file(path)]
    if findings:
        claim(f"{point}: every WARC is strictly valid, not {findings[:2]}", False)
    verified = run(at, "verify")
    if verified.returncode:
        claim(f"{point}: verify finds nothing, not {verified.stdout[:600]}{verified.stderr[:300]}", False)


if __name__ == "__main__":
    sys.exit(main())
