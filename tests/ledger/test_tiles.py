"""Tiles and bundles byte for byte as C2SP tlog-tiles has them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.trees import defined_root, hashed
from wastehub.ledger import tiles
from wastehub.ledger.tiles import BadBundle, BadPath, Builder, TileName


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0), "tile/0/000"),
        (TileName(0, 1234067), "tile/0/x001/x234/067"),
        (TileName(1, 17, 5), "tile/1/017.p/5"),
        (TileName(63, 999), "tile/63/999"),
        (TileName(2, 1000, 255), "tile/2/x001/000.p/255"),
        (TileName(None, 0), "tile/entries/000"),
        (TileName(None, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_each_tile_has_one_path(name: TileName, path: str) -> None:
    if name.level is None:
        assert tiles.entries_path(name.index, name.width) == path
    else:
        assert tiles.tile_path(name.level, name.index, name.width) == path
    assert tiles.read_path(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0", "tile/0/00", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/001/000",
        "tile/0/x000/000", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/05",
        "tile/0/000/",
        "tile/entries/x000/001", "tile/entry/000", "tile/0/٠٠٠", "checkpoint", "",
    ],
)  # fmt: skip
def test_other_spellings_name_nothing(path: str) -> None:
    with pytest.raises(BadPath):
        tiles.read_path(path)


def test_a_tree_of_70000_has_the_tiles_of_the_published_example() -> None:
    """273 full level 0 tiles and one of 112; one full level 1 tile and one of 17; one level 2 tile of 1."""

    def widths(level: int) -> list[int]:
        return [width for at in range(300) if (width := tiles.width_of(level, at, 70_000))]

    assert widths(0) == [256] * 273 + [112]
    assert widths(1) == [256, 17]
    assert widths(2) == [1]
    assert widths(3) == []


def test_a_bundle_is_lengths_and_entries() -> None:
    assert tiles.encode_bundle([b"ab", b"", b"c" * 256]) == b"\x00\x02ab\x00\x00\x01\x00" + b"c" * 256


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries)) == entries


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_that_ends_inside_an_entry_is_refused(data: bytes) -> None:
    with pytest.raises(BadBundle):
        tiles.decode_bundle(data)


def test_the_longest_entry_fits_and_a_longer_one_does_not() -> None:
    assert len(tiles.encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(BadBundle):
        tiles.encode_bundle([bytes(65_536)])


def test_growing_hands_out_each_full_tile_once() -> None:
    hashes = hashed(256 * 256 + 300)
    builder = Builder()
    made = [tile for leaf_hash in hashes for tile in builder.append(leaf_hash)]
    assert [(tile.level, tile.index) for tile in made if tile.level] == [(1, 0)]
    assert [tile.index for tile in made if not tile.level] == list(range(257))
    first, upper = made[0], next(tile for tile in made if tile.level)
    assert first.data == b"".join(hashes[:256])
    assert first.root == defined_root(hashes[:256])
    assert len(upper.data) == tiles.TILE_BYTES
    assert upper.root == defined_root(hashes[: 256 * 256])
    assert [len(edge) for edge in builder.edges] == [44, 1, 1]
    assert builder.root() == defined_root(hashes)


@settings(deadline=None)
@given(st.integers(0, 700), st.integers(0, 700))
def test_a_builder_goes_on_from_its_edges(first: int, more: int) -> None:
    hashes = hashed(first + more)
    begun = Builder()
    for leaf_hash in hashes[:first]:
        begun.append(leaf_hash)
    again = Builder(begun.size, begun.edges)
    for leaf_hash in hashes[first:]:
        again.append(leaf_hash)
    assert again.root() == defined_root(hashes)


@pytest.mark.parametrize(("size", "edges"), [(1, [[]]), (256, [[]]), (0, [[b"x"]])])
def test_edges_of_another_size_are_refused(size: int, edges: list[list[bytes]]) -> None:
    with pytest.raises(ValueError, match=r"size|levels"):
        Builder(size, edges)


def test_a_subtree_that_a_tile_does_not_hold_is_an_error_not_a_wrong_hash() -> None:
    read = tiles.reader_over(lambda level, index: hashed(5))
    assert read(2, 0) == defined_root(hashed(5)[:4])
    with pytest.raises(LookupError):
        read(2, 1)
