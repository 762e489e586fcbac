"""Tiles and entries as the database has them: full tiles are kept, partial ones follow from what is kept."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import tiles, tree
from .rows import table
from .store import EntryRow, TileRow
from .tiles import HEIGHT, WIDTH, Builder, FullTile, HashReader


class NoSuchTile(LookupError):
    """The tree of that size has no such tile, or it was not folded yet."""


def entries(session: Session, index: int, width: int = WIDTH) -> list[bytes]:
    """The leaf bytes of a bundle. Raises NoSuchTile when the log does not reach so far."""
    first = index * WIDTH
    statement = (
        select(EntryRow.leaf)
        .where(EntryRow.idx >= first, EntryRow.idx < first + width)
        .order_by(EntryRow.idx)
    )
    found = [bytes(leaf) for leaf in session.scalars(statement)]
    if len(found) != width:
        raise NoSuchTile(f"entries {first} to {first + width - 1}")
    return found


def hashes(session: Session, level: int, index: int, width: int = WIDTH) -> list[bytes]:
    """The hashes of a tile; of a partial one freshly made from the leaves or the tiles below it.

    Raises NoSuchTile.
    """
    if width == WIDTH:
        found = session.scalar(select(TileRow.data).where(TileRow.level == level, TileRow.idx == index))
        if found is None:
            raise NoSuchTile(tiles.tile_path(level, index))
        return tiles.hashes_in(bytes(found))
    if level == 0:
        return [tree.leaf_hash(leaf) for leaf in entries(session, index, width)]
    first = index * WIDTH
    statement = (
        select(TileRow.root)
        .where(TileRow.level == level - 1, TileRow.idx >= first, TileRow.idx < first + width)
        .order_by(TileRow.idx)
    )
    roots = [bytes(root) for root in session.scalars(statement)]
    if len(roots) != width:
        raise NoSuchTile(tiles.tile_path(level, index, width))
    return roots


def reader(session: Session, size: int) -> HashReader:
    """Hashes of the perfect subtrees of the tree of that size, which must have been folded."""
    return tiles.reader_over(
        lambda level, index: hashes(session, level, index, tiles.width_of(level, index, size))
    )


def keep(session: Session, made: list[FullTile]) -> None:
    """Store full tiles."""
    rows = [{"level": each.level, "idx": each.index, "root": each.root, "data": each.data} for each in made]
    if rows:
        session.execute(table(TileRow).insert(), rows)


def builder(session: Session) -> Builder:
    """A builder that goes on behind the last full tile of leaves."""
    newest = session.scalar(select(func.max(TileRow.idx)).where(TileRow.level == 0))
    size = 0 if newest is None else (newest + 1) * WIDTH
    edges: list[list[bytes]] = [[]]
    while size >> (HEIGHT * len(edges)):
        level = len(edges)
        index = size >> (HEIGHT * (level + 1))
        width = tiles.width_of(level, index, size)
        edges.append(hashes(session, level, index, width) if width else [])
    return Builder(size, edges)
