"""The Merkle tree against the vectors of the Certificate Transparency code and against the definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.ledger import tree

# Leaves and roots of the reference tests of RFC 6962 (google/certificate-transparency, merkletree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return tree.EMPTY_ROOT
    if len(leaves) == 1:
        return tree.leaf_hash(leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return tree.node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def grown(leaves: list[bytes]) -> tree.CompactRange:
    made = tree.CompactRange()
    for leaf in leaves:
        made.append(tree.leaf_hash(leaf))
    return made


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert grown([]).root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_reference_roots_come_out(size: int) -> None:
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size - 1]


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_growing_gives_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert grown(leaves).root() == defined_root(leaves)


@given(st.lists(st.binary(max_size=3), max_size=40), st.lists(st.binary(max_size=3), max_size=40))
def test_a_stored_range_grows_on_as_if_never_stored(first: list[bytes], second: list[bytes]) -> None:
    half = grown(first)
    again = tree.CompactRange.from_bytes(half.size, half.to_bytes())
    for leaf in second:
        again.append(tree.leaf_hash(leaf))
    assert again.root() == grown(first + second).root()


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = tree.leaf_hash(b"a"), tree.leaf_hash(b"b")
    assert tree.leaf_hash(left + right) != tree.node_hash(left, right)


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="frontier"):
        tree.CompactRange.from_bytes(4, bytes(64))
