"""Rows that are the truth about a job: a worker holds one by lease and attempt; the queue has its id only.

`PlanningRun`, `ExportRun` and `VerificationRun` have the same columns: `state`, `attempt`, `lease_until_at`,
`heartbeat_at`, `requested_at`, `finished_at`, `cancel_requested`, `failure`.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 3
WAITING = ("queued", "running")

Run = TypeVar("Run", bound=Any)


def requeue(session: Session, table: type[Any], *, lost: str, now: datetime) -> list[UUID]:
    """The runs to be put into the queue again: their worker is gone, or they never reached the queue.

    A run whose worker died too often is failed with the code `lost` instead: it is the run that kills them.
    """
    query = select(table).where(
        or_(
            (table.state == "running") & (table.lease_until_at < now),
            (table.state == "queued") & (table.requested_at < now - LEASE),
        )
    )
    again: list[UUID] = []
    for run in session.scalars(query.order_by(table.requested_at).with_for_update()):
        if run.attempt >= ATTEMPTS_MAX:
            run.state, run.failure, run.finished_at = "failed", lost, now
        elif run.cancel_requested:
            run.state, run.finished_at = "cancelled", now
        else:
            run.state, run.lease_until_at = "queued", None
            again.append(run.id)
    session.flush()
    return again


def take(session: Session, table: type[Run], run_id: UUID, *, at: datetime) -> Run | None:
    """The run, held from now on by whoever asks; None when it is over or another worker holds it."""
    run = session.get(table, run_id, with_for_update=True)
    if run is None or run.state not in WAITING:
        return None
    if run.state == "running" and run.lease_until_at is not None and run.lease_until_at > at:
        return None
    run.state, run.attempt = "running", run.attempt + 1
    run.lease_until_at, run.heartbeat_at = at + LEASE, at
    session.flush()
    return run
