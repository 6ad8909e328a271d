"""TLS on the wire: talk to any server, and say what its certificates are worth.

A page behind an expired certificate is evidence too, so the handshake asks for nothing; the chain that the server
sent is then judged, on that very connection, against a root store by OpenSSL (RFC 5280), and the host name by
RFC 9525. pyOpenSSL, cryptography and service_identity are imported with the first https page, not before.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archive.exchange import TlsFacts

if TYPE_CHECKING:
    from cryptography import x509

# ssl.OP_LEGACY_SERVER_CONNECT has a name since Python 3.12; without it OpenSSL 3 refuses servers that do not know
# RFC 5746.
_OP_LEGACY_SERVER_CONNECT = 0x4


def open_context() -> ssl.SSLContext:
    """A context that takes any certificate, old versions and weak ciphers: what was used is on record.

    ALPN offers http/1.1 alone: with h2 the octets of a message would not be on the wire.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:!PSK:!SRP:@SECLEVEL=0")
    context.options |= _OP_LEGACY_SERVER_CONNECT
    context.set_alpn_protocols(["http/1.1"])
    return context


def anonymous_context() -> ssl.SSLContext:
    """A context for servers that have no certificate at all: anonymous Diffie-Hellman, up to TLS 1.2.

    Not offered beside the others: a server that has a certificate shall show it.
    """
    context = open_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0")
    return context


def asks_for_other_ciphers(error: ssl.SSLError) -> bool:
    """Whether a handshake ended with alert 40 (RFC 5246, 7.2.2), as it does at a server without a certificate."""
    return (error.reason or "").endswith("ALERT_HANDSHAKE_FAILURE")


class Roots:
    """A root store, and the verdicts given against it. Safe to use from several threads."""

    def __init__(self, file: Path, label: str) -> None:
        """`file` holds PEM certificates; `label` is the store's name on record."""
        from OpenSSL.crypto import X509Store

        self.label = label
        self._store = X509Store()
        self._store.load_locations(str(file))

    @classmethod
    def of_certifi(cls) -> Roots:
        """Mozilla's roots as the certifi package has them."""
        import certifi

        return cls(Path(certifi.where()), f"certifi {certifi.__version__}")

    def verdict(self, chain: Sequence[bytes], host: str) -> str:
        """`ok`, or all that is wrong with a server's certificates (DER, leaf first) for a host, parted by `; `.

        The chain is judged by OpenSSL, in its words, which end at the first fault; an expired certificate of an unknown
        issuer is expired too, so what the leaf says for itself is judged in any case.
        """
        from OpenSSL import crypto

        if not chain:
            return "no certificate"
        problems = []
        try:
            leaf, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in chain)
            try:
                crypto.X509StoreContext(self._store, leaf, others).verify_certificate()
            except crypto.X509StoreContextError as error:
                problems.append(str(error))
            problems += [
                problem for problem in _problems_of_leaf(leaf.to_cryptography(), host) if problem not in problems
            ]
        except Exception as error:  # noqa: BLE001 - no certificate that a server makes up may cost the capture
            problems.append(f"unreadable certificate: {type(error).__name__}")
        return "; ".join(problems) or "ok"


def _problems_of_leaf(leaf: x509.Certificate, host: str) -> Iterator[str]:
    """Dates, and what OpenSSL checks only for a connection of its own: purpose and host name."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID
    from service_identity import VerificationError
    from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address
    from service_identity.exceptions import CertificateError

    now = datetime.now(UTC)
    if now > leaf.not_valid_after_utc:
        yield "certificate has expired"
    if now < leaf.not_valid_before_utc:
        yield "certificate is not yet valid"
    try:
        usages = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        if not usages & {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}:
            yield "unsuitable certificate purpose"
    except x509.ExtensionNotFound:
        pass  # RFC 5280, 4.2.1.12: without the extension every purpose is allowed
    is_address = _is_address(host)
    try:
        if is_address:
            verify_certificate_ip_address(leaf, host)
        else:
            verify_certificate_hostname(leaf, host.rstrip("."))
    except (VerificationError, CertificateError):
        yield "IP address mismatch" if is_address else "hostname mismatch"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Handshake(NamedTuple):
    """What TLS says of itself, before anybody judges it."""

    version: str
    cipher: str
    alpn: str | None
    chain: tuple[bytes, ...]


def handshake_of(connection: ssl.SSLObject) -> Handshake:
    """What was agreed on; to be asked in the thread of the connection's loop.

    The object is for one thread at a time: a session ticket that the loop takes in meanwhile (RFC 8446, 4.6.1)
    replaces the very certificates that another thread would be reading.
    """
    cipher = connection.cipher()
    return Handshake(
        version=connection.version() or "unknown",
        cipher=iana_cipher(cipher[0]) if cipher else "unknown",
        alpn=connection.selected_alpn_protocol(),
        chain=_chain(connection),
    )


def judged(handshake: Handshake, host: str, roots: Roots) -> TlsFacts:
    """The same with a verdict on the chain; takes a few milliseconds, so not for the event loop."""
    verdict = roots.verdict(handshake.chain, host)
    return TlsFacts(*handshake, verdict=verdict, roots=roots.label)


def _chain(connection: ssl.SSLObject) -> tuple[bytes, ...]:
    """The certificates as sent, DER, leaf first.

    Public since Python 3.13; before that only the private object behind the SSLObject tells more than the leaf.
    """
    whole: Any = getattr(connection, "get_unverified_chain", None)
    if whole is not None:
        return tuple(whole() or ())
    inner: Any = getattr(connection, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        return tuple(_der(certificate) for certificate in inner.get_unverified_chain() or ())
    leaf = connection.getpeercert(binary_form=True)
    return (leaf,) if leaf else ()


def _der(certificate: Any) -> bytes:
    # _ssl.ENCODING_DER; its PEM twin is 1
    octets = certificate.public_bytes(2)
    assert isinstance(octets, bytes)
    return octets


_EXCHANGE = re.compile(r"(ECDHE|DHE|ECDH|DH)-(RSA|ECDSA|DSS)-(.+)")
_ANONYMOUS = re.compile(r"A(ECDH|DH)-(.+)")
_CODES = (
    (re.compile(r"(AES|CAMELLIA|ARIA)(128|256)-(GCM|CBC)-(SHA\d*)"), r"\1_\2_\3_\4"),
    (re.compile(r"(AES)(128|256)-(CCM8?)"), r"\1_\2_\3"),
    (re.compile(r"(AES|CAMELLIA)(128|256)-(SHA\d*)"), r"\1_\2_CBC_\3"),
    (re.compile(r"CHACHA20-POLY1305"), r"CHACHA20_POLY1305_SHA256"),
    (re.compile(r"DES-CBC3-SHA"), r"3DES_EDE_CBC_SHA"),
)


def iana_cipher(name: str) -> str:
    """The IANA name of a cipher suite that OpenSSL names; the name itself where it follows no known pattern.

    >>> iana_cipher("ECDHE-RSA-AES128-GCM-SHA256")
    'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
    """
    exchange, code = "RSA", name
    if match := _EXCHANGE.fullmatch(name):
        exchange, code = f"{match[1]}_{match[2]}", match[3]
    elif match := _ANONYMOUS.fullmatch(name):
        exchange, code = f"{match[1]}_anon", match[2]
    for pattern, form in _CODES:
        if found := pattern.fullmatch(code):
            return f"TLS_{exchange}_WITH_{found.expand(form)}".replace("_CCM8", "_CCM_8")
    return name
