"""The office decides a contradiction: carry out what the phone recorded, keep it, or hand it on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from ... import ledger
from ...db import new_id
from ...domain import field_conflicts, field_events, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound, RuleViolation
from ...domain.field_events import FieldEvent
from ...domain.field_intake import SCAN_KINDS, subject
from ...models import batches
from ...models.batches import Container
from ...models.field import DeviceEvent, FieldConflict
from ...models.users import User
from ...models.versioned import require_version
from .. import problems, scans
from ..problems import Handing
from . import scan_runs
from .acts import Act, NeedsDecision
from .book import PASSING, actor_of, mark
from .conflicts import log
from .handlers import HANDLERS
from .scan_runs import Scanned
from .seals import Seals
from .standing import About, about, undecided_labels

logger = logging.getLogger("wastehub.field")
REASON_LONGEST = 300
# Who decided when nobody had to: what was missing has come.
SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Decision:
    """`choice`: of domain/field_conflicts.CHOICES; `version`: of the page it was made on."""

    choice: str
    reason: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A conflict with all that deciding it needs."""

    session: Session
    actor: Actor
    row: FieldConflict
    event: FieldEvent
    kept: DeviceEvent
    found: About
    container: Container | None
    reason: str
    seals: Seals
    now: datetime
    decided: bool = True


def decide(
    session: Session, *, actor: Actor, conflict_id: UUID, decision: Decision, seals: Seals, now: datetime
) -> FieldConflict:
    """Settle a contradiction, with a reason that everybody can read later. Nothing happens silently.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput (conflict.choice_unknown, text.*), Conflict
    (conflict.decided, conflict.cannot_carry_out, and what a rule of today says against carrying it out).
    """
    actor.require("conflict.decide")
    row = _mine(session, actor, conflict_id, lock=True)
    require_version(row, decision.version)
    choice = field_conflicts.require_choice(row.kind, row.state, decision.choice)
    reason = texts.clean(decision.reason, field="reason", longest=REASON_LONGEST, required=True)
    case = _case(session, actor, row, reason, seals, now)
    _close(case, choice, actor.author, _WAYS[choice](case))
    if row.round_id is not None:
        settle(session, round_ids=[row.round_id], seals=seals, now=now)
    return row


def _close(case: _Case, choice: str, author: str, result: Mapping[str, Any]) -> None:
    row = case.row
    row.state, row.choice, row.reason = field_conflicts.state_after(choice), choice, case.reason
    row.decided_by, row.decided_at, row.result = author, case.now, dict(result)
    case.session.flush()
    facts = {"choice": choice, "device_event": case.kept.sha256, **result}
    log(
        case.session,
        row,
        "conflict.decided",
        author,
        case.now,
        device=case.kept.device_id,
        found=case.found,
        facts=facts,
        reason=case.reason,
    )


def settle(session: Session, *, round_ids: Collection[UUID], seals: Seals, now: datetime) -> int:
    """Carry out what only waited for another phone or a decision, now that it may have come; how many.

    By the usual rules, in the order of each phone; what the rules still refuse goes on waiting for a person.
    """
    done = 0
    while settle_next(session, round_ids=round_ids, seals=seals, now=now):
        done += 1
    return done


def settle_next(session: Session, *, round_ids: Collection[UUID], seals: Seals, now: datetime) -> bool:
    """The first of them that can be carried out now; False when none can."""
    return any(_settled(session, row, seals, now) for row in _waiting(session, round_ids))


def something_waits(session: Session, round_ids: Collection[UUID]) -> bool:
    """Whether an act of these rounds waits for another one: a look without a lock."""
    query = select(FieldConflict.id).where(FieldConflict.round_id.in_(round_ids))
    query = query.where(FieldConflict.kind == "not_yet", FieldConflict.state == "open")
    return bool(round_ids) and session.scalar(query.limit(1)) is not None


def _waiting(session: Session, round_ids: Collection[UUID]) -> Sequence[FieldConflict]:
    query = (
        select(FieldConflict)
        .join(FieldConflict.event)
        .where(
            FieldConflict.round_id.in_(round_ids),
            FieldConflict.kind == "not_yet",
            FieldConflict.state == "open",
        )
        .options(contains_eager(FieldConflict.event).joinedload(DeviceEvent.device))
        .order_by(DeviceEvent.device_id, DeviceEvent.seq)
        .with_for_update(of=FieldConflict)
    )
    return session.scalars(query).all()


def _settled(session: Session, row: FieldConflict, seals: Seals, now: datetime) -> bool:
    nobody = Actor(SERVICE, "dispatcher", None, row.platform_id)
    label = subject(field_events.parse(row.event.text))
    waiting = undecided_labels(session, row.event.device_id) if label else []
    if any(each == label and seq < row.event.seq for each, seq in waiting):
        return False
    try:
        with session.begin_nested():
            case = replace(_case(session, nobody, row, "", seals, now), decided=False)
            _close(case, "carry_out", SERVICE, _carry_out(case))
    except RuleViolation:
        return False
    except PASSING:
        raise
    except Exception:
        # A fault of ours must not keep the phone that brought the other half from going on.
        logger.exception("what waited could not be carried out: %s", row.conflict_no)
        return False
    return True


def _mine(session: Session, actor: Actor, conflict_id: UUID, *, lock: bool = False) -> FieldConflict:
    query = select(FieldConflict).where(FieldConflict.id == conflict_id)
    query = query.options(joinedload(FieldConflict.event).joinedload(DeviceEvent.device))
    if lock:
        query = query.with_for_update(of=FieldConflict).execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None or row.platform_id != actor.organisation_id:
        raise NotFound("object.not_found")
    return row


def _case(
    session: Session, actor: Actor, row: FieldConflict, reason: str, seals: Seals, now: datetime
) -> _Case:
    event = field_events.parse(row.event.text)
    found = about(session, event.body, row.container_id)
    container = None
    if row.container_id is not None:
        container = batches.containers_by_id(session, [row.container_id]).get(row.container_id)
    return _Case(session, actor, row, event, row.event, found, container, reason, seals, now)


def _keep(_case: _Case) -> Mapping[str, Any]:
    return {}


def _carry_out(case: _Case) -> Mapping[str, Any]:
    """What the phone recorded, in the name of who did it, at the time it was done, by the rules of today."""
    person = case.session.get(User, case.event.by)
    if person is None:
        raise Conflict("conflict.cannot_carry_out")
    who = actor_of(person)
    if case.row.kind == "stop_changed":
        # The crew was changed meanwhile: it acts all the same, because the office says so.
        who = replace(who, user_id=None)
    if case.event.kind in SCAN_KINDS:
        return _scan(case, who)
    with ledger.reported(case.session, _mark(case)):
        try:
            HANDLERS[case.event.kind](_act(case, who))
        except NeedsDecision as still:
            raise Conflict(still.code, **still.params) from still
    return {}


def _mark(case: _Case) -> dict[str, Any]:
    return mark(case.event) | {"conflict": case.row.conflict_no}


def _act(case: _Case, who: Actor) -> Act:
    event = case.event
    return Act(
        session=case.session,
        actor=who,
        id=event.id,
        device_id=event.device,
        seq=event.seq,
        kind=event.kind,
        at=case.kept.acted_at,
        said_at=event.at,
        now=case.now,
        body=event.body,
        place=event.place,
        sha256=event.sha256,
        decided=case.decided,
    )


def _scan(case: _Case, who: Actor) -> Mapping[str, Any]:
    """The scan again, as a new one by decision; the refused one stays as it was."""
    scanned = Scanned(case.event, who, case.kept.acted_at, _mark(case))
    again = replace(
        scan_runs.report_of(scanned, case.seals.judge(case.session)),
        scan_id=case.row.id,
        device_id=f"decided:{case.row.conflict_no}",
        device_seq=1,
        decided=case.decided,
    )
    if case.row.kind == "after_correction" and case.container is not None:
        again = replace(again, label_code=case.container.label_code)
    reports = [again]
    if case.row.kind == "mass_differs":
        # The weighing that counted first is undone, so that the other one can take its place.
        undone = replace(again, kind="unload_back", measured_g=None, device_seq=0)
        reports = [replace(undone, scan_id=new_id(case.session, case.now)), again]
    for verdict in scans.record_scans(case.session, reports=reports, now=case.now):
        if verdict.outcome != "accepted":
            raise Conflict(verdict.code, **verdict.params)
    return {"scan": str(case.row.id)}


def _raise_problem(case: _Case) -> Mapping[str, Any]:
    """On the county's list, with the label, the place and the reason."""
    container = case.container
    enterprise = container.batch.enterprise if container else None
    row = problems.hand_on(
        case.session,
        actor=case.actor,
        handing=Handing(
            problem_id=case.row.id,
            kind="other",
            place=(enterprise.name if enterprise else "")[:200],
            note=f"{case.row.conflict_no} {case.reason}"[:300],
            label_code=container.label_code if container else "",
            container_id=container.id if container else None,
            enterprise_id=enterprise.id if enterprise else None,
            photo_sha256=case.kept.photo_sha256 or None,
        ),
        now=case.now,
    )
    return {"problem": row.problem_no}


_WAYS: Mapping[str, Callable[[_Case], Mapping[str, Any]]] = MappingProxyType(
    {"keep": _keep, "carry_out": _carry_out, "raise_problem": _raise_problem}
)
