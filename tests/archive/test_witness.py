"""A witness cosigns what goes on from what it cosigned before, and nothing else."""

from __future__ import annotations

import os
import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from disk_faults import Faults, disk, kill
from hypothesis import given
from hypothesis import strategies as st
from key_samples import WHEN, event, grow, new_collection, now

from archive.checkpoint import VerifierKey, cosigned_at, parse_checkpoint, sign_checkpoint
from archive.digest import digest
from archive.entry import AnchorEntry, KeyEntry
from archive.errors import (
    CollectionLockedError,
    KeyFileError,
    LogError,
    ProofError,
    SignatureError,
    UsageError,
)
from archive.keys import KEYS, LOG_KEY, Policy, load_key, policy_of
from archive.log import LogReader
from archive.rotation import open_log, read_history, rotate
from archive.store import FolderStore
from archive.witness import (
    COSIGNATURES,
    REFUSED,
    Cosignature,
    Request,
    Witness,
    cosignatures,
    cosigned_checkpoint,
    keep_cosignature,
    last_cosigned,
    match_answer,
    parse_cosignatures,
    parse_request,
    request_of,
    size_to_cosign,
)

NAME = "witness.example/w1"


def log_of(folder: Path) -> LogReader:
    return LogReader(FolderStore(folder))


def vkey_of(folder: Path) -> VerifierKey:
    return read_history(folder).newest.active.vkey


def ask(folder: Path, since: int) -> Request:
    """What the archive sends, read again by the partner."""
    return parse_request(request_of(log_of(folder), since).octets())


def policy_with(folder: Path, *witnesses: VerifierKey, quorum: int = 1) -> Policy:
    named = {f"partner-{n}": vkey for n, vkey in enumerate(witnesses)}
    return policy_of(read_history(folder).newest.keys, named, quorum)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    new_collection(tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def partner(tmp_path: Path) -> Path:
    Witness.create(tmp_path / "partner", NAME).close()
    return tmp_path / "partner"


def test_a_log_that_grows_is_cosigned_again_and_again(archive: Path, partner: Path) -> None:
    since = 0
    with Witness.open(partner) as witness:
        for _ in range(3):
            request = ask(archive, since)
            signature = witness.cosign(request, WHEN, vkey_of(archive) if since == 0 else None)
            assert cosigned_at(request.signed.note.text, signature, witness.vkey) == WHEN.replace(microsecond=0)
            since = request.signed.size
            grow(archive, 300)


def test_the_newest_checkpoint_is_remembered_by_the_next_process(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))

    with Witness.open(partner) as witness:
        known = witness.known(log_of(archive).origin)
        assert known is not None
        assert (known[0], known[1].size) == (vkey_of(archive), log_of(archive).size)
        assert [signed.size for _, signed in witness.logs()] == [log_of(archive).size]


def test_the_same_checkpoint_can_be_cosigned_again(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        first = witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        again = witness.cosign(ask(archive, 0), WHEN, None)

    assert first == again


def test_a_fork_is_refused_and_kept_as_evidence(archive: Path, partner: Path, tmp_path: Path) -> None:
    shutil.copytree(archive, tmp_path / "fork")
    grow(archive)
    grow(tmp_path / "fork")
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        forged = ask(tmp_path / "fork", log_of(archive).size)

        with pytest.raises(ProofError, match="has forked: expected the root"):
            witness.cosign(forged, WHEN)

    (kept,) = (partner / REFUSED).iterdir()
    assert kept.read_bytes() == forged.signed.octets()


def test_a_fork_that_has_grown_on_is_refused(archive: Path, partner: Path, tmp_path: Path) -> None:
    shutil.copytree(archive, tmp_path / "fork")
    grow(archive)
    grow(tmp_path / "fork", 5)
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))

        with pytest.raises(ProofError, match="has forked, or the request is damaged"):
            witness.cosign(ask(tmp_path / "fork", log_of(archive).size), WHEN)
        with pytest.raises(ProofError, match="has forked, or the request is damaged"):
            # nor with a proof from somewhere else
            witness.cosign(Request(log_of(archive).size, ask(archive, 3).proof, log_of(tmp_path / "fork").signed), WHEN)
        known = witness.known(log_of(archive).origin)
    assert known is not None and known[1].root == log_of(archive).signed.root


def test_a_rollback_is_refused(archive: Path, partner: Path, tmp_path: Path) -> None:
    shutil.copytree(archive, tmp_path / "old")
    grow(archive)
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))

        with pytest.raises(ProofError, match="would be rolled back"):
            witness.cosign(ask(tmp_path / "old", 0), WHEN)


def test_a_request_from_another_size_says_which_is_needed(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        size = log_of(archive).size
        grow(archive)

        for since in (0, size - 1, size + 1):
            with pytest.raises(UsageError, match=rf"--since {size}"):
                witness.cosign(ask(archive, since), WHEN)


def test_an_unknown_log_needs_its_key(archive: Path, partner: Path, tmp_path: Path) -> None:
    new_collection(tmp_path / "other")
    with Witness.open(partner) as witness:
        with pytest.raises(UsageError, match="seen for the first time"):
            witness.cosign(ask(archive, 0), WHEN)
        with pytest.raises(SignatureError):
            witness.cosign(ask(archive, 0), WHEN, vkey_of(tmp_path / "other"))
        with pytest.raises(UsageError, match="expected the key of the log"):
            witness.cosign(ask(archive, 0), WHEN, witness.vkey)
        with pytest.raises(UsageError, match="expected `old 0`"):
            witness.cosign(ask(archive, 2), WHEN, vkey_of(archive))
        assert list(witness.logs()) == []


def test_a_checkpoint_by_another_key_is_refused(archive: Path, partner: Path, tmp_path: Path) -> None:
    new_collection(tmp_path / "other")
    other = load_key(tmp_path / "other" / KEYS / LOG_KEY, log_of(archive).origin)
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        request = ask(archive, log_of(archive).size)

        with pytest.raises(SignatureError, match="signed by others"):
            witness.cosign(
                Request(request.old, request.proof, sign_checkpoint(request.signed.checkpoint, [other])), WHEN
            )


def test_after_a_rotation_the_new_key_is_needed_once(tmp_path: Path, partner: Path) -> None:
    archive = tmp_path / "archive"
    root = new_collection(archive)
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        rotate(archive, root, now=now)
        size = log_of(archive).size
        # the checkpoint at the rotation has both signatures
        witness.cosign(ask(archive, 5), WHEN)
        grow(archive)

        with pytest.raises(SignatureError, match="has a new key"):
            witness.cosign(ask(archive, size), WHEN)
        witness.cosign(ask(archive, size), WHEN, vkey_of(archive))
        size = log_of(archive).size
        grow(archive)
        witness.cosign(ask(archive, size), WHEN)


def test_two_processes_do_not_cosign_at_one_time(archive: Path, partner: Path) -> None:
    with Witness.open(partner), pytest.raises(CollectionLockedError):
        Witness.open(partner)


def test_a_folder_is_made_a_witness_once(partner: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="expected a folder without a witness"):
        Witness.create(partner, NAME)
    with pytest.raises(UsageError, match="expected the folder of a witness"):
        Witness.open(tmp_path)
    assert (partner / "witness.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", "a b", "a+b", "https://a.example", "Пример", "a/", "/a", "A.example"])
def test_a_witness_has_a_name_that_signed_notes_can_hold(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a name like an address"):
        Witness.create(tmp_path / "w", name)
    assert not (tmp_path / "w").exists()


def test_what_is_remembered_and_damaged_stops_the_witness(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        (path,) = (partner / "logs").iterdir()
        path.write_bytes(path.read_bytes()[:-60])

        with pytest.raises(LogError, match="Restore it from a copy"):
            witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))


def test_a_cosignature_is_never_given_before_it_is_remembered(archive: Path, partner: Path, tmp_path: Path) -> None:
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
    size = log_of(archive).size
    grow(archive)
    counted = Faults(lambda *_: None)
    shutil.copytree(partner, tmp_path / "counted")
    with disk(counted), Witness.open(tmp_path / "counted") as witness:
        witness.cosign(ask(archive, size), WHEN)

    for at in range(len(counted.done)):
        folder = tmp_path / f"{at}"
        shutil.copytree(partner, folder)
        child = os.fork()
        if child == 0:
            with disk(Faults(kill, at)), Witness.open(folder) as witness:
                witness.cosign(ask(archive, size), WHEN)
            (folder / "given").touch()
            os._exit(0)
        os.waitpid(child, 0)
        assert not (folder / "given").exists()
        with Witness.open(folder) as witness:
            known = witness.known(log_of(archive).origin)
            assert known is not None and known[1].size in {size, log_of(archive).size}
            witness.cosign(ask(archive, size), WHEN)


# --- the file ---


def test_a_request_has_the_form_of_tlog_witness(archive: Path) -> None:
    grow(archive, 2)
    octets = request_of(log_of(archive), 3).octets()

    head, _, checkpoint = octets.partition(b"\n\n")
    assert head.split(b"\n")[0] == b"old 3"
    assert len(head.split(b"\n")) > 1
    assert checkpoint == (archive / "log" / "checkpoint").read_bytes()


def test_all_are_asked_to_vouch_for_the_same_checkpoint(archive: Path) -> None:
    store = FolderStore(archive)
    stamped = log_of(archive).size
    assert size_to_cosign(store, log_of(archive), 0) == stamped
    (archive / "log" / "tsa").mkdir()
    (archive / "log" / "tsa" / f"{stamped}.tsa.tsr").write_bytes(b"a token")
    append(archive, AnchorEntry("tsa", WHEN, digest(b"a token"), stamped).octets(), event("verified"))

    assert log_of(archive).size > stamped
    assert size_to_cosign(store, log_of(archive), 0) == stamped
    assert size_to_cosign(store, log_of(archive), stamped - 1) == stamped
    # a witness that has cosigned it, or a later one, is asked for the newest
    assert size_to_cosign(store, log_of(archive), stamped) == log_of(archive).size

    request = parse_request(request_of(log_of(archive), 3, stamped).octets())
    assert (request.old, request.signed.size) == (3, stamped)

    append(archive, KeyEntry(digest(b"a note"), 9).octets())
    assert size_to_cosign(store, log_of(archive), 0) == log_of(archive).size
    (archive / COSIGNATURES).mkdir()
    (archive / COSIGNATURES / str(log_of(archive).size)).write_bytes(b"of one witness")
    append(archive, event("cosigned"))
    assert size_to_cosign(store, log_of(archive), 0) == log_of(archive).size - 1


def append(folder: Path, *entries: bytes) -> None:
    with open_log(folder) as log:
        log.append(entries)
        log.checkpoint()


def test_a_request_is_read_strictly(archive: Path) -> None:
    grow(archive, 2)
    octets = request_of(log_of(archive), 3).octets()
    wrong = [
        b"",
        b"old\n\n",
        octets.replace(b"old 3", b"old 03"),
        octets.replace(b"old 3", b"old -1"),
        octets.replace(b"old 3\n", b"old 3\nAAAA\n"),
        octets.replace(b"old 3\n", b"old 3\n!\n"),
        octets.replace(b"\n\n", b"\n", 1),
        b"\n" + octets,
        octets.replace(b"old 3\n", b"old 3\n" + b"A" * 43 + b"=\n" * 70),
        octets.replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 64),
        octets + b"x" * (1 << 16),
        b"\xff" * 50,
    ]

    for one in wrong:
        with pytest.raises(SignatureError):
            parse_request(one)


@given(st.binary(max_size=300))
def test_any_octets_are_a_request_or_are_refused(octets: bytes) -> None:
    for text in (octets, b"old 3\n" + octets, b"old 0\n\n" + octets):
        try:
            request = parse_request(text)
        except SignatureError:
            continue
        assert request.octets() == text


def test_a_damaged_request_is_refused(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        witness.cosign(ask(archive, 0), WHEN, vkey_of(archive))
        size = log_of(archive).size
        grow(archive)
        octets = request_of(log_of(archive), size).octets()
        rng = random.Random(4)

        for _ in range(300):
            at = rng.randrange(len(octets))
            damaged = octets[:at] + bytes([octets[at] ^ (1 << rng.randrange(8))]) + octets[at + 1 :]
            with pytest.raises((SignatureError, ProofError, UsageError)):
                witness.cosign(parse_request(damaged), WHEN)
        known = witness.known(log_of(archive).origin)
        assert known is not None and known[1].size == size


# --- what the archive does with the answer ---


def answered(archive: Path, partner: Path, policy: Policy) -> tuple[int, Cosignature]:
    with Witness.open(partner) as witness:
        known = witness.known(log_of(archive).origin)
        since = known[1].size if known is not None else 0
        line = witness.cosign(ask(archive, since), WHEN, vkey_of(archive)).line()
    ((size, given),) = match_answer(line, log_of(archive), policy)
    return size, given


def test_an_answer_is_kept_with_the_checkpoint_that_it_is_over(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)
    before = log_of(archive).size
    size, given = answered(archive, partner, policy)
    grow(archive)
    assert size == before
    text = parse_checkpoint(log_of(archive).checkpoint_at(size)).note.text

    assert keep_cosignature(archive, size, text, given)
    assert not keep_cosignature(archive, size, text, given)

    (kept,) = cosignatures(FolderStore(archive), size, text, policy)
    assert kept == given
    assert policy.satisfied([kept.vkey])
    assert last_cosigned(FolderStore(archive), log_of(archive), policy) == {"partner-0": size}
    assert cosignatures(FolderStore(archive), log_of(archive).size, text, policy) == []


def test_an_answer_may_be_a_whole_checkpoint(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)
        request = ask(archive, 0)
        signature = witness.cosign(request, WHEN, vkey_of(archive))
    given = Cosignature("partner-0", policy.witnesses["partner-0"], WHEN.replace(microsecond=0), signature)

    matched = match_answer(cosigned_checkpoint(request.signed, [given]), log_of(archive), policy)

    assert matched == [(request.signed.size, given)]


def test_an_answer_by_a_stranger_is_refused(archive: Path, partner: Path, tmp_path: Path) -> None:
    with Witness.create(tmp_path / "stranger", "stranger.example") as stranger:
        line = stranger.cosign(ask(archive, 0), WHEN, vkey_of(archive)).line()
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)

    with pytest.raises(SignatureError, match="expected a cosignature by a witness of this collection"):
        match_answer(line, log_of(archive), policy)


def test_an_answer_over_another_history_is_refused(archive: Path, partner: Path, tmp_path: Path) -> None:
    shutil.copytree(archive, tmp_path / "fork")
    grow(archive)
    grow(tmp_path / "fork")
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)
        request = ask(tmp_path / "fork", 0)
        signature = witness.cosign(request, WHEN, vkey_of(archive))
    given = Cosignature("partner-0", policy.witnesses["partner-0"], WHEN, signature)

    with pytest.raises(SignatureError, match="found one over something else"):
        match_answer(signature.line(), log_of(archive), policy)
    with pytest.raises(ProofError, match="a fork"):
        match_answer(cosigned_checkpoint(request.signed, [given]), log_of(archive), policy)


def test_a_cosignature_that_somebody_forged_is_refused_and_gives_way_to_the_true_one(
    archive: Path, partner: Path
) -> None:
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)
    size, given = answered(archive, partner, policy)
    text = parse_checkpoint(log_of(archive).checkpoint_at(size)).note.text
    keep_cosignature(archive, size, text, given)
    path = archive / COSIGNATURES / str(size)
    line = path.read_bytes()
    path.write_bytes(line[:-12] + b"AAAA" + line[-8:])

    with pytest.raises(SignatureError, match=rf"{COSIGNATURES}/{size}"):
        cosignatures(FolderStore(archive), size, text, policy)
    assert last_cosigned(FolderStore(archive), log_of(archive), policy) == {"partner-0": 0}
    assert keep_cosignature(archive, size, text, given)
    assert path.read_bytes() == line


def test_cosignatures_of_others_are_passed_over_and_kept(archive: Path, partner: Path, tmp_path: Path) -> None:
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)
    with Witness.create(tmp_path / "stranger", "stranger.example") as stranger:
        line = stranger.cosign(ask(archive, 0), WHEN, vkey_of(archive)).line()
    size, given = answered(archive, partner, policy)
    text = parse_checkpoint(log_of(archive).checkpoint_at(size)).note.text
    (archive / COSIGNATURES).mkdir()
    (archive / COSIGNATURES / str(size)).write_bytes(line)

    keep_cosignature(archive, size, text, given)

    assert len(parse_cosignatures((archive / COSIGNATURES / str(size)).read_bytes())) == 2
    assert cosignatures(FolderStore(archive), size, text, policy) == [given]


def test_of_two_cosignatures_by_one_witness_the_earlier_counts(archive: Path, partner: Path) -> None:
    with Witness.open(partner) as witness:
        policy = policy_with(archive, witness.vkey)
        request = ask(archive, 0)
        later = witness.cosign(request, WHEN + timedelta(hours=1), vkey_of(archive))
        first = witness.cosign(request, WHEN)
    (archive / COSIGNATURES).mkdir()
    (archive / COSIGNATURES / str(request.signed.size)).write_bytes(later.line() + first.line())

    (one,) = cosignatures(FolderStore(archive), request.signed.size, request.signed.note.text, policy)

    assert one.signature == first
