"""One file to one target: what is about to be done is in the state before it is, what was done after it.

    uploading                       before the first octet leaves
    uploading, upload id            before the first part leaves
    uploaded, version               after the target has acknowledged the whole

A process that dies between two of these leaves a file that is `uploading`. Whoever goes on looks at the target first:
what lies there and is the file, read back whole, is the file; parts that it has are not sent again; anything else that
lies there is never written over, unless it is known to be ours.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime

from archive.copies import Copies, Copy, ProblemKind, Step
from archive.copy_check import Fault
from archive.digest import Digest, Digester
from archive.errors import (
    ConflictError,
    DeniedError,
    NoLockError,
    RefusedError,
    TargetError,
    TargetGoneError,
)
from archive.source import Hashed, LocalFile, Octets
from archive.target import Part, Placed, Retention, Target

MOST_PARTS = 10_000
AT_ONCE = 3
"""Parts that are under way at once."""

_PIECE = 1 << 20
_MIB = 1 << 20


class StoppedError(Exception):
    """Somebody asked to stop; what was done is kept."""


class FaultError(Exception):
    """What is wrong with a copy."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(f"{fault.kind}: expected {fault.expected}, found {fault.found}")


def part_size_for(size: int, wanted: int) -> int | None:
    """The size of the parts of a file; None where it is sent in one piece."""
    if size <= wanted:
        return None
    least = -(-size // MOST_PARTS)
    return max(wanted, -(-least // _MIB) * _MIB)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way to a target."""

    copies: Copies
    target: Target
    copy: Copy
    source: LocalFile | Octets
    hashed: Hashed
    part_size: int | None
    retention: Retention | None
    replace: bool
    """Whether what is under the name is ours, and may give way."""
    anew: bool
    """Whether it is sent even where the very file is there: what the target knows of it is wrong."""
    earlier: frozenset[Digest]
    """What the file was before, which may give way too."""
    now: Callable[[], datetime]
    stopped: Callable[[], bool]
    advance: Callable[[int], None]

    def run(self) -> None:
        """Bring the file there. Raises FaultError, StoppedError, TargetError, StorageError."""
        copy = self.copy
        give_way = self.replace
        if self.anew and copy.step is Step.CLOSED:
            self._uploaded(self._send(replace=True))
            return
        # what a process that died had sent, or what is there already, is not sent again
        if copy.step is Step.UPLOADING or give_way:
            placed, give_way = self._taken(give_way)
            if placed is not None:
                self._uploaded(placed)
                return
        try:
            placed = self._send(replace=give_way)
        except ConflictError:
            placed, give_way = self._taken(self.replace)
            if placed is None:
                placed = self._send(replace=give_way)
        self._uploaded(placed)

    def _uploaded(self, placed: Placed) -> None:
        self.copies.uploaded(self.copy.target, self.copy.file, placed.version, self.now())

    def _taken(self, replace: bool) -> tuple[Placed | None, bool]:
        """What lies under the name, if it is the file; and whether it may give way if it is not.

        Raises FaultError where it is somebody else's.
        """
        try:
            head = self.target.head(self.copy.file)
        except FileNotFoundError:
            return None, replace
        try:
            found = self._digest(head)
        except (TargetGoneError, DeniedError):
            raise
        except (TargetError, OSError):
            if not replace:
                raise
            found = None
        if found == self.hashed.digest:
            return head, replace
        if replace or found in self.earlier:
            return None, True
        words = found or f"{head.size} octets"
        raise FaultError(Fault(ProblemKind.CONFLICT, f"nothing, or {self.hashed.digest}", f"something else: {words}"))

    def _digest(self, head: Placed) -> Digest | None:
        """Of what lies under the name; None where its size is that of nothing we know, or it is gone."""
        if head.size != self.hashed.size and not self.earlier:
            return None
        digester = Digester()
        with contextlib.suppress(FileNotFoundError), self.target.open(self.copy.file, version=head.version) as file:
            while octets := file.read(_PIECE):
                digester.update(octets)
                if self.stopped():
                    raise StoppedError
            return digester.digest()
        return None

    def _send(self, *, replace: bool) -> Placed:
        if self.part_size is None:
            self.copies.begin_upload(self.copy.target, self.copy.file)
            placed = self._put(replace=replace)
            self.advance(self.hashed.size)
            return placed
        upload, held = self._held_parts()
        if upload is None:
            upload = self._begin_parts()
        parts = self._send_parts(upload, held)
        try:
            return self.target.complete(self.copy.file, upload, parts, replace=replace)
        except ConflictError:
            self.target.abort(self.copy.file, upload)
            raise

    def _put(self, *, replace: bool) -> Placed:
        name, digest = self.copy.file, self.hashed.digest
        try:
            return self.target.put(name, self.source, digest, retention=self.retention, replace=replace)
        except NoLockError:
            # a target that cannot lock gets the file all the same; that it is not locked is found afterwards
            return self.target.put(name, self.source, digest, replace=replace)

    def _begin_parts(self) -> str:
        name, size = self.copy.file, self.hashed.size
        assert self.part_size is not None
        self.copies.begin_upload(self.copy.target, name, part_size=self.part_size)
        try:
            upload = self.target.begin_parts(name, size, self.part_size, retention=self.retention)
        except NoLockError:
            upload = self.target.begin_parts(name, size, self.part_size)
        self.copies.begin_upload(self.copy.target, name, upload=upload, part_size=self.part_size)
        return upload

    def _held_parts(self) -> tuple[str | None, dict[int, Part]]:
        """The upload that was begun, if the target knows it, and the parts that are right."""
        copy = self.copy
        if copy.upload is None or copy.part_size != self.part_size:
            return None, {}
        try:
            found = self.target.parts(copy.file, copy.upload)
        except FileNotFoundError:
            return None, {}
        held = {}
        for part in found:
            if 1 <= part.number <= len(self.hashed.parts) and self._is_right(part):
                # S3 does not always tell the checksum of a part again, and wants it when all are put together
                held[part.number] = Part(part.number, part.size, part.tag, self.hashed.parts[part.number - 1])
        return copy.upload, held

    def _is_right(self, part: Part) -> bool:
        assert self.part_size is not None
        start = (part.number - 1) * self.part_size
        if part.size != min(self.part_size, self.hashed.size - start):
            return False
        if part.checksum is not None:
            return part.checksum == self.hashed.parts[part.number - 1]
        # most servers call a part by its MD5; one that does not gets the part once more
        md5 = hashlib.md5(usedforsecurity=False)
        with self.source.open(start, part.size) as file:
            while octets := file.read(_PIECE):
                md5.update(octets)
        return part.tag.strip('"') == md5.hexdigest()

    def _send_parts(self, upload: str, held: dict[int, Part]) -> Sequence[Part]:
        assert self.part_size is not None
        parts = dict(held)
        self.advance(sum(part.size for part in held.values()))
        missing = iter([number for number in range(1, len(self.hashed.parts) + 1) if number not in held])
        under_way: set[Future[Part]] = set()
        stopped = False
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="part") as pool:
            try:
                while True:
                    while not stopped and len(under_way) < AT_ONCE and (number := next(missing, None)) is not None:
                        under_way.add(pool.submit(self._send_part, upload, number))
                    if not under_way:
                        break
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    for one in done:
                        part = one.result()
                        parts[part.number] = part
                        self.advance(part.size)
                    stopped = stopped or self.stopped()
            finally:
                for one in under_way:
                    one.cancel()
        if len(parts) < len(self.hashed.parts):
            raise StoppedError
        return [parts[number] for number in sorted(parts)]

    def _send_part(self, upload: str, number: int) -> Part:
        assert self.part_size is not None
        start = (number - 1) * self.part_size
        size = min(self.part_size, self.hashed.size - start)
        wanted = self.hashed.parts[number - 1]
        with self.source.open(start, size) as octets:
            part = self.target.put_part(self.copy.file, upload, number, octets, size, wanted)
        if part.checksum not in {None, wanted}:
            raise RefusedError(
                f"writing {self.copy.file}, part {number}: expected the target to have {wanted}, found {part.checksum}"
            )
        # a server that says none may want it all the same, when all are put together
        return replace(part, checksum=wanted)
