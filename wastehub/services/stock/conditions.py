"""The firm's own store as conditions of a query, and its storage clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func
from sqlalchemy.orm import Session

from ...domain import batch_lifecycle, storage_limits
from ...domain.actors import Actor
from ...domain.errors import NotFound
from ...models.batches import Container
from ...models.organisations import Organisation


def own_firm(session: Session, actor: Actor) -> Organisation:
    actor.require("stock.view")
    firm = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if firm is None or firm.kind != "enterprise":
        raise NotFound("object.not_found")
    return firm


class StorageClock:
    """The firm's storage clock as conditions and as words (configuration with effective dates)."""

    def __init__(self, limits: Mapping[str, int], today: date) -> None:
        self.today = today
        self.warn_days = limits["enterprise_storage_warn_days"]
        self.limit_days = limits["enterprise_storage_limit_days"]

    def warned(self) -> ColumnElement[bool]:
        """Warned but not yet late."""
        since = Container.stored_since_on
        return and_(since <= self.today - timedelta(days=self.warn_days), ~self.late())

    def late(self) -> ColumnElement[bool]:
        return Container.stored_since_on < self.today - timedelta(days=self.limit_days)

    def state(self, since_on: date) -> str:
        return storage_limits.storage_state(since_on, self.today, self.warn_days, self.limit_days)

    def due_on(self, since_on: date) -> date:
        return storage_limits.due_on(since_on, self.limit_days)


def kept_by(enterprise_id: UUID) -> ColumnElement[bool]:
    return and_(
        Container.holder_id == enterprise_id, Container.state.in_(sorted(batch_lifecycle.AT_ENTERPRISE))
    )


def free() -> ColumnElement[bool]:
    """Labelled and on no request yet."""
    return and_(Container.state == "labelled", Container.request_id.is_(None))


def count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
