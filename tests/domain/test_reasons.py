"""The catalogues of reasons."""

import pytest

from wastehub.domain import reasons
from wastehub.domain.errors import InvalidInput


def test_every_catalogue_has_other_and_asks_a_note_for_it():
    for name, choices in reasons.CATALOGUES.items():
        assert choices["other"].needs_note, name
        assert all(code == row.code and row.name_zh and row.name_en for code, row in choices.items())


def test_the_gate_knows_the_five_differences_of_the_law():
    assert {
        "name_differs",
        "quantity_differs",
        "property_differs",
        "form_differs",
        "packaging_differs",
    } <= set(reasons.GATE_REFUSAL)


def test_a_plain_reason_needs_nothing_more():
    assert reasons.require("nobody_there", "closed").name_zh == "单位关门"


def test_note_and_photo_are_asked_for_where_the_reason_needs_them():
    assert reasons.require("pickup_refusal", "mixed", note="废漆桶", photos=1).code == "mixed"
    assert _refusal("pickup_refusal", "mixed", note="  ", photos=1).code == "reason.note_missing"
    refusal = _refusal("pickup_refusal", "leaking")
    assert (refusal.code, refusal.field) == ("reason.photo_missing", "photo")
    assert refusal.params["name_zh"] == "包装渗漏或破损"


@pytest.mark.parametrize(
    ("code", "expected"), [(None, "reason.missing"), ("", "reason.missing"), ("x", "reason.unknown")]
)
def test_no_reason_and_an_unknown_one(code, expected):
    assert _refusal("loss", code).code == expected


def test_a_reason_of_another_catalogue_is_unknown():
    assert _refusal("nobody_there", "evaporation").code == "reason.unknown"


def test_an_unknown_catalogue_is_a_fault_of_the_program():
    with pytest.raises(KeyError):
        reasons.require("moods", "bad")


def _refusal(catalogue: str, code: str | None, *, note: str = "", photos: int = 0) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        reasons.require(catalogue, code, note=note, photos=photos)
    return refused.value
