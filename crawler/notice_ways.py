"""The ways to a receiver of notices: a webhook, a program, apprise. One message, one attempt, and what became of it.

What is said of a failure is in words of ours alone: neither the receiver's nor a library's, which quote addresses. No
library that writes a log has the address, and no command line holds it. A webhook is asked over HTTP/1.1 (RFC 9112)
by the standard library's sockets and TLS; redirects are not followed, because the token would go with them.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from archive.http import MalformedHeadError, parse_head
from crawler.notice_policy import is_this_machine
from crawler.route import Route

PATIENCE: Final = 30.0
"""Seconds that a receiver may take for everything."""
COMMAND_PATIENCE: Final = 120.0
"""Seconds that a program may take."""
_HEAD_LIMIT: Final = 64 << 10

_OF_MESSAGE: Final = frozenset({400, 409, 413, 414, 415, 422, 431})
"""Statuses by which a receiver refuses this message; the next one may be welcome."""

APPRISE_MISSING: Final = "apprise is not installed; pip install 'khronika[apprise]' brings it"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    error: str = ""
    """Empty: the receiver has it."""
    retry_after: float | None = None
    """Seconds that the receiver asks to wait."""
    of_message: bool = False
    """Whether it is this message that was refused, and not the receiver that is unwell."""

    @property
    def sent(self) -> bool:
        """Whether the receiver has it."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Message:
    """What is told at once."""

    id: str
    """The same in every attempt."""
    title: str
    text: str
    record: Mapping[str, Any]
    """What programs are given; JSON."""
    html: str | None = None
    """The same as `text`, for a mail."""

    def octets(self) -> bytes:
        """The record as JSON in UTF-8."""
        return (json.dumps(self.record, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


# ---- webhook


def post(
    url: str, message: Message, route: Route, *, certificate: bytes | None = None, patience: float = PATIENCE
) -> Outcome:
    """Post a message to a webhook."""
    until = time.monotonic() + patience
    try:
        # what goes to this machine itself has no way to go
        stream = _connected(url, Route() if is_this_machine(url) else route, certificate, until)
    except _WayError as error:
        return Outcome(str(error))
    except (OSError, ValueError) as error:
        return Outcome(_words(error, patience))
    try:
        with stream:
            stream.settimeout(_left(until))
            stream.sendall(_request(url, message))
            return _answered(stream, until)
    except (OSError, ValueError) as error:
        return Outcome(_words(error, patience))


class _WayError(Exception):
    """There is no way to the receiver; in words of ours."""


def _connected(url: str, route: Route, certificate: bytes | None, until: float) -> socket.socket:
    parts = urlsplit(url)
    host = _ascii(parts.hostname or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    plain = _through(route, host, port, until)
    if parts.scheme != "https":
        return plain
    try:
        plain.settimeout(_left(until))
        return _trusting(certificate).wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _through(route: Route, host: str, port: int, until: float) -> socket.socket:
    if route.proxy is None:
        return socket.create_connection((host, port), timeout=_left(until))
    from python_socks import ProxyError, ProxyTimeoutError, ProxyType
    from python_socks.sync import Proxy

    proxy = route.proxy
    kind = ProxyType.SOCKS5 if proxy.scheme == "socks5" else ProxyType.HTTP
    # the name is looked up by the proxy
    way = Proxy(kind, proxy.host, proxy.port, proxy.user, proxy.password, rdns=True)
    try:
        return way.connect(host, port, timeout=_left(until))
    except (ProxyError, ProxyTimeoutError, OSError, ValueError):
        raise _WayError("no way through the proxy") from None


def _trusting(certificate: bytes | None) -> ssl.SSLContext:
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        context.load_verify_locations(cadata=certificate.decode("ascii", "replace"))
    return context


def _request(url: str, message: Message) -> bytes:
    parts = urlsplit(url)
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    target += f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    host = _ascii(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    body = message.octets()
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {host}" + (f":{parts.port}" if parts.port else ""),
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        f"Idempotency-Key: {message.id}",
        "Accept: */*",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _answered(stream: socket.socket, until: float) -> Outcome:
    octets = b""
    while True:
        try:
            head = parse_head(octets)
        except MalformedHeadError:
            return Outcome("what it answered is not HTTP")
        if head is not None:
            waits = head.values("retry-after")
            wait = float(waits[0]) if len(waits) == 1 and re.fullmatch(r"[0-9]{1,6}", waits[0].strip()) else None
            return _of_status(head.status, wait)
        if len(octets) > _HEAD_LIMIT:
            return Outcome("what it answered is not HTTP")
        stream.settimeout(_left(until))
        piece = stream.recv(4096)
        if not piece:
            return Outcome("broken off before an answer")
        octets += piece


def _of_status(status: int, wait: float | None) -> Outcome:
    if 200 <= status < 300:
        return Outcome()
    words = f"answered {status}"
    if 300 <= status < 400:
        words += ", a redirect, which is not followed: khronika.toml has to name where it leads to"
    elif status in (401, 403, 404, 410):
        words += ": is the address right, and its token still good?"
    return Outcome(words, retry_after=wait, of_message=status in _OF_MESSAGE)


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _words(error: Exception, patience: float) -> str:
    """What went wrong, in words that hold nothing of the address."""
    match error:
        case TimeoutError():
            return f"no answer within {patience:g} s"
        case ssl.SSLCertVerificationError():
            return (
                "its certificate is for another host" if error.verify_code == 62 else "its certificate is not trusted"
            )
        case ssl.SSLError():
            return "no secure connection came about"
        case socket.gaierror():
            return "its name was not found"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionError():
            return "broken off before an answer"
        case OSError():
            return "no connection came about"
    return "no request could be made of its address"


# ---- program


def run(command: Sequence[str], message: Message, folder: Path, *, patience: float = COMMAND_PATIENCE) -> Outcome:
    """Give a message to a program, as JSON on its standard input; it has it when it ends with status 0.

    What the program prints goes nowhere: it may quote a secret.
    """
    program = command[0]
    if "/" in program and not program.startswith("/"):
        program = str((folder / program).absolute())
    return _given([program, *command[1:]], message.octets(), patience)


def _given(command: Sequence[str], octets: bytes, patience: float, *, keep: Sequence[int] = ()) -> Outcome:
    status = _status(command, octets, patience, keep)
    if isinstance(status, Outcome):
        return status
    if status < 0:
        return Outcome(f"the program was ended by signal {-status}")
    return Outcome(f"the program ended with status {status}" if status else "")


def _status(command: Sequence[str], octets: bytes, patience: float, keep: Sequence[int]) -> int | Outcome:
    """The status that a program ended with; it and all that it started are ended when it takes too long."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the operator's own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,
            pass_fds=tuple(keep),
        )
    except FileNotFoundError:
        return Outcome("the program was not found")
    except (OSError, ValueError) as error:
        words = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "refused"
        return Outcome(f"the program could not be started ({words})")
    try:
        process.communicate(octets, timeout=patience)
    except subprocess.TimeoutExpired:
        return Outcome(f"the program did not end within {patience:g} s")
    except OSError:  # it reads nothing: its status says what it thinks of that
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return process.returncode


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for programs that get a message: without the passphrases of the keys."""
    return {name: value for name, value in environ.items() if not name.startswith("KHRONIKA_")}


# ---- apprise


def tell(url: str, message: Message, *, keep: Sequence[int] = (), patience: float = COMMAND_PATIENCE) -> Outcome:
    """Hand a message to apprise, in a process of its own: what it logs, raises and patches stays there.

    `keep`: files that the process holds open as long as it lives (the lock, which then outlives a kill of this one).
    """
    if importlib.util.find_spec("apprise") is None:
        return Outcome(APPRISE_MISSING)
    asked = {"url": url, "title": message.title, "text": message.text, "html": message.html}
    command = [sys.executable, "-P", "-m", "crawler.notice_apprise"]
    status = _status(command, json.dumps(asked).encode(), patience, keep)
    if isinstance(status, Outcome):
        return Outcome(status.error.replace("the program", "apprise"))
    words = {
        0: "",
        3: "apprise could not deliver it",
        4: "apprise knows no service of that address, or a part of it is missing",
        5: APPRISE_MISSING,
    }
    return Outcome(words.get(status, f"apprise ended with status {status}"))
