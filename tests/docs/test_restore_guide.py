"""docs/restore.md, done as it is written: copied to a real server, lost, looked at there, cloned, gone on with."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from page_server import serving
from s3_server import s3_server

from crawler.cli import Exit, run

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "restore.md").read_text(encoding="utf-8")
PAGES = {"/": "<p>Cases <a href='/17'>17</a>", "/17": "<p>Case 17: five years in a colony."}


def lines() -> list[str]:
    found = re.findall(r"^```console\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ khronika ") for block in found for line in block.splitlines()]


def test_the_command_lines_run(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"

    def khronika(*words: str) -> tuple[int, bytes, str]:
        status = run(list(words))
        out, err = capfdbinary.readouterr()
        return status, out, err.decode()

    with s3_server(tmp_path / "s3") as server:
        for name, value in server.environment().items():
            if name.startswith("AWS_"):
                monkeypatch.setenv(name, value)
        server.make_bucket("example-bucket")
        assert khronika("init", str(home))[0] == Exit.DONE
        copy = f'[[copy]]\nname = "bucket"\nto = "s3://example-bucket/archive"\nendpoint = "{server.endpoint}"\n'
        (home / "khronika.toml").write_text(f"[crawl]\ndelay = 0\n\n{copy}", encoding="utf-8")
        with serving(PAGES) as served:
            page = served.url("/17")
            status, out, err = khronika("-C", str(home), "crawl", "--url", served.url())
            assert status == Exit.DONE, (out, err)
        status, _, err = khronika("-C", str(home), "copies", "push")
        assert status == Exit.DONE, err
        told = khronika("-C", str(home), "--json", "history", page)[1]
        capture = next(one for one in map(json.loads, told.splitlines()) if one["type"] == "capture")["record_id"]
        shutil.move(home / "keys" / "root.pem", tmp_path / "root.pem")
        evidence = {path.name: path.read_bytes() for path in (home / "archive").iterdir()}
        shutil.rmtree(home)  # the machine is lost

        instead = {
            "https://s3.example.org": server.endpoint,
            "CAPTURE": capture,
            "PAGE": page,
            "/media/safe/root-0f3a5b7c.pem": str(tmp_path / "root.pem"),
        }
        commands = [[instead.get(word, word) for word in shlex.split(line)] for line in lines()]
        assert len(commands) > 7
        for words in commands:
            status, out, err = khronika(*words)
            assert status == Exit.DONE, (words, err)
            if "--raw" in words:
                assert out == PAGES["/17"].encode()
            if words[0] == "clone":
                # the copy had no settings; the place for copies is named again, as the guide says of sites
                with (tmp_path / "restored" / "khronika.toml").open("a", encoding="utf-8") as file:
                    file.write(f"\n{copy}")

        found = {path.name: path.read_bytes() for path in (tmp_path / "restored" / "archive").iterdir()}
        assert found == evidence
        assert not (tmp_path / "restored" / "clone.json").exists()
        assert khronika("check-proof", "case-17.zip")[0] == Exit.DONE
        # what was pushed goes on from what lay there
        assert khronika("verify", "--at", "s3://example-bucket/archive", "--endpoint", server.endpoint)[0] == Exit.DONE
