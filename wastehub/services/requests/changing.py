"""What is asked for can be withdrawn or moved until a round is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, reasons, request_lifecycle, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, NotFound
from ...models import organisations
from ...models import requests as request_rows
from ...models.batches import Container, batch_key
from ...models.requests import PickupRequest, RequestWindow
from ...models.versioned import require_version
from .times import checked_windows, require_ready_day


def cancel(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    reason: str,
    note: str,
    version: int | None,
    now: datetime,
) -> PickupRequest:
    """Withdraw an open request; its containers can be requested again.

    Raises Forbidden, NotFound, StaleVersion, InvalidInput (reason.*), Conflict
    (request.already_scheduled, request.act_not_allowed).
    """
    actor.require("request.cancel")
    row = _own_request(session, actor, request_id, version)
    reasons.require("cancellation", reason, note=note)
    _require_not_scheduled(row)
    row.state = request_lifecycle.next_state(row.state, "cancel")
    row.closed_reason = reason
    released = request_rows.containers_on(session, [row.id])
    for container in released:
        container.request_id = None
    session.flush()
    ledger.append(
        session,
        [
            _changed_event(
                "request.cancelled",
                actor,
                row,
                released,
                {"reason": reason, "note": texts.clean(note, field="note", longest=300)},
                now,
            )
        ],
        now=now,
    )
    return row


def reschedule(
    session: Session,
    *,
    actor: Actor,
    request_id: UUID,
    ready_on: date,
    windows: Sequence[tuple[int, int]],
    version: int | None,
    now: datetime,
) -> PickupRequest:
    """Give an open request another ready day and windows; the due date stays.

    What a round left behind is no longer tied to its request: it is asked for anew.
    Raises Forbidden, NotFound, StaleVersion, InvalidInput (request.ready_on_*, window.*), Conflict
    (request.already_scheduled, request.act_not_allowed, request.no_contract).
    """
    actor.require("request.place")
    row = _own_request(session, actor, request_id, version)
    _require_not_scheduled(row)
    waiting = [c for c in request_rows.containers_on(session, [row.id]) if c.state == "labelled"]
    if row.state != "open":
        raise Conflict("request.act_not_allowed", state=row.state, act="reschedule")
    require_ready_day(ready_on, calendar.on_date(now))
    held = organisations.contracts_in_force(session, enterprise_ids=[row.enterprise_id], on=ready_on)
    if row.contract_id not in {contract.id for contract in held.get(row.enterprise_id, [])}:
        raise Conflict("request.no_contract", field="ready_on", ready_on=ready_on)
    firm = row.enterprise
    asked = checked_windows(tuple(windows) or ((firm.open_s, firm.close_s),))
    former_on, row.ready_on = row.ready_on, ready_on
    if [(w.open_s, w.close_s) for w in row.windows] != asked:
        row.windows = [RequestWindow(open_s=open_s, close_s=close_s) for open_s, close_s in asked]
    session.flush()
    facts = {
        "former_ready_on": former_on.isoformat(),
        "ready_on": ready_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "windows": [list(window) for window in asked],
    }
    ledger.append(session, [_changed_event("request.rescheduled", actor, row, waiting, facts, now)], now=now)
    return row


def _own_request(session: Session, actor: Actor, request_id: UUID, version: int | None) -> PickupRequest:
    row = request_rows.request_by_id(session, request_id, lock=True)
    if row is None:
        raise NotFound("object.not_found")
    actor.require_own(row.enterprise_id, row.platform_id)
    require_version(row, version)
    return row


def _require_not_scheduled(row: PickupRequest) -> None:
    if row.state == "scheduled":
        raise Conflict("request.already_scheduled", request_no=row.request_no)


def _changed_event(
    type_: str,
    actor: Actor,
    row: PickupRequest,
    containers: Sequence[Container],
    facts: Mapping[str, object],
    now: datetime,
) -> ledger.Event:
    return ledger.Event(
        type=type_,
        author=actor.author,
        site=row.enterprise.site,
        at=now,
        subject=row.request_no,
        lines=tuple(
            ledger.Line(
                label=container.label_code,
                batch=batch_key(row.enterprise, container.batch),
                code=container.batch.waste_code,
            )
            for container in containers
        ),
        facts=facts,
    )
