"""The audit of who vouches for a log: signatures under its checkpoints, tokens, cosignatures.

The chain of trust: the genesis (or a key that is trusted from elsewhere) names the root key, which signs the notes of
keys; they say which log keys may have signed which sizes, with which certificate an authority's tokens are checked,
and which policy holds for witnesses. Nothing counts that they do not name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from archive.audit_log import TOLD, LogAudit
from archive.checkpoint import (
    SignedCheckpoint,
    VerifierKey,
    cosigned_at,
    parse_checkpoint,
    parse_note,
    parse_signature,
    parse_vkey,
    signed_by,
)
from archive.digest import digest
from archive.errors import LogError, SignatureError, TimestampError
from archive.finding import Finding, FindingKind
from archive.header import format_date
from archive.keys import NOTE, NOTES, POLICY, ROOT_SUFFIX, KeyHistory, KeyState, parse_keys_note
from archive.log import CHECKPOINT, CHECKPOINTS, LOG
from archive.merkle import tree_root
from archive.store import Store
from archive.tiles import Tiles
from archive.timestamp import Token, read_crl, verify_token

TSA = f"{LOG}/tsa"
COSIG = f"{LOG}/cosig"

Advance = Callable[[int, int], None]
"""Called with the number of checkpoints done, and of all."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Somebody outside who vouches for a checkpoint."""

    size: int
    name: str
    at: datetime
    """When it was there, at the latest."""
    witness: bool
    """A witness says so, with a clock of its own; an authority otherwise."""
    bound: str
    """What its word is checked with: the digest of an authority's certificates, a witness's key."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Something that nobody could know before its time, logged as an entry."""

    leaf: int
    at: datetime
    by: str


@dataclass(slots=True)
class Vouched:
    """Who vouches for how much of a log."""

    history: KeyHistory | None = None
    proved: int = 0
    """Entries up to the newest checkpoint that is signed as it must be, and whose root is that of the entries."""
    wrong_signer: bool = False
    """Whether what is not proved has a signature, and one that does not count."""
    quorum: int = 0
    """Entries up to the newest checkpoint that as many witnesses have cosigned as the policy asks for."""
    anchored: int = 0
    """Entries up to the newest checkpoint that somebody outside vouches for."""
    anchors: list[Anchor] = field(default_factory=list)
    """By size, rising."""
    bounds: list[Bound] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def say(self, kind: FindingKind, file: str, expected: str, found: str) -> None:
        """Add a finding about a file of the log."""
        self.findings.append(Finding(kind, file, None, None, None, expected, found))

    def before(self, leaf: int) -> Anchor | None:
        """What dates an entry best: the earliest time at which somebody outside had a checkpoint over it."""
        return min((one for one in self.anchors if leaf < one.size), key=lambda one: one.at, default=None)

    def after(self, leaf: int) -> Bound | None:
        """The latest thing that nobody could know before, and that was logged before an entry."""
        return max((one for one in self.bounds if one.leaf < leaf), key=lambda one: one.at, default=None)


def vouched(
    store: Store,
    log: LogAudit,
    *,
    trust: VerifierKey | None = None,
    advance: Advance = lambda done, total: None,
) -> Vouched:
    """Who vouches for a log. `trust`: its root key, or one of its log keys, known from elsewhere. Raises OSError."""
    out = Vouched()
    if log.newest is None or log.genesis is None:
        if log.newest is not None:
            out.say(FindingKind.MISSING, f"{LOG}/tile/entries", "the genesis as the log's first entry", "none")
        return out
    if log.genesis.origin != log.origin:
        out.say(FindingKind.FORKED, f"{LOG}/{CHECKPOINT}", f"a checkpoint of {log.genesis.origin}", log.origin)
    _History(store, log, out, trust).read()
    _Tokens(store, log, out).read(advance)
    _Cosignatures(store, log, out).read()
    _signatures(log, out)
    _hold_others(log, out)
    covered = [one.size for one in out.anchors if one.size <= out.proved]
    out.anchored = max(covered, default=0)
    if out.history is not None and out.history.policy.quorum is not None:
        out.anchored = min(out.anchored, out.quorum)
        _hold_quorum(out.history, log, out)
    _bound(log, out)
    return out


class _History:
    """The notes of keys."""

    def __init__(self, store: Store, log: LogAudit, out: Vouched, trust: VerifierKey | None) -> None:
        self._store = store
        self._log = log
        self._out = out
        self._trust = trust

    def read(self) -> None:
        log, out, trust = self._log, self._out, self._trust
        assert log.genesis is not None, "asked for by `vouched`"
        try:
            root, first = parse_vkey(log.genesis.root), parse_vkey(log.genesis.log)
        except SignatureError as error:
            out.say(FindingKind.MALFORMED, f"{LOG}/tile/entries", "a genesis with the keys of the log", str(error))
            return
        if trust is not None and trust.name.endswith(ROOT_SUFFIX) and trust != root:
            out.wrong_signer = True
            out.say(FindingKind.WRONG_SIGNER, NOTE, f"the root key {trust}", str(root))
            return
        shown = self._signed_serial(root)
        if shown is None:
            return
        out.history = self._history(root, first, shown)
        if out.history is None:
            return
        newest = max((entry.serial for entry in log.keys), default=0)
        missing = {entry.serial: entry for entry in out.history.missing(log.keys)}
        if shown < newest:
            expected = f"the note of keys {newest}, which the log has"
            out.say(FindingKind.ROLLED_BACK, NOTE, expected, f"the note {shown}")
        for serial, entry in missing.items():
            if serial <= shown:
                expected = f"the note of keys {entry.digest}, which the log has"
                out.say(FindingKind.ALTERED, f"{LOG}/keys/{serial}.note", expected, "another")
        if trust is not None and not trust.name.endswith(ROOT_SUFFIX) and out.history.status(trust) is None:
            out.wrong_signer = True
            known = ", ".join(map(str, out.history.vkeys))
            out.say(FindingKind.WRONG_SIGNER, NOTE, f"{trust} among the log's keys", known)
            out.history = None

    def _history(self, root: VerifierKey, first: VerifierKey, shown: int) -> KeyHistory | None:
        """All notes; a policy that was replaced does not take the note's word away."""
        try:
            return KeyHistory.read(self._store, root, first)
        except SignatureError as error:
            problem = error
        try:
            history = KeyHistory.read(_WithPolicy(self._store, f"{NOTES}{shown}.policy"), root, first)
        except SignatureError:
            kind = FindingKind.MISSING if "found none" in str(problem) else FindingKind.ALTERED
            expected = "the notes of keys, one after the other, as the root key signed them"
            self._out.say(kind, NOTE, expected, str(problem))
            return None
        kind = FindingKind.ALTERED if self._store.exists(POLICY) else FindingKind.MISSING
        self._out.say(kind, POLICY, f"the policy {history.newest.policy}, which the note of keys names", str(problem))
        return history

    def _signed_serial(self, root: VerifierKey) -> int | None:
        """The serial of the note that is shown, when the root key has signed it."""
        out = self._out
        try:
            note = parse_note(self._store.read(NOTE))
        except FileNotFoundError:
            out.say(FindingKind.MISSING, NOTE, "the note of keys", "none")
            return None
        except SignatureError as error:
            out.say(FindingKind.UNSIGNED, NOTE, f"a note signed by {root}", str(error))
            return None
        try:
            if signed_by(note, [root]):
                return parse_keys_note(note.text).serial
        except SignatureError as error:
            out.say(FindingKind.ALTERED, NOTE, f"the note that {root.name} signed", str(error))
            return None
        out.wrong_signer = True
        names = ", ".join(f"{one.name}+{one.key_id.hex()}" for one in note.signatures)
        out.say(FindingKind.WRONG_SIGNER, NOTE, f"a note signed by {root}", f"one signed by {names}")
        return None


class _WithPolicy:
    """A store whose policy is read from beside the note that binds it."""

    def __init__(self, store: Store, policy: str) -> None:
        self._store = store
        self._policy = policy
        self.open, self.size, self.names, self.exists = store.open, store.size, store.names, store.exists

    def read(self, name: str) -> bytes:
        return self._store.read(self._policy if name == POLICY else name)


class _Tokens:
    """The tokens of time-stamping authorities."""

    def __init__(self, store: Store, log: LogAudit, out: Vouched) -> None:
        self._store = store
        self._log = log
        self._out = out
        self._logged = {(entry.size, entry.authority): entry for _, entry in log.anchors}
        self._certificates: dict[str, bytes | None] = {}
        self.held: dict[tuple[int, str], Token] = {}

    def read(self, advance: Advance) -> None:
        names = [name for name in self._store.names(TSA) if name.endswith(".tsr")]
        unknown: set[str] = set()
        for done, name in enumerate(names):
            advance(done, len(names))
            number, _, authority = name.rpartition("/")[2].removesuffix(".tsr").partition(".")
            if not number.isdecimal() or not authority:
                self._out.not_checked.append(f"{name}, whose name says neither a size nor an authority")
                continue
            if not self._token(name, int(number), authority):
                unknown.add(authority)
        for authority in sorted(unknown):
            self._out.not_checked.append(
                f"tokens by {authority}, an authority that the note of keys does not name: khronika key update"
            )
        for (size, authority), entry in self._logged.items():
            if (size, authority) not in self.held and f"{TSA}/{size}.{authority}.tsr" not in names:
                name = f"{TSA}/{size}.{authority}.tsr"
                self._out.say(FindingKind.TIME_UNPROVEN, name, f"the token {entry.digest}, which the log has", "none")

    def _token(self, name: str, size: int, authority: str) -> bool:
        """Check one; False when its authority is not one that counts."""
        log, out = self._log, self._out
        history = out.history
        pinned = history.certificate(authority) if history is not None else None
        entry = self._logged.get((size, authority))
        certificates = self._pem(authority, pinned) if pinned is not None else None
        try:
            response = self._store.read(name)
        except FileNotFoundError:
            if entry is not None:  # a name that leads to no file, a dangling link
                out.say(FindingKind.TIME_UNPROVEN, name, f"the token {entry.digest}, which the log has", "none")
            return True
        if entry is not None and digest(response) != entry.digest:
            expected = f"the token {entry.digest}, which the log has"
            out.say(FindingKind.TIME_UNPROVEN, name, expected, str(digest(response)))
            return True
        if pinned is None:
            return False
        if size not in log.octets:
            if size > log.size:
                out.not_checked.append(f"{name}, over a checkpoint that is newer than the log's")
            elif size not in log.roots:
                self._lost(size)
            return True
        if certificates is None:
            return True
        try:
            token = verify_token(response, log.octets[size], certificates)
        except TimestampError as error:
            out.say(
                FindingKind.TIME_UNPROVEN, name, f"a token by {authority} over the checkpoint of {size}", str(error)
            )
            return True
        if self._is_revoked(name, token, certificates):
            return True
        if entry is not None and entry.date != token.gen_time:
            expected = f"the time {format_date(entry.date)}, which the log has of the token"
            out.say(FindingKind.TIME_UNPROVEN, name, expected, format_date(token.gen_time))
            return True
        self.held[size, authority] = token
        out.anchors.append(Anchor(size, authority, token.latest, witness=False, bound=pinned))
        return True

    def _lost(self, size: int) -> None:
        """A checkpoint that somebody vouches for, and that is gone."""
        name = f"{LOG}/{CHECKPOINTS}/{size}"
        if name not in {finding.file for finding in self._out.findings}:
            self._out.say(FindingKind.MISSING, name, "the checkpoint that a token is over", "none")

    def _pem(self, authority: str, pinned: str) -> bytes | None:
        """The certificates that an authority's tokens are checked with, when they are those that the note binds."""
        if authority in self._certificates:
            return self._certificates[authority]
        name = f"{TSA}/{authority}.pem"
        pem: bytes | None = None
        try:
            pem = self._store.read(name)
        except FileNotFoundError:
            expected = f"the certificate of {authority}, {pinned}"
            self._out.say(FindingKind.MISSING, name, expected, "none: its tokens cannot be checked")
        if pem is not None and digest(pem) != pinned:
            expected = f"the certificate of {authority} that the note of keys names, {pinned}"
            self._out.say(FindingKind.ALTERED, name, expected, str(digest(pem)))
            pem = None
        self._certificates[authority] = pem
        return pem

    def _is_revoked(self, name: str, token: Token, certificates: bytes) -> bool:
        crl = name.removesuffix(".tsr") + ".crl"
        try:
            said = read_crl(self._store.read(crl), token, certificates)
        except FileNotFoundError:
            return False
        except TimestampError as error:
            self._out.say(FindingKind.TIME_UNPROVEN, crl, "the authority's list of revoked certificates", str(error))
            return True
        if said.revoked_at is None or said.revoked_at > token.gen_time:
            return False
        expected = f"a certificate that was good at {format_date(token.gen_time)}"
        self._out.say(FindingKind.TIME_UNPROVEN, name, expected, f"one revoked at {format_date(said.revoked_at)}")
        return True


class _Cosignatures:
    """The cosignatures of witnesses."""

    def __init__(self, store: Store, log: LogAudit, out: Vouched) -> None:
        self._store = store
        self._log = log
        self._out = out

    def read(self) -> None:
        history = self._out.history
        known = {vkey: name for name, vkey in history.policy.witnesses.items()} if history is not None else {}
        strangers: set[str] = set()
        names = list(self._store.names(COSIG))
        for name in names:
            size = name.rpartition("/")[2]
            if not size.isdecimal():
                self._out.not_checked.append(f"{name}, whose name says no size")
            elif int(size) in self._log.octets:
                self._checkpoint(name, int(size), known, strangers)
            elif int(size) > self._log.size:
                self._out.not_checked.append(f"{name}, over a checkpoint that is newer than the log's")
            elif int(size) not in self._log.roots:
                expected = f"the checkpoint that it is for, {LOG}/{CHECKPOINTS}/{size}"
                self._out.say(FindingKind.MISSING, name, expected, "none")
        given = {(f"{COSIG}/{one.size}", one.name) for one in self._out.anchors if one.witness}
        told = {finding.file for finding in self._out.findings}
        # of a checkpoint whose root does not fit any more, nothing can be said
        unfit = {f"{COSIG}/{size}" for size in self._log.roots.keys() - self._log.octets.keys()}
        told |= unfit & set(names)
        for name, witness in sorted(self._log.cosigned - given):
            if name not in told and history is not None and (not witness or witness in history.policy.witnesses):
                expected = f"the cosignature by {witness or 'a witness'} that the log says was given"
                self._out.say(FindingKind.MISSING, name, expected, "none")
        for stranger in sorted(strangers):
            self._out.not_checked.append(f"cosignatures by {stranger}, a witness that the policy does not name")

    def _checkpoint(self, name: str, size: int, known: dict[VerifierKey, str], strangers: set[str]) -> None:
        text = self._log.checkpoints[size].note.text
        signers: dict[VerifierKey, datetime] = {}
        names = {vkey.name for vkey in known}
        try:
            lines = self._store.read(name).split(b"\n")
        except FileNotFoundError:
            return
        for line in filter(None, lines):
            try:
                signature = parse_signature(line)
                vkey = next((one for one in known if signature.is_by(one)), None)
                if vkey is not None:
                    at = cosigned_at(text, signature, vkey)
                    signers[vkey] = min(at, signers.get(vkey, at))
                elif signature.name in names:
                    expected = f"a cosignature by the key of {signature.name} that the policy names"
                    found = f"one by the key {signature.key_id.hex()}"
                    self._out.say(FindingKind.WRONG_SIGNER, name, expected, found)
                else:
                    strangers.add(f"{signature.name}+{signature.key_id.hex()}")
            except SignatureError as error:
                self._out.say(FindingKind.ALTERED, name, f"cosignatures of the checkpoint of {size}", str(error))
        history = self._out.history
        if not signers or history is None:
            return
        if history.policy.satisfied(signers):
            self._out.quorum = max(self._out.quorum, size)
        for vkey, at in signers.items():
            self._out.anchors.append(Anchor(size, known[vkey], at, witness=True, bound=str(vkey)))


def _hold_quorum(history: KeyHistory, log: LogAudit, out: Vouched) -> None:
    """Say so where fewer witnesses than the policy asks for have cosigned a checkpoint over every record."""
    last = max((file.runs[-1][1] for file in log.files.values()), default=0)
    if out.quorum >= last:
        return
    policy = history.policy
    wanted = next((group.threshold for group in policy.groups if group.name == policy.quorum), 1)
    found = {one.name for one in out.anchors if one.witness and last <= one.size <= out.proved}
    out.not_checked.append(
        f"what the policy asks of witnesses: {wanted} of {len(policy.witnesses)} are to cosign, and {len(found)} have "
        "cosigned a checkpoint over every record"
    )


def _hold_others(log: LogAudit, out: Vouched) -> None:
    """Checkpoints of another root than the log has: of another history under the same key, or altered since."""
    for signed in log.others[:TOLD]:
        name = f"{LOG}/{CHECKPOINTS}/{signed.size}"
        expected = f"the root of the log's first {signed.size} entries, which a later checkpoint confirms"
        problem = _problem(signed, out.history, None, linked=True) if out.history is not None else None
        if problem is None and out.history is None:
            out.say(FindingKind.ALTERED, name, expected, "another")
        elif problem is None:
            out.say(FindingKind.FORKED, name, expected, "another, signed by a key of the log")
        else:
            out.say(FindingKind.ALTERED, name, expected, f"another ({problem[2]})")


def _signatures(log: LogAudit, out: Vouched) -> None:
    """Which checkpoints are signed as they must be, from the newest to the oldest."""
    history = out.history
    out.anchors.sort(key=lambda one: (one.size, one.at))
    if history is None:
        return  # why nothing says which keys may sign was told
    linked = False
    dated: datetime | None = None
    anchors = list(out.anchors)
    told = 0
    newest = f"{LOG}/{CHECKPOINT}"
    named = [(f"{LOG}/{CHECKPOINTS}/{size}", signed) for size, signed in reversed(log.checkpoints.items())]
    if log.newest is not None and log.newest.size in log.checkpoints:
        named.insert(0, (newest, log.newest))
    for name, signed in named:
        # from the newest on: what dates one checkpoint dates all before it
        while anchors and anchors[-1].size >= signed.size:
            at = anchors.pop().at
            dated = at if dated is None else min(dated, at)
        problem = _problem(signed, history, dated, linked=linked)
        if problem is None:
            good = {key.vkey for key in history.newest.keys if key.state is not KeyState.REVOKED}
            linked = linked or any(vkey in good for vkey in signed_by(signed.note, history.vkeys))
            out.proved = max(out.proved, signed.size if name != newest else 0)
            kept = log.checkpoints[signed.size]
            if kept.note.text != signed.note.text:
                out.say(FindingKind.FORKED, name, f"the text of {LOG}/{CHECKPOINTS}/{signed.size}", "another")
            continue
        kind, expected, found = problem
        out.wrong_signer = out.wrong_signer or (kind is FindingKind.WRONG_SIGNER and signed.size > out.proved)
        told += 1
        if told <= TOLD:
            out.say(kind, name, expected, found)


def _problem(
    signed: SignedCheckpoint, history: KeyHistory, dated: datetime | None, *, linked: bool
) -> tuple[FindingKind, str, str] | None:
    """Why a checkpoint's signatures do not count; None when one does."""
    expected = f"a checkpoint of {signed.size} entries signed by a key of the log"
    names = ", ".join(f"{one.name}+{one.key_id.hex()}" for one in signed.note.signatures)
    try:
        signers = signed_by(signed.note, history.vkeys)
    except SignatureError as error:
        return FindingKind.ALTERED, expected, str(error)
    if not signers:
        return FindingKind.WRONG_SIGNER, expected, f"one signed by {names}"
    refusals = [history.refusal(vkey, signed.size, dated=dated, linked=linked) for vkey in signers]
    if None in refusals:
        return None
    return FindingKind.WRONG_SIGNER, expected, "; ".join(filter(None, refusals))


def _bound(log: LogAudit, out: Vouched) -> None:
    """What of the log's entries could not be known before its time."""
    for leaf, beacon in log.beacons:
        number = f", round {beacon.round}" if beacon.round is not None else ""
        out.bounds.append(Bound(leaf, beacon.date, f"the beacon {beacon.source}{number} (by this machine's clock)"))
    held = {(one.size, one.name) for one in out.anchors if not one.witness}
    for leaf, anchor in log.anchors:
        if (anchor.size, anchor.authority) in held:
            # its signature is in the entry's digest: nobody could know it before it was made
            out.bounds.append(Bound(leaf, anchor.date, f"the token of {anchor.authority} before"))


def held_against(
    store: Store, log: LogAudit, out: Vouched, octets: bytes, *, name: str, trust: VerifierKey | None
) -> None:
    """Hold the log against a checkpoint that was kept elsewhere; what is wrong is added. Raises SignatureError."""
    kept = parse_checkpoint(octets)
    if log.newest is None:
        return
    if kept.origin != log.origin:
        out.wrong_signer = True
        expected = f"the log {kept.origin}, as the file {name} has it"
        out.say(FindingKind.WRONG_SIGNER, f"{LOG}/{CHECKPOINT}", expected, log.origin)
        return
    by_trusted = trust is not None and not trust.name.endswith(ROOT_SUFFIX)
    keys = [trust] if trust is not None and by_trusted else list(out.history.vkeys if out.history else ())
    try:
        signers = signed_by(kept.note, keys)
    except SignatureError as error:
        raise SignatureError(f"{name}: {error}") from error
    if not signers and by_trusted:
        raise SignatureError(f"{name}: expected a checkpoint signed by {trust}, found none of its signatures")
    if not signers:
        expected = f"a log whose keys have signed {name}"
        names = ", ".join(f"{one.name}+{one.key_id.hex()}" for one in kept.note.signatures)
        out.wrong_signer = True
        out.say(FindingKind.WRONG_SIGNER, NOTE, expected, f"none of them, but {names}")
    if trust is None:
        whose = f"whose checkpoint the file {name} holds"
        out.not_checked.append(f"{whose}: its key was taken from this folder, not from --trust")
    if kept.size > log.size:
        expected = f"a log of at least {kept.size} entries, as the file {name} has it"
        out.say(FindingKind.ROLLED_BACK, f"{LOG}/{CHECKPOINT}", expected, f"one of {log.size}")
        return
    if log.roots.get(kept.size) == kept.root:
        return
    try:
        in_tiles = tree_root(kept.size, Tiles(store, LOG).hash_at)
    except LogError:
        in_tiles = None
    if in_tiles != kept.root:
        expected = f"the root of the log's first {kept.size} entries to be that of {name}"
        out.say(FindingKind.FORKED, f"{LOG}/{CHECKPOINT}", expected, "another: two logs under one name")
