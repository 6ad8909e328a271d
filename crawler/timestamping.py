"""Time-stamping: shows the log's newest checkpoint to the configured authorities, and keeps what they answer.

Nothing is sent unless khronika.toml names an `[[authority]]`, and then a hash and a random number, through the
operator's proxy. An answer that is no token, or a token that does not hold, is told and not kept. The queue is the
log itself: what is due is the newest checkpoint, when there is no token of an authority over it. A checkpoint that
could not be shown to anybody is covered by the next one, whose token is of a later time.

No failure here is one of the crawl's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from archive.anchor import (
    Kept,
    anchor_of,
    certificate_name,
    is_due,
    is_logged,
    keep_crl,
    keep_token,
    kept_tokens,
    unlogged,
    wants_crl,
)
from archive.errors import ConfigError, KhronikaError, TimestampError
from archive.log import LogReader
from archive.store import FolderStore
from archive.timestamp import (
    CRL_LIMIT,
    RESPONSE_LIMIT,
    TimestampRequest,
    Token,
    crl_places,
    imprint,
    new_request,
    read_certificates,
    read_crl,
    verify_token,
)
from archive.writer import utc_now
from crawler.asking import BusyError, ask, asking_client, check_status
from crawler.log_policy import LogPolicy, TimeAuthority, log_route
from crawler.route import Route
from crawler.wire_client import WireClient

if TYPE_CHECKING:
    from archive.collection import Collection
    from archive.writer import Writer
    from crawler.config import Config

ATTEMPTS: Final = 3
"""How often an authority that cannot be reached is asked in one go."""
PAUSE: Final = 2.0
"""Seconds before the second attempt; doubled for the third."""
TOGETHER: Final = 180.0
"""Seconds that all of it may take in one go."""
EVERY: Final = 3600.0
"""Seconds between two tokens of an authority while a crawl runs."""
BACK_OFF: Final = 300.0
"""Seconds after a failure while a crawl runs; doubled with each one after it, up to EVERY."""
LOOK_EVERY: Final = 60.0
"""Seconds between two looks at what is due while a crawl runs."""
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""How far this machine's clock may be from an authority's before it is told."""

_QUERY = b"application/timestamp-query"
_REPLY = b"application/timestamp-reply"

Append = Callable[[Sequence[bytes]], "Future[int]"]
"""How entries are logged: `Writer.append_entries`."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint has a token of an authority."""

    kept: Kept
    token: Token
    notes: tuple[str, ...] = ()
    """What is worth telling all the same."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        accuracy = self.token.accuracy
        return {
            "authority": self.kept.authority,
            "size": self.kept.size,
            "time": self.token.gen_time.isoformat().replace("+00:00", "Z"),
            "accuracy": None if accuracy is None else accuracy.total_seconds(),
            "serial": str(self.token.serial),
            "policy": self.token.policy,
            "tsa": self.token.tsa,
            "checked": self.token.way,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Unstamped:
    """An authority gave no token that holds."""

    kept: Kept
    reason: str
    wait: float | None = None
    """Seconds that the authority asks to wait."""

    def as_record(self) -> dict[str, Any]:
        """As programs read it."""
        return {"authority": self.kept.authority, "size": self.kept.size, "reason": self.reason}


class Stamping:
    """The tokens of one collection, for the process that writes it."""

    def __init__(
        self,
        collection: Path,
        log: LogPolicy,
        route: Route,
        append: Append,
        *,
        nameservers: Sequence[str] = (),
        now: Callable[[], datetime] = utc_now,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience: float = 30.0,
    ) -> None:
        self._collection = collection
        self._authorities = log.authorities
        self._route = route
        self._append = append
        self._nameservers = nameservers
        self._now = now
        self._pause = pause
        self._patience = patience
        self._store = FolderStore(collection)

    async def stamp(self, names: Sequence[str] | None = None, *, attempts: int = ATTEMPTS) -> list[Stamped | Unstamped]:
        """Show the newest checkpoint to the authorities (those named) that lack it, all at a time.

        Raises LogError, StorageError when the log cannot be read; whatever comes of an authority is in what it gives.
        """
        log, octets, due = await asyncio.to_thread(self._due, names)
        await self._settle(log)
        if not due:
            return []
        async with self._client(RESPONSE_LIMIT) as client:
            asked = [self._ask(client, authority, log.size, octets, attempts) for authority in due]
            return list(await asyncio.gather(*asked))

    def _client(self, limit: int) -> AbstractAsyncContextManager[WireClient]:
        return asking_client(self._nameservers, limit=limit, patience=self._patience)

    def _due(self, names: Sequence[str] | None) -> tuple[LogReader, bytes, list[TimeAuthority]]:
        log = LogReader(self._store)
        kept = kept_tokens(self._store)
        wanted = [one for one in self._authorities if names is None or one.name in names]
        return log, log.checkpoint_at(log.size), [one for one in wanted if is_due(log, kept, one.name)]

    def take(self, response: bytes) -> Stamped:
        """Keep and log a token that was brought by hand, over whichever checkpoint it is of, by whichever authority.

        Raises TimestampError when it is of no checkpoint of this log, or of none of the authorities, and StorageError.
        """
        hashed = imprint(response)
        log = LogReader(self._store)
        sizes = reversed(log.sizes())
        found = ((size, octets) for size in sizes if hashed.is_of(octets := log.checkpoint_at(size)))
        size, octets = next(found, (0, b""))
        if not size:
            raise TimestampError(f"expected a token over a checkpoint of this log, found one over {hashed}")
        authority, token = self._authority_of(response, octets)
        kept = Kept(size, authority.name)
        if not self._store.exists(kept.name):
            keep_token(self._collection, kept, response)
        elif self._store.read(kept.name) != response:
            raise TimestampError(
                f"expected the first token of {authority.name} over this checkpoint, found another here"
            )
        if not is_logged(log, kept):
            self._append([anchor_of(kept, token, response).octets()]).result()
        return Stamped(kept, token)

    def _authority_of(self, response: bytes, octets: bytes) -> tuple[TimeAuthority, Token]:
        reasons = []
        for authority in self._authorities:
            try:
                pem = self._certificates(authority)
                return authority, verify_token(response, octets, pem, policy=authority.policy)
            except (TimestampError, ConfigError) as error:
                reasons.append(f"{authority.name}: {error}")
        raise TimestampError(
            "expected a token of an authority of khronika.toml, found none:\n  " + "\n  ".join(reasons)
        )

    async def _settle(self, log: LogReader) -> None:
        """Log tokens that a run which was cut short had kept. One that does not hold stays for `verify` to tell of."""

        def entries() -> list[bytes]:
            found = []
            for kept in unlogged(log, kept_tokens(self._store)):
                authority = next((one for one in self._authorities if one.name == kept.authority), None)
                if authority is None:
                    continue
                with contextlib.suppress(KhronikaError, FileNotFoundError):
                    response = self._store.read(kept.name)
                    pem = self._certificates(authority)
                    token = verify_token(response, log.checkpoint_at(kept.size), pem, policy=authority.policy)
                    found.append(anchor_of(kept, token, response).octets())
            return found

        if logged := await asyncio.to_thread(entries):
            await asyncio.wrap_future(self._append(logged))

    async def _ask(
        self, client: WireClient, authority: TimeAuthority, size: int, octets: bytes, attempts: int
    ) -> Stamped | Unstamped:
        """A token of one authority, kept and logged, or why there is none."""
        kept = Kept(size, authority.name)
        try:
            async with asyncio.timeout(TOGETHER):
                return await self._attempts(client, authority, kept, octets, attempts)
        except TimeoutError:
            return Unstamped(kept, f"expected an answer within {TOGETHER:g} s, found none")
        except BusyError as error:
            return Unstamped(kept, str(error), error.wait)
        except KhronikaError as error:
            return Unstamped(kept, str(error))
        except OSError as error:
            return Unstamped(kept, f"this machine refuses: {error.strerror or type(error).__name__}")

    async def _attempts(
        self, client: WireClient, authority: TimeAuthority, kept: Kept, octets: bytes, attempts: int
    ) -> Stamped:
        pem = await asyncio.to_thread(self._certificates, authority)
        for attempt in range(attempts):
            try:
                return await self._attempt(client, authority, kept, octets, pem)
            except BusyError as error:
                if attempt + 1 == attempts or (error.wait or 0) > PAUSE * 2**attempt:
                    raise
                await self._pause(PAUSE * 2**attempt)
        raise AssertionError("one attempt at least")

    async def _attempt(
        self, client: WireClient, authority: TimeAuthority, kept: Kept, octets: bytes, pem: bytes
    ) -> Stamped:
        request = new_request(octets)
        asked_at = self._now()
        response = await self._response(client, authority, request)
        answered_at = self._now()
        token = await asyncio.to_thread(
            verify_token, response, octets, pem, nonce=request.nonce, policy=authority.policy
        )
        notes = list(_clock_notes(token, asked_at, answered_at))
        crl, note = await self._crl(authority, token, pem)
        notes += [note] if note else []
        if not (self._collection / certificate_name(authority.name)).exists():
            notes.append("the note of keys does not name this authority yet: khronika key update makes it do so")

        def keep() -> None:
            if crl is not None:
                keep_crl(self._collection, kept, crl)
            keep_token(self._collection, kept, response)

        await asyncio.to_thread(keep)
        # from here on the token is kept: what is cut short now is logged by the next run
        await asyncio.wrap_future(self._append([anchor_of(kept, token, response).octets()]))
        return Stamped(kept, token, tuple(notes))

    async def _response(self, client: WireClient, authority: TimeAuthority, request: TimestampRequest) -> bytes:
        answer = await ask(client, authority.url, self._route, body=request.octets, kind=_QUERY, accept=_REPLY)
        check_status(answer)
        if answer.media_type in {"text/html", "application/xhtml+xml"}:
            raise TimestampError("expected a token, found a web page: is the authority's address right?")
        return answer.octets

    async def _crl(self, authority: TimeAuthority, token: Token, pem: bytes) -> tuple[bytes | None, str | None]:
        """The list of revoked certificates, where it is time for one, or what is to be told of it.

        Raises TimestampError when the authority's certificate was revoked before it signed.
        """
        places = crl_places(token.certificate)
        wanted = authority.crl and bool(places)
        if not wanted or not await asyncio.to_thread(wants_crl, self._store, authority.name, self._now()):
            return None, None
        try:
            # shorter than what all of it may take: the token is worth more than the list
            async with asyncio.timeout(self._patience), self._client(CRL_LIMIT) as client:
                answer = await ask(client, places[0], self._route)
            check_status(answer)
            crl = await asyncio.to_thread(read_crl, answer.octets, token, pem)
            if crl.next_update is not None and crl.next_update < token.gen_time:
                raise TimestampError(f"expected the newest, found one that was replaced by {crl.next_update:%Y-%m-%d}")
        except TimeoutError:
            return None, f"no list of revoked certificates was had within {self._patience:g} s"
        except TimestampError as error:
            return None, f"no list of revoked certificates was had: {error}"
        if crl.revoked_at is not None and crl.revoked_at <= token.latest:
            raise TimestampError(
                f"expected an authority whose certificate is good, found that it was revoked on "
                f"{crl.revoked_at:%Y-%m-%d %H:%M:%S} UTC"
            )
        return answer.octets, None

    def _certificates(self, authority: TimeAuthority) -> bytes:
        """What an authority's tokens are checked with. Raises TimestampError, ConfigError."""
        pem = authority.certificates(self._collection)
        read_certificates(pem)
        bound = self._collection / certificate_name(authority.name)
        if bound.exists() and bound.read_bytes() != pem:
            raise TimestampError(
                f"expected the certificate that {certificate_name(authority.name)} holds, found another in the "
                "settings: an authority with another certificate needs another name"
            )
        return pem


def _clock_notes(token: Token, asked_at: datetime, answered_at: datetime) -> Sequence[str]:
    """What is to be told of this machine's clock: it and the authority's cannot both be right."""
    tolerance = CLOCK_TOLERANCE + (token.accuracy or timedelta())
    if token.gen_time < asked_at - tolerance:
        return [f"this machine's clock is {(asked_at - token.gen_time).total_seconds():.0f} s ahead of the authority's"]
    if token.gen_time > answered_at + tolerance:
        seconds = (token.gen_time - answered_at).total_seconds()
        return [f"this machine's clock is {seconds:.0f} s behind the authority's"]
    return []


def words_of(result: Stamped | Unstamped) -> list[str]:
    """What a person is told of a result."""
    name, size = result.kept.authority, result.kept.size
    if isinstance(result, Unstamped):
        return [f"no time-stamp of {name} over the checkpoint of {size} entries: {result.reason}"]
    at = f"{result.token.gen_time:%Y-%m-%d %H:%M:%S} UTC"
    told = [f"time-stamp of {name} over the checkpoint of {size} entries: {at}"]
    return told + [f"{name}: {note}" for note in result.notes]


# beside a crawl


async def stamp_while(writer: Writer, collection: Path, config: Config, tell: Callable[[str], None]) -> None:
    """Look every minute for what is due, until it is cancelled; each authority is asked once an hour at most."""
    stamping = stamping_of(writer, collection, config, tell)
    if stamping is None:
        return
    turns = _Turns(asyncio.get_running_loop().time)
    told: set[str] = set()

    def tell_once(words: str) -> None:
        if words not in told:
            told.add(words)
            tell(words)

    names = [authority.name for authority in config.log.authorities]
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if ready := [name for name in names if turns.may(name)]:
            for result in await _told(stamping.stamp(ready, attempts=1), tell_once):
                turns.took(result)


@dataclass(slots=True)
class _Turns:
    """When each authority may be asked again."""

    clock: Callable[[], float]
    not_before: dict[str, float] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)

    def may(self, name: str) -> bool:
        return self.clock() >= self.not_before.get(name, 0)

    def took(self, result: Stamped | Unstamped) -> None:
        name = result.kept.authority
        if isinstance(result, Stamped):
            self.failures[name] = 0
            self.not_before[name] = self.clock() + EVERY
            return
        wait = min(EVERY, BACK_OFF * 2 ** min(self.failures.get(name, 0), 10))
        self.failures[name] = self.failures.get(name, 0) + 1
        self.not_before[name] = self.clock() + max(wait, min(result.wait or 0, EVERY))


async def stamp_newest(
    writer: Writer, collection: Path, config: Config, tell: Callable[[str], None], *, hurried: bool = False
) -> list[Stamped | Unstamped]:
    """Show the newest checkpoint to all authorities that lack it, and tell what came of it; `hurried`: ask once."""
    stamping = stamping_of(writer, collection, config, tell)
    return [] if stamping is None else await _told(stamping.stamp(attempts=1 if hurried else ATTEMPTS), tell)


async def stamp_after(
    collection: Collection, config: Config, passphrase: str | None, tell: Callable[[str], None], *, hurried: bool
) -> None:
    """Show the checkpoint that a crawl ended with to the authorities; the collection is written by nobody meanwhile.

    Ctrl-C ends this and nothing else: the crawl was over before.
    """
    if not config.log.authorities:
        return
    try:
        with collection.writer(passphrase=passphrase) as writer:
            await asyncio.wrap_future(writer.checkpoint())
            await stamp_newest(writer, collection.path, config, tell, hurried=hurried)
    except KhronikaError as error:
        tell(f"no time-stamp: {error}")
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None, "what is cancelled is a task"
        task.uncancel()
        tell("no time-stamp: stopped; khronika checkpoint --timestamp asks for it")


def stamping_of(writer: Writer, collection: Path, config: Config, tell: Callable[[str], None]) -> Stamping | None:
    """What stamps a collection; None where no authority is configured, or none may be asked, which is told."""
    if not config.log.authorities:
        return None
    try:
        route = log_route(config.log, config.crawl, config.sites)
    except KhronikaError as error:
        tell(f"no time-stamp: {error}")
        return None
    return Stamping(collection, config.log, route, writer.append_entries, nameservers=config.crawl.nameservers)


async def _told(
    results: Awaitable[list[Stamped | Unstamped]], tell: Callable[[str], None]
) -> list[Stamped | Unstamped]:
    """Tell what came of it; nothing that goes wrong gets further."""
    try:
        found = await results
    except KhronikaError as error:
        tell(f"no time-stamp: {error}")
        return []
    except Exception as error:  # noqa: BLE001 - a token can be had later, a crawl that ends here could not be
        tell(f"no time-stamp: a fault in khronika itself: {type(error).__name__}: {error}")
        return []
    for result in found:
        for words in words_of(result):
            tell(words)
    return found


@contextlib.asynccontextmanager
async def beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """Run something while a block runs, and end it with the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
