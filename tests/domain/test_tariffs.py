"""Fen for kilograms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain.tariffs import price_fen


def test_price_by_mass():
    assert price_fen(12_500, price_fen_per_kg=280) == 3_500


def test_half_a_fen_is_rounded_up_and_less_is_not():
    assert price_fen(500, price_fen_per_kg=1) == 1
    assert price_fen(499, price_fen_per_kg=1) == 0


def test_the_minimum_is_charged_below_it_and_not_above():
    assert price_fen(1_000, price_fen_per_kg=280, minimum_fen=20_000) == 20_000
    assert price_fen(100_000, price_fen_per_kg=280, minimum_fen=20_000) == 28_000


@pytest.mark.parametrize(
    ("mass_g", "per_kg", "minimum"), [(0, 280, 0), (-1, 280, 0), (1, -1, 0), (1, 280, -1)]
)
def test_there_is_no_price_for_nonsense(mass_g, per_kg, minimum):
    with pytest.raises(ValueError, match="no price"):
        price_fen(mass_g, price_fen_per_kg=per_kg, minimum_fen=minimum)


@given(st.integers(1, 10**8), st.integers(0, 10**5), st.integers(0, 10**6))
def test_more_mass_never_costs_less(mass_g, per_kg, minimum):
    less = price_fen(mass_g, price_fen_per_kg=per_kg, minimum_fen=minimum)
    assert minimum <= less <= price_fen(mass_g + 1, price_fen_per_kg=per_kg, minimum_fen=minimum)
