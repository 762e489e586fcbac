"""Management classes of HJ 1259-2022 4.2."""

import pytest

from wastehub.domain.plan_classes import annual_basis_g, management_class

TONNE_G = 1_000_000


@pytest.mark.parametrize(
    ("annual_g", "expected"),
    [
        (0, "registration"),
        (10 * TONNE_G - 1, "registration"),
        (10 * TONNE_G, "simplified"),
        (100 * TONNE_G - 1, "simplified"),
        (100 * TONNE_G, "key"),
    ],
)
def test_the_class_by_yearly_generation(annual_g, expected):
    assert management_class(annual_g) == expected


def test_a_licence_or_an_own_facility_makes_a_unit_key_whatever_its_tonnes():
    assert management_class(1, holds_permit=True) == "key"
    assert management_class(1, has_own_facility=True) == "key"


def test_a_generation_is_not_negative():
    with pytest.raises(ValueError, match="negative"):
        management_class(-1)


def test_the_largest_of_the_last_three_years_counts():
    assert annual_basis_g([90, 5, 7, 6]) == 7
    assert annual_basis_g([5, 7]) == 7


def test_a_new_unit_counts_by_its_approved_figure():
    assert annual_basis_g([], approved_g=12) == 12
    assert annual_basis_g([3], approved_g=12) == 3
