"""The process in which `khronika schedule run` crawls, so that all memory comes back when it ends.

It is given one line of JSON on its standard input: the collection, the text of khronika.toml that counts (that of the
file may be broken just now), the passphrase of the log key, and what to do. It answers with a line of JSON for each
thing that it has to say. The input stays open: when it ends, whoever has begun this is gone, and this ends too, as by
SIGTERM: what is on its way is kept, and the crawl can be gone on with.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from archive.errors import KhronikaError

CRAWL: Final = "crawl"
"""Crawl what is due, then tell people."""
TELL: Final = "tell"
"""Tell people what is to be told."""


def main() -> None:
    """Do what the line on standard input says; the exit status is 0 unless Python itself breaks."""
    # a terminal's Ctrl-C is for the one who has begun this
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = json.loads(_line())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _work(asked)
    except KhronikaError as error:
        from crawler.cli import remedy, status_of

        _say({"type": "error", "words": str(error) + remedy(error), "status": int(status_of(error))})
    except OSError as error:
        from crawler.cli import describe_os_error, remedy

        _say({"type": "error", "words": describe_os_error(error) + remedy(error), "status": 1})


def _work(asked: Mapping[str, Any]) -> None:
    from archive.collection import Collection
    from crawler.config import read_config
    from crawler.due_crawl import crawl_due, real_crawl
    from crawler.notices import Telling, tell_after

    def tell(words: str) -> None:
        _say({"type": "message", "words": words})

    config = read_config(asked["config"].encode("utf-8"), file="khronika.toml")
    with Collection.open(Path(asked["collection"])) as collection:
        crawled = False
        if asked["do"] == CRAWL:
            crawl = real_crawl(
                collection,
                config,
                passphrase=lambda: asked["passphrase"],
                on_status=lambda status: _say({**status, "type": "status"}),
                on_message=tell,
            )
            summary = crawl_due(collection, config, crawl, tell=tell)
            for ran in summary.runs:
                if ran.summary is not None:
                    _say({"type": "summary", **ran.summary.as_record()})
            _say({"type": "due", **summary.as_record()})
            crawled = bool(summary.runs)
        if not crawled and config.notices:
            tell_after(Telling(collection, config), tell)


def _line() -> bytes:
    """The first line of the input; by the system's own calls, so that no thread holds a lock of Python's at the end."""
    found = b""
    while not found.endswith(b"\n") and (piece := os.read(0, 65536)):
        found += piece
    return found


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _say(record: Mapping[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(dict(record)) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # nobody listens any more; that the input has ended says what to do
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
