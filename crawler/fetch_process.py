"""A process that fetches for the one that writes: both ends.

    parent → child    job · stored n capture · refused n error · stop reason · at once
    child → parent    store n exchange occasion · page · status counts · stopping reason · ended error

One process writes a collection; fetching, decoding and finding links beside it takes a core of its own. A child that
loses its parent ends at once: what it had not handed over was not fetched, as far as anybody can tell. Ctrl-C reaches
all processes of the terminal; the parent alone decides what comes of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from archive.errors import KhronikaError, StorageError
from crawler.exchange_pipe import ClosedError, ExchangePipe
from crawler.full_disk import is_full_disk
from crawler.messages_log import log_in
from pipelines.interrupts import interrupts_held

if TYPE_CHECKING:
    from archive.capture import Capture
    from archive.exchange import Exchange, Occasion
    from crawler.fetching import FetchJob
    from crawler.session import Store

logger = logging.getLogger(__name__)

# --- the child -------------------------------------------------------------------------------------------------------


class _ChildsPipe(ExchangePipe):
    """The child's end: without a parent there is nobody who could keep what is fetched, or say that it was.

    An error would do harm: a page that was fetched and cannot be handed over would count as failed, and a crawl that
    goes on would pass it over.
    """

    def send(self, message: object) -> None:
        try:
            super().send(message)
        except ClosedError:
            os._exit(1)

    def receive_some(self) -> list[Any]:
        try:
            return super().receive_some()
        except ClosedError:
            os._exit(1)


class _FarStore:
    """Hands exchanges over to the process that writes."""

    def __init__(self, pipe: ExchangePipe) -> None:
        self._pipe = pipe
        self._waiting: dict[int, tuple[Exchange, Future[Capture]]] = {}
        self._number = 0

    def store(self, exchange: Exchange, occasion: Occasion) -> Future[Capture]:
        """As `Writer.store`."""
        self._number += 1
        future: Future[Capture] = Future()
        future.set_running_or_notify_cancel()
        self._pipe.send(("store", self._number, exchange, occasion))
        # macOS may lose a descriptor on its way that its sender closes: this end keeps its own until there is an answer
        self._waiting[self._number] = exchange, future
        return future

    def stored(self, number: int, capture: Capture) -> None:
        self._answered(number).set_result(capture)

    def refused(self, number: int, error: KhronikaError) -> None:
        self._answered(number).set_exception(error)

    def _answered(self, number: int) -> Future[Capture]:
        exchange, future = self._waiting.pop(number)
        exchange.close()
        return future


class _Child:
    """The life of a fetching process."""

    def __init__(self, pipe: ExchangePipe, job: FetchJob) -> None:
        self._pipe = pipe
        self._job = job
        self._store = _FarStore(pipe)

    async def run(self) -> None:
        from crawler.fetching import Fetching

        loop = asyncio.get_running_loop()
        frontier = self._job.frontier()
        fetching = self._fetching = Fetching(
            self._job,
            self._store,
            frontier,
            on_page=lambda: self._pipe.send(("page",)),
            on_stop=lambda reason: self._pipe.send(("stopping", reason)),
        )
        loop.add_reader(self._pipe.fileno(), self._take)
        reports = asyncio.ensure_future(self._report())
        error: KhronikaError | None = None
        try:
            await fetching.to_the_end()
            error = fetching.failure
        except KhronikaError as raised:
            error = fetching.failure or raised
        finally:
            reports.cancel()
            frontier.close()
        self._pipe.send(("status", fetching.status()))
        self._pipe.send(("ended", None if error is None else told(error)))

    def _take(self) -> None:
        for message in self._pipe.receive_some():
            match message:
                case ("stored", number, capture):
                    self._store.stored(number, capture)
                case ("refused", number, error):
                    self._store.refused(number, error_of(error))
                case ("stop", reason):
                    self._fetching.stop(reason)
                case ("at once",):
                    self._fetching.stop_at_once()

    async def _report(self) -> None:
        while True:
            self._pipe.send(("status", self._fetching.status()))
            await asyncio.sleep(REPORTED_EVERY)


REPORTED_EVERY = 0.25
"""Seconds between two reports of a child's counts."""

PATIENCE = 5.0
"""Seconds that a child gets to end when it was told to end at once, or has nothing more to do."""


def told(error: KhronikaError) -> tuple[bool, bool, str]:
    """An error as it crosses the pipe: whether the disk refused, whether because it is full, and the words."""
    return isinstance(error, StorageError), is_full_disk(error), str(error)


def error_of(what: tuple[bool, bool, str]) -> KhronikaError:
    """The inverse of `told`."""
    of_storage, full, words = what
    error = StorageError(words) if of_storage else KhronikaError(words)
    if full:
        error.__cause__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return error


def main() -> None:
    """The child's program; `sys.argv[1]` is the descriptor of its end of the pipe."""
    import uvloop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pipe = _ChildsPipe(socket.socket(fileno=int(sys.argv[1])))
    try:
        # what it is made of is imported here: an installation that is broken is told of as well
        job: FetchJob = pipe.receive()
        _spare_the_collector()
        with log_in(job.folder), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, _logged():
            runner.run(_Child(pipe, job).run())
    except ClosedError:
        pass  # nobody waits for it
    except KhronikaError as error:
        pipe.send(("ended", told(error)))
    except Exception as error:  # noqa: BLE001 - told to who waits
        words = f"expected fetching to go on, found {type(error).__name__}: {error}"
        pipe.send(("ended", (False, False, words)))


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """An error that is none of ours is in the crawl's log with where it came from."""
    try:
        yield
    except KhronikaError:
        raise
    except Exception:
        logger.exception("fetching ended")
        raise


def _spare_the_collector() -> None:
    """Keep the collector of cycles off what is there for good, and have it look less often: Scrapy makes many objects
    for a page and few cycles, and looking for them took a twentieth of all time."""
    import gc

    import crawler.fetching

    assert crawler.fetching
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# --- the parent ------------------------------------------------------------------------------------------------------


_BEGIN = "import sys; sys.path[:] = sys.argv[2:]; from crawler.fetch_process import main; main()"


class FetchProcess:
    """A child, seen from the process that writes. Lives on an event loop, with two threads of its own."""

    def __init__(
        self,
        job: FetchJob,
        store: Store,
        *,
        on_page: Callable[[], None],
        on_stop: Callable[[str | None], None],
    ) -> None:
        """As Fetching."""
        self._store = store
        self._on_page = on_page
        self._on_stop = on_stop
        self._status: dict[str, Any] = {}
        self.failure: KhronikaError | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._killed = False
        self._out: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # the first message, whatever may be asked for before the child runs
        self._out.put(job)
        self._loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        with far, interrupts_held(signal.SIGTERM):
            # -P: what lies in the folder that the command was given in is none of ours; the child imports from where
            # its parent did.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
                [sys.executable, "-P", "-c", _BEGIN, str(far.fileno()), *sys.path],
                pass_fds=[far.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._pipe = ExchangePipe(near)
        self._sender = threading.Thread(target=self._send, name="khronika-fetch-out", daemon=True)
        self._receiver = threading.Thread(target=self._receive, name="khronika-fetch-in", daemon=True)

    async def to_the_end(self) -> None:
        """Have the job done; returns when the child has ended."""
        self._sender.start()
        self._receiver.start()
        try:
            await self._ended
        finally:
            self._out.put(None)
            self._pipe.close()
            await asyncio.to_thread(self._reap)

    def stop(self, reason: str) -> None:
        """End as soon as what is on the wire is stored."""
        self._out.put(("stop", reason))

    def stop_at_once(self) -> None:
        """End now."""
        self._out.put(("at once",))
        # one that is busy with a page, or with a pattern that never comes to an end, does not hear it
        self._loop.call_later(PATIENCE, self._kill)

    def status(self) -> dict[str, Any]:
        """The counts that the child reported last."""
        return self._status

    def _kill(self) -> None:
        if not self._ended.done():
            self._killed = True
            self._process.kill()

    def _reap(self) -> None:
        self._exit_status()
        self._receiver.join()
        self._sender.join()

    def _exit_status(self) -> int:
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _send(self) -> None:
        try:
            while (message := self._out.get()) is not None:
                self._pipe.send(message)
        except ClosedError:
            pass  # the other thread has met it too, and tells
        except Exception as raised:  # noqa: BLE001 - told to who waits
            self._tell_end(
                KhronikaError(f"expected to reach a fetching process, found {type(raised).__name__}: {raised}")
            )

    def _receive(self) -> None:
        error: KhronikaError | None = None
        try:
            while self._handle(self._pipe.receive()):
                pass
        except ClosedError:
            code = self._exit_status()
            if not self._killed:
                words = f"expected a fetching process to go on, found that it ended with status {code}"
                error = KhronikaError(f"{words}; what was fetched is kept, and the same command goes on from there")
        except KhronikaError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 - told to who waits
            error = KhronikaError(f"expected a message of a fetching process, found {type(raised).__name__}: {raised}")
        self._tell_end(error)

    def _tell_end(self, error: KhronikaError | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._end, error)

    def _end(self, error: KhronikaError | None) -> None:
        self.failure = self.failure or error
        if not self._ended.done():
            self._ended.set_result(None)

    def _handle(self, message: tuple[Any, ...]) -> bool:
        """Do what a message asks for; whether more may come."""
        match message:
            case ("store", number, exchange, occasion):
                self._keep(number, exchange, occasion)
            case ("page",):
                self._on_page()
            case ("status", status):
                self._status = status
            case ("stopping", reason):
                self._loop.call_soon_threadsafe(self._on_stop, reason)
            case ("ended", error):
                self.failure = None if error is None else error_of(error)
                return False
        return True

    def _keep(self, number: int, exchange: Exchange, occasion: Occasion) -> None:
        def answer(future: Future[Capture]) -> None:
            error = future.exception()
            if error is None:
                self._out.put(("stored", number, future.result()))
            else:
                known = error if isinstance(error, KhronikaError) else KhronikaError(f"{type(error).__name__}: {error}")
                self._out.put(("refused", number, told(known)))

        try:
            self._store.store(exchange, occasion).add_done_callback(answer)
        except KhronikaError as error:
            self._out.put(("refused", number, told(error)))
