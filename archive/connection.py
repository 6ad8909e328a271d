"""What a fetch rests on, as blocks of records: the answer of the name system and the certificates of the server.

The answer is `text/dns` (RFC 4027): a comment that says what was asked and when, then the resource records as lines of
a master file (RFC 1035, 5.1), every line ended by CRLF. Which name server gave it is not said: that would tell of the
operator's network.

    ; case.example looked up 2026-11-22T01:00:00.900000Z: NOERROR (source dns)
    case.example. 300 IN A 192.0.2.17

The certificates are `application/pem-certificate-chain` (RFC 8555, 9.1): as the server sent them, its own first.
"""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from collections.abc import Sequence
from typing import Literal, cast
from urllib.parse import quote

from archive.digest import Digest, digest
from archive.exchange import DnsAnswer
from archive.header import format_date, one_line, parse_date

TEXT_DNS = "text/dns"
PEM_CHAIN = "application/pem-certificate-chain"

_DNS = "dns:"
_CHAIN = "urn:sha256:"
_ASKED = re.compile(r"; (\S+) looked up (\S+): (\S+) \(source (dns|system)\)\Z")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n((?:[A-Za-z0-9+/=]{1,64}\n)+)-----END CERTIFICATE-----\n")


def dns_uri(host: str) -> str:
    """The WARC-Target-URI of an answer (RFC 4501): `dns:case.example`."""
    return _DNS + quote(host)


def chain_uri(leaf: Digest) -> str:
    """The WARC-Target-URI of a chain: `urn:sha256:` and the hexadecimal digest of the server's own certificate."""
    return _CHAIN + leaf.removeprefix("sha256:")


def is_foundation(record_type: str, target_uri: str | None) -> bool:
    """Whether a record holds an answer or a chain: it belongs to no exchange, and any later one may rest on it."""
    return record_type == "resource" and target_uri is not None and target_uri.startswith((_DNS, _CHAIN))


def same_answer(answer: DnsAnswer) -> tuple[object, ...]:
    """What makes two answers for a host the same: all but the time of the question, the TTLs and the order."""
    lines = sorted(tuple(part for n, part in enumerate(line.split()) if n != 1) for line in answer.records)
    return (answer.rcode, answer.source, *lines)


def format_dns(answer: DnsAnswer) -> bytes:
    """The block of an answer's record."""
    asked = f"; {answer.host} looked up {format_date(answer.looked_up_at)}: {answer.rcode} (source {answer.source})"
    return "".join(f"{one_line(line)}\r\n" for line in (asked, *answer.records)).encode()


def parse_dns(block: bytes) -> DnsAnswer:
    """The answer in a record's block. Raises ValueError when it is not as `format_dns` writes it."""
    lines = block.decode("utf-8").split("\r\n")
    asked = _ASKED.match(lines[0])
    moment = parse_date(asked[2]) if asked else None
    if asked is None or moment is None or lines[-1] != "":
        raise ValueError(f"expected what was looked up, when, and line ends of CRLF, found {lines[0][:100]!r}")
    source = cast("Literal['dns', 'system']", asked[4])
    return DnsAnswer(asked[1], moment, asked[3], tuple(lines[1:-1]), source)


def format_chain(chain: Sequence[bytes]) -> bytes:
    """The block of a chain's record: each certificate (DER) as PEM (RFC 7468)."""
    return "".join(map(ssl.DER_cert_to_PEM_cert, chain)).encode("ascii")


def parse_chain(block: bytes) -> tuple[bytes, ...]:
    """The certificates (DER) in a record's block. Raises ValueError when it is not as `format_chain` writes it."""
    text = block.decode("ascii")
    try:
        chain = tuple(base64.b64decode(found, validate=False) for found in _PEM.findall(text))
    except binascii.Error as error:
        raise ValueError(f"expected certificates as PEM, found {error}") from error
    if not chain or format_chain(chain) != block:
        raise ValueError("expected certificates as PEM and nothing else, found other octets")
    return chain


def leaf_of(chain: Sequence[bytes]) -> Digest | None:
    """The digest of the server's own certificate; None when it showed none."""
    return digest(chain[0]) if chain else None
