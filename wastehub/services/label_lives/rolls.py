"""Rolls of labels printed beforehand: who holds which numbers, and which drum each one came to (F23)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from ... import ledger
from ...db import new_id
from ...domain import batch_lifecycle, calendar, roll_codes, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models import batches, organisations
from ...models import label_lives as rows
from ...models.batches import Container, batch_key
from ...models.label_lives import LabelRoll, RollLabel
from ...models.numbers import take_numbers
from ...models.organisations import Organisation, PlatformCounty
from ...models.requests import PickupRequest
from ...models.route_plans import Round, Stop, Trip, on_crew
from ...models.versioned import require_version

LABELS_PER_ROLL_MAX = 500
SERIALS = "roll/serials"
NOTE_LONGEST = 300


@dataclass(frozen=True, slots=True)
class RollRow:
    """A roll in the register with how many of its labels are still free."""

    roll: LabelRoll
    firm: Organisation
    free: int
    bound: int


def hand_out(
    session: Session, *, actor: Actor, enterprise_id: UUID, labels_wanted: int, now: datetime
) -> LabelRoll:
    """Enter a new roll for a firm of the platform's counties: fresh numbers, serials that never repeat.

    Raises Forbidden, NotFound, InvalidInput (roll.count), Conflict (organisation.inactive).
    """
    actor.require("roll.hand_out")
    if not 1 <= labels_wanted <= LABELS_PER_ROLL_MAX:
        raise InvalidInput("roll.count", field="labels_wanted", most=LABELS_PER_ROLL_MAX)
    firm = _served_firm(session, actor, enterprise_id)
    if not firm.active:
        raise Conflict("organisation.inactive", name=firm.name)
    day = calendar.on_date(now)
    series = f"roll/{day:%Y%m%d}"
    taken = take_numbers(session, {series: 1, SERIALS: labels_wanted})
    serials = taken[SERIALS]
    roll = LabelRoll(
        id=new_id(session, now),
        roll_no=f"YJ{day:%Y%m%d}-{taken[series][0]:03d}",
        enterprise_id=firm.id,
        platform_id=actor.organisation_id,
        first_serial=serials[0],
        last_serial=serials[-1],
        state="handed_out",
        handed_out_by=actor.author,
        handed_out_at=now,
    )
    session.add(roll)
    session.flush()
    session.add_all(
        RollLabel(code=code, roll_id=roll.id, serial=serial, state="free")
        for serial, code in zip(serials, _fresh_codes(session, labels_wanted, now), strict=True)
    )
    session.flush()
    facts = {"roll": roll.roll_no, "first": roll.first_serial, "last": roll.last_serial}
    _log(session, "roll.handed_out", actor, firm, roll, facts, now)
    return roll


def _fresh_codes(session: Session, wanted: int, now: datetime) -> list[str]:
    """Numbers of chance that no roll has had."""
    found: dict[str, None] = {}
    while len(found) < wanted:
        drawn = {
            roll_codes.make(new_id(session, now).int % roll_codes.NUMBERS) for _ in range(wanted - len(found))
        }
        known = rows.roll_labels(session, drawn)
        found.update(dict.fromkeys(sorted(drawn - known.keys())))
    return list(found)[:wanted]


def _served_firm(session: Session, actor: Actor, enterprise_id: UUID) -> Organisation:
    """A firm of a county that the actor's platform serves. Raises NotFound."""
    firm = session.get(Organisation, enterprise_id)
    counties = select(PlatformCounty.county_code).where(PlatformCounty.platform_id == actor.organisation_id)
    if firm is None or firm.kind != "enterprise" or firm.county_code not in set(session.scalars(counties)):
        raise NotFound("object.not_found")
    return firm


def firms_for_rolls(session: Session, *, actor: Actor) -> list[Organisation]:
    """The firms that the actor's platform may hand rolls to, by name."""
    actor.require("roll.hand_out")
    counties = select(PlatformCounty.county_code).where(PlatformCounty.platform_id == actor.organisation_id)
    query = select(Organisation).where(
        Organisation.kind == "enterprise", Organisation.active, Organisation.county_code.in_(counties)
    )
    return list(session.scalars(query.order_by(Organisation.name)))


def _log(
    session: Session,
    kind: str,
    actor: Actor,
    firm: Organisation,
    roll: LabelRoll,
    facts: dict[str, object],
    now: datetime,
) -> None:
    event = ledger.Event(
        type=kind, author=actor.author, site=firm.site, at=now, subject=roll.roll_no, facts=facts
    )
    ledger.append(session, [event], now=now)


# --- the register ----------------------------------------------------------------------------------


def rolls(session: Session, *, actor: Actor, limit: int = 200) -> list[RollRow]:
    """The register: a firm's own rolls, a platform's, a county's; the newest first. Raises Forbidden."""
    actor.require("roll.view")
    free = func.coalesce(func.sum(case((RollLabel.state == "free", 1), else_=0)), 0)
    bound = func.coalesce(func.sum(case((RollLabel.state == "bound", 1), else_=0)), 0)
    query = (
        select(LabelRoll, free, bound)
        .join(RollLabel, RollLabel.roll_id == LabelRoll.id)
        .join(Organisation, Organisation.id == LabelRoll.enterprise_id)
        .where(_mine(actor))
        .group_by(LabelRoll.id)
        .order_by(LabelRoll.handed_out_at.desc(), LabelRoll.roll_no.desc())
        .limit(limit)
    )
    found = [(roll, int(left), int(used)) for roll, left, used in session.execute(query)]
    firms = organisations.organisations_by_id(session, [roll.enterprise_id for roll, _, _ in found])
    return [RollRow(roll, firms[roll.enterprise_id], left, used) for roll, left, used in found]


def _mine(actor: Actor) -> ColumnElement[bool]:
    if actor.role == "regulator":
        return Organisation.county_code == actor.county_code if actor.county_code else true()
    return or_(
        LabelRoll.enterprise_id == actor.organisation_id, LabelRoll.platform_id == actor.organisation_id
    )


def roll_detail(session: Session, *, actor: Actor, roll_id: UUID) -> LabelRoll:
    """A roll with its labels and the containers they came to. Raises Forbidden, NotFound."""
    actor.require("roll.view")
    query = (
        select(LabelRoll)
        .where(LabelRoll.id == roll_id)
        .options(
            joinedload(LabelRoll.enterprise),
            selectinload(LabelRoll.labels).joinedload(RollLabel.container).joinedload(Container.batch),
        )
        .execution_options(populate_existing=True)
    )
    roll = session.scalar(query)
    if roll is None:
        raise NotFound("object.not_found")
    if actor.role == "regulator":
        if actor.county_code not in (None, roll.enterprise.county_code):
            raise NotFound("object.not_found")
    else:
        actor.require_own(roll.enterprise_id, roll.platform_id)
    return roll


def end_roll(
    session: Session,
    *,
    actor: Actor,
    roll_id: UUID,
    outcome: str,
    note: str,
    version: int | None,
    now: datetime,
) -> LabelRoll:
    """A roll comes back or is lost: its free labels are void, what was bound stays bound.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput (roll.outcome_unknown, text.missing),
    Conflict (roll.ended_already).
    """
    actor.require("roll.hand_out")
    roll = roll_detail(session, actor=actor, roll_id=roll_id)
    require_version(roll, version)
    if outcome not in ("returned", "lost"):
        raise InvalidInput("roll.outcome_unknown", field="outcome", given=outcome[:20])
    said = texts.clean(note, field="note", longest=NOTE_LONGEST, required=outcome == "lost")
    if roll.state != "handed_out":
        raise Conflict("roll.ended_already", roll_no=roll.roll_no)
    roll.state, roll.ended_by, roll.ended_at, roll.note = outcome, actor.author, now, said
    void = 0
    for label in roll.labels:
        if label.state == "free":
            label.state = "void"
            void += 1
    session.flush()
    facts = {"roll": roll.roll_no, "outcome": outcome, "void": void, "note": said}
    _log(session, "roll.ended", actor, roll.enterprise, roll, facts, now)
    return roll


# --- the first scan --------------------------------------------------------------------------------


def bind(
    session: Session,
    *,
    actor: Actor,
    roll_code: str,
    container_id: UUID,
    now: datetime,
    at: datetime | None = None,
) -> RollLabel:
    """Tie a printed number to the container it is stuck on: by the firm, or by the crew at its stop.

    The container is labelled from then on; what was written by hand on the roll's label is as good as a
    print. Binding the same number to the same container again changes nothing. `at`: when, if told later.
    Raises Forbidden, NotFound, InvalidInput (roll_code.malformed), Conflict (roll.label_void,
    roll.label_bound, roll.other_firm, roll.container_has_label, container.act_not_allowed).
    """
    actor.require("roll.bind")
    row = batches.containers_by_id(session, [container_id], lock=True).get(container_id)
    if row is None or not _before_him(session, actor, row):
        raise NotFound("object.not_found")
    code = roll_codes.parse(roll_code)
    label = rows.roll_labels(session, [code], lock=True).get(code)
    if label is None:
        raise NotFound("label.unknown", label_code=roll_codes.grouped(code))
    if label.container_id == row.id:
        return label
    _require_free(label, row)
    row.state = batch_lifecycle.next_state(row.state, "print_label")
    row.prints += 1
    label.state, label.container_id, label.bound_by, label.bound_at = "bound", row.id, actor.author, at or now
    session.flush()
    key = batch_key(row.batch.enterprise, row.batch)
    event = ledger.Event(
        type="label.bound",
        author=actor.author,
        site=row.batch.enterprise.site,
        at=at or now,
        subject=row.batch.batch_no,
        lines=(ledger.Line(label=row.label_code, batch=key, code=row.batch.waste_code),),
        facts={"roll": label.roll.roll_no, "serial": label.serial, "roll_code": code},
    )
    ledger.append(session, [event], now=now)
    return label


def _require_free(label: RollLabel, row: Container) -> None:
    shown = roll_codes.grouped(label.code)
    if label.roll.enterprise_id != row.batch.enterprise_id:
        raise Conflict("roll.other_firm", roll_code=shown, roll_no=label.roll.roll_no)
    if label.state == "void" or label.roll.state != "handed_out":
        raise Conflict("roll.label_void", roll_code=shown, roll_no=label.roll.roll_no)
    if label.state == "bound":
        assert label.container is not None
        raise Conflict("roll.label_bound", roll_code=shown, label_code=label.container.label_code)
    if row.state != "registered":
        raise Conflict("roll.container_has_label", label_code=row.label_code, state=row.state)


def _before_him(session: Session, actor: Actor, row: Container) -> bool:
    """The firm's own container, or one that stands at a stop of a round the driver is on."""
    if actor.role == "enterprise":
        return actor.organisation_id == row.batch.enterprise_id
    query = (
        select(Round)
        .join(Trip, Trip.round_id == Round.id)
        .join(Stop, Stop.trip_id == Trip.id)
        .join(PickupRequest, PickupRequest.id == Stop.request_id)
        .where(
            Round.platform_id == actor.organisation_id,
            Round.state == "under_way",
            Stop.state == "planned",
            PickupRequest.enterprise_id == row.batch.enterprise_id,
        )
        .options(joinedload(Round.driver), joinedload(Round.escort))
    )
    return any(on_crew(round_, actor) for round_ in session.scalars(query).unique())
