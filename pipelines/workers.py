"""The worker processes of the reading stage: started afresh, never forked from a process that runs threads.

One that crashes or hangs costs its own page and nothing else. Each is asked by a thread of its own, one job after the
other; jobs are made only as workers take them, so that at most two pages a worker are in memory.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import queue
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from typing import Any, Final

from archive.errors import ReadingError
from pipelines.interrupts import interrupts_held
from pipelines.jobs import MEMORY_LIMIT, Answer, Asked, Compared, Failed, Job, answer

TIME_LIMIT: Final = 30.0
"""Seconds that one page, or one comparison, may take."""
START_LIMIT: Final = 60.0
"""Seconds that a worker process may take to start."""
STARTS: Final = 3
"""How often a worker process is tried to start."""
SLICE: Final = 1.0
"""Seconds of one look whether a worker has answered."""
READY: Final = "ready"


def _serve(pipe: Connection) -> None:
    """A worker's life: one job after the other until the pipe closes, as it does when the parent dies."""
    # Ctrl-C and the end of a terminal go to the whole group of processes; the parent decides what becomes of the
    # workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with contextlib.suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(answer(pipe.recv()))


class Worker:
    """One process and the pipe to it."""

    def __init__(self, time_limit: float) -> None:
        self._time_limit = time_limit
        # A machine on which no worker starts says nothing about any page; one that something killed while it started
        # does not either.
        for _ in range(STARTS):
            fault = self._start()
            if fault is None:
                return
        raise ReadingError(f"expected a worker process to start, found that {STARTS} did not; the last one {fault}")

    def _start(self) -> str | None:
        """Start the process; what went wrong, None when it is ready."""
        context = _context()
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_serve, args=(far,), name="reading", daemon=True)
        self._process.start()
        far.close()
        try:
            if self._pipe.poll(START_LIMIT) and self._pipe.recv() == READY:
                return None
            fault = f"said nothing for {START_LIMIT:g} seconds"
        except (EOFError, OSError):
            self._process.join(1)
            fault = f"ended with status {self._process.exitcode}"
        self.kill()
        return fault

    def ask(self, job: Asked) -> Answer:
        """Have a job done, or fail when its time is over. Raises EOFError or OSError when the worker dies."""
        self._pipe.send(job)
        if not self._answered():
            self.kill()
            return Failed(f"expected an end within {self._time_limit:g} seconds, found none", "time")
        found: Answer = self._pipe.recv()
        return found

    def _answered(self) -> bool:
        """Whether the answer came in time.

        Counted in slices, not by the clock: while all processes were stopped (Ctrl-Z) or the machine slept, no page
        was slow.
        """
        slices = max(1, math.ceil(self._time_limit / SLICE))
        return any(self._pipe.poll(self._time_limit / slices) for _ in range(slices))

    @property
    def alive(self) -> bool:
        return self._process.is_alive() and not self._pipe.closed

    def kill(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def exit_code(self) -> int | None:
        self._process.join(5)
        code: int | None = self._process.exitcode
        return code


class Workers:
    """Worker processes, each asked by a thread of its own; started when there is something to do."""

    def __init__(self, number: int, time_limit: float) -> None:
        self._number = number
        self._time_limit = time_limit
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None

    def ask_all(self, jobs: Iterator[tuple[Any, Job]], *, stopping: Callable[[], bool]) -> Iterator[tuple[Any, Any]]:
        """Pairs of what each job was for and its answer, as they come; jobs are made only as workers take them."""
        running: dict[Future[Any], Any] = {}
        for wanted, job in jobs:
            if stopping():
                break
            if isinstance(job, Compared | Failed):
                yield wanted, job
                continue
            running[self._submit(job)] = wanted
            while len(running) >= 2 * self._number:
                yield from self._finished(running)
        while running:
            yield from self._finished(running)

    @staticmethod
    def _finished(running: dict[Future[Any], Any]) -> list[tuple[Any, Any]]:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        return [(running.pop(future), future.result()) for future in done]

    def _submit(self, job: Asked) -> Future[Any]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._number, thread_name_prefix="reading-worker")
        return self._threads.submit(self._ask, job)

    def _ask(self, job: Asked) -> Answer:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = Worker(self._time_limit)
        try:
            return self._asked(worker, job)
        except (EOFError, OSError):
            worker.kill()
        # Something else may have killed it, or it was dead before: only a page that ends a fresh one too is to blame.
        worker = Worker(self._time_limit)
        try:
            return self._asked(worker, job)
        except (EOFError, OSError):
            code = worker.exit_code()
            worker.kill()
            return Failed(f"two worker processes ended over it, the last with status {code}")

    def _asked(self, worker: Worker, job: Asked) -> Answer:
        found = worker.ask(job)
        if worker.alive:
            self._idle.put(worker)
        return found

    def close(self) -> None:
        """End all processes, when each has done the job that it is at; none begins another."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
            self._threads = None
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().kill()


def _context() -> ForkServerContext | SpawnContext:
    # The fork server starts a worker in milliseconds once it has imported what reading needs itself; a plain fork
    # would copy locks that other threads hold.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver, resource_tracker

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.preload"])
    # The tracker first: starting it lets the signals through again.
    resource_tracker.ensure_running()
    with interrupts_held():
        forkserver.ensure_running()
    return context
