"""The resolver against a real name server: every answer is told as it was given, and no look-up raises."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dns_server import Answer, Denied, DnsServer, Reply
from hypothesis import given
from hypothesis import strategies as st
from loops import run_on

from archive.exchange import DnsAnswer, Failure
from crawler.nameserver import parse_nameserver
from crawler.resolver import LookUp, Resolver, literal_address, sockets_of

T = TypeVar("T")

THEN = datetime(2026, 11, 22, 3, 4, 5, 678901, UTC)
A = "case.example. 300 IN A 192.0.2.1"
AAAA = "case.example. 200 IN AAAA 2001:db8::1"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return run_on("uvloop", coroutine)


def a_resolver(server: DnsServer, **wiring: Any) -> Resolver:
    return Resolver([server.address], clock=lambda: THEN, **wiring)


def look_up(
    answers: Mapping[str, Answer | Mapping[str, Answer]], host: str = "case.example", within: float = 5, **faults: Any
) -> LookUp:
    with DnsServer(answers, **faults) as server:
        return run(a_resolver(server).look_up(host, within))


def told(found: LookUp) -> tuple[str, Sequence[str], Failure | None]:
    assert found.answer is not None
    return found.answer.rcode, found.answer.records, found.failure


def test_both_families_are_asked_for_and_the_whole_answer_is_kept() -> None:
    with DnsServer({"case.example.": {"A": [A], "AAAA": [AAAA]}}) as server:
        found = run(a_resolver(server).look_up("case.example", 5))

    assert found == LookUp(
        ("192.0.2.1", "2001:db8::1"), DnsAnswer("case.example", THEN, "NOERROR", (A, AAAA), "dns"), None, None
    )
    assert server.asked("case.example.") == ["A", "AAAA"]


def test_a_chain_of_names_is_kept_whole_and_once() -> None:
    chain = ["case.example. 60 IN CNAME a.cdn.example.", "a.cdn.example. 60 IN CNAME b.cdn.example."]
    found = look_up(
        {
            "case.example.": {
                "A": [*chain, "b.cdn.example. 30 IN A 192.0.2.7", "b.cdn.example. 30 IN A 192.0.2.8"],
                "AAAA": [line.replace(" 60 ", " 59 ") for line in chain],
            }
        }
    )

    assert sorted(found.addresses) == ["192.0.2.7", "192.0.2.8"]
    assert found.answer is not None
    assert found.answer.records[:2] == tuple(chain)
    assert sorted(found.answer.records[2:]) == [f"b.cdn.example. 30 IN A 192.0.2.{n}" for n in (7, 8)]


def test_an_address_of_another_name_is_on_record_and_not_used() -> None:
    stray = "other.example. 300 IN A 192.0.2.66"
    found = look_up({"case.example.": {"A": [stray, A]}})

    assert found.addresses == ("192.0.2.1",)
    assert found.answer is not None
    assert set(found.answer.records) == {stray, A}


CHAIN_TO_NOTHING = ["case.example. 60 IN CNAME gone.example."]

# name: (answers, rcode, records, failure)
NO_ADDRESSES: dict[str, tuple[Answer | Mapping[str, Answer], str, Sequence[str], Failure]] = {
    "no such name": (Reply.NXDOMAIN, "NXDOMAIN", (), Failure.NXDOMAIN),
    "no address": ([], "NOERROR", (), Failure.NO_ADDRESS),
    "a chain to nothing": (CHAIN_TO_NOTHING, "NOERROR", CHAIN_TO_NOTHING, Failure.NO_ADDRESS),
    "servers fail": (Reply.SERVFAIL, "SERVFAIL", (), Failure.SERVFAIL),
    "servers refuse": (Reply.REFUSED, "REFUSED", (), Failure.SERVFAIL),
    "servers cannot": (Reply.NOTIMP, "NOTIMP", (), Failure.SERVFAIL),
    "servers understand nothing": (Reply.FORMERR, "FORMERR", (), Failure.SERVFAIL),
    "servers are silent": (Reply.SILENCE, "TIMEOUT", (), Failure.DNS_TIMEOUT),
    "only AAAA fails": ({"A": [], "AAAA": Reply.SERVFAIL}, "SERVFAIL", (), Failure.SERVFAIL),
    "only A fails": ({"A": Reply.SERVFAIL, "AAAA": []}, "SERVFAIL", (), Failure.SERVFAIL),
    "only A is denied": ({"A": Reply.NXDOMAIN, "AAAA": []}, "NOERROR", (), Failure.NO_ADDRESS),
    "only AAAA is denied": ({"A": [], "AAAA": Reply.NXDOMAIN}, "NOERROR", (), Failure.NO_ADDRESS),
    "denied, and AAAA fails": ({"A": Reply.NXDOMAIN, "AAAA": Reply.SERVFAIL}, "NXDOMAIN", (), Failure.NXDOMAIN),
    "denied, and A fails": ({"A": Reply.SERVFAIL, "AAAA": Reply.NXDOMAIN}, "SERVFAIL", (), Failure.SERVFAIL),
    "empty, and A is silent": ({"A": Reply.SILENCE, "AAAA": []}, "TIMEOUT", (), Failure.DNS_TIMEOUT),
}


@pytest.mark.parametrize("case", NO_ADDRESSES)
def test_why_there_is_no_address_is_told_exactly(case: str) -> None:
    answers, rcode, records, failure = NO_ADDRESSES[case]
    with DnsServer({"case.example.": answers}) as server:
        found = run(a_resolver(server).look_up("case.example", 1))

    assert found.addresses == ()
    assert told(found) == (rcode, tuple(records), failure)
    assert found.error
    assert str(server.port) not in found.error
    assert "127.0.0.1" not in found.error


def test_a_denial_keeps_the_chain_that_led_there() -> None:
    """The name is there, and what it stands for is not: RFC 2308, 2.1."""
    found = look_up({"case.example.": Denied(CHAIN_TO_NOTHING)})

    assert told(found) == ("NXDOMAIN", tuple(CHAIN_TO_NOTHING), Failure.NXDOMAIN)


def test_a_chain_of_names_in_a_circle_is_kept_and_leads_nowhere() -> None:
    circle = ["case.example. 60 IN CNAME b.example.", "b.example. 60 IN CNAME case.example."]
    found = look_up({"case.example.": circle})

    assert told(found) == ("NOERROR", tuple(circle), Failure.NO_ADDRESS)


@pytest.mark.parametrize("fault", [Reply.SERVFAIL, Reply.NXDOMAIN, Reply.NOTIMP, Reply.SILENCE, Reply.GARBAGE])
@pytest.mark.parametrize(("family", "record", "address"), [("A", A, "192.0.2.1"), ("AAAA", AAAA, "2001:db8::1")])
def test_one_family_is_enough_when_the_other_one_fails(fault: Reply, family: str, record: str, address: str) -> None:
    other = "AAAA" if family == "A" else "A"
    found = look_up({"case.example.": {family: [record], other: fault}})

    assert found.addresses == (address,)
    assert told(found) == ("NOERROR", (record,), None)


def test_octets_that_are_no_answer_are_waited_out() -> None:
    """Anybody could have sent them: dropped, they leave the question open."""
    found = look_up({"case.example.": Reply.GARBAGE}, within=0.5)

    assert told(found) == ("TIMEOUT", (), Failure.DNS_TIMEOUT)


def test_an_answer_too_long_for_udp_is_asked_for_over_tcp() -> None:
    lines = [f"case.example. 300 IN A 192.0.2.{n}" for n in range(1, 200)]
    with DnsServer({"case.example.": {"A": lines}}, too_long=["case.example."]) as server:
        found = run(a_resolver(server).look_up("case.example", 5))

    assert sorted(found.addresses) == sorted(line.split()[-1] for line in lines)
    assert ("A", "tcp") in {(question.type, question.transport) for question in server.questions}


def test_the_next_name_server_is_asked_when_one_fails() -> None:
    with DnsServer({"case.example.": Reply.SERVFAIL}) as broken, DnsServer({"case.example.": [A]}) as good:
        resolver = Resolver([broken.address, good.address])
        found = run(resolver.look_up("case.example", 5))

    assert told(found)[:2] == ("NOERROR", (A,))
    assert broken.questions


def test_a_name_server_that_fails_counts_more_than_a_silent_one() -> None:
    with DnsServer({"case.example.": Reply.REFUSED}) as refuses, DnsServer({"case.example.": Reply.SILENCE}) as silent:
        found = run(Resolver([refuses.address, silent.address]).look_up("case.example", 1))

    assert told(found) == ("REFUSED", (), Failure.SERVFAIL)


def test_nobody_at_the_name_servers_address_is_a_time_out() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        found = run(Resolver([address]).look_up("case.example", 0.5))

    assert told(found) == ("TIMEOUT", (), Failure.DNS_TIMEOUT)


def test_names_are_asked_as_they_stand_in_lower_case_and_absolute() -> None:
    with DnsServer({"case.example.": [A], "single.": Reply.NXDOMAIN}) as server:
        found = run(a_resolver(server).look_up("CASE.example.", 5))
        run(a_resolver(server).look_up("single", 5))

    assert found.answer is not None
    assert found.answer.host == "case.example"
    assert {question.name for question in server.questions} == {"case.example.", "single."}


def test_an_answer_is_kept_for_its_time_to_live_and_its_look_up_told_once() -> None:
    async def twice(server: DnsServer) -> tuple[LookUp, LookUp]:
        clock = iter([THEN, THEN.replace(year=2027)])
        resolver = Resolver([server.address], clock=lambda: next(clock))
        return await resolver.look_up("case.example", 5), await resolver.look_up("case.example.", 5)

    with DnsServer({"case.example.": [A]}) as server:
        first, second = run(twice(server))

    assert first is second
    assert len(server.questions) == 2


@pytest.mark.parametrize(
    "answers",
    [["case.example. 0 IN A 192.0.2.1"], Reply.NXDOMAIN, [], Reply.SERVFAIL],
    ids=["no time to live", "denied", "empty", "failed"],
)
def test_no_failure_is_kept_and_no_answer_that_must_not_be(answers: Answer) -> None:
    async def twice(server: DnsServer) -> None:
        resolver = Resolver([server.address])
        await resolver.look_up("case.example", 5)
        asked = len(server.questions)
        await resolver.look_up("case.example", 5)
        assert len(server.questions) == 2 * asked

    with DnsServer({"case.example.": answers}) as server:
        run(twice(server))


def test_no_answer_is_kept_for_longer_than_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at(server: DnsServer, *times: float) -> list[int]:
        resolver = Resolver([server.address])
        asked = []
        loop = asyncio.get_running_loop()
        for offset in times:
            with monkeypatch.context() as patched:
                patched.setattr(loop, "time", lambda offset=offset: type(loop).time(loop) + offset)
                await resolver.look_up("case.example", 5)
            asked.append(len(server.questions))
        return asked

    with DnsServer({"case.example.": ["case.example. 86400 IN A 192.0.2.1"]}) as server:
        assert run(at(server, 0, 290, 310)) == [2, 2, 4]


# the system's own names


def hosts_file(folder: Path, text: str) -> Path:
    path = folder / "hosts"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.b.localhost"])
def test_localhost_is_nothing_for_a_name_server(name: str) -> None:
    with DnsServer({}) as server:
        found = run(a_resolver(server).look_up(name, 5))

    assert server.questions == []
    assert found.answer is not None
    assert found.answer.source == "system"
    if found.failure is None:
        assert set(found.addresses) <= {"127.0.0.1", "::1"}
        assert found.answer.records[0].startswith(f"{name.lower().rstrip('.')}. IN A")


def test_what_the_hosts_file_names_is_the_systems_affair(tmp_path: Path) -> None:
    """The file says who is asked, the system what the answer is: it reads its own file."""
    hosts = hosts_file(tmp_path, "# a comment case.example\n127.0.0.1\tmade-up.invalid  Another.invalid # x\n")

    async def two(server: DnsServer) -> list[LookUp]:
        resolver = a_resolver(server, hosts_file=hosts)
        first = await resolver.look_up("another.invalid", 5)
        hosts.write_text("127.0.0.1 nothing.of.that\n")
        os.utime(hosts, (1, 1))
        return [first, await resolver.look_up("another.invalid", 5), await resolver.look_up("case.example", 5)]

    with DnsServer(
        {"case.example.": [A], "another.invalid.": [A.replace("case.example", "another.invalid")]}
    ) as server:
        first, after, other = run(two(server))

    assert first.answer is not None
    assert first.answer.source == "system"
    assert first.failure in (Failure.NO_NAME, Failure.SERVFAIL, Failure.DNS_TIMEOUT)
    assert [one.answer.source if one.answer else None for one in (after, other)] == ["dns", "dns"]


def test_a_single_label_that_no_name_server_knows_is_asked_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def getaddrinfo(name: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(name)
        if name == "printer":
            return [(socket.AF_INET, 1, 6, "", ("192.0.2.9", 0)), (socket.AF_INET6, 1, 6, "", ("fe80::1%lo", 0, 0, 1))]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def all_of(server: DnsServer) -> list[LookUp]:
        resolver = a_resolver(server)
        return [await resolver.look_up(name, 5) for name in ("printer", "unknown", "un.known")]

    with DnsServer({}) as server, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", getaddrinfo)
        known, unknown, dotted = run(all_of(server))

    assert known.addresses == ("192.0.2.9", "fe80::1")
    assert known.answer == DnsAnswer(
        "printer", THEN, "NOERROR", ("printer. IN A 192.0.2.9", "printer. IN AAAA fe80::1"), "system"
    )
    # the name servers' own denial is the better evidence
    assert [(one.failure, one.answer.source) for one in (unknown, dotted) if one.answer] == [
        (Failure.NXDOMAIN, "dns"),
        (Failure.NXDOMAIN, "dns"),
    ]
    assert asked == ["printer", "unknown"]


@pytest.mark.parametrize(
    ("code", "rcode", "failure"),
    [
        ("EAI_NONAME", "NXDOMAIN", Failure.NO_NAME),
        ("EAI_AGAIN", "SERVFAIL", Failure.SERVFAIL),
        ("EAI_FAIL", "SERVFAIL", Failure.SERVFAIL),
        ("EAI_NODATA", "NOERROR", Failure.NO_ADDRESS),
    ],
)
def test_without_a_name_server_the_system_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, rcode: str, failure: Failure
) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(getattr(socket, code), "some words")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    empty = tmp_path / "resolv.conf"
    empty.write_text("# no name server\nsearch example.org\n")
    for path in (empty, tmp_path / "missing"):
        found = run(Resolver(resolv_conf=path, clock=lambda: THEN).look_up("case.example", 5))

        assert found.answer == DnsAnswer("case.example", THEN, rcode, (), "system")
        assert found.failure is failure


def test_a_system_that_hangs_is_a_time_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    found = run(Resolver(resolv_conf=tmp_path / "missing").look_up("case.example", 0.2))
    over.set()

    assert told(found) == ("TIMEOUT", (), Failure.DNS_TIMEOUT)
    assert found.answer is not None
    assert found.answer.source == "system"


def test_the_systems_name_servers_are_asked_without_its_search_list(tmp_path: Path) -> None:
    """The file can name no port; what can be seen is who would be asked, and for what."""
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver 192.0.2.53\nsearch example.org\noptions ndots:5\n")
    resolver = Resolver(resolv_conf=conf)
    servers = resolver._name_servers()

    assert servers == (("192.0.2.53", 53),)


# what is no name


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("1.2.3.4.5", None),
        ("1.example", None),
        ("example.256", None),
    ],
)
def test_addresses_are_not_looked_up(host: str, address: str | None) -> None:
    assert literal_address(host) == address
    if address is not None:
        with DnsServer({}) as server:
            assert run(a_resolver(server).look_up(host, 5)) == LookUp((address,))
        assert server.questions == []


@pytest.mark.parametrize("host", ["", ".", "a..b", ".a", f"{'a' * 64}.example", "a." * 127 + "b"])
def test_what_cannot_be_a_name_is_not_asked_for(host: str) -> None:
    with DnsServer({}) as server:
        found = run(a_resolver(server).look_up(host, 5))

    assert (found.failure, found.answer, found.addresses) == (Failure.NO_NAME, None, ())
    assert server.questions == []


@pytest.mark.parametrize(
    "host", ["_dmarc.case.example", "a_b.example", "xn--e1afmkfd.example", "-a-.example", "a<b>.c"]
)
def test_odd_names_are_asked_for_all_the_same(host: str) -> None:
    with DnsServer({f"{host}.": ["x.example. 1 IN A 192.0.2.1"]}) as server:
        found = run(a_resolver(server).look_up(host, 5))

    assert found.answer is not None
    assert server.asked(f"{host}.") == ["A", "AAAA"]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
def test_no_host_makes_a_look_up_raise(host: str) -> None:
    async def one() -> LookUp:
        return await Resolver(["127.0.0.1:9"]).look_up(host, 0.001)

    found = run(one())

    assert bool(found.addresses) == (found.failure is None)


def test_where_to_connect_to() -> None:
    assert sockets_of(["192.0.2.1", "2001:db8::1"], 80) == [
        (socket.AF_INET, ("192.0.2.1", 80)),
        (socket.AF_INET6, ("2001:db8::1", 80)),
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9.9.9.9", ("9.9.9.9", 53)),
        ("9.9.9.9:5353", ("9.9.9.9", 5353)),
        ("2620:FE::fe", ("2620:fe::fe", 53)),
        ("[2620:fe::fe]", ("2620:fe::fe", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_a_name_server_is_an_address_with_or_without_a_port(text: str, address: tuple[str, int]) -> None:
    assert parse_nameserver(text) == address


@pytest.mark.parametrize(
    "text", ["", "dns.example", "9.9.9", "9.9.9.9:0", "9.9.9.9:65536", "[::1", "::1]:53", "https://9.9.9.9/"]
)
def test_what_is_no_name_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected addresses of name servers"):
        parse_nameserver(text)
