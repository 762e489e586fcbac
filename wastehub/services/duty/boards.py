"""What crew and office see of a round on the road. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain import calendar, driving_time, duty_alarms, duty_settings
from ...domain.actors import Actor
from ...domain.arrivals import Expected
from ...domain.driving_time import Count, DrivingRule, Moment
from ...domain.duty_alarms import Alarm
from ...domain.positions import Fix
from ...models import duty as rows
from ...models import reference
from ...models.duty import DutyRest, Relay, VehiclePosition
from ...models.route_plans import Round, full_round
from .arrivals import expected_of
from .changes import RevisionDiff, diffs_of
from .resting import moments_of


@dataclass(frozen=True, slots=True)
class CabDuty:
    """The crew's side: the driving clock with what it is made of, the rest under way, what is to be read.

    `unseen`: changes that this person has not confirmed.
    """

    count: Count
    rule: DrivingRule
    moments: list[Moment]
    resting: DutyRest | None
    rests: list[DutyRest]
    unseen: list[RevisionDiff]
    relays: list[Relay]
    position_every_s: int
    position_keep_days: int


def cab_duty(session: Session, *, actor: Actor, row: Round, now: datetime) -> CabDuty:
    """For a crew member's own round, down to its firms."""
    actor.require("round.drive")
    numbers = _numbers(session, now)
    rule = driving_time.rule_of(numbers)
    moments = moments_of(session, [row])[row.id]
    rests = rows.rests_of(session, [row.id])[row.id]
    return CabDuty(
        count=driving_time.count(moments, rule=rule, now_s=round(now.timestamp())),
        rule=rule,
        moments=moments,
        resting=next((rest for rest in rests if rest.ended_at is None), None),
        rests=rests,
        unseen=[diff for diff in diffs_of(session, row) if actor.author not in diff.seen],
        relays=rows.relays_of(session, [row.id], open_only=True),
        position_every_s=numbers["position_every_s"],
        position_keep_days=numbers["position_keep_days"],
    )


def _numbers(session: Session, now: datetime) -> dict[str, int]:
    return duty_settings.settings(reference.legal_limits(session, calendar.on_date(now)))


@dataclass(frozen=True, slots=True)
class RoundDuty:
    """The office's side. `unread`: changes that not every phone of the crew has confirmed."""

    round: Round
    count: Count
    rule: DrivingRule
    alarms: list[Alarm]
    position: VehiclePosition | None
    relays: list[Relay]
    expected: dict[UUID, Expected] = field(default_factory=dict)
    rests: list[DutyRest] = field(default_factory=list)


def day_duty(session: Session, *, actor: Actor, rounds: Sequence[Round], now: datetime) -> list[RoundDuty]:
    """The rounds under way among those the actor may see. Positions only for those who may view them."""
    actor.require("round.view")
    live = [row for row in rounds if row.state == "under_way"]
    return _duties(session, actor, live, now)


def alarms_now(
    session: Session, *, actor: Actor, rounds: Sequence[Round], now: datetime
) -> list[tuple[Round, list[Alarm]]]:
    """Of the rounds under way those that want looking at, for a page that shows nothing else of them.

    Four questions however many there are, none when nobody drives.
    """
    actor.require("round.view")
    live = [row for row in rounds if row.state == "under_way"]
    if not live:
        return []
    numbers = _numbers(session, now)
    rule, limits = driving_time.rule_of(numbers), duty_alarms.thresholds_of(numbers)
    moments = moments_of(session, live)
    fixes = rows.fixes_of(session, [row.id for row in live if may_see_positions(actor, row)])
    found = []
    for row in live:
        count = driving_time.count(moments[row.id], rule=rule, now_s=round(now.timestamp()))
        found.append((row, _alarms(row, fixes.get(row.id, []), count, now, limits)))
    return [(row, alarms) for row, alarms in found if alarms]


def round_duty(session: Session, *, actor: Actor, round_id: UUID, now: datetime) -> RoundDuty:
    """One round, also after its end. Raises NotFound."""
    actor.require("round.view")
    return _duties(session, actor, [full_round(session, round_id)], now)[0]


def may_see_positions(actor: Actor, row: Round) -> bool:
    """Positions are for the office of the platform whose crew it is, and for nobody else."""
    return actor.role == "dispatcher" and actor.organisation_id == row.platform_id


def _duties(session: Session, actor: Actor, live: list[Round], now: datetime) -> list[RoundDuty]:
    if not live:
        return []
    numbers = _numbers(session, now)
    rule, limits = driving_time.rule_of(numbers), duty_alarms.thresholds_of(numbers)
    ids = [row.id for row in live]
    moments, rests = moments_of(session, live), rows.rests_of(session, ids)
    halves = rows.relays_of(session, ids, open_only=True)
    expected = expected_of(session, live, now=now, half_window_s=numbers["arrival_half_window_s"])
    found = []
    for row in live:
        fixes = rows.track_of(session, row.id) if may_see_positions(actor, row) else []
        count = driving_time.count(moments[row.id], rule=rule, now_s=round(now.timestamp()))
        found.append(
            RoundDuty(
                round=row,
                count=count,
                rule=rule,
                alarms=_alarms(row, [_fix(each) for each in fixes], count, now, limits),
                position=fixes[-1] if fixes else None,
                relays=[each for each in halves if row.id in (each.from_round_id, each.to_round_id)],
                expected=expected[row.id] if row.state in ("published", "under_way") else {},
                rests=rests[row.id],
            )
        )
    return found


def _fix(row: VehiclePosition) -> Fix:
    return Fix(row.at, row.lon_e6, row.lat_e6, row.accuracy_m)


def _alarms(
    row: Round,
    fixes: Sequence[Fix],
    count: Count,
    now: datetime,
    limits: duty_alarms.Thresholds,
) -> list[Alarm]:
    if row.state != "under_way" or row.started_at is None:
        return []
    home = (row.platform.lon_e6, row.platform.lat_e6)
    places = [
        (stop.request.enterprise.lon_e6, stop.request.enterprise.lat_e6)
        for trip in row.trips
        if trip.state != "cancelled"
        for stop in trip.stops
    ]
    return duty_alarms.judge(
        fixes=fixes,
        way=[home, *places, home],
        count=count,
        planned_end_at=calendar.at_time(row.service_on, row.end_s),
        started_at=row.started_at,
        now=now,
        rule=limits,
    )
