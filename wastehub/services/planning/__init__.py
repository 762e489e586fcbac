"""Plan a collection day for all platforms together: requests in, a draft plan that breaks no rule out.

The only importer of the solver package. Reading, solving and writing are three separate steps, so the
database is free while the solver thinks.
"""

from __future__ import annotations

from .asking import cancel_run, hold_fast, request_rest, request_run, request_what_if
from .by_hand import Desk, Help, Move, best_place, desk, save_order
from .comparing import PlansCompared, compare_plans
from .incidents import Incident
from .pins import Pins
from .plans import plan_day
from .problem import Excluded, Keys, build_problem
from .revisions import request_revision
from .runs import execute_run, requeue_expired

__all__ = [
    "Desk",
    "Excluded",
    "Help",
    "Incident",
    "Keys",
    "Move",
    "Pins",
    "PlansCompared",
    "best_place",
    "build_problem",
    "cancel_run",
    "compare_plans",
    "desk",
    "execute_run",
    "hold_fast",
    "plan_day",
    "request_rest",
    "request_revision",
    "request_run",
    "request_what_if",
    "requeue_expired",
    "save_order",
]
