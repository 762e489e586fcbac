"""The sealed log: append(), entries_for(), verify(), and the books that follow from it.

A service calls `append(session, events, now=now)` inside the caller's transaction; docs/ledger.md has an
example of every event type. Nothing outside this package imports `ledger.store`.
"""

from .accounts import LabelState, ToleranceRule
from .appending import append
from .audit import verify
from .canonical import NotCanonical
from .events import Event, LeafTooLarge, Line, Receipt, UnknownEventType, in_parts
from .findings import Problem, VerifyReport
from .mass import apportion_g
from .reading import (
    Balance,
    Entry,
    Movement,
    OpenCase,
    OriginBalance,
    balances,
    balances_by_origin,
    entries_for,
    label_states,
    latest,
    movements,
    open_cases,
    personal_values,
    recorded_at,
    rollups,
    size,
    unexplained_g,
)
from .signing import NoSigner, Signer, load_or_create
from .triggers import create_triggers, drop_triggers, grants_sql
from .vocabulary import TYPES, EventType

__all__ = [
    "TYPES",
    "Balance",
    "Entry",
    "Event",
    "EventType",
    "LabelState",
    "LeafTooLarge",
    "Line",
    "Movement",
    "NoSigner",
    "NotCanonical",
    "OpenCase",
    "OriginBalance",
    "Problem",
    "Receipt",
    "Signer",
    "ToleranceRule",
    "UnknownEventType",
    "VerifyReport",
    "append",
    "apportion_g",
    "balances",
    "balances_by_origin",
    "create_triggers",
    "drop_triggers",
    "entries_for",
    "grants_sql",
    "in_parts",
    "label_states",
    "latest",
    "load_or_create",
    "movements",
    "open_cases",
    "personal_values",
    "recorded_at",
    "rollups",
    "size",
    "unexplained_g",
    "verify",
]
