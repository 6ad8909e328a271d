"""A folder served over HTTP/1.1 on loopback, a count of its pages that owes nothing to Khronika, and what the server
itself saw: the SHA-256 of every response it sent."""

from __future__ import annotations

import hashlib
import random
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote, urldefrag, urljoin, urlsplit

LINKS = {
    "a": "href",
    "area": "href",
    "frame": "src",
    "iframe": "src",
}
LINK_RELATIONS = {"next", "prev", "canonical", "alternate"}


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.base: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "base" and self.base is None:
            self.base = values.get("href")
        elif tag in LINKS and values.get(LINKS[tag]):
            self.found.append(values[LINKS[tag]] or "")
        elif tag == "link" and LINK_RELATIONS & set((values.get("rel") or "").lower().split()):
            self.found.append(values.get("href") or "")


class StaticSite:
    """A folder on a loopback port; a context manager.

    `sent` counts the digests of whole responses (head and body, as sent); `requests` counts the paths asked for.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sent: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        site = self

        class Handler(SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes: 40 ms each without

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, directory=str(root), **kwargs)

            def setup(self) -> None:
                super().setup()
                self.wfile = _Tee(self.wfile)

            def handle_one_request(self) -> None:
                tee = self.wfile
                assert isinstance(tee, _Tee)
                tee.begin()
                super().handle_one_request()
                if tee.octets:
                    with site._lock:
                        site.sent[tee.digest()] += 1
                        site.requests[self.path] += 1

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A crawl that is killed resets its connections: that is what the campaign is about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> StaticSite:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reachable(self) -> set[str]:
        """Paths that links reach from `/`, existing or not, found from the files alone (html.parser)."""
        queue = ["/"]
        seen = {"/"}
        while queue:
            path = queue.pop()
            file = self._file(path)
            if file is None:
                continue
            if file.is_dir():
                if not path.endswith("/"):
                    targets = [path + "/"]
                else:
                    index = file / "index.html"
                    targets = self._links(index, path) if index.is_file() else self._listing(file, path)
            elif file.suffix in (".html", ".htm", ".xhtml"):
                targets = self._links(file, path)
            else:
                targets = []
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
        return seen

    def _file(self, path: str) -> Path | None:
        from urllib.parse import unquote

        file = self.root / unquote(urlsplit(path).path).lstrip("/")
        return file if file.exists() else None

    def _links(self, file: Path, path: str) -> list[str]:
        parser = _Links()
        parser.feed(file.read_text(encoding="utf-8", errors="replace"))
        here = urljoin("http://site" + path, parser.base or "")
        targets = []
        for link in parser.found:
            try:
                target = urldefrag(urljoin(here, link.strip()))[0]
                parts = urlsplit(target)
            except ValueError:
                continue
            if parts.scheme == "http" and parts.netloc == "site":
                targets.append(
                    quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + ("?" + parts.query if parts.query else "")
                )
        return targets

    def _listing(self, folder: Path, path: str) -> list[str]:
        return [path + quote(one.name) + ("/" if one.is_dir() else "") for one in folder.iterdir()]


class _Tee:
    """Passes bytes on and hashes them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.begin()

    def begin(self) -> None:
        self._hash = hashlib.sha256()
        self.octets = 0

    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()

    def write(self, octets: bytes) -> int:
        self._hash.update(octets)
        self.octets += len(octets)
        written: int = self._inner.write(octets)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def make_site(folder: Path, *, pages: int, seed: int) -> Path:
    """A made-up site: `pages` pages in chains and cross links, some without a way in; returns the folder."""
    chance = random.Random(seed)
    words = ["letter", "court", "hearing", "lawyer", "colony", "appeal", "verdict", "witness", "transfer", "visit"]
    folder.mkdir(parents=True, exist_ok=True)
    names = ["index.html", *(f"case/{number:05}.html" for number in range(1, pages))]
    for number, name in enumerate(names):
        targets = {min(pages - 1, number * 3 + step) for step in (1, 2, 3)} | {
            chance.randrange(pages) for _ in range(3)
        }
        links = "".join(f'<li><a href="/{names[target]}">case {target}</a></li>' for target in sorted(targets))
        sentences = " ".join(
            " ".join(chance.choices(words, k=12)).capitalize() + f" {chance.randrange(1900, 2030)}." for _ in range(30)
        )
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"<!doctype html><html lang=en><meta charset=utf-8><title>Case {number}</title><body>"
            f"<nav><ul>{links}</ul></nav><article><h1>Case {number}</h1><p>{sentences}</p></article></body></html>",
            encoding="utf-8",
        )
    return folder


def add_large_files(root: Path, *, number: int, octets: int, seed: int) -> None:
    """Files that no gzip makes smaller, each linked from a page of a made-up site."""
    chance = random.Random(seed)
    pages = sorted((root / "case").glob("*.html"))
    for n in range(number):
        file = root / "large" / f"{n}.bin"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(chance.randbytes(octets))
        page = pages[n * len(pages) // number]
        link = f'<a href="/large/{file.name}">file</a></ul>'
        page.write_text(page.read_text(encoding="utf-8").replace("</ul>", link, 1), encoding="utf-8")


def response_digests(folder: Path) -> Iterator[str]:
    """Digest of each stored response's block: of the body joined to the head, as warcio reads it."""
    from warcio.archiveiterator import ArchiveIterator

    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=True):
                if record.rec_type == "response":
                    yield "sha256:" + hashlib.sha256(record.raw_stream.read()).hexdigest()
