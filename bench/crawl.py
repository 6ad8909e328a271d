"""Crawl a folder of real pages with the real command and hold every claim against something that is not Khronika.

    python -m bench.crawl --root FOLDER        a folder of HTML (Debian's debian-handbook, for example)
    python -m bench.crawl --pages 600          a made-up site

Checked: the number of pages equals a count made from the files alone; every stored response equals what the server
sent, by SHA-256; warcio check, fastwarc check and gzip -t find nothing; a second crawl of the unchanged site writes
revisits and reports no change; after one word is edited on one page, `changes --json` reports that page, that word,
and nothing else; verify says that all is intact; rebuild gives the same answers; and each way to damage the evidence
is found.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.static_site import StaticSite, make_site, response_digests


def khronika(*arguments: str, expected: int | tuple[int, ...] = 0) -> list[dict[str, Any]]:
    """Run the real command with --json; its lines."""
    ran = subprocess.run(
        [sys.executable, "-m", "crawler", "--json", *arguments], capture_output=True, text=True, check=False
    )
    wanted = (expected,) if isinstance(expected, int) else expected
    if ran.returncode not in wanted:
        raise SystemExit(
            f"khronika {' '.join(arguments)}: exit {ran.returncode}, expected {expected}\n{ran.stderr[-3000:]}"
        )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def claim(text: str, held: object) -> None:
    """Say a claim that was tried; stop where it does not hold."""
    print(f"{'ok  ' if held else 'FAIL'} {text}", flush=True)
    if not held:
        raise SystemExit(1)


def check_files(folder: Path) -> None:
    """warcio, fastwarc and gzip over every WARC."""
    files = sorted(folder.glob("*"))
    claim(f"{len(files)} WARCs, none left open", files and all(file.name.endswith(".warc.gz") for file in files))
    for file in files:
        gzip = subprocess.run(["gzip", "-t", file], capture_output=True, check=False)
        warcio = subprocess.run(
            [sys.executable, "-m", "warcio.cli", "check", file], capture_output=True, text=True, check=False
        )
        fastwarc = subprocess.run(
            [str(Path(sys.executable).with_name("fastwarc")), "check", "-q", file],
            capture_output=True,
            text=True,
            check=False,
        )
        claim(f"gzip -t {file.name}", gzip.returncode == 0)
        claim(f"warcio check {file.name} {warcio.stdout[-500:]}", warcio.returncode == 0)
        claim(f"fastwarc check {file.name} {fastwarc.stdout[-500:]}", fastwarc.returncode == 0)


def edit_one_word(root: Path) -> tuple[str, str, str]:
    """Replace one word within one paragraph of one page; returns the page's path, the word before and after."""
    for file in sorted(root.rglob("*.html"))[len(list(root.rglob("*.html"))) // 2 :]:
        text = file.read_text(encoding="utf-8")
        found = re.search(r"(<p[^>]*>\s*[^<>]{40,}? )([a-z]{5,9})( [^<>]{40,}?)", text)
        if found and text.count(found[0]) == 1:
            file.write_text(text.replace(found[0], f"{found[1]}zzyzx{found[3]}", 1), encoding="utf-8")
            return "/" + file.relative_to(root).as_posix(), found[2], "zzyzx"
    raise SystemExit("no page has a paragraph to edit")


def damages(collection: Path) -> list[tuple[str, Any]]:
    """Ways to damage a copy of the evidence."""

    def largest(folder: Path) -> Path:
        return max((folder / "archive").glob("*.warc.gz"), key=lambda file: file.stat().st_size)

    def flip(folder: Path) -> None:
        file = largest(folder)
        octets = bytearray(file.read_bytes())
        octets[len(octets) // 3] ^= 1
        file.write_bytes(octets)

    def cut(folder: Path) -> None:
        file = largest(folder)
        file.write_bytes(file.read_bytes()[:-1000])

    def members(octets: bytes) -> list[bytes]:
        import zlib

        found = []
        while octets:
            inflate = zlib.decompressobj(wbits=31)
            inflate.decompress(octets)
            found.append(octets[: len(octets) - len(inflate.unused_data)])
            octets = inflate.unused_data
        return found

    def drop_record(folder: Path) -> None:
        file = largest(folder)
        parts = members(file.read_bytes())
        del parts[len(parts) // 2]
        file.write_bytes(b"".join(parts))

    def drop_file(folder: Path) -> None:
        largest(folder).unlink()

    def strip_digests(folder: Path) -> None:
        import gzip

        file = largest(folder)
        parts = members(file.read_bytes())
        bare = re.sub(rb"WARC-(?:Block|Payload)-Digest: [^\r]*\r\n", b"", gzip.decompress(parts[1]))
        file.write_bytes(b"".join([parts[0], gzip.compress(bare), *parts[2:]]))

    return [
        ("a flipped byte", flip),
        ("a truncated file", cut),
        ("a deleted record", drop_record),
        ("a deleted file", drop_file),
        ("stripped digests", strip_digests),
    ]


def answers(collection: Path, urls: list[str]) -> list[Any]:
    """History, readings and changes, as the commands give them."""
    everything: list[Any] = [khronika("-C", str(collection), "changes", "--kind", "all")]
    everything.append(khronika("-C", str(collection), "export", "text", "-o", "-"))
    everything += [khronika("-C", str(collection), "history", url) for url in urls]
    return everything


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, help="a folder of HTML pages; a copy of it is served")
    parser.add_argument("--pages", type=int, default=600, help="pages of a made-up site, without --root")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "site"
        if options.root:
            shutil.copytree(options.root, root, symlinks=False, ignore_dangling_symlinks=True)
        else:
            make_site(root, pages=options.pages, seed=options.seed)
        with StaticSite(root) as site:
            run(Path(scratch) / "collection", root, site)


def run(collection: Path, root: Path, site: StaticSite) -> None:
    expected = site.reachable()
    print(f"links reach {len(expected)} addresses")
    khronika("init", str(collection))
    started = time.perf_counter()
    summary = khronika("-C", str(collection), "crawl", "--url", site.url)[-1]
    took = time.perf_counter() - started
    print(f"first crawl: {took:.1f} s, {summary}")
    asked = {path for path in site.requests if path != "/robots.txt"}
    print(f"missing {sorted(expected - asked)[:5]}, more {sorted(asked - expected)[:5]}")
    claim(f"every address that links reach was fetched: {len(asked)} of {len(expected)}", asked == expected)
    claim("no address was fetched twice", max(site.requests.values()) == 1)
    claim(
        "every stored response equals what the server sent",
        Counter(response_digests(collection / "archive")) == site.sent,
    )
    check_files(collection / "archive")
    khronika("-C", str(collection), "verify")

    summary = khronika("-C", str(collection), "crawl", "--url", site.url)[-1]
    print(f"second crawl: {summary}")
    claim(
        "the unchanged site gave no change",
        summary["changed"] == 0 and khronika("-C", str(collection), "changes") == [],
    )
    claim("the unchanged pages are revisits", summary["revisits"] > 0.9 * summary["captured"])

    path, before, after = edit_one_word(root)
    summary = khronika("-C", str(collection), "crawl", "--url", site.url)[-1]
    changes = khronika("-C", str(collection), "changes")
    claim(f"one edited word gave one change: {[(one['url'], one['kind']) for one in changes]}", len(changes) == 1)
    claim(f"on the edited page {path}", changes[0]["url"] == site.url.rstrip("/") + path)
    words = [word for edit in changes[0]["edits"] for word in edit.get("words", [])]
    claim(
        f"{before} → {after}: {words}",
        len(changes[0]["edits"]) == 1 and words and before in words[0][0] and after in words[0][1],
    )
    check_files(collection / "archive")
    verified = khronika("-C", str(collection), "verify")
    findings = [line for line in verified if line["type"] == "finding"]
    claim(f"verify: {verified[-1]}", verified[-1]["verdict"] in ("ok", "self-attested") and not findings)

    urls = [site.url, site.url.rstrip("/") + path]
    first = answers(collection, urls)
    khronika("-C", str(collection), "rebuild")
    claim("rebuild gives the same history, readings and changes", answers(collection, urls) == first)

    for name, damage in damages(collection):
        copy = collection.with_name("damaged")
        shutil.copytree(collection, copy)
        damage(copy)
        findings = khronika("-C", str(copy), "verify", expected=6)
        named = [finding for finding in findings if finding["type"] == "finding" and finding["file"]]
        claim(f"{name} is found: {[(one['kind'], one['offset'], one['record_id']) for one in named[:2]]}", named)
        shutil.rmtree(copy)


if __name__ == "__main__":
    main()
