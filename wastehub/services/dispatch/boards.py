"""What the dispatcher looks at: the pool, the day, plans and rounds. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models.batches import Batch, Container
from ...models.manifests import Manifest
from ...models.organisations import Organisation, organisations_of
from ...models.reference import WasteCode
from ...models.requests import PickupRequest
from ...models.route_plans import (
    PlanningRun,
    Round,
    RoutePlan,
    Stop,
    Trip,
    UnassignedStop,
    full_plan,
    full_round,
    live_stop_of,
    on_crew,
    plans_on,
    require_crew,
    rounds_on,
)
from ...models.vehicles import CrewMember

PRESSING_DAYS = 3


@dataclass(frozen=True, slots=True)
class PoolRow:
    """One request in the pool with what hangs on it."""

    id: UUID
    request_no: str
    firm: str
    county_code: str
    platform: str
    state: str
    urgent: bool
    attempts: int
    ready_on: date
    due_on: date
    containers: int
    mass_g: int
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for one platform."""

    requests: int
    overdue: int
    pressing: int
    mass_g: int


@dataclass(frozen=True, slots=True)
class HomeBoard:
    """The dispatcher's day. `plan` is the newest of the day that counts, published before draft."""

    waiting: Waiting
    next_on: date
    next_plan: RoutePlan | None
    next_run: PlanningRun | None
    rounds: list[Round]
    left_out: list[UnassignedStop]


def platforms(session: Session) -> list[Organisation]:
    """The platforms to choose from in filters."""
    return organisations_of(session, "platform")


def home(session: Session, *, actor: Actor, today: date, next_on: date) -> HomeBoard:
    """What the dispatcher of a platform has to do now."""
    actor.require("plan.run")
    plans = plans_on(session, next_on)
    plan = next((row for row in plans if row.state == "published"), None)
    drafts = [row for row in plans if row.state == "draft"]
    plan = plan or next((row for row in drafts if row.origin_kind != "what_if"), None)
    plan = plan or next(iter(drafts), None)
    run = session.scalars(
        select(PlanningRun)
        .where(
            PlanningRun.service_on == next_on,
            PlanningRun.state.in_(("queued", "running")),
            PlanningRun.kind != "forecast",
        )
        .order_by(PlanningRun.requested_at.desc())
    ).first()
    return HomeBoard(
        waiting=_waiting(session, actor.organisation_id, today),
        next_on=next_on,
        next_plan=plan,
        next_run=run,
        rounds=rounds_on(session, today, platform_id=actor.organisation_id),
        left_out=_still_left_out(session, plan, actor.organisation_id),
    )


def _waiting(session: Session, platform_id: UUID | None, today: date) -> Waiting:
    mass = (
        select(Container.request_id, func.sum(Container.mass_g).label("g"))
        .group_by(Container.request_id)
        .subquery()
    )
    query = (
        select(
            func.count(PickupRequest.id),
            func.count(case((PickupRequest.due_on < today, 1))),
            func.count(case((PickupRequest.due_on <= today + timedelta(days=PRESSING_DAYS), 1))),
            func.coalesce(func.sum(mass.c.g), 0),
        )
        .outerjoin(mass, mass.c.request_id == PickupRequest.id)
        .where(PickupRequest.state == "open", PickupRequest.platform_id == platform_id)
    )
    count, overdue, pressing, mass_g = session.execute(query).one()
    return Waiting(int(count), int(overdue), int(pressing), int(mass_g))


def _still_left_out(
    session: Session, plan: RoutePlan | None, platform_id: UUID | None
) -> list[UnassignedStop]:
    if plan is None:
        return []
    query = (
        select(UnassignedStop)
        .join(UnassignedStop.request)
        .where(
            UnassignedStop.plan_id == plan.id,
            PickupRequest.state == "open",
            PickupRequest.platform_id == platform_id,
        )
        .options(joinedload(UnassignedStop.request).joinedload(PickupRequest.enterprise))
        .order_by(PickupRequest.due_on)
    )
    return list(session.scalars(query))


def request_pool(
    session: Session,
    *,
    actor: Actor,
    today: date,
    text: str,
    platform: str,
    due: str,
    state: str,
    sort: str,
    descending: bool,
    limit: int,
    offset: int,
) -> tuple[list[PoolRow], int, dict[str, int]]:
    """Requests that wait or are scheduled, with count and sums of all that fit the filters.

    `platform` is a code or "" for all; `due` is "", "overdue" or "pressing"; `state` open or scheduled.
    """
    actor.require("request.view")
    held = (
        select(
            Container.request_id,
            func.count(Container.id).label("n"),
            func.sum(Container.mass_g).label("g"),
        )
        .where(Container.request_id.is_not(None))
        .group_by(Container.request_id)
        .subquery()
    )
    home_of = Organisation.__table__.alias("platform")
    base = (
        select(PickupRequest, Organisation, home_of.c.short_name, held.c.n, held.c.g)
        .join(Organisation, Organisation.id == PickupRequest.enterprise_id)
        .join(home_of, home_of.c.id == PickupRequest.platform_id)
        .outerjoin(held, held.c.request_id == PickupRequest.id)
        .where(PickupRequest.state.in_((state,) if state in ("open", "scheduled") else ("open", "scheduled")))
    )
    for condition in _pool_filters(actor, today, text, due):
        base = base.where(condition)
    if platform:
        base = base.where(home_of.c.code == platform)
    columns = {
        "request_no": PickupRequest.request_no,
        "firm": Organisation.name,
        "platform": home_of.c.code,
        "ready_on": PickupRequest.ready_on,
        "due_on": PickupRequest.due_on,
        "containers": held.c.n,
        "mass_g": held.c.g,
    }
    return _page(session, base, columns.get(sort, PickupRequest.due_on), descending, limit, offset)


def _pool_filters(actor: Actor, today: date, text: str, due: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if actor.role == "enterprise":
        found.append(PickupRequest.enterprise_id == actor.organisation_id)
    if actor.role == "regulator" and actor.county_code:
        found.append(Organisation.county_code == actor.county_code)
    if text:
        found.append(
            or_(
                PickupRequest.request_no.contains(text, autoescape=True),
                Organisation.name.contains(text, autoescape=True),
                Organisation.code.contains(text, autoescape=True),
            )
        )
    if due == "overdue":
        found.append(PickupRequest.due_on < today)
    if due == "pressing":
        found.append(PickupRequest.due_on <= today + timedelta(days=PRESSING_DAYS))
    return found


def _page(
    session: Session, base: Select[Any], order: Any, descending: bool, limit: int, offset: int
) -> tuple[list[PoolRow], int, dict[str, int]]:
    inner = base.subquery()
    count, containers, mass_g = session.execute(
        select(func.count(), func.coalesce(func.sum(inner.c.n), 0), func.coalesce(func.sum(inner.c.g), 0))
    ).one()
    ordered = base.order_by(order.desc() if descending else order.asc(), PickupRequest.request_no)
    rows = session.execute(ordered.limit(limit).offset(offset)).all()
    codes = _codes(session, [row[0].id for row in rows])
    shown = [
        PoolRow(
            id=request.id,
            request_no=request.request_no,
            firm=firm.name,
            county_code=firm.county_code or "",
            platform=platform,
            state=request.state,
            urgent=request.urgent,
            attempts=request.attempts,
            ready_on=request.ready_on,
            due_on=request.due_on,
            containers=int(n or 0),
            mass_g=int(g or 0),
            codes=codes.get(request.id, ()),
        )
        for request, firm, platform, n, g in rows
    ]
    return shown, int(count), {"containers": int(containers), "mass_g": int(mass_g)}


def _codes(session: Session, request_ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, set[str]] = {}
    for start in range(0, len(request_ids), 500):
        query = (
            select(Container.request_id, Batch.waste_code)
            .join(Batch, Batch.id == Container.batch_id)
            .where(Container.request_id.in_(request_ids[start : start + 500]))
            .distinct()
        )
        for request_id, code in session.execute(query):
            assert request_id is not None
            found.setdefault(request_id, set()).add(code)
    return {key: tuple(sorted(codes)) for key, codes in found.items()}


@dataclass(frozen=True, slots=True)
class RequestBoard:
    """One request: its containers with names, the stop that is to fetch it, what happened before."""

    request: PickupRequest
    containers: list[Container]
    names: dict[str, WasteCode]
    stop: Stop | None
    past: list[Stop]


def request_board(session: Session, *, actor: Actor, request_id: UUID) -> RequestBoard:
    """A request for the dispatcher. Raises NotFound for one of another platform."""
    actor.require("round.rearrange")
    query = (
        select(PickupRequest)
        .where(PickupRequest.id == request_id)
        .options(
            joinedload(PickupRequest.enterprise),
            joinedload(PickupRequest.platform),
            selectinload(PickupRequest.windows),
        )
    )
    request = session.scalars(query).one_or_none()
    if request is None:
        raise NotFound("object.not_found")
    stop = live_stop_of(session, request_id)
    actor.require_own(request.platform_id, stop.trip.round.platform_id if stop else None)
    held = session.scalars(
        select(Container)
        .where(Container.request_id == request_id)
        .options(joinedload(Container.batch))
        .order_by(Container.label_code)
    ).all()
    codes = {container.batch.waste_code for container in held}
    names = {row.code: row for row in session.scalars(select(WasteCode).where(WasteCode.code.in_(codes)))}
    past = session.scalars(
        select(Stop)
        .join(Stop.trip)
        .join(Trip.round)
        .where(Stop.request_id == request_id, Round.state != "planned")
        .options(joinedload(Stop.trip).joinedload(Trip.round))
        .order_by(Round.service_on.desc())
    ).all()
    return RequestBoard(request, list(held), names, stop, list(past))


def plan_board(session: Session, *, actor: Actor, plan_id: UUID) -> RoutePlan:
    """A plan of all platforms together. Raises NotFound."""
    actor.require("plan.view")
    return full_plan(session, plan_id)


def latest_plans(session: Session, *, actor: Actor, limit: int, offset: int) -> tuple[list[RoutePlan], int]:
    """All plans, the latest day first, and how many there are."""
    actor.require("plan.view")
    query = select(RoutePlan).order_by(RoutePlan.service_on.desc(), RoutePlan.drafted_at.desc())
    count = session.scalar(select(func.count(RoutePlan.id))) or 0
    return list(session.scalars(query.limit(limit).offset(offset))), count


def open_runs(session: Session, *, actor: Actor) -> list[PlanningRun]:
    """Runs that wait or work."""
    actor.require("plan.view")
    query = select(PlanningRun).where(
        PlanningRun.state.in_(("queued", "running")), PlanningRun.kind != "forecast"
    )
    return list(session.scalars(query.order_by(PlanningRun.requested_at)))


def run_board(session: Session, *, actor: Actor, run_id: UUID) -> PlanningRun:
    """One run of the planner. Raises NotFound."""
    actor.require("plan.view")
    run = session.get(PlanningRun, run_id)
    if run is None:
        raise NotFound("object.not_found")
    return run


def pool_size(session: Session, *, on: date) -> int:
    """How many requests a plan of that day would have to place."""
    query = select(func.count(PickupRequest.id)).where(
        PickupRequest.state == "open", PickupRequest.ready_on <= on
    )
    return session.scalar(query) or 0


def day_rounds(session: Session, *, actor: Actor, on: date, platform: str) -> list[Round]:
    """The rounds of a day that the actor may see; `platform` is a code or "" for all of them.

    A crew member sees the rounds he or she is on (F56), a county's regulator those of its platforms.
    """
    actor.require("round.view")
    platform_id = actor.organisation_id if actor.role == "driver" else None
    rows = rounds_on(
        session, on, platform_id=platform_id, states=("published", "under_way", "finished", "cancelled")
    )
    return [
        row
        for row in rows
        if (not platform or row.platform.code == platform)
        and on_crew(row, actor)
        and (not actor.county_code or row.platform.county_code == actor.county_code)
    ]


@dataclass(frozen=True, slots=True)
class RoundBoard:
    """A round with its manifests by stop, its containers by request, and who could drive it."""

    round: Round
    manifests: dict[UUID, Manifest]
    containers: dict[UUID, list[Container]]
    names: dict[str, WasteCode]
    drivers: list[CrewMember]
    escorts: list[CrewMember]


def round_board(session: Session, *, actor: Actor, round_id: UUID) -> RoundBoard:
    """Everything about a round. Raises NotFound; a crew member sees the rounds he or she is on."""
    actor.require("round.view")
    row = full_round(session, round_id)
    if actor.role == "driver":
        require_crew({row.id: row}, row.id, actor)
    if actor.county_code and row.platform.county_code != actor.county_code:
        raise NotFound("object.not_found")
    ids = [stop.request_id for trip in row.trips for stop in trip.stops]
    papers = session.scalars(
        select(Manifest).join(Stop, Stop.id == Manifest.stop_id).where(Stop.request_id.in_(ids))
    )
    by_stop = {paper.stop_id: paper for paper in papers if paper.stop_id is not None}
    held: dict[UUID, list[Container]] = {}
    query = (
        select(Container)
        .where(Container.request_id.in_(ids))
        .options(joinedload(Container.batch))
        .order_by(Container.label_code)
    )
    for container in session.scalars(query):
        assert container.request_id is not None
        held.setdefault(container.request_id, []).append(container)
    codes = {container.batch.waste_code for rows in held.values() for container in rows}
    names = {code.code: code for code in session.scalars(select(WasteCode).where(WasteCode.code.in_(codes)))}
    people = session.scalars(
        select(CrewMember)
        .where(
            CrewMember.platform_id == row.platform_id,
            CrewMember.active.is_(True),
            CrewMember.certificate_valid_until_on >= row.service_on,
        )
        .order_by(CrewMember.certificate_no)
    ).all()
    return RoundBoard(
        round=row,
        manifests=by_stop,
        containers=held,
        names=names,
        drivers=[person for person in people if person.kind == "driver"],
        escorts=[person for person in people if person.kind == "escort"],
    )
