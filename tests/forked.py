"""Commands of Khronika in processes of their own, without the second that each takes to load the product.

A process that has loaded everything forks for each command: its own environment, folder, streams and exit, as if the
command line had been typed. What is about the beginning of a process (signals to it, closed streams, what is loaded)
begins one of its own with `python -m crawler`.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOADED = (
    *("crawler.runner", "crawler.fetching", "crawler.reading", "pipelines.stage", "pipelines.change", "boto3"),
    *("archive.audit", "archive.clone", "archive.copying", "archive.verify_bundle", "crawler.commands.crawl"),
)


def khronika(
    words: Sequence[str], *, cwd: Path | str | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `khronika WORDS` to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        asked = {
            "words": list(words),
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "out": str(out),
            "err": str(err),
        }
        status = _Forking.own().run(asked)
        return subprocess.CompletedProcess(list(words), status, out.read_text("utf-8"), err.read_text("utf-8"))


class _Forking:
    _own: _Forking | None = None
    _making = threading.Lock()

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self._end)

    @classmethod
    def own(cls) -> _Forking:
        """The one of this process."""
        with cls._making:
            if cls._own is None:
                cls._own = cls()
            return cls._own

    def run(self, asked: Mapping[str, object]) -> int:
        """The exit status, of a signal as `subprocess` says it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._one:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            said = self._process.stdout.readline()
        assert said, "the process that forks has ended"
        return os.waitstatus_to_exitcode(int(said))

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._process.wait(10)


def _serve() -> dict[str, Any] | None:
    """Fork for each line; in a fork: what is asked of it. None at the end."""
    for name in LOADED:
        importlib.import_module(name)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    assert "twisted.internet.reactor" not in sys.modules, "one reactor for all forks"
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asked: dict[str, Any] = json.loads(line)
            return asked
        _, status = os.waitpid(pid, 0)
        print(status, flush=True)
    return None


def _perform(asked: dict[str, Any]) -> None:
    """Be the process that was asked for, from its streams on."""
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
    for at, name, how in ((0, os.devnull, os.O_RDONLY), (1, asked["out"], flags), (2, asked["err"], flags)):
        file = os.open(name, how, 0o600)
        os.dup2(file, at)
        os.close(file)
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.chdir(asked["cwd"])
    sys.argv = ["khronika", *asked["words"]]

    from crawler.cli import main

    main()


if __name__ == "__main__":
    # as `python -m crawler` has it in the project's folder
    sys.path[0] = str(Path(__file__).parent.parent)
    if (own := _serve()) is not None:
        _perform(own)
