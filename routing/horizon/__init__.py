"""Planning over several days: which request on which day, the routes of each day, the onward transfers.

plan = plan_days(horizon, stop=StopRule(seconds=60), seed=1)
for one in offer(plan, request):
    print(one.day, one.extra_cost_fen, one.why_not)
"""

from __future__ import annotations

from routing.horizon.days import Legs
from routing.horizon.model import Carrier, Horizon, Plant, Request, ServiceDay, Store
from routing.horizon.near import NearMiss, near_misses
from routing.horizon.offers import Passing, accept, explained, offer, passing
from routing.horizon.planning import plan_days
from routing.horizon.result import DayOffer, DayPlan, HorizonPlan, Undone, WhyNot
from routing.horizon.stock import Transfer

__all__ = [
    "Carrier",
    "DayOffer",
    "DayPlan",
    "Horizon",
    "HorizonPlan",
    "Legs",
    "NearMiss",
    "Passing",
    "Plant",
    "Request",
    "ServiceDay",
    "Store",
    "Transfer",
    "Undone",
    "WhyNot",
    "accept",
    "explained",
    "near_misses",
    "offer",
    "passing",
    "plan_days",
]
