"""A collection contract ends before its time."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ... import ledger
from ...domain import calendar, request_lifecycle, texts
from ...domain.actors import Actor
from ...domain.errors import Conflict, InvalidInput, NotFound
from ...models.organisations import Contract, Organisation
from ...models.requests import PickupRequest
from ...models.versioned import require_version


def end_contract(
    session: Session,
    *,
    actor: Actor,
    contract_id: UUID,
    ended_on: date,
    reason: str,
    version: int | None,
    now: datetime,
) -> Contract:
    """End a contract early: `ended_on` is the first day on which it no longer holds.

    What was promised under it is fetched or withdrawn first. Raises NotFound, Forbidden, StaleVersion,
    InvalidInput(contract.end_outside), Conflict(contract.ended_already, contract.requests_undone).
    Source: Order 23, Art. 10: without a contract in force nothing is handed over.
    """
    actor.require("contract.sign")
    row = session.get(Contract, contract_id)
    if row is None:
        raise NotFound("object.not_found", field="contract_id")
    actor.require_own(row.enterprise_id, row.platform_id)
    require_version(row, version)
    if row.ended_on is not None:
        raise Conflict("contract.ended_already", number=row.number, ended_on=row.ended_on)
    first, last = max(calendar.on_date(now), row.valid_from_on), row.valid_until_on
    if not first <= ended_on <= last:
        raise InvalidInput("contract.end_outside", field="ended_on", first_on=first, last_on=last)
    said = texts.clean(reason, field="reason", longest=200, required=True)
    _require_nothing_undone(session, row)
    row.ended_on = ended_on
    session.flush()
    firm = session.get_one(Organisation, row.enterprise_id)
    event = ledger.Event(
        type="contract.ended",
        author=actor.author,
        site=firm.site,
        at=now,
        subject=row.number,
        facts={"ended_on": ended_on.isoformat(), "reason": said},
    )
    ledger.append(session, [event], now=now)
    return row


def _require_nothing_undone(session: Session, contract: Contract) -> None:
    query = select(PickupRequest.request_no).where(
        PickupRequest.contract_id == contract.id, PickupRequest.state.in_(request_lifecycle.WAITING)
    )
    undone = list(session.scalars(query.order_by(PickupRequest.request_no)))
    if undone:
        raise Conflict(
            "contract.requests_undone",
            number=contract.number,
            count=len(undone),
            requests="、".join(undone[:5]),
        )
