"""Time-stamp tokens (RFC 3161): asking for one, reading it, holding it against what it is said to be over.

A token says: a time-stamping authority had this hash at this time. What it is over here are the octets of a checkpoint
as it was first issued. It is checked with the authority's root certificate, as of the time that it states: a
certificate that has expired since does no harm (RFC 3161, 4 (1)).

rfc3161-client checks the signature and the chain. It refuses some tokens that are sound, above all where the
certificates within stand in an order that DER forbids, and that no signature covers: those are put in order, and what
it refuses even then is left to `openssl ts -verify`. Everything else is checked here in both cases: status, imprint,
nonce, policy, that the signature covers the certificate (RFC 5816), and that this certificate is for time-stamping and
nothing else (RFC 3161, 2.3). Octets that none of this is about, certificates beyond the chain above all, are bound by
the digest of the whole response in the log.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.der import (
    BIT_STRING,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Der,
    DerError,
    context,
    parse_der,
)
from archive.errors import TimestampError

RESPONSE_LIMIT: Final = 256 << 10
"""Octets of a response at most; with a long chain they have some ten thousand."""
CRL_LIMIT: Final = 8 << 20
"""Octets of a list of revoked certificates at most."""

_DER = serialization.Encoding.DER
_PEM = serialization.Encoding.PEM
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"  # RFC 2634, 5.4: SHA-1
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"  # RFC 5035, 3: SHA-256 unless it says another
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
# RFC 5754, RFC 8017, RFC 8419: the hash that a signature algorithm's name holds
_SIGNATURES = {
    "1.2.840.113549.1.1.1": "any",  # rsaEncryption
    "1.2.840.113549.1.1.10": "any",  # RSASSA-PSS
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.2.1": "any",  # id-ecPublicKey, which some write
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "1.3.101.112": "sha512",  # Ed25519
}
_WITH_PARAMETERS = {"1.2.840.113549.1.1.10", "1.2.840.10045.2.1"}
_STATUSES = {
    1: "granted with modifications",
    2: "rejection",
    3: "waiting",
    4: "revocation warning",
    5: "revocation notification",
}
# RFC 3161, 2.4.2
_FAILURES = {
    0: "unrecognised or unsupported algorithm",
    2: "request not permitted",
    5: "request in another format than expected",
    14: "its time source is not available",
    15: "policy not supported",
    16: "extension not supported",
    17: "additional information not available",
    25: "system failure",
}

# What cryptography raises for certificates that it cannot read or use.
_UNREADABLE = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,  # where warnings are errors
)

Way = Literal["as received", "certificates in order", "openssl"]
"""How a token was checked: by rfc3161-client as it is, with its certificates put in order, or by `openssl ts`."""


@dataclass(frozen=True, slots=True)
class TimestampRequest:
    """What an authority is asked."""

    octets: bytes
    """TimeStampReq, DER: version, SHA-256 of the message, nonce, and that the certificate is wanted; nothing else."""
    nonce: int


@dataclass(frozen=True, slots=True)
class Imprint:
    """The hash that a token is over."""

    algorithm: str
    """sha256, sha384 or sha512."""
    digest: bytes

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest.hex()}"

    def is_of(self, message: bytes) -> bool:
        """Whether it is the hash of these octets."""
        return hashlib.new(self.algorithm, message).digest() == self.digest


@dataclass(frozen=True, slots=True)
class Token:
    """A token that holds."""

    gen_time: datetime
    """UTC; what is finer than a microsecond is cut off."""
    accuracy: timedelta | None
    """How far from the true time it may be, either way; None where the authority does not say."""
    serial: int
    policy: str
    """Object identifier of the rules that the authority stamps under."""
    tsa: str
    """Common name in the authority's certificate, the whole name where it has none."""
    imprint: Imprint
    nonce: int | None
    certificate: bytes
    """DER: the one whose key signed."""
    certificates: tuple[bytes, ...]
    """DER: all that stand in the token, in their order."""
    way: Way

    @property
    def fallback_used(self) -> bool:
        """Whether rfc3161-client refused the token as it was received."""
        return self.way != "as received"

    @property
    def latest(self) -> datetime:
        """The latest time that it can have been made at, by its own accuracy."""
        return self.gen_time + (self.accuracy or timedelta())


@dataclass(frozen=True, slots=True)
class Crl:
    """What a list of revoked certificates says of one certificate."""

    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    """None: the certificate is not on it."""


def new_request(message: bytes) -> TimestampRequest:
    """A request for a token over `message`, with a random nonce of 64 bits."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    assert request.nonce is not None, "a request has a nonce where one is wanted"
    return TimestampRequest(request.as_bytes(), request.nonce)


def imprint(response: bytes) -> Imprint:
    """The hash that a response's token is over; nothing else is checked. Raises TimestampError."""
    return _parse(response).imprint


def gen_time(response: bytes) -> datetime:
    """The time that a response's token states; nothing else is checked. Raises TimestampError."""
    return _parse(response).gen_time


def verify_token(
    response: bytes,
    message: bytes,
    certificates: bytes,
    *,
    nonce: int | None = None,
    policy: str | None = None,
) -> Token:
    """The token of a response, checked: that it is over `message`, and of the authority, as of the time it states.

    `certificates` is PEM and holds the authority's root, and may hold what stands between it and the authority's own.
    With `nonce` or `policy` the token must have that one. Raises TimestampError: expected, found.
    """
    parsed = _parse(response)
    roots, between = read_certificates(certificates)
    if not parsed.imprint.is_of(message):
        expected = hashlib.new(parsed.imprint.algorithm, message).hexdigest()
        raise TimestampError(
            f"expected a token over {parsed.imprint.algorithm}:{expected}, found one over other octets, "
            f"{parsed.imprint}"
        )
    if nonce is not None and parsed.nonce != nonce:
        found = "none" if parsed.nonce is None else "another"
        raise TimestampError(f"expected the nonce of the request in the token, found {found}")
    if policy is not None and parsed.policy != policy:
        raise TimestampError(f"expected a token under the policy {policy}, found {parsed.policy}")
    signer = _signer(parsed)
    _check_purpose(signer)
    way = _check_signature(parsed, message, roots, between)
    return Token(
        gen_time=parsed.gen_time,
        accuracy=parsed.accuracy,
        serial=parsed.serial,
        policy=parsed.policy,
        tsa=_name_of(signer),
        imprint=parsed.imprint,
        nonce=parsed.nonce,
        certificate=signer.public_bytes(_DER),
        certificates=tuple(value.octets for value in parsed.certificates),
        way=way,
    )


def read_certificates(pem: bytes) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """The roots (self-signed) and the other certificates of a PEM file.

    Raises TimestampError when it holds no root: nothing else can be trusted to be the authority's.
    """
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except _UNREADABLE as error:
        found = "DER: openssl x509 -inform DER -in FILE -out FILE.pem makes PEM of it" if pem[:1] == b"0" else "none"
        raise TimestampError(f"expected certificates in PEM (-----BEGIN CERTIFICATE-----), found {found}") from error
    roots = [one for one in certificates if one.issuer == one.subject and _is_issued(one, one)]
    if not roots:
        raise TimestampError(
            "expected the authority's root certificate, which is issued by itself, found only "
            + ", ".join(f"{_name_of(one)!r} issued by {one.issuer.rfc4514_string()!r}" for one in certificates)
        )
    return roots, [one for one in certificates if one not in roots]


# reading


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A response with a token, read and not checked."""

    response: bytes
    gen_time: datetime
    accuracy: timedelta | None
    serial: int
    policy: str
    imprint: Imprint
    nonce: int | None
    within: Der | None
    """The certificates, `[0]`."""
    certificates: tuple[Der, ...]
    signer_issuer: bytes
    signer_serial: int
    bound: Imprint | None
    """Digest of the signer's certificate that the signature covers."""


def _parse(response: bytes) -> _Parsed:
    if len(response) > RESPONSE_LIMIT:
        raise TimestampError(f"expected a response of up to {RESPONSE_LIMIT} octets, found {len(response)}")
    try:
        whole = parse_der(response).expect(SEQUENCE, "a TimeStampResp")
        _check_status(_first(whole))
        token = list(whole.children())[1:]
        if len(token) != 1:
            raise DerError(f"expected one token, found {len(token)}")
        return _parse_token(response, token[0])
    except (DerError, ValueError) as error:
        raise TimestampError(f"expected a response of a time-stamping authority (RFC 3161), found: {error}") from error


def _check_status(info: Der) -> None:
    """Go on only where a token was granted as it was asked for. Raises TimestampError with the authority's words."""
    info.expect(SEQUENCE, "a PKIStatusInfo")
    status = _first(info).integer()
    rest = list(info.children())[1:]
    if status == 0:
        return
    words = [text.text() for value in rest if value.tag == SEQUENCE for text in value.children()]
    for value in rest:
        if value.tag == BIT_STRING:
            words += [_FAILURES.get(bit, f"failure {bit}") for bit in _bits(value.content)]
    said = "".join(sign if sign.isprintable() else "?" for sign in ": ".join(filter(None, words)))[:300]
    raise TimestampError(
        f"expected a token, found that the authority refuses: {_STATUSES.get(status, f'status {status}')}"
        + (f" ({said})" if said else "")
    )


def _bits(content: bytes) -> Iterator[int]:
    for place, octet in enumerate(content[1:9]):
        yield from (8 * place + bit for bit in range(8) if octet & 0x80 >> bit)


def _parse_token(response: bytes, token: Der) -> _Parsed:
    kind, explicit = _exactly(2, token.expect(SEQUENCE, "a ContentInfo"))
    if kind.oid() != _SIGNED_DATA:
        raise DerError(f"expected signed data, found {kind.oid()}")
    (signed,) = _exactly(1, explicit.expect(context(0), "the content"))
    parts = list(signed.expect(SEQUENCE, "a SignedData").children())
    if len(parts) < 4:
        raise DerError(f"expected four parts or more in a SignedData, found {len(parts)}")
    if parts[0].integer() not in (3, 4, 5):  # RFC 5652, 5.1, for content that is not plain data
        raise DerError(f"expected a SignedData of version 3, found {parts[0].integer()}")
    for algorithm in parts[1].expect(SET, "the digest algorithms").children():
        _algorithm(algorithm)
    content, rest = parts[2], parts[3:]
    kind, explicit = _exactly(2, content.expect(SEQUENCE, "an EncapsulatedContentInfo"))
    if kind.oid() != _TST_INFO:
        raise DerError(f"expected a TSTInfo, found content of the kind {kind.oid()}")
    (wrapped,) = _exactly(1, explicit.expect(context(0), "the content"))
    info = _tst_info(wrapped.expect(OCTET_STRING, "a TSTInfo in an octet string").content)
    within = next((part for part in rest if part.tag == context(0)), None)
    (signer,) = _exactly(1, rest[-1].expect(SET, "the signers"))
    issuer, serial, bound = _signer_info(signer)
    return _Parsed(
        response=response,
        gen_time=info.gen_time,
        accuracy=info.accuracy,
        serial=info.serial,
        policy=info.policy,
        imprint=info.imprint,
        nonce=info.nonce,
        within=within,
        certificates=tuple(one for one in (within.children() if within else ()) if one.tag == SEQUENCE),
        signer_issuer=issuer,
        signer_serial=serial,
        bound=bound,
    )


@dataclass(frozen=True, slots=True)
class _TstInfo:
    policy: str
    imprint: Imprint
    serial: int
    gen_time: datetime
    accuracy: timedelta | None
    nonce: int | None


def _tst_info(octets: bytes) -> _TstInfo:
    """RFC 3161, 2.4.2."""
    parts = list(parse_der(octets).expect(SEQUENCE, "a TSTInfo").children())
    if len(parts) < 5:
        raise DerError(f"expected five parts or more in a TSTInfo, found {len(parts)}")
    version, policy, message_imprint, serial, made = parts[:5]
    if version.integer() != 1:
        raise DerError(f"expected a TSTInfo of version 1, found {version.integer()}")
    accuracy, nonce = None, None
    for part in parts[5:]:
        match part.tag:
            case 0x30 if accuracy is None:
                accuracy = _accuracy(part)
            case 0x02 if nonce is None:
                nonce = part.integer()
            case 0x01 | 0xA0 | 0xA1:  # ordering, tsa, extensions: nothing here depends on them
                pass
            case _:
                raise DerError(f"expected no value of the tag {part.tag:#04x} in a TSTInfo")
    return _TstInfo(
        policy.oid(),
        _imprint(message_imprint),
        serial.integer(),
        made.expect(GENERALIZED_TIME, "genTime").time(),
        accuracy,
        nonce,
    )


def _imprint(value: Der) -> Imprint:
    algorithm, hashed = _exactly(2, value.expect(SEQUENCE, "a MessageImprint"))
    return Imprint(_algorithm(algorithm), hashed.expect(OCTET_STRING, "a hash").content)


def _algorithm(value: Der) -> str:
    oid, *parameters = value.expect(SEQUENCE, "an AlgorithmIdentifier").children()
    if oid.oid() not in _HASHES:
        raise DerError(f"expected one of {', '.join(_HASHES.values())}, found the algorithm {oid.oid()}")
    if not _are_none(parameters):
        raise DerError(f"expected no parameters of a hash algorithm at octet {value.begin}")
    return _HASHES[oid.oid()]


def _are_none(parameters: Sequence[Der]) -> bool:
    """Whether the parameters of an algorithm are absent or NULL (RFC 5754, 2; RFC 8017, A.2.4)."""
    return [parameter.octets for parameter in parameters] in ([], [b"\x05\x00"])


def _accuracy(value: Der) -> timedelta:
    parts = {INTEGER: 0, 0x80: 0, 0x81: 0}
    for part in value.children():
        if part.tag not in parts:
            raise DerError(f"expected seconds, milliseconds, microseconds, found tag {part.tag:#04x}")
        parts[part.tag] = int.from_bytes(part.content, signed=True)
    seconds, millis, micros = parts.values()
    if not (0 <= seconds < 10**9 and 0 <= millis < 1000 and 0 <= micros < 1000):
        raise DerError(f"expected an accuracy, found {seconds} s, {millis} ms, {micros} µs")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _signer_info(value: Der) -> tuple[bytes, int, Imprint | None]:
    """Issuer and serial number of the signer's certificate, and the digest of it that the signature covers."""
    parts = list(value.expect(SEQUENCE, "a SignerInfo").children())
    if len(parts) < 5:
        raise DerError(f"expected five parts or more in a SignerInfo, found {len(parts)}")
    if parts[0].integer() != 1:  # RFC 5652, 5.3: the version for an issuer and serial number
        raise DerError(f"expected a SignerInfo of version 1, found {parts[0].integer()}")
    issuer, serial = _exactly(2, parts[1].expect(SEQUENCE, "the signer's issuer and serial number"))
    hashed = _algorithm(parts[2])
    signature, *parameters = parts[4].expect(SEQUENCE, "the signature's algorithm").children()
    if _SIGNATURES.get(signature.oid(), "") not in (hashed, "any"):
        raise DerError(f"expected a signature algorithm that goes with {hashed}, found {signature.oid()}")
    if signature.oid() not in _WITH_PARAMETERS and not _are_none(parameters):
        raise DerError(f"expected no parameters of the signature's algorithm at octet {parts[4].begin}")
    bound = None
    for attribute in parts[3].expect(context(0), "signed attributes").children():
        kind, values = _exactly(2, attribute.expect(SEQUENCE, "an attribute"))
        if kind.oid() in (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2):
            (signing,) = _exactly(1, values.expect(SET, "an attribute's values"))
            certificates = _first(signing.expect(SEQUENCE, "a SigningCertificate"))
            bound = _bound(
                _first(certificates.expect(SEQUENCE, "certificates")), sha1=kind.oid() == _SIGNING_CERTIFICATE
            )
            if bound.algorithm != "sha1":
                break  # the newer one says more
    return issuer.octets, serial.integer(), bound


def _bound(value: Der, *, sha1: bool) -> Imprint:
    parts = list(value.expect(SEQUENCE, "an ESSCertID").children())
    algorithm = "sha1" if sha1 else "sha256"
    if not sha1 and parts and parts[0].tag == SEQUENCE:
        algorithm = _algorithm(parts.pop(0))
    if not parts:
        raise DerError("expected the digest of a certificate, found none")
    return Imprint(algorithm, parts[0].expect(OCTET_STRING, "the digest of a certificate").content)


def _exactly(count: int, value: Der) -> list[Der]:
    found = list(value.children())
    if len(found) != count:
        raise DerError(f"expected {count} values at octet {value.begin}, found {len(found)}")
    return found


def _first(value: Der) -> Der:
    for child in value.children():
        return child
    raise DerError(f"expected a value at octet {value.begin}, found none")


# checking


def _signer(parsed: _Parsed) -> x509.Certificate:
    """The certificate that the token says it is signed with, out of the token."""
    for value in parsed.certificates:
        certificate = _load(value.octets)
        if certificate.serial_number == parsed.signer_serial and _issuer_of(value) == parsed.signer_issuer:
            break
    else:
        raise TimestampError(
            f"expected the certificate that the token is signed with in the token, found {len(parsed.certificates)} "
            "others"
        )
    if parsed.bound is None:
        raise TimestampError("expected a signature that covers the authority's certificate (RFC 5816), found none")
    # SHA-1 names a certificate here, as RFC 2634 has it; that the certificate is the authority's is checked with more
    digest = hashlib.new(parsed.bound.algorithm, value.octets, usedforsecurity=False).digest()
    if digest != parsed.bound.digest:
        raise TimestampError("expected the certificate that the signature covers in the token, found another")
    return certificate


def _issuer_of(certificate: Der) -> bytes:
    """The issuer's name as it stands in a certificate (RFC 5280, 4.1.2): made anew it could come out otherwise."""
    parts = list(_first(certificate).children())
    return parts[3 if parts and parts[0].tag == context(0) else 2].octets


def _load(octets: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(octets)
    except _UNREADABLE as error:
        raise TimestampError(f"expected certificates in the token, found one that cannot be read: {error}") from error


def _check_purpose(certificate: x509.Certificate) -> None:
    """RFC 3161, 2.3: one extended key usage, critical, and nothing in it but time-stamping."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        found = "a certificate that says nothing of it"
    except _UNREADABLE as error:
        raise TimestampError(f"expected an authority's certificate, found one that cannot be read: {error}") from error
    else:
        if list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING] and usage.critical:
            return
        names = ", ".join(purpose.dotted_string for purpose in usage.value)
        found = f"one for {names}" + ("" if usage.critical else ", not marked critical")
    raise TimestampError(
        f"expected a token by a certificate that is for time-stamping and nothing else, found {found} "
        f"({_name_of(certificate)!r})"
    )


def _check_signature(
    parsed: _Parsed, message: bytes, roots: Sequence[x509.Certificate], between: Sequence[x509.Certificate]
) -> Way:
    """Signature and chain, as of the token's time. Raises TimestampError."""
    attempts: list[tuple[Way, bytes]] = [("as received", parsed.response)]
    if parsed.within is not None:
        attempts.append(("certificates in order", _in_order(parsed.response, parsed.within)))
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    for way, octets in attempts:
        try:
            response = decode_timestamp_response(octets)
        except ValueError:
            continue
        verifier = VerifierBuilder(roots=list(roots), intermediates=list(between)).build()
        try:
            verifier.verify_message(response, message)
        except (VerificationError, *_UNREADABLE) as error:
            raise _refused(str(error)) from error
        return way
    _ask_openssl(parsed, roots, between)
    return "openssl"


def _in_order(response: bytes, within: Der) -> bytes:
    """The response with the certificates in the order that DER asks for; no signature covers it (RFC 5652, 5.4)."""
    values = sorted(value.octets for value in within.children())
    return response[: within.begin] + b"".join(values) + response[within.end :]


def _ask_openssl(parsed: _Parsed, roots: Sequence[x509.Certificate], between: Sequence[x509.Certificate]) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise TimestampError(
            "expected a token in the strict form that can be checked here, found another, which only "
            "`openssl ts -verify` could check, and openssl is not installed"
        )
    with tempfile.TemporaryDirectory(prefix="khronika-") as name:
        folder = Path(name)
        (folder / "token.tsr").write_bytes(parsed.response)
        (folder / "roots.pem").write_bytes(b"".join(one.public_bytes(_PEM) for one in roots))
        command = [program, "ts", "-verify", "-digest", parsed.imprint.digest.hex(), "-in", str(folder / "token.tsr")]
        command += ["-CAfile", str(folder / "roots.pem"), "-attime", str(int(parsed.gen_time.timestamp()))]
        if between:
            (folder / "between.pem").write_bytes(b"".join(one.public_bytes(_PEM) for one in between))
            command += ["-untrusted", str(folder / "between.pem")]
        try:
            done = subprocess.run(command, check=False, capture_output=True, timeout=60)  # noqa: S603 - our own words
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TimestampError(f"expected an answer of openssl, found: {type(error).__name__}") from error
    if done.returncode != 0:
        raise _refused(done.stderr.decode("utf-8", "replace"))


_CHAIN_FAULT = re.compile(r"[Vv]erify error:\s*([^\"\n]+)")
_REASON = re.compile(r'reason: "([^"]+)"|:([A-Za-z0-9 ]+):[a-z0-9_/.]+\.c:')


def _refused(words: str) -> TimestampError:
    """The error for what a verifier said, in OpenSSL's words (X509_verify_cert_error_string, reasons of PKCS7)."""
    chain = _CHAIN_FAULT.search(words)
    if chain is not None:
        fault = chain[1].strip()
        dated = "has expired" in fault or "not yet valid" in fault
        found = "a certificate that was not valid at the token's time" if dated else "a token of another authority"
    else:
        fault = "; ".join(dict.fromkeys(one or other for one, other in _REASON.findall(words))) or words
        found = "a signature that does not hold"
    shown = "".join(sign if sign.isprintable() else " " for sign in fault)[:200]
    return TimestampError(f"expected a token signed by the configured authority, found {found} ({shown})")


# revocation


def crl_places(certificate: bytes) -> list[str]:
    """The http and https addresses that a certificate (DER) names for its list of revoked certificates."""
    try:
        points = _load(certificate).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *_UNREADABLE):
        return []
    names = itertools.chain.from_iterable(point.full_name or () for point in points)
    urls = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    return [url for url in urls if url.lower().startswith(("http://", "https://"))]


def read_crl(octets: bytes, token: Token, certificates: bytes) -> Crl:
    """What a list of revoked certificates (DER) says of the certificate that a token is signed with.

    `certificates` (PEM) are those that the token is checked with. Raises TimestampError when the list is none, is of
    another issuer, or its signature does not hold.
    """
    try:
        crl = x509.load_der_x509_crl(octets)
    except _UNREADABLE as error:
        raise TimestampError("expected a list of revoked certificates in DER, found other octets") from error
    signer = _load(token.certificate)
    if crl.issuer != signer.issuer:
        raise TimestampError(
            f"expected the list of {signer.issuer.rfc4514_string()!r}, found that of {crl.issuer.rfc4514_string()!r}"
        )
    roots, between = read_certificates(certificates)
    known = [*roots, *between, *map(_load, token.certificates)]
    if not any(_has_signed(one, crl) for one in known if one.subject == crl.issuer):
        raise TimestampError("expected a list of revoked certificates that its issuer has signed, found another")
    revoked = crl.get_revoked_certificate_by_serial_number(signer.serial_number)
    return Crl(
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        revoked_at=None if revoked is None else revoked.revocation_date_utc,
    )


def _has_signed(issuer: x509.Certificate, crl: x509.CertificateRevocationList) -> bool:
    key = issuer.public_key()
    if not isinstance(
        key,
        rsa.RSAPublicKey
        | ec.EllipticCurvePublicKey
        | ed25519.Ed25519PublicKey
        | ed448.Ed448PublicKey
        | dsa.DSAPublicKey,
    ):
        return False
    try:
        return crl.is_signature_valid(key)
    except _UNREADABLE:
        return False


def _is_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except _UNREADABLE:
        return False
    return True


def _name_of(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()
