"""A round on the road beside its custody: rests, relays, changes read, positions, arrivals told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, func, select
from sqlalchemy.orm import Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload

from ..db import Base
from ..domain import relays
from ..domain.positions import Fix
from .route_plans import Round
from .versioned import Versioned


class DutyRest(Base):
    """A rest 停车休息 of a crew as it told it. `ended_at` None: it rests."""

    __tablename__ = "duty_rests"
    __table_args__ = (Index("ix_duty_rests_round_id_began_at", "round_id", "began_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    began_by: Mapped[str] = mapped_column(String(60))
    ended_by: Mapped[str] = mapped_column(String(60), default="")


class Relay(Versioned, Base):
    """A load goes on with another vehicle 途中换车: one crew gives, the other takes, in any order.

    `state`: offered (only given), taken (only taken), done, withdrawn. `takes_all`: the taking crew has
    not counted out containers, it took whatever is given.
    """

    __tablename__ = "relays"
    __table_args__ = (
        Index("ix_relays_from_round_id", "from_round_id"),
        Index("ix_relays_to_round_id", "to_round_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    from_round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"))
    to_round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"))
    state: Mapped[str] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(String(200), default="")
    takes_all: Mapped[bool] = mapped_column(default=False)
    given_at: Mapped[datetime | None]
    given_by: Mapped[str] = mapped_column(String(60), default="")
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(60), default="")

    giving: Mapped[Round] = relationship(lazy="raise", foreign_keys=[from_round_id])
    taking: Mapped[Round] = relationship(lazy="raise", foreign_keys=[to_round_id])
    containers: Mapped[list["RelayContainer"]] = relationship(lazy="raise", cascade="save-update")

    @property
    def given(self) -> frozenset[UUID]:
        return frozenset(row.container_id for row in self.containers if row.given)

    @property
    def taken(self) -> frozenset[UUID]:
        return frozenset(row.container_id for row in self.containers if row.taken)


class RelayContainer(Base):
    """A container that one side or both have named."""

    __tablename__ = "relay_containers"

    relay_id: Mapped[UUID] = mapped_column(ForeignKey("relays.id"), primary_key=True)
    container_id: Mapped[UUID] = mapped_column(ForeignKey("containers.id"), primary_key=True)
    given: Mapped[bool] = mapped_column(default=False)
    taken: Mapped[bool] = mapped_column(default=False)


class RevisionSighting(Base):
    """Somebody of a crew has read what the dispatcher changed on its round."""

    __tablename__ = "revision_sightings"

    revision_id: Mapped[UUID] = mapped_column(ForeignKey("round_revisions.id"), primary_key=True)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    author: Mapped[str] = mapped_column(String(60), primary_key=True)
    seen_at: Mapped[datetime]
    received_at: Mapped[datetime]


class DayClosing(Base):
    """The end of somebody's day on a phone: the chain up to here, and what the phone said of itself.

    `unsent`, `refused`: what lay on the phone when it was closed. What is kept here came after all before it.
    """

    __tablename__ = "day_closings"
    __table_args__ = (Index("ix_day_closings_round_id", "round_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"))
    author: Mapped[str] = mapped_column(String(60))
    device: Mapped[str] = mapped_column(String(60))
    last_seq: Mapped[int] = mapped_column(Integer)
    head: Mapped[str] = mapped_column(String(64))
    unsent: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
    closed_at: Mapped[datetime]
    received_at: Mapped[datetime]


class VehiclePosition(Base):
    """Where a phone on board was, during duty only; deleted after some days (position_keep_days)."""

    __tablename__ = "vehicle_positions"
    __table_args__ = (Index("ix_vehicle_positions_at", "at"),)

    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    author: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    lon_e6: Mapped[int] = mapped_column(Integer)
    lat_e6: Mapped[int] = mapped_column(Integer)
    accuracy_m: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime]


class ArrivalNotice(Base):
    """What a firm was told of when the vehicle comes: each time it moved enough, the earlier ones stay."""

    __tablename__ = "arrival_notices"
    __table_args__ = (Index("ix_arrival_notices_stop_id_made_at", "stop_id", "made_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stop_id: Mapped[UUID] = mapped_column(ForeignKey("stops.id"))
    round_id: Mapped[UUID] = mapped_column(ForeignKey("rounds.id"), index=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("pickup_requests.id"), index=True)
    made_at: Mapped[datetime]
    expected_at: Mapped[datetime]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]


def rests_of(session: Session, round_ids: Sequence[UUID]) -> dict[UUID, list[DutyRest]]:
    """The rests of each round, in the order in which they began."""
    found: dict[UUID, list[DutyRest]] = {key: [] for key in round_ids}
    query = select(DutyRest).where(DutyRest.round_id.in_(round_ids))
    for row in session.scalars(query.order_by(DutyRest.began_at, DutyRest.id)):
        found[row.round_id].append(row)
    return found


def relays_of(
    session: Session, round_ids: Sequence[UUID], *, open_only: bool = False, lock: bool = False
) -> list[Relay]:
    """The relays that some rounds give or take, the newest first, with containers (and rounds, vehicles)."""
    query = select(Relay).where(Relay.from_round_id.in_(round_ids) | Relay.to_round_id.in_(round_ids))
    if open_only:
        query = query.where(Relay.state.in_(relays.OPEN))
    query = query.options(selectinload(Relay.containers))
    if lock:
        # Without the rounds: reading them again would drop what their holder has loaded of them.
        query = query.with_for_update(of=Relay).execution_options(populate_existing=True)
    else:
        query = query.options(
            joinedload(Relay.giving).joinedload(Round.vehicle),
            joinedload(Relay.taking).joinedload(Round.vehicle),
        )
    return list(session.scalars(query.order_by(Relay.id.desc())))


def newest_positions(session: Session, round_ids: Sequence[UUID]) -> dict[UUID, VehiclePosition]:
    """The last place of each round."""
    query = select(VehiclePosition.round_id, func.max(VehiclePosition.at).label("at"))
    newest = (
        query.where(VehiclePosition.round_id.in_(round_ids)).group_by(VehiclePosition.round_id).subquery()
    )
    row = aliased(VehiclePosition)
    same = (row.round_id == newest.c.round_id) & (row.at == newest.c.at)
    return {each.round_id: each for each in session.scalars(select(row).join(newest, same))}


def track_of(session: Session, round_id: UUID, *, since: datetime | None = None) -> list[VehiclePosition]:
    """Where a round was, in the order of time."""
    query = select(VehiclePosition).where(VehiclePosition.round_id == round_id)
    if since is not None:
        query = query.where(VehiclePosition.at >= since)
    return list(session.scalars(query.order_by(VehiclePosition.at, VehiclePosition.author)))


def fixes_of(session: Session, round_ids: Sequence[UUID]) -> dict[UUID, list[Fix]]:
    """The tracks of some rounds in one question, as plain values in the order of time."""
    row = VehiclePosition
    query = select(row.round_id, row.at, row.lon_e6, row.lat_e6, row.accuracy_m)
    query = query.where(row.round_id.in_(round_ids)).order_by(row.at, row.author)
    found: dict[UUID, list[Fix]] = {each: [] for each in round_ids}
    for round_id, at, lon_e6, lat_e6, accuracy_m in session.execute(query):
        found[round_id].append(Fix(at, lon_e6, lat_e6, accuracy_m))
    return found


def newest_notices(session: Session, stop_ids: Iterable[UUID]) -> dict[UUID, ArrivalNotice]:
    """What the firm of each stop was told last."""
    query = select(ArrivalNotice).where(ArrivalNotice.stop_id.in_(list(stop_ids)))
    return {
        row.stop_id: row for row in session.scalars(query.order_by(ArrivalNotice.made_at, ArrivalNotice.id))
    }
