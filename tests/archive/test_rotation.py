"""Keys change, and at every moment what was signed is good and what is to be signed can be.

Of the operations that a kill or a failing disk comes between some are drawn, of each kind at least one; `FAULTS=all`
takes all of them.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from disk_faults import Faults, disk, kill, refuse, write_half
from key_samples import LATER, WHEN, event, events_of, grow, new_collection, now, problems, signers_of, witness_key

from archive.checkpoint import SigningKey, parse_note
from archive.digest import digest
from archive.entry import EventType
from archive.errors import KeyFileError, LogError, SignatureError
from archive.keys import KEYS, LOG_KEY, KeyState, load_key, parse_keys_note
from archive.log import JOURNAL, LOG, SIGNED, LogReader, LogWriter
from archive.rotation import (
    NEXT_KEY,
    PLAN,
    Trust,
    came_at,
    is_bound,
    load_root,
    open_log,
    parse_plan,
    pending,
    read_history,
    revoke,
    rotate,
    update,
)
from archive.statements import statements, vouched
from archive.store import FolderStore

Change = Callable[[Path, SigningKey], object]
PEM = b"-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n"


def test_at_a_rotation_the_checkpoint_carries_both_signatures(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    old = read_history(tmp_path).newest.active.vkey

    changed = rotate(tmp_path, root, now=now)

    new = read_history(tmp_path).newest.active.vkey
    assert new != old
    assert set(signers_of(tmp_path, changed.size)) == {old, new}
    assert problems(tmp_path) == []
    size = grow(tmp_path)
    assert signers_of(tmp_path, size) == [new]
    assert problems(tmp_path) == []


def test_a_rotation_is_in_the_log(tmp_path: Path) -> None:
    root = new_collection(tmp_path)

    rotate(tmp_path, root, now=now)

    (said,) = events_of(tmp_path, EventType.KEY_CHANGE)
    assert read_history(tmp_path).newest.active.vkey.key_id.hex() in said.detail


def test_the_old_key_is_destroyed_and_the_new_one_is_for_its_owner_alone(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    old = load_key(tmp_path / KEYS / LOG_KEY, "x")

    rotate(tmp_path, root, now=now)

    assert sorted(one.name for one in (tmp_path / KEYS).iterdir()) == ["log.pem", "root.pem", "signed"]
    assert (tmp_path / KEYS / LOG_KEY).stat().st_mode & 0o777 == 0o600
    assert load_key(tmp_path / KEYS / LOG_KEY, "x").vkey != old.vkey


def test_what_was_logged_and_not_signed_is_signed_with_the_rotation(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    with open_log(tmp_path) as log:
        log.append([event("waits")])
        log.sync()

    rotate(tmp_path, root, now=now)

    assert [one.detail for one in events_of(tmp_path, EventType.EXPORT)][-1] == "waits"
    assert problems(tmp_path) == []


def test_the_old_key_may_not_sign_what_comes_after(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    old = load_key(tmp_path / KEYS / LOG_KEY, read_history(tmp_path).newest.origin)
    rotate(tmp_path, root, now=now)
    with open_log(tmp_path) as log:
        log.append([event("after")])
        log.checkpoint([old])

    assert any("may have signed checkpoints of sizes" in problem for problem in problems(tmp_path))


def test_keys_can_be_rotated_again_and_again(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    for _ in range(4):
        rotate(tmp_path, root, now=now)
        grow(tmp_path)

    states = [key.state for key in read_history(tmp_path).newest.keys]

    assert states == [KeyState.RETIRED] * 4 + [KeyState.ACTIVE]
    assert problems(tmp_path) == []


def test_a_rotation_needs_the_root_key_of_this_collection(tmp_path: Path) -> None:
    new_collection(tmp_path / "one")
    other = new_collection(tmp_path / "two")

    with pytest.raises(SignatureError, match="signed by"):
        rotate(tmp_path / "one", other, now=now)
    with pytest.raises(KeyFileError, match="expected the root key of this collection"):
        load_root(tmp_path / "one", file=tmp_path / "two" / KEYS / "root.pem")
    assert problems(tmp_path / "one") == []


def test_an_encrypted_key_gives_way_to_an_encrypted_one(tmp_path: Path) -> None:
    root = new_collection(tmp_path, passphrase="ключ")

    rotate(tmp_path, root, "ключ", now=now)

    with pytest.raises(KeyFileError, match="expected the passphrase"):
        open_log(tmp_path)
    open_log(tmp_path, "ключ").close()


def test_a_key_without_a_passphrase_gives_way_to_one_without(tmp_path: Path) -> None:
    root = new_collection(tmp_path)

    rotate(tmp_path, root, "given for the root key", now=now)

    open_log(tmp_path).close()


def test_a_revoked_active_key_gives_way_to_another(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    old = read_history(tmp_path).newest.active.vkey

    revoke(tmp_path, root, compromised=WHEN, now=now)

    history = read_history(tmp_path)
    status = history.status(old)
    assert status is not None
    assert (status.state, status.compromised) == (KeyState.REVOKED, WHEN)
    assert history.newest.active.vkey != old
    assert problems(tmp_path) == []
    grow(tmp_path)
    assert problems(tmp_path) == []


def test_the_log_tells_when_a_key_began_to_sign(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    rotate(tmp_path, root, now=lambda: LATER)

    assert [came_at(tmp_path, key) for key in read_history(tmp_path).newest.keys] == [WHEN, LATER]


def test_an_earlier_key_can_be_revoked_and_the_date_only_moved_back(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    old = read_history(tmp_path).newest.active.vkey
    rotate(tmp_path, root, now=now)
    active = read_history(tmp_path).newest.active.vkey

    revoke(tmp_path, root, vkey=old, compromised=LATER, now=now)
    revoke(tmp_path, root, vkey=old, compromised=WHEN, now=now)

    assert read_history(tmp_path).newest.active.vkey == active
    assert problems(tmp_path) == []
    with pytest.raises(KeyFileError, match="expected a date before"):
        revoke(tmp_path, root, vkey=old, compromised=LATER, now=now)
    assert pending(tmp_path) is None


def test_a_fork_made_with_a_stolen_key_is_refused_once_the_key_is_revoked(tmp_path: Path) -> None:
    root = new_collection(tmp_path / "ours")
    shutil.copytree(tmp_path / "ours", tmp_path / "thief")
    stolen = grow(tmp_path / "thief", 1)
    grow(tmp_path / "ours", 1)
    revoke(tmp_path / "ours", root, compromised=LATER, now=now)
    history = read_history(tmp_path / "ours")
    forged = LogReader(FolderStore(tmp_path / "thief")).signed
    assert forged.size == stolen

    refusal = history.refusal_of(forged)

    assert refusal is not None and "revoked as compromised" in refusal
    assert history.refusal_of(forged, dated=LATER) is not None
    # dated before: not a forgery of the thief then, whatever else it is
    assert history.refusal_of(forged, dated=LATER - timedelta(seconds=1)) is None


def test_a_log_key_that_was_lost_can_be_replaced(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    old = read_history(tmp_path).newest.active.vkey
    size = LogReader(FolderStore(tmp_path)).size
    (tmp_path / KEYS / LOG_KEY).unlink()

    changed = rotate(tmp_path, root, now=now)

    assert old not in signers_of(tmp_path, changed.size)
    status = read_history(tmp_path).status(old)
    assert status is not None and status.last == size
    assert problems(tmp_path) == []
    grow(tmp_path)


def test_a_folder_of_keys_that_was_lost_can_be_replaced(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    shutil.rmtree(tmp_path / KEYS)

    rotate(tmp_path, root, now=now)

    assert problems(tmp_path) == []
    grow(tmp_path)


def test_a_restored_collection_does_not_sign_under_the_key_that_may_have_signed_more(tmp_path: Path) -> None:
    root = new_collection(tmp_path / "lost")
    shutil.copytree(tmp_path / "lost", tmp_path / "restored")
    lost = grow(tmp_path / "lost", 2)
    old = read_history(tmp_path / "restored").newest.active.vkey

    changed = rotate(tmp_path / "restored", root, now=now, restored=True)

    assert old not in signers_of(tmp_path / "restored", changed.size)
    assert changed.size == lost
    assert problems(tmp_path / "restored") == []
    (said,) = events_of(tmp_path / "restored", EventType.RESTORED)
    assert "restored from a copy" in said.detail
    # what was lost is not passed off as part of it
    forgotten = LogReader(FolderStore(tmp_path / "lost")).signed
    assert "may have signed" in str(read_history(tmp_path / "restored").refusal_of(forgotten))


def test_a_log_put_back_under_keys_that_know_more_does_not_sign(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    grow(tmp_path, 2)
    shutil.rmtree(tmp_path / "log")
    shutil.copytree(tmp_path / "backup", tmp_path / "log")

    with pytest.raises(LogError, match="rotate --restored"):
        open_log(tmp_path)
    with pytest.raises(LogError, match="rotate --restored"):
        rotate(tmp_path, root, now=now)
    rotate(tmp_path, root, now=now, restored=True)

    assert problems(tmp_path) == []
    grow(tmp_path)


def test_a_journal_that_does_not_go_on_from_the_restored_log_is_kept_aside(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    size = grow(tmp_path, 2)
    journal = (tmp_path / "log" / "journal").read_bytes()
    shutil.rmtree(tmp_path / "log")
    shutil.copytree(tmp_path / "backup", tmp_path / "log")
    (tmp_path / "log" / "journal").write_bytes(journal)

    rotate(tmp_path, root, now=now, restored=True)

    assert (tmp_path / "recovered" / f"journal-{size}").read_bytes() == journal
    assert problems(tmp_path) == []


def test_a_half_restored_log_is_refused(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    checkpoint = (tmp_path / "log" / "checkpoint").read_bytes()
    grow(tmp_path, 2)
    (tmp_path / "log" / "checkpoint").write_bytes(checkpoint)

    with pytest.raises(LogError, match="only a part of log/ was put back"):
        rotate(tmp_path, root, now=now, restored=True)
    assert pending(tmp_path) is None


def test_a_copy_put_back_over_a_newer_log_does_not_sign_a_fork(tmp_path: Path) -> None:
    new_collection(tmp_path)
    # as tar and cp put them back: what came later stays
    older = {name: (tmp_path / name).read_bytes() for name in ("log/checkpoint", "log/journal", SIGNED)}
    size = grow(tmp_path, 5)
    for name, octets in older.items():
        (tmp_path / name).write_bytes(octets)

    with pytest.raises(LogError, match=f"found log/checkpoints/{size}: an older copy was put back over a newer log"):
        open_log(tmp_path)
    assert LogReader(FolderStore(tmp_path)).sizes()[-1] == size

    (tmp_path / "log/checkpoint").write_bytes((tmp_path / f"log/checkpoints/{size}").read_bytes())
    with pytest.raises(LogError, match="key rotate --restored"):
        open_log(tmp_path)


def test_a_checkpoint_that_somebody_else_put_there_keeps_nobody_from_writing(tmp_path: Path) -> None:
    new_collection(tmp_path / "other")
    new_collection(tmp_path / "own")
    reader = LogReader(FolderStore(tmp_path / "own"))
    foreign = (tmp_path / "other/log/checkpoint").read_bytes()
    for name, octets in (("98", foreign), ("99", b"nothing"), ("100", reader.checkpoint_at(reader.sizes()[0]))):
        (tmp_path / "own/log/checkpoints" / name).write_bytes(octets)

    assert grow(tmp_path / "own") == reader.size + 1


def test_without_what_was_signed_last_nothing_is_signed(tmp_path: Path) -> None:
    new_collection(tmp_path)
    (tmp_path / SIGNED).unlink()

    with pytest.raises(LogError, match="rotate --restored"):
        open_log(tmp_path)


def test_another_key_in_the_file_does_not_sign(tmp_path: Path) -> None:
    new_collection(tmp_path / "one")
    new_collection(tmp_path / "two")
    shutil.copy(tmp_path / "two" / KEYS / LOG_KEY, tmp_path / "one" / KEYS / LOG_KEY)

    with pytest.raises(KeyFileError, match=r"expected the key that log/keys\.note calls active"):
        open_log(tmp_path / "one")


# --- what the settings name -------------------------------------------------------------------------------------------

WITNESS = witness_key("witness.example/w1", 7)


def test_the_note_binds_authorities_and_witnesses(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    trust = Trust({"authority": PEM}, {"partner": WITNESS}, 1)

    note = update(tmp_path, root, trust, now=now)

    history = read_history(tmp_path)
    assert note == history.newest
    assert history.certificate("authority") == digest(PEM)
    assert (tmp_path / "log" / "tsa" / "authority.pem").read_bytes() == PEM
    assert history.policy.witnesses == {"partner": WITNESS}
    assert not history.policy.satisfied([])
    assert history.policy.satisfied([WITNESS])
    assert is_bound(history, trust)
    assert problems(tmp_path) == []
    assert update(tmp_path, root, trust, now=now) is None


def test_the_policy_stays_through_a_rotation_and_names_the_new_key(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    update(tmp_path, root, Trust({}, {"partner": WITNESS}, 1), now=now)
    old = read_history(tmp_path).newest.active.vkey

    rotate(tmp_path, root, now=now)
    rotated = read_history(tmp_path)
    revoke(tmp_path, root, vkey=old, compromised=WHEN, now=now)
    revoked = read_history(tmp_path)

    assert rotated.policy.logs == (old, rotated.newest.active.vkey)
    assert revoked.policy.logs == (rotated.newest.active.vkey,)
    assert not revoked.policy.satisfied([])


def test_an_authority_stays_bound_when_the_settings_name_it_no_more(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    update(tmp_path, root, Trust({"one": PEM}, {}, 0), now=now)

    update(tmp_path, root, Trust({"two": PEM}, {}, 0), now=now)

    assert [one.name for one in read_history(tmp_path).newest.authorities] == ["one", "two"]
    assert is_bound(read_history(tmp_path), Trust({}, {}, 0))


def test_an_authority_keeps_its_certificate(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    update(tmp_path, root, Trust({"one": PEM}, {}, 0), now=now)

    with pytest.raises(KeyFileError, match="give the authority with the new certificate another name"):
        update(tmp_path, root, Trust({"one": PEM + b"x"}, {}, 0), now=now)
    assert problems(tmp_path) == []


# --- a kill, or a disk that fails, at any step ---


def _rotate(folder: Path, root: SigningKey) -> object:
    return rotate(folder, root, now=now)


def _revoke(folder: Path, root: SigningKey) -> object:
    return revoke(folder, root, compromised=WHEN, now=now)


def _restore(folder: Path, root: SigningKey) -> object:
    return rotate(folder, root, now=now, restored=True)


def _lost(folder: Path, root: SigningKey) -> object:
    return rotate(folder, root, now=now)


def _update(folder: Path, root: SigningKey) -> object:
    return update(folder, root, Trust({"authority": PEM}, {"partner": WITNESS}, 1), now=now)


CHANGES: dict[str, Change] = {
    "rotate": _rotate,
    "revoke": _revoke,
    "restored": _restore,
    "lost": _lost,
    "update": _update,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("act", [refuse, write_half])
def test_whatever_the_disk_refuses_the_next_command_finishes_it_or_begins_it_anew(
    name: str, act: Callable[[str, object], None], tmp_path: Path
) -> None:
    change = CHANGES[name]
    root = _begun(tmp_path / "begun", name)
    counted = Faults(lambda *_: None)
    shutil.copytree(tmp_path / "begun", tmp_path / "whole")
    with disk(counted):
        change(tmp_path / "whole", root)
    assert len(counted.done) > 20

    for at in _drawn(counted.done):
        if act is write_half and counted.done[at] != "pwrite":
            continue
        folder = tmp_path / f"{at}"
        shutil.copytree(tmp_path / "begun", folder)
        with disk(Faults(act, at)):
            try:
                change(folder, root)
            except Exception as error:
                assert type(error).__name__ in ("StorageError",), error
        _is_sound_after_the_next_command(folder, root, change)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", CHANGES)
def test_after_a_kill_at_any_step_the_next_command_finishes_it_or_begins_it_anew(name: str, tmp_path: Path) -> None:
    change = CHANGES[name]
    root = _begun(tmp_path / "begun", name)
    counted = Faults(lambda *_: None)
    shutil.copytree(tmp_path / "begun", tmp_path / "whole")
    with disk(counted):
        change(tmp_path / "whole", root)

    for at in _drawn(counted.done):
        folder = tmp_path / f"{at}"
        shutil.copytree(tmp_path / "begun", folder)
        child = os.fork()
        if child == 0:
            with disk(Faults(kill, at)):
                change(folder, root)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        _is_sound_after_the_next_command(folder, root, change)
        shutil.rmtree(folder)


def _drawn(done: list[str]) -> list[int]:
    every = range(len(done))
    if os.environ.get("FAULTS") == "all":
        return list(every)
    rng = random.Random(1)
    return sorted(
        {rng.choice([n for n in every if done[n] == kind]) for kind in sorted(set(done))} | {*rng.sample(every, 8)}
    )


def _begun(folder: Path, name: str) -> SigningKey:
    root = new_collection(folder)
    with open_log(folder) as log:
        log.append([event("waits")])
        log.sync()
    if name == "lost":
        (folder / KEYS / LOG_KEY).unlink()
    return root


def _is_sound_after_the_next_command(folder: Path, root: SigningKey, change: Change) -> None:
    before = read_history(folder)  # what a verifier sees before anybody writes again
    reader = LogReader(FolderStore(folder))
    assert before.refusal_of(reader.signed) is None
    assert reader.root() == reader.signed.root
    if pending(folder) is None and not (folder / KEYS / LOG_KEY).exists():
        change(folder, root)  # the lost key: nothing was decided
    grow(folder)
    assert problems(folder) == []
    assert not (folder / KEYS / PLAN).exists()
    assert not (folder / KEYS / NEXT_KEY).exists()
    history = read_history(folder)
    assert history.newest.active.vkey == load_key(folder / KEYS / LOG_KEY, history.newest.origin).vkey
    LogWriter.open(folder, [load_key(folder / KEYS / LOG_KEY, history.newest.origin)]).close()


def test_a_plan_is_read_strictly(tmp_path: Path) -> None:
    for octets in (b"", b"{}", b'{"size":1,"anew":false,"steps":[{}]}', b'{"size":1,"anew":false,"steps":[1]}', b"[]"):
        with pytest.raises(KeyFileError, match="expected a change of keys"):
            parse_plan(octets)


# ---- what somebody else put into the folder


@pytest.mark.parametrize("name", CHANGES)
def test_what_lay_in_the_journal_is_signed_by_a_change_of_keys_and_vouched_for_by_nobody(
    name: str, tmp_path: Path
) -> None:
    root = new_collection(tmp_path)
    with open_log(tmp_path) as log:
        log.append([event("planted")])
        log.sync()
    if name == "lost":
        (tmp_path / KEYS / LOG_KEY).unlink()

    CHANGES[name](tmp_path, root)

    said = list(statements(LogReader(FolderStore(tmp_path))))
    assert _tells(said, "planted")
    assert not _tells(vouched(said), "planted")
    assert problems(tmp_path) == []


def test_what_came_into_the_journal_while_a_change_of_keys_was_cut_short_is_vouched_for_by_nobody(
    tmp_path: Path,
) -> None:
    root = new_collection(tmp_path)
    _decided_only(tmp_path, root)
    journal = tmp_path / LOG / JOURNAL
    planted = event("planted")
    journal.write_bytes(journal.read_bytes() + len(planted).to_bytes(2) + planted)

    grow(tmp_path)

    said = list(statements(LogReader(FolderStore(tmp_path))))
    assert _tells(said, "planted")
    assert not _tells(vouched(said), "planted")
    assert problems(tmp_path) == []


def test_a_plan_that_would_log_something_else_is_refused(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    _decided_only(tmp_path, root)
    path = tmp_path / KEYS / PLAN
    plan = parse_plan(path.read_bytes())
    (step,) = plan.steps
    path.write_bytes(replace(plan, steps=(replace(step, entries=(*step.entries, event("planted"))),)).octets())

    with pytest.raises(KeyFileError, match="found one of another kind, event"):
        open_log(tmp_path)


def test_a_plan_whose_note_the_root_key_has_not_signed_is_refused(tmp_path: Path) -> None:
    root = new_collection(tmp_path)
    _decided_only(tmp_path, root)
    path = tmp_path / KEYS / PLAN
    plan = parse_plan(path.read_bytes())
    (step,) = plan.steps
    note = parse_keys_note(parse_note(step.note).text).signed(SigningKey(root.name, Ed25519PrivateKey.generate()))
    path.write_bytes(replace(plan, steps=(replace(step, note=note),)).octets())

    with pytest.raises(SignatureError, match="signed by"):
        open_log(tmp_path)


def _tells(said: list[tuple[int, bytes]], detail: str) -> bool:
    return any(f'"detail":"{detail}"'.encode() in octets for _, octets in said)


def _decided_only(folder: Path, root: SigningKey) -> None:
    """A rotation that was decided, and ended before anything of it was done."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("archive.rotation.carry_out", stop)
        rotate(folder, root, now=now)
