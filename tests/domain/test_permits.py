"""Does a licence cover the waste that day?"""

from dataclasses import replace
from datetime import date

import pytest

from wastehub.domain.errors import Conflict
from wastehub.domain.permits import PermitView, covering, require_quota

ON = date(2026, 3, 2)
PERMIT = PermitView(
    "示例-001",
    "collection",
    date(2024, 1, 1),
    date(2026, 12, 31),
    frozenset({"HW08", "900-041-49"}),
    5_000_000,
)


def test_a_category_covers_all_its_codes():
    assert covering([PERMIT], waste_code="900-249-08", on=ON) is PERMIT


def test_a_single_code_covers_itself_and_not_its_neighbour():
    assert covering([PERMIT], waste_code="900-041-49", on=ON) is PERMIT
    assert _refusal([PERMIT], "900-039-49").code == "permit.category_not_licensed"


def test_first_and_last_day_are_included():
    for on in (PERMIT.valid_from_on, PERMIT.valid_until_on):
        assert covering([PERMIT], waste_code="900-249-08", on=on) is PERMIT


def test_the_day_after_the_last_is_expired():
    refusal = _refusal([PERMIT], "900-249-08", date(2027, 1, 1))
    assert refusal.code == "permit.expired"
    assert refusal.params == {
        "number": "示例-001",
        "valid_until_on": date(2026, 12, 31),
        "on": date(2027, 1, 1),
    }


def test_the_day_before_the_first_is_not_yet_valid():
    refusal = _refusal([PERMIT], "900-249-08", date(2023, 12, 31))
    assert (refusal.code, refusal.params["valid_from_on"]) == ("permit.not_yet_valid", date(2024, 1, 1))


def test_no_permit_at_all():
    assert _refusal([], "900-249-08").code == "permit.missing"


def test_another_category_is_refused_with_category_and_numbers():
    refusal = _refusal([PERMIT], "900-300-34")
    assert refusal.code == "permit.category_not_licensed"
    assert refusal.params == {"waste_code": "900-300-34", "category": "HW34", "numbers": "示例-001"}


def test_an_expired_permit_for_the_waste_is_told_even_beside_a_valid_one_for_other_waste():
    acids = replace(
        PERMIT, number="示例-002", valid_until_on=date(2025, 1, 1), categories=frozenset({"HW34"})
    )
    assert _refusal([PERMIT, acids], "900-300-34").code == "permit.expired"


def test_of_two_valid_permits_the_longer_one_counts():
    longer = replace(PERMIT, number="示例-003", valid_until_on=date(2028, 1, 1))
    for permits in ([PERMIT, longer], [longer, PERMIT]):
        assert covering(permits, waste_code="900-249-08", on=ON) is longer


def test_the_gap_between_two_permits_is_not_covered():
    renewed = replace(
        PERMIT, number="示例-004", valid_from_on=date(2027, 2, 1), valid_until_on=date(2030, 1, 1)
    )
    assert _refusal([PERMIT, renewed], "900-249-08", date(2027, 1, 15)).code == "permit.not_yet_valid"


def test_the_yearly_quantity_may_be_filled_to_the_gram():
    require_quota(PERMIT, 4_000_000, 1_000_000)
    with pytest.raises(Conflict) as refused:
        require_quota(PERMIT, 4_000_000, 1_000_001)
    assert refused.value.code == "permit.quota_exceeded"
    assert refused.value.params["left_g"] == 1_000_000


def test_a_permit_without_quantity_has_no_limit():
    require_quota(replace(PERMIT, annual_quota_g=None), 10**12, 10**12)


def _refusal(permits: list[PermitView], waste_code: str, on: date = ON) -> Conflict:
    with pytest.raises(Conflict) as refused:
        covering(permits, waste_code=waste_code, on=on)
    return refused.value
