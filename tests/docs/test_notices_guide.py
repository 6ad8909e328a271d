"""docs/notices.md: its settings are read, its command lines run, and its receiver receives."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from khronika_command import Khronika
from notice_receiver import Receiver
from page_server import serving

from crawler.config import read_config

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "notices.md").read_text(encoding="utf-8")
PAGE = (
    "<html lang=en><title>Case</title><body><main><h1>Case</h1><p>The keeper was sentenced to five years in a colony, "
    "and the court read the verdict on a Tuesday until late in the evening.</p></main></body></html>"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def test_its_settings_can_be_meant() -> None:
    site = '\n[[site]]\nname = "rights-in-russia"\nstart = ["https://example.org/"]\n'

    config = read_config(("\n".join(blocks("toml")) + site).encode())

    assert [notice.name for notice in config.notices] == ["team", "night-watch"]
    assert config.notices[1].rules_for("rights-in-russia").minimum_weight == 0.3


def test_its_command_lines_run_one_after_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver()
    with serving({"/": PAGE}) as server:
        khronika = Khronika(tmp_path / "collection", capsys)
        khronika.add_site(server.url())
        secret = khronika.path / "keys" / "notice-team"
        secret.write_text(receiver.url())
        secret.chmod(0o600)
        config = khronika.path / "khronika.toml"
        config.write_text(config.read_text() + "\n" + blocks("toml")[0])
        monkeypatch.chdir(tmp_path)
        khronika.crawl()
        server.pages["/"] = PAGE.replace("five", "eight")
        khronika.crawl()

        lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
        assert len(lines) == 8
        for line in lines:
            ended, _, said = khronika(*shlex.split(line)[1:])
            assert ended == 0, (line, said)
    receiver.down()

    assert sorted(one.record["type"] for one in receiver.taken) == ["change", "test"]
    assert (tmp_path / "week.eml").exists() and (tmp_path / "week.html").exists()


def test_its_receiver_keeps_a_message_once(tmp_path: Path) -> None:
    (program,) = blocks("python")
    port = Receiver()
    port.down()
    script = tmp_path / "receiver.py"
    script.write_text(program.replace("8900", str(port.port)))
    process = subprocess.Popen([sys.executable, "-u", script], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(2):
            assert posted(f"http://127.0.0.1:{port.port}/") == 204
    finally:
        process.terminate()
        said, _ = process.communicate()

    assert said == "A title\nA text\n"


def posted(url: str) -> int:
    body = b'{"title": "A title", "text": "A text"}'
    request = urllib.request.Request(url, body, {"Idempotency-Key": "c0123456789abcdef"})
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(request) as answer:
                return int(answer.status)
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
