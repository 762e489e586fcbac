"""Codes of the national catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import waste_codes
from wastehub.domain.errors import InvalidInput


@pytest.mark.parametrize(
    "text",
    [
        "900-249-08",
        "90024908",
        " 900 249 08 ",
        "９００－２４９－０８",
        "900—249—08",
        "900‑249‑08",
        "900-24908",
    ],
)
def test_every_spelling_of_the_eight_digits(text):
    assert waste_codes.parse(text) == "900-249-08"


@pytest.mark.parametrize(
    "text", ["", "900-249-8", "900-249-008", "900-249-00", "900-249-51", "HW08", "9OO-249-08", "900.249.08"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidInput) as refused:
        waste_codes.parse(text, field="lines.0.waste_code")
    assert (refused.value.code, refused.value.field) == ("waste_code.malformed", "lines.0.waste_code")
    assert refused.value.params == {"given": text}


@pytest.mark.parametrize("text", ["900-000-01", "900-049-50"])
def test_the_first_and_the_last_category(text):
    assert waste_codes.parse(text) == text


def test_category_and_digits():
    assert waste_codes.category("900-249-08") == "HW08"
    assert waste_codes.digits("900-249-08") == "90024908"
    assert waste_codes.from_digits("90024908") == "900-249-08"


@given(st.integers(0, 999_999), st.integers(1, 50))
def test_code_and_digits_round_trip(head, category):
    eight = f"{head:06d}{category:02d}"
    code = waste_codes.parse(eight)
    assert waste_codes.digits(code) == eight
    assert waste_codes.category(code) == f"HW{category:02d}"
    waste_codes.require_category(code, f"HW{category:02d}")


def test_a_wrong_category_is_refused_with_the_right_one():
    waste_codes.require_category("900-249-08", "HW08")
    with pytest.raises(InvalidInput) as refused:
        waste_codes.require_category("900-249-08", "HW09")
    assert refused.value.code == "waste_code.category_mismatch"
    assert refused.value.params == {"expected": "HW08", "given": "HW09"}
