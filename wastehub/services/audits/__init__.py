"""What a regulator asks: the chain of a batch, the kilograms of a county, what is overdue, the log itself."""

from .chain import Trace, trace
from .counties import CountyBalance, county_balances
from .differences import CaseRow, Resolution, open_cases, resolve_case, resolve_cases
from .evidence import export_evidence
from .fates import Fate, total_of
from .firms import FirmView, firm_view
from .open_loops import OverdueRow, overdue
from .records import PLACES, ledger_entry, ledger_page, search_batches, unit_names, verify_ledger

__all__ = [
    "PLACES",
    "CaseRow",
    "CountyBalance",
    "Fate",
    "FirmView",
    "OverdueRow",
    "Resolution",
    "Trace",
    "county_balances",
    "export_evidence",
    "firm_view",
    "ledger_entry",
    "ledger_page",
    "open_cases",
    "overdue",
    "resolve_case",
    "resolve_cases",
    "search_batches",
    "total_of",
    "trace",
    "unit_names",
    "verify_ledger",
]
