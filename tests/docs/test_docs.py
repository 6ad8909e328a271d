"""The documentation is true: its command lines exist, its links lead somewhere, its example is what is written."""

from __future__ import annotations

import gzip
import itertools
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from archive.digest import digest
from archive.exchange import DnsAnswer, Exchange, Occasion, Outcome, TlsFacts
from archive.spool import Spool
from archive.warc import WarcWriter
from crawler.cli import khronika
from crawler.commands.base import Explained

ROOT = Path(__file__).parent.parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]


def blocks(page: Path, kind: str) -> list[str]:
    """The code blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def command_lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in blocks(page, "console"):
            for line in block.splitlines():
                if line.startswith("$ "):
                    yield page.name, line.removeprefix("$ ")


KHRONIKA_LINES = [(page, line) for page, line in command_lines() if re.match(r"(\.venv/bin/)?khronika\b", line)]


def test_the_guides_show_commands() -> None:
    assert {"tutorial.md", "archivist.md", "verifier.md", "operator.md", "text-user.md", "sites.md"} <= {
        page for page, _ in KHRONIKA_LINES
    }


@pytest.mark.parametrize(("page", "line"), KHRONIKA_LINES)
def test_every_command_line_shown_is_one_that_the_program_takes(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("addresses.txt").write_text("https://example.org/\n")
    Path("answer.tsr").touch()
    Path("checkpoint").touch()
    words = shlex.split(line, comments=True)[1:]
    words = next((words[: words.index(sign)] for sign in ("&", ">") if sign in words), words)
    asked = []

    def only_parse(command: click.Command, context: click.Context) -> object:
        if isinstance(command, click.Group) and (context.args or context._protected_args):
            return click.Group.invoke(command, context)
        asked.append(context.command_path)
        return None

    monkeypatch.setattr(Explained, "invoke", only_parse)
    try:
        khronika.main(words, prog_name="khronika", standalone_mode=False)
    except click.ClickException as error:
        pytest.fail(f"{page}: {line}: {error.format_message()}")
    assert asked or "--version" in words


def test_every_guide_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")

    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_the_exchange_shown_in_the_format_is_what_the_writer_writes(tmp_path: Path) -> None:
    ids = (f"urn:uuid:{n:08x}-0000-4000-8000-000000000000" for n in itertools.count(1))
    writer = WarcWriter.create(
        tmp_path,
        prefix="khronika",
        warcinfo=[("isPartOf", "20261122010000-1a2b3c4d")],
        now=datetime(2026, 11, 22, 1, tzinfo=UTC),
        serial=1,
        new_id=lambda: next(ids),
    )
    response = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nHello\r\n0\r\n\r\n"
    )
    request = (
        b"GET /cases/17 HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
        b"User-Agent: khronika/0.1.0 (+mailto:mail@example.org)\r\n\r\n"
    )
    exchange = Exchange(
        url="https://example.org/cases/17",
        method="GET",
        began_at=datetime(2026, 11, 22, 1, 0, 1, 123456, tzinfo=UTC),
        duration=0.041,
        outcome=Outcome.RESPONSE,
        request=Spool(request),
        response=Spool(response),
        status=200,
        head_length=response.index(b"\r\n\r\n") + 4,
        mime="text/html",
        payload_digest=digest(b"Hello"),
        payload_length=5,
        peer="192.0.2.17",
        dns=DnsAnswer(
            "example.org",
            datetime(2026, 11, 22, 1, 0, 1, 98765, tzinfo=UTC),
            "NOERROR",
            ("example.org. 3600 IN A 192.0.2.17",),
        ),
        tls=TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", "http/1.1", (b"x",), "ok", "certifi 2026.10.18"),
    )
    occasion = Occasion("20261122010000-1a2b3c4d", "example", via="https://example.org/cases/", hops="L")
    writer.append(exchange, occasion, original=None)
    exchange.close()
    closed = writer.close()
    octets = gzip.decompress((tmp_path / closed.name).read_bytes())
    written = octets[octets.index(b"WARC/1.1\r\nWARC-Type: resource") :].decode().replace("\r\n", "\n")

    shown = next(block for block in blocks(ROOT / "docs" / "format.md", "") if block.startswith("WARC/1.1"))
    assert shown.rstrip("\n") == written.rstrip("\n")
