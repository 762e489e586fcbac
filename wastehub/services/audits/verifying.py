"""Verify the whole log as a job: the row in `verification_runs` is the truth, the queue carries only its id.

Works on logs of any size: the walk reads one snapshot while others write, says how far it is, and stops
when somebody cancels it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ... import ledger
from ...db import Database, new_id
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import leases
from ...models.leases import LEASE, WAITING
from ...models.verification_runs import VerificationRun, newest_runs

BEAT = timedelta(seconds=1)
FINDINGS_MAX = 50
# From this size on not each signature is checked from the page; the command line checks all of them.
SIGNATURES_MAX = 200_000


class _Stopped(Exception):
    """Cancelled, or taken by another worker."""


def request_verification(session: Session, *, actor: Actor, now: datetime) -> VerificationRun:
    """Ask for a verification of the log as it then is. The caller queues the run's id after the commit.

    Raises Conflict(verification.under_way).
    """
    actor.require("ledger.verify")
    if session.scalars(select(VerificationRun.id).where(VerificationRun.state.in_(WAITING))).first():
        raise Conflict("verification.under_way")
    size = ledger.size(session)
    run = VerificationRun(
        id=new_id(session, now),
        state="queued",
        signature_every=max(1, -(-size // SIGNATURES_MAX)),
        requested_by=actor.author,
        requested_at=now,
        attempt=0,
        cancel_requested=False,
        done=0,
        total=size,
        signatures=0,
        problems=0,
        findings=[],
    )
    session.add(run)
    session.flush()
    return run


def cancel_verification(session: Session, *, actor: Actor, run_id: UUID, now: datetime) -> VerificationRun:
    """Stop a run: one that waits ends at once, one that works at its next look at this flag.

    Raises NotFound, Conflict(verification.over).
    """
    run = verification(session, actor=actor, run_id=run_id)
    if run.state not in WAITING:
        raise Conflict("verification.over", state=run.state)
    run.cancel_requested = True
    if run.state == "queued":
        run.state, run.finished_at = "cancelled", now
    session.flush()
    return run


def verification(session: Session, *, actor: Actor, run_id: UUID) -> VerificationRun:
    """One run. Raises NotFound."""
    actor.require("ledger.verify")
    run = session.get(VerificationRun, run_id)
    if run is None:
        raise NotFound("object.not_found")
    return run


def verifications(session: Session, *, actor: Actor, limit: int = 10) -> list[VerificationRun]:
    """The latest runs, newest first: their results are kept."""
    actor.require("ledger.verify")
    return newest_runs(session, limit=limit)


def requeue_verifications(session: Session, *, now: datetime) -> list[UUID]:
    """The runs to be put into the queue again: their worker is gone, or they never reached the queue."""
    return leases.requeue(session, VerificationRun, lost="verification.worker_lost", now=now)


def execute_verification(database: Database, *, run_id: UUID, now: Callable[[], datetime]) -> bool:
    """Do one run for the worker; False when there is nothing (more) to do. Harmless to call twice."""
    held = _Held.take(database, run_id, now)
    if held is None:
        return False
    try:
        with database.reading() as session:
            report = ledger.verify(session, progress=held.beat, signature_every=held.signature_every)
    except _Stopped:
        held.close(state="cancelled")
        return False
    except Exception as error:
        held.close(state="failed", failure=f"verification.failed {type(error).__name__}"[:300])
        raise
    held.close(
        state="done",
        done=report.entries,
        total=report.entries,
        size=report.entries,
        root=report.root.hex(),
        signatures=report.signatures,
        log_ok=report.log_ok,
        books_ok=report.books_ok,
        problems=len(report.problems) + report.problems_left_out,
        findings=[[each.idx, each.kind, each.detail[:300]] for each in report.problems[:FINDINGS_MAX]],
    )
    return True


class _Held:
    """A run that this process works on, by its attempt."""

    def __init__(self, database: Database, run: VerificationRun, now: Callable[[], datetime]) -> None:
        self.database, self.now = database, now
        self.run_id, self.attempt, self.signature_every = run.id, run.attempt, run.signature_every
        self.beaten_at = now()

    @classmethod
    def take(cls, database: Database, run_id: UUID, now: Callable[[], datetime]) -> _Held | None:
        with database.transaction() as session:
            at = now()
            run = leases.take(session, VerificationRun, run_id, at=at)
            if run is None:
                return None
            run.started_at = at
            session.flush()
            return cls(database, run, now)

    def beat(self, done: int, total: int) -> None:
        """Say how far the walk is, and hear whether somebody wants it stopped. Raises _Stopped."""
        at = self.now()
        if at - self.beaten_at < BEAT:
            return
        self.beaten_at = at
        with self.database.transaction() as session:
            changed = session.execute(
                update(VerificationRun)
                .where(VerificationRun.id == self.run_id, VerificationRun.attempt == self.attempt)
                .where(VerificationRun.state == "running")
                .values(heartbeat_at=at, lease_until_at=at + LEASE, done=done, total=total)
                .returning(VerificationRun.cancel_requested)
            ).one_or_none()
        if changed is None or changed[0]:
            raise _Stopped

    def close(self, **values: object) -> None:
        """Write the result, unless another worker holds the run by now; a wish to stop wins over a result."""
        with self.database.transaction() as session:
            run = session.get(VerificationRun, self.run_id, with_for_update=True)
            if run is None or run.state != "running" or run.attempt != self.attempt:
                return
            for name, value in values.items():
                setattr(run, name, value)
            run.finished_at = self.now()
