"""What a regulator asks: the chain of a batch, the kilograms of a county, what is overdue, the log itself."""

from .answering import Escalated, addressed, answer_loop, escalation
from .balance import Balance, BalanceRow, BalanceScope, balance, balance_rows, month_of, months
from .chain import Trace, trace
from .counties import CountyBalance, county_balances
from .differences import CaseRow, Resolution, open_cases, resolve_case, resolve_cases
from .drawn import DrawnChain, Station, drawn_chain
from .escalating import LoopState, escalate, loop_states
from .evidence import export_evidence
from .exploring import (
    COUNTED_MAX,
    Asked,
    SealedEntry,
    count_explored,
    explore,
    sealed_entry,
    types_present,
)
from .fates import Fate, total_of
from .firms import FirmView, firm_view
from .loop_desk import OverdueRow
from .open_loops import StageLimits, overdue, stage_limits, step_days
from .records import PLACES, ledger_entry, ledger_page, search_batches, unit_names, verify_ledger
from .verifying import (
    cancel_verification,
    execute_verification,
    request_verification,
    requeue_verifications,
    verification,
    verifications,
)

__all__ = [
    "COUNTED_MAX",
    "PLACES",
    "Asked",
    "Balance",
    "BalanceRow",
    "BalanceScope",
    "CaseRow",
    "CountyBalance",
    "DrawnChain",
    "Escalated",
    "Fate",
    "FirmView",
    "LoopState",
    "OverdueRow",
    "Resolution",
    "SealedEntry",
    "StageLimits",
    "Station",
    "Trace",
    "addressed",
    "answer_loop",
    "balance",
    "balance_rows",
    "cancel_verification",
    "count_explored",
    "county_balances",
    "drawn_chain",
    "escalate",
    "escalation",
    "execute_verification",
    "explore",
    "export_evidence",
    "firm_view",
    "ledger_entry",
    "ledger_page",
    "loop_states",
    "month_of",
    "months",
    "open_cases",
    "overdue",
    "request_verification",
    "requeue_verifications",
    "resolve_case",
    "resolve_cases",
    "sealed_entry",
    "search_batches",
    "stage_limits",
    "step_days",
    "total_of",
    "trace",
    "types_present",
    "unit_names",
    "verification",
    "verifications",
    "verify_ledger",
]
