"""Problems and solutions survive JSON; the digest names a problem; bad files are refused with the path."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.planner_cases import day
from routing import BreakRule, Conflict, ProblemError, Solution, StopRule, greedy, solve
from routing.__main__ import main
from routing.json_io import (
    digest,
    problem_from_dict,
    problem_to_dict,
    solution_from_dict,
    solution_to_dict,
)
from tests.routing.builders import depot, pinned, problem, road, stop, under_way, vehicle


def through_text(data: dict[str, Any]) -> Any:
    return json.loads(json.dumps(data))


def test_a_problem_and_its_solution_come_back_equal() -> None:
    case = day(4, 2)
    assert problem_from_dict(through_text(problem_to_dict(case))) == case
    solution = greedy.solve(case)
    assert solution_from_dict(through_text(solution_to_dict(solution))) == solution
    cancelled = solve(case, stop=StopRule(iterations=3), seed=2)
    assert solution_from_dict(through_text(solution_to_dict(cancelled))) == cancelled


def test_the_digest_is_pinned_and_changes_with_every_field() -> None:
    case = problem(stop("a", 1))
    assert digest(case) == digest(problem(stop("a", 1)))
    others = [
        problem(stop("a", 2)),
        problem(stop("a", 1, due_rank=1)),
        problem(stop("a", 1), vehicles=(vehicle(max_trips=2),)),
        problem(stop("a", 1), depots=(depot(storage_left={"oil": 1}),)),
        problem(stop("a", 1), conflicts=(Conflict("a", "b"),)),
        problem(stop("a", 1), break_rule=BreakRule(break_s=60)),
        problem(stop("a", 1), break_rule=None),
    ]
    assert len({digest(case), *(digest(other) for other in others)}) == 1 + len(others)


def test_a_problem_of_the_first_edition_keeps_its_digest() -> None:
    """Fields added since are not written where they say nothing new."""
    case = problem(stop("a", 1))
    assert digest(case) == "8b65ea44283ed928bd5f6b46ade9396e9330753abe397204880a6f326e22db42"
    data = problem_to_dict(case)
    assert "orders" not in data
    assert "under_way" not in data["vehicles"][0]
    assert "optional" not in data["stops"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"travels": {"lorry": road(10)}},
        {"orders": (pinned("a"),)},
        {"vehicles": (vehicle(overtime_s=1),)},
        {"vehicles": (vehicle(overtime_per_h_fen=1),)},
        {"vehicles": (vehicle(service_permille=999),)},
        {"vehicles": (vehicle(under_way=under_way(1, aboard={"oil": {"mass_g": 1}})),)},
        {"travels": {"lorry": road(10)}, "vehicles": (vehicle(travel="lorry"),)},
        {"stops": (stop("a", 1, service_by_vehicle_s={"V": 5}),)},
        {"stops": (stop("a", 1, release_s=5),)},
        {"stops": (stop("a", 1, optional=True),)},
    ],
)
def test_what_was_added_since_survives_json_and_changes_the_digest(change: dict[str, Any]) -> None:
    plain = problem(stop("a", 1))
    case = replace(plain, **change)
    assert problem_from_dict(through_text(problem_to_dict(case))) == case
    assert digest(case) != digest(plain)


def test_the_order_of_names_does_not_change_the_digest() -> None:
    one = problem(stop("a", 1, load={"oil": {"mass_g": 1}, "acid": {"mass_g": 2}}))
    two = problem(stop("a", 1, load={"acid": {"mass_g": 2}, "oil": {"mass_g": 1}}))
    assert digest(one) == digest(two)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.update(schema="routing.problem/0"), "schema"),
        (lambda d: d.pop("stops"), "stops"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d.update(stops={}), "stops"),
        (lambda d: d["stops"][0].pop("location"), "stops[0].location"),
        (lambda d: d["stops"][0].update(colour="red"), "stops[0].colour"),
        (lambda d: d["stops"][0].update(service_s=-1), "stops[0] (stops[a].service_s)"),
        (lambda d: d["travel"].update(distance_m=[[0, 1], [1]]), "travel.distance_m"),
        (lambda d: d["travel"]["duration_s"][0].__setitem__(1, None), "travel.duration_s"),
        (lambda d: d.update(vehicles=[]), "vehicles"),
        (lambda d: d.update(vehicles=[3]), "vehicles[0]"),
        (lambda d: d["break_rule"].update(break_s=0), "break_rule.break_s"),
        (lambda d: d.update(name=3), "name"),
        (lambda d: d.update(orders=[{"vehicle": "V"}]), "orders[0].stops"),
        (lambda d: d.update(orders=[{"vehicle": "V", "stops": ["x"]}]), "orders[0].stops"),
        (lambda d: d.update(travels=[]), "travels"),
        (lambda d: d.update(travels={"lorry": {"distance_m": [[0]]}}), "travels.lorry.duration_s"),
        (lambda d: d["vehicles"][0].update(under_way=3), "vehicles[0].under_way"),
        (lambda d: d["vehicles"][0].update(under_way={"location": 0}), "vehicles[0].under_way.at_s"),
    ],
)
def test_a_bad_file_is_refused_with_the_path(change: Any, path: str) -> None:
    data = through_text(problem_to_dict(problem(stop("a", 1))))
    change(data)
    with pytest.raises(ProblemError) as caught:
        problem_from_dict(data)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.update(cost_fen="1"), "cost_fen"),
        (lambda d: d["routes"][0].update(start_s=None), "routes[0].start_s"),
        (lambda d: d["routes"][0]["trips"][0]["visits"][0].update(arrive_s=1.5), "visits[0].arrive_s"),
        (lambda d: d["routes"][0]["trips"][0].update(visits=None), "trips[0].visits"),
        (lambda d: d["stats"].update(cancelled=1), "stats.cancelled"),
        (lambda d: d["stats"].update(seconds="1"), "stats.seconds"),
        (lambda d: d["unassigned"][0].update(numbers={"over_g": None}), "unassigned[0].numbers.over_g"),
        (lambda d: d["unassigned"][0].update(reason=None), "unassigned[0].reason"),
    ],
)
def test_a_bad_solution_is_refused_with_the_path(change: Any, path: str) -> None:
    data = through_text(solution_to_dict(greedy.solve(problem(stop("a", 1), stop("b", 2, mass_g=9999)))))
    change(data)
    with pytest.raises(ProblemError) as caught:
        solution_from_dict(data)
    assert caught.value.path.endswith(path)


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_a_file_that_holds_no_object_is_refused(data: Any) -> None:
    with pytest.raises(ProblemError):
        problem_from_dict(data)


def written(path: Path, data: object) -> str:
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_the_command_solves_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = written(tmp_path / "p.json", problem_to_dict(day(4, 1)))
    out = str(tmp_path / "s.json")
    assert main(["solve", case, "--iterations", "20", "--seed", "3", "--out", out]) == 0
    assert "feasible    yes" in capsys.readouterr().out
    assert main(["check", case, out]) == 0
    assert main(["solve", case, "--engine", "greedy"]) == 0


def test_the_command_reports_violations_and_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = problem(stop("a", 1))
    solution: Solution = greedy.solve(case)
    broken = solution_to_dict(solution) | {"cost_fen": 1}
    problem_file = written(tmp_path / "p.json", problem_to_dict(case))
    assert main(["check", problem_file, written(tmp_path / "s.json", broken)]) == 1
    assert "cost_wrong" in capsys.readouterr().out
    assert main(["check", problem_file, str(tmp_path / "absent.json")]) == 2
    (tmp_path / "nan.json").write_text('{"schema": NaN}', encoding="utf-8")
    assert main(["solve", str(tmp_path / "nan.json")]) == 2
    assert "NaN" in capsys.readouterr().err
