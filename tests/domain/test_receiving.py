"""What a gate may say of a container, and what an acceptor says of a manifest."""

from __future__ import annotations

from uuid import UUID

import pytest

from wastehub.domain import receiving, waste_codes
from wastehub.domain.errors import InvalidInput
from wastehub.domain.quantities import ToleranceRule
from wastehub.domain.receiving import Decision

RULE = ToleranceRule(500, 5_000)
DRUM = UUID(int=1)


def judged(*said: object, **more: str) -> receiving.Judged:
    return receiving.judge(Decision(DRUM, *said, **more), expected_g=150_000, rule=RULE, field="d.")  # type: ignore[arg-type]


def refusal(*said: object, **more: str) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        judged(*said, **more)
    return caught.value.code, caught.value.field


def test_the_limit_of_the_tolerance_is_within_and_the_next_gram_is_not() -> None:
    assert judged(150_750).difference.within and judged(149_250).difference.within
    assert not judged(150_751).difference.within and not judged(149_249).difference.within


def test_a_refused_container_needs_a_reason_but_no_scale() -> None:
    made = judged(None, "refused", "not_licensed")
    assert (made.accepted, made.weighed_g, made.difference.difference_g) == (False, 150_000, 0)
    assert refusal(None, "refused")[0] == "reason.missing"
    assert refusal(None, "refused", "other") == ("reason.note_missing", "note")
    assert judged(None, "refused", "other", "桶底变形").note == "桶底变形"


def test_an_accepted_container_needs_a_mass_and_keeps_no_reason() -> None:
    assert refusal(None) == ("reception.mass_missing", "d.weighed_g")
    assert refusal(0) == ("mass.not_positive", "d.weighed_g")
    assert judged(150_000, "accepted", "leaking").reason == ""
    assert refusal(150_000, "maybe") == ("reception.decision_unknown", "d.decision")


@pytest.mark.parametrize(
    ("accepted", "refused", "opinion"), [(3, 0, "accepted"), (2, 1, "partly"), (0, 2, "refused")]
)
def test_the_opinion_on_a_manifest(accepted: int, refused: int, opinion: str) -> None:
    assert receiving.opinion(accepted=accepted, refused=refused) == opinion


def test_one_reading_of_the_weighbridge_may_be_missing_but_none_is_impossible() -> None:
    receiving.require_weighbridge(None, None)
    receiving.require_weighbridge(7_000_000, None)
    receiving.require_weighbridge(7_000_000, 6_999_999)
    for gross_g, tare_g in ((7, 7), (0, None), (None, 100_000_001)):
        with pytest.raises(InvalidInput):
            receiving.require_weighbridge(gross_g, tare_g)


def test_a_method_for_the_code_wins_over_that_of_its_category() -> None:
    known = {"900-045-49": "R4", "HW49": "D10", "HW08": "R9"}
    assert waste_codes.methods_for("900-045-49", known) == ("R4", "D10")
    assert waste_codes.methods_for("900-041-49", known) == ("D10",)
    assert waste_codes.methods_for("900-300-34", known) == ()
