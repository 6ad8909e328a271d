"""A made-up site of linked pages, served from memory as fast as Python can: gzipped once, keep-alive, no log.

    python -m bench.fast_site --pages 5000 --seed 1       prints its address, serves until it is ended

Each page is some 28 kB of HTML (11 kB gzipped), the size of the pages that the crawler was made for, with 20 links of a
menu that is the same everywhere, 12 to other pages near and far, and one to a place within the page.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import random

import uvloop

# fmt: off
WORDS = (
    "суд", "приговор", "колония", "защита", "письмо", "адвокат", "заседание", "этап", "свидание", "передача", "жалоба",
    "срок", "статья", "обвинение", "court", "verdict", "colony", "lawyer", "letter", "hearing", "appeal", "term",
)
# Syllables make words enough that gzip finds in them about what it finds in an article.
_SYLLABLES = (
    "ка", "но", "ри", "ту", "ле", "ма", "во", "сти", "пре", "до", "ви", "на", "ро", "ша", "зе", "ми", "ко", "лу",
    "ber", "tan", "lor", "vis", "con", "del", "ra", "shi",
)
# fmt: on


def make_pages(count: int, seed: int) -> dict[bytes, tuple[bytes, bytes]]:
    """Path → the whole answer with the body gzipped, and plain."""
    chance = random.Random(seed)
    vocabulary = [*WORDS, *("".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000))]
    menu = "".join(f'<li><a href="/section/{n}.html">{WORDS[n % len(WORDS)]} {n}</a></li>' for n in range(20))
    pages = {}
    for number in range(count):
        near = [min(count - 1, number * 4 + step) for step in (1, 2, 3, 4)]
        far = [chance.randrange(count) for _ in range(8)]
        links = "".join(f'<li><a href="/case/{n}.html">case {n}</a></li>' for n in (*near, *far))
        paragraphs = "".join(f"<p>{' '.join(chance.choices(vocabulary, k=100))}.</p>\n" for _ in range(20))
        path = "/" if number == 0 else f"/case/{number}.html"
        pages[path.encode()] = _answers(
            f'<!doctype html>\n<html lang="ru"><head><meta charset="utf-8"><title>Case {number}</title>'
            f'<link rel="stylesheet" href="/style.css"></head>\n<body><nav><ul>{menu}</ul></nav><main><article>'
            f'<h1>Case {number}</h1>\n{paragraphs}</article></main><aside><a href="#top">top</a><ul>{links}</ul>'
            "</aside></body></html>\n"
        )
    for number in range(20):
        pages[b"/section/%d.html" % number] = _answers(
            f"<!doctype html><html><title>Section {number}</title><body><ul>{menu}</ul></body></html>"
        )
    return pages


def _answers(text: str) -> tuple[bytes, bytes]:
    body = text.encode()
    packed = gzip.compress(body, 6, mtime=0)
    head = b"HTTP/1.1 200 OK\r\nServer: made-up\r\nContent-Type: text/html; charset=utf-8\r\nVary: Accept-Encoding\r\n"
    return (
        head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed,
        head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
    )


MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nnone\n"


class Server(asyncio.Protocol):
    """Answers each request from the table."""

    def __init__(self, pages: dict[bytes, tuple[bytes, bytes]]) -> None:
        self._pages = pages
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        *requests, self._held = (self._held + data).split(b"\r\n\r\n")
        for request in requests:
            both = self._pages.get(request.split(b" ", 2)[1])
            self._transport.write(MISSING if both is None else both[b"gzip" not in request])


async def serve(pages: dict[bytes, tuple[bytes, bytes]]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(pages), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    uvloop.run(serve(make_pages(asked.pages, asked.seed)))


if __name__ == "__main__":
    main()
