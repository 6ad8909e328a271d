"""The collection that the tamper kit attacks: made by the real commands, from a real server, with somebody outside.

Two crawls of one site, an edited page and many revisits between them, several WARCs, a time-stamp token after each
crawl, a cosignature of a witness, two evidence bundles; and what others keep of it elsewhere: a checkpoint and the root
key's verifier key.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import forked
from authority import Authority
from page_server import serving

ROOT = Path(__file__).parent.parent
PAGES = 48
EDITED = 17
"""The case whose page is another one in the second crawl."""


@dataclass(frozen=True)
class Ran:
    """A command that was run."""

    status: int
    lines: list[dict[str, Any]]
    errors: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line.get("type") == "finding"]

    @property
    def kinds(self) -> set[str]:
        return {finding["kind"] for finding in self.findings}

    @property
    def summary(self) -> dict[str, Any]:
        found = [line for line in self.lines if line.get("type") == "summary"]
        assert found, self.errors
        return found[-1]

    @property
    def verdict(self) -> str:
        return str(self.summary["verdict"])


def khronika(folder: Path | None, *words: str, status: int | tuple[int, ...] | None = 0) -> Ran:
    """The real command, with --json; `status`: the exit statuses that are right, None for any."""
    command = ["--json", *(("-C", str(folder)) if folder else ()), *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KHRONIKA_")}
    ran = forked.khronika(command, cwd=ROOT, env=environment)
    assert "Traceback" not in ran.stderr, ran.stderr
    wanted = (status,) if isinstance(status, int) else status
    assert wanted is None or ran.returncode in wanted, (words, ran.returncode, ran.stdout[-3000:], ran.stderr[-3000:])
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    return Ran(ran.returncode, lines, ran.stderr)


@dataclass
class Victim:
    """A collection, and what is kept of it elsewhere. Nobody changes its folder: attacks work on copies."""

    folder: Path
    older: Path
    """A copy from after the first crawl, before anybody outside had seen anything of it."""
    checkpoint: Path
    """The newest checkpoint, as somebody outside keeps it."""
    trust: str
    """The root key's verifier key, as somebody outside knows it."""
    authority: Authority
    site: str
    stranger: Path
    """Another collection, with a page of the same site."""
    bundles: dict[str, Path] = field(default_factory=dict)
    """`page`: of the edited page's second capture; `other`: of another page's; `revisit`: of one."""

    def case(self, number: int) -> str:
        """The address of a page."""
        return f"{self.site}case/{number}"


def case_page(number: int, years: int) -> str:
    """The page of a made-up prisoner."""
    letters = "".join(
        f"<p>Письмо {turn}: в камере № {number + turn} холодно, но я читаю и пишу. The letter took {turn + 3} weeks "
        f"and passed the censor of colony {number * 7 + turn}.</p>"
        for turn in range(12)
    )
    return (
        f"<!doctype html><html lang='ru'><title>Дело {number}</title><h1>Дело {number}: Арсений Полянский</h1>"
        f"<p>Суд города Верхний Плёс приговорил учителя к {years} годам колонии по делу № {number}. "
        f"The court sentenced the teacher to {years} years in case {number}.</p>{letters}</html>"
    )


def make_victim(folder: Path, authority: Authority) -> Victim:
    """Run the commands. The authority must be answering."""
    home = folder / "collection"
    pages: dict[str, Any] = {f"/case/{number}": case_page(number, 5) for number in range(PAGES)}
    links = "".join(f'<li><a href="/case/{number}">Дело {number}</a>' for number in range(PAGES))
    pages["/"] = f"<!doctype html><title>Дела</title><ul>{links}</ul>"
    with serving(pages) as server:
        khronika(None, "init", str(home), "--operator", "Example Archive")
        (home / "khronika.toml").write_text(SETTINGS, "utf-8")
        trust = str(khronika(home, "key", "show").lines[0]["root"]["vkey"])
        khronika(home, "crawl", "--url", server.url())
        older = folder / "older"
        shutil.copytree(home, older)
        # from now on others see it
        certificate = folder / "authority.pem"
        certificate.write_bytes(authority.certificate.read_bytes())
        named = khronika(None, "witness", "init", str(folder / "witness"), "--name", "witness.example/w1")
        settings = SETTINGS + _outside(authority, certificate, str(named.lines[0]["vkey"]))
        (home / "khronika.toml").write_text(settings, "utf-8")
        khronika(home, "checkpoint", "--timestamp")
        server.pages[f"/case/{EDITED}"] = case_page(EDITED, 8)
        time.sleep(1.1)  # captures of one page lie a second apart, so that 14 digits tell them apart
        khronika(home, "crawl", "--url", server.url())
        _cosign(home, folder / "witness")
        site = server.url()
        stranger = folder / "stranger"
        khronika(None, "init", str(stranger))
        (stranger / "khronika.toml").write_text(SETTINGS, "utf-8")
        khronika(stranger, "crawl", "--url", server.url("/case/5"))
    checkpoint = folder / "kept" / "checkpoint"
    checkpoint.parent.mkdir()
    shutil.copy(home / "log" / "checkpoint", checkpoint)
    victim = Victim(home, older, checkpoint, trust, authority, site, stranger)
    for name, capture in (("page", f"{EDITED}@2"), ("other", "5@1"), ("revisit", "3@2")):
        victim.bundles[name] = folder / f"{name}.zip"
        khronika(home, "prove", victim.site + "case/" + capture, "-o", str(victim.bundles[name]))
    victim.bundles["stranger"] = folder / "stranger.zip"
    khronika(stranger, "prove", victim.case(5), "-o", str(victim.bundles["stranger"]))
    return victim


SETTINGS = """\
[operator]
name = "Example Archive"
commitments = false

[crawl]
delay = 0
warc-size = 45000
"""


def _outside(authority: Authority, certificate: Path, witness: str) -> str:
    """Settings that name who is to vouch for the collection."""
    return f"""
[log]
quorum = 1

[[authority]]
name = "example"
url = "{authority.url}"
certificate = "{certificate}"

[[witness]]
name = "partner"
key = "{witness}"
"""


def _cosign(home: Path, folder: Path) -> None:
    """Have the witness cosign, and keep the answer."""
    request, answer = str(folder / "request.txt"), str(folder / "answer.txt")
    log = str(khronika(home, "key", "show").lines[0]["log"][0]["vkey"])
    khronika(home, "witness", "request", "-o", request)
    khronika(None, "witness", "cosign", request, "--witness", str(folder), "--trust", log, "-o", answer)
    khronika(home, "witness", "add", answer)
