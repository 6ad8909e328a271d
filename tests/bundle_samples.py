"""A collection with two crawls, time-stamps and a witness, and bundles of it, honest and forged."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive_samples import page, put
from authority import Authority
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from warc_samples import BEGAN, OCCASION, TLS, failure

from archive.anchor import Kept, anchor_of, keep_token
from archive.bundle import MANIFEST, make_bundle
from archive.capture import Capture
from archive.checkpoint import SigningKey
from archive.collection import Collection
from archive.entry import EventType, Outcome
from archive.exchange import DnsAnswer, Occasion
from archive.exchange import Outcome as Fetched
from archive.rotation import Trust, load_root, update
from archive.timestamp import verify_token

URL = "https://site.example/cases/17"
OTHER = "https://site.example/cases/another-person"
GONE = "https://site.example/cases/18"
VIA = "https://site.example/cases/"
ANSWER = DnsAnswer("site.example", BEGAN - timedelta(seconds=1), "NOERROR", ("site.example. 60 IN A 192.0.2.17",))
WITNESS = SigningKey("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96))))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def now() -> datetime:
    return NOW


@dataclass(frozen=True)
class Sample:
    """A collection, and the captures in it."""

    path: Path
    authority: Authority
    first: Capture
    """The page, as it was fetched first."""
    other: Capture
    gone: Capture
    """A fetch that failed."""
    again: Capture
    """The same page in a later crawl: a revisit."""

    def bundle(self, target: Path, *captures: Capture) -> Path:
        """A bundle of captures, of the first page if none are named."""
        with Collection.open(self.path) as collection:
            make_bundle(collection, captures or (self.first,), target, now=now)
        return target

    @property
    def root_key(self) -> str:
        with Collection.open(self.path) as collection:
            return collection.log().genesis.root

    @property
    def log_key(self) -> str:
        with Collection.open(self.path) as collection:
            return collection.log().genesis.log


def _occasion(crawl: str) -> Occasion:
    return replace(OCCASION, crawl=crawl, site="north", via=VIA)


def make_sample(
    folder: Path, *, stamped: bool = True, witnessed: bool = True, quorum: int = 0, again: float = 24
) -> Sample:
    """A collection with a crawl, a time-stamp, another crawl so many hours after the first, another time-stamp."""
    path = folder / "collection"
    collection = Collection.create(path, "# settings\n")
    with Authority(folder / "authority") as authority:
        pass  # what it stamps needs no service
    trust = Trust(
        {"example": authority.certificate.read_bytes()} if stamped else {},
        {"w1": WITNESS.witness_vkey} if witnessed else {},
        quorum,
    )
    with collection.writer() as writer:
        writer.log_event(EventType.CAPTURE_SESSION, Outcome.SUCCESS, "clock: synchronised", object="crawl-1").result()
        secure = {"dns": ANSWER, "tls": TLS}
        writer.begin_crawl("crawl-1", (("operator", "Example Archive"),))
        stored = [
            writer.store(page("<h1>Case 17</h1>", url=URL, **secure), _occasion("crawl-1")),
            writer.store(page("<h1>Another</h1>", url=OTHER, **secure), _occasion("crawl-1")),
            writer.store(failure(Fetched.TIMEOUT, GONE, stage="connect", error="nothing came"), _occasion("crawl-1")),
        ]
        first, other, gone = [one.result() for one in stored]
    update(path, load_root(path), trust, now=now)
    _vouch(collection, authority, stamped=stamped, witnessed=witnessed)
    with collection.writer() as writer:
        (second,) = put(writer, "crawl-2", page("<h1>Case 17</h1>", url=URL, hour=again, **secure))
    _vouch(collection, authority, stamped=stamped, witnessed=witnessed)
    collection.close()
    return Sample(path, authority, first, other, gone, second)


def _vouch(collection: Collection, authority: Authority, *, stamped: bool, witnessed: bool) -> None:
    """Have the newest checkpoint stamped and cosigned."""
    log = collection.log()
    issued = log.checkpoint_at(log.size)
    if witnessed:
        folder = collection.path / "log" / "cosig"
        folder.mkdir(exist_ok=True)
        (folder / str(log.size)).write_bytes(WITNESS.cosign(log.signed.note.text, datetime.now(UTC)).line())
    if stamped:
        response = authority.stamp(issued)
        kept = Kept(log.size, "example")
        keep_token(collection.path, kept, response)
        token = verify_token(response, issued, authority.certificate.read_bytes())
        with collection.writer() as writer:
            writer.append_entries([anchor_of(kept, token, response).octets()]).result()


# --- bundles, taken apart and put together again ---------------------------------------------------------------------


def unzipped(path: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Mapping[str, bytes], target: Path, *, listed: bool = True, order: Sequence[str] = ()) -> Path:
    """Files as a bundle; with a manifest made anew, as somebody does who knows what they are doing."""
    contents = dict(files)
    if listed:
        contents.pop(MANIFEST, None)
        lines = [f"{hashlib.sha256(octets).hexdigest()}  {name}\n" for name, octets in sorted(contents.items())]
        contents[MANIFEST] = "".join(lines).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in order or contents:
            archive.writestr(zipfile.ZipInfo(name), contents[name])
    target.write_bytes(buffer.getvalue())
    return target
