"""Vectors that others published, typed in from the standards, hold in both of our implementations.

Certificate Transparency's tree of eight leaves (RFC 6962), the note of Go's `sumdb/note` and the key of C2SP's
signed-note, and a log of fourteen entries with a witness. `archive/` is one implementation, `verify_bundle.py`, which
shares no code with it, the other. With the vectors of ../shared/data/log-vectors beside the checkout all fourteen
entries are there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import verify_bundle
from archive.checkpoint import SigningKey, cosigned_at, parse_checkpoint, parse_note, parse_proof, parse_vkey, signed_by
from archive.errors import ProofError, SignatureError
from archive.merkle import check_consistency, check_inclusion, consistency_proof, inclusion_proof, leaf_hash, root_of

SHARED = Path(__file__).parents[3] / "shared" / "data" / "log-vectors"

CT_LEAVES = tuple(
    map(
        bytes.fromhex,
        ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
)
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Roots over the first leaves (the test vectors of certificate-transparency)."""

GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

ENTRY = (
    b'{"date":"2026-11-22T01:00:01.123456Z","digest":"sha256:74f5509f0282c833ecd36882197bb7d9e836d39d704c58b7b441c657bb3ae937",'
    b'"file":"spike-20261122010000-00000-crawl01.warc.gz","id":"<urn:uuid:5fb5830d-6775-591e-8acf-4015f7655ce0>",'
    b'"length":1292,"n":1,"payload":"sha256:e78afe2e7386aff123aa3fb4125e44c92dab9bf94a905b84830c602d810eb935",'
    b'"type":"response","uri":"http://example.test/case/17","v":1,"what":"record"}'
)
LEAF = "6b6e10887e5dedc75e59394b68868337a0c97c9b57f97f93aa7b1f2d5511351c"
LOG_VKEY = "archive.example/log/main+da56a7d6+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
CHECKPOINT = (
    "archive.example/log/main\n"
    "14\n"
    "BRI0cXK99/9s0ZvdDY6f4AzEEQEgH02CVH29+rM9Wps=\n"
    "\n"
    "— archive.example/log/main "
    "2lan1kJ5lxSZUZsTd23o84qWw9i7ezKpTk30gRpOVQm/aQBfAqUCfsn6YKMccx5ww1EQ2PgG8woFSCF2Ml4AwZiQaQI=\n"
    "— witness.example/w1 "
    "IDJKvgAAAABrAj6QAYAYDbK8aUXIjod2IzKSxgYgaadMvvt2QM8aRqjumBlliAItysXBLJEWYpXrgn8mRSIY97gPotAJCFzDWRlBCQ==\n"
).encode()
PATH = (
    "BhANYW9klHDBtj+D+aPnv0lGWCLJW3UamhGYSRPAJns=",
    "QlGjO+SQ+IBZospf1KhTiUyr5d9eVu5WtrejKMgOHlc=",
    "JbzcDQ8I4SGxoPMX8tanjfc2nuq3vNe9ye4HnQxP5xY=",
    "RnfHl2Rdb0k1dEb4JobfyL2+d62sA+/rjwJ7iaVX9u8=",
)
PROOF = (
    b"c2sp.org/tlog-proof@v1\nextra "
    + base64.b64encode(ENTRY)
    + b"\nindex 2\n"
    + "\n".join(PATH).encode()
    + b"\n\n"
    + CHECKPOINT
)


def test_the_trees_of_certificate_transparency_have_their_roots() -> None:
    leaves = [leaf_hash(leaf) for leaf in CT_LEAVES]

    assert {size: root_of(leaves[:size]).hex() for size in CT_ROOTS} == CT_ROOTS


def test_every_proof_in_those_trees_holds() -> None:
    leaves = [leaf_hash(leaf) for leaf in CT_LEAVES]

    def hash_at(level: int, index: int) -> bytes:
        return root_of(leaves[index << level : (index + 1) << level])

    for size, root in CT_ROOTS.items():
        for index in range(size):
            path = inclusion_proof(index, size, hash_at)
            check_inclusion(leaves[index], index, size, path, bytes.fromhex(root))
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, hash_at)
            check_consistency(old, bytes.fromhex(CT_ROOTS[old]), size, bytes.fromhex(root), proof)


def test_the_example_of_gos_notes_is_read_and_its_signature_holds() -> None:
    note = parse_note(GO_NOTE)

    assert signed_by(note, [parse_vkey(GO_VKEY)]) == [parse_vkey(GO_VKEY)]
    assert note.octets() == GO_NOTE
    assert verify_bundle.Note(GO_NOTE).signed(verify_bundle.Key(GO_VKEY)) is not None


def test_that_note_does_not_hold_with_a_letter_changed() -> None:
    changed = GO_NOTE.replace(b"answer", b"Answer")

    with pytest.raises(SignatureError):
        signed_by(parse_note(changed), [parse_vkey(GO_VKEY)])
    with pytest.raises(verify_bundle.Failed):
        verify_bundle.Note(changed).signed(verify_bundle.Key(GO_VKEY))


def test_the_key_of_c2sps_example_has_its_id() -> None:
    assert str(parse_vkey(C2SP_VKEY)) == C2SP_VKEY
    assert verify_bundle.Key(C2SP_VKEY).id.hex() == "530d903a"


def test_an_entry_has_its_leaf_hash() -> None:
    assert leaf_hash(ENTRY).hex() == LEAF


def test_the_keys_and_signatures_of_the_log_come_out_of_its_seeds() -> None:
    log = SigningKey("archive.example/log/main", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    witness = SigningKey("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
    signed = parse_checkpoint(CHECKPOINT)
    at = cosigned_at(signed.note.text, signed.note.signatures[1], witness.witness_vkey)

    assert str(log.vkey) == LOG_VKEY
    assert str(witness.witness_vkey) == WITNESS_VKEY
    assert log.sign(signed.note.text) == signed.note.signatures[0]
    assert witness.cosign(signed.note.text, at) == signed.note.signatures[1]
    assert signed.octets() == CHECKPOINT


def test_the_checkpoint_is_signed_by_log_and_witness() -> None:
    note = parse_note(CHECKPOINT)
    keys = [parse_vkey(LOG_VKEY), parse_vkey(WITNESS_VKEY)]

    assert signed_by(note, keys) == keys
    other = verify_bundle.Checkpoint(CHECKPOINT)
    assert (other.origin, other.size) == ("archive.example/log/main", 14)
    assert all(other.signed(verify_bundle.Key(vkey)) for vkey in (LOG_VKEY, WITNESS_VKEY))
    assert other.signed(verify_bundle.Key(WITNESS_VKEY)) == cosigned_at(note.text, note.signatures[1], keys[1])


def test_the_proof_leads_to_the_root() -> None:
    proof = parse_proof(PROOF)
    checkpoint = parse_checkpoint(proof.checkpoint)

    check_inclusion(leaf_hash(proof.entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    assert (proof.octets(), proof.entry, proof.index) == (PROOF, ENTRY, 2)
    other = verify_bundle.Proof(PROOF)
    other.check(verify_bundle.Checkpoint(CHECKPOINT), CHECKPOINT)
    assert other.octets == ENTRY


@pytest.mark.parametrize("place", range(4))
def test_the_proof_does_not_hold_with_a_hash_changed(place: int) -> None:
    path = [base64.b64decode(node) for node in PATH]
    path[place] = hashlib.sha256(path[place]).digest()
    changed = PROOF.replace(PATH[place].encode(), base64.b64encode(path[place]))
    checkpoint = parse_checkpoint(CHECKPOINT)

    with pytest.raises(ProofError):
        check_inclusion(leaf_hash(ENTRY), 2, 14, path, checkpoint.root)
    with pytest.raises(verify_bundle.Failed):
        verify_bundle.Proof(changed).check(verify_bundle.Checkpoint(CHECKPOINT), CHECKPOINT)


# the same as above is typed in; where the whole of it lies beside the checkout, that is held against too
if SHARED.is_dir():

    def test_the_log_of_the_vectors_beside_the_checkout_has_the_root_and_the_path() -> None:
        entries = [bytes.fromhex(entry) for entry in json.loads((SHARED / "v_entries.json").read_text())["entries"]]
        leaves = [leaf_hash(entry) for entry in entries]

        def hash_at(level: int, index: int) -> bytes:
            return root_of(leaves[index << level : (index + 1) << level])

        assert (SHARED / "v_ck.txt").read_bytes() == CHECKPOINT
        assert (SHARED / "v_proof.txt").read_bytes() == PROOF
        assert root_of(leaves) == parse_checkpoint(CHECKPOINT).root
        assert inclusion_proof(2, 14, hash_at) == [base64.b64decode(node) for node in PATH]
        assert entries[2] == ENTRY
