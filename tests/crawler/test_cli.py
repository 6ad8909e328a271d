"""The command line's frame: help, exit statuses, errors in words."""

from __future__ import annotations

import errno
import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from page_server import Reply, serving

from archive.errors import KhronikaError
from crawler import cli
from crawler.cli import COMMANDS, Exit, khronika, run
from crawler.commands.base import Explained

ROOT = Path(__file__).parent.parent.parent


def every_command() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(khronika)
    for name in COMMANDS:
        command = khronika.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {word}", one) for word, one in command.commands.items())


@pytest.mark.parametrize(("name", "command"), list(every_command()))
def test_every_help_has_an_example_and_its_exit_statuses(
    name: str, command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(command, Explained)
    assert run([*name.split(), "--help"]) == Exit.DONE

    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert f"khronika {name.split()[0]}" in shown.replace("-C my-archive ", "").replace("--json ", "")
    assert "Exit statuses:" in shown
    assert "0   done" in shown or "0  done" in shown


def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands", "settings"])
def test_the_reference_in_docs_is_what_the_program_says(name: str) -> None:
    written = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")

    assert written == getattr(reference(), name)(), "run: python docs/reference.py"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from crawler.cli import run; run(['--help']); "
        "heavy = {'scrapy', 'twisted', 'trafilatura', 'lxml', 'sqlalchemy', 'warcio', 'rich'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hystory", "http://example.org/"]) == Exit.USAGE
    assert "Did you mean 'history'?" in capsys.readouterr().err


def test_a_folder_without_a_collection_is_exit_10(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(tmp_path), "changes"]) == Exit.NO_COLLECTION
    assert "khronika.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (KhronikaError("expected a, found b"), Exit.ERROR, "expected a, found b"),
        (OSError(errno.ENOSPC, "No space left on device"), Exit.ERROR, "the disk is full"),
        (OSError(errno.EROFS, "Read-only", "/some/folder/file.warc"), Exit.ERROR, "the disk is read-only (file.warc)"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "stopped"),
        (ZeroDivisionError("x"), Exit.ERROR, "a fault in khronika itself: ZeroDivisionError"),
    ],
)
def test_no_fault_ends_in_a_traceback(
    fault: BaseException,
    status: Exit,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(**_: object) -> None:
        raise fault

    monkeypatch.setattr(cli.khronika, "main", broken)

    assert run(["status"]) == status
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert "/some/folder" not in said


def test_global_flags_may_follow_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor", "--json"])
    after = capsys.readouterr().out.splitlines()
    run(["--json", "doctor"])
    before = capsys.readouterr().out.splitlines()

    assert len(after) == len(before) > 5
    assert all(line.startswith('{"type": "check"') for line in after + before)


@pytest.mark.parametrize("option", ["--time-limit", "--delay"])
@pytest.mark.parametrize("number", ["nan", "inf", "-1", "soon"])
def test_a_number_that_cannot_be_waited_for_is_refused(
    option: str, number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(tmp_path), "crawl", "--url", "http://127.0.0.1:9/", option, number]) == Exit.USAGE
    assert option in capsys.readouterr().err


@pytest.mark.parametrize("share", ["nan", "0", "101"])
def test_a_share_that_is_none_is_refused(share: str, tmp_path: Path) -> None:
    assert run(["-C", str(tmp_path), "verify", "--sample", share]) == Exit.USAGE


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_runs_whatever_standard_streams_its_caller_has_closed(tmp_path: Path, closed: str) -> None:
    """The event loop refuses to close a socket that has got the number of one of them."""
    khronika = f"{shlex.quote(sys.executable)} -m crawler -q -C {shlex.quote(str(tmp_path / 'c'))}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with serving({"/": "<p>Lantern</p>", "/robots.txt": Reply("User-agent: *\nAllow: /\n")}) as server:
        ran = [
            subprocess.run(["bash", "-c", f"{khronika} {words} {closed}"], env=environment, check=False).returncode
            for words in ("init --operator Archive", f"crawl --url {server.url()} --delay 0.1")
        ]

    assert ran == [Exit.DONE, Exit.DONE]
