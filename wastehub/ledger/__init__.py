"""The sealed log: append(), entries_for(), verify(), and the books that follow from it.

A service calls `append(session, events, now=now)` inside the caller's transaction; docs/ledger.md has an
example of every event type. Nothing outside this package imports `ledger.store`.
"""

from .accounts import Descent, LabelState, ToleranceRule
from .audit import verify
from .canonical import NotCanonical
from .descent import Traced, below, family, mixtures, poured_in_g, traced
from .events import Event, LeafTooLarge, Line, Receipt, UnknownEventType, in_parts
from .findings import Problem, VerifyReport
from .mass import apportion_g
from .projector import Stop
from .projector import stopped as posting_stopped
from .reading import (
    Balance,
    Entry,
    Movement,
    OpenCase,
    OriginBalance,
    balances,
    balances_by_origin,
    entries_for,
    held_facts,
    label_states,
    latest,
    movements,
    open_cases,
    personal_values,
    recorded_at,
    rollups,
    size,
    stock_of,
    unexplained_g,
)
from .reported import append, reported
from .signing import NoSigner, Signer, load_or_create
from .stock_lines import StockLine, StockReader
from .triggers import create_triggers, drop_triggers, grants_sql
from .vocabulary import TYPES, EventType

__all__ = [
    "TYPES",
    "Balance",
    "Descent",
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
    "StockLine",
    "StockReader",
    "Stop",
    "ToleranceRule",
    "Traced",
    "UnknownEventType",
    "VerifyReport",
    "append",
    "apportion_g",
    "balances",
    "balances_by_origin",
    "below",
    "create_triggers",
    "drop_triggers",
    "entries_for",
    "family",
    "grants_sql",
    "held_facts",
    "in_parts",
    "label_states",
    "latest",
    "load_or_create",
    "mixtures",
    "movements",
    "open_cases",
    "personal_values",
    "posting_stopped",
    "poured_in_g",
    "recorded_at",
    "reported",
    "rollups",
    "size",
    "stock_of",
    "traced",
    "unexplained_g",
    "verify",
]
