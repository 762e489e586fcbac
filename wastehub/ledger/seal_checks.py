"""Part of verify(): the stored tiles and checkpoints are those that follow from the leaves."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from .findings import VerifyReport
from .store import CheckpointRow, TileRow
from .tiles import HEIGHT, WIDTH, Builder, FullTile, tile_path


class SealCheck:
    """Grows the tree again beside the walk, and compares each full tile and each signed root."""

    def __init__(self, session: Session, report: VerifyReport) -> None:
        self._session = session
        self._report = report
        self._builder = Builder()
        self._roots: dict[int, bytes] = {}
        self._tiles: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self._folded = session.scalar(select(func.max(TileRow.idx)).where(TileRow.level == 0))

    def load(self, first_idx: int, last_idx: int) -> None:
        """What was sealed between these entries, at one go."""
        sizes = CheckpointRow.size.between(first_idx + 1, last_idx + 1)
        rows = self._session.execute(select(CheckpointRow.size, CheckpointRow.root).where(sizes))
        self._roots = {row.size: bytes(row.root) for row in rows}
        indexes = TileRow.idx.between(first_idx // WIDTH, last_idx // WIDTH)
        lowest = self._session.execute(
            select(TileRow.idx, TileRow.data, TileRow.root).where(TileRow.level == 0, indexes)
        )
        self._tiles = {(0, row.idx): (bytes(row.data), bytes(row.root)) for row in lowest}

    def take(self, leaf_hash: bytes) -> None:
        """The next leaf. Once the log is damaged, later differences would only be noise."""
        made = self._builder.append(leaf_hash)
        if not self._report.log_ok:
            return
        for tile in made:
            self._compare(tile)
        size = self._builder.size
        signed = self._roots.get(size)
        if signed is not None and signed != self._builder.root():
            self._report.damaged(
                size - 1, "checkpoint.root", f"the checkpoint of {size} entries signs another root"
            )

    def _compare(self, tile: FullTile) -> None:
        at = tile.index * WIDTH << (HEIGHT * tile.level)
        stored = self._stored(tile.level, tile.index)
        if stored is None:
            # Behind the last fold a tile is not due yet.
            if self._folded is not None and at >> HEIGHT <= self._folded:
                self._report.damaged(at, "tile.missing", tile_path(tile.level, tile.index))
        elif stored != (tile.data, tile.root):
            self._report.damaged(at, "tile.changed", tile_path(tile.level, tile.index))

    def _stored(self, level: int, index: int) -> tuple[bytes, bytes] | None:
        if level == 0:
            return self._tiles.get((level, index))
        statement = select(TileRow.data, TileRow.root).where(TileRow.level == level, TileRow.idx == index)
        row = self._session.execute(statement).one_or_none()
        return None if row is None else (bytes(row.data), bytes(row.root))

    def finish(self, entries: int) -> None:
        """Nothing is sealed beyond the last entry."""
        beyond = self._session.scalar(
            select(func.max(CheckpointRow.size)).where(CheckpointRow.size > entries)
        )
        if beyond is not None and self._report.log_ok:
            self._report.damaged(
                entries, "entry.missing", f"a checkpoint covers {beyond} entries, {entries} are there"
            )
