"""Planning as a job: the row in `planning_runs` is the truth, the queue carries only its id.

A worker holds a run by lease and attempt. Its result is written in the transaction that sees the lease
still held, so a run that two workers solve has one result.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from routing import ProblemError, Progress, Solution, StopRule

from ...db import Database
from ...domain.actors import Actor
from ...domain.errors import Conflict, RuleViolation
from ...models import leases
from ...models.forecasts import Forecast
from ...models.leases import LEASE
from ...models.route_plans import PlanningRun, RoundRevision, RoutePlan
from . import forecasts, revisions
from .incidents import Incident
from .origins import Origin, origin_of
from .plans import PlanBreaksRules, plan_day

BEAT = timedelta(seconds=1)


class LeaseLost(RuntimeError):
    """Another worker holds the run now: this one's result is dropped."""


def requeue_expired(session: Session, *, now: datetime) -> list[UUID]:
    """The runs to be put into the queue again: their worker is gone, or they never reached the queue.

    A run whose worker died three times is failed instead: it is the run that kills them.
    """
    return leases.requeue(session, PlanningRun, lost="plan.worker_lost", now=now)


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


class _Held:
    """A run that this process works on, by its attempt."""

    def __init__(self, database: Database, run: PlanningRun, now: Callable[[], datetime]) -> None:
        self.database, self.now = database, now
        self.run_id, self.attempt = run.id, run.attempt
        self.service_on, self.seed = run.service_on, run.seed
        self.stop = StopRule(seconds=run.budget_s, iterations=run.budget_iterations)
        self.budget_s = run.budget_s
        self.kind, self.origin_id, self.options = run.kind, run.origin_id, run.options or {}
        self.actor = Actor(author=run.requested_by, role="dispatcher")
        self.begun_at = self.beaten_at = now()
        self.so_far: dict[str, int] = {}
        self.stop_wanted = False

    @classmethod
    def take(cls, database: Database, run_id: UUID, now: Callable[[], datetime]) -> _Held | None:
        with database.transaction() as session:
            run = leases.take(session, PlanningRun, run_id, at=now())
            if run is None:
                return None
            return cls(database, run, now)

    def work(self) -> UUID | None:
        if self.kind == forecasts.KIND:
            return self.forecast()
        if self.kind == revisions.KIND:
            return self.revision()
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
            origin=self.origin(),
            put_off=self.put_off(),
        )

    def forecast(self) -> UUID:
        """The next days planned together; its id."""
        order = forecasts.Order(
            actor=self.actor,
            run_id=self.run_id,
            first_on=self.service_on,
            count=self.options["days"],
            seed=self.seed,
            stop=self.stop,
        )
        return forecasts.forecast_days(
            self.database,
            order,
            now=self.now,
            progress=self.on_day,
            cancelled=self.is_cancelled,
            finish=self.finish_forecast,
        )

    def revision(self) -> UUID:
        """What is left of a day under way, planned anew; its id."""
        return revisions.replan(
            self.database,
            actor=self.actor,
            incident=Incident.read(self.options),
            seed=self.seed,
            stop=self.stop,
            now=self.now,
            progress=self.on_progress,
            cancelled=self.is_cancelled,
            finish=self.finish_revision,
        )

    def origin(self) -> Origin | None:
        """The draft that this run starts from, as it is now."""
        if self.origin_id is None:
            return None
        with self.database.reading() as session:
            without = frozenset(self.options.get("without", ()))
            return origin_of(session, self.origin_id, kind=self.kind, without=without)

    def put_off(self) -> dict[UUID, date]:
        """What the forecast that this run goes by leaves to later days."""
        if "forecast_id" not in self.options:
            return {}
        with self.database.reading() as session:
            return forecasts.put_off(
                session, forecast_id=UUID(self.options["forecast_id"]), service_on=self.service_on
            )

    def on_progress(self, progress: Progress) -> None:
        self._note(progress.assigned, progress.assigned + progress.unassigned, progress.best_cost_fen)

    def on_day(self, placed: int, total: int, cost_fen: int) -> None:
        """A day of a forecast is planned."""
        self._note(placed, total, cost_fen)

    def _note(self, assigned: int, total: int, cost_fen: int) -> None:
        self.so_far = {
            "progress_assigned": assigned,
            "progress_total": total,
            "progress_cost_fen": cost_fen,
        }
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
        values |= {"progress_permille": self._permille(at), **self.so_far}
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
        run = self.still_mine(session)
        run.plan_id, run.input_digest = plan.id, plan.problem_digest
        self.close(run, plan.stops_planned, plan.stops_unassigned, plan.cost_fen)

    def finish_forecast(self, session: Session, forecast: Forecast) -> None:
        """The same for the next days planned together."""
        run = self.still_mine(session)
        run.input_digest = forecast.digest
        self.close(run, forecast.requests_placed, forecast.requests_left, forecast.cost_fen)

    def finish_revision(self, session: Session, revision: RoundRevision, solution: Solution) -> None:
        """The same for the rest of a day under way."""
        run = self.still_mine(session)
        run.revision_id = revision.id
        self.close(run, solution.assigned, len(solution.unassigned), solution.cost_fen)

    def still_mine(self, session: Session) -> PlanningRun:
        run = session.get(PlanningRun, self.run_id, with_for_update=True)
        if run is None or run.state != "running" or run.attempt != self.attempt:
            raise LeaseLost(str(self.run_id))
        if run.cancel_requested:
            raise Conflict("plan.run_cancelled")
        return run

    def close(self, run: PlanningRun, planned: int, left_out: int, cost_fen: int) -> None:
        run.state, run.progress_permille, run.finished_at = "done", 1000, self.now()
        run.progress_assigned, run.progress_total = planned, planned + left_out
        run.progress_cost_fen = cost_fen

    def fail(self, reason: Exception) -> None:
        """Close the run with what went wrong; a wish to stop is no failure."""
        with self.database.transaction() as session:
            run = session.get(PlanningRun, self.run_id, with_for_update=True)
            if run is None or run.state != "running" or run.attempt != self.attempt:
                return
            run.state = "cancelled" if run.cancel_requested else "failed"
            code = reason.code if isinstance(reason, RuleViolation) else "plan.solver_failed"
            run.failure = "" if run.cancel_requested else f"{code} {reason}"
            if isinstance(reason, RuleViolation):
                # With its numbers, so that the page of the run can say it in words.
                told = {key: v if isinstance(v, int) else str(v) for key, v in reason.params.items()}
                run.options = {**self.options, "failure": told}
            run.finished_at = self.now()
