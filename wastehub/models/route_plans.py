"""Planning runs, plans, rounds, trips and stops."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from ..db import Base, Grams
from ..domain.actors import Actor
from ..domain.errors import NotFound
from .organisations import Organisation
from .requests import PickupRequest
from .vehicles import CrewMember, Vehicle
from .versioned import Versioned


class PlanningRun(Base):
    """One run of the planner: the truth about a job (the queue carries only its id).

    `state`: queued, running, done, failed, cancelled. A worker holds it by `lease_until_at` and
    `attempt`; a result is stored only by the holder, so solving twice does no harm.
    `kind`: "" a whole day, rest (around the pins of the draft `origin_id`), what_if (the same day under
    other `options`), under_way (what the rounds on the road have not done; its result is a revision),
    forecast (the `days` of its `options` from that day on; its result is a forecast, see models/forecasts).
    """

    __tablename__ = "planning_runs"
    __table_args__ = (Index("ix_planning_runs_state", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    seed: Mapped[int] = mapped_column(Integer)
    budget_s: Mapped[int | None] = mapped_column(Integer)
    budget_iterations: Mapped[int | None] = mapped_column(Integer)
    requested_by: Mapped[str] = mapped_column(String(60))
    requested_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    lease_until_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress_permille: Mapped[int] = mapped_column(Integer, default=0)
    progress_assigned: Mapped[int] = mapped_column(Integer, default=0)
    progress_total: Mapped[int] = mapped_column(Integer, default=0)
    progress_cost_fen: Mapped[int | None] = mapped_column(BigInteger)
    input_digest: Mapped[str] = mapped_column(String(64), default="")
    failure: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None]
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("route_plans.id"))
    kind: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("route_plans.id"))
    options: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    revision_id: Mapped[UUID | None] = mapped_column(ForeignKey("round_revisions.id"))


class RoutePlan(Versioned, Base):
    """A plan for one day and all platforms. `state`: draft, published, discarded.

    `problem` and `solution` are kept as the planner saw them, with seed and engine version, so that
    anybody can see why (and plan the same again). `pins`: what the next run must leave as it is (see
    services/planning/pins). A draft made from another one names it: `origin_id`, and in `origin_kind`
    how (rest, by_hand, what_if) with `origin_options`; that one says the newest order made from it by
    hand in `continued_as`. `emissions`: fuel and CO2e with the factors used (services/planning/footprint).
    """

    __tablename__ = "route_plans"
    __table_args__ = (UniqueConstraint("plan_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_no: Mapped[str] = mapped_column(String(24))
    service_on: Mapped[date] = mapped_column(Date, index=True)
    state: Mapped[str] = mapped_column(String(12))
    seed: Mapped[int] = mapped_column(Integer)
    engine: Mapped[str] = mapped_column(String(24))
    engine_version: Mapped[str] = mapped_column(String(40))
    problem_digest: Mapped[str] = mapped_column(String(64))
    problem: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    solution: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    stops_planned: Mapped[int] = mapped_column(Integer)
    stops_unassigned: Mapped[int] = mapped_column(Integer)
    distance_m: Mapped[int] = mapped_column(Integer)
    drive_s: Mapped[int] = mapped_column(Integer)
    cost_fen: Mapped[int] = mapped_column(BigInteger)
    drafted_by: Mapped[str] = mapped_column(String(60))
    drafted_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None]
    pins: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("route_plans.id"))
    origin_kind: Mapped[str] = mapped_column(String(12), default="", server_default=text("''"))
    origin_options: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    continued_as: Mapped[str] = mapped_column(String(24), default="", server_default=text("''"))
    emissions: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    rounds: Mapped[list["Round"]] = relationship(lazy="raise", order_by="Round.round_no")
    unassigned: Mapped[list["UnassignedStop"]] = relationship(lazy="raise")


class Round(Versioned, Base):
    """One vehicle's day 收运任务. `state`: planned, published, under_way, finished, cancelled."""

    __tablename__ = "rounds"
    __table_args__ = (
        UniqueConstraint("round_no"),
        Index("ix_rounds_service_on_state", "service_on", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    round_no: Mapped[str] = mapped_column(String(28))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("route_plans.id"), index=True)
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    vehicle_id: Mapped[UUID] = mapped_column(ForeignKey("vehicles.id"))
    driver_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"), index=True)
    escort_id: Mapped[UUID | None] = mapped_column(ForeignKey("crew_members.id"))
    service_on: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    start_s: Mapped[int] = mapped_column(Integer)
    end_s: Mapped[int] = mapped_column(Integer)
    distance_m: Mapped[int] = mapped_column(Integer)
    drive_s: Mapped[int] = mapped_column(Integer)
    cost_fen: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    plan: Mapped[RoutePlan] = relationship(lazy="raise", viewonly=True)
    platform: Mapped[Organisation] = relationship(lazy="raise")
    vehicle: Mapped[Vehicle] = relationship(lazy="raise")
    driver: Mapped[CrewMember | None] = relationship(lazy="raise", foreign_keys=[driver_id])
    escort: Mapped[CrewMember | None] = relationship(lazy="raise", foreign_keys=[escort_id])
    trips: Mapped[list["Trip"]] = relationship(lazy="raise", order_by="Trip.seq", back_populates="round")


class Trip(Versioned, Base):
    """One way out and back 趟次. `state`: planned, under_way, arrived, received, cancelled."""

    __tablename__ = "trips"
    __table_args__ = (UniqueConstraint("round_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"))
    seq: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    leave_s: Mapped[int] = mapped_column(Integer)
    return_s: Mapped[int] = mapped_column(Integer)
    unloaded_s: Mapped[int] = mapped_column(Integer)
    departed_at: Mapped[datetime | None]  # of a later trip, when the crew has told it
    arrived_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]

    round: Mapped[Round] = relationship(lazy="raise", back_populates="trips")
    stops: Mapped[list["Stop"]] = relationship(lazy="raise", order_by="Stop.seq", back_populates="trip")


class Stop(Versioned, Base):
    """A visit to one enterprise. `state`: planned, done, partly_done, missed, cancelled."""

    __tablename__ = "stops"
    __table_args__ = (UniqueConstraint("trip_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    trip_id: Mapped[UUID] = mapped_column(ForeignKey("trips.id"))
    request_id: Mapped[UUID] = mapped_column(ForeignKey("pickup_requests.id"), index=True)
    seq: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    arrive_s: Mapped[int] = mapped_column(Integer)
    service_start_s: Mapped[int] = mapped_column(Integer)
    depart_s: Mapped[int] = mapped_column(Integer)
    rest_before_s: Mapped[int] = mapped_column(Integer, default=0)
    rest_after_s: Mapped[int] = mapped_column(Integer, default=0)
    containers_planned: Mapped[int] = mapped_column(Integer, default=0)
    planned_g: Mapped[int] = mapped_column(Grams, default=0)  # net mass when the plan was made
    outcome_reason: Mapped[str] = mapped_column(String(40), default="")
    outcome_note: Mapped[str] = mapped_column(String(300), default="")
    closed_at: Mapped[datetime | None]

    trip: Mapped[Trip] = relationship(lazy="raise", back_populates="stops")
    request: Mapped[PickupRequest] = relationship(lazy="raise")


class UnassignedStop(Base):
    """A request the plan leaves out, with the reason and its numbers (F44)."""

    __tablename__ = "unassigned_stops"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("route_plans.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("pickup_requests.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)

    request: Mapped[PickupRequest] = relationship(lazy="raise")


class RoundRevision(Versioned, Base):
    """What is left of a day under way, planned anew 任务调整. `state`: draft, published, discarded.

    `incident`: what happened (vehicle, kind, minutes). `watched`: the versions of the rounds, trips and
    stops it was made from; published only while they are still those. `changes`: by round number what
    the crew has to know. Problem and solutions are kept as for a plan.
    """

    __tablename__ = "round_revisions"
    __table_args__ = (UniqueConstraint("revision_no"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision_no: Mapped[str] = mapped_column(String(24))
    platform_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    service_on: Mapped[date] = mapped_column(Date, index=True)
    state: Mapped[str] = mapped_column(String(12))
    incident: Mapped[dict[str, Any]] = mapped_column(JSON)
    watched: Mapped[dict[str, Any]] = mapped_column(JSON)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    problem: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    solution: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    drafted_by: Mapped[str] = mapped_column(String(60))
    drafted_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None]

    platform: Mapped[Organisation] = relationship(lazy="raise")


LIVE_ROUND = ("published", "under_way", "finished")


def _round_options() -> list[Any]:
    """What pages and services need of a round: vehicle, crew, trips, stops, requests and their firms."""
    stops = selectinload(Round.trips).selectinload(Trip.stops)
    return [
        joinedload(Round.platform),
        joinedload(Round.vehicle),
        joinedload(Round.driver),
        joinedload(Round.escort),
        stops.joinedload(Stop.request).joinedload(PickupRequest.enterprise),
        stops.joinedload(Stop.request).selectinload(PickupRequest.windows),
    ]


def full_plan(session: Session, plan_id: UUID) -> RoutePlan:
    """A plan with its rounds down to the firms and with what it leaves out. Raises NotFound."""
    left_out = selectinload(RoutePlan.unassigned).joinedload(UnassignedStop.request)
    query = (
        select(RoutePlan)
        .where(RoutePlan.id == plan_id)
        .options(
            selectinload(RoutePlan.rounds).options(*_round_options()),
            left_out.joinedload(PickupRequest.enterprise),
            left_out.joinedload(PickupRequest.platform),
        )
    )
    plan = session.scalars(query).one_or_none()
    if plan is None:
        raise NotFound("object.not_found")
    return plan


def full_round(session: Session, round_id: UUID) -> Round:
    """A round down to the firms it visits. Raises NotFound."""
    query = select(Round).where(Round.id == round_id).options(*_round_options(), joinedload(Round.plan))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("object.not_found")
    return found


def rounds_on(
    session: Session, on: date, *, platform_id: UUID | None = None, states: tuple[str, ...] = LIVE_ROUND
) -> list[Round]:
    """The rounds of a day, all platforms or one, down to the firms."""
    query = select(Round).where(Round.service_on == on, Round.state.in_(states))
    if platform_id is not None:
        query = query.where(Round.platform_id == platform_id)
    return list(session.scalars(query.options(*_round_options()).order_by(Round.round_no)))


def busy_on(
    session: Session, on: date, *, besides: UUID | None = None
) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Vehicles and crew members that live rounds of a day (one left aside) hold, with the round number."""
    query = select(Round.round_no, Round.vehicle_id, Round.driver_id, Round.escort_id)
    query = query.where(Round.service_on == on, Round.state.in_(LIVE_ROUND))
    if besides is not None:
        query = query.where(Round.id != besides)
    vehicles: dict[UUID, str] = {}
    people: dict[UUID, str] = {}
    for round_no, vehicle_id, driver_id, escort_id in session.execute(query):
        vehicles[vehicle_id] = round_no
        people.update({person: round_no for person in (driver_id, escort_id) if person is not None})
    return vehicles, people


def plans_on(session: Session, on: date) -> list[RoutePlan]:
    """Every plan ever made for a day, the newest first."""
    query = select(RoutePlan).where(RoutePlan.service_on == on)
    return list(session.scalars(query.order_by(RoutePlan.drafted_at.desc(), RoutePlan.plan_no.desc())))


def published_days(session: Session, *, after: date) -> frozenset[date]:
    """The days behind this one whose rounds are published."""
    query = select(RoutePlan.service_on).where(RoutePlan.state == "published", RoutePlan.service_on > after)
    return frozenset(session.scalars(query.distinct()))


def live_stop_of(session: Session, request_id: UUID) -> Stop | None:
    """The stop of a published or running round that is to fetch this request, with trip and round."""
    query = (
        select(Stop)
        .join(Stop.trip)
        .join(Trip.round)
        .where(Stop.request_id == request_id, Stop.state == "planned", Round.state.in_(LIVE_ROUND))
        .options(joinedload(Stop.trip).joinedload(Trip.round).joinedload(Round.platform))
    )
    return session.scalars(query).one_or_none()


def rounds_by_id(session: Session, ids: list[UUID], *, lock: bool = False) -> dict[UUID, Round]:
    """Rounds with platform, vehicle, crew, trips and stops loaded; unknown ids are left out."""
    query = (
        select(Round)
        .where(Round.id.in_(ids))
        .options(
            joinedload(Round.platform),
            joinedload(Round.vehicle),
            joinedload(Round.driver),
            joinedload(Round.escort),
            selectinload(Round.trips).selectinload(Trip.stops),
        )
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=Round)
    return {row.id: row for row in session.scalars(query)}


def require_crew(rounds: Mapping[UUID, Round], round_id: UUID, actor: Actor) -> Round:
    """The round, if it is the actor's: a driver sees only the rounds he or she is on (F56).

    Raises NotFound.
    """
    row = rounds.get(round_id)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.platform_id)
    if not on_crew(row, actor):
        raise NotFound("object.not_found")
    return row


def on_crew(row: Round, actor: Actor) -> bool:
    """Whether a crew member is on this round; always true for other roles and for devices."""
    if actor.role != "driver" or actor.user_id is None:
        return True
    return actor.user_id in {person.user_id for person in (row.driver, row.escort) if person is not None}


def stops_by_id(session: Session, ids: list[UUID], *, lock: bool = False) -> dict[UUID, Stop]:
    """Stops with their trip, request and the request's enterprise."""
    query = (
        select(Stop)
        .where(Stop.id.in_(ids))
        .options(joinedload(Stop.trip), joinedload(Stop.request).joinedload(PickupRequest.enterprise))
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=Stop)
    return {row.id: row for row in session.scalars(query)}


def round_ids_of_stops(session: Session, stop_ids: list[UUID]) -> list[UUID]:
    """The rounds that the stops belong to: to lock a round before its stops."""
    query = select(Trip.round_id).join(Stop, Stop.trip_id == Trip.id).where(Stop.id.in_(stop_ids))
    return list(session.scalars(query.distinct().order_by(Trip.round_id)))


def trips_by_id(session: Session, ids: list[UUID], *, lock: bool = False) -> dict[UUID, Trip]:
    """Trips with their stops."""
    query = (
        select(Trip)
        .where(Trip.id.in_(ids))
        .options(selectinload(Trip.stops))
        .execution_options(populate_existing=lock)
    )
    if lock:
        query = query.with_for_update(of=Trip)
    return {row.id: row for row in session.scalars(query)}
