"""A time-stamping authority on loopback for tests (RFC 3161), and the certificates of several kinds that it can have.

What it answers is made by `openssl ts`, an implementation that is not ours. Where openssl cannot do what a test asks
for (another time than now, an answer that is wrong in one place), the token is made here, octet by octet
(`make_token`); tests/archive/test_timestamp.py holds these, too, against `openssl ts -verify`.

    with Authority(folder) as authority:
        authority.url           # of the service: answers POST of application/timestamp-query
        authority.certificate   # PEM file of the root that its tokens are checked with
        authority.stamp(octets) # a response over these octets, without HTTP
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import secrets
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

POLICY = "1.3.6.1.4.1.32473.1"  # RFC 5612: the number for examples
OTHER_POLICY = "1.3.6.1.4.1.32473.2"
LONG = timedelta(days=3650)


class Wrong(enum.Enum):
    """What an authority does instead of its work."""

    OCTETS = "a token over other octets"
    NONCE = "a token with another nonce"
    NO_NONCE = "a token without a nonce"
    FLIPPED = "a token whose signature has one bit flipped"
    ROGUE = "a token by an authority of the same names and other keys"
    NO_CERTIFICATE = "a token without the certificate that was asked for"
    REJECTION = "status 2: rejection"
    WAITING = "status 3: waiting"
    GARBAGE = "octets that are no answer"
    EMPTY = "nothing"
    TRUNCATED = "half an answer"
    HTML = "a page, with status 200"
    ERROR = "HTTP status 500"
    BUSY = "HTTP status 503 with Retry-After"
    REDIRECT = "HTTP status 302"
    HUGE = "more octets than anybody wants"
    HANG = "no answer, until the client goes away"
    RESET = "the connection is closed"


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make_ca(
    name: str = "Example Authority Root",
    *,
    issuer: Identity | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> Identity:
    """A certification authority: a root, or an intermediate one of `issuer`."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, key, issuer, not_before, not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(certificates=True), critical=True)
    return Identity(builder.sign((issuer.key if issuer else key), hashes.SHA256()), key)


def make_tsa(
    issuer: Identity,
    name: str = "Example Time-Stamping Unit",
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    crl_url: str | None = None,
    with_rsa: bool = False,
) -> Identity:
    """A time-stamping unit; with other `purposes`, or not `critical`, one that may not stamp (RFC 3161, 2.3)."""
    key = rsa.generate_private_key(65537, 2048) if with_rsa else ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, key, issuer, not_before, not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(certificates=False), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    if crl_url:
        place = x509.DistributionPoint([x509.UniformResourceIdentifier(crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)
    return Identity(builder.sign(issuer.key, hashes.SHA256()), key)


def make_crl(
    issuer: Identity,
    revoked: Sequence[tuple[int, datetime]] = (),
    *,
    this_update: datetime | None = None,
    next_update: datetime | None = None,
) -> bytes:
    """A list of revoked certificates, DER: serial numbers and since when."""
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(this_update or now - timedelta(hours=1))
    builder = builder.next_update(next_update or now + timedelta(days=7))
    for serial, since in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(one)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _builder(
    name: str,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    issuer: Identity | None,
    not_before: datetime | None,
    not_after: datetime | None,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0)
    subject = _name(name)
    builder = x509.CertificateBuilder().subject_name(subject)
    builder = builder.issuer_name(issuer.certificate.subject if issuer else subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(not_before or now - timedelta(days=1))
    builder = builder.not_valid_after(not_after or now + LONG)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(own, critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key())
    return builder.add_extension(above, critical=False)


def _name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Time Service"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


# tokens, octet by octet


def der(tag: int, *contents: bytes) -> bytes:
    """One value in DER (X.690, 8.1 and 10.1)."""
    content = b"".join(contents)
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*contents: bytes) -> bytes:
    return der(0x30, *contents)


def set_of(*contents: bytes) -> bytes:
    return der(0x31, *sorted(contents))


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octet_string(octets: bytes) -> bytes:
    return der(0x04, octets)


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    octets = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | (arc & 0x7F))
        octets += bytes(reversed(septets))
    return der(0x06, octets)


def generalized_time(at: datetime) -> bytes:
    """RFC 3161, 2.4.2: the fraction without trailing zeros, left out when it is none."""
    fraction = f".{at.microsecond:06}".rstrip("0").rstrip(".")
    return der(0x18, f"{at:%Y%m%d%H%M%S}{fraction}Z".encode())


_SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
_SIGNED_DATA = oid("1.2.840.113549.1.7.2")
_TST_INFO = oid("1.2.840.113549.1.9.16.1.4")


def make_token(
    unit: Identity,
    imprint: bytes,
    *,
    at: datetime,
    nonce: int | None = None,
    policy: str = POLICY,
    serial: int | None = None,
    accuracy: tuple[int, int, int] | None = (1, 500, 0),
    certificates: Sequence[bytes] | None = None,
    unsorted: bool = False,
    signed_certificate: bytes | None = None,
    tsa_name: bool = True,
) -> bytes:
    """A TimeStampResp with status granted, as of `at`.

    `imprint` is the SHA-256 of what is stamped; `accuracy` seconds, milliseconds, microseconds; `certificates` (DER)
    stand in the token, by default the unit's own, `unsorted` in the order given; `signed_certificate` is the one whose
    digest the signature covers (RFC 5816), by default the unit's own.
    """
    info = _tst_info(unit, imprint, at, nonce, policy, serial, accuracy, tsa_name=tsa_name)
    bound = hashlib.sha256(unit.der if signed_certificate is None else signed_certificate).digest()
    attributes = set_of(
        sequence(oid("1.2.840.113549.1.9.3"), set_of(_TST_INFO)),
        sequence(oid("1.2.840.113549.1.9.4"), set_of(octet_string(hashlib.sha256(info).digest()))),
        sequence(oid("1.2.840.113549.1.9.16.2.47"), set_of(sequence(sequence(sequence(octet_string(bound)))))),
    )
    if isinstance(unit.key, rsa.RSAPrivateKey):
        algorithm = sequence(oid("1.2.840.113549.1.1.11"), der(0x05))
        signature = unit.key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
    else:
        algorithm = sequence(oid("1.2.840.10045.4.3.2"))
        signature = unit.key.sign(attributes, ec.ECDSA(hashes.SHA256()))
    signer = sequence(
        integer(1),
        sequence(unit.certificate.issuer.public_bytes(), integer(unit.certificate.serial_number)),
        _SHA256,
        b"\xa0" + attributes[1:],
        algorithm,
        octet_string(signature),
    )
    within = [unit.der] if certificates is None else list(certificates)
    signed = sequence(
        integer(3),
        set_of(_SHA256),
        sequence(_TST_INFO, der(0xA0, octet_string(info))),
        der(0xA0, *(within if unsorted else sorted(within))) if within else b"",
        set_of(signer),
    )
    return sequence(sequence(integer(0)), sequence(_SIGNED_DATA, der(0xA0, signed)))


def _tst_info(
    unit: Identity,
    imprint: bytes,
    at: datetime,
    nonce: int | None,
    policy: str,
    serial: int | None,
    accuracy: tuple[int, int, int] | None,
    *,
    tsa_name: bool,
) -> bytes:
    parts = [
        integer(1),
        oid(policy),
        sequence(sequence(oid("2.16.840.1.101.3.4.2.1"), der(0x05)), octet_string(imprint)),
        integer(secrets.randbits(64) if serial is None else serial),
        generalized_time(at),
    ]
    if accuracy is not None:
        seconds, millis, micros = accuracy
        inside = [integer(seconds)] if seconds else []
        inside += [der(0x80, integer(millis)[2:])] if millis else []
        inside += [der(0x81, integer(micros)[2:])] if micros else []
        parts.append(sequence(*inside))
    if nonce is not None:
        parts.append(integer(nonce))
    if tsa_name:
        parts.append(der(0xA0, der(0xA4, unit.certificate.subject.public_bytes())))
    return sequence(*parts)


def refusal(status: int, text: str = "no", failure: int | None = 25) -> bytes:
    """A TimeStampResp without a token: 2 is rejection, 3 waiting; failure 25 is systemFailure (RFC 3161, 2.4.2)."""
    parts = [integer(status), sequence(der(0x0C, text.encode()))]
    if failure is not None:
        bits = bytearray(failure // 8 + 1)
        bits[failure // 8] = 0x80 >> failure % 8
        parts.append(der(0x03, bytes((7 - failure % 8,)), bytes(bits)))
    return sequence(sequence(*parts))


def flip_signature(response: bytes) -> bytes:
    """The response with one bit flipped in its last octet, which is the signature's."""
    return response[:-1] + bytes((response[-1] ^ 1,))


# the service


@dataclass(frozen=True)
class Asked:
    """One request that the service got."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Authority:
    """A time-stamping authority with a root, a unit, and a service at `url`.

    `wrong` makes it answer wrongly, for `times` answers (None: all of them), and may be changed while it runs. With
    `at`, its clock stands there. `not_before` and `not_after` are those of the unit's certificate, `root_not_before`
    and `root_not_after` of the root's. With `intermediate` there is a certificate between both, which its tokens hold
    in an order that DER forbids, as `openssl ts` with `certs` gives it. With `crl` the unit's certificate names a list
    of revoked certificates, which the service answers GET with; `revoke()` puts the unit on it.
    """

    folder: Path
    name: str = "Example"
    wrong: Wrong | None = None
    times: int | None = None
    at: datetime | None = None
    policy: str = POLICY
    not_before: datetime | None = None
    not_after: datetime | None = None
    root_not_before: datetime | None = None
    root_not_after: datetime | None = None
    intermediate: bool = False
    crl: bool = False
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,)
    critical: bool = True
    with_rsa: bool = False
    ess: str = "sha256"
    """The hash that openssl's tokens name their certificate with; `sha1` is RFC 2634's, which many still use."""
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread: threading.Thread | None = None
        before = self.root_not_before or self.not_before
        self.root = make_ca(f"{self.name} Root", not_before=before, not_after=self.root_not_after)
        self.issuer = (
            make_ca(f"{self.name} Issuing CA", issuer=self.root, not_before=before, not_after=self.root_not_after)
            if self.intermediate
            else self.root
        )
        self.unit = make_tsa(
            self.issuer,
            f"{self.name} Time-Stamping Unit",
            not_before=self.not_before,
            not_after=self.not_after,
            purposes=self.purposes,
            critical=self.critical,
            crl_url=self.crl_url if self.crl else None,
            with_rsa=self.with_rsa,
        )
        self.revoked: list[tuple[int, datetime]] = []
        self.certificate = self._write("root.pem", self.root.pem)
        self.chain = self._write("chain.pem", self.root.pem + (self.issuer.pem if self.intermediate else b""))
        self._write("unit.pem", self.unit.pem)
        self._write("unit.key", self.unit.key_pem)
        # an order that is not DER's: the issuer, which openssl appends, is to stand after the unit though it is lower
        self._write("certs.pem", self.issuer.pem + self.root.pem)
        self._write("serial", b"01\n")
        certs = f"certs = {self.folder / 'certs.pem'}\n" if self.intermediate else ""
        self._write(
            "openssl.cnf",
            _CONFIGURATION.format(folder=self.folder, policy=self.policy, certs=certs, ess=self.ess).encode(),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsr"

    @property
    def crl_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/list.crl"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def stamp(self, octets: bytes, *, nonce: int | None = None, at: datetime | None = None) -> bytes:
        """A good response over `octets`, made now or, with `at`, then; no HTTP."""
        if at is not None or self.at is not None:
            return self._made(hashlib.sha256(octets).digest(), nonce, at or self.at)
        query = ["openssl", "ts", "-query", "-sha256", "-cert", "-digest", hashlib.sha256(octets).hexdigest()]
        asked = subprocess.run([*query, "-no_nonce"] if nonce is None else query, check=True, capture_output=True)
        return self.reply(asked.stdout)

    def reply(self, query: bytes) -> bytes:
        """What `openssl ts -reply` answers to a request."""
        with self._lock:
            place = self.folder / f"query-{secrets.token_hex(4)}.tsq"
            place.write_bytes(query)
            command = ["openssl", "ts", "-reply", "-config", str(self.folder / "openssl.cnf"), "-queryfile", str(place)]
            answer = subprocess.run(command, check=True, capture_output=True)
            place.unlink()
        return answer.stdout

    def revoke(self, since: datetime | None = None) -> None:
        """Put the unit on the list of revoked certificates."""
        self.revoked.append((self.unit.certificate.serial_number, since or datetime.now(UTC) - timedelta(hours=2)))

    def rogue(self) -> Identity:
        """A unit of the same names, below a root of the same name, with other keys."""
        return make_tsa(make_ca(f"{self.name} Root"), f"{self.name} Time-Stamping Unit")

    def _write(self, name: str, octets: bytes) -> Path:
        place = self.folder / name
        place.write_bytes(octets)
        return place

    def _made(self, imprint: bytes, nonce: int | None, at: datetime | None, unit: Identity | None = None) -> bytes:
        return make_token(unit or self.unit, imprint, at=at or datetime.now(UTC), nonce=nonce, policy=self.policy)

    def _answer(self, query: bytes) -> bytes:
        imprint, nonce = _read_query(query)
        with self._lock:
            wrong = self.wrong
            if wrong is not None and self.times is not None:
                self.times -= 1
                self.wrong = wrong if self.times > 0 else None
        match wrong:
            case None:
                return self.reply(query) if self.at is None else self._made(imprint, nonce, self.at)
            case Wrong.OCTETS:
                return self._made(hashlib.sha256(b"other octets").digest(), nonce, self.at)
            case Wrong.NONCE:
                return self._made(imprint, (nonce or 0) + 1, self.at)
            case Wrong.NO_NONCE:
                return self._made(imprint, None, self.at)
            case Wrong.FLIPPED:
                return flip_signature(self._made(imprint, nonce, self.at))
            case Wrong.ROGUE:
                return self._made(imprint, nonce, self.at, self.rogue())
            case Wrong.NO_CERTIFICATE:
                at = self.at or datetime.now(UTC)
                return make_token(self.unit, imprint, at=at, nonce=nonce, policy=self.policy, certificates=())
            case Wrong.REJECTION:
                return refusal(2, "the service is closed")
            case Wrong.WAITING:
                return refusal(3, "later", None)
            case Wrong.GARBAGE:
                return b"\x30\x82\xff\xff" + b"no answer"
            case Wrong.TRUNCATED:
                octets = self._made(imprint, nonce, self.at)
                return octets[: len(octets) // 2]
            case Wrong.HTML:
                return b"<!doctype html><title>Welcome to the hotel</title>"
            case _:
                return b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                authority.asked.append(Asked("POST", self.path, tuple(self.headers.items()), body, time.monotonic()))
                wrong = authority.wrong
                octets = authority._answer(body)
                with contextlib.suppress(OSError):  # the client went away
                    self._send(wrong, octets)

            def do_GET(self) -> None:
                authority.asked.append(Asked("GET", self.path, tuple(self.headers.items()), b"", time.monotonic()))
                with contextlib.suppress(OSError):
                    if self.path == "/list.crl" and authority.wrong is not Wrong.ERROR:
                        self._reply(200, make_crl(authority.issuer, authority.revoked), "application/pkix-crl")
                    else:
                        self._reply(404, b"")

            def _send(self, wrong: Wrong | None, octets: bytes) -> None:
                match wrong:
                    case Wrong.ERROR:
                        self._reply(500, b"")
                    case Wrong.BUSY:
                        self._reply(503, b"", extra=("Retry-After", "120"))
                    case Wrong.REDIRECT:
                        self._reply(302, b"", extra=("Location", "http://elsewhere.example/tsr"))
                    case Wrong.HTML:
                        self._reply(200, octets, "text/html")
                    case Wrong.HUGE:
                        self.send_response(200)
                        self.send_header("Content-Type", "application/timestamp-reply")
                        self.end_headers()
                        self.close_connection = True
                        while not authority._stop.is_set():
                            self.wfile.write(b"\0" * (1 << 16))
                    case Wrong.HANG:
                        authority._stop.wait(30)
                        self.close_connection = True
                    case Wrong.RESET:
                        self.close_connection = True
                    case _:
                        self._reply(200, octets)

            def _reply(
                self,
                status: int,
                octets: bytes,
                kind: str = "application/timestamp-reply",
                extra: tuple[str, str] | None = None,
            ) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(octets)))
                if extra is not None:
                    self.send_header(*extra)
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler


_CONFIGURATION = """\
[tsa]
default_tsa = unit
[unit]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/unit.pem
signer_key = {folder}/unit.key
{certs}signer_digest = sha256
default_policy = {policy}
other_policies = 1.3.6.1.4.1.32473.2
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
clock_precision_digits = 6
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


def _read_query(query: bytes) -> tuple[bytes, int | None]:
    """Imprint and nonce of a request."""
    from rfc3161_client import _rust

    request = _rust.parse_timestamp_request(query)
    return request.message_imprint.message, request.nonce


def openssl_verifies(response: bytes, octets: bytes, authority: Authority, folder: Path, at: datetime) -> bool:
    """What `openssl ts -verify` says of a response over these octets, with the authority's chain, as of `at`."""
    (folder / "octets").write_bytes(octets)
    (folder / "response.tsr").write_bytes(response)
    command = ["openssl", "ts", "-verify", "-data", str(folder / "octets"), "-in", str(folder / "response.tsr")]
    command += ["-CAfile", str(authority.chain), "-attime", str(int(at.timestamp()))]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
