"""The certificates that a server showed → which of them is a change, of what weight, and in what words.

A server (host and port) shows one certificate for many pages, so a change of it is told once, at the first page that
was fetched after it. It is a change

1. when the server shows a certificate that it never showed before, or
2. when one that was trusted is not trusted any more: it expired, say.

A certificate that comes back is none: several stand behind one name, in turns, and would alarm at every visit.

Weight: 0.1 for a renewal, trusted, by the same issuer (an authority signs with several certificates of its own: the
organisation counts, and only without one the whole name); 0.5 where another issuer signed, or nobody can say who did;
0.9 where what is shown is not trusted and what was shown before was; 0.7 where neither is trusted.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from archive.exchange import TRUSTED

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from archive.capture import Capture
    from archive.catalogue import CertificateSight
    from archive.digest import Digest

CERTIFICATE_RULES: Final = "certificate-1"
"""Version of the rules in this file: raised whenever they would find another change."""

RENEWAL: Final = 0.1
OTHER_ISSUER: Final = 0.5
STILL_UNTRUSTED: Final = 0.7
UNTRUSTED: Final = 0.9


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says of itself."""

    subject: str
    """RFC 4514; the alternative names where it is empty."""
    issuer: str
    issuing: str
    """The issuer's organisation, its whole name where it names none."""
    valid_from: datetime
    valid_until: datetime


def changed(sights: Iterable[CertificateSight]) -> list[CertificateSight]:
    """Those of the certificates of one server, as first seen and in time order, that are a change."""
    found: list[CertificateSight] = []
    trusted: dict[Digest | None, bool] = {}
    for sight in sights:
        certificate, holds = sight.first.certificate, sight.first.tls_verdict == TRUSTED
        known = trusted.get(certificate)
        if (known is None and trusted) or (known is True and not holds):
            found.append(sight)
        # untrusted once, it is reported once
        trusted[certificate] = holds if known is None else known and holds
    return found


def read_certificate(der: bytes) -> Certificate | None:
    """What a certificate (DER) says; None where it cannot be read. Nothing that a server makes up raises."""
    # the parser also warns, of a serial number that is not positive, say: the server's affair, and no message of ours
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _read(der)


def _read(der: bytes) -> Certificate | None:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        issuer = certificate.issuer.rfc4514_string()
        organisations = certificate.issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        return Certificate(
            subject=_one_line(certificate.subject.rfc4514_string() or _names(certificate) or "nobody"),
            issuer=_one_line(issuer or "nobody"),
            issuing=_one_line(str(organisations[0].value) if organisations else issuer).casefold(),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
        )
    except Exception:  # noqa: BLE001 - the parser's own kinds of error are many, and none matters here
        return None


def weight_of(before: Capture, after: Capture, old: Certificate | None, new: Certificate | None) -> float:
    """How much a change of certificate weighs; see the rules above."""
    if after.tls_verdict != TRUSTED:
        return UNTRUSTED if before.tls_verdict == TRUSTED else STILL_UNTRUSTED
    same_issuer = old is not None and new is not None and old.issuing == new.issuing
    return RENEWAL if same_issuer else OTHER_ISSUER


def edit_of(before: Capture, after: Capture, old: Certificate | None, new: Certificate | None) -> Mapping[str, Any]:
    """The change as the catalogue stores it."""
    return {
        "op": "edit",
        "level": "meta",
        "field": "certificate",
        "before": in_words(before, old),
        "after": in_words(after, new),
    }


def in_words(capture: Capture, certificate: Certificate | None) -> str:
    """A server's certificate and what it was worth, in one line."""
    parts: Sequence[str] = (
        []
        if certificate is None
        else [
            certificate.subject,
            f"issued by {certificate.issuer}",
            f"valid {certificate.valid_from:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d}",
        ]
    )
    digest = f"SHA-256 {capture.certificate.removeprefix('sha256:')}" if capture.certificate else "no certificate"
    verdict = "trusted" if capture.tls_verdict == TRUSTED else f"not trusted: {capture.tls_verdict}"
    return "; ".join((*parts, digest, verdict))


def _names(certificate: x509.Certificate) -> str:
    from cryptography import x509

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return ", ".join(str(name.value) for name in list(names)[:10])


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:300]
