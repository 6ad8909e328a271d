"""A name server for tests: UDP and TCP on loopback, answering from a table, with the faults that real ones have."""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Reply(enum.Enum):
    """What is answered instead of records."""

    NXDOMAIN = "NXDOMAIN"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    NOTIMP = "NOTIMP"
    FORMERR = "FORMERR"
    SILENCE = "silence"  # nothing at all
    GARBAGE = "garbage"  # octets that are no DNS message


@dataclass(frozen=True)
class Denied:
    """NXDOMAIN with records: the chain of names that led to the one that is not there (RFC 2308, 2.1)."""

    records: Sequence[str]


Answer = Sequence[str] | Reply | Denied
"""Lines `name ttl IN type value`, all of the answer section; an empty one is NOERROR without an answer."""


@dataclass(frozen=True)
class Question:
    """One question that was put."""

    name: str
    type: str
    transport: str


class DnsServer:
    """Answers `{"case.example.": {"A": ["case.example. 300 IN A 192.0.2.1"], "AAAA": []}}`.

    A name that the table lacks does not exist. A name may have one answer for all types. `too_long` are the names
    whose answers are cut over UDP, and whole over TCP (RFC 1035, 4.2.1).
    """

    def __init__(
        self,
        answers: Mapping[str, Answer | Mapping[str, Answer]],
        *,
        too_long: Sequence[str] = (),
        host: str = "127.0.0.1",
    ) -> None:
        self.questions: list[Question] = []
        self.errors: list[Exception] = []
        self.answers = dict(answers)
        """May be changed while the server runs."""
        self._too_long = set(too_long)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        while True:
            self._tcp = socket.create_server((host, 0), family=family)
            self.port: int = self._tcp.getsockname()[1]
            self._udp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                self._udp.bind((host, self.port))
                break
            except OSError:  # the port is somebody else's for UDP
                self._tcp.close()
                self._udp.close()
        self.host = host

    @property
    def address(self) -> str:
        """As the setting `nameservers` has it: `address:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def asked(self, name: str) -> list[str]:
        """The types that were asked for of a name, sorted."""
        return sorted(question.type for question in self.questions if question.name == name)

    def __enter__(self) -> Self:
        for serve in (self._serve_udp, self._serve_tcp):
            thread = threading.Thread(target=serve, daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with socket.socket(self._udp.family, socket.SOCK_DGRAM) as one:
            one.sendto(b"", (self.host, self.port))  # so that `recvfrom` returns
        socket.create_connection((self.host, self.port)).close()
        for thread in self._threads:
            thread.join(10)
        self._udp.close()
        self._tcp.close()
        if self.errors:
            raise self.errors[0]

    def _serve_udp(self) -> None:
        while True:
            octets, asker = self._udp.recvfrom(65535)
            if self._stop.is_set():
                return
            try:
                answer = self._answer(octets, "udp")
            except Exception as error:
                self.errors.append(error)
                continue
            if answer is not None:
                with contextlib.suppress(OSError):
                    self._udp.sendto(answer, asker)

    def _serve_tcp(self) -> None:
        while True:
            connected, _ = self._tcp.accept()
            with connected:
                if self._stop.is_set():
                    return
                connected.settimeout(5)
                with contextlib.suppress(OSError):
                    length = int.from_bytes(_exactly(connected, 2), "big")
                    octets = _exactly(connected, length)
                    try:
                        answer = self._answer(octets, "tcp")
                    except Exception as error:
                        self.errors.append(error)
                        continue
                    if answer is not None:
                        connected.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, octets: bytes, transport: str) -> bytes | None:
        query = dns.message.from_wire(octets)
        [question] = query.question
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        self.questions.append(Question(name, kind, transport))
        found = self.answers.get(name, Reply.NXDOMAIN)
        answer: Answer = found.get(kind, ()) if isinstance(found, Mapping) else found
        if answer is Reply.SILENCE:
            return None
        if answer is Reply.GARBAGE:
            return octets[:2] + b"\x81\x80" + b"\xff" * 20
        response = dns.message.make_response(query, recursion_available=True)
        if isinstance(answer, Reply):
            response.set_rcode(dns.rcode.from_text(answer.value))
        elif name in self._too_long and transport == "udp":
            response.flags |= dns.flags.TC
        else:
            if isinstance(answer, Denied):
                response.set_rcode(dns.rcode.NXDOMAIN)
            for line in answer.records if isinstance(answer, Denied) else answer:
                owner, ttl, _, of, value = line.split(" ", 4)
                response.answer.append(dns.rrset.from_text(owner, int(ttl), "IN", of, value))
        return response.to_wire(max_size=65535)


def _exactly(connected: socket.socket, count: int) -> bytes:
    octets = bytearray()
    while len(octets) < count:
        piece = connected.recv(count - len(octets))
        if not piece:
            raise ConnectionError("the asker left")
        octets += piece
    return bytes(octets)
