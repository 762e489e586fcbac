"""How much is in the log, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import integrating
from .reading import size, unexplained_g
from .store import (
    AuthorHeadRow,
    DiscrepancyRow,
    EntryRow,
    EquivocationRow,
    HeldRow,
    PostingRow,
    PrivateBlobRow,
    SiteHeadRow,
)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts; `leaf_bytes` of all entries together, `by_type` the most frequent first."""

    entries: int
    sealed: int
    checkpoints: int
    leaf_bytes: int
    authors: int
    sites: int
    postings: int
    held: int
    open_cases: int
    equivocations: int
    personal_values: int
    erased_values: int
    unexplained_g: int
    since: datetime | None
    until: datetime | None
    by_type: tuple[tuple[str, int], ...]


def statistics(session: Session) -> Statistics:
    """Walks the entries once: seconds at a million."""

    def count(row: type[object], *where: object) -> int:
        return session.scalar(select(func.count()).select_from(row).where(*where)) or 0  # type: ignore[arg-type]

    newest = integrating.latest(session)
    number = func.count()
    by_type = session.execute(
        select(EntryRow.type, number).group_by(EntryRow.type).order_by(number.desc(), EntryRow.type)
    )
    since, until, leaf_bytes = session.execute(
        select(func.min(EntryRow.recorded_at), func.max(EntryRow.recorded_at),
               func.coalesce(func.sum(func.length(EntryRow.leaf)), 0))
    ).one()  # fmt: skip
    return Statistics(
        entries=size(session),
        sealed=newest.size if newest else 0,
        checkpoints=integrating.count(session),
        leaf_bytes=int(leaf_bytes),
        authors=count(AuthorHeadRow),
        sites=count(SiteHeadRow),
        postings=count(PostingRow),
        held=count(HeldRow, HeldRow.posted_idx.is_(None)),
        open_cases=count(DiscrepancyRow, DiscrepancyRow.closed_idx.is_(None)),
        equivocations=count(EquivocationRow),
        personal_values=count(PrivateBlobRow, PrivateBlobRow.value.is_not(None)),
        erased_values=count(PrivateBlobRow, PrivateBlobRow.value.is_(None)),
        unexplained_g=unexplained_g(session),
        since=since,
        until=until,
        by_type=tuple((name, found) for name, found in by_type),
    )
