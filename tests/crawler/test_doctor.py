"""`khronika doctor privacy` and `doctor commitments`, after real crawls and on WARCs made to betray somebody."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_server import PageServer, Reply, serving
from privacy_samples import packed, record, response

from archive import facts
from archive.facts import Fact, FactKind
from archive.warc import read_records
from crawler.cli import Exit, run

HOST = "kestrel-4711.archive.example"
USER = "anna7391"
MAC = "0a1b2c3d4e5f"


@pytest.fixture(scope="module", autouse=True)
def machine() -> Iterator[None]:
    """A machine with names that are not in everybody's pages."""
    known = facts.machine_facts

    def named(folders: Any = ()) -> tuple[Fact, ...]:
        own = ((FactKind.HOST, HOST, "this machine"), (FactKind.USER, USER, "account"), (FactKind.MAC, MAC, "network"))
        return (*known(folders), *(Fact(*fact) for fact in own))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "machine_facts", named)
        patch.setattr(facts, "host_name", lambda: HOST)
        patch.setattr(facts, "user_name", lambda: USER)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    pages = {
        "/": '<a href="/echo">x</a><a href="/moved">y</a><a href="/no">z</a>',
        "/echo": "<p>Your address is 203.0.113.7.</p>",
        "/moved": Reply(status=302, headers={"Location": "/welcome?from=203.0.113.7"}),
        "/welcome?from=203.0.113.7": "<p>welcome</p><a href='https://elsewhere.example/?203.0.113.7'>away</a>",
    }
    with serving(pages) as server:
        yield server


@pytest.fixture(scope="module")
def crawled_once(server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor") / "my-archive"
    assert run(["-q", "init", str(folder), "--operator", "Archive of the North <archive@north.example>"]) == Exit.DONE
    for _ in range(2):
        assert run(["-q", "-C", str(folder), "crawl", "--url", server.url()]) == Exit.DONE
    return folder


@pytest.fixture
def crawled(crawled_once: Path, tmp_path: Path) -> Path:
    """A collection after two crawls."""
    return shutil.copytree(crawled_once, tmp_path / "my-archive")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    status = run(["--json", *words])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_nothing_that_khronika_wrote_names_its_machine(crawled_once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # where it was crawled, and not a copy: its own path is one of the facts
    crawled = crawled_once
    status, lines = told(capsys, "-C", str(crawled), "doctor", "privacy")
    summary = lines[-1]

    assert [line for line in lines if line["type"] == "finding"] == []
    assert (status, summary["verdict"], summary["written"], summary["unread"]) == (Exit.DONE, "ok", 0, 0)
    own = sum(1 for path in (crawled / "archive").iterdir() for _ in read_records(path))
    assert summary["records"] == own > 10
    assert "host name (this machine)" in summary["searched"]
    # what was committed to is where it belongs, and only there
    for path in crawled.rglob("*"):
        if path.is_file() and path.parent.name != "keys":
            assert HOST.encode() not in path.read_bytes()
            assert str(crawled).encode() not in path.read_bytes()


def test_exports_are_clean_too(crawled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    for form in ("text", "cdxj"):
        assert run(["-q", "-C", str(crawled), "export", form, "-o", str(exports / form)]) == Exit.DONE

    status, lines = told(capsys, "-C", str(crawled), "doctor", "privacy", "--also", str(exports))
    assert (status, [line for line in lines if line["type"] == "finding"]) == (Exit.DONE, [])
    assert lines[-1]["files"] > 2


def test_what_a_server_echoes_of_the_operators_address_is_told_and_no_failure(
    crawled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = crawled / "index.cdxj"
    assert run(["-q", "-C", str(crawled), "export", "cdxj", "-o", str(exported)]) == Exit.DONE
    status, lines = told(capsys, "-C", str(crawled), "doctor", "privacy", "--address", "203.0.113.7")
    found = [line for line in lines if line["type"] == "finding"]

    assert {line["kind"] for line in found} == {"echoed"}
    assert status == Exit.DONE
    assert {line["place"] for line in found} >= {"what the server sent", "the field WARC-Target-URI"}
    assert {line["file"].rpartition("/")[2] for line in found} >= {"frontier.sqlite", "catalogue.sqlite", "index.cdxj"}
    assert "203.0.113.7" not in json.dumps(lines)


def test_an_address_that_is_echoed_on_loopback_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    with serving({"/": "<p>You are 127.0.0.1</p>"}) as server:
        assert run(["-q", "-C", str(folder), "crawl", "--url", server.url()]) == Exit.DONE

    status, lines = told(capsys, "-C", str(folder), "doctor", "privacy", "--address", "127.0.0.1")
    kinds = {line["kind"] for line in lines if line["type"] == "finding"}
    assert (status, kinds) == (Exit.DONE, {"echoed"})


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (record("warcinfo", f"hostname: {HOST}\r\n".encode()), "host name"),
        (record("metadata", f"fetched-by: {USER}\r\n".encode(), target="http://site.example/"), "user name"),
        (record("warcinfo", b"x: y", f"WARC-Record-ID: <{uuid.uuid1(node=int(MAC, 16)).urn}>"), "MAC address"),
        (record("warcinfo", b"interface: 0A:1B:2C:3D:4E:5F\r\n"), "MAC address"),
        (record("request", b"GET / HTTP/1.1\r\nX: /home/anna7391/x\r\n\r\n", target="http://site.example/"), "path"),
        (record("warcinfo", b"ip: 192.168.1.17\r\n"), "network address"),
    ],
)
@pytest.mark.parametrize("where", ["file", "collection"])
def test_what_was_planted_is_found(
    one: bytes, what: str, where: str, crawled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = record("response", response(b"x"), number=77, target="http://site.example/")
    folder = tmp_path if where == "file" else crawled / "archive"
    planted = folder / "khronika-20261122010000000-00009-1a2b3c4d.warc.gz"
    planted.write_bytes(packed([one, page]))
    words = [str(planted)] if where == "file" else []

    status, lines = told(capsys, "-C", str(crawled), "doctor", "privacy", *words)
    found = [line for line in lines if line["type"] == "finding"]
    assert status == Exit.VERIFICATION_FAILED
    assert lines[-1]["verdict"] == "failed"
    assert any(what in line["what"] and line["kind"] == "written" for line in found)
    assert all(line["file"].endswith(planted.name) for line in found)
    for secret in (HOST, USER, MAC):
        assert secret not in json.dumps(lines)


def test_a_file_that_cannot_be_read_is_no_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.warc.gz").write_bytes(packed([record("warcinfo", b"x: y\r\n")])[:-3])

    status, lines = told(capsys, "doctor", "privacy", str(tmp_path / "a.warc.gz"))
    assert status == Exit.VERIFICATION_FAILED
    assert [line["kind"] for line in lines if line["type"] == "finding"] == ["unread"]


def test_people_are_told_what_was_found_and_what_was_not_searched(
    crawled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["-C", str(crawled), "doctor", "privacy", "--word", "Unlikely Word"]) == Exit.DONE
    said = capsys.readouterr().out

    assert "✓ ok" in said
    assert "given word (given)" in said
    assert "not searched: keys/" in said


def test_proxies_and_name_servers_of_the_settings_are_looked_for_everywhere_else(
    crawled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = crawled / "khronika.toml"
    settings.write_text(
        settings.read_text().replace(
            "[crawl]\n",
            '[crawl]\nproxy = "socks5://anna7391:geheim77@hideout.example:9050"\n'
            'nameservers = ["203.0.113.53", "2001:db8::53"]\n',
        )
    )
    status, lines = told(capsys, "-C", str(crawled), "doctor", "privacy")
    assert status == Exit.VERIFICATION_FAILED  # the account's name as the proxy's user
    assert {(line["file"], line["what"]) for line in lines if line["type"] == "finding"} == {
        ("khronika.toml", "user name (account)")
    }

    (crawled / "note.txt").write_text("through hideout.example with geheim77, asking 203.0.113.53\n")
    (crawled / "notes.txt").write_text("asking 2001:db8::53\n")
    _, lines = told(capsys, "-C", str(crawled), "doctor", "privacy")
    assert {line["what"] for line in lines if line.get("file") == "note.txt"} == {
        "host name (khronika.toml)",
        "password (khronika.toml)",
        "network address (khronika.toml)",
    }
    assert "network address (khronika.toml)" in [line["what"] for line in lines if line.get("file") == "notes.txt"]


def test_a_proxys_user_of_a_name_that_is_everywhere_is_no_finding_and_that_is_said(
    crawled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = crawled / "khronika.toml"
    with_proxy = settings.read_text().replace(
        "[crawl]\n", '[crawl]\nproxy = "http://user:geheim77@hideout.example:1"\n'
    )
    settings.write_text(with_proxy)

    _, lines = told(capsys, "-C", str(crawled), "doctor", "privacy")

    assert not [line for line in lines if "khronika.toml" in line.get("what", "")]
    assert "user name (khronika.toml): too common or too short a word to be looked for" in lines[-1]["not_searched"]


def test_a_folder_that_was_named_and_is_no_collection_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["-C", str(tmp_path / "typo"), "doctor"])

    assert "typo: the temporary folder is tried" in capsys.readouterr().err


def test_without_a_collection_and_without_files_it_is_exit_10(tmp_path: Path) -> None:
    assert run(["-C", str(tmp_path), "doctor", "privacy"]) == Exit.NO_COLLECTION
    assert run(["-C", str(tmp_path), "doctor", "commitments"]) == Exit.NO_COLLECTION


def test_each_crawl_commits_to_its_machine_and_one_fact_can_be_opened_alone(
    crawled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, lines = told(capsys, "-C", str(crawled), "doctor", "commitments")
    assert status == Exit.DONE
    assert [line["name"] for line in lines[:2]] == ["host-name", "user-name"]
    assert HOST not in json.dumps(lines)
    warcs = sorted((crawled / "archive").iterdir())
    blocks = b"".join(record.block.read() for warc in warcs for record in read_records(warc) if record.n == 0)
    assert [line["commitment"].encode() for line in lines] == re.findall(
        rb"sha256:\w+", b"".join(re.findall(rb"operator-commitments:([^\r]*)", blocks))
    )

    assert run(["-C", str(crawled), "doctor", "commitments", "--open", "1"]) == Exit.DONE
    opening = capsys.readouterr().out
    assert json.loads(opening)["value"] == HOST
    assert "sha256:" + hashlib.sha256(opening.strip().encode()).hexdigest() == lines[0]["commitment"]

    # whoever has the WARC and the opening can check it, without the collection
    (tmp_path / "opening.json").write_text(opening)
    check = ["doctor", "commitments", "--check", str(tmp_path / "opening.json")]
    assert run([*check, str(warcs[0])]) == Exit.DONE
    # a WARC that is damaged further on still says what it commits to
    damaged = tmp_path / "damaged.warc.gz"
    damaged.write_bytes(warcs[0].read_bytes()[:-20])
    assert run([*check, str(damaged)]) == Exit.DONE
    assert "what comes after it is not searched" in capsys.readouterr().err
    assert run([*check, str(warcs[1])]) == Exit.VERIFICATION_FAILED
    assert run(["-C", str(crawled), *check]) == Exit.DONE

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(opening.replace(HOST, "other").encode())))
    assert run(["-C", str(crawled), "doctor", "commitments", "--check", "-"]) == Exit.VERIFICATION_FAILED


def test_commitments_can_be_left_out(server: PageServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my-archive"
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    settings = folder / "khronika.toml"
    settings.write_text(settings.read_text().replace("# commitments = true", "commitments = false"))
    assert run(["-q", "-C", str(folder), "crawl", "--url", server.url()]) == Exit.DONE

    assert not (folder / "keys/commitments.jsonl").exists()
    assert told(capsys, "-C", str(folder), "doctor", "commitments") == (Exit.DONE, [])
    [warc] = (folder / "archive").iterdir()
    assert b"operator-commitments" not in next(iter(read_records(warc))).block.read()


def test_what_the_operator_says_of_themselves_is_set_by_name(crawled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["-C", str(crawled), "doctor", "commitments"]

    assert run([*where, "--set", "collector=Анна Вымышленная"]) == Exit.DONE
    assert run([*where, "--set", "collector"]) == Exit.USAGE
    assert run([*where, "--set", "host-name=x"]) == Exit.USAGE
    assert run([*where, "--open", "99"]) == Exit.USAGE
    assert run([*where, "--open", "1", "--set", "remark=x"]) == Exit.USAGE
    assert json.loads((crawled / "keys" / "facts.json").read_text()) == {"collector": "Анна Вымышленная"}


def test_doctor_alone_looks_at_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "doctor")[1][0] == told(capsys, "doctor", "machine")[1][0]
    assert run(["doctor", "--help"]) == Exit.DONE
    assert "privacy" in capsys.readouterr().out
    assert run(["doctor", "privcy"]) == Exit.USAGE
