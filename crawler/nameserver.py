"""Addresses of name servers, as the setting `nameservers` has them."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

NAMESERVER_EXPECTED: Final = 'addresses of name servers, like ["9.9.9.9", "[2620:fe::fe]:53"]'

_PORT: Final = 53


def parse_nameserver(text: str) -> tuple[str, int]:
    """Address and port of `address`, `address:port` or `[address]:port`; ValueError says what was expected.

    >>> parse_nameserver("[2001:db8::53]:5353")
    ('2001:db8::53', 5353)
    """
    wrong = ValueError(f"expected {NAMESERVER_EXPECTED}, found {text!r}")
    match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::([0-9]{1,5}))?|([0-9A-Fa-f:.]+)", text)
    if match is None:
        raise wrong
    try:
        address = ipaddress.ip_address(match[1] or match[2] or match[4]).compressed
    except ValueError as error:
        raise wrong from error
    port = int(match[3] or _PORT)
    if not 0 < port < 65536:
        raise wrong
    return address, port
