"""Problems 问题清单: the public reports, the office assigns, a unit puts right, the office closes (S9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from .. import ledger
from ..domain import calendar, problems, texts
from ..domain.actors import Actor
from ..domain.errors import InvalidInput, NotFound
from ..domain.problems import TooManyReports
from ..models import problems as rows
from ..models.batches import Container
from ..models.organisations import Organisation, PlatformCounty
from ..models.paging import matching, page_of
from ..models.problems import Problem, ProblemStep, seen_by
from ..models.reference import Area
from ..models.scans import Photo
from ..models.versioned import require_version

PUBLIC = "public"  # the author of what nobody signed in has done
NOTE_LONGEST = 300


@dataclass(frozen=True, slots=True)
class PublicReport:
    """What a passer-by tells. `report_id` is made with the form: sending twice is one report.

    What was scanned (`label_code`, `container_id`, `enterprise_id`, `county_code`) comes from our own
    rows; `county` is what the person chose when there was no such label.
    """

    report_id: UUID
    kind: str
    label_code: str = ""
    container_id: UUID | None = None
    enterprise_id: UUID | None = None
    county: str = ""
    place: str = ""
    lon_e6: int | None = None
    lat_e6: int | None = None
    accuracy_m: int | None = None
    note: str = ""
    contact: str = ""


def require_room(session: Session, *, label_code: str, now: datetime) -> None:
    """Raises TooManyReports while the public's reports come faster than anybody can read them."""
    recent = select(func.count()).select_from(Problem).where(Problem.source == "public")
    if (session.scalar(recent.where(Problem.found_at > now - timedelta(hours=1))) or 0) >= (
        problems.PUBLIC_REPORTS_PER_HOUR
    ):
        raise TooManyReports()
    if not label_code:
        return
    same = recent.where(Problem.label_code == label_code, Problem.found_at > now - timedelta(days=1))
    if (session.scalar(same) or 0) >= problems.PUBLIC_REPORTS_PER_LABEL_AND_DAY:
        raise TooManyReports()


def report(session: Session, *, report: PublicReport, photo_sha256: str | None, now: datetime) -> Problem:
    """Open a problem for the county from a report of the public.

    Raises TooManyReports, InvalidInput (problem.kind_unknown, problem.place_missing, text.*).
    """
    known = session.get(Problem, report.report_id)
    if known is not None:
        return known
    kind = problems.require_kind(report.kind, public=True)
    place = texts.clean(report.place, field="place", longest=200)
    note = texts.clean(report.note, field="note", longest=NOTE_LONGEST)
    contact = texts.clean(report.contact, field="contact", longest=60)
    if not place and report.lon_e6 is None:
        raise InvalidInput("problem.place_missing", field="place")
    require_room(session, label_code=report.label_code, now=now)
    row = Problem(
        id=report.report_id,
        problem_no=_number(session, now),
        kind=kind,
        source="public",
        state="found",
        label_code=report.label_code,
        container_id=report.container_id,
        enterprise_id=report.enterprise_id,
        county_code=_county(session, report.county),
        place=place,
        lon_e6=report.lon_e6,
        lat_e6=report.lat_e6,
        accuracy_m=report.accuracy_m,
        note=note,
        contact=contact,
        photo_sha256=photo_sha256,
        found_at=now,
        due_on=problems.due_on(kind, calendar.on_date(now)),
    )
    session.add(row)
    session.flush()
    _step(session, row, 1, "find", PUBLIC, "", photo_sha256, now)
    _log(session, row, "problem.found", PUBLIC, {"kind": kind, "source": "public"}, photo_sha256, now)
    return row


@dataclass(frozen=True, slots=True)
class Finding:
    """What an office has found itself. `problem_id` is made with the form: sending twice is one problem.

    `unit_code`: who has to put it right. Without `due_on` the days of its kind hold.
    """

    problem_id: UUID
    kind: str
    unit_code: str
    note: str
    place: str = ""
    due_on: date | None = None


def enter(
    session: Session, *, actor: Actor, finding: Finding, photo_sha256: str | None = None, now: datetime
) -> Problem:
    """Put a problem on the list that the office has found; its unit has it to put right from now on.

    Raises Forbidden, NotFound (another office's problem has this id), InvalidInput (problem.kind_unknown,
    problem.unit_unknown, problem.due_in_past, problem.photo_unknown, text.*).
    """
    actor.require("problem.manage")
    if session.get(Problem, finding.problem_id) is not None:
        return detail(session, actor=actor, problem_id=finding.problem_id)
    kind = problems.require_kind(finding.kind, public=False)
    unit = _unit(session, actor, finding.unit_code)
    note = texts.clean(finding.note, field="note", longest=NOTE_LONGEST, required=True)
    place = texts.clean(finding.place, field="place", longest=200)
    today = calendar.on_date(now)
    if finding.due_on is not None and finding.due_on < today:
        raise InvalidInput("problem.due_in_past", field="due_on", due_on=finding.due_on)
    _require_photo(session, photo_sha256)
    row = Problem(
        id=finding.problem_id,
        problem_no=_number(session, now),
        kind=kind,
        source="office",
        state="found",
        enterprise_id=unit.id if unit.kind == "enterprise" else None,
        county_code=unit.county_code,
        place=place or (unit.address or unit.name)[:200],
        note=note,
        photo_sha256=photo_sha256,
        found_at=now,
        due_on=finding.due_on or problems.due_on(kind, today),
    )
    session.add(row)
    session.flush()
    _step(session, row, 1, "find", actor.author, note, photo_sha256, now)
    _log(session, row, "problem.found", actor.author, {"kind": kind, "source": "office"}, photo_sha256, now)
    _assign_found(session, actor, row, unit, now)
    return row


def _require_photo(session: Session, sha256: str | None) -> None:
    """Raises InvalidInput("problem.photo_unknown") for evidence that has not arrived."""
    if sha256 and session.get(Photo, sha256) is None:
        raise InvalidInput("problem.photo_unknown", field="photo_sha256")


def _assign_found(session: Session, actor: Actor, row: Problem, unit: Organisation, now: datetime) -> None:
    """The unit that an office names with its finding has it to put right at once."""
    row.state = problems.next_state(row.state, "assign")
    row.assigned_to_id = unit.id
    session.flush()
    _step(session, row, 2, "assign", actor.author, "", None, now)
    until = row.due_on.isoformat() if row.due_on else ""
    facts = {"act": "assign", "from": "found", "to": row.state, "unit": unit.site, "due_on": until}
    _log(session, row, "problem.moved", actor.author, facts, None, now)


@dataclass(frozen=True, slots=True)
class Handing:
    """What a platform's office hands on to the county, because its own records cannot settle it."""

    problem_id: UUID
    kind: str
    place: str
    note: str
    label_code: str = ""
    container_id: UUID | None = None
    enterprise_id: UUID | None = None
    photo_sha256: str | None = None


def hand_on(session: Session, *, actor: Actor, handing: Handing, now: datetime) -> Problem:
    """Put on the county's list what a platform found out; the county's office sees to it from now on.

    Raises Forbidden, InvalidInput (problem.kind_unknown, text.*).
    """
    actor.require("conflict.decide")
    kind = problems.require_kind(handing.kind, public=False)
    unit = session.get(Organisation, handing.enterprise_id or actor.organisation_id)
    photo = handing.photo_sha256 if handing.photo_sha256 else None
    if photo is not None and session.get(Photo, photo) is None:
        photo = None
    row = Problem(
        id=handing.problem_id,
        problem_no=_number(session, now),
        kind=kind,
        source="platform",
        state="found",
        label_code=handing.label_code,
        container_id=handing.container_id,
        enterprise_id=handing.enterprise_id,
        county_code=unit.county_code if unit else None,
        place=texts.clean(handing.place, field="place", longest=200),
        note=texts.clean(handing.note, field="note", longest=NOTE_LONGEST, required=True),
        photo_sha256=photo,
        found_at=now,
        due_on=problems.due_on(kind, calendar.on_date(now)),
    )
    session.add(row)
    session.flush()
    _step(session, row, 1, "find", actor.author, row.note, photo, now)
    _log(session, row, "problem.found", actor.author, {"kind": kind, "source": "platform"}, photo, now)
    return row


def _within(actor: Actor) -> ColumnElement[bool]:
    """The units that an office may tell to put something right: those of its county."""
    own = Organisation.county_code == actor.county_code if actor.county_code else true()
    return and_(Organisation.active, Organisation.county_code.is_not(None), own)


def _unit(session: Session, actor: Actor, code: str) -> Organisation:
    """Raises InvalidInput("problem.unit_unknown"), also for a unit of another county."""
    query = select(Organisation).where(Organisation.code == code.strip()[:40], _within(actor))
    unit = session.scalars(query).one_or_none()
    if unit is None:
        raise InvalidInput("problem.unit_unknown", field="unit_code")
    return unit


def find_units(session: Session, *, actor: Actor, text: str, most: int = 12) -> list[Organisation]:
    """Units of the office's county by name or code, for a field that searches while one types."""
    actor.require("problem.manage")
    if not text.strip():
        return []
    query = select(Organisation).where(
        _within(actor), matching(text[:60], Organisation.name, Organisation.code)
    )
    return list(session.scalars(query.order_by(Organisation.name).limit(most)))


def counties(session: Session) -> list[Area]:
    """The counties whose offices look after problems, in the order of their codes."""
    return list(session.scalars(select(Area).where(Area.level == "county").order_by(Area.code)))


def _county(session: Session, code: str) -> str:
    """Raises InvalidInput("problem.place_missing") when the county is none of the region's."""
    area = session.get(Area, code) if code else None
    if area is None or area.level != "county":
        raise InvalidInput("problem.place_missing", field="county")
    return area.code


def _number(session: Session, now: datetime) -> str:
    return rows.next_number(session, calendar.on_date(now))


def _step(
    session: Session,
    row: Problem,
    seq: int,
    act: str,
    author: str,
    note: str,
    photo_sha256: str | None,
    now: datetime,
) -> None:
    session.add(
        ProblemStep(
            problem_id=row.id,
            seq=seq,
            act=act,
            state=row.state,
            note=note,
            photo_sha256=photo_sha256,
            acted_by=author,
            acted_at=now,
        )
    )
    session.flush()


def _log(
    session: Session,
    row: Problem,
    kind: str,
    author: str,
    facts: dict[str, Any],
    photo_sha256: str | None,
    now: datetime,
) -> None:
    """The fact without what people wrote: their words and numbers may name somebody."""
    firm = session.get(Organisation, row.enterprise_id) if row.enterprise_id else None
    container = session.get(Container, row.container_id) if row.container_id else None
    if photo_sha256:
        facts["photo_sha256"] = photo_sha256
    event = ledger.Event(
        type=kind,
        author=author,
        site=firm.site if firm else f"county:{row.county_code}",
        at=now,
        subject=row.problem_no,
        lines=(ledger.Line(label=container.label_code),) if container else (),
        facts=facts,
    )
    ledger.append(session, [event], now=now)


# --- what the office and the units do --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """One act on a problem. `unit_id`, `due_on` for assigning; note and photo as evidence."""

    act: str
    note: str = ""
    photo_sha256: str | None = None
    unit_id: UUID | None = None
    due_on: date | None = None


# Whoever has to put it right says so; everything else is the office's.
ACTION_OF = {"rectify": "problem.rectify"}


def move(
    session: Session, *, actor: Actor, problem_id: UUID, move: Move, version: int | None, now: datetime
) -> Problem:
    """Bring a problem one step further.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput (text.*, problem.evidence_missing,
    problem.photo_unknown, problem.unit_unknown, problem.due_in_past), Conflict (problem.act_not_allowed).
    """
    actor.require(ACTION_OF.get(move.act, "problem.manage"))
    row = detail(session, actor=actor, problem_id=problem_id, lock=True)
    require_version(row, version)
    if move.act == "rectify":
        actor.require_own(row.assigned_to_id)
    after = problems.next_state(row.state, move.act)
    note = texts.clean(move.note, field="note", longest=NOTE_LONGEST, required=move.act in problems.NOTED)
    facts: dict[str, Any] = {"act": move.act, "from": row.state, "to": after}
    if move.act == "assign":
        facts |= _assign(session, row, move, calendar.on_date(now))
    _require_photo(session, move.photo_sha256)
    if move.act == "rectify" and row.kind in problems.PHOTO_NEEDED and not move.photo_sha256:
        raise InvalidInput("problem.evidence_missing", field="photo")
    row.state = after
    if after == "closed":
        row.closed_at = now
    session.flush()
    _step(session, row, len(row.steps) + 1, move.act, actor.author, note, move.photo_sha256, now)
    _log(session, row, "problem.moved", actor.author, facts, move.photo_sha256, now)
    return row


def _assign(session: Session, row: Problem, move: Move, today: date) -> dict[str, Any]:
    unit = next((each for each in units_for(session, row) if each.id == move.unit_id), None)
    if unit is None:
        raise InvalidInput("problem.unit_unknown", field="unit_id")
    if move.due_on is not None and move.due_on < today:
        raise InvalidInput("problem.due_in_past", field="due_on", due_on=move.due_on)
    row.assigned_to_id = unit.id
    row.due_on = move.due_on or row.due_on
    return {"unit": unit.site, "due_on": row.due_on.isoformat() if row.due_on else ""}


def units_for(session: Session, row: Problem) -> list[Organisation]:
    """Who may be told to put it right: the firm on the label, and the platforms of the county."""
    serving = select(PlatformCounty.platform_id).where(PlatformCounty.county_code == row.county_code)
    query = select(Organisation).where(
        Organisation.active,
        or_(Organisation.id.in_([row.enterprise_id, row.assigned_to_id]), Organisation.id.in_(serving)),
    )
    return list(session.scalars(query.order_by(Organisation.kind, Organisation.code)))


def detail(session: Session, *, actor: Actor, problem_id: UUID, lock: bool = False) -> Problem:
    """A problem that is the actor's to see. Raises Forbidden, NotFound."""
    actor.require("problem.view")
    seen = session.scalar(select(Problem.id).where(Problem.id == problem_id, seen_by(actor)))
    row = rows.full_problem(session, problem_id, lock=lock) if seen else None
    if row is None:
        raise NotFound("object.not_found")
    return row


def problem_list(
    session: Session, *, actor: Actor, text: str = "", state: str = "open", county: str = "", **page: Any
) -> tuple[list[Problem], int, dict[str, int]]:
    """Problems that the actor may see. `state`: one state, open (all but closed), or all."""
    actor.require("problem.view")
    query = (
        select(Problem)
        .where(seen_by(actor))
        .options(joinedload(Problem.enterprise), joinedload(Problem.assigned_to))
    )
    if state in problems.STATES:
        query = query.where(Problem.state == state)
    elif state != "all":
        query = query.where(Problem.state.in_(problems.OPEN))
    if county:
        query = query.where(Problem.county_code == county)
    if text:
        query = query.where(matching(text, Problem.problem_no, Problem.label_code, Problem.place))
    order = {
        "problem_no": Problem.problem_no,
        "found_at": Problem.found_at,
        "due_on": Problem.due_on,
        "state": Problem.state,
    }
    return page_of(session, query, order=order, **page)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a home page says: problems that wait for this person's unit or office, and late ones."""

    open: int
    late: int


def waiting(session: Session, *, actor: Actor, today: date) -> Waiting:
    """Of the office: what it has to assign, accept or close; of a unit: what it has to put right."""
    actor.require("problem.view")
    states = ("found", "rectified", "accepted") if actor.role == "regulator" else ("assigned",)
    query = select(func.count()).select_from(Problem).where(seen_by(actor))
    if actor.role != "regulator":
        query = query.where(Problem.assigned_to_id == actor.organisation_id)
    mine = session.scalar(query.where(Problem.state.in_(states))) or 0
    late = session.scalar(query.where(Problem.state.in_(problems.OPEN), Problem.due_on < today)) or 0
    return Waiting(int(mine), int(late))


@dataclass(frozen=True, slots=True)
class CountyTally:
    """A county's problems found in a month: the ranking of the problem list (S9)."""

    county: Area
    found: int
    closed: int
    late: int


def tallies(session: Session, *, actor: Actor, today: date) -> list[CountyTally]:
    """Counties by problems found since the first of the month that are not closed, the most first."""
    actor.require("problem.manage")
    since = calendar.at_time(today.replace(day=1), 0)
    counties = {row.code: row for row in session.scalars(select(Area).where(Area.level == "county"))}
    counted: dict[str, list[int]] = {code: [0, 0, 0] for code in counties}
    query = select(Problem.county_code, Problem.state, Problem.due_on).where(
        Problem.found_at >= since, seen_by(actor)
    )
    for code, state, due_on in session.execute(query):
        tally = counted.get(code or "")
        if tally is not None:
            tally[0] += 1
            tally[1] += state == "closed"
            tally[2] += state != "closed" and due_on is not None and due_on < today
    made = [CountyTally(counties[code], *numbers) for code, numbers in counted.items() if numbers[0]]
    return sorted(made, key=lambda each: (each.closed - each.found, -each.late, each.county.code))
