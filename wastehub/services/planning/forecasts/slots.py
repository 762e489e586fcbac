"""Which day could a firm get, why not sooner, and what would make it sooner (F32, F34).

Answered from the newest forecast as if the request came to it: the days' routes keep their order, and
every hint has been tried on that very plan. Costs and other firms' names stay with the planner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from routing import Stop
from routing.horizon import DayOffer, HorizonPlan, Legs, Request, offer

from ....domain import calendar
from ....domain.actors import Actor
from ....domain.errors import NotFound
from ....models import forecasts, organisations, permits, reference
from ....models import requests as request_rows
from ....models.batches import Container, containers_by_id
from ....models.forecasts import Forecast
from ....models.organisations import Organisation
from ....models.requests import PickupRequest
from ....models.route_plans import published_days
from .. import facts, load_classes, travel
from ..facts import cargo_of
from ..load_classes import Cargo
from . import storing
from .ahead import cargo_load, part_name
from .widening import widened

# A firm that could open this long is asked whether it would.
OPEN_S, CLOSE_S = 8 * 3600, 18 * 3600
# A truck is announced as a span of hours: the forecast is no promise of minutes.
SPAN_S = 2 * 3600

Windows = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DaySlot:
    """One day of the forecast for a request.

    `possible`: a vehicle could come; then `from_s` to `until_s` is about when, and `shared` whether it
    comes by on a trip that others are on. `reason` else: a planner's code, not_ready or past_due.
    """

    on: date
    possible: bool
    shared: bool = False
    from_s: int = 0
    until_s: int = 0
    reason: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sooner:
    """What would let it be fetched on an earlier day. `kind`: ready_earlier, wider_window, split."""

    kind: str
    on: date
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slots:
    """The answer. `soonest_on` None: no day of the forecast. `planned_on`: what it gives a request."""

    made_at: datetime
    days: tuple[DaySlot, ...]
    sooner: tuple[Sooner, ...] = ()
    planned_on: date | None = None

    @property
    def soonest_on(self) -> date | None:
        return next((day.on for day in self.days if day.possible), None)

    @property
    def why_not_sooner(self) -> tuple[DaySlot, ...]:
        """The days before the soonest, or all of them."""
        soonest = self.soonest_on
        return tuple(day for day in self.days if not day.possible and (soonest is None or day.on < soonest))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be fetched, from when and until when. `windows` empty: the firm's opening hours."""

    firm: Organisation
    cargo: Sequence[Cargo]
    ready_on: date
    due_on: date | None
    windows: Windows = ()
    request_no: str = ""
    platform_id: UUID | None = None


def for_containers(
    session: Session,
    *,
    actor: Actor,
    container_ids: Sequence[UUID],
    ready_on: date,
    windows: Windows,
    now: datetime,
) -> Slots | None:
    """The days for containers that a firm is about to ask for; None without forecast or containers.

    Raises Forbidden, NotFound.
    """
    actor.require("stock.view")
    firm = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if firm is None or firm.kind != "enterprise":
        raise NotFound("object.not_found")
    rows = containers_by_id(session, list(container_ids))
    mine = [row for row in rows.values() if row.holder_id == firm.id and row.state == "labelled"]
    return _answer(session, _wish(session, firm, mine, ready_on, windows, now), now)


def for_request(session: Session, *, actor: Actor, request_id: UUID, now: datetime) -> Slots | None:
    """The days for an open request; None without forecast, or if it is not open.

    Raises Forbidden, NotFound.
    """
    actor.require("request.place")
    row = request_rows.request_by_id(session, request_id)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.enterprise_id, row.platform_id)
    if row.state != "open":
        return None
    held = [one for one in request_rows.containers_on(session, [row.id]) if one.state == "labelled"]
    wish = _wish(session, row.enterprise, held, row.ready_on, _windows_of(row), now)
    slots = _answer(
        session, replace(wish, due_on=row.due_on, request_no=row.request_no, platform_id=row.platform_id), now
    )
    return None if slots is None else replace(slots, planned_on=forecasts.day_of(session, row.id))


def _windows_of(row: PickupRequest) -> Windows:
    return tuple((window.open_s, window.close_s) for window in row.windows)


def _wish(
    session: Session,
    firm: Organisation,
    containers: Iterable[Container],
    ready_on: date,
    windows: Windows,
    now: datetime,
) -> Wish:
    pairs = [(one, one.batch) for one in containers]
    return Wish(firm, cargo_of(session, pairs, calendar.on_date(now)), ready_on, None, windows)


def _answer(session: Session, wish: Wish, now: datetime) -> Slots | None:
    forecast = forecasts.current(session, on=calendar.on_date(now))
    if forecast is None or not wish.cargo:
        return None
    question = _Question.ask(session, forecast, wish, calendar.on_date(now))
    if question is None:
        return None
    found = question.days(wish.windows)
    slots = Slots(made_at=forecast.made_at, days=tuple(question.slot(one) for one in found))
    return replace(slots, sooner=tuple(question.sooner(slots, found)))


@dataclass(slots=True)
class _Question:
    """A wish before the plan: its parts as stops, and what a day says of all of them together."""

    plan: HorizonPlan
    wish: Wish
    stop: Stop
    parts: Sequence[Sequence[Cargo]]
    legs: Legs
    service_s: tuple[int, int]  # fixed, per container
    today: date
    published: frozenset[date]

    @classmethod
    def ask(cls, session: Session, forecast: Forecast, wish: Wish, today: date) -> _Question | None:
        """None where no platform of the forecast has a contract with the firm."""
        region = facts.region_of(session)
        kept = storing.read(session, forecast, region)
        plan = widened(session, kept.plan, {item.load_class for item in wish.cargo})
        depots = _depots(session, wish, plan)
        if not depots:
            return None
        limits = reference.legal_limits(session, today)
        partitioned = any(
            vehicle.separates and vehicle.depot in depots
            for day in plan.horizon.days
            for vehicle in day.vehicles
        )
        place = (wish.firm.lon_e6, wish.firm.lat_e6)
        stop = Stop(id="?", location=0, load={"?": {}}, allowed_depots=depots)
        return cls(
            plan=plan,
            wish=wish,
            stop=stop,
            parts=load_classes.parts(wish.cargo, facts.matrix_of(session), partitioned=partitioned),
            legs=travel.legs(region, place, kept.places),
            service_s=(limits["service_stop_s"], limits["service_container_s"]),
            today=today,
            published=published_days(session, after=today),
        )

    def days(self, windows: Windows, parts: Sequence[Sequence[Cargo]] | None = None) -> list[list[DayOffer]]:
        """By day of the forecast, what it could do for each part: ready and due are left aside."""
        answers = [
            offer(self.plan, self._request(number, part, windows), self.legs)
            for number, part in enumerate(parts or self.parts, 1)
        ]
        return [list(of_day) for of_day in zip(*answers, strict=True)]

    def _request(self, number: int, part: Sequence[Cargo], windows: Windows) -> Request:
        firm, days = self.wish.firm, self.plan.horizon.days
        stop = replace(
            self.stop,
            id=part_name(self.wish.request_no, number) if self.wish.request_no else f"?{number}",
            load=cargo_load(part),
            windows=windows or ((firm.open_s, firm.close_s),),
            service_s=self.service_s[0] + self.service_s[1] * len(part),
        )
        return Request(stop=stop, ready_day=days[0].day, due_day=days[-1].day)

    def slot(self, offers: Sequence[DayOffer]) -> DaySlot:
        """What a day says of the request, its ready and due day counted."""
        on = date.fromordinal(offers[0].day)
        if on <= self.today:
            return DaySlot(on, False, reason="day_over")
        if on in self.published:
            return DaySlot(on, False, reason="day_published")
        if on < self.wish.ready_on:
            return DaySlot(on, False, reason="not_ready", numbers={"ready_on": self.wish.ready_on})
        if self.wish.due_on is not None and on > self.wish.due_on >= self.today:
            return DaySlot(on, False, reason="past_due", numbers={"due_on": self.wish.due_on})
        blocked = next((one.why_not for one in offers if one.why_not is not None), None)
        if blocked is not None:
            return DaySlot(on, False, reason=blocked.code, numbers=blocked.numbers)
        first = min(one.start_s for one in offers)
        from_s = first // SPAN_S * SPAN_S
        return DaySlot(on, True, not any(one.new_trip for one in offers), from_s, from_s + SPAN_S)

    def sooner(self, slots: Slots, found: Sequence[Sequence[DayOffer]]) -> Iterable[Sooner]:
        """What would bring it forward, each tried: the earliest day that it would open."""
        early = {
            date.fromordinal(offers[0].day) for offers in found if all(one.why_not is None for one in offers)
        }
        by_readiness = [
            day.on for day in slots.why_not_sooner if day.reason == "not_ready" and day.on in early
        ]
        if by_readiness:
            yield Sooner("ready_earlier", by_readiness[0])
        blocked = [day.on for day in slots.why_not_sooner if day.reason not in _TERMS]
        if not blocked:
            return
        wider = self._wider()
        if wider is not None and (on := self._opened(blocked, self.days((wider,)))) is not None:
            yield Sooner("wider_window", on, {"from_s": wider[0], "until_s": wider[1]})
        halves = self._half()
        if halves and (on := self._opened(blocked, self.days(self.wish.windows, halves))) is not None:
            count = sum(len(part) for part in halves)
            yield Sooner("split", on, {"count": count, "of": len(self.wish.cargo)})

    def _opened(self, blocked: Sequence[date], found: Sequence[Sequence[DayOffer]]) -> date | None:
        """The first of the blocked days that these answers open."""
        for offers in found:
            on = date.fromordinal(offers[0].day)
            if on in blocked and all(one.why_not is None for one in offers):
                return on
        return None

    def _wider(self) -> tuple[int, int] | None:
        """One window over all hours that could be asked for; None if the firm is open as long already."""
        firm = self.wish.firm
        given = self.wish.windows or ((firm.open_s, firm.close_s),)
        opens = min(OPEN_S, firm.open_s, *(window[0] for window in given))
        closes = max(CLOSE_S, firm.close_s, *(window[1] for window in given))
        return None if given == ((opens, closes),) else (opens, closes)

    def _half(self) -> list[list[Cargo]]:
        """About half of it by mass, from the part that weighs most; nothing where it is one container."""
        heaviest = sorted(self.parts[0], key=lambda item: -item.mass_g)
        if len(heaviest) < 2:
            return []
        total, taken, half = sum(item.mass_g for item in heaviest), 0, list[Cargo]()
        for item in heaviest:
            if half and 2 * (taken + item.mass_g) > total:
                continue
            half.append(item)
            taken += item.mass_g
        return [half]


_TERMS = ("not_ready", "past_due", "day_over", "day_published")


def _depots(session: Session, wish: Wish, plan: HorizonPlan) -> frozenset[str]:
    """Codes of the platforms that may come, as planning a day sees it.

    Those that serve the firm's county and have a contract with it; the one that the request names (or
    would name) counts as serving it.
    """
    on = wish.ready_on
    held = organisations.contracts_in_force(session, enterprise_ids=[wish.firm.id], on=on)
    signed = [contract.platform_id for contract in held.get(wish.firm.id, [])]
    own = wish.platform_id or _licensed(
        session, signed, {item.load_class.waste_code for item in wish.cargo}, on
    )
    serving = {row.id for row in organisations.platforms_serving(session, wish.firm.county_code or "")}
    rows = organisations.organisations_by_id(session, signed)
    known = set(plan.horizon.depots)
    return frozenset(row.code for row in rows.values() if row.id in serving | {own} and row.code in known)


def _licensed(session: Session, platform_ids: Sequence[UUID], codes: set[str], on: date) -> UUID | None:
    """The first of these platforms that is licensed for every code: a request would name it."""
    held = permits.permits_of(session, list(platform_ids))
    for key in platform_ids:
        if all(facts.covers(held.get(key, []), code, on) for code in codes):
            return key
    return None
