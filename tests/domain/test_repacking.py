"""Which containers may be poured into which: one test per rule and its near miss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wastehub.domain.errors import RuleViolation
from wastehub.domain.repacking import Filled, Poured, kind_of, require_mixable, require_outputs
from wastehub.domain.segregation import Load, Matrix, Relation

MATRIX = Matrix(
    {
        ("OIL", "OIL"): Relation.C,
        ("OIL", "LAB"): Relation.F,
        ("LAB", "LAB"): Relation.F,
        ("OIL", "WET"): Relation.S,
        ("WET", "WET"): Relation.C,
        ("WET", "LAB"): Relation.F,
    }
)
CODE = "900-249-08"
DRUM = Filled("DRUM", "钢桶", True, 200_000, 100_000)


def poured(unit: str = "a", group: str | None = "OIL", **changes: object) -> Poured:
    made = Poured(f"L-{unit}", CODE, "liquid", Load(group, unit, CODE, frozenset({"T"})), 100_000)
    return replace(made, **changes)  # type: ignore[arg-type]


def refusal(*inputs: Poured) -> str:
    with pytest.raises(RuleViolation) as caught:
        require_mixable(inputs, MATRIX)
    return caught.value.code


def test_one_code_of_two_units_whose_groups_may_touch() -> None:
    require_mixable([poured("a"), poured("b")], MATRIX)


def test_nothing_and_too_much() -> None:
    assert refusal() == "repacking.no_inputs"
    assert refusal(*[poured()] * 60) == "repacking.too_many"
    require_mixable([poured()] * 59, MATRIX)


def test_other_codes_and_forms() -> None:
    assert refusal(poured(), poured("b", waste_code="900-041-49")) == "repacking.mixed_codes"
    assert refusal(poured(), poured("b", form="sludge")) == "repacking.mixed_forms"


def test_mixed_packs_of_two_units_but_not_of_one() -> None:
    assert refusal(poured("a", "LAB"), poured("b", "LAB")) == "repacking.incompatible"
    require_mixable([poured("a", "LAB"), poured("a", "LAB")], MATRIX)


def test_groups_that_only_share_a_vehicle_are_not_poured_together() -> None:
    assert refusal(poured("a", "OIL"), poured("b", "WET")) == "repacking.incompatible"


def test_waste_that_nobody_has_classified_stays_with_its_unit() -> None:
    assert refusal(poured("a", None), poured("b", None)) == "repacking.unclassified"
    require_mixable([poured("a", None), poured("a", None)], MATRIX)


@pytest.mark.parametrize(
    ("output", "code", "field"),
    [
        (
            replace(DRUM, mass_g=200_001, payload_max_g=300_000),
            "repacking.more_than_inputs",
            "outputs.0.mass_g",
        ),
        (replace(DRUM, mass_g=150_000, payload_max_g=149_999), "container.overfilled", "outputs.0.mass_g"),
        (replace(DRUM, takes_liquid=False), "container.not_for_liquid", "outputs.0.container_type"),
        (replace(DRUM, mass_g=0), "mass.not_positive", "outputs.0.mass_g"),
        (replace(DRUM, mass_g=2_000_001), "mass.too_large", "outputs.0.mass_g"),
    ],
)  # fmt: skip
def test_an_output_that_does_not_fit(output: Filled, code: str, field: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        require_outputs([poured("a"), poured("b")], [output], 2_000_000)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_what_is_left_over_is_told_to_the_gram() -> None:
    two = [poured("a"), poured("b")]
    assert require_outputs(two, [DRUM, replace(DRUM, mass_g=99_999)], 2_000_000) == 1
    assert require_outputs(two, [DRUM, DRUM], 2_000_000) == 0
    with pytest.raises(RuleViolation) as caught:
        require_outputs(two, [], 2_000_000)
    assert caught.value.code == "repacking.no_outputs"
    with pytest.raises(RuleViolation) as caught:
        require_outputs(two, [replace(DRUM, mass_g=1)] * 59, 2_000_000)
    assert caught.value.code == "repacking.too_many"


@pytest.mark.parametrize(
    ("inputs", "outputs", "kind"), [(2, 1, "merge"), (1, 2, "split"), (1, 1, "repack"), (3, 2, "repack")]
)
def test_what_it_is_called(inputs: int, outputs: int, kind: str) -> None:
    assert kind_of(inputs, outputs) == kind
    assert kind_of(inputs, outputs, recoded=True) == "recode"
