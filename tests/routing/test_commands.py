"""`python -m routing`: plan, check, explain and invent problems, by files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.generate import generate
from routing.json_io import problem_from_dict
from tests.routing.test_readers import CVRP, HFVRP, SOLOMON, written

Output = pytest.CaptureFixture[str]


def test_a_generated_day_is_solved_checked_and_explained(tmp_path: Path, capsys: Output) -> None:
    day, plan = str(tmp_path / "day.json"), str(tmp_path / "plan.json")
    assert main(["generate", "--stops", "12", "--seed", "5", "--out", day]) == 0
    assert problem_from_dict(json.loads(Path(day).read_text(encoding="utf-8"))) == generate(stops=12, seed=5)
    assert main(["solve", day, "--iterations", "200", "--seed", "1", "--out", plan]) == 0
    printed = capsys.readouterr().out
    assert "feasible    yes" in printed
    assert "unassigned  0" in printed
    assert main(["check", day, plan]) == 0
    assert "0 violations" in capsys.readouterr().out
    assert main(["explain", day, plan]) == 0
    assert capsys.readouterr().out.strip()


def test_a_relaxed_day_is_generated_on_request(tmp_path: Path) -> None:
    out = tmp_path / "day.json"
    assert main(["generate", "--stops", "9", "--seed", "5", "--relaxed", "--out", str(out)]) == 0
    assert problem_from_dict(json.loads(out.read_text(encoding="utf-8"))).conflicts == ()


def test_a_benchmark_file_is_solved_in_its_own_unit(tmp_path: Path, capsys: Output) -> None:
    path = str(written(tmp_path, "tiny.vrp", CVRP))
    written(tmp_path, "tiny.sol", "Route #1: 1 2\nRoute #2: 3\n")
    assert main(["solve", path, "--iterations", "100", "--out", str(tmp_path / "ours.sol")]) == 0
    printed = capsys.readouterr().out
    assert "cost        18 distance\n" in printed
    assert "best known  18 (+0.00 %)" in printed
    assert (tmp_path / "ours.sol").read_text(encoding="utf-8").endswith("Cost: 18\n")
    assert main(["check", path, str(tmp_path / "ours.sol")]) == 0


def test_solomon_text_is_solved_whatever_its_suffix(tmp_path: Path, capsys: Output) -> None:
    path = str(written(tmp_path, "tiny.dat", SOLOMON))
    assert main(["solve", path, "--iterations", "10"]) == 2
    assert "say its format" in capsys.readouterr().err
    assert main(["solve", path, "--format", "solomon", "--iterations", "10"]) == 0
    assert "cost        28 distance x 10" in capsys.readouterr().out


def test_a_solution_that_breaks_a_rule_is_listed(tmp_path: Path, capsys: Output) -> None:
    path, plan = str(written(tmp_path, "fleet.vrp", HFVRP)), tmp_path / "plan.json"
    assert main(["solve", path, "--iterations", "5", "--out", str(plan)]) == 0
    broken = json.loads(plan.read_text(encoding="utf-8")) | {"cost_fen": 1}
    plan.write_text(json.dumps(broken), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", path, str(plan)]) == 1
    assert "cost_wrong" in capsys.readouterr().out


def test_a_sol_file_that_breaks_a_rule_is_refused(tmp_path: Path, capsys: Output) -> None:
    path = str(written(tmp_path, "fleet.vrp", HFVRP))
    overloaded = str(written(tmp_path, "other.sol", "Route #1: 1\n"))
    assert main(["check", path, overloaded]) == 2
    assert "no timetable" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "is not JSON"), ('{"schema": NaN}', "NaN is not a number"), ("[]", "must be a JSON object")],
)
def test_unusable_files_are_named(tmp_path: Path, capsys: Output, content: str, words: str) -> None:
    path = str(written(tmp_path, "bad.json", content))
    assert main(["solve", path]) == 2
    error = capsys.readouterr().err
    assert error.startswith(path) and words in error
    good = str(written(tmp_path, "tiny.vrp", CVRP))
    assert main(["check", good, path]) == 2
    assert main(["explain", good, str(tmp_path / "absent.json")]) == 2


def test_what_cannot_be_written_is_named(tmp_path: Path, capsys: Output) -> None:
    nowhere = str(tmp_path / "no" / "such" / "folder.json")
    assert main(["generate", "--stops", "3", "--seed", "1", "--out", nowhere]) == 2
    assert capsys.readouterr().err.startswith(nowhere)


def test_two_budgets_at_once_are_refused(tmp_path: Path) -> None:
    path = str(written(tmp_path, "tiny.vrp", CVRP))
    with pytest.raises(SystemExit):
        main(["solve", path, "--seconds", "1", "--iterations", "10"])
