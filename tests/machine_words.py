"""Whether something tells the name of the machine that the tests run on."""

from __future__ import annotations

import os
import re


def names_machine(told: str | bytes) -> bool:
    """Whether the machine's name stands there as a word: a short one (`vm`) is in random base64 now and then."""
    octets = told.encode() if isinstance(told, str) else told
    name = re.escape(os.uname().nodename.encode())
    return re.search(rb"(?<![A-Za-z0-9+/])" + name + rb"(?![A-Za-z0-9+/])", octets) is not None
