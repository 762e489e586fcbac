"""Statutory forms of HJ 1259-2022: ledger tables, management plan, declarations, the ledger book."""

from .access import class_of, unit
from .boards import (
    CountyRow,
    UnitRow,
    firms_board,
    newest_period,
    recent_periods,
    supervision,
)
from .content import read
from .declaring import (
    Draft,
    PeriodRow,
    declaration,
    editions,
    enter_receipt,
    file,
    file_draft,
    period_rows,
    prepare,
)
from .documents import KINDS, Wanted, checked_options, compose
from .entering import (
    LINE_MASSES,
    LINE_TEXTS,
    PROFILE_TEXTS,
    delegate,
    delegating_firms,
    delegation_of,
    end_delegation,
    save_plan_line,
    save_profile,
)
from .exporting import (
    FORMS,
    cancel_export,
    execute_export,
    export,
    exports,
    file_of,
    folder_of,
    purge_exports,
    request_export,
    requeue_exports,
)
from .facts import profile_of
from .ledger_tables import ledger_sheets
from .lines import UnitBook, book_of
from .plan_tables import CLASS_NAMES, PlanView, plan_view
from .points import Point, compliance

__all__ = [
    "CLASS_NAMES",
    "FORMS",
    "KINDS",
    "LINE_MASSES",
    "LINE_TEXTS",
    "PROFILE_TEXTS",
    "CountyRow",
    "Draft",
    "PeriodRow",
    "PlanView",
    "Point",
    "UnitBook",
    "UnitRow",
    "Wanted",
    "book_of",
    "cancel_export",
    "checked_options",
    "class_of",
    "compliance",
    "compose",
    "declaration",
    "delegate",
    "delegating_firms",
    "delegation_of",
    "editions",
    "end_delegation",
    "enter_receipt",
    "execute_export",
    "export",
    "exports",
    "file",
    "file_draft",
    "file_of",
    "firms_board",
    "folder_of",
    "ledger_sheets",
    "newest_period",
    "period_rows",
    "plan_view",
    "prepare",
    "profile_of",
    "purge_exports",
    "read",
    "recent_periods",
    "request_export",
    "requeue_exports",
    "save_plan_line",
    "save_profile",
    "supervision",
    "unit",
]
