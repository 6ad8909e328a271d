"""Merkle trees as RFC 6962, 2.1 has them: hashes, inclusion proofs, consistency proofs.

    leaf hash  SHA-256(0x00 ‖ entry)
    node hash  SHA-256(0x01 ‖ left ‖ right)
    no leaves  SHA-256("")

A tree of n leaves is split at the largest power of two below n. Everything here is pure: where hashes come from is a
function `hash_at(level, index)`, the hash over the 2**level leaves from index * 2**level on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from archive.errors import ProofError

HashAt = Callable[[int, int], bytes]
"""`hash_at(level, index)`: 32 octets, the hash of a complete subtree."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf, 32 octets."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over those of its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class RightEdge:
    """A tree that grows leaf by leaf, of which only its complete subtrees are kept: 32 octets for each bit of its size.

    `edge` holds their hashes, the largest, leftmost one first.
    """

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        """`edge`: as many hashes as the size has bits that are set."""
        self.size = size
        self.edge = list(edge)
        if len(self.edge) != size.bit_count():
            raise ValueError(f"expected {size.bit_count()} hashes for {size} leaves, found {len(self.edge)}")

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        size, edge, node = self.size, self.edge, leaf
        while size & 1:
            node = node_hash(edge.pop(), node)
            size >>= 1
        edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _folded(self.edge)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = RightEdge()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def edge_of(size: int) -> list[tuple[int, int]]:
    """The complete subtrees of a tree, `(level, index)`, the largest, leftmost one first."""
    return _subtrees(0, size)


def tree_root(size: int, hash_at: HashAt) -> bytes:
    """The root of the first `size` leaves."""
    return _range_root(0, size, hash_at)


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> list[bytes]:
    """The path of a leaf in the tree of `size` leaves (RFC 6962, 2.1.1), from the leaf's sibling up.

    Raises ProofError when there is no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"expected a leaf among the {size} of the log, found number {index}")
    path = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_range_root(middle, stop, hash_at))
            stop = middle
        else:
            path.append(_range_root(start, middle, hash_at))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, hash_at: HashAt) -> list[bytes]:
    """The proof that the first `old` leaves are the beginning of the first `new` (RFC 6962, 2.1.2).

    Empty for old == new and for old == 0, where nothing is to be shown. Raises ProofError when new < old.
    """
    if not 0 <= old <= new:
        raise ProofError(f"expected a size up to {new}, found {old}")
    if old in {0, new}:
        return []
    path = []
    start, stop, whole = 0, new, True
    while old - start != stop - start:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(_range_root(middle, stop, hash_at))
            stop = middle
        else:
            path.append(_range_root(start, middle, hash_at))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(start, stop, hash_at))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check a path (RFC 9162, 2.1.3.2). `leaf`: the leaf's hash. Raises ProofError."""
    if not 0 <= index < size:
        raise ProofError(f"expected a leaf among the {size} of the log, found number {index}")
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        _whole(sibling)
        if sn == 0:
            raise ProofError(f"expected a shorter proof for leaf {index} of {size}, found {len(proof)} hashes")
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = node_hash(node, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ProofError(f"expected a longer proof for leaf {index} of {size}, found {len(proof)} hashes")
    if node != root:
        raise ProofError(f"expected a proof of leaf {index} that leads to the root {root.hex()}, found {node.hex()}")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a tree goes on from another one (RFC 9162, 2.1.4.2). Raises ProofError."""
    if not 0 <= old <= new:
        raise ProofError(f"expected a log that has grown from {old} entries, found one of {new}")
    if old in {0, new}:
        if proof:
            raise ProofError(f"expected no hashes between the sizes {old} and {new}, found {len(proof)}")
        if old == new and old_root != new_root:
            raise ProofError(f"expected the root {old_root.hex()} at size {old}, found {new_root.hex()}")
        if old == 0 and old_root != EMPTY_ROOT:
            raise ProofError(f"expected the root of no entries, found {old_root.hex()}")
        return
    path = list(proof)
    for node in path:
        _whole(node)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError(f"expected a proof from size {old} to {new}, found none")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for node in path[1:]:
        if sn == 0:
            raise ProofError(f"expected a shorter proof from size {old} to {new}, found {len(proof)} hashes")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(node, fr), node_hash(node, sr)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, node)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise ProofError(f"expected a longer proof from size {old} to {new}, found {len(proof)} hashes")
    if fr != old_root:
        raise ProofError(f"expected a proof that leads to the root {old_root.hex()} at size {old}, found {fr.hex()}")
    if sr != new_root:
        raise ProofError(f"expected a proof that leads to the root {new_root.hex()} at size {new}, found {sr.hex()}")


def _whole(node: bytes) -> None:
    if len(node) != 32:
        raise ProofError(f"expected hashes of 32 octets, found one of {len(node)}")


def _split(leaves: int) -> int:
    """The largest power of two below a number of leaves, 2 at least."""
    return 1 << (leaves - 1).bit_length() - 1


def _subtrees(start: int, stop: int) -> list[tuple[int, int]]:
    """The complete subtrees of leaves start … stop - 1; `start` must be where such a range of a tree begins."""
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def _range_root(start: int, stop: int, hash_at: HashAt) -> bytes:
    return _folded([hash_at(level, index) for level, index in _subtrees(start, stop)])


def _folded(edge: Sequence[bytes]) -> bytes:
    """The root over the complete subtrees of a tree, the smallest two first."""
    if not edge:
        return EMPTY_ROOT
    node = edge[-1]
    for left in edge[-2::-1]:
        node = node_hash(left, node)
    return node
