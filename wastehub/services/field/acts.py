"""What a handler of a phone's event gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...domain.custody import Notice
from ...domain.field_events import Body, Place


@dataclass(frozen=True)
class Act:
    """One event as its handler sees it. `at`: when it happened by our clock; `said_at`: by the phone's.

    `decided`: the office has decided that it still counts, however late it came.
    """

    session: Session
    actor: Actor
    id: UUID
    device_id: UUID
    seq: int
    kind: str
    at: datetime
    said_at: datetime
    now: datetime
    body: Body
    place: Place | None
    sha256: str
    decided: bool = False


@dataclass(frozen=True)
class Done:
    """The act was carried out. `warnings` are told to the driver."""

    warnings: tuple[Notice, ...] = ()


class NeedsDecision(Exception):
    """Two records contradict each other: kept as a conflict, a person decides (domain/field_conflicts).

    `kind`: one of domain/field_conflicts.KINDS. `code` and `params`: the sentence for the driver.
    """

    def __init__(self, kind: str, code: str, params: Mapping[str, Any] | None = None) -> None:
        self.kind, self.code, self.params = kind, code, dict(params or {})
        super().__init__(kind, code, self.params)


Handler = Callable[[Act], Done | None]
