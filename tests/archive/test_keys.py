"""Keys lie where only their owner can read them, and the root key says which of them may sign what."""

from __future__ import annotations

import random
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from key_samples import LATER, ORIGIN, WHEN, new_collection, now, witness_key

from archive.checkpoint import Checkpoint, Note, SigningKey, VerifierKey, parse_note, parse_vkey, sign_checkpoint
from archive.digest import Digest, digest
from archive.entry import KeyEntry
from archive.errors import KeyFileError, SignatureError, StorageError
from archive.keys import (
    KEYS,
    LOG_KEY,
    NOTE,
    POLICY,
    ROOT_KEY,
    Authority,
    Group,
    KeyHistory,
    KeysNote,
    KeyState,
    LogKey,
    Policy,
    create_key,
    create_keys,
    first_note,
    is_encrypted,
    is_exposed,
    load_key,
    parse_keys_note,
    parse_policy,
    policy_of,
    publish_note,
    read_keys_note,
    write_key,
)
from archive.rotation import Trust, revoke, rotate, update
from archive.store import FolderStore

LOG = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NEXT = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
ROOT = SigningKey(f"{ORIGIN}/root", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
SOME = digest(b"some")

# --- files ---


def test_a_new_collection_has_two_keys_for_its_owner_alone(tmp_path: Path) -> None:
    log, root = create_keys(tmp_path / KEYS, ORIGIN)

    assert (log.name, root.name) == (ORIGIN, f"{ORIGIN}/root")
    assert log.vkey != root.vkey
    assert (tmp_path / KEYS).stat().st_mode & 0o777 == 0o700
    for name, key in ((LOG_KEY, log), (ROOT_KEY, root)):
        path = tmp_path / KEYS / name
        assert path.stat().st_mode & 0o777 == 0o600
        assert not is_encrypted(path)
        assert not is_exposed(path)
        assert load_key(path, key.name).vkey == key.vkey


def test_keys_that_an_attempt_left_are_taken_up(tmp_path: Path) -> None:
    log, _ = create_keys(tmp_path, ORIGIN)
    (tmp_path / ROOT_KEY).unlink()

    again, _ = create_keys(tmp_path, ORIGIN)

    assert again.vkey == log.vkey
    assert (tmp_path / ROOT_KEY).exists()


def test_keys_without_a_passphrase_are_not_taken_up_for_those_with_one(tmp_path: Path) -> None:
    create_keys(tmp_path, ORIGIN)

    with pytest.raises(KeyFileError, match="or one under the passphrase, found one without"):
        create_keys(tmp_path, ORIGIN, "a passphrase")


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    key = create_key(tmp_path / "one.pem", ORIGIN)

    with pytest.raises(KeyFileError, match="never written over"):
        create_key(tmp_path / "one.pem", ORIGIN)
    assert load_key(tmp_path / "one.pem", ORIGIN).vkey == key.vkey


def test_a_key_under_a_passphrase_needs_it(tmp_path: Path) -> None:
    key = create_key(tmp_path / "one.pem", ORIGIN, "очень тайно")

    assert is_encrypted(tmp_path / "one.pem")
    assert load_key(tmp_path / "one.pem", ORIGIN, "очень тайно").vkey == key.vkey
    with pytest.raises(KeyFileError, match=r"expected the passphrase of one\.pem, found none given"):
        load_key(tmp_path / "one.pem", ORIGIN)
    with pytest.raises(KeyFileError, match=r"expected the passphrase of one\.pem, found another"):
        load_key(tmp_path / "one.pem", ORIGIN, "очень тайно ")


def test_a_passphrase_is_the_same_text_on_every_keyboard(tmp_path: Path) -> None:
    key = create_key(tmp_path / "one.pem", ORIGIN, "\u0438\u0306")

    assert load_key(tmp_path / "one.pem", ORIGIN, "\u0439").vkey == key.vkey


def test_openssl_reads_a_key_under_a_passphrase(tmp_path: Path) -> None:
    key = create_key(tmp_path / "one.pem", ORIGIN, "secret")

    command = ["openssl", "pkey", "-in", tmp_path / "one.pem", "-passin", "pass:secret", "-pubout", "-outform", "DER"]
    ran = subprocess.run(command, capture_output=True, check=True)

    assert ran.stdout[-32:] == key.vkey.public


def test_a_key_under_a_passphrase_is_costly_to_guess(tmp_path: Path) -> None:
    create_key(tmp_path / "one.pem", ORIGIN, "secret")

    ran = subprocess.run(["openssl", "asn1parse", "-in", tmp_path / "one.pem"], capture_output=True, check=True)

    assert b":scrypt" in ran.stdout and b":aes-256-cbc" in ran.stdout


@pytest.mark.parametrize("octets", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key_is_refused(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_bytes(octets)

    with pytest.raises(KeyFileError, match="expected a private key"):
        load_key(tmp_path / "one.pem", ORIGIN)


def test_a_missing_key_and_another_kind_are_refused(tmp_path: Path) -> None:
    rsa = generate_private_key(65537, 2048)
    (tmp_path / "rsa.pem").write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    with pytest.raises(KeyFileError, match=r"expected an Ed25519 key in rsa\.pem"):
        load_key(tmp_path / "rsa.pem", ORIGIN)
    for ask in (lambda path: load_key(path, ORIGIN), is_encrypted, is_exposed):
        with pytest.raises(KeyFileError, match=r"expected the key none\.pem, found none"):
            ask(tmp_path / "none.pem")


def test_nothing_of_a_private_key_is_in_what_is_printed(tmp_path: Path) -> None:
    key = create_key(tmp_path / "one.pem", ORIGIN)
    secret = key.private.private_bytes_raw()

    assert secret.hex() not in repr(key)
    assert repr(key) == f"SigningKey({key.vkey})"


def test_the_permissions_of_a_key_are_seen(tmp_path: Path) -> None:
    write_key(tmp_path / "one.pem", LOG)
    (tmp_path / "one.pem").chmod(0o640)

    assert is_exposed(tmp_path / "one.pem")


# --- the note ---

FULL = KeysNote(
    ORIGIN,
    3,
    SOME,
    (
        LogKey(LOG.vkey, KeyState.REVOKED, 0, 120, WHEN),
        LogKey(NEXT.vkey, KeyState.ACTIVE, 120),
    ),
    (Authority("example-tsa", SOME),),
    digest(b"policy"),
)

GOLDEN = b"""\
log.khronika.invalid/0f3a5b7c9d1e2f4a6b8c/root
keys/v1 3
prev sha256:a6b46dd0d1ae5e86cbc8f37e75ceeb6760230c1ca4ffbcb0c97b96dd7d9c464b
log LOG revoked from=0 to=120 compromised=2026-11-22T01:00:00.123456Z
log NEXT active from=120
tsa example-tsa sha256:a6b46dd0d1ae5e86cbc8f37e75ceeb6760230c1ca4ffbcb0c97b96dd7d9c464b
policy sha256:POLICY
""".replace(b"LOG", str(LOG.vkey).encode()).replace(b"NEXT", str(NEXT.vkey).encode())
GOLDEN = GOLDEN.replace(b"sha256:POLICY", digest(b"policy").encode())


def test_a_note_has_one_form() -> None:
    assert FULL.text() == GOLDEN
    assert parse_keys_note(GOLDEN) == FULL
    assert read_keys_note(FULL.signed(ROOT), ROOT.vkey) == FULL


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("keys/v1 3", "keys/v1 03"),
        ("keys/v1 3", "keys/v1 0x3"),
        ("keys/v1 3", "keys/v1 0"),
        ("keys/v1 3", "keys/v1 1"),
        ("keys/v1 3", "keys/v2 3"),
        ("/root\n", "\n"),
        ("prev sha256:a", "prev sha256:A"),
        ("prev sha256:", "prev "),
        (" revoked ", " lost "),
        (" revoked ", " retired "),
        (" from=0", " from=00"),
        (" from=0", " from=0_0"),
        (" from=0", " from=0x0"),
        (" from=0", ""),
        (" from=0 to=120", " to=120 from=0"),
        (" from=0 to=120", " from=121 to=120"),
        (" to=120", ""),
        (" to=120", " to=120 to=120"),
        (" to=120", " to=-1"),
        (" to=120", " to=9999999999999999999999"),
        (" to=120", " to=120 more=1"),
        (" compromised=2026-11-22T01:00:00.123456Z", ""),
        ("01:00:00.123456Z", "01:00:00Z"),
        ("01:00:00.123456Z", "01:00:00.123456+00:00"),
        ("01:00:00.123456Z", "yesterday"),
        ("active from=120", "active from=120 to=130"),
        ("active from=120", "retired from=120 to=130"),
        ("log log.", "log  log."),
        ("log log.", "key log."),
        ("tsa example-tsa", "tsa Example"),
        ("tsa example-tsa", "tsa ../../etc"),
        ("tsa ", "policy "),
        ("policy sha256:", "policy  sha256:"),
        ("policy sha256:", "sha256:"),
        ("\n", "\r\n"),
        ("active from=120\n", "active from=120\n\n"),
        ("active from=120\n", "active from=120\n" * 2),
        ("active from=120\n", f"active from=120\nlog {LOG.vkey} retired from=1 to=2\n"),
        ("active from=120\n", "active from=120\n" + f"tsa example-tsa {SOME}\n"),
    ],
)
def test_a_note_in_another_form_is_refused(before: str, after: str) -> None:
    text = GOLDEN.decode()
    assert before in text

    with pytest.raises(SignatureError):
        parse_keys_note(text.replace(before, after).encode())


def test_keys_after_authorities_are_refused() -> None:
    lines = GOLDEN.decode().split("\n")
    lines[4], lines[5] = lines[5], lines[4]

    with pytest.raises(SignatureError, match="canonical"):
        parse_keys_note("\n".join(lines).encode())


@given(st.binary(max_size=200))
def test_any_octets_are_a_note_or_are_refused(octets: bytes) -> None:
    for text in (octets, GOLDEN + octets, GOLDEN[: len(GOLDEN) // 2] + octets):
        try:
            note = parse_keys_note(text)
        except SignatureError:
            continue
        assert note.text() == text


def test_a_note_with_one_octet_changed_is_refused() -> None:
    octets = FULL.signed(ROOT)
    rng = random.Random(2)

    for _ in range(400):
        at = rng.randrange(len(octets))
        changed = octets[:at] + bytes([octets[at] ^ (1 << rng.randrange(8))]) + octets[at + 1 :]
        with pytest.raises(SignatureError):
            read_keys_note(changed, ROOT.vkey)


def test_a_note_signed_by_another_key_is_refused() -> None:
    other = SigningKey(ROOT.name, LOG.private)

    with pytest.raises(SignatureError, match="expected a note of keys signed by"):
        read_keys_note(Note(GOLDEN, (other.sign(GOLDEN),)).octets(), ROOT.vkey)
    with pytest.raises(SignatureError):
        read_keys_note(Note(GOLDEN, (ROOT.sign(b"other\n"),)).octets(), ROOT.vkey)


def test_a_root_key_speaks_for_its_own_log_alone() -> None:
    elsewhere = SigningKey("log.khronika.invalid/other/root", ROOT.private)
    note = Note(GOLDEN, (elsewhere.sign(GOLDEN),))

    with pytest.raises(SignatureError, match=r"expected the keys of log\.khronika\.invalid/other"):
        read_keys_note(note.octets(), elsewhere.vkey)


def test_what_would_not_be_read_again_is_not_signed() -> None:
    with pytest.raises(SignatureError):
        replace(FULL, keys=()).signed(ROOT)
    with pytest.raises(SignatureError):
        replace(FULL, previous=None).signed(ROOT)


# --- all notes ---


def history_after(folder: Path, *, revoked: bool = False) -> KeyHistory:
    root = new_collection(folder)
    update(folder, root, Trust({}, {"partner": witness_key("w.example", 1)}, 1), now=now)
    if revoked:
        revoke(folder, root, compromised=LATER, now=now)
    else:
        rotate(folder, root, now=now)
    return KeyHistory.read(FolderStore(folder), root.vkey)


def test_the_notes_are_read_as_a_chain(tmp_path: Path) -> None:
    history = history_after(tmp_path)

    assert [note.serial for note in history.notes] == [1, 2, 3]
    assert history.octets == (tmp_path / NOTE).read_bytes()
    assert history.policy_octets == (tmp_path / POLICY).read_bytes()
    assert len(history.vkeys) == 2


def test_each_key_signs_its_sizes(tmp_path: Path) -> None:
    history = history_after(tmp_path)
    old, new = history.newest.keys
    assert old.last == new.first

    assert history.may_sign(old.vkey, new.first)
    assert history.may_sign(new.vkey, new.first)
    assert not history.may_sign(old.vkey, new.first + 1)
    assert not history.may_sign(new.vkey, new.first - 1)
    assert history.may_sign(new.vkey, 10**12)
    assert not history.may_sign(LOG.vkey, 5)
    assert history.status(LOG.vkey) is None


def test_a_revoked_key_needs_more_than_its_signature(tmp_path: Path) -> None:
    history = history_after(tmp_path, revoked=True)
    vkey = history.newest.keys[0].vkey

    assert not history.may_sign(vkey, 5)
    assert "nothing dates this checkpoint before that" in str(history.refusal(vkey, 5))
    assert history.refusal(vkey, 5, linked=True) is None
    assert history.refusal(vkey, 5, dated=LATER - timedelta(microseconds=1)) is None
    assert history.refusal(vkey, 5, dated=LATER) is not None
    assert history.refusal(vkey, 5, dated=LATER + timedelta(days=1)) is not None
    # neither makes good what lies outside of what the key ever signed
    assert history.refusal(vkey, 10**6, dated=WHEN, linked=True) is not None


def test_a_checkpoint_is_good_by_one_good_signature(tmp_path: Path) -> None:
    new_collection(tmp_path)
    log = load_key(tmp_path / KEYS / LOG_KEY, ORIGIN)
    root = load_key(tmp_path / KEYS / ROOT_KEY, f"{ORIGIN}/root")
    history = KeyHistory.read(FolderStore(tmp_path), root.vkey, log.vkey)
    checkpoint = Checkpoint(ORIGIN, 5, bytes(32))
    stranger = SigningKey(ORIGIN, NEXT.private)

    assert history.refusal_of(sign_checkpoint(checkpoint, [log])) is None
    assert history.refusal_of(sign_checkpoint(checkpoint, [stranger, log])) is None
    assert history.refusal_of(sign_checkpoint(checkpoint, [stranger])) == "no key of this log has signed it"
    other = sign_checkpoint(Checkpoint("other", 5, bytes(32)), [log])
    assert "it is of the log other" in str(history.refusal_of(other))
    forged = Note(checkpoint.text(), (replace(log.sign(checkpoint.text()), octets=bytes(64)),))
    with pytest.raises(SignatureError):
        history.refusal_of(replace(other, checkpoint=checkpoint, note=forged))


def files_of(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (folder / "log" / "keys").iterdir()}


@pytest.mark.parametrize(
    "harm",
    [
        lambda log: (log / "keys" / "2.note").unlink(),
        lambda log: (log / "keys" / "3.note").unlink(),
        lambda log: (log / "keys" / "3.policy").unlink(),
        lambda log: (log / "keys.note").unlink(),
        lambda log: (log / "policy").unlink(),
        lambda log: (log / "policy").write_bytes((log / "keys" / "1.policy").read_bytes()),
        lambda log: (log / "policy").write_bytes((log / "keys" / "2.policy").read_bytes()),
        lambda log: (log / "keys" / "3.policy").write_bytes((log / "keys" / "1.policy").read_bytes()),
        lambda log: (log / "keys.note").write_bytes((log / "keys" / "1.note").read_bytes() + b"\n"),
        lambda log: (log / "keys" / "1.note").write_bytes((log / "keys" / "2.note").read_bytes()),
        lambda log: (log / "keys" / "2.note").write_bytes((log / "keys" / "1.note").read_bytes()),
        lambda log: (log / "keys" / "3.note").write_bytes((log / "keys" / "2.note").read_bytes()),
    ],
)
def test_notes_that_were_taken_away_or_exchanged_are_refused(harm: object, tmp_path: Path) -> None:
    history = history_after(tmp_path)
    assert callable(harm)
    harm(tmp_path / "log")

    with pytest.raises(SignatureError):
        KeyHistory.read(FolderStore(tmp_path), history.root)


def test_older_notes_put_back_are_seen_against_the_log(tmp_path: Path) -> None:
    history = history_after(tmp_path)
    notes = [(tmp_path / "log" / "keys" / f"{n}.note").read_bytes() for n in (1, 2, 3)]
    entries = [KeyEntry(digest(octets), n) for n, octets in enumerate(notes, 1)]
    assert history.missing(entries) == []
    log = tmp_path / "log"
    (log / "keys.note").write_bytes(notes[1])
    (log / "policy").write_bytes((log / "keys" / "2.policy").read_bytes())

    # as a kill while the third was published would leave it: but the log says that it was
    shown = KeyHistory.read(FolderStore(tmp_path), history.root)
    assert shown.missing(entries) == entries[2:]
    assert shown.missing(entries[:2]) == []

    (log / "keys" / "3.note").unlink()
    assert KeyHistory.read(FolderStore(tmp_path), history.root).missing(entries) == entries[2:]
    other = [*entries[:2], KeyEntry(SOME, 2)]
    assert history.missing(other) == other[2:]


def test_the_first_note_is_about_the_key_of_the_genesis(tmp_path: Path) -> None:
    root = new_collection(tmp_path)

    with pytest.raises(SignatureError, match="expected the first note of keys to be about"):
        KeyHistory.read(FolderStore(tmp_path), root.vkey, LOG.vkey)
    with pytest.raises(SignatureError, match="expected a note of keys signed by"):
        KeyHistory.read(FolderStore(tmp_path), ROOT.vkey)


def two_notes(folder: Path, second: KeysNote) -> KeyHistory:
    """A first note like that of FULL's log, and another that the root key has signed after it."""
    keys = (LogKey(LOG.vkey, KeyState.RETIRED, 0, 9), LogKey(NEXT.vkey, KeyState.ACTIVE, 9))
    policy = policy_of(keys, {}, 0).octets()
    first = KeysNote(ORIGIN, 1, None, keys, (Authority("one", SOME),), digest(policy)).signed(ROOT)
    publish_note(folder, first, policy)
    publish_note(folder, replace(second, policy=digest(policy), previous=digest(first)).signed(ROOT), policy)
    return KeyHistory.read(FolderStore(folder), ROOT.vkey)


GOES_ON = KeysNote(
    ORIGIN,
    2,
    SOME,
    (LogKey(LOG.vkey, KeyState.REVOKED, 0, 9, WHEN), LogKey(NEXT.vkey, KeyState.ACTIVE, 9)),
    (Authority("one", SOME), Authority("two", SOME)),
    SOME,
)


def test_a_note_that_goes_on_is_taken(tmp_path: Path) -> None:
    assert two_notes(tmp_path, GOES_ON).newest.keys == GOES_ON.keys


@pytest.mark.parametrize(
    "second",
    [
        replace(GOES_ON, serial=3),
        replace(GOES_ON, keys=GOES_ON.keys[1:]),
        replace(GOES_ON, keys=GOES_ON.keys[::-1]),
        replace(GOES_ON, keys=(LogKey(LOG.vkey, KeyState.ACTIVE, 0), LogKey(NEXT.vkey, KeyState.RETIRED, 9, 12))),
        replace(GOES_ON, keys=(LogKey(LOG.vkey, KeyState.RETIRED, 0, 10), GOES_ON.keys[1])),
        replace(GOES_ON, keys=(LogKey(LOG.vkey, KeyState.RETIRED, 1, 9), GOES_ON.keys[1])),
        replace(GOES_ON, authorities=()),
        replace(GOES_ON, authorities=(Authority("one", digest(b"other")),)),
    ],
)
def test_a_note_that_takes_something_back_is_refused(second: KeysNote, tmp_path: Path) -> None:
    with pytest.raises((SignatureError, StorageError)):
        two_notes(tmp_path, second)


def test_a_note_is_published_once(tmp_path: Path) -> None:
    note, policy = first_note(LOG, ROOT)
    publish_note(tmp_path, note, policy)
    before = files_of(tmp_path)
    publish_note(tmp_path, note, policy)
    other = replace(parse_keys_note(parse_note(note).text), authorities=(Authority("x", SOME),)).signed(ROOT)

    with pytest.raises(StorageError, match="never written over"):
        publish_note(tmp_path, other, policy)
    assert files_of(tmp_path) == before


def test_of_a_bundle_the_newest_note_alone_answers(tmp_path: Path) -> None:
    history = history_after(tmp_path)

    alone = KeyHistory.of_note(history.octets, history.policy_octets, history.root)

    assert (alone.newest, alone.policy) == (history.newest, history.policy)
    with pytest.raises(SignatureError, match="expected the policy"):
        KeyHistory.of_note(history.octets, history.policy_octets + b"\n", history.root)


# --- the policy ---

W1, W2, W3 = (witness_key(f"w{n}.example", n) for n in (1, 2, 3))
POLICY_TEXT = f"""\
log {LOG.vkey}
witness w1 {W1}
witness w2 {W2}
witness w3 {W3}
group two 1 w1 w2
group all 2 two w3
quorum all
"""


def test_a_policy_has_one_form() -> None:
    policy = parse_policy(POLICY_TEXT.encode())

    assert policy.octets() == POLICY_TEXT.encode()
    assert policy == Policy(
        (LOG.vkey,),
        {"w1": W1, "w2": W2, "w3": W3},
        (Group("two", 1, ("w1", "w2")), Group("all", 2, ("two", "w3"))),
        "all",
    )


@pytest.mark.parametrize(
    ("cosigners", "enough"),
    [
        ((), False),
        ((W1,), False),
        ((W3,), False),
        ((W1, W2), False),
        ((W1, W3), True),
        ((W2, W3), True),
        ((W1, W2, W3), True),
        ((W1, VerifierKey(W3.name, W3.public)), False),
        ((W1, witness_key("w3.example", 9)), False),
    ],
)
def test_a_quorum_needs_its_groups(cosigners: tuple[VerifierKey, ...], enough: bool) -> None:
    assert parse_policy(POLICY_TEXT.encode()).satisfied(cosigners) is enough


def test_without_a_quorum_nobody_is_needed() -> None:
    assert Policy((LOG.vkey,), {"w1": W1}).satisfied([])
    assert policy_of([LogKey(LOG.vkey, KeyState.ACTIVE, 0)], {"w1": W1}, 0).quorum is None


def test_one_witness_can_be_the_quorum() -> None:
    policy = parse_policy(f"log {LOG.vkey}\nwitness w1 {W1}\nquorum w1\n".encode())

    assert policy.satisfied([W1])
    assert not policy.satisfied([W2])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("quorum all\n", ""),
        ("quorum all\n", "quorum all"),
        ("quorum all\n", "quorum all\nquorum all\n"),
        ("quorum all", "quorum nobody"),
        ("quorum all", "quorum"),
        ("group two 1", "group two 0"),
        ("group two 1", "group two 3"),
        ("group two 1", "group two 01"),
        ("group two 1", "group two 0x1"),
        ("group two 1", "group two any"),
        ("group two 1 w1 w2", "group two 1"),
        ("group two 1 w1 w2", "group two 1 w1 w1"),
        ("group two 1 w1 w2", "group two 1 w1 all"),
        ("group all 2 two w3", "group all 2 w1 w3"),
        ("group all 2 two w3", "group two 2 two w3"),
        ("group all", "group none"),
        ("group all", "group w1"),
        ("witness w2", "witness w1"),
        ("witness w2", "witness W2"),
        ("witness w2", "witness  w2"),
        (f"witness w2 {W2}", f"witness w2 {W1}"),
        (f"witness w2 {W2}", f"witness w2 {LOG.vkey}"),
        (f"witness w2 {W2}", f"witness w2 {W2} https://w2.example/"),
        (f"log {LOG.vkey}\n", ""),
        (f"log {LOG.vkey}\n", f"log {LOG.vkey}\n" * 2),
        (f"log {LOG.vkey}\n", f"log {W1}\n"),
        ("log ", "# comment\nlog "),
        ("log ", "\nlog "),
        ("\n", "\r\n"),
        ("log ", "Log "),
    ],
)
def test_a_policy_in_another_form_is_refused(before: str, after: str) -> None:
    assert before in POLICY_TEXT

    with pytest.raises(SignatureError):
        parse_policy(POLICY_TEXT.replace(before, after).encode())


@given(st.binary(max_size=200))
def test_any_octets_are_a_policy_or_are_refused(octets: bytes) -> None:
    for text in (octets, POLICY_TEXT.encode() + octets, POLICY_TEXT.encode()[:200] + octets):
        try:
            policy = parse_policy(text)
        except SignatureError:
            continue
        assert policy.octets() == text


def test_the_collections_own_policy_leaves_out_revoked_keys() -> None:
    policy = policy_of(FULL.keys, {"w1": W1, "w2": W2}, 2)

    assert policy.logs == (NEXT.vkey,)
    assert parse_policy(policy.octets()) == policy
    assert not policy.satisfied([W1])
    assert policy.satisfied([W1, W2])


def test_no_file_of_the_log_holds_anything_of_a_private_key(tmp_path: Path) -> None:
    history_after(tmp_path)
    secrets = [re.sub(rb"-----.*?-----|\n", b"", path.read_bytes()) for path in (tmp_path / KEYS).glob("*.pem")]
    assert len(secrets) == 2

    for path in (tmp_path / "log").rglob("*"):
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in secrets)


def test_a_digest_is_of_the_kind_that_notes_hold() -> None:
    assert isinstance(SOME, str) and Digest(SOME) == SOME
    assert parse_vkey(str(LOG.vkey)) == LOG.vkey
