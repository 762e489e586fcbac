"""A plan over several days goes through JSON and comes back the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from routing import Conflict, ProblemError, check
from routing.horizon import Store, offer
from routing.horizon.json_io import plan_from_dict, plan_to_dict
from tests.routing.test_horizon import carrier, days, horizon, planned, plant, request, small_case


def test_a_plan_written_and_read_is_the_same_plan() -> None:
    plan = planned(small_case())
    assert plan.transfers, "the case must need one"
    read = plan_from_dict(json.loads(json.dumps(plan_to_dict(plan))), plan.horizon.travel)
    assert read.horizon == plan.horizon
    assert [day.solution for day in read.days] == [day.solution for day in plan.days]
    assert (read.transfers, read.undone) == (plan.transfers, plan.undone)
    assert read.evenings() == plan.evenings()
    assert all(check(day.problem, day.solution) == [] for day in read.days)


def test_a_plan_read_again_answers_as_before() -> None:
    plan = planned(small_case())
    read = plan_from_dict(json.loads(json.dumps(plan_to_dict(plan))), plan.horizon.travel)
    new = request("new", 13, 0, 2)
    assert offer(read, new) == offer(plan, new)


def test_rules_and_reasons_survive() -> None:
    case = horizon(
        request("late", 25, 0, 9),
        request("long", 5, 0, 0, service_s=20 * 3600),
        days=days(2),
        stores=(Store(depot="D", total_g=1000, capacity_g={"oil": 800}, stock_g={"oil": 10}),),
        plants=(plant(day_total_g=500),),
        carriers=(carrier(depots=frozenset({"D"}), days=frozenset({1})),),
        conflicts=(Conflict("oil", "acid", "unless_separated"),),
        alone=frozenset({"acid"}),
    )
    plan = planned(replace(case, break_rule=None))
    read = plan_from_dict(json.loads(json.dumps(plan_to_dict(plan))), case.travel)
    assert read.horizon == plan.horizon
    assert {one.request_id: one.code for one in read.undone}["late"] == "later"
    assert read.undone == plan.undone


def test_another_schema_is_refused() -> None:
    plan = planned(small_case())
    with pytest.raises(ProblemError, match="schema"):
        plan_from_dict(plan_to_dict(plan) | {"schema": "routing.horizon/0"}, plan.horizon.travel)
