"""The trees are those of RFC 6962, by its own recursive words and a second implementation; tampered proofs fail."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from archive.errors import ProofError
from archive.merkle import (
    EMPTY_ROOT,
    RightEdge,
    check_consistency,
    check_inclusion,
    consistency_proof,
    edge_of,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    tree_root,
)

SIZES = 70
"""Exhaustive up to here: all shapes of three levels of 4 × 4 and one more, and the edges of 64."""

# The eight leaves that the Certificate Transparency code is tested with, and their root.
CT_LEAVES = [
    bytes.fromhex(octets)
    for octets in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def entries(number: int) -> list[bytes]:
    """So many entries, no two alike."""
    return [f"entry {n}".encode() for n in range(number)]


LEAVES = [leaf_hash(entry) for entry in entries(SIZES)]


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], b: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2, word for word."""
    n = len(leaves)
    if m == n:
        return [] if b else [mth(leaves)]
    k = split(n)
    if m <= k:
        return [*subproof(m, leaves[:k], b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def hashes(leaves: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """`hash_at` over leaf hashes, which refuses a subtree that is not complete."""

    @functools.cache
    def at(level: int, index: int) -> bytes:
        start, stop = index << level, (index + 1) << level
        assert 0 <= start < stop <= len(leaves)
        return leaves[start] if level == 0 else node_hash(at(level - 1, 2 * index), at(level - 1, 2 * index + 1))

    return at


def oracle(number: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries(number):
        tree.append_entry(entry)
    return tree


# --- roots -----------------------------------------------------------------------------------------------------------


def test_the_vectors_of_certificate_transparency_have_their_roots() -> None:
    leaves = [leaf_hash(entry) for entry in CT_LEAVES]

    assert [root_of(leaves[:n]).hex() for n in range(1, 9)] == CT_ROOTS
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == EMPTY_ROOT


def test_every_root_is_that_of_the_rfc_and_of_a_second_implementation() -> None:
    tree = oracle(SIZES)
    edge = RightEdge()
    for size in range(SIZES + 1):
        expected = mth(LEAVES[:size])
        assert root_of(LEAVES[:size]) == expected
        assert tree_root(size, hashes(LEAVES[:size])) == expected
        assert edge.root() == expected
        assert edge.size == size
        if size:
            assert tree.get_root(size) == expected
        if size < SIZES:
            edge.append(LEAVES[size])


def test_a_tree_goes_on_from_its_right_edge_alone() -> None:
    for size in range(SIZES):
        at = hashes(LEAVES[:size])
        edge = RightEdge(size, [at(level, index) for level, index in edge_of(size)])
        assert edge.root() == mth(LEAVES[:size])
        edge.append(LEAVES[size])
        assert edge.root() == mth(LEAVES[: size + 1])


@pytest.mark.parametrize(("size", "edge"), [(1, []), (0, [EMPTY_ROOT]), (3, [EMPTY_ROOT]), (4, [EMPTY_ROOT] * 2)])
def test_an_edge_that_does_not_fit_its_size_is_refused(size: int, edge: list[bytes]) -> None:
    with pytest.raises(ValueError, match="expected"):
        RightEdge(size, edge)


def test_large_roots_are_those_of_a_second_implementation() -> None:
    chance = random.Random(6962)
    number = 5_000
    tree, leaves = oracle(number), [leaf_hash(entry) for entry in entries(number)]
    at = hashes(leaves)
    for size in [*(chance.randrange(SIZES, number) for _ in range(20)), 255, 256, 257, 4095, 4096, 4097, number]:
        assert root_of(leaves[:size]) == tree.get_root(size) == tree_root(size, at)


# --- proofs ----------------------------------------------------------------------------------------------------------


def test_every_inclusion_proof_is_that_of_the_rfc_and_holds() -> None:
    for size in range(1, SIZES + 1):
        leaves, root = LEAVES[:size], mth(LEAVES[:size])
        at = hashes(leaves)
        for index in range(size):
            proof = inclusion_proof(index, size, at)
            assert proof == path(index, leaves)
            check_inclusion(leaves[index], index, size, proof, root)


def test_every_consistency_proof_is_that_of_the_rfc_and_holds() -> None:
    roots = [mth(LEAVES[:size]) for size in range(SIZES + 1)]
    for new in range(SIZES + 1):
        at = hashes(LEAVES[:new])
        for old in range(new + 1):
            proof = consistency_proof(old, new, at)
            assert proof == (subproof(old, LEAVES[:new], True) if old else [])
            check_consistency(old, roots[old], new, roots[new], proof)


def test_proofs_in_large_trees_hold() -> None:
    chance = random.Random(9162)
    leaves = [leaf_hash(entry) for entry in entries(20_000)]
    at = hashes(leaves)
    for _ in range(60):
        new = chance.randrange(2, len(leaves) + 1)
        old, index = chance.randrange(1, new), chance.randrange(new)
        root = tree_root(new, at)
        proof = inclusion_proof(index, new, at)
        assert len(proof) <= new.bit_length()
        check_inclusion(leaves[index], index, new, proof, root)
        check_consistency(old, tree_root(old, at), new, root, consistency_proof(old, new, at))


def test_a_proof_asks_only_for_hashes_of_complete_subtrees_within_the_size() -> None:
    """What a log of tiles can give; `hashes` asserts that nothing else is asked for."""
    for size in range(1, SIZES + 1):
        at = hashes(LEAVES[:size])
        for index in range(size):
            inclusion_proof(index, size, at)
        for old in range(size + 1):
            consistency_proof(old, size, at)
            tree_root(old, at)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (6, 5), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_proof(index, size, hashes(LEAVES))
    with pytest.raises(ProofError):
        check_inclusion(LEAVES[0], index, size, [], LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4), (1, 0)])
def test_a_log_that_has_shrunk_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        consistency_proof(old, new, hashes(LEAVES))
    with pytest.raises(ProofError):
        check_consistency(old, LEAVES[0], new, LEAVES[0], [])


# --- tampered proofs -------------------------------------------------------------------------------------------------


def tampered(proof: Sequence[bytes], chance: random.Random) -> list[list[bytes]]:
    """Every kind of change to a proof."""
    strange = chance.randbytes(32)
    changed = [[*proof, strange], [strange, *proof], [*proof, b""]]
    for n, node in enumerate(proof):
        bit = chance.randrange(256)
        flipped = bytearray(node)
        flipped[bit // 8] ^= 1 << bit % 8
        for other in (bytes(flipped), node[:-1], node + b"\0", b"", strange):
            changed.append([*proof[:n], other, *proof[n + 1 :]])
        changed.append([*proof[:n], *proof[n + 1 :]])
        changed.append([*proof[:n], node, *proof[n:]])
        if n and proof[n - 1] != node:
            swapped = list(proof)
            swapped[n - 1], swapped[n] = swapped[n], swapped[n - 1]
            changed.append(swapped)
    return changed


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 32, 33, 70])
def test_a_tampered_inclusion_proof_is_refused(size: int) -> None:
    chance = random.Random(size)
    at, root = hashes(LEAVES[:size]), mth(LEAVES[:size])
    for index in range(size):
        proof = inclusion_proof(index, size, at)
        for other in tampered(proof, chance):
            with pytest.raises(ProofError):
                check_inclusion(LEAVES[index], index, size, other, root)
        with pytest.raises(ProofError):
            check_inclusion(LEAVES[index], index, size, proof, chance.randbytes(32))
        with pytest.raises(ProofError):
            check_inclusion(chance.randbytes(32), index, size, proof, root)
        # of the same leaf at another place of a tree of the same size: leaves differ, so no path fits two places
        for elsewhere in range(size):
            if elsewhere != index:
                with pytest.raises(ProofError):
                    check_inclusion(LEAVES[index], elsewhere, size, proof, root)


@pytest.mark.parametrize("new", [2, 3, 7, 8, 9, 31, 32, 33, 70])
def test_a_tampered_consistency_proof_is_refused(new: int) -> None:
    chance = random.Random(new)
    at, root = hashes(LEAVES[:new]), mth(LEAVES[:new])
    for old in range(1, new):
        old_root, proof = mth(LEAVES[:old]), consistency_proof(old, new, at)
        for other in tampered(proof, chance):
            with pytest.raises(ProofError):
                check_consistency(old, old_root, new, root, other)
        with pytest.raises(ProofError):
            check_consistency(old, chance.randbytes(32), new, root, proof)
        with pytest.raises(ProofError):
            check_consistency(old, old_root, new, chance.randbytes(32), proof)
        with pytest.raises(ProofError):
            check_consistency(old, old_root, new, root, [])


def test_a_fork_has_no_proof_of_consistency() -> None:
    fork = [*LEAVES[:40], *(leaf_hash(b"other %d" % n) for n in range(30))]
    for old in range(41, SIZES):
        with pytest.raises(ProofError):
            check_consistency(old, mth(LEAVES[:old]), SIZES, mth(fork), consistency_proof(old, SIZES, hashes(fork)))


def test_equal_sizes_have_equal_roots_and_no_hashes() -> None:
    root, other = mth(LEAVES[:7]), mth(LEAVES[:8])

    check_consistency(7, root, 7, root, [])
    with pytest.raises(ProofError):
        check_consistency(7, root, 7, other, [])
    with pytest.raises(ProofError):
        check_consistency(7, root, 7, root, [root])


def test_a_log_of_nothing_has_the_root_of_nothing() -> None:
    check_consistency(0, EMPTY_ROOT, 7, mth(LEAVES[:7]), [])
    with pytest.raises(ProofError):
        check_consistency(0, LEAVES[0], 7, mth(LEAVES[:7]), [])
    with pytest.raises(ProofError):
        check_consistency(0, EMPTY_ROOT, 7, mth(LEAVES[:7]), [LEAVES[0]])
    with pytest.raises(ProofError):
        check_consistency(0, EMPTY_ROOT, 0, LEAVES[0], [])


@given(
    leaf=st.binary(min_size=32, max_size=32),
    index=st.integers(-3, 2**70),
    size=st.integers(-3, 2**70),
    proof=st.lists(st.binary(min_size=30, max_size=33), max_size=80),
    root=st.binary(min_size=32, max_size=32),
)
def test_no_made_up_inclusion_proof_holds_or_makes_the_check_fall(
    leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes
) -> None:
    if (index, size, proof, root) == (0, 1, [], leaf):
        return
    with pytest.raises(ProofError):
        check_inclusion(leaf, index, size, proof, root)


@given(
    old=st.integers(1, 2**70),
    more=st.integers(1, 2**70),
    proof=st.lists(st.binary(min_size=30, max_size=33), max_size=80),
    roots=st.tuples(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)),
)
def test_no_made_up_consistency_proof_holds_or_makes_the_check_fall(
    old: int, more: int, proof: list[bytes], roots: tuple[bytes, bytes]
) -> None:
    with pytest.raises(ProofError):
        check_consistency(old, roots[0], old + more, roots[1], proof)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    """The two kinds of hash begin with another octet, so that a proof of a node's children proves no entry."""
    left, right = LEAVES[0], LEAVES[1]

    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"x") == hashlib.sha256(b"\x00x").digest()
    assert node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
