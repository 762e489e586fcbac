"""The tree as files that never change: tiles of 256 hashes and bundles of 256 entries.

A tile at level l holds the hashes of 256 perfect subtrees of 256**l leaves each; a full one is 8,192 bytes.
Source: C2SP tlog-tiles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from . import tree
from .tree import HASH_BYTES, node_hash

WIDTH = 256
HEIGHT = 8
TILE_BYTES = WIDTH * HASH_BYTES
ENTRY_BYTES_MAX = 65_535
LEVEL_MAX = 63
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)

HashReader = Callable[[int, int], bytes]
"""(height, index) -> hash of the perfect subtree over the leaves [index << height, (index + 1) << height)."""


class BadBundle(ValueError):
    """Bytes that are no sequence of length-prefixed entries."""


class BadPath(ValueError):
    """A path that names no tile."""


@dataclass(frozen=True, slots=True)
class TileName:
    """`level` is None for a bundle of entries; `width` 256 for a full tile."""

    level: int | None
    index: int
    width: int = WIDTH


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Where a tile of hashes stands below the log's prefix."""
    return f"tile/{level}/{_index_path(index)}{_partial(width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Where a bundle of entries stands below the log's prefix."""
    return f"tile/entries/{_index_path(index)}{_partial(width)}"


def read_path(path: str) -> TileName:
    """The tile that a path names, in the one spelling of each name. Raises BadPath."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise BadPath(path[:200])
    level = None if found["level"] == "entries" else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    name = TileName(level, index, int(found["width"] or WIDTH))
    again = entries_path(index, name.width) if level is None else tile_path(level, index, name.width)
    if again != path or (level or 0) > LEVEL_MAX:
        raise BadPath(path[:200])
    return name


def _index_path(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def width_of(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of that size: 0 when it is not there at all, 256 when full."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - WIDTH * index))


# --- bundles -----------------------------------------------------------------------------------------------


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Each entry after its length as two bytes, big-endian. Raises BadBundle for one over 65,535 bytes."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise BadBundle(f"an entry of {len(entry)} bytes does not fit a bundle")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises BadBundle when the lengths do not add up."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise BadBundle("a bundle ends inside an entry")
        entries.append(data[at + 2 : end])
        at = end
    return entries


# --- hashes ------------------------------------------------------------------------------------------------


def hashes_in(tile: bytes) -> list[bytes]:
    """The hashes that a tile joins."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def folded(hashes: Sequence[bytes]) -> bytes:
    """Root over hashes of subtrees of one size, of which only the last may stand for a smaller one."""
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)] + odd
    return row[0] if row else tree.EMPTY_ROOT


def reader_over(tile: Callable[[int, int], Sequence[bytes]]) -> HashReader:
    """Hashes of any perfect subtree out of tiles: `tile(level, index)` gives the hashes of a tile.

    Each tile is asked for once. The reader raises LookupError for a subtree that its tile does not cover.
    """
    seen: dict[tuple[int, int], Sequence[bytes]] = {}

    def read(height: int, index: int) -> bytes:
        level, inner = divmod(height, HEIGHT)
        first = index << inner
        name = (level, first // WIDTH)
        if name not in seen:
            seen[name] = tile(*name)
        at, count = first % WIDTH, 1 << inner
        if at + count > len(seen[name]):
            raise LookupError(f"tile {name} ends before the subtree of height {height} at {index}")
        return folded(seen[name][at : at + count])

    return read


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that will never change: 8,192 bytes and the root over its 256 hashes."""

    level: int
    index: int
    data: bytes
    root: bytes


class Builder:
    """Grows a tree from the right and hands out each tile as it becomes full.

    `edges[level]` are the hashes of the one tile of that level that is not full yet.
    """

    def __init__(self, size: int = 0, edges: Iterable[Sequence[bytes]] = ()) -> None:
        self.size = size
        self.edges = [list(edge) for edge in edges] or [[]]
        for level, edge in enumerate(self.edges):
            if len(edge) != (size >> (HEIGHT * level)) % WIDTH:
                raise ValueError(f"{len(edge)} hashes cannot be the edge of level {level} at size {size}")
        if size >> (HEIGHT * len(self.edges)):
            raise ValueError(f"{len(self.edges)} levels are too few for a tree of {size}")

    def append(self, leaf_hash: bytes) -> list[FullTile]:
        """Add one leaf hash; the tiles that it completes, lowest level first."""
        self.edges[0].append(leaf_hash)
        self.size += 1
        made: list[FullTile] = []
        level = 0
        while len(self.edges[level]) == WIDTH:
            hashes, self.edges[level] = self.edges[level], []
            index = (self.size >> (HEIGHT * (level + 1))) - 1
            made.append(FullTile(level, index, b"".join(hashes), folded(hashes)))
            level += 1
            if level == len(self.edges):
                self.edges.append([])
            self.edges[level].append(made[-1].root)
        return made

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far."""
        made: list[bytes] = []
        for edge in self.edges:
            row = edge + made
            made = [folded(row)] if row else []
        return made[0] if made else tree.EMPTY_ROOT
