"""The pipe between the process that writes a collection and one that fetches for it.

Messages are tuples, pickled: both ends are the same program, and nobody else can write to the socket. The octets of an
exchange travel with it while they are few; of many, the descriptor of their unnamed file does (unix(7), SCM_RIGHTS),
so that a body of a gibibyte is neither copied nor held in memory.
"""

from __future__ import annotations

import array
import contextlib
import io
import os
import pickle
import select
import socket
import struct
import threading
from typing import Any, Final

from archive.digest import Digest
from archive.errors import StorageError
from archive.spool import Spool

_HEAD: Final = struct.Struct("!IB")
"""Octets of the pickle, and how many descriptors come with it."""
_MOST_DESCRIPTORS: Final = 16
_PIECE: Final = 1 << 16


class ClosedError(Exception):
    """The other end is gone."""


class _Pickler(pickle.Pickler):
    """Pickles spools by what another process takes them over by."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.descriptors: list[int] = []

    def persistent_id(self, obj: Any) -> tuple[bytes | int, int, Digest, bool] | None:
        if type(obj) is not Spool:
            return None
        what = obj.hand_over()
        if isinstance(what, int):
            self.descriptors.append(what)
            return len(self.descriptors) - 1, len(obj), obj.digest, True
        return what, len(obj), obj.digest, False


class _Unpickler(pickle.Unpickler):
    def __init__(self, octets: bytes, descriptors: list[int]) -> None:
        super().__init__(io.BytesIO(octets))
        self._descriptors = descriptors

    def persistent_load(self, pid: tuple[Any, int, Digest, bool]) -> Spool:
        what, length, digest, is_file = pid
        return Spool.taken_over(self._descriptors[what] if is_file else what, length, digest)


class ExchangePipe:
    """One end. Several threads may send; one receives."""

    def __init__(self, end: socket.socket) -> None:
        """`end`: of a pair of Unix stream sockets; blocking."""
        self._socket = end
        self._received = bytearray()
        self._descriptors: list[int] = []
        self._sending = threading.Lock()

    def fileno(self) -> int:
        """For a loop that waits for octets."""
        return self._socket.fileno()

    def send(self, message: object) -> None:
        """Send a message; waits while the other end does not read. Raises ClosedError."""
        file = io.BytesIO()
        pickler = _Pickler(file)
        pickler.dump(message)
        octets = file.getvalue()
        left = memoryview(_HEAD.pack(len(octets), len(pickler.descriptors)) + octets)
        try:
            with self._sending:
                descriptors = pickler.descriptors
                while left:
                    left = left[self._push(left, descriptors) :]
                    descriptors = []
        except OSError as error:
            raise ClosedError(os.strerror(error.errno or 0)) from error

    def _push(self, octets: memoryview, descriptors: list[int]) -> int:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        while True:
            try:
                return self._socket.sendmsg([octets], rights)
            except BlockingIOError:
                # uvloop takes a descriptor that it watches out of blocking mode, in both directions and unasked
                waiting = select.poll()
                waiting.register(self._socket, select.POLLOUT)
                waiting.poll()

    def receive(self) -> Any:
        """The next message; waits for it. Raises ClosedError at the end, StorageError when a file could not come."""
        while (message := self._take()) is None:
            self._read()
        return message[0]

    def receive_some(self) -> list[Any]:
        """What can be had with one read; none, where a message has not come whole. Raises ClosedError at the end."""
        self._read()
        messages = []
        while (message := self._take()) is not None:
            messages.append(message[0])
        return messages

    def close(self) -> None:
        """Close this end; what is sent or received after it raises ClosedError."""
        with contextlib.suppress(OSError):  # the other end is gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()

    def _read(self) -> None:
        room = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)
        try:
            octets, extra, flags, _ = self._socket.recvmsg(_PIECE, room)
        except BlockingIOError:
            return  # woken for nothing
        except OSError as error:
            raise ClosedError(os.strerror(error.errno or 0)) from error
        for level, kind, content in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                rights = array.array("i")
                rights.frombytes(content[: len(content) - len(content) % rights.itemsize])
                self._descriptors.extend(rights)
        if flags & socket.MSG_CTRUNC:
            # the next message's would be taken for this one's: one page's octets under another one's address
            raise StorageError("expected to take over a temporary file, found that this process may open no more files")
        if not octets:
            raise ClosedError("closed")
        self._received += octets

    def _take(self) -> tuple[Any] | None:
        if len(self._received) < _HEAD.size:
            return None
        length, count = _HEAD.unpack_from(self._received)
        end = _HEAD.size + length
        if len(self._received) < end:
            return None
        octets = bytes(self._received[_HEAD.size : end])
        del self._received[:end]
        descriptors, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return (_Unpickler(octets, descriptors).load(),)
