"""TLS on the wire: pages are fetched whatever their certificates are worth, and what they are worth is measured."""

from __future__ import annotations

import asyncio
import datetime
import re
import shutil
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from loops import LOOPS, run_on
from wire_server import Do, Pause, Script, WireServer

from archive.exchange import Exchange, certificate_problem
from crawler.resolver import LookUp
from crawler.wire_client import WireClient, WireLimits
from crawler.wire_message import WireRequest
from crawler.wire_tls import Roots, anonymous_context, iana_cipher, open_context

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n0\r\n\r\n"
HOST = "pages.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=LOOPS, autouse=True)
def _loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test on each loop: they tell the end of a connection differently."""
    monkeypatch.setattr(asyncio, "run", lambda coroutine: run_on(request.param, coroutine))


@pytest.fixture(scope="module")
def roots(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Roots:
    file = tmp_path_factory.mktemp("roots") / "roots.pem"
    authority.cert_pem.write_to_path(str(file))
    return Roots(file, "roots of this test")


@pytest.fixture
def fetched() -> Iterator[list[Exchange]]:
    """Exchanges of the test, to be closed after it."""
    exchanges: list[Exchange] = []
    yield exchanges
    for exchange in exchanges:
        exchange.close()


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    certificate.configure_cert(context)
    return context


def ders(certificate: trustme.LeafCert) -> tuple[bytes, ...]:
    """What a server sends for a certificate: the leaf and what stands between it and the root."""
    return tuple(ssl.PEM_cert_to_DER_cert(pem.bytes().decode()) for pem in certificate.cert_chain_pems)


async def to_loopback(host: str, _within: float) -> LookUp:
    return LookUp(("::1",) if host == "::1" else ("127.0.0.1",))


def fetch(
    fetched: list[Exchange], *urls: str, limits: WireLimits | None = None, roots: Roots | None = None
) -> Exchange:
    """Fetch one after the other with one client; give the last exchange."""

    async def run() -> None:
        client = WireClient(limits or WireLimits(connect=5, head=5, body=5), roots=roots, look_up=to_loopback)
        try:
            for url in urls:
                fetched.append(await client.fetch(WireRequest(url)))
        finally:
            await client.close()

    asyncio.run(run())
    return fetched[-1]


def test_octets_are_exact_under_tls_and_the_connection_is_used_again(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    big = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(range(250)) * 12000
    scripts: dict[str, Script] = {"/": [OK], "/chunked": [CHUNKED], "/big": [big]}
    with WireServer(scripts, tls=server_context(authority.issue_cert(HOST))) as server:
        fetch(fetched, *(server.url(path, host=HOST) for path in scripts), roots=roots)

    assert [exchange.outcome for exchange in fetched] == ["response"] * 3
    assert [exchange.request.read() for exchange in fetched] == [seen.request for seen in server.seen]
    assert [exchange.response.read() for exchange in fetched] == [bytes(seen.response) for seen in server.seen]
    assert server.connections == 1


def test_a_long_request_is_sent_to_its_end(authority: trustme.CA, roots: Roots, fetched: list[Exchange]) -> None:
    body = bytes(range(250)) * 2000

    async def post(url: str) -> None:
        client = WireClient(WireLimits(connect=5, head=10, body=5), roots=roots, look_up=to_loopback)
        try:
            fetched.append(await client.fetch(WireRequest(url, "POST", body=body)))
        finally:
            await client.close()

    with WireServer({"/": [OK]}, tls=server_context(authority.issue_cert(HOST))) as server:
        asyncio.run(post(server.url(host=HOST)))

    assert (fetched[0].outcome, fetched[0].error) == ("response", None)
    assert fetched[0].request.read() == server.seen[0].request
    assert fetched[0].request.read().endswith(b"\r\n\r\n" + body)


def test_a_chain_of_several_certificates_is_kept_as_sent_and_trusted(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    certificate = authority.create_child_ca().create_child_ca().issue_cert(HOST)
    with WireServer({"/": [OK]}, tls=server_context(certificate)) as server:
        tls = fetch(fetched, server.url(host=HOST), roots=roots).tls

    assert tls is not None
    assert len(tls.chain) == 3
    assert tls.chain == ders(certificate)
    assert (tls.trusted, tls.verdict, tls.roots) == (True, "ok", "roots of this test")
    assert (tls.version, tls.alpn) == ("TLSv1.3", "http/1.1")
    assert tls.cipher in ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256")


def test_a_chain_with_a_gap_is_fetched_and_not_trusted(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange], tmp_path: Path
) -> None:
    certificate = authority.create_child_ca().issue_cert(HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = tmp_path / "leaf.pem"
    pem.write_bytes(certificate.private_key_pem.bytes() + certificate.cert_chain_pems[0].bytes())
    context.load_cert_chain(pem)
    with WireServer({"/": [OK]}, tls=context) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert (exchange.outcome, exchange.response.read()) == ("response", OK)
    assert exchange.tls is not None
    assert exchange.tls.chain == ders(certificate)[:1]
    assert (exchange.tls.trusted, exchange.tls.verdict) == (False, "unable to get local issuer certificate")


def test_without_other_roots_those_of_certifi_judge(authority: trustme.CA, fetched: list[Exchange]) -> None:
    with WireServer({"/": [OK]}, tls=server_context(authority.issue_cert(HOST))) as server:
        tls = fetch(fetched, server.url(host=HOST)).tls

    assert tls is not None
    assert (tls.trusted, tls.roots) == (False, f"certifi {certifi.__version__}")
    assert tls.verdict == "unable to get local issuer certificate"


@pytest.mark.parametrize(
    ("named", "asked", "verdict"),
    [
        ((HOST,), HOST, "ok"),
        ((HOST,), "other.example", "hostname mismatch"),
        (("*.pages.example",), "a.pages.example", "ok"),
        (("*.pages.example",), "a.b.pages.example", "hostname mismatch"),
        ((HOST,), "127.0.0.1", "IP address mismatch"),
        (("127.0.0.1",), "127.0.0.1", "ok"),
        (("127.0.0.1",), HOST, "hostname mismatch"),
        (("xn--e1afmkfd.example",), "пример.example", "ok"),
        ((HOST,), "pages.example.", "ok"),
        ((HOST,), "PAGES.Example", "ok"),
    ],
)
def test_the_host_name_is_part_of_the_verdict(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange], named: tuple[str, ...], asked: str, verdict: str
) -> None:
    with WireServer({"/": [OK]}, tls=server_context(authority.issue_cert(*named))) as server:
        exchange = fetch(fetched, server.url(host=asked), roots=roots)

    assert exchange.outcome == "response"
    assert exchange.tls is not None
    assert (exchange.tls.verdict, exchange.tls.trusted) == (verdict, verdict == "ok")


def test_an_expired_certificate_is_fetched_and_not_trusted(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = authority.issue_cert(HOST, not_before=yesterday - datetime.timedelta(days=9), not_after=yesterday)
    with WireServer({"/": [OK]}, tls=server_context(certificate)) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert exchange.outcome == "response"
    assert exchange.tls is not None
    assert exchange.tls.verdict == "certificate has expired"


def test_a_certificate_of_tomorrow_is_fetched_and_not_trusted(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    certificate = authority.issue_cert(HOST, not_before=tomorrow, not_after=tomorrow + datetime.timedelta(days=9))
    with WireServer({"/": [OK]}, tls=server_context(certificate)) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert (exchange.outcome, exchange.failure) == ("response", None)
    assert exchange.tls is not None
    assert certificate_problem(exchange.tls.verdict) == "not-yet-valid"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, "TLSv1_1", "TLSv1"])
def test_a_server_without_any_certificate_is_fetched_and_not_trusted(
    roots: Roots, fetched: list[Exchange], version: Any
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion[version] if isinstance(version, str) else version
    context.set_ciphers("aNULL:!eNULL:@SECLEVEL=0")
    with WireServer({"/": [OK], "/next": [OK]}, tls=context) as server:
        exchange = fetch(fetched, server.url(host=HOST), server.url("/next", host=HOST), roots=roots)

    assert [one.outcome for one in fetched] == ["response", "response"]
    assert exchange.response.read() == OK
    assert exchange.tls is not None
    assert (exchange.tls.chain, exchange.tls.verdict) == ((), "no certificate")
    assert certificate_problem(exchange.tls.verdict) == "no-certificate"
    assert "_anon_WITH_" in exchange.tls.cipher
    # the first one got the alert, the second one is used again
    assert server.connections == 2


def test_a_certificate_is_shown_wherever_there_is_one(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    """A server that would rather go without, if it could."""
    context = server_context(authority.issue_cert(HOST))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:ALL:@SECLEVEL=0")
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    with WireServer({"/": [OK]}, tls=context) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert exchange.tls is not None
    assert exchange.tls.trusted


def test_a_server_that_wants_a_certificate_of_ours_refuses_tls(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = server_context(authority.issue_cert(HOST))
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
        with WireServer({"/": [OK]}, tls=context) as server:
            exchange = fetch(fetched, server.url(host=HOST), roots=roots)

        assert (exchange.outcome, exchange.failure) == ("tls", "tls-refused")
        assert exchange.error is not None
        assert "alert" in exchange.error


def chain_of_s_client(server: WireServer) -> tuple[bytes, ...]:
    """The certificates that another client is sent."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", HOST, "-showcerts"]
    shown = subprocess.run(command, input=b"", capture_output=True, timeout=30, check=False).stdout.decode()
    pems = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", shown, re.DOTALL)
    # openssl shows the leaf once more after the chain, but not with -showcerts in every version
    chain, _, _ = shown.partition("Server certificate")
    return tuple(ssl.PEM_cert_to_DER_cert(pem) for pem in pems[: chain.count("-----BEGIN")] or pems)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    "order", ["as it should be", "turned round", "with one too many", "one twice", "the leaf alone"]
)
def test_the_chain_is_the_one_that_openssl_is_sent(
    authority: trustme.CA,
    roots: Roots,
    fetched: list[Exchange],
    tmp_path: Path,
    order: str,
    version: ssl.TLSVersion,
) -> None:
    certificate = authority.create_child_ca().create_child_ca().issue_cert(HOST)
    leaf, *above = [pem.bytes() for pem in certificate.cert_chain_pems]
    sent = {
        "as it should be": [leaf, *above],
        "turned round": [leaf, *reversed(above)],
        "with one too many": [leaf, *above, trustme.CA().cert_pem.bytes()],
        "one twice": [leaf, above[0], *above],
        "the leaf alone": [leaf],
    }[order]
    pem = tmp_path / "chain.pem"
    pem.write_bytes(certificate.private_key_pem.bytes() + b"".join(sent))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(pem)
    with WireServer({"/": [OK]}, tls=context) as server:
        tls = fetch(fetched, server.url(host=HOST), roots=roots).tls
        other = chain_of_s_client(server)

    assert tls is not None
    assert tls.chain == other == tuple(ssl.PEM_cert_to_DER_cert(one.decode()) for one in sent)
    # RFC 8446, 4.4.2: any order will do, and what is superfluous does no harm
    assert tls.verdict == ("unable to get local issuer certificate" if order == "the leaf alone" else "ok")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_is_no_name_for_a_server_to_be_asked_for(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange], host: str
) -> None:
    """RFC 6066, 3: literal addresses are not permitted in server_name."""
    named: list[str | None] = []
    context = server_context(authority.issue_cert(host))
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    try:
        server = WireServer({"/": [OK]}, tls=context, host=host)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with server:
        exchange = fetch(fetched, server.url(), roots=roots)

    assert exchange.tls is not None
    assert (exchange.outcome, exchange.tls.verdict, exchange.peer) == ("response", "ok", host)
    assert named == [None]


def own_certificate(file: Path, issuer: trustme.CA | None, usage: x509.ObjectIdentifier) -> ssl.SSLContext:
    """A server with a certificate for HOST signed by itself, or by an authority, for one purpose."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
    now = datetime.datetime.now(datetime.UTC)
    signing: Any = key
    signer = name
    if issuer is not None:
        signing = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), None)
        signer = x509.load_pem_x509_certificate(issuer.cert_pem.bytes()).subject
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .sign(signing, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_self_signed_certificate_is_fetched_and_not_trusted(
    roots: Roots, fetched: list[Exchange], tmp_path: Path
) -> None:
    context = own_certificate(tmp_path / "own.pem", None, ExtendedKeyUsageOID.SERVER_AUTH)
    with WireServer({"/": [OK]}, tls=context) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert (exchange.outcome, exchange.response.read()) == ("response", OK)
    assert exchange.tls is not None
    assert len(exchange.tls.chain) == 1
    assert (exchange.tls.trusted, exchange.tls.verdict) == (False, "self-signed certificate")


@pytest.mark.parametrize(
    ("usage", "verdict"),
    [
        (ExtendedKeyUsageOID.SERVER_AUTH, "ok"),
        (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, "ok"),
        (ExtendedKeyUsageOID.CLIENT_AUTH, "unsuitable certificate purpose"),
    ],
)
def test_a_certificate_for_another_purpose_is_not_trusted(
    authority: trustme.CA,
    roots: Roots,
    fetched: list[Exchange],
    tmp_path: Path,
    usage: x509.ObjectIdentifier,
    verdict: str,
) -> None:
    with WireServer({"/": [OK]}, tls=own_certificate(tmp_path / "own.pem", authority, usage)) as server:
        tls = fetch(fetched, server.url(host=HOST), roots=roots).tls

    assert tls is not None
    assert tls.verdict == verdict


def test_what_is_no_certificate_is_not_trusted(roots: Roots) -> None:
    assert roots.verdict([], HOST) == "no certificate"
    assert roots.verdict([b"\x30\x03\x02\x01\x01"], HOST) == "unreadable certificate: Error"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, "TLSv1_1", "TLSv1"])
def test_old_versions_are_spoken_and_named(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange], version: Any
) -> None:
    context = server_context(authority.issue_cert(HOST))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # naming them is deprecated, and the point of the test
        version = ssl.TLSVersion[version] if isinstance(version, str) else version
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with WireServer({"/": [OK]}, tls=context) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert exchange.error is None
    assert exchange.tls is not None
    assert exchange.tls.version == version.name.replace("_", ".")
    assert exchange.tls.cipher.startswith("TLS_ECDHE_ECDSA_WITH_AES_256_")


def test_h2_is_never_offered(authority: trustme.CA, fetched: list[Exchange]) -> None:
    context = server_context(authority.issue_cert(HOST))
    context.set_alpn_protocols(["h2"])
    with WireServer({"/": [OK]}, tls=context) as server:
        exchange = fetch(fetched, server.url(host=HOST))

    assert exchange.outcome in ("response", "tls")
    assert exchange.tls is None or exchange.tls.alpn is None


# A ServerHello of TLS 1.2 without renegotiation_info (RFC 5746), as servers of before 2010 send it.
OLD_HELLO = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + bytes(32) + b"\x00\xc0\x2f\x00"

# name: (greeting, outcome, failure, words)
HANDSHAKES: dict[str, tuple[Script, str, str, str]] = {
    "plain HTTP": (
        [b"HTTP/1.1 400 Bad Request\r\n\r\n", Do.HOLD],
        "tls",
        "tls-refused",
        "no TLS: wrong version number",
    ),
    "an alert": ([b"\x15\x03\x01\x00\x02\x02\x28", Do.HOLD], "tls", "tls-refused", "no TLS: "),
    "another alert": ([b"\x15\x03\x01\x00\x02\x02\x70", Do.HOLD], "tls", "tls-refused", "unrecognized name"),
    "closed": ([Pause(0.1), Do.CLOSE], "reset", "tls-reset", "no TLS: "),
    "reset": ([Pause(0.1), Do.RESET], "reset", "tls-reset", "no TLS: "),
    "cut": ([b"\x16\x03\x03", Do.CLOSE], "reset", "tls-reset", "no TLS: "),
    "cut after the hello": ([OLD_HELLO, Pause(0.1), Do.CLOSE], "reset", "tls-reset", "no TLS: "),
    "reset after the hello": ([OLD_HELLO, Pause(0.1), Do.RESET], "reset", "tls-reset", "no TLS: "),
    "silent": ([Do.HOLD], "timeout", "tls-timeout", "no TLS handshake within 0.5 s"),
    "silent after a hello without RFC 5746": (
        [OLD_HELLO, Do.HOLD],
        "timeout",
        "tls-timeout",
        "no TLS handshake within 0.5 s",
    ),
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_each_failed_handshake_is_an_exchange(fetched: list[Exchange], name: str) -> None:
    greeting, outcome, failure, words = HANDSHAKES[name]
    with WireServer({}, greeting=greeting) as server:
        # short only for who says nothing: a busy machine must not come too late to what was said
        limits = WireLimits(connect=0.5 if outcome == "timeout" else 60)
        exchange = fetch(fetched, f"https://{HOST}:{server.port}/", limits=limits)

    assert (exchange.outcome, exchange.stage, exchange.peer) == (outcome, "tls", "127.0.0.1")
    assert exchange.failure == failure
    assert exchange.error is not None
    assert words in exchange.error
    assert (len(exchange.request), len(exchange.response), exchange.tls) == (0, 0, None)


@pytest.mark.parametrize("ending", [Do.CLOSE, Do.RESET])
def test_a_connection_that_ends_after_the_handshake(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange], ending: Do
) -> None:
    with WireServer({"/": [ending]}, tls=server_context(authority.issue_cert(HOST))) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert (exchange.outcome, exchange.stage, exchange.failure) == ("reset", "head", "reset-before-head")
    assert exchange.tls is not None
    assert exchange.tls.trusted
    assert exchange.request.read() == server.seen[0].request


def test_a_body_cut_off_under_tls_is_truncated(authority: trustme.CA, roots: Roots, fetched: list[Exchange]) -> None:
    script = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Do.CLOSE]
    with WireServer({"/": script}, tls=server_context(authority.issue_cert(HOST))) as server:
        exchange = fetch(fetched, server.url(host=HOST), roots=roots)

    assert (exchange.outcome, exchange.truncated) == ("truncated", "disconnect")
    assert exchange.failure == "reset-in-body"
    assert exchange.response.read() == bytes(server.seen[0].response)


@pytest.mark.parametrize("size", [10, 1_000_000])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_body_that_ends_with_the_connection_is_whole_only_when_tls_says_so(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange], version: ssl.TLSVersion, size: int
) -> None:
    body = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * size
    context = server_context(authority.issue_cert(HOST))
    context.maximum_version = version
    with WireServer({"/ended": [body, Do.CLOSE], "/cut": [body, Do.DROP]}, tls=context) as server:
        fetch(fetched, server.url("/ended", host=HOST), server.url("/cut", host=HOST), roots=roots)

    ended, cut = fetched
    assert (ended.outcome, ended.error) == ("response", None)
    assert (cut.outcome, cut.truncated) == ("truncated", "disconnect")
    assert cut.error == "the connection ended without close_notify"
    assert [exchange.response.read() for exchange in fetched] == [body, body]


def with_a_repeated_extension(authority: trustme.CA) -> bytes:
    """A certificate that the authority signed, and that the standard forbids (RFC 5280, 4.2)."""
    key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{last}"), b"\x05\x00") for last in (4, 5)]
    built = (
        x509.CertificateBuilder(extensions=[x509.Extension(name.oid, False, name) for name in names])
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")]))
        .issuer_name(x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    signed = built.tbs_certificate_bytes.replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")
    signature = b"\x00" + key.sign(signed, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256
    octets = signed + algorithm + b"\x03" + bytes([len(signature)]) + signature
    return b"\x30\x82" + len(octets).to_bytes(2, "big") + octets


def test_a_certificate_that_no_reader_takes_has_a_verdict_like_any_other(authority: trustme.CA, roots: Roots) -> None:
    verdict = roots.verdict([with_a_repeated_extension(authority)], HOST)

    assert verdict == "unreadable certificate: DuplicateExtension"


def test_a_message_with_a_length_needs_no_announced_end(
    authority: trustme.CA, roots: Roots, fetched: list[Exchange]
) -> None:
    with WireServer({"/": [OK, Do.DROP]}, tls=server_context(authority.issue_cert(HOST))) as server:
        fetch(fetched, server.url(host=HOST), server.url(host=HOST), roots=roots)

    assert [exchange.error for exchange in fetched] == [None, None]


def test_a_plain_page_has_no_tls(fetched: list[Exchange]) -> None:
    with WireServer({"/": [OK]}) as server:
        assert fetch(fetched, server.url(host=HOST)).tls is None


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        # IANA, TLS Cipher Suites; the pairs as `openssl ciphers -stdname` prints them
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("DHE-RSA-AES256-SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
        ("ECDHE-ECDSA-AES256-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"),
        ("ECDHE-ECDSA-CAMELLIA128-SHA256", "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256"),
        ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("DES-CBC3-SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("ADH-AES256-GCM-SHA384", "TLS_DH_anon_WITH_AES_256_GCM_SHA384"),
        ("AECDH-AES128-SHA", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
        ("SOMETHING-NEW", "SOMETHING-NEW"),
    ],
)
def test_cipher_suites_have_their_iana_names(openssl: str, iana: str) -> None:
    assert iana_cipher(openssl) == iana


def test_every_suite_that_is_offered_has_an_iana_name() -> None:
    contexts = (open_context(), anonymous_context())
    names = [iana_cipher(cipher["name"]) for context in contexts for cipher in context.get_ciphers()]

    assert len(names) > 10
    assert [name for name in names if not name.startswith("TLS_")] == []
