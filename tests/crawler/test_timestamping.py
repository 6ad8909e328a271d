"""Checkpoints are shown to authorities, what they answer is checked before it is kept, and no crawl suffers from it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from authority import Authority, Wrong, make_crl, make_token, openssl_verifies
from disk_faults import Faults, disk, refuse
from loops import LOOPS, run_on
from page_server import Reply, serving
from proxy_server import Fault, ProxyServer

from archive import anchor
from archive.anchor import Kept, is_due, keep_token, kept_crls, kept_tokens, unlogged
from archive.collection import Collection
from archive.digest import digest
from archive.entry import AnchorEntry, BeaconEntry, Entry, EventEntry, EventType, Outcome, parse_entry
from archive.errors import StorageError, TimestampError
from archive.store import FolderStore
from archive.timestamp import verify_token
from archive.writer import Writer
from crawler import timestamping
from crawler.cli import Exit, run
from crawler.config import load_config
from crawler.log_policy import LogPolicy, TimeAuthority
from crawler.route import DIRECT, Route, parse_proxy
from crawler.run_log import read_beacon
from crawler.timestamping import Stamped, Stamping, Unstamped, words_of

HOST = "tsa.example"
ROUND = {"round": 4711, "randomness": hashlib.sha256(b"beacon").hexdigest(), "signature": "00"}


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with Authority(tmp_path / "authority") as authority:
        yield authority


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    with Collection.create(tmp_path / "collection", "") as collection:
        yield collection


def configured(*authorities: Authority, **more: Any) -> LogPolicy:
    names = ("first", "second", "third")
    return LogPolicy(
        tuple(
            TimeAuthority(name, authority.url, str(authority.certificate), **more)
            for name, authority in zip(names, authorities, strict=False)
        )
    )


def stamping_of(collection: Collection, writer: Writer, log: LogPolicy, **more: Any) -> Stamping:
    async def no_pause(_seconds: float) -> None:
        pass

    route = more.pop("route", DIRECT)
    return Stamping(collection.path, log, route, writer.append_entries, **{"pause": no_pause, "patience": 5} | more)


def stamp(collection: Collection, log: LogPolicy, loop: str = "asyncio", **more: Any) -> list[Stamped | Unstamped]:
    """Log something, sign it, and show it to the authorities."""
    with collection.writer() as writer:
        writer.log_event(EventType.EXPORT, Outcome.SUCCESS, "something").result()
        writer.checkpoint().result()
        return run_on(loop, stamping_of(collection, writer, log, **more).stamp())


def entries(collection: Collection) -> list[Entry]:
    return [parse_entry(octets) for _, octets in collection.log().entries()]


def anchors(collection: Collection) -> list[AnchorEntry]:
    return [entry for entry in entries(collection) if isinstance(entry, AnchorEntry)]


def files(collection: Collection) -> list[str]:
    folder = collection.path / anchor.TSA
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("loop", LOOPS)
def test_a_checkpoint_gets_a_token_that_is_kept_and_logged(
    collection: Collection, authority: Authority, tmp_path: Path, loop: str
) -> None:
    [result] = stamp(collection, configured(authority), loop)

    assert isinstance(result, Stamped)
    response = (collection.path / result.kept.name).read_bytes()
    octets = collection.log().checkpoint_at(result.kept.size)
    token = verify_token(response, octets, authority.certificate.read_bytes())
    assert token.gen_time == result.token.gen_time
    assert openssl_verifies(response, octets, authority, tmp_path, token.gen_time)
    [logged] = anchors(collection)
    assert (logged.authority, logged.size, logged.date) == ("first", result.kept.size, token.gen_time)
    assert logged.digest == digest(response)
    # logged at the index that is the checkpoint's size, and signed by the next checkpoint
    assert collection.log().size == result.kept.size + 1


def test_the_request_tells_nothing_but_the_hash(collection: Collection, authority: Authority) -> None:
    [result] = stamp(collection, configured(authority))

    [asked] = authority.asked
    octets = collection.log().checkpoint_at(result.kept.size)
    assert hashlib.sha256(octets).digest() in asked.body
    assert len(asked.body) <= 70
    assert {name.lower() for name, _ in asked.headers} == {
        "host",
        "content-type",
        "accept",
        "accept-encoding",
        "content-length",
    }
    assert asked.header("Content-Type") == "application/timestamp-query"


def test_nothing_is_sent_where_no_authority_is_configured(collection: Collection, authority: Authority) -> None:
    assert stamp(collection, LogPolicy()) == []
    assert authority.asked == []
    assert files(collection) == []


def test_the_entry_of_a_token_is_no_reason_for_another(collection: Collection, authority: Authority) -> None:
    log = configured(authority)
    stamp(collection, log)
    size = collection.log().size
    for _ in range(3):
        with collection.writer() as writer:
            writer.checkpoint().result()
            assert asyncio.run(stamping_of(collection, writer, log).stamp()) == []

    assert collection.log().size == size
    assert len(authority.asked) == 1


def test_several_authorities_sign_the_same_checkpoint(collection: Collection, tmp_path: Path) -> None:
    with Authority(tmp_path / "one") as one, Authority(tmp_path / "two", with_rsa=True) as two:
        log = configured(one, two)
        results = stamp(collection, log)
        with collection.writer() as writer:
            assert asyncio.run(stamping_of(collection, writer, log).stamp()) == []

    assert [type(result) for result in results] == [Stamped, Stamped]
    assert len({result.kept.size for result in results}) == 1
    assert {logged.authority for logged in anchors(collection)} == {"first", "second"}


def test_one_authority_that_fails_does_not_keep_the_other_from_it(collection: Collection, tmp_path: Path) -> None:
    with Authority(tmp_path / "one", wrong=Wrong.REJECTION) as one, Authority(tmp_path / "two") as two:
        first, second = stamp(collection, configured(one, two))
        one.wrong = None
        with collection.writer() as writer:
            again = asyncio.run(stamping_of(collection, writer, configured(one, two)).stamp())

    assert isinstance(first, Unstamped)
    assert isinstance(second, Stamped)
    # the checkpoint after it, which says more by an anchor alone, is new to the first one
    assert [result.kept.authority for result in again] == ["first"]
    assert len(anchors(collection)) == 2


WRONG = {
    Wrong.OCTETS: "found one over other octets",
    Wrong.NONCE: "expected the nonce of the request in the token, found another",
    Wrong.NO_NONCE: "expected the nonce of the request in the token, found none",
    Wrong.FLIPPED: "found a signature that does not hold",
    Wrong.ROGUE: "found a token of another authority",
    Wrong.NO_CERTIFICATE: "expected the certificate that the token is signed with in the token",
    Wrong.REJECTION: "the authority refuses: rejection (the service is closed: system failure)",
    Wrong.WAITING: "the authority refuses: waiting (later)",
    Wrong.GARBAGE: "expected a response of a time-stamping authority",
    Wrong.EMPTY: "expected a response of a time-stamping authority",
    Wrong.TRUNCATED: "expected a response of a time-stamping authority",
    Wrong.HTML: "found a web page",
    Wrong.ERROR: "expected an answer with status 200, found 500",
    Wrong.BUSY: "expected an answer with status 200, found 503",
    Wrong.REDIRECT: "expected an answer with status 200, found 302",
    Wrong.HUGE: "expected an answer of up to 262144 octets, found more",
    Wrong.HANG: "no complete head within 0.5 s",
    Wrong.RESET: "closed by the server",
}


@pytest.mark.parametrize("wrong", Wrong)
def test_a_wrong_answer_is_told_and_nothing_of_it_is_kept(
    collection: Collection, authority: Authority, wrong: Wrong
) -> None:
    authority.wrong = wrong
    patience = 0.5 if wrong is Wrong.HANG else 5
    [result] = stamp(collection, configured(authority), patience=patience)

    assert isinstance(result, Unstamped)
    assert WRONG[wrong] in result.reason
    assert files(collection) == []
    assert anchors(collection) == []
    # only what says nothing about the request is asked again, and not before the time that the authority asks for
    again = wrong in {Wrong.ERROR, Wrong.HANG, Wrong.RESET}
    assert len(authority.asked) == (timestamping.ATTEMPTS if again else 1)
    assert result.wait == (120 if wrong is Wrong.BUSY else None)


def test_an_authority_that_was_busy_is_asked_again(collection: Collection, authority: Authority) -> None:
    authority.wrong, authority.times = Wrong.ERROR, 2
    [result] = stamp(collection, configured(authority))

    assert isinstance(result, Stamped)
    assert len(authority.asked) == 3


def test_what_could_not_be_stamped_is_covered_by_the_next_token(collection: Collection, authority: Authority) -> None:
    authority.wrong = Wrong.ERROR
    [missed] = stamp(collection, configured(authority))
    authority.wrong = None
    [result] = stamp(collection, configured(authority))

    assert isinstance(result, Stamped)
    assert result.kept.size > missed.kept.size
    assert kept_tokens(FolderStore(collection.path)) == [result.kept]


def test_an_authority_that_is_not_there_is_told(collection: Collection, authority: Authority) -> None:
    authority.__exit__()
    [result] = stamp(collection, configured(authority))

    assert isinstance(result, Unstamped)
    assert "expected an answer, found none: no connection" in result.reason


def test_a_policy_that_is_asked_for_is_held_against_the_token(collection: Collection, authority: Authority) -> None:
    [other] = stamp(collection, configured(authority, policy="1.3.6.1.4.1.32473.9"))
    [same] = stamp(collection, configured(authority, policy=authority.policy))

    assert isinstance(other, Unstamped)
    assert "expected a token under the policy 1.3.6.1.4.1.32473.9" in other.reason
    assert isinstance(same, Stamped)


def test_a_certificate_that_cannot_be_read_is_told_and_nobody_is_asked(
    collection: Collection, authority: Authority, tmp_path: Path
) -> None:
    log = configured(authority)
    [first] = log.authorities
    (tmp_path / "unit.pem").write_bytes(authority.unit.pem)
    for certificate, words in (
        (str(tmp_path / "missing.pem"), "expected the file that certificate names"),
        (str(tmp_path / "unit.pem"), "expected the authority's root certificate"),
        (str(authority.folder / "serial"), "expected certificates in PEM"),
    ):
        [result] = stamp(collection, LogPolicy((replace(first, certificate=certificate),)))
        assert isinstance(result, Unstamped)
        assert words in result.reason
        assert str(tmp_path) not in result.reason
    assert authority.asked == []


def test_another_certificate_needs_another_name(collection: Collection, authority: Authority, tmp_path: Path) -> None:
    bound = collection.path / anchor.certificate_name("first")
    bound.parent.mkdir()
    bound.write_bytes((authority.folder / "chain.pem").read_bytes())
    with Authority(tmp_path / "other") as other:
        [result] = stamp(collection, configured(other))
        [same] = stamp(collection, configured(authority))

    assert isinstance(result, Unstamped)
    assert "an authority with another certificate needs another name" in result.reason
    assert isinstance(same, Stamped)


def test_a_clock_that_is_wrong_is_told(collection: Collection, authority: Authority) -> None:
    for shift, words in ((3600, "3600 s ahead of the authority's"), (-7200, "7200 s behind the authority's")):

        def now(shift: int = shift) -> datetime:
            return datetime.now(UTC) + timedelta(seconds=shift)

        [result] = stamp(collection, configured(authority), now=now)
        assert isinstance(result, Stamped)
        assert any(words in note for note in result.notes), result.notes


def test_a_bad_token_that_is_planted_is_not_logged(collection: Collection, authority: Authority) -> None:
    size = collection.log().size
    keep_token(collection.path, Kept(size, "first"), authority.stamp(b"other octets"))
    stamp(collection, configured(authority))

    assert [logged.size for logged in anchors(collection)] == [kept.size for kept in kept_tokens(FolderStore(
        collection.path)) if kept.size != size]  # fmt: skip


# the way to them


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_authorities_and_lists_are_asked_through_the_proxy_alone(
    collection: Collection, tmp_path: Path, scheme: Literal["http", "socks5"]
) -> None:
    with Authority(tmp_path / "authority", crl=True) as authority, ProxyServer({HOST: "127.0.0.1"}) as proxy:
        named = TimeAuthority("first", f"http://{HOST}:{authority.port}/tsr", str(authority.certificate))
        route = Route(parse_proxy(proxy.url(scheme)))
        [result] = stamp(collection, LogPolicy((named,)), route=route, nameservers=["127.0.0.1:1"])

    assert isinstance(result, Stamped), result.reason
    # the list's address, which the certificate names, goes the same way
    assert [(asked.host, asked.port) for asked in proxy.asked] == [
        (HOST, authority.port),
        ("127.0.0.1", authority.port),
    ]
    assert [asked.method for asked in authority.asked] == ["POST", "GET"]


def test_where_the_proxy_fails_nothing_goes_round_it(collection: Collection, authority: Authority) -> None:
    with ProxyServer(fault=Fault.CLOSE) as proxy:
        route = Route(parse_proxy(proxy.url("socks5", user="me:secret")))
        [result] = stamp(collection, configured(authority), route=route)

    assert isinstance(result, Unstamped)
    assert authority.asked == []
    assert "secret" not in result.reason
    assert str(proxy.port) not in result.reason


def test_a_crawl_through_site_proxies_does_not_go_straight_to_an_authority(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    with serving({"/": "a page"}) as server, ProxyServer() as proxy:
        make(folder, authority, f'[[site]]\nname = "a"\nstart = ["{server.url()}"]\nproxy = "{proxy.url("socks5")}"\n')
        assert run(["-C", str(folder), "crawl"]) == Exit.DONE

    assert authority.asked == []
    assert "no time-stamp: khronika.toml: expected proxy in [log]" in capsys.readouterr().err


# lists of revoked certificates


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Authority]:
    with Authority(tmp_path / "listed", crl=True) as authority:
        yield authority


def gets(authority: Authority) -> int:
    return sum(asked.method == "GET" for asked in authority.asked)


def test_the_list_of_revoked_certificates_is_kept_once_a_day(collection: Collection, listed: Authority) -> None:
    [first] = stamp(collection, configured(listed))
    [second] = stamp(collection, configured(listed))

    assert isinstance(first, Stamped)
    assert isinstance(second, Stamped)
    assert kept_crls(FolderStore(collection.path)) == [first.kept]
    assert (collection.path / first.kept.crl).read_bytes() != b""
    assert gets(listed) == 1
    tomorrow = timedelta(days=1, minutes=5)
    [third] = stamp(collection, configured(listed), now=lambda: datetime.now(UTC) + tomorrow)
    assert isinstance(third, Stamped)
    assert gets(listed) == 2
    assert kept_crls(FolderStore(collection.path)) == [first.kept, third.kept]


def test_a_list_that_cannot_be_had_is_told_and_the_token_is_kept(collection: Collection, listed: Authority) -> None:
    def fails(words: str, octets: Callable[[], bytes]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("authority.make_crl", lambda *_: octets())
            [result] = stamp(collection, configured(listed), patience=1)
        assert isinstance(result, Stamped)
        assert any("no list of revoked certificates was had" in note and words in note for note in result.notes)

    def never() -> bytes:
        time.sleep(2)
        return b""

    past = datetime(2025, 1, 1, tzinfo=UTC)
    old = make_crl(listed.root, this_update=past, next_update=past + timedelta(days=7))
    fails("in DER, found other octets", lambda: b"no list")
    fails("expected the list of", lambda: make_crl(listed.rogue()))
    fails("found one that was replaced by 2025-01-08", lambda: old)
    fails("within 1 s", never)
    assert kept_crls(FolderStore(collection.path)) == []


def test_a_list_is_not_fetched_where_it_is_not_wanted(collection: Collection, listed: Authority) -> None:
    [result] = stamp(collection, configured(listed, crl=False))

    assert isinstance(result, Stamped)
    assert gets(listed) == 0


def test_a_token_of_a_revoked_certificate_is_refused(collection: Collection, listed: Authority) -> None:
    listed.revoke(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    [result] = stamp(collection, configured(listed))

    assert isinstance(result, Unstamped)
    assert "found that it was revoked on 2026-01-02 03:04:05 UTC" in result.reason
    assert files(collection) == []


def test_a_token_from_before_a_revocation_is_taken(collection: Collection, listed: Authority) -> None:
    listed.revoke(datetime.now(UTC) + timedelta(days=1))

    assert isinstance(stamp(collection, configured(listed))[0], Stamped)


# cut short


def test_a_token_that_was_kept_and_not_logged_is_logged_by_the_next_run(
    collection: Collection, authority: Authority
) -> None:
    class Killed(BaseException):
        pass

    def kill(_entries: Sequence[bytes]) -> Any:
        raise Killed

    log = configured(authority)
    with collection.writer() as writer:
        stamping = Stamping(collection.path, log, DIRECT, kill)
        with pytest.raises(Killed):
            asyncio.run(stamping.stamp())
    store = FolderStore(collection.path)
    assert [kept.name for kept in unlogged(collection.log(), kept_tokens(store))] == [kept_tokens(store)[0].name]
    with collection.writer() as writer:
        assert asyncio.run(stamping_of(collection, writer, log).stamp()) == []

    assert len(authority.asked) == 1
    assert [logged.digest for logged in anchors(collection)] == [digest(store.read(kept_tokens(store)[0].name))]
    assert unlogged(collection.log(), kept_tokens(store)) == []


@pytest.mark.parametrize("on", [False, True], ids=["once", "from then on"])
def test_a_disk_that_refuses_at_any_step_loses_nothing(tmp_path: Path, listed: Authority, on: bool) -> None:
    log = configured(listed)
    refused = 0
    for at in range(100):
        collection = Collection.create(tmp_path / f"collection{at}", "")
        faults = Faults(refuse, at, on=on)
        with contextlib.suppress(StorageError), collection.writer() as writer:
            stamping = stamping_of(collection, writer, log)
            with disk(faults):
                [result] = asyncio.run(stamping.stamp())
        kept = kept_tokens(FolderStore(collection.path))
        if isinstance(result, Stamped):
            assert kept == [result.kept]
        else:
            refused += 1
        with collection.writer() as writer:
            again = asyncio.run(stamping_of(collection, writer, log).stamp())
        # asked again where there was no token, and only then
        assert [type(one) for one in again] == ([] if kept else [Stamped]), again
        store = FolderStore(collection.path)
        assert [one.digest for one in anchors(collection)] == [
            digest(store.read(one.name)) for one in kept_tokens(store)
        ]
        assert not [name for name in files(collection) if name.endswith(".new")]
        collection.close()
        if len(faults.done) <= at:
            break
    assert at > 10
    assert refused >= at - 1


def test_a_list_from_an_attempt_that_was_cut_short_is_not_in_the_way(
    collection: Collection, listed: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(timestamping, "keep_token", lambda *_: (_ for _ in ()).throw(StorageError("the disk is full")))
        [refused] = stamp(collection, configured(listed))
    with collection.writer() as writer:
        [result] = asyncio.run(stamping_of(collection, writer, configured(listed)).stamp())

    assert isinstance(refused, Unstamped)
    assert refused.reason == "the disk is full"
    assert isinstance(result, Stamped)


def test_a_token_is_written_once(collection: Collection) -> None:
    keep_token(collection.path, Kept(1, "first"), b"one")

    with pytest.raises(StorageError, match=r"expected no log/tsa/1\.first\.tsr, which is written once, found one"):
        keep_token(collection.path, Kept(1, "first"), b"two")
    assert (collection.path / "log/tsa/1.first.tsr").read_bytes() == b"one"


def test_files_of_other_kinds_are_no_tokens(collection: Collection) -> None:
    folder = collection.path / anchor.TSA
    folder.mkdir()
    for name in (".2.first.tsr.new", "2.first.tsr.bak", "02.first.tsr", "2.First.tsr", "first.pem", "2..tsr", "2.tsr"):
        (folder / name).write_bytes(b"")
    assert kept_tokens(FolderStore(collection.path)) == []


def test_a_token_over_more_than_is_signed_counts_for_nothing(collection: Collection) -> None:
    log = collection.log()

    assert is_due(log, [Kept(log.size + 1, "first")], "first")
    assert not is_due(log, [Kept(log.size, "first")], "first")
    assert is_due(log, [Kept(log.size, "first")], "second")


# with the command line


def make(folder: Path, authority: Authority | None, more: str = "") -> None:
    assert run(["-q", "init", str(folder)]) == Exit.DONE
    settings = "[crawl]\ndelay = 0\n" + more
    if authority is not None:
        shutil.copy(authority.certificate, folder / "tsa.pem")
        settings += f'[[authority]]\nname = "tsa"\nurl = "{authority.url}"\ncertificate = "tsa.pem"\n'
    (folder / "khronika.toml").write_text(settings)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    status = run(["--json", *words])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def crawl(folder: Path, *words: str) -> int:
    with serving({"/": "<p>a page", "/robots.txt": ""}) as server:
        return run(["-C", str(folder), "crawl", "--url", server.url(), *words])


def test_a_crawl_ends_with_a_token_over_all_that_it_kept(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)

    assert crawl(folder) == Exit.DONE
    assert "time-stamp of tsa over the checkpoint of" in capsys.readouterr().err
    with Collection.open(folder) as collection:
        [kept] = kept_tokens(FolderStore(folder))
        after = [entry.what for entry in entries(collection)[kept.size :]]
    assert after == ["anchor"]
    assert len(authority.asked) == 1


@pytest.mark.parametrize("wrong", [Wrong.ERROR, Wrong.ROGUE, Wrong.HTML])
def test_a_crawl_does_not_fail_because_of_an_authority(
    tmp_path: Path,
    authority: Authority,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wrong: Wrong,
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    authority.wrong = wrong
    monkeypatch.setattr(timestamping, "PAUSE", 0.01)

    assert crawl(folder) == Exit.DONE
    assert (
        f"no time-stamp of tsa over the checkpoint of {log_size(folder)} entries: expected" in capsys.readouterr().err
    )
    # the same later, when it is there again
    authority.wrong = None
    status, lines = told(capsys, "-C", str(folder), "checkpoint", "--timestamp")
    assert status == Exit.DONE
    assert [(line["type"], line.get("ok")) for line in lines] == [("checkpoint", None), ("timestamp", True)]
    assert not lines[0]["new"]


def log_size(folder: Path) -> int:
    with Collection.open(folder) as collection:
        return collection.log().size


def test_a_fault_of_our_own_does_not_fail_a_crawl(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    monkeypatch.setattr(timestamping, "new_request", lambda _: 1 // 0)

    assert crawl(folder) == Exit.DONE
    assert "no time-stamp: a fault in khronika itself: ZeroDivisionError" in capsys.readouterr().err


def test_a_crawl_begins_with_what_the_clock_is_worth(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    make(folder, None)
    assert crawl(folder) == Exit.DONE

    with Collection.open(folder) as collection:
        found = entries(collection)
    [place] = [
        at for at, entry in enumerate(found) if isinstance(entry, EventEntry) and entry.type == "capture-session"
    ]
    event = found[place]
    assert isinstance(event, EventEntry)
    assert event.detail.startswith("begun; clock: ")
    assert event.object is not None
    assert (folder / "crawls" / event.object).is_dir()
    assert min(at for at, entry in enumerate(found) if entry.what == "record") > place


def test_the_command_says_what_is_signed_and_by_whom(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    status, lines = told(capsys, "-C", str(folder), "checkpoint")
    assert status == Exit.DONE
    # the settings have named an authority, which the note of keys says now
    assert [line["type"] for line in lines] == ["checkpoint"]
    assert lines[0]["note"].encode() == (folder / "log" / "checkpoint").read_bytes()
    assert lines[0]["size"] == log_size(folder)

    assert run(["-C", str(folder), "checkpoint", "--timestamp"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "nothing new since the checkpoint of" in said
    assert "✓ time-stamp of tsa over the checkpoint of" in said
    assert run(["-C", str(folder), "checkpoint", "--timestamp"]) == Exit.DONE
    assert "Every authority has signed it already" in capsys.readouterr().out
    authority.wrong = Wrong.FLIPPED
    assert crawl(folder) == Exit.DONE
    capsys.readouterr()
    assert run(["-C", str(folder), "checkpoint", "--timestamp"]) == Exit.ERROR
    assert "✗ no time-stamp of tsa" in capsys.readouterr().out


def test_the_command_needs_an_authority_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "collection"
    make(folder, None)

    assert run(["-C", str(folder), "checkpoint"]) == Exit.DONE
    assert run(["-C", str(folder), "checkpoint", "--timestamp"]) == Exit.USAGE
    assert "expected a time-stamping authority, [[authority]] in khronika.toml, found none" in capsys.readouterr().err


def test_a_token_can_be_carried_to_a_machine_that_is_never_on_line(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    authority.__exit__()
    command = ["-C", str(folder), "checkpoint"]
    status, [signed] = told(capsys, *command, "--request", str(tmp_path / "ask.tsq"))
    assert status == Exit.DONE
    (tmp_path / "answer.tsr").write_bytes(authority.reply((tmp_path / "ask.tsq").read_bytes()))
    # meanwhile the log goes on
    assert crawl(folder) == Exit.DONE

    status, lines = told(capsys, *command, "--token", str(tmp_path / "answer.tsr"))
    assert status == Exit.DONE
    assert (lines[1]["ok"], lines[1]["size"], lines[1]["authority"]) == (True, signed["size"], "tsa")
    status, lines = told(capsys, *command, "--token", str(tmp_path / "answer.tsr"))
    assert status == Exit.DONE
    with Collection.open(folder) as collection:
        assert [logged.size for logged in anchors(collection)] == [signed["size"]]
        assert kept_tokens(FolderStore(folder)) == [Kept(signed["size"], "tsa")]

    octets = (folder / "log" / "checkpoints" / str(signed["size"])).read_bytes()
    for answer, words in (
        (authority.stamp(octets), "expected the first token of tsa over this checkpoint, found another here"),
        (authority.stamp(b"other octets"), "expected a token over a checkpoint of this log, found one over sha256:"),
        (b"no token", "expected a response of a time-stamping authority"),
        (bytes(10**6), "expected a response of up to"),
    ):
        (tmp_path / "answer.tsr").write_bytes(answer)
        assert run([*command, "--token", str(tmp_path / "answer.tsr")]) == Exit.ERROR
        assert words in capsys.readouterr().err
    rogue = make_token(authority.rogue(), hashlib.sha256(octets).digest(), at=datetime.now(UTC))
    (tmp_path / "answer.tsr").write_bytes(rogue)
    assert run([*command, "--token", str(tmp_path / "answer.tsr")]) == Exit.ERROR
    assert "tsa: expected a token signed by the configured authority" in capsys.readouterr().err
    assert run([*command, "--token", str(tmp_path / "answer.tsr"), "--timestamp"]) == Exit.USAGE


def test_doctor_tells_of_clock_and_authorities(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    status, lines = told(capsys, "-C", str(folder), "doctor", "time")
    assert status == Exit.DONE
    assert [line["type"] for line in lines] == ["clock", "authority"]
    assert (lines[1]["name"], lines[1]["due"], lines[1]["size"], lines[1]["ok"]) == ("tsa", True, None, None)

    assert run(["-q", "-C", str(folder), "checkpoint", "--timestamp"]) == Exit.DONE
    status, lines = told(capsys, "-C", str(folder), "doctor", "time")
    assert (status, lines[1]["ok"], lines[1]["due"], lines[1]["problem"]) == (Exit.DONE, True, False, None)
    capsys.readouterr()
    assert run(["-C", str(folder), "doctor", "time"]) == Exit.DONE
    assert "✓ authority tsa: last time-stamp 20" in capsys.readouterr().out

    settings = folder / "khronika.toml"
    settings.write_text(settings.read_text().split("[[authority]]")[0])
    status, lines = told(capsys, "-C", str(folder), "doctor", "time")
    assert (status, lines[1]["ok"], lines[1]["configured"]) == (Exit.DONE, True, False)

    [kept] = kept_tokens(FolderStore(folder))
    octets = bytearray((folder / kept.name).read_bytes())
    octets[-1] ^= 1
    (folder / kept.name).write_bytes(octets)
    status, lines = told(capsys, "-C", str(folder), "doctor", "time")
    assert (status, lines[1]["ok"]) == (Exit.VERIFICATION_FAILED, False)
    assert "a signature that does not hold" in lines[1]["problem"]
    (folder / anchor.certificate_name("tsa")).unlink()
    status, lines = told(capsys, "-C", str(folder), "doctor", "time")
    assert status == Exit.VERIFICATION_FAILED
    assert "expected log/tsa/tsa.pem, found none" in lines[1]["problem"]


def test_status_warns_of_what_no_authority_has_signed(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)

    def warnings() -> list[str]:
        _, lines = told(capsys, "-C", str(folder), "status")
        return [line["words"] for line in lines if line.get("about") == "time"]

    assert warnings() == ["The authority tsa has not signed the newest checkpoint: khronika checkpoint --timestamp"]
    assert run(["-q", "-C", str(folder), "checkpoint", "--timestamp"]) == Exit.DONE
    assert warnings() == []
    (folder / "log" / "checkpoint").write_bytes(b"")
    assert warnings()[0].startswith("The time-stamps cannot be looked at: ")


def test_doctor_looks_at_the_clock_where_no_collection_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = told(capsys, "-C", str(tmp_path), "doctor", "time")

    assert status == Exit.DONE
    assert [line["type"] for line in lines] == ["clock"]


# beside a crawl


def test_while_a_crawl_runs_each_authority_is_asked_once_an_hour(
    collection: Collection, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.config_path.write_text(
        f'[[authority]]\nname = "tsa"\nurl = "{authority.url}"\ncertificate = "{authority.certificate}"\n'
    )
    config = load_config(collection.config_path)
    monkeypatch.setattr(timestamping, "LOOK_EVERY", 0.02)
    said: list[str] = []

    async def busy(writer: Writer) -> None:
        async with timestamping.beside(timestamping.stamp_while(writer, collection.path, config, said.append)):
            for _ in range(20):
                writer.log_event(EventType.EXPORT, Outcome.SUCCESS, "something").result()
                writer.checkpoint().result()
                await asyncio.sleep(0.05)

    with collection.writer() as writer:
        asyncio.run(busy(writer))
        assert len(authority.asked) == 1
        authority.wrong = Wrong.ROGUE
        asyncio.run(busy(writer))
        assert len(authority.asked) == 2
        # after the failure it is not asked again for minutes; shorten them, and the same words are told once
        monkeypatch.setattr(timestamping, "BACK_OFF", 0.0)
        monkeypatch.setattr(timestamping, "EVERY", 0.0)
        said.clear()
        asyncio.run(busy(writer))
    assert len(authority.asked) > 4
    assert len(said) == len(set(said))


def test_the_time_between_two_attempts_grows() -> None:
    clock = [0.0]
    turns = timestamping._Turns(lambda: clock[0])
    missed = Unstamped(Kept(5, "tsa"), "no")
    waits = []
    for _ in range(6):
        turns.took(missed)
        waits.append(turns.not_before["tsa"] - clock[0])
        clock[0] = turns.not_before["tsa"]
    assert waits == [300, 600, 1200, 2400, 3600, 3600]
    turns.took(Unstamped(Kept(5, "tsa"), "no", wait=100_000))
    assert turns.not_before["tsa"] - clock[0] == 3600
    assert turns.may("other")
    assert not turns.may("tsa")


def test_a_crawl_that_is_killed_while_it_is_stamped_loses_nothing(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    authority.wrong = Wrong.HANG
    with serving({"/": "<p>a page", "/robots.txt": ""}) as server:
        command = [sys.executable, "-m", "crawler", "-C", str(folder), "crawl", "--url", server.url()]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until = time.monotonic() + 60
            while not authority.asked and time.monotonic() < until:
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
    assert len(authority.asked) == 1
    authority.wrong = None

    status, lines = told(capsys, "-C", str(folder), "checkpoint", "--timestamp")
    assert status == Exit.DONE
    assert [line.get("ok") for line in lines] == [None, True]
    assert not lines[0]["new"]


def test_ctrl_c_at_the_end_of_a_crawl_leaves_its_time_stamp_for_later(tmp_path: Path, authority: Authority) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    authority.wrong = Wrong.HANG
    with serving({"/": "<p>a page", "/robots.txt": ""}) as server:
        command = [sys.executable, "-m", "crawler", "--json", "-C", str(folder), "crawl", "--url", server.url()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            until = time.monotonic() + 60
            while not authority.asked and time.monotonic() < until:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    summary = json.loads(out.splitlines()[-1])
    assert (process.returncode, summary["type"], summary["reason"]) == (Exit.DONE, "summary", "finished"), err
    assert "no time-stamp: stopped" in err
    assert "Traceback" not in err


def test_ctrl_c_while_it_is_stamped_ends_the_command_at_once(tmp_path: Path, authority: Authority) -> None:
    folder = tmp_path / "collection"
    make(folder, authority)
    authority.wrong = Wrong.HANG
    command = [sys.executable, "-m", "crawler", "-C", str(folder), "checkpoint", "--timestamp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while not authority.asked and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == Exit.INTERRUPTED, (out, err)
    assert "Traceback" not in err


# the beacon


@contextmanager
def beacon(answer: Any) -> Iterator[str]:
    body = answer if isinstance(answer, Reply) else Reply(json.dumps(answer), headers={"Content-Type": "x/json"})
    chain = "8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"
    with serving({f"/{chain}/public/latest": body}) as server:
        yield server.url(f"/{chain}/public/latest")


def test_a_beacons_value_is_logged_before_the_first_record(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    with beacon(ROUND) as url:
        make(folder, None, f'[log]\nbeacon = "{url}"\n')
        assert crawl(folder) == Exit.DONE

    with Collection.open(folder) as collection:
        found = entries(collection)
    [place] = [at for at, entry in enumerate(found) if isinstance(entry, BeaconEntry)]
    logged = found[place]
    assert isinstance(logged, BeaconEntry)
    assert (logged.round, logged.value) == (4711, ROUND["randomness"])
    assert logged.source == "drand 8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce"
    assert min(at for at, entry in enumerate(found) if entry.what == "record") > place
    assert b"127.0.0.1" not in logged.octets()


@pytest.mark.parametrize(
    "octets",
    [
        b'{"round": "1", "randomness": "%b"}' % (b"00" * 32),
        b'{"round": 0, "randomness": "%b"}' % (b"00" * 32),
        b'{"round": 1, "randomness": "%b"}' % (b"xx" * 32),
        b'{"round": 1, "randomness": "000000"}',
        b'{"round": true, "randomness": "%b"}' % (b"00" * 32),
        b'{"round": 1152921504606846976, "randomness": "%b"}' % (b"00" * 32),
        b"[1, 2]",
        b"no JSON",
        b"\xff\xfe",
        b"[" * 50_000,
    ],
)
def test_what_is_no_value_of_a_beacon_is_refused(octets: bytes) -> None:
    with pytest.raises(TimestampError, match="of a beacon, found"):
        read_beacon(octets, "https://api.example/public/latest", datetime.now(UTC))


@pytest.mark.parametrize(
    "answer",
    [
        Reply("no JSON"),
        Reply(b"x" * 70_000),
        Reply("{}", status=302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
)
def test_a_crawl_begins_without_a_beacon_that_cannot_be_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    folder = tmp_path / "collection"
    with beacon(answer) as url:
        make(folder, None, f'[log]\nbeacon = "{url}"\n')
        assert crawl(folder) == Exit.DONE

    assert "no value of the beacon: expected" in capsys.readouterr().err
    with Collection.open(folder) as collection:
        found = entries(collection)
    assert not [entry for entry in found if isinstance(entry, BeaconEntry)]
    [event] = [entry for entry in found if isinstance(entry, EventEntry) and entry.type == "capture-session"]
    assert event.detail.endswith("; no value of the beacon could be had")


def test_a_beacon_is_asked_through_the_proxy(tmp_path: Path) -> None:
    folder = tmp_path / "collection"
    with beacon(ROUND) as url, ProxyServer({"beacon.example": "127.0.0.1"}) as proxy:
        elsewhere = url.replace("127.0.0.1", "beacon.example")
        make(folder, None, f'[log]\nbeacon = "{elsewhere}"\nproxy = "{proxy.url("socks5")}"\n')
        assert crawl(folder) == Exit.DONE

    assert [asked.host for asked in proxy.asked] == ["beacon.example"]
    with Collection.open(folder) as collection:
        assert [entry.what for entry in entries(collection)].count("beacon") == 1


def test_a_beacon_without_a_chain_in_its_address_is_named_by_its_kind() -> None:
    entry = read_beacon(json.dumps(ROUND).encode(), "https://api.example/public/latest", datetime.now(UTC))

    assert entry.source == "drand"
    assert parse_entry(entry.octets()) == entry


def test_results_are_told_in_words() -> None:
    assert words_of(Unstamped(Kept(7, "tsa"), "it is closed")) == [
        "no time-stamp of tsa over the checkpoint of 7 entries: it is closed"
    ]
