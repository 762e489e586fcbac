"""Kilograms as people write them, and how far two weighings may differ."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain.errors import InvalidInput
from wastehub.domain.quantities import (
    ToleranceRule,
    allowed_difference_g,
    parse_mass_g,
    require_mass_g,
    weighing_difference,
)

HALF_A_PERCENT = ToleranceRule(floor_g=500, ppm=5_000)
masses_g = st.integers(1, 30_000_000)


@pytest.mark.parametrize(
    ("text", "mass_g"),
    [
        ("12.5", 12_500),
        ("12.5 kg", 12_500),
        ("12.5KG", 12_500),
        ("12.5公斤", 12_500),
        ("12.5 千克", 12_500),
        ("12.5㎏", 12_500),
        ("0.8 t", 800_000),
        ("0.8吨", 800_000),
        ("500 g", 500),
        ("500克", 500),
        ("１２．５", 12_500),
        ("１２。５公斤", 12_500),
        ("1,250.5", 1_250_500),
        ("1，250", 1_250_000),
        (" 7. ", 7_000),
        ("12.500000", 12_500),
        ("0.001", 1),
    ],
)
def test_masses_as_people_write_them(text, mass_g):
    assert parse_mass_g(text) == mass_g


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "NaN",
        "inf",
        "1e3",
        "12,5",
        "1,23,456",
        "1.2.3",
        "12 lb",
        "12 斤",
        "0x10",
        "٣",
        "--5",
        "5 kg kg",
    ],
)
def test_what_is_not_a_number_is_refused(text):
    assert _refusal(text).code == "mass.not_a_number"


@pytest.mark.parametrize("text", ["0", "0.000", "-1", "－3.5", "−2 t"])
def test_a_mass_is_more_than_nothing(text):
    assert _refusal(text).code == "mass.not_positive"


@pytest.mark.parametrize("text", ["12.5001", "0.0005", "0.5 g", "0.0000001 t"])
def test_parts_of_a_gram_are_refused(text):
    assert _refusal(text).code == "mass.too_precise"


def test_thirty_tonnes_are_the_last_believable_mass():
    assert parse_mass_g("30 t") == 30_000_000
    refusal = _refusal("30.000001 t")
    assert (refusal.code, refusal.params["max_g"]) == ("mass.too_large", 30_000_000)


def test_the_container_may_set_a_smaller_limit():
    assert parse_mass_g("250", max_g=250_000) == 250_000
    with pytest.raises(InvalidInput) as refused:
        parse_mass_g("250.001", field="containers.2.mass_g", max_g=250_000)
    assert (refused.value.code, refused.value.field) == ("mass.too_large", "containers.2.mass_g")


def test_grams_from_a_machine_are_judged_alike():
    assert require_mass_g(1) == 1
    for mass_g, code in ((0, "mass.not_positive"), (-1, "mass.not_positive"), (30_000_001, "mass.too_large")):
        with pytest.raises(InvalidInput) as refused:
            require_mass_g(mass_g)
        assert refused.value.code == code


@given(masses_g)
def test_no_gram_is_lost_between_writing_and_reading(mass_g):
    kilograms = Decimal(mass_g) / 1000
    assert parse_mass_g(f"{kilograms:f}") == mass_g
    assert parse_mass_g(f"{kilograms:,f} kg") == mass_g
    assert parse_mass_g(f"{mass_g} g") == mass_g
    assert parse_mass_g(f"{Decimal(mass_g) / 1_000_000:f}吨") == mass_g


@given(st.text(max_size=60))
def test_any_text_is_a_mass_or_a_named_refusal(text):
    try:
        assert 0 < parse_mass_g(text) <= 30_000_000
    except InvalidInput as refusal:
        assert refusal.code.startswith("mass.")


def test_the_floor_rules_small_masses_and_the_share_large_ones():
    assert allowed_difference_g(20_000, HALF_A_PERCENT) == 500
    assert allowed_difference_g(100_000, HALF_A_PERCENT) == 500
    assert allowed_difference_g(170_000, HALF_A_PERCENT) == 850
    assert allowed_difference_g(100_399, HALF_A_PERCENT) == 501, "rounded down"


def test_the_limit_itself_is_within():
    found = weighing_difference(170_000, 169_150, HALF_A_PERCENT)
    assert (found.difference_g, found.allowed_g, found.within) == (-850, 850, True)
    assert not weighing_difference(170_000, 169_149, HALF_A_PERCENT).within
    assert not weighing_difference(170_000, 170_851, HALF_A_PERCENT).within


@given(masses_g, masses_g)
def test_declared_and_difference_always_make_the_weighed_mass(declared_g, weighed_g):
    found = weighing_difference(declared_g, weighed_g, HALF_A_PERCENT)
    assert declared_g + found.difference_g == weighed_g
    assert found.within == (abs(weighed_g - declared_g) <= found.allowed_g)


@given(masses_g, st.integers(0, 1_000_000))
def test_a_larger_mass_never_has_a_smaller_tolerance(mass_g, more_g):
    larger = allowed_difference_g(mass_g + more_g, HALF_A_PERCENT)
    assert larger >= allowed_difference_g(mass_g, HALF_A_PERCENT)


@pytest.mark.parametrize(("floor_g", "ppm"), [(-1, 0), (0, -1)])
def test_a_tolerance_is_not_negative(floor_g, ppm):
    with pytest.raises(ValueError, match="not negative"):
        ToleranceRule(floor_g, ppm)


def _refusal(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        parse_mass_g(text)
    assert refused.value.field == "mass_g"
    return refused.value
