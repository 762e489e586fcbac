"""The table that the phone's judge is held to, asked of the server's judge."""

import pytest

from tests.domain.gate_cases import TABLE, answer, drawn, question
from wastehub.domain import custody


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_what_the_table_expects(case):
    found = answer(question(case.get("change", {})))
    wanted = case["expect"]
    assert (found["outcome"], found["reason"]) == (wanted["outcome"], wanted.get("reason"))
    assert "params" not in wanted or found["params"] == wanted["params"]
    assert "warned" not in wanted or bool(found["warnings"]) == wanted["warned"]


def test_every_reason_of_the_judge_stands_in_the_table():
    """But those of dead labels, which are answered before the judge is asked (domain/label_lives)."""
    told = {case["expect"].get("reason") for case in TABLE["cases"]} - {None}
    assert told == set(custody.REASONS) - {"label_replaced", "roll_label_free", "roll_label_void"}


def test_what_is_drawn_by_chance_reaches_every_answer():
    found = {(each["outcome"], each["reason"]) for each in map(answer, drawn(3000))}
    assert len(found) >= 18, sorted(map(str, found))
