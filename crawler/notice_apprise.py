"""A process that hands one message to apprise: JSON on standard input, the exit status says what became of it.

    0 delivered · 3 not delivered · 4 no service of that address · 5 apprise is not there

In a process of its own, because apprise and the libraries under it log and raise what they were given, address and
password included; here nothing of that is written anywhere. Mail servers are greeted as `localhost.localdomain`,
and not with this machine's name, which would stand in each mail.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from typing import Any, Final

DELIVERED: Final = 0
NOT_DELIVERED: Final = 3
NO_SERVICE: Final = 4
MISSING: Final = 5

_LONGEST: Final = 3_500
"""Characters, where a service does not say how many it takes."""


def main() -> int:
    """Deliver what standard input holds."""
    logging.disable(logging.CRITICAL)
    # with a dot: smtplib takes a name without one for none, and gives this machine's address in its place
    socket.getfqdn = lambda name="": "localhost.localdomain"
    try:
        import apprise
    except ImportError:
        return MISSING
    asked = json.loads(sys.stdin.buffer.read())
    try:
        asset = apprise.AppriseAsset(
            app_id="Khronika", app_desc="", app_url="", secure_logging=True, interpret_escapes=False, plugin_paths=[]
        )
        service = apprise.Apprise.instantiate(asked["url"], asset=asset)
        if service is None:
            return NO_SERVICE
        return DELIVERED if _deliver(apprise, asset, service, asked) else NOT_DELIVERED
    except Exception:  # noqa: BLE001 - whatever it is, it may quote the address
        return NOT_DELIVERED


def _deliver(apprise: Any, asset: Any, service: Any, asked: dict[str, Any]) -> bool:
    told = apprise.Apprise(asset=asset)
    told.add(service)
    by_mail = type(service).__name__.startswith("NotifyEmail")
    if asked["html"] and by_mail:
        return bool(told.notify(asked["html"], title=asked["title"], body_format=apprise.NotifyFormat.HTML))
    text = shortened(asked["text"], min(int(getattr(service, "body_maxlen", _LONGEST)), 32_768) - 200)
    return bool(told.notify(text, title=asked["title"], body_format=apprise.NotifyFormat.TEXT))


def shortened(text: str, longest: int) -> str:
    """The text, or what of its lines fits, and a sign that there is more."""
    if len(text) <= longest:
        return text
    cut = text[: max(longest - 2, 1)]
    return cut[: cut.rfind("\n") if "\n" in cut[len(cut) // 2 :] else len(cut)].rstrip() + "\n…"


if __name__ == "__main__":
    status = main()
    # nothing that a library left to be done at the end may print
    os._exit(status)
