"""Kill a crawl at random moments, resume it each time, and count what was lost.

    python -m bench.kill --root FOLDER --kills 10 --seed 1

The crawl is killed with SIGKILL, its reading processes with it. At the end every address that links reach must be
captured, every WARC be valid, and verify find nothing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.crawl import check_files, claim, khronika
from bench.static_site import StaticSite, make_site


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a folder of HTML pages")
    parser.add_argument("--pages", type=int, default=600, help="pages of a made-up site, without --root")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=6.0, help="longest time in seconds before a kill")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "site"
        if options.root:
            shutil.copytree(options.root, root, symlinks=False, ignore_dangling_symlinks=True)
        else:
            make_site(root, pages=options.pages, seed=options.seed)
        with StaticSite(root) as site:
            run(Path(scratch) / "collection", site, kills=options.kills, seed=options.seed, longest=options.longest)


def run(collection: Path, site: StaticSite, *, kills: int, seed: int, longest: float) -> None:
    """Crawl `site` with `kills` kills, each at most `longest` seconds after a start; stops where a claim fails."""
    chance = random.Random(seed)
    expected = site.reachable()
    khronika("init", str(collection))
    command = [sys.executable, "-m", "crawler", "-q", "-C", str(collection), "crawl", "--url", site.url]
    killed = 0
    while killed < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        after = chance.uniform(0.2, longest)
        try:
            process.wait(after)
            break
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            print(f"kill {killed} after {after:.2f} s, {sum(site.requests.values())} requests so far", flush=True)
            time.sleep(0.1)
    claim(f"{killed} of {kills} kills before the crawl's end", killed > 0)
    summary = khronika("-C", str(collection), "crawl", "--url", site.url, expected=(0, 3))[-1]
    print(summary)
    captured = captured_paths(collection, site.url)
    print(f"missing {sorted(expected - captured)[:5]}")
    claim(f"none lost: {len(captured & expected)} of {len(expected)}", expected <= captured)
    print(f"fetched again after a kill: {sum(count - 1 for count in site.requests.values())}")
    check_files(collection / "archive")
    verified = khronika("-C", str(collection), "verify")
    claim(f"verify: {verified[-1]}", len(verified) == 1)


def captured_paths(collection: Path, base: str) -> set[str]:
    """Paths of the response and revisit records, read by warcio."""
    from warcio.archiveiterator import ArchiveIterator

    found = set()
    for path in (collection / "archive").glob("*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type in ("response", "revisit"):
                    found.add("/" + record.rec_headers.get_header("WARC-Target-URI").removeprefix(base))
    return found


if __name__ == "__main__":
    main()
