"""Plan a collection day for all platforms together: requests in, a draft plan that breaks no rule out.

The only importer of the solver package. Reading, solving and writing are three separate steps, so the
database is free while the solver thinks.
"""

from __future__ import annotations

from .plans import plan_day
from .problem import Excluded, Keys, build_problem
from .runs import cancel_run, execute_run, request_run, requeue_expired

__all__ = [
    "Excluded",
    "Keys",
    "build_problem",
    "cancel_run",
    "execute_run",
    "plan_day",
    "request_run",
    "requeue_expired",
]
