"""Planning as a job: the row in `planning_runs` is the truth, the queue carries only its id.

A worker holds a run by lease and attempt. Its result is written in the transaction that sees the lease
still held, so a run that two workers solve has one result.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from routing import ProblemError, Progress, StopRule

from ...db import Database, new_id
from ...domain import calendar
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound, RuleViolation
from ...models.route_plans import PlanningRun, RoutePlan
from .plans import PlanBreaksRules, plan_day

LEASE = timedelta(seconds=60)
BEAT = timedelta(seconds=1)
BUDGET_MAX_S = 1800
ATTEMPTS_MAX = 3
WAITING = ("queued", "running")


class LeaseLost(RuntimeError):
    """Another worker holds the run now: this one's result is dropped."""


def request_run(
    session: Session, *, actor: Actor, service_on: date, seed: int, budget_s: int, now: datetime
) -> PlanningRun:
    """Ask for a plan of a day. The caller puts the run's id into the queue after the commit.

    Raises InvalidInput (plan.budget_out_of_range, plan.day_over), Conflict(plan.run_under_way).
    """
    actor.require("plan.run")
    if not 1 <= budget_s <= BUDGET_MAX_S:
        raise InvalidInput("plan.budget_out_of_range", field="budget_s", given=budget_s, most=BUDGET_MAX_S)
    today = calendar.on_date(now)
    if service_on < today:
        raise InvalidInput("plan.day_over", field="service_on", on=service_on, today=today)
    query = select(PlanningRun.id).where(PlanningRun.service_on == service_on, PlanningRun.state.in_(WAITING))
    if session.scalars(query).first() is not None:
        raise Conflict("plan.run_under_way", on=service_on)
    run = PlanningRun(
        id=new_id(session, now),
        service_on=service_on,
        state="queued",
        seed=seed,
        budget_s=budget_s,
        requested_by=actor.author,
        requested_at=now,
        attempt=0,
        cancel_requested=False,
    )
    session.add(run)
    session.flush()
    return run


def cancel_run(session: Session, *, actor: Actor, run_id: UUID, now: datetime) -> PlanningRun:
    """Stop a run: one that waits ends at once, one that works ends at its next look at this flag.

    Raises NotFound, Conflict(plan.run_over).
    """
    actor.require("plan.run")
    run = _get(session, run_id)
    if run.state not in WAITING:
        raise Conflict("plan.run_over", state=run.state)
    run.cancel_requested = True
    if run.state == "queued":
        run.state, run.finished_at = "cancelled", now
    session.flush()
    return run


def requeue_expired(session: Session, *, now: datetime) -> list[UUID]:
    """The runs to be put into the queue again: their worker is gone, or they never reached the queue.

    A run whose worker died three times is failed instead: it is the run that kills them.
    """
    query = select(PlanningRun).where(
        or_(
            (PlanningRun.state == "running") & (PlanningRun.lease_until_at < now),
            (PlanningRun.state == "queued") & (PlanningRun.requested_at < now - LEASE),
        )
    )
    again: list[UUID] = []
    for run in session.scalars(query.order_by(PlanningRun.requested_at).with_for_update()):
        if run.attempt >= ATTEMPTS_MAX:
            run.state, run.failure, run.finished_at = "failed", "plan.worker_lost", now
        elif run.cancel_requested:
            run.state, run.finished_at = "cancelled", now
        else:
            run.state, run.lease_until_at = "queued", None
            again.append(run.id)
    session.flush()
    return again


def execute_run(database: Database, *, run_id: UUID, now: Callable[[], datetime]) -> UUID | None:
    """Do one run for the worker: the plan's id, or None when there is nothing (more) to do.

    Harmless to call twice: a run that is over, or that another worker holds, is left alone.
    """
    held = _Held.take(database, run_id, now)
    if held is None:
        return None
    try:
        return held.work()
    except LeaseLost:
        return None
    except (RuleViolation, PlanBreaksRules, ProblemError) as reason:
        held.fail(reason)
        return None


def _get(session: Session, run_id: UUID) -> PlanningRun:
    run = session.get(PlanningRun, run_id)
    if run is None:
        raise NotFound("object.not_found")
    return run


class _Held:
    """A run that this process works on, by its attempt."""

    def __init__(self, database: Database, run: PlanningRun, now: Callable[[], datetime]) -> None:
        self.database, self.now = database, now
        self.run_id, self.attempt = run.id, run.attempt
        self.service_on, self.seed = run.service_on, run.seed
        self.stop = StopRule(seconds=run.budget_s, iterations=run.budget_iterations)
        self.budget_s = run.budget_s
        self.actor = Actor(author=run.requested_by, role="dispatcher")
        self.begun_at = self.beaten_at = now()
        self.latest: Progress | None = None
        self.stop_wanted = False

    @classmethod
    def take(cls, database: Database, run_id: UUID, now: Callable[[], datetime]) -> _Held | None:
        with database.transaction() as session:
            run = session.get(PlanningRun, run_id, with_for_update=True)
            at = now()
            if run is None or run.state not in WAITING:
                return None
            if run.state == "running" and run.lease_until_at is not None and run.lease_until_at > at:
                return None
            run.state, run.attempt = "running", run.attempt + 1
            run.lease_until_at, run.heartbeat_at = at + LEASE, at
            session.flush()
            return cls(database, run, now)

    def work(self) -> UUID | None:
        return plan_day(
            self.database,
            actor=self.actor,
            service_on=self.service_on,
            seed=self.seed,
            stop=self.stop,
            now=self.now,
            progress=self.on_progress,
            cancelled=self.is_cancelled,
            finish=self.finish,
        )

    def on_progress(self, progress: Progress) -> None:
        self.latest = progress
        self.beat()

    def is_cancelled(self) -> bool:
        self.beat()
        return self.stop_wanted

    def beat(self) -> None:
        """Tell the table how far the work is, and hear whether somebody wants it stopped."""
        at = self.now()
        if at - self.beaten_at < BEAT:
            return
        self.beaten_at = at
        values: dict[str, object] = {"heartbeat_at": at, "lease_until_at": at + LEASE}
        values["progress_permille"] = self._permille(at)
        if self.latest is not None:
            values["progress_assigned"] = self.latest.assigned
            values["progress_total"] = self.latest.assigned + self.latest.unassigned
            values["progress_cost_fen"] = self.latest.best_cost_fen
        with self.database.transaction() as session:
            mine = (PlanningRun.id == self.run_id) & (PlanningRun.attempt == self.attempt)
            changed = session.execute(
                update(PlanningRun)
                .where(mine, PlanningRun.state == "running")
                .values(**values)
                .returning(PlanningRun.cancel_requested)
            ).one_or_none()
        # A lost lease stops the solver like a cancellation; the result is refused in `finish`.
        self.stop_wanted = changed is None or bool(changed[0])

    def _permille(self, at: datetime) -> int:
        if not self.budget_s:
            return 0
        return min(990, int((at - self.begun_at).total_seconds() * 1000 / self.budget_s))

    def finish(self, session: Session, plan: RoutePlan) -> None:
        """Called in the transaction that writes the plan: refuse it, or mark the run done."""
        run = session.get(PlanningRun, self.run_id, with_for_update=True)
        if run is None or run.state != "running" or run.attempt != self.attempt:
            raise LeaseLost(str(self.run_id))
        if run.cancel_requested:
            raise Conflict("plan.run_cancelled")
        run.state, run.plan_id, run.input_digest = "done", plan.id, plan.problem_digest
        run.progress_permille, run.finished_at = 1000, self.now()
        run.progress_assigned = plan.stops_planned
        run.progress_total = plan.stops_planned + plan.stops_unassigned
        run.progress_cost_fen = plan.cost_fen

    def fail(self, reason: Exception) -> None:
        """Close the run with what went wrong; a wish to stop is no failure."""
        with self.database.transaction() as session:
            run = session.get(PlanningRun, self.run_id, with_for_update=True)
            if run is None or run.state != "running" or run.attempt != self.attempt:
                return
            run.state = "cancelled" if run.cancel_requested else "failed"
            code = reason.code if isinstance(reason, RuleViolation) else "plan.solver_failed"
            run.failure = "" if run.cancel_requested else f"{code} {reason}"
            run.finished_at = self.now()
