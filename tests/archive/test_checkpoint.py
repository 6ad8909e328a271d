"""Signed notes, checkpoints, cosignatures and proofs: golden octets, round trips, no second way to write one."""

from __future__ import annotations

import base64
import random
import struct
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from archive.checkpoint import (
    SIGNATURES,
    Algorithm,
    Checkpoint,
    Note,
    Signature,
    SigningKey,
    TlogProof,
    VerifierKey,
    cosigned_at,
    parse_checkpoint,
    parse_note,
    parse_proof,
    parse_signature,
    parse_vkey,
    sign_checkpoint,
    signed_by,
)
from archive.errors import ProofError, SignatureError
from archive.merkle import check_inclusion, leaf_hash

ORIGIN = "archive.example/log/main"
LOG = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = SigningKey("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
LOG_VKEY = "archive.example/log/main+da56a7d6+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
SEEN_AT = datetime(2026, 11, 22, 1, 30, 40, tzinfo=UTC)

TEXT = b"archive.example/log/main\n14\nBRI0cXK99/9s0ZvdDY6f4AzEEQEgH02CVH29+rM9Wps=\n"
BY_LOG = (
    "— archive.example/log/main "
    "2lan1kJ5lxSZUZsTd23o84qWw9i7ezKpTk30gRpOVQm/aQBfAqUCfsn6YKMccx5ww1EQ2PgG8woFSCF2Ml4AwZiQaQI=\n"
).encode()
BY_WITNESS = (
    "— witness.example/w1 "
    "IDJKvgAAAABrAj6QAYAYDbK8aUXIjod2IzKSxgYgaadMvvt2QM8aRqjumBlliAItysXBLJEWYpXrgn8mRSIY97gPotAJCFzDWRlBCQ==\n"
).encode()
GOLDEN = TEXT + b"\n" + BY_LOG + BY_WITNESS
ROOT = base64.b64decode("BRI0cXK99/9s0ZvdDY6f4AzEEQEgH02CVH29+rM9Wps=")
ENTRY = (
    b'{"date":"2026-11-22T01:00:01.123456Z",'
    b'"digest":"sha256:74f5509f0282c833ecd36882197bb7d9e836d39d704c58b7b441c657bb3ae937",'
    b'"file":"spike-20261122010000-00000-crawl01.warc.gz","id":"<urn:uuid:5fb5830d-6775-591e-8acf-4015f7655ce0>",'
    b'"length":1292,"n":1,"payload":"sha256:e78afe2e7386aff123aa3fb4125e44c92dab9bf94a905b84830c602d810eb935",'
    b'"type":"response","uri":"http://example.test/case/17","v":1,"what":"record"}'
)
PATH = [
    "BhANYW9klHDBtj+D+aPnv0lGWCLJW3UamhGYSRPAJns=",
    "QlGjO+SQ+IBZospf1KhTiUyr5d9eVu5WtrejKMgOHlc=",
    "JbzcDQ8I4SGxoPMX8tanjfc2nuq3vNe9ye4HnQxP5xY=",
    "RnfHl2Rdb0k1dEb4JobfyL2+d62sA+/rjwJ7iaVX9u8=",
]
GOLDEN_PROOF = b"\n".join(
    [
        b"c2sp.org/tlog-proof@v1",
        b"extra " + base64.b64encode(ENTRY),
        b"index 2",
        *(p.encode() for p in PATH),
        b"",
        GOLDEN,
    ]
)

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1).filter(
    lambda name: "+" not in name and name.isprintable() and not any(sign.isspace() for sign in name)
)
seeds = st.binary(min_size=32, max_size=32).map(Ed25519PrivateKey.from_private_bytes)
keys = st.builds(SigningKey, names, seeds)
checkpoints = st.builds(Checkpoint, names, st.integers(0, 2**53), st.binary(min_size=32, max_size=32))


def note(text: bytes = TEXT, *lines: bytes) -> bytes:
    return text + b"\n" + b"".join(lines or (BY_LOG,))


# --- golden octets ---------------------------------------------------------------------------------------------------


def test_verifier_keys_are_written_as_they_stand_in_the_vectors() -> None:
    assert str(LOG.vkey) == LOG_VKEY
    assert str(WITNESS.witness_vkey) == WITNESS_VKEY
    assert parse_vkey(LOG_VKEY) == LOG.vkey
    assert parse_vkey(WITNESS_VKEY) == WITNESS.witness_vkey


def test_a_checkpoint_is_signed_and_cosigned_as_in_the_vectors() -> None:
    checkpoint = Checkpoint(ORIGIN, 14, ROOT)
    assert checkpoint.text() == TEXT

    signed = sign_checkpoint(checkpoint, [LOG])
    assert signed.octets() == TEXT + b"\n" + BY_LOG
    assert WITNESS.cosign(TEXT, datetime.fromtimestamp(0x6B023E90, UTC)).line() == BY_WITNESS


def test_the_checkpoint_of_the_vectors_is_signed_by_both() -> None:
    signed = parse_checkpoint(GOLDEN)

    assert signed.checkpoint == Checkpoint(ORIGIN, 14, ROOT)
    assert signed.octets() == GOLDEN
    keys = [LOG.vkey, WITNESS.witness_vkey]
    assert signed_by(signed.note, keys) == keys
    at = cosigned_at(TEXT, signed.note.signatures[1], WITNESS.witness_vkey)
    assert at == datetime.fromtimestamp(0x6B023E90, UTC)


def test_the_note_of_the_specification_is_signed_by_its_key() -> None:
    """The example of C2SP signed-note."""
    vkey = parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    octets = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    ).encode()

    assert signed_by(parse_note(octets), [vkey]) == [vkey]
    with pytest.raises(SignatureError):
        signed_by(parse_note(octets.replace(b"answer", b"anzwer")), [vkey])


def test_the_proof_of_the_vectors_holds() -> None:
    proof = parse_proof(GOLDEN_PROOF)

    assert proof.octets() == GOLDEN_PROOF
    assert (proof.entry, proof.index, proof.checkpoint) == (ENTRY, 2, GOLDEN)
    signed = parse_checkpoint(proof.checkpoint)
    check_inclusion(leaf_hash(proof.entry), proof.index, signed.size, proof.path, signed.root)
    for octets in (ENTRY.replace(b"1292", b"1293"), ENTRY + b" "):
        with pytest.raises(ProofError):
            check_inclusion(leaf_hash(octets), proof.index, signed.size, proof.path, signed.root)


# --- round trips -----------------------------------------------------------------------------------------------------


@given(key=keys)
def test_a_verifier_key_comes_back_from_its_text(key: SigningKey) -> None:
    for vkey in (key.vkey, key.witness_vkey):
        assert parse_vkey(str(vkey)) == vkey
        assert len(vkey.key_id) == 4


@given(checkpoint=checkpoints, signers=st.lists(keys, min_size=1, max_size=3, unique_by=lambda key: key.name))
def test_a_checkpoint_comes_back_from_its_octets(checkpoint: Checkpoint, signers: list[SigningKey]) -> None:
    signed = sign_checkpoint(checkpoint, signers)
    found = parse_checkpoint(signed.octets())

    assert found == signed
    assert found.octets() == signed.octets()
    assert signed_by(found.note, [key.vkey for key in signers]) == [key.vkey for key in signers]


@given(
    entry=st.binary(max_size=300),
    index=st.integers(0, 2**53),
    path=st.lists(st.binary(min_size=32, max_size=32), max_size=63),
)
def test_a_proof_comes_back_from_its_octets(entry: bytes, index: int, path: list[bytes]) -> None:
    proof = TlogProof(entry, index, tuple(path), GOLDEN)

    assert parse_proof(proof.octets()) == proof


@given(at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)), key=keys)  # noqa: DTZ001
def test_a_cosignature_says_the_second_at_which_it_was_made(at: datetime, key: SigningKey) -> None:
    signature = parse_signature(key.cosign(TEXT, at).line()[:-1])

    assert cosigned_at(TEXT, signature, key.witness_vkey) == at.replace(microsecond=0)


# --- what is not the one way to write it is refused ------------------------------------------------------------------

ENCODED = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ORIGIN}\n014\n{ENCODED}\n", id="a leading zero"),
        pytest.param(f"{ORIGIN}\n00\n{ENCODED}\n", id="two zeros"),
        pytest.param(f"{ORIGIN}\n0x0e\n{ENCODED}\n", id="hexadecimal"),
        pytest.param(f"{ORIGIN}\n+14\n{ENCODED}\n", id="a plus sign"),
        pytest.param(f"{ORIGIN}\n-14\n{ENCODED}\n", id="a minus sign"),
        pytest.param(f"{ORIGIN}\n 14\n{ENCODED}\n", id="a space before the size"),
        pytest.param(f"{ORIGIN}\n14 \n{ENCODED}\n", id="a space after the size"),
        pytest.param(f"{ORIGIN}\n1_4\n{ENCODED}\n", id="Python's underscore"),
        pytest.param(f"{ORIGIN}\n١٤\n{ENCODED}\n", id="digits of another script"),
        pytest.param(f"{ORIGIN}\n14.0\n{ENCODED}\n", id="a fraction"),
        pytest.param(f"{ORIGIN}\n1e1\n{ENCODED}\n", id="an exponent"),
        pytest.param(f"{ORIGIN}\n\n{ENCODED}\n", id="no size"),
        pytest.param(f"{ORIGIN}\n{10**25}\n{ENCODED}\n", id="a size beyond 64 bits"),
        pytest.param(f"{ORIGIN}\n{'9' * 5000}\n{ENCODED}\n", id="a number that Python does not read"),
        pytest.param(f"\n14\n{ENCODED}\n", id="no origin"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED[:-1]}\n", id="base64 without its padding"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED}=\n", id="base64 with too much padding"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED[:-2]}t=\n", id="base64 with bits that are left over"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED.replace('/', '_')}\n", id="base64url"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED[:20]} {ENCODED[20:]}\n", id="a space in base64"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED} \n", id="a space after base64"),
        pytest.param(f"{ORIGIN}\n14\n{base64.b64encode(ROOT[:31]).decode()}\n", id="a root of 31 octets"),
        pytest.param(f"{ORIGIN}\n14\n{base64.b64encode(ROOT + b'x').decode()}\n", id="a root of 33 octets"),
        pytest.param(f"{ORIGIN}\n14\n\n", id="no root"),
        pytest.param(f"{ORIGIN}\n14\n", id="two lines"),
        pytest.param(f"{ORIGIN}\n14\n{ENCODED}\nextension\n", id="an extension line"),
        pytest.param(f"{ORIGIN}\r\n14\r\n{ENCODED}\r\n", id="CR LF"),
        pytest.param(f"{ORIGIN}\x00\n14\n{ENCODED}\n", id="a control character"),
    ],
)
def test_a_checkpoint_that_is_written_otherwise_is_refused(text: str) -> None:
    octets = text.encode()
    with pytest.raises(SignatureError, match="expected"):
        parse_checkpoint(note(octets, LOG.sign(octets).line()))


SIGNED = BY_LOG.decode().split()[2]


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(TEXT, id="no signature"),
        pytest.param(TEXT + b"\n", id="an empty line and no signature"),
        pytest.param(TEXT + BY_LOG, id="no empty line"),
        pytest.param(TEXT + b"\n" + BY_LOG[:-1], id="no line end after the signature"),
        pytest.param(TEXT + b"\n" + BY_LOG + b"\n", id="an empty line at the end"),
        pytest.param(TEXT + b"\n" + BY_LOG + b"x", id="octets after the signature"),
        pytest.param(TEXT + b"\n" + BY_LOG + b"\0", id="a zero octet after the signature"),
        pytest.param(note(TEXT, BY_LOG.replace("—".encode(), b"-")), id="a hyphen for the dash"),
        pytest.param(note(TEXT, BY_LOG.replace("—".encode(), "–".encode())), id="an en dash"),
        pytest.param(note(TEXT, BY_LOG.replace("— ".encode(), "—".encode())), id="no space after the dash"),
        pytest.param(note(TEXT, BY_LOG.replace("— ".encode(), "—  ".encode())), id="two spaces after the dash"),
        pytest.param(note(TEXT, BY_LOG.replace(b"main ", b"main  ")), id="two spaces after the name"),
        pytest.param(note(TEXT, BY_LOG.replace(b"main ", b"main+ ")), id="a plus sign in the name"),
        pytest.param(note(TEXT, BY_LOG.replace(b"main ", b"main\x01 ")), id="a control character in the name"),
        pytest.param(note(TEXT, BY_LOG.replace(b"main ", "main\u2003 ".encode())), id="a wide space in the name"),
        pytest.param(note(TEXT, BY_LOG.replace(b"main ", b"main\xff ")), id="no UTF-8"),
        pytest.param(note(TEXT, f"— {SIGNED}\n".encode()), id="no name"),
        pytest.param(note(TEXT, f"— {ORIGIN}\n".encode()), id="no base64"),
        pytest.param(note(TEXT, f"— {ORIGIN} {SIGNED[:-1]}\n".encode()), id="base64 without its padding"),
        pytest.param(note(TEXT, f"— {ORIGIN} {SIGNED} x\n".encode()), id="a fourth word"),
        pytest.param(note(TEXT, f"— {ORIGIN} 2lan1g==\n".encode()), id="a key id without a signature"),
        pytest.param(note(TEXT, BY_LOG.replace(b"\n", b"\r\n")), id="CR LF"),
        pytest.param(note(TEXT[:-1] + b"\xff\n"), id="a text that is no UTF-8"),
        pytest.param(note(TEXT, *[BY_LOG] * (SIGNATURES + 1)), id="too many signatures"),
        pytest.param(note(b"x" * (1 << 20) + b"\n"), id="too long"),
    ],
)
def test_a_note_that_is_written_otherwise_is_refused(octets: bytes) -> None:
    with pytest.raises(SignatureError, match="expected"):
        parse_note(octets)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "++",
        LOG_VKEY[:-1],
        LOG_VKEY + "=",
        LOG_VKEY + "\n",
        " " + LOG_VKEY,
        LOG_VKEY.replace("da56a7d6", "DA56A7D6"),
        LOG_VKEY.replace("da56a7d6", "da56a7d7"),
        LOG_VKEY.replace("da56a7d6", "0da56a7d6"),
        LOG_VKEY.replace("main", "mine"),
        LOG_VKEY.replace("main", "ma in"),
        LOG_VKEY.replace("archive.example/log/main", ""),
        LOG_VKEY.replace("+AQ", "+Ag"),
        WITNESS_VKEY.replace("+BC", "+AS"),
        LOG_VKEY[:-4],
        LOG_VKEY.replace("+AQOh", "+\u0661QOh"),
        LOG_VKEY.replace("main", "m\udcffin"),
        LOG_VKEY.replace("+AQOh", "+\udcffQOh"),
    ],
)
def test_a_verifier_key_that_is_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(SignatureError, match="expected"):
        parse_vkey(text)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(GOLDEN_PROOF.replace(b"@v1", b"@v2"), id="another version"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2", b"index 02"), id="a leading zero"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2", b"index  2"), id="two spaces"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2", b"index 0x2"), id="hexadecimal"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2", b"index -2"), id="below zero"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2", b"index"), id="no index"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2\n", b""), id="no line of the index"),
        pytest.param(GOLDEN_PROOF.replace(b"extra ", b"Extra "), id="another word"),
        pytest.param(GOLDEN_PROOF.replace(b"extra ey", b"extra  ey"), id="two spaces before the entry"),
        pytest.param(GOLDEN_PROOF.replace(b"Jns=", b"Jns"), id="a hash without its padding"),
        pytest.param(GOLDEN_PROOF.replace(b"Jns=", b"Jnt="), id="a hash with bits that are left over"),
        pytest.param(GOLDEN_PROOF.replace(b"Jns=\n", b"Jns=\r\n"), id="CR LF"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2\n", b"index 2\nAAAA\n"), id="a hash of three octets"),
        pytest.param(GOLDEN_PROOF.replace(b"index 2\n", b"index 2\n" + PATH[0].encode() + b"\n") * 64, id="endless"),
        pytest.param(GOLDEN_PROOF.partition(b"\n\n")[0], id="no checkpoint"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_proof_that_is_written_otherwise_is_refused(octets: bytes) -> None:
    with pytest.raises((ProofError, SignatureError), match="expected"):
        parse_checkpoint(parse_proof(octets).checkpoint)


def test_a_proof_of_more_hashes_than_any_log_needs_is_refused() -> None:
    octets = GOLDEN_PROOF.replace(b"index 2\n", b"index 2\n" + 60 * (PATH[0].encode() + b"\n"))

    with pytest.raises(ProofError, match="63"):
        parse_proof(octets)


# --- signatures ------------------------------------------------------------------------------------------------------


def test_a_signature_by_a_stranger_is_passed_over() -> None:
    assert signed_by(parse_note(GOLDEN), [WITNESS.witness_vkey]) == [WITNESS.witness_vkey]
    assert signed_by(parse_note(note()), [WITNESS.witness_vkey]) == []
    # one's name alone, and one's key id alone, are a stranger's
    other = SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    assert signed_by(parse_note(note(TEXT, other.sign(TEXT).line())), [LOG.vkey]) == []
    named = Signature("archive.example/other", LOG.vkey.key_id, LOG.private.sign(TEXT))
    assert signed_by(parse_note(note(TEXT, named.line())), [LOG.vkey]) == []


def test_no_bit_of_a_signed_checkpoint_can_be_changed() -> None:
    """Each is refused, or leaves neither signature standing."""
    keys = [LOG.vkey, WITNESS.witness_vkey]
    for bit in range(len(GOLDEN) * 8):
        octets = bytearray(GOLDEN)
        octets[bit // 8] ^= 1 << bit % 8
        try:
            signed = parse_checkpoint(bytes(octets))
            assert len(signed_by(signed.note, keys)) < 2, bit
        except SignatureError:
            continue
        # what still parses is written in the one way there is
        assert signed.octets() == octets


def test_a_signature_by_one_key_twice_is_refused() -> None:
    with pytest.raises(SignatureError, match="one signature"):
        signed_by(parse_note(note(TEXT, BY_LOG, BY_LOG)), [LOG.vkey])


@pytest.mark.parametrize("length", [1, 8, 63, 65, 71, 73])
def test_a_signature_of_another_length_is_bad(length: int) -> None:
    for vkey in (LOG.vkey, WITNESS.witness_vkey):
        line = Signature(vkey.name, vkey.key_id, b"x" * length).line()
        with pytest.raises(SignatureError):
            signed_by(parse_note(note(TEXT, line)), [vkey])


def test_a_cosignature_is_no_signature_of_the_log_and_the_other_way_round() -> None:
    both = SigningKey(ORIGIN, LOG.private)
    assert both.vkey.key_id != both.witness_vkey.key_id
    line = LOG.cosign(TEXT, SEEN_AT).line()
    assert signed_by(parse_note(note(TEXT, line)), [LOG.vkey]) == []
    forged = Signature(ORIGIN, LOG.vkey.key_id, LOG.cosign(TEXT, SEEN_AT).octets)
    with pytest.raises(SignatureError):
        signed_by(parse_note(note(TEXT, forged.line())), [LOG.vkey])


def test_the_time_of_a_cosignature_is_signed() -> None:
    signature = WITNESS.cosign(TEXT, SEEN_AT)
    later = struct.pack(">Q", int(SEEN_AT.timestamp()) + 1) + signature.octets[8:]

    with pytest.raises(SignatureError):
        cosigned_at(TEXT, Signature(signature.name, signature.key_id, later), WITNESS.witness_vkey)


@pytest.mark.parametrize("seconds", [2**63, 2**64 - 1, 10**12])
def test_a_cosignature_of_a_time_that_no_calendar_has_is_refused(seconds: int) -> None:
    octets = struct.pack(">Q", seconds) + WITNESS.private.sign(b"cosignature/v1\ntime %d\n" % seconds + TEXT)
    signature = Signature(WITNESS.name, WITNESS.witness_vkey.key_id, octets)

    with pytest.raises(SignatureError, match="time"):
        cosigned_at(TEXT, signature, WITNESS.witness_vkey)


def test_a_signing_key_does_not_show_its_private_key() -> None:
    private = LOG.private.private_bytes_raw()
    for text in (repr(LOG), str(LOG), f"{LOG}"):
        assert private.hex() not in text
        assert base64.b64encode(private).decode() not in text


def test_a_public_key_that_is_no_point_of_the_curve_signs_nothing() -> None:
    vkey = VerifierKey(ORIGIN, b"\x02" + b"\0" * 31, Algorithm.ED25519)
    line = Signature(ORIGIN, vkey.key_id, b"\0" * 64).line()

    with pytest.raises(SignatureError):
        signed_by(parse_note(note(TEXT, line)), [vkey])


# --- made-up octets --------------------------------------------------------------------------------------------------


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """A few octets changed, left out, doubled, or put elsewhere."""
    found = bytearray(octets)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(4):
            case 0 if at < len(found):
                found[at] = chance.choice([0, 9, 10, 13, 32, 43, 48, 61, 127, 128, 255, chance.randrange(256)])
            case 1:
                del found[at : at + chance.randint(1, 40)]
            case 2:
                found[at:at] = found[at : at + chance.randint(1, 40)]
            case _:
                found[at:at] = chance.choice([b"\n", b"\n\n", b" ", "— ".encode(), b"=", b"0", b"\0"])
    return bytes(found)


def test_parsers_refuse_or_give_back_what_they_read() -> None:
    chance = random.Random(4)
    taken = 0
    for _ in range(20_000):
        for golden, parse in ((GOLDEN, parse_checkpoint), (GOLDEN, parse_note), (GOLDEN_PROOF, parse_proof)):
            octets = mutated(golden, chance)
            try:
                found = parse(octets)
            except (SignatureError, ProofError):
                continue
            assert found.octets() == octets
            taken += 1
    assert taken > 100


@given(octets=st.binary(max_size=400))
def test_made_up_octets_are_refused(octets: bytes) -> None:
    for parse in (parse_checkpoint, parse_note, parse_proof, parse_signature):
        with pytest.raises((SignatureError, ProofError)):
            parse(octets)  # type: ignore[operator]


@given(text=st.text(max_size=200))
def test_made_up_texts_are_no_verifier_keys(text: str) -> None:
    with pytest.raises(SignatureError):
        parse_vkey(text)


def test_a_note_has_no_other_text_than_what_was_signed() -> None:
    """An empty line in the text: the last one parts text and signatures, so nothing can be slipped in behind it."""
    text = TEXT + b"\n" + TEXT
    octets = Note(text, (LOG.sign(text),)).octets()

    assert parse_note(octets).text == text
    with pytest.raises(SignatureError):
        parse_checkpoint(octets)


P = 2**255 - 19
EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826


@pytest.mark.parametrize("y", [0, 1, P - 1, EIGHTH, P - EIGHTH, P, P + 1, P + 2, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_that_is_not_canonical_or_of_small_order_is_refused(y: int, sign: int) -> None:
    text = str(VerifierKey("log.example", (y | sign).to_bytes(32, "little")))

    with pytest.raises(SignatureError, match="small order"):
        parse_vkey(text)


def test_under_a_key_of_small_order_one_signature_holds_for_all_texts() -> None:
    # so that whoever has named such a key could disown whatever was signed with it
    key = VerifierKey("log.example", bytes([1, *bytes(31)]))
    signature = Signature(key.name, key.key_id, bytes([1, *bytes(63)]))

    assert signed_by(Note(b"one\n", (signature,)), [key]) == [key]
    assert signed_by(Note(b"another\n", (signature,)), [key]) == [key]
