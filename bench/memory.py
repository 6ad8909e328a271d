"""Memory of a crawl: of one very large response, and of very many pages.

    python -m bench.memory --octets 1073741824          one response of 1 GiB, in three framings, and one over the limit
    python -m bench.memory --pages 20000                RSS after the second half of the pages against after the first
    python -m bench.memory                              both

Linux only: /proc is read. The server is a process of its own, and makes its pages as they are asked for. Claims: no
process of a crawl ever takes more than `--most` MiB for the large response, and its payload is stored octet for octet;
after the second half of the pages the crawl takes at most 10 % more than after the first half, and so does each
process that reads pages.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from bench.campaign import bodies, children, claim, command, hold_warcs, run, status_of, summary_in

MIB = 1 << 20
MODELS = 160
"""MiB that the models of languages take in a process that reads pages, whatever is crawled."""
WORDS = ("letter", "court", "hearing", "lawyer", "colony", "appeal", "verdict", "witness", "transfer", "visit")


# --- the server ------------------------------------------------------------------------------------------------------


def page(number: int, pages: int, seed: int) -> bytes:
    """A page of a made-up site: a tree of links, three a page, with some across."""
    chance = random.Random(f"{seed}/{number}")
    targets = [number * 3 + step for step in (1, 2, 3) if number * 3 + step < pages]
    targets += [chance.randrange(pages) for _ in range(3)]
    links = "".join(f'<li><a href="/{target or ""}">case {target}</a></li>' for target in targets)
    text = " ".join(" ".join(chance.choices(WORDS, k=12)).capitalize() + f" {number}." for _ in range(30))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Case {number}</title><body>"
        f"<nav><ul>{links}</ul></nav><article><h1>Case {number}</h1><p>{text}</p></article></body></html>"
    ).encode()


def large(octets: int, seed: int) -> Iterator[bytes]:
    """A body that gzip makes nothing of, a mebibyte at a time."""
    piece = random.Random(seed).randbytes(MIB)
    for number in range(-(-octets // MIB)):
        yield (number.to_bytes(8, "big") + piece[8:])[: octets - number * MIB]


def coded(octets: int) -> Iterator[bytes]:
    """`octets` zeros in gzip: a thousandth of that on the wire."""
    deflate = zlib.compressobj(9, wbits=31)
    for left in range(octets, 0, -MIB):
        yield deflate.compress(bytes(min(left, MIB)))
    yield deflate.flush()


def serve(pages: int, octets: int, seed: int) -> None:
    """Serve until stdin ends; the port is the first line of stdout."""
    import asyncio

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(head: str, pieces: Iterator[bytes], *, chunked: bool = False) -> None:
            writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
            for piece in filter(None, pieces):
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await writer.drain()
            if chunked:
                writer.write(b"0\r\n\r\n")

        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                while await reader.readline() not in {b"\r\n", b""}:
                    pass
                if path == "/large/length":
                    await send(f"Content-Type: video/mp4\r\nContent-Length: {octets}", large(octets, seed))
                elif path == "/large/chunked":
                    await send(
                        "Content-Type: text/html\r\nTransfer-Encoding: chunked", large(octets, seed), chunked=True
                    )
                elif path == "/large/coded":
                    head = "Content-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked"
                    await send(head, coded(octets), chunked=True)
                elif path == "/":
                    body = page(0, pages, seed)
                    await send(f"Content-Type: text/html\r\nContent-Length: {len(body)}", iter([body]))
                elif path[1:].isdecimal():
                    body = page(int(path[1:]), pages, seed)
                    await send(f"Content-Type: text/html\r\nContent-Length: {len(body)}", iter([body]))
                else:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def until_stdin_ends() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.close()

    asyncio.run(until_stdin_ends())


class Server:
    """The server in a process of its own; a context manager."""

    def __init__(self, *, pages: int = 1, octets: int = 0, seed: int = 1) -> None:
        words = ["--serve", "--pages", str(pages), "--octets", str(octets), "--seed", str(seed)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.memory", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}/"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


# --- one large response ----------------------------------------------------------------------------------------------


def hold_large(octets: int, seed: int, most: int) -> None:
    """The framings, each in a crawl of its own."""
    digests = {}
    for path, pieces in (
        ("/large/length", large(octets, seed)),
        ("/large/chunked", large(octets, seed)),
        ("/large/coded", coded(octets)),
    ):
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        digests[path] = digest.hexdigest()
    with Server(octets=octets, seed=seed) as server:
        for path, digest in digests.items():
            _one_large(server.url, path, digest, octets, most, limit=octets + MIB)
        _one_large(server.url, "/large/length", None, octets, most, limit=octets // 4)


def _one_large(base: str, path: str, digest: str | None, octets: int, most: int, *, limit: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        at = Path(scratch) / "collection"
        assert run(at, "init").returncode == 0
        settings = (at / "khronika.toml").read_text(encoding="utf-8")
        (at / "khronika.toml").write_text(
            settings.replace("\n[crawl]\n", f"\n[crawl]\nmax-size = {limit}\n", 1), encoding="utf-8"
        )
        started = time.perf_counter()
        peaks, output, status = _peaks(command(at, "crawl", "--url", base.rstrip("/") + path))
        took = time.perf_counter() - started
        ends = f"{path} of {octets / MIB:.0f} MiB: the crawl ends with {status}, in {took:.0f} s"
        claim(ends if status in (0, 3) else f"{ends}: {output[-1000:]}", status in (0, 3))
        where = "" if digest else ", cut at a quarter"
        claim(f"{path}{where}: peak RSS {peaks} MiB, at most {most}", max(peaks["crawl"], peaks["below"]) <= most)
        bound = most + MODELS
        claim(
            f"{path}{where}: peak RSS of what reads {peaks['reading']} MiB, at most {bound}", peaks["reading"] <= bound
        )
        stored = bodies(at / "archive", base)[path]
        if digest is not None:
            claim(f"{path}: the payload is the server's, by SHA-256", stored == [digest])
        else:
            claim(f"{path}: one record, cut", len(stored) == 1 and summary_in(output)["captured"] == 1)
        hold_warcs(at / "archive", chunked="length" not in path)


def _peaks(words: list[str]) -> tuple[dict[str, int], str, int]:
    """Peak RSS in MiB of the crawl, of the largest process below it, and of the largest one that reads pages; its
    output and exit status."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(words, stdout=output, stderr=subprocess.STDOUT)
        peaks = {"crawl": 0, "below": 0, "reading": 0}
        while process.poll() is None:
            peaks["crawl"] = max(peaks["crawl"], _mebibytes(process.pid, "VmHWM"))
            for pid in children(process.pid):
                kind = "reading" if _reads(pid) else "below"
                peaks[kind] = max(peaks[kind], _mebibytes(pid, "VmHWM"))
            time.sleep(0.02)
        output.seek(0)
        return peaks, output.read(), process.returncode


def _reads(pid: int) -> bool:
    """Whether a process is the fork server of the reading workers, or one of them."""
    try:
        return b"pipelines.preload" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _mebibytes(pid: int, name: str) -> int:
    return int(status_of(pid).get(name, "0 kB").split()[0]) >> 10


# --- many pages ------------------------------------------------------------------------------------------------------


def hold_pages(pages: int, seed: int) -> None:
    """RSS at every tenth of the pages."""
    with tempfile.TemporaryDirectory() as scratch, Server(pages=pages, seed=seed) as server:
        at = Path(scratch) / "collection"
        assert run(at, "init").returncode == 0
        started = time.perf_counter()
        sizes: dict[int, dict[str, int]] = {}
        process = subprocess.Popen(command(at, "crawl", "--url", server.url), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        status: dict[str, int] = {}
        read = 0
        for line in process.stdout:
            record = json.loads(line)
            if record["type"] != "status":
                summary = record
                continue
            status = record
            mark = (status["captured"] * 20 // pages) * pages // 20
            if mark and mark not in sizes:
                sizes[mark] = _sizes(process.pid)
                _tell(f"{mark} pages", status, sizes[mark], at, started)
            # reading may be behind: it is held against itself, by pages read
            tenth = status["read"] * 20 // pages
            if tenth > read:
                read = tenth
                sizes[-tenth] = _sizes(process.pid)
        status_code = process.wait()
        _tell("end", status, {}, at, started)
        claim(f"{pages} pages, {summary['captured']} captured, exit {status_code}", status_code == 0)
        claim(f"every page is there: {summary['captured']} of {pages}", summary["captured"] == pages)
        half, end = sizes[pages // 2]["crawl"], sizes[pages]["crawl"]
        claim(f"RSS of the crawl after {pages // 2} pages {half} MiB, after {pages} {end} MiB", end <= 1.1 * half)
        if {-10, -19} <= sizes.keys():
            half, end = sizes[-10]["below"], sizes[-19]["below"]
            claim(
                f"RSS of the largest process below it after half of the pages read {half} MiB, at the end {end} MiB",
                end <= 1.1 * half,
            )


def _sizes(pid: int) -> dict[str, int]:
    below = [_mebibytes(child, "VmRSS") for child in children(pid)]
    return {"crawl": _mebibytes(pid, "VmRSS"), "below": max(below, default=0), "processes": 1 + len(below)}


def _tell(when: str, status: dict[str, int], sizes: dict[str, int], at: Path, started: float) -> None:
    journals = {
        path.relative_to(at).name: path.stat().st_size >> 20 for path in at.rglob("*-wal") if path.stat().st_size
    }
    print(
        f"     {when}: {time.perf_counter() - started:.0f} s, {status.get('read', 0)} read, RSS {sizes} MiB, "
        f"journals {journals} MiB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--octets", type=int, help="octets of the large response")
    parser.add_argument("--most", type=int, default=200, help="MiB that no process may take for it")
    parser.add_argument("--pages", type=int, help="pages of the large site")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.pages, options.octets, options.seed)
        return
    print(f"seed {options.seed}", flush=True)
    both = options.octets is None and options.pages is None
    if both or options.octets:
        hold_large(options.octets or 1 << 30, options.seed, options.most)
    if both or options.pages:
        hold_pages(options.pages or 20_000, options.seed)


if __name__ == "__main__":
    main()
