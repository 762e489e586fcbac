"""A forged label that a crew scanned, as a problem on the county's list: the evidence stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..domain import calendar, label_doubts, problems
from .batches import Container
from .organisations import Organisation
from .problems import Problem, ProblemStep, next_number
from .route_plans import Round
from .scans import Scan

NOTE_LONGEST = 300


def keep(
    session: Session,
    *,
    scan: Scan,
    read: str,
    at_round: Round,
    container: Container | None,
    owner_id: UUID | None,
    now: datetime,
) -> Problem | None:
    """The new problem; None while one about this label is open already.

    `read`: what the camera read; `owner_id`: the firm at whose gate the crew stood.
    """
    label_code = scan.label_code[:37]
    if session.scalar(_open_one(label_code)) is not None:
        return None
    firm_id = container.batch.enterprise_id if container else owner_id
    firm = session.get(Organisation, firm_id) if firm_id else None
    row = Problem(
        id=uuid4(),
        problem_no=next_number(session, calendar.on_date(now)),
        kind=label_doubts.PROBLEM_KIND,
        source=label_doubts.PROBLEM_SOURCE,
        state="found",
        label_code=label_code,
        container_id=container.id if container else None,
        enterprise_id=firm.id if firm else None,
        county_code=(firm.county_code if firm else None) or at_round.platform.county_code,
        place=(firm.address or firm.name)[:200] if firm else "",
        lon_e6=scan.lon_e6,
        lat_e6=scan.lat_e6,
        accuracy_m=scan.accuracy_m,
        note=_note(at_round, read),
        photo_sha256=scan.photo_sha256,
        found_at=min(scan.scanned_at, now),
        due_on=problems.due_on(label_doubts.PROBLEM_KIND, calendar.on_date(now)),
    )
    session.add(row)
    session.flush()
    session.add(_found(row, scan.author, now))
    return row


def _open_one(label_code: str) -> Select[UUID]:
    return select(Problem.id).where(
        Problem.label_code == label_code,
        Problem.source == label_doubts.PROBLEM_SOURCE,
        Problem.state.in_(problems.OPEN),
    )


def _note(at_round: Round, read: str) -> str:
    head = f"签名与编码不符，没有装车。车次 {at_round.round_no}，车辆 {at_round.vehicle.plate}。扫码内容："
    return (head + read)[:NOTE_LONGEST]


def _found(row: Problem, author: str, now: datetime) -> ProblemStep:
    return ProblemStep(
        problem_id=row.id,
        seq=1,
        act="find",
        state=row.state,
        note=row.note,
        photo_sha256=row.photo_sha256,
        acted_by=author,
        acted_at=now,
    )
