"""Each kind of failure, from a real server through a real crawl: one record that says what it was, and nothing raised.

All servers stand in one crawl, so that their time-outs run beside one another; each row of the table is then looked up
in the WARC, in the history, in the frontier and in crawl.log.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import certifi
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dns_server import DnsServer, Reply
from wire_server import Do, Script, Turns, WireServer

from archive.capture import Capture
from archive.collection import Collection
from archive.exchange import Failure, Outcome, certificate_problem
from archive.header import parse_warc_fields, value_of
from archive.warc import Record, read_records
from crawler.cli import Exit, run
from crawler.config import load_config
from crawler.crawl_log import FILE_NAME as CRAWL_LOG
from crawler.frontier import FILE_NAME, Frontier, Page
from crawler.policy import CrawlPolicy
from crawler.robots import OF_THE_SERVER
from crawler.runner import CrawlSummary, run_crawl
from spiders.definition import SiteDefinition

# in this process, whose root store is the tests' own
POLICY = CrawlPolicy(
    processes=0,
    connections=64,
    retries=0,
    retry_delay=0.02,
    redirects=2,
    timeout_connect=2,
    timeout_head=2,
    timeout_body=2,
    max_size=2000,
)
HOST = "pages.example"
HTML = b"<html><body><p>The court in Lipovka heard the case of Mira Solen.</p></body></html>"


def response(status: int, body: bytes = HTML, *fields: bytes) -> bytes:
    lines = (b"HTTP/1.1 %d Said" % status, b"Content-Type: text/html", b"Content-Length: %d" % len(body), *fields)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


OK = response(200)
NO_ROBOTS = response(404, b"")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
CHALLENGE = b"<title>Just a moment...</title><script>window._cf_chl_opt = {}</script>"


@dataclass(frozen=True)
class Expected:
    """What the records of a page are to say."""

    failure: Failure | None
    outcome: Outcome
    stage: str | None
    code: int
    """As crawl.log has it."""
    state: str = "failed"
    """Of the page in the frontier."""
    received: bytes = b""
    """Every octet that the server said to the page's own request."""
    truncated: str | None = None
    certificate: str | None = None
    """The problem with it."""
    rcode: str | None = None


@dataclass
class Kinds:
    """The servers, and what is expected of each."""

    stack: contextlib.ExitStack
    folder: Path
    sites: list[SiteDefinition] = field(default_factory=list)
    expected: dict[str, tuple[str, Expected]] = field(default_factory=dict)
    """By kind: the page's address, and what is to be on record."""
    names: dict[str, object] = field(default_factory=dict)
    """The name server's table."""

    def add(self, kind: str, url: str, expected: Expected, *, page: str | None = None, robots: bool = False) -> None:
        """A site that begins at `url`; `page` is the address that is looked at, where it is another one."""
        site = SiteDefinition(name=kind, start=(url,), robots="ignore", robots_reason="a test")
        self.sites.append(replace(site, robots="obey", robots_reason="") if robots else site)
        self.expected[kind] = (page or url, expected)

    def serve(self, kind: str, script: Script, expected: Expected, **more: object) -> WireServer:
        """A site whose page is answered by a script."""
        server = self.stack.enter_context(WireServer({"/robots.txt": [NO_ROBOTS], "*": script}))
        self.add(kind, server.url("/page"), expected)
        return server

    def serve_tls(self, kind: str, tls: ssl.SSLContext, expected: Expected, *, host: str = HOST) -> None:
        """The same under a certificate."""
        server = self.stack.enter_context(WireServer({"/robots.txt": [NO_ROBOTS], "*": [OK]}, tls=tls))
        self.add(kind, server.url("/page", host=host), expected)

    def behind(self, kind: str, act: Callable[[socket.socket], None], expected: Expected) -> None:
        """A server that does one thing to each connection, before TLS."""
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connected, _ = listener.accept()
                    with connected, contextlib.suppress(OSError):
                        act(connected)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        # closing a socket wakes nobody who waits for it
        self.stack.callback(lambda: (listener.shutdown(socket.SHUT_RDWR), thread.join(10)))
        self.add(kind, f"https://{HOST}:{listener.getsockname()[1]}/page", expected)


def reset(connected: socket.socket) -> None:
    connected.recv(10)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hold(connected: socket.socket) -> None:
    while connected.recv(65536):
        pass


def answer_in_plain(connected: socket.socket) -> None:
    connected.recv(65536)
    connected.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    hold(connected)


def names_and_connections(kinds: Kinds) -> None:
    unresolved = {
        "nxdomain": (Reply.NXDOMAIN, Failure.NXDOMAIN, Outcome.UNRESOLVED, "NXDOMAIN"),
        "no-address": ((), Failure.NO_ADDRESS, Outcome.UNRESOLVED, "NOERROR"),
        "servfail": (Reply.SERVFAIL, Failure.SERVFAIL, Outcome.UNRESOLVED, "SERVFAIL"),
        "dns-timeout": (Reply.SILENCE, Failure.DNS_TIMEOUT, Outcome.TIMEOUT, "TIMEOUT"),
    }
    for kind, (reply, failure, outcome, rcode) in unresolved.items():
        kinds.names[f"{kind}.example."] = reply
        kinds.add(kind, f"http://{kind}.example/page", Expected(failure, outcome, "resolve", -1, rcode=rcode))
    kinds.names[f"{HOST}."] = {"A": [f"{HOST}. 300 IN A 127.0.0.1"], "AAAA": []}
    kinds.add(
        "no-name",
        f"http://{'a' * 64}.example/page",
        Expected(Failure.NO_NAME, Outcome.UNRESOLVED, "resolve", -7),
    )
    unused = kinds.stack.enter_context(socket.socket())
    unused.bind(("127.0.0.1", 0))
    kinds.add(
        "connect-refused",
        f"http://{HOST}:{unused.getsockname()[1]}/page",
        Expected(Failure.CONNECT_REFUSED, Outcome.REFUSED, "connect", -2, rcode="NOERROR"),
    )
    kinds.add(
        "unreachable",
        "http://255.255.255.255/page",
        Expected(Failure.UNREACHABLE, Outcome.UNREACHABLE, "connect", -2),
    )
    # A queue that is full: Linux drops the packets of whoever wants in.
    full = kinds.stack.enter_context(socket.socket())
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    for _ in range(4):
        waiting = kinds.stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())
    kinds.add(
        "connect-timeout",
        f"http://127.0.0.1:{full.getsockname()[1]}/page",
        Expected(Failure.CONNECT_TIMEOUT, Outcome.TIMEOUT, "connect", -2),
    )
    kinds.add(
        "proxy",
        "http://behind.example/page",
        Expected(Failure.PROXY, Outcome.PROXY, "connect", -2),
    )
    kinds.sites[-1] = replace(kinds.sites[-1], proxy=f"http://127.0.0.1:{unused.getsockname()[1]}")


def context(chain: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chain.configure_cert(made)
    return made


def self_signed(file: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


def anonymous() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers("ADH-AES256-GCM-SHA384:AECDH-AES256-SHA:@SECLEVEL=0")
    return made


def other_versions() -> ssl.SSLContext:
    """A handshake that cannot succeed: a certificate is asked for, and there is none to give."""
    made = context(trustme.CA().issue_cert(HOST))
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def certificates(kinds: Kinds, authority: trustme.CA) -> None:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    fine = Expected(None, Outcome.RESPONSE, None, 200, "done", OK)
    kinds.serve_tls("trusted", context(authority.issue_cert(HOST)), fine)
    bad = {
        "expired": context(authority.issue_cert(HOST, not_before=now - 9 * day, not_after=now - day)),
        "not-yet-valid": context(authority.issue_cert(HOST, not_before=now + day, not_after=now + 9 * day)),
        "self-signed": self_signed(kinds.folder / "self-signed.pem"),
        "wrong-host": context(authority.issue_cert("other.example")),
        "unknown-issuer": context(trustme.CA().create_child_ca().issue_cert(HOST)),
        "no-certificate": anonymous(),
    }
    for problem, tls in bad.items():
        kinds.serve_tls(problem, tls, replace(fine, certificate=problem))


def handshakes(kinds: Kinds) -> None:
    refused = Expected(Failure.TLS_REFUSED, Outcome.TLS, "tls", -2)
    kinds.serve_tls("tls-refused", other_versions(), refused)
    kinds.behind("tls-refused-in-plain", answer_in_plain, refused)
    kinds.behind("tls-reset", reset, Expected(Failure.TLS_RESET, Outcome.RESET, "tls", -2))
    kinds.behind("tls-timeout", hold, Expected(Failure.TLS_TIMEOUT, Outcome.TIMEOUT, "tls", -2))


def conversations(kinds: Kinds) -> None:
    before = Expected(Failure.RESET_BEFORE_HEAD, Outcome.RESET, "head", -3)
    kinds.serve("reset-before-head", [Do.RESET], before)
    kinds.serve("closed-before-head", [Do.CLOSE], before)
    part = b"HTTP/1.1 200 OK\r\nContent-Ty"
    within = Expected(Failure.RESET_IN_HEAD, Outcome.RESET, "head", -3, received=part)
    kinds.serve("closed-in-head", [part, Do.CLOSE], within)
    kinds.serve("head-timeout", [Do.HOLD], Expected(Failure.HEAD_TIMEOUT, Outcome.TIMEOUT, "head", -4))
    kinds.serve(
        "head-timeout-within",
        [part, Do.HOLD],
        replace(within, failure=Failure.HEAD_TIMEOUT, code=-4, outcome=Outcome.TIMEOUT),
    )
    rubbish = b"SSH-2.0-OpenSSH_9.2\r\n"
    kinds.serve(
        "malformed",
        [rubbish, Do.HOLD],
        Expected(Failure.MALFORMED, Outcome.MALFORMED, "head", -3, received=rubbish),
    )

    cut = Expected(Failure.RESET_IN_BODY, Outcome.TRUNCATED, "body", 200, "done", HEAD + HTML, "disconnect")
    kinds.serve("closed-in-body", [HEAD + HTML, Do.CLOSE], cut)
    late = replace(cut, failure=Failure.BODY_TIMEOUT, truncated="time")
    kinds.serve("body-timeout", [HEAD + HTML, Do.HOLD], late)
    damaged = CHUNKED + b"5\r\nfive \r\nzz\r\n"
    kinds.serve(
        "damaged-body",
        [damaged, Do.HOLD],
        replace(cut, failure=Failure.DAMAGED_BODY, received=damaged, truncated="unspecified"),
    )
    large = response(200, HTML * 40)
    kinds.serve("too-large", [large], replace(cut, failure=Failure.TOO_LARGE, received=large, truncated="length"))


def statuses(kinds: Kinds) -> None:
    for status, failure, state in (
        (403, Failure.FORBIDDEN, "done"),
        (404, None, "done"),
        (429, Failure.TOO_MANY_REQUESTS, "failed"),
        (451, Failure.LEGAL, "done"),
        (500, Failure.SERVER_ERROR, "failed"),
        (503, Failure.SERVER_ERROR, "failed"),
    ):
        said = response(status)
        kinds.serve(f"http-{status}", [said], Expected(failure, Outcome.RESPONSE, None, status, state, said))
    for status, state in ((200, "done"), (403, "done"), (503, "failed")):
        said = response(status, CHALLENGE)
        expected = Expected(Failure.CHALLENGE, Outcome.RESPONSE, None, status, state, said)
        kinds.serve(f"challenge-{status}", [said], expected)


def policies(kinds: Kinds) -> None:
    hops = {f"/{n}": [response(302, b"", b"Location: /%d" % (n + 1))] for n in range(4)}
    server = kinds.stack.enter_context(WireServer({"/robots.txt": [NO_ROBOTS], **hops}))
    kinds.add(
        "too-many-redirects",
        server.url("/0"),
        Expected(Failure.TOO_MANY_REDIRECTS, Outcome.REDIRECTS, "policy", -4002, "skipped"),
        page=server.url("/3"),
    )
    denied = response(200, b"User-agent: *\nDisallow: /page\n")
    server = kinds.stack.enter_context(WireServer({"/robots.txt": [denied], "*": [OK]}))
    kinds.add(
        "robots-denied",
        server.url("/page"),
        Expected(Failure.ROBOTS_DENIED, Outcome.ROBOTS, "policy", -9998, "skipped"),
        robots=True,
    )
    server = kinds.stack.enter_context(WireServer({"/robots.txt": [response(500)], "*": [OK]}))
    kinds.add(
        "robots-unreachable",
        server.url("/page"),
        Expected(Failure.ROBOTS_UNREACHABLE, Outcome.ROBOTS, "policy", -61),
        robots=True,
    )


@dataclass(frozen=True)
class Crawled:
    """What the crawl left."""

    folder: Path
    collection: Collection
    summary: CrawlSummary
    expected: dict[str, tuple[str, Expected]]
    records: list[Record]
    lines: list[list[str]]
    pages: dict[str, Page]

    def exchange_of(self, capture: Capture) -> list[Record]:
        """The records of an exchange, found without the catalogue."""
        (metadata,) = (
            record for record in self.records if record.type == "metadata" and record.target_uri == capture.url
        )
        belongs = {metadata.record_id, *metadata.concurrent_to}
        return [
            record
            for record in self.records
            if record.record_id in belongs or belongs.intersection(record.concurrent_to)
        ]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("failures")
    authority = trustme.CA()
    roots = folder / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(certifi, "where", lambda: str(roots))
        kinds = Kinds(stack, folder)
        names_and_connections(kinds)
        certificates(kinds, authority)
        handshakes(kinds)
        conversations(kinds)
        statuses(kinds)
        policies(kinds)
        dns = stack.enter_context(DnsServer(kinds.names))  # type: ignore[arg-type]  # a table of all its forms
        collection = Collection.create(folder / "collection", "")
        stack.callback(collection.close)
        config = replace(load_config(collection.config_path), crawl=replace(POLICY, nameservers=(dns.address,)))
        summary = run_crawl(collection, config, sites=kinds.sites, reading=False)
        records = [record for path in sorted(collection.archive_folder.iterdir()) for record in read_records(path)]
        at = collection.crawls_folder / summary.crawl
        frontier = Frontier.open(at / FILE_NAME)
        pages = {page.url: page for page in frontier.pages()}
        frontier.close()
        lines = [line.split() for line in (at / CRAWL_LOG).read_text().splitlines()]
        yield Crawled(folder, collection, summary, kinds.expected, records, lines, pages)


KINDS = (
    *("nxdomain", "no-address", "servfail", "dns-timeout", "no-name"),
    *("connect-refused", "unreachable", "connect-timeout", "proxy"),
    *("trusted", "expired", "not-yet-valid", "self-signed", "wrong-host", "unknown-issuer", "no-certificate"),
    *("tls-refused", "tls-refused-in-plain", "tls-reset", "tls-timeout"),
    *("reset-before-head", "closed-before-head", "closed-in-head", "head-timeout", "head-timeout-within", "malformed"),
    *("closed-in-body", "body-timeout", "damaged-body", "too-large"),
    *("http-403", "http-404", "http-429", "http-451", "http-500", "http-503"),
    *("challenge-200", "challenge-403", "challenge-503"),
    *("too-many-redirects", "robots-denied", "robots-unreachable"),
)


def test_the_table_holds_every_kind(crawled: Crawled) -> None:
    assert set(crawled.expected) == set(KINDS)
    told = {expected.failure for _, expected in crawled.expected.values()}
    # a browser's own failure is no server's (tests/crawler/test_browser.py)
    assert told == {*Failure, None} - {Failure.BROWSER}


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_is_one_record_that_says_what_it_was(crawled: Crawled, kind: str) -> None:
    url, expected = crawled.expected[kind]
    (row,) = crawled.collection.catalogue.history(url)
    capture = row.capture
    records = crawled.exchange_of(capture)
    lines = parse_warc_fields(records[-1].block.read())

    assert value_of(lines, "outcome") == expected.outcome.value
    assert value_of(lines, "failure") == (expected.failure and expected.failure.value)
    assert value_of(lines, "stage") == expected.stage
    assert value_of(lines, "truncated") == expected.truncated
    assert value_of(lines, "dns-rcode") in (expected.rcode, "NOERROR" if HOST in url else None)
    assert (value_of(lines, "error") is None) == (expected.failure is None or kind.startswith("http-"))

    assert (capture.failure, capture.outcome) == (expected.failure, expected.outcome)
    assert capture.status == (expected.code if expected.code > 0 else None)
    assert certificate_problem(capture.tls_verdict) == expected.certificate
    assert crawled.pages[url].state == expected.state


@pytest.mark.parametrize("kind", KINDS)
def test_every_octet_that_came_is_kept(crawled: Crawled, kind: str) -> None:
    url, expected = crawled.expected[kind]
    (capture,) = crawled.collection.catalogue.captures_of(url)
    records = crawled.exchange_of(capture)
    came = [record for record in records if record.type in {"response", "resource"}]

    if expected.failure is Failure.TOO_LARGE:
        assert len(came[0].block) < len(expected.received)
        assert expected.received.startswith(came[0].block.read())
    else:
        assert b"".join(record.block.read() for record in came) == expected.received
    head = expected.outcome in {Outcome.RESPONSE, Outcome.TRUNCATED}
    assert [record.type for record in came] == ([] if not expected.received else ["response" if head else "resource"])
    said = [record for record in records if record.type == "request"]
    assert len(said) == (expected.stage in {None, "head", "body"})


@pytest.mark.parametrize("kind", KINDS)
def test_crawl_log_has_one_line_for_it(crawled: Crawled, kind: str) -> None:
    url, expected = crawled.expected[kind]
    (line,) = (line for line in crawled.lines if line[3] == url)

    assert int(line[1]) == expected.code
    annotations = [
        *([f"truncated:{expected.truncated}"] if expected.truncated else []),
        *([f"failure:{expected.failure}"] if expected.failure else []),
        *([f"certificate:{expected.certificate}"] if expected.certificate else []),
        # robots.txt cannot be had of such a server either, and the site's entry says to ask all the same
        *(["robots:overridden"] if expected.failure in OF_THE_SERVER else []),
    ]
    assert line[11] == (",".join(annotations) or "-")
    assert len(line) == 12


def test_the_log_has_one_line_for_each_exchange(crawled: Crawled) -> None:
    exchanges = [record for record in crawled.records if record.type == "metadata"]

    assert sorted(line[3] for line in crawled.lines) == sorted(record.target_uri or "" for record in exchanges)


def test_the_summary_counts_what_failed(crawled: Crawled) -> None:
    states = [expected.state for _, expected in crawled.expected.values()]

    assert crawled.summary.reason == "finished"
    assert crawled.summary.failed == states.count("failed")
    assert crawled.summary.skipped == states.count("skipped")


def test_people_are_told_in_words(crawled: Crawled, capsys: pytest.CaptureFixture[str]) -> None:
    at = str(crawled.collection.path)
    words = {
        "nxdomain": "the name does not exist",
        "tls-timeout": "connection not secured in time",
        "expired": "certificate expired",
        "http-451": "withheld for legal reasons (451)",
        "challenge-200": "a challenge or block page stands before it",
        "robots-unreachable": "robots.txt could not be had: HTTP 500",
        "too-many-redirects": "too many redirects led here",
    }
    for kind, text in words.items():
        url, _ = crawled.expected[kind]
        assert run(["-C", at, "history", url]) == Exit.DONE
        assert text in capsys.readouterr().out
        assert run(["-C", at, "--json", "history", url]) == Exit.DONE
        assert '"failure":' in capsys.readouterr().out
    assert run(["-C", at, "status"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "1 page: withheld for legal reasons (451)" in said
    assert "1 page had, under a certificate that is not trusted: expired" in said
    for kind in KINDS:
        assert run(["-C", at, "show", f"{crawled.expected[kind][0]}@1", "--connection"]) == Exit.DONE
        said = capsys.readouterr().out
        assert ("certificate 0" in said) == (
            crawled.expected[kind][1].certificate not in {None, "no-certificate"} or kind == "trusted"
        )


@pytest.mark.parametrize(
    ("script", "status"),
    [([Do.RESET], Exit.INCOMPLETE), ([response(503)], Exit.INCOMPLETE), ([response(404)], Exit.DONE)],
)
def test_only_what_could_not_be_fetched_is_told_by_the_exit_status(
    tmp_path: Path, script: Script, status: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    at = str(tmp_path / "collection")
    assert run(["init", at]) == Exit.DONE
    (tmp_path / "collection" / "khronika.toml").write_text("[crawl]\nretries = 0\n")
    with WireServer({"/robots.txt": [NO_ROBOTS], "*": script}) as server:
        assert run(["-C", at, "crawl", "--url", server.url("/page")]) == status

    assert "Traceback" not in capsys.readouterr().err


def test_each_attempt_is_a_record_of_its_own(tmp_path: Path) -> None:
    collection = Collection.create(tmp_path / "collection", "")
    config = replace(load_config(collection.config_path), crawl=replace(POLICY, retries=2))
    with WireServer(
        {"/robots.txt": [NO_ROBOTS], "*": Turns([b"HTTP/1.1 2", Do.CLOSE], [response(500)], [OK])}
    ) as server:
        summary = run_crawl(collection, config, urls=[server.url("/page")], reading=False)
        captures = collection.catalogue.captures_of(server.url("/page"))
    collection.close()

    lines = (collection.crawls_folder / summary.crawl / CRAWL_LOG).read_text().splitlines()
    assert [capture.failure for capture in captures] == [Failure.RESET_IN_HEAD, Failure.SERVER_ERROR, None]
    assert [line.split()[11] for line in lines[1:]] == [
        "failure:reset-in-head",
        "failure:http-5xx,try:2",
        "try:3",
    ]
    assert (summary.captured, summary.failed) == (1, 0)


def test_a_server_that_cannot_be_reached_is_told_of_the_page_and_not_only_of_its_robots_txt(tmp_path: Path) -> None:
    """robots.txt is asked first (RFC 9309), and its failure forbids to ask for the page; the page bears the cause."""
    with contextlib.ExitStack() as stack:
        unused = stack.enter_context(socket.socket())
        unused.bind(("127.0.0.1", 0))
        reset = stack.enter_context(WireServer({"*": [Do.RESET]}))
        dns = stack.enter_context(
            DnsServer({"gone.example.": Reply.NXDOMAIN, f"{HOST}.": {"A": [f"{HOST}. 9 IN A 127.0.0.1"]}})
        )
        collection = Collection.create(tmp_path / "collection", "")
        stack.callback(collection.close)
        config = replace(load_config(collection.config_path), crawl=replace(POLICY, nameservers=(dns.address,)))
        refused = f"http://{HOST}:{unused.getsockname()[1]}/page"
        summary = run_crawl(
            collection, config, urls=["http://gone.example/page", refused, reset.url("/page", host=HOST)], reading=False
        )

        assert summary.failed == 3
        found = {}
        for url in ("http://gone.example/page", refused, reset.url("/page", host=HOST)):
            (capture,) = collection.catalogue.captures_of(url)
            assert capture.error is not None
            assert capture.error.startswith("robots.txt could not be had: ")
            found[capture.failure] = capture.outcome
    assert found == {
        Failure.NXDOMAIN: Outcome.UNRESOLVED,
        Failure.CONNECT_REFUSED: Outcome.REFUSED,
        # of robots.txt alone: the page might be answered
        Failure.ROBOTS_UNREACHABLE: Outcome.ROBOTS,
    }


def test_a_changed_certificate_between_two_crawls_is_a_change_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "roots.pem"))
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "roots.pem"))
    # on one core pages are fetched in this very process, whose root store is the test's own
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    shown = [context(authority.issue_cert(HOST)), context(trustme.CA().issue_cert(HOST))]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.sni_callback = lambda connection, _name, _context: setattr(connection, "context", shown[0])
    links = response(200, b'<html><body><a href="/a">a</a><a href="/b">b</a></body></html>')
    names = {f"{HOST}.": {"A": [f"{HOST}. 300 IN A 127.0.0.1"], "AAAA": []}}
    at = str(tmp_path / "collection")
    assert run(["-q", "init", at]) == Exit.DONE
    scripts = {"/robots.txt": [NO_ROBOTS], "/": [links], "/a": [OK], "/b": [OK]}
    with DnsServer(names) as dns, WireServer(scripts, tls=tls) as server:
        settings = f'[crawl]\ndelay = 0\nnameservers = ["{dns.address}"]\n'
        (tmp_path / "collection" / "khronika.toml").write_text(settings)
        for _ in range(2):
            assert run(["-q", "-C", at, "crawl", "--url", server.url(host=HOST)]) == Exit.DONE
            shown.reverse()

    capsys.readouterr()
    assert run(["-C", at, "--json", "changes", "--kind", "certificate"]) == Exit.DONE
    (change,) = map(json.loads, capsys.readouterr().out.splitlines())
    (edit,) = change["edits"]
    assert (change["kind"], change["url"], change["weight"]) == ("certificate", server.url(host=HOST), 0.9)
    assert edit["before"].endswith("; trusted")
    assert edit["after"].endswith("; not trusted: unable to get local issuer certificate")
    # all that the pages themselves said is as it was
    assert run(["-C", at, "--json", "changes", "--kind", "all"]) == Exit.DONE
    kinds = [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()]
    assert (kinds.count("certificate"), set(kinds)) == (1, {"certificate"})
    assert run(["-C", at, "history", server.url(host=HOST)]) == Exit.DONE
    said = capsys.readouterr().out
    assert "the server's certificate changed" in said
    assert "certificate by an unknown issuer" in said
    assert run(["-q", "-C", at, "reprocess"]) == Exit.DONE
    assert run(["-q", "-C", at, "rebuild"]) == Exit.DONE
    capsys.readouterr()
    assert run(["-C", at, "--json", "changes", "--kind", "certificate"]) == Exit.DONE
    assert list(map(json.loads, capsys.readouterr().out.splitlines())) == [change]
