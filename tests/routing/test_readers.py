"""Benchmark files become problems; what is wrong in them is refused with file, section and line."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from routing import ProblemError, StopRule, check, solve
from routing.readers import read, routes_of_sol, sol_text, timed_solution

INSTANCES = os.environ.get("WASTEHUB_BENCH_INSTANCES")

CVRP = """\
NAME : \ttiny
COMMENT : "three customers, two to a truck"
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 0 7
4 1 1
DEMAND_SECTION
1 0
2 5
3 5
4 5
DEPOT_SECTION
 1
 -1
EOF
"""

MDVRPTW = """\
NAME: two depots
TYPE: MDVRPTW
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 4
VEHICLES: 2
CAPACITY: 10
VEHICLES_MAX_DURATION: 60
NODE_COORD_SECTION
1 0 0
2 10.5 0
3 0 1.1116
4 10 0
DEMAND_SECTION
1 0
2 0
3 4
4 4
SERVICE_TIME_SECTION
1 0
2 0
3 2
4 2
TIME_WINDOW_SECTION
1 0 100
2 0 100
3 5 8
4 0 90
VEHICLES_DEPOT_SECTION
1 1
2 2
DEPOT_SECTION
1
2
EOF
"""

HFVRP = """\
TYPE: HFVRP
DIMENSION: 2
VEHICLES: 2
EDGE_WEIGHT_TYPE: EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
DEMAND_SECTION
1 0
2 7
CAPACITY_SECTION
1 5
2 9
VEHICLES_FIXED_COST_SECTION
1 100
2 250
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 1
2 1.5
DEPOT_SECTION
1
"""

MTVRPTWR = """\
TYPE: MTVRPTWR
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 3
VEHICLES: 1
CAPACITY: 4
SERVICE_TIME: 9
NODE_COORD_SECTION
1 0 0
2 0 5
3 0 6
DEMAND_SECTION
1 0
2 4
3 4
TIME_WINDOW_SECTION
1 0 339
2 0 339
3 0 339
RELEASE_TIME_SECTION
1 0
2 0
3 70
VEHICLES_RELOAD_DEPOT_SECTION
1 1
DEPOT_SECTION
1
"""

SOLOMON = """\
tiny

VEHICLE
NUMBER     CAPACITY
  2          20

CUSTOMER
CUST NO.  XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0          0          0          0        634          0
    1      1          1          7         34         47         10
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_cvrp_rounds_distances_and_has_no_time(tmp_path: Path) -> None:
    instance = read(written(tmp_path, "tiny.vrp", CVRP))
    problem = instance.problem
    assert (problem.name, instance.unit) == ("tiny", "distance")
    assert problem.travel.distance_m[0].tolist() == [0, 5, 7, 1]
    assert not problem.travel.duration_s.any()
    assert [stop.load["goods"]["demand"] for stop in problem.stops] == [5, 5, 5]


def test_a_fleet_without_limit_is_as_large_as_some_best_plan_may_need(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, "tiny.vrp", CVRP)).problem.vehicles) == 3
    light = CVRP.replace("CAPACITY : 10", "CAPACITY : 15")
    assert len(read(written(tmp_path, "light.vrp", light)).problem.vehicles) == 3
    full = CVRP.replace("VRP\n", "VRP\nVEHICLES : 7\n", 1)
    assert len(read(written(tmp_path, "full.vrp", full)).problem.vehicles) == 7


def test_mdvrptw_scales_distances_and_times_by_a_thousand(tmp_path: Path) -> None:
    problem = read(written(tmp_path, "two.vrp", MDVRPTW)).problem
    assert problem.travel.distance_m[0].tolist() == [0, 10_500, 1_112, 10_000]
    assert np.array_equal(problem.travel.distance_m, problem.travel.duration_s)
    first = problem.stops[0]
    assert (first.id, first.windows, first.service_s) == ("2", ((5_000, 8_000),), 2_000)
    assert [vehicle.depot for vehicle in problem.vehicles] == ["depot-0", "depot-1"]
    assert {vehicle.max_shift_s for vehicle in problem.vehicles} == {60_000}


def test_hfvrp_keeps_each_trucks_own_cost(tmp_path: Path) -> None:
    instance = read(written(tmp_path, "fleet.vrp", HFVRP))
    small, large = instance.problem.vehicles
    assert (small.capacity["demand"], small.fixed_cost_fen, small.cost_per_km_fen) == (5, 100_000, 1_000)
    assert (large.capacity["demand"], large.fixed_cost_fen, large.cost_per_km_fen) == (9, 250_000, 1_500)
    assert instance.unit == "cost x 1000"


def test_mtvrptwr_cuts_distances_off_and_allows_trips_after_release(tmp_path: Path) -> None:
    instance = read(written(tmp_path, "trips.vrp", MTVRPTWR))
    assert instance.problem.travel.distance_m[0].tolist() == [0, 50, 60]
    solution = solve(instance.problem, stop=StopRule(iterations=50), seed=1)
    assert check(instance.problem, solution) == []
    assert (solution.cost_fen, solution.trips) == (220, 2)
    assert solution.routes[0].trips[1].leave_s >= 700


def test_solomon_text_goes_by_the_dimacs_convention(tmp_path: Path) -> None:
    problem = read(written(tmp_path, "tiny.txt", SOLOMON)).problem
    assert problem.travel.distance_m[0].tolist() == [0, 14]
    assert problem.stops[0].windows == ((340, 470),)
    assert len(problem.vehicles) == 2


def test_another_convention_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, "tiny.txt", SOLOMON)
    assert read(path, convention="exact").problem.travel.distance_m[0].tolist() == [0, 1414]
    with pytest.raises(ProblemError, match="must be one of"):
        read(path, convention="floor")


def test_the_best_known_cost_is_that_of_the_routes_beside_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "tiny.vrp", CVRP)
    written(tmp_path, "tiny.sol", "Route #1: 1 2\nRoute #2: 3\nCost 1234.5\n")
    assert read(path).best_known == 5 + 4 + 7 + 2  # and not what the file states
    written(tmp_path, "tiny.sol", "Route #1: 1 2\nCost 18\n")
    with pytest.raises(ProblemError, match=r"tiny\.sol: Route: the routes do not visit"):
        read(path)


def test_routes_of_unlike_trucks_go_by_their_number(tmp_path: Path) -> None:
    path = written(tmp_path, "fleet.vrp", HFVRP)
    written(tmp_path, "fleet.sol", "Route #1:\nRoute #2: 1\nCost: 265\n")
    instance = read(path)
    assert instance.best_known == 250_000 + 10 * 1_500
    text = sol_text(instance, solve(instance.problem, stop=StopRule(iterations=5), seed=1))
    assert text == "Route #1:\nRoute #2: 1\nCost: 265000\n"


def test_a_depot_within_a_route_is_a_reload(tmp_path: Path) -> None:
    instance = read(written(tmp_path, "trips.vrp", MTVRPTWR))
    routes = routes_of_sol(instance, "Route #1: 1 0 2\nCost: 220\n")
    assert routes == {"1": (("1",), ("2",))}
    solution = timed_solution(instance.problem, routes)
    assert check(instance.problem, solution) == []
    assert sol_text(instance, solution) == "Route #1: 1 0 2\nCost: 220\n"


def test_routes_that_break_a_rule_have_no_timetable(tmp_path: Path) -> None:
    instance = read(written(tmp_path, "trips.vrp", MTVRPTWR))
    with pytest.raises(ProblemError, match=r"vehicles\[1\]: no timetable"):
        timed_solution(instance.problem, {"1": (("1", "2"),)})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Route #1: 1 9\n", "line 1: 9 is not between 0 and 3"),
        ("Route #1: 1 x\n", "line 1: 'x' is not a number"),
        ("Cost 18\n", "Route: the file names no route"),
        ("Route #1: 1\nRoute #2: 2\nRoute #3: 3\nRoute #4: 1\n", "line 4: route 4 has no vehicle"),
    ],
)
def test_a_bad_solution_file_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, "tiny.vrp", CVRP)
    beside = written(tmp_path, "tiny.sol", text)
    with pytest.raises(ProblemError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{beside}: {problem}")


BAD = [
    (CVRP, "3 0 7", "3 nan 7", "NODE_COORD_SECTION, line 10: 'nan' is not a number"),
    (CVRP, "3 0 7", "3 1e9 7", "NODE_COORD_SECTION, line 10: 1e9 is not between"),
    (CVRP, "3 0 7", "3 0", "NODE_COORD_SECTION, line 10: has 2 columns"),
    (CVRP, "3 0 7", "4 0 7", "NODE_COORD_SECTION, line 10: is number 4, but 3 comes next"),
    (CVRP, "\n3 5\n", "\n", "DEMAND_SECTION, line 15: is number 4, but 3 comes next"),
    (CVRP, "\n4 5\n", "\n", "DEMAND_SECTION: has 3 lines, not 4"),
    (CVRP, "2 5", "2 -5", "DEMAND_SECTION, line 14: -5 is not between"),
    (CVRP, "2 5", "2 5.5", "DEMAND_SECTION, line 14: 5.5 is not a whole number"),
    (CVRP, "CAPACITY : 10\n", "", "CAPACITY: is missing"),
    (CVRP, "CAPACITY : 10", "CAPACITY :", "CAPACITY, line 6: has 0 columns"),
    (CVRP, "CAPACITY : 10", "CAPACITY : 10\nCAPACITY : 9", "CAPACITY, line 7: comes a second time"),
    (CVRP, "CAPACITY : 10", "DISTANCE : 10", "DISTANCE, line 6: is not known"),
    (CVRP, "EUC_2D", "GEO", "EDGE_WEIGHT_TYPE, line 5: is GEO"),
    (CVRP, "TYPE : CVRP", "TYPE : TSP", "TYPE, line 3: 'TSP' is not one of"),
    (CVRP, "DEPOT_SECTION\n 1", "DEPOT_SECTION\n 2", "DEPOT_SECTION, line 18: names location 2"),
    (CVRP, "DEPOT_SECTION", "PRIZE_SECTION", "PRIZE_SECTION, line 17: is not known"),
    (CVRP, "DEMAND_SECTION\n1 0\n2 5\n3 5\n4 5\n", "", "DEMAND_SECTION: is missing"),
    (CVRP, "NAME : \ttiny", "tiny", "line 1: 'tiny' belongs to no section"),
    (MDVRPTW, "3 5 8", "3 8 5", "TIME_WINDOW_SECTION, line 26: closes at 5 before it opens at 8"),
    (MDVRPTW, "3 5 8", "3 5 8e9", "TIME_WINDOW_SECTION, line 26: 8e9 is not between"),
    (MDVRPTW, "2 2\nDEPOT", "2 3\nDEPOT", "VEHICLES_DEPOT_SECTION, line 30: 3 is not between"),
    (MTVRPTWR, "1 1\nDEPOT", "1 2\nDEPOT", "VEHICLES_RELOAD_DEPOT_SECTION, line 24: reloads elsewhere"),
    (SOLOMON, "    1      1  ", "    2      1  ", "CUSTOMER, line 11: is customer 2, but 1 comes next"),
    (SOLOMON, "47         10", "47", "CUSTOMER, line 11: has 6 columns, not 7"),
    (SOLOMON, "34         47", "57         47", "CUSTOMER, line 11: closes at 47 before"),
    (SOLOMON, "  2          20\n", "", "VEHICLE: one line"),
    (SOLOMON, "  2          20", "  2          nan", "VEHICLE, line 5: 'nan' is not a number"),
]


@pytest.mark.parametrize(("text", "old", "new", "place"), BAD, ids=[place for *_, place in BAD])
def test_what_is_wrong_is_refused_with_its_place(
    tmp_path: Path, text: str, old: str, new: str, place: str
) -> None:
    assert old in text
    path = written(tmp_path, "bad.txt" if text is SOLOMON else "bad.vrp", text.replace(old, new, 1))
    with pytest.raises(ProblemError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {place}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent.vrp"
    with pytest.raises(ProblemError) as caught:
        read(absent)
    assert caught.value.path == str(absent)
    (tmp_path / "binary.vrp").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProblemError, match="UTF-8"):
        read(tmp_path / "binary.vrp")
    with pytest.raises(ProblemError, match="say its format"):
        read(tmp_path / "what.dat")


# In the unit of the instance; the published files state some of them in other units.
BEST_KNOWN = {
    "MDVRPTW/PR11A.vrp": 6_655_548,
    "MDVRPTW/PR24A.vrp": 11_638_608,
    "CVRP/X-n1001-k43.vrp": 72_355,
    "VRPTW/R1_10_1.vrp": 530_261,
    "VRPTW/RC2_10_1.vrp": 281_226,
    "HFVRP/X139-HD.vrp": 1_680_307_361,
    "HFVRP/X172-HVRP.vrp": 9_740_006_701,
    "MTVRPTWR/C201R0.25.vrp": 15_006,
    "MTVRPTWR/RC2_2_01R0.75.vrp": 52_367,
}


@pytest.mark.skipif(INSTANCES is None, reason="WASTEHUB_BENCH_INSTANCES names no folder of instances")
@pytest.mark.parametrize("name", BEST_KNOWN)
def test_published_best_solutions_hold_every_rule_at_their_cost(name: str) -> None:
    path = Path(INSTANCES or "") / name
    instance = read(path)
    routes = routes_of_sol(instance, path.with_suffix(".sol").read_text(encoding="utf-8"))
    solution = timed_solution(instance.problem, routes)
    assert check(instance.problem, solution) == []
    assert solution.cost_fen == instance.best_known == BEST_KNOWN[name]
