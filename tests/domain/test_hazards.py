"""Hazard properties of the catalogue."""

import pytest

from wastehub.domain import hazards
from wastehub.domain.errors import InvalidInput


def test_the_five_properties_of_the_catalogue():
    assert {code: row.name_zh for code, row in hazards.PROPERTIES.items()} == {
        "T": "毒性",
        "C": "腐蚀性",
        "I": "易燃性",
        "R": "反应性",
        "In": "感染性",
    }


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("T,I", ("T", "I")),
        ("T，I", ("T", "I")),
        ("T、I", ("T", "I")),
        ("T/C/I/R", ("T", "C", "I", "R")),
        ("T/In", ("T", "In")),
        ("in", ("In",)),
        ("i t", ("I", "T")),
        ("C,T,C", ("C", "T")),
    ],
)
def test_letters_in_their_order_each_once(text, letters):
    assert hazards.parse(text) == letters


def test_an_unknown_letter_is_named():
    with pytest.raises(InvalidInput) as refused:
        hazards.parse("T,X")
    assert (refused.value.code, refused.value.params) == ("hazard.unknown", {"given": "X"})


@pytest.mark.parametrize("text", ["", "  ", "/"])
def test_no_property_at_all_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        hazards.parse(text)
    assert refused.value.code == "hazard.missing"


@pytest.mark.parametrize(
    ("a", "b", "incompatible"),
    [
        ({"R"}, {"I"}, True),
        ({"R"}, {"C"}, True),
        ({"T", "I"}, {"T", "R"}, True),
        ({"R"}, {"R"}, False),
        ({"R"}, {"T"}, False),
        ({"I"}, {"C"}, False),
        ({"R"}, {"In"}, False),
        (set(), {"R", "I"}, False),
    ],
)
def test_reactive_keeps_away_from_ignitable_and_corrosive(a, b, incompatible):
    assert hazards.incompatible_by_property(a, b) is incompatible
    assert hazards.incompatible_by_property(b, a) is incompatible
