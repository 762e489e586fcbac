"""Unified social credit codes, GB 32100-2015."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import credit_codes
from wastehub.domain.errors import InvalidInput

SAMPLE = "91350100M000100Y43"  # the textbook example of the standard's arithmetic, not a firm of ours


def test_the_check_character_of_the_textbook_example():
    assert credit_codes.check_character(SAMPLE[:17]) == "3"


def test_the_alphabet_has_no_letters_that_look_like_digits():
    assert len(credit_codes.ALPHABET) == 31
    assert not set("IOSVZ") & set(credit_codes.ALPHABET)


def test_spelling_does_not_matter():
    assert credit_codes.validate(" 9135 0100 m000100y43 ") == SAMPLE
    assert credit_codes.validate("９１３５０１００Ｍ０００１００Ｙ４３") == SAMPLE


def test_a_wrong_check_character_is_named():
    with pytest.raises(InvalidInput) as refused:
        credit_codes.validate(SAMPLE[:17] + "4", field="enterprise.credit_code")
    assert (refused.value.code, refused.value.field) == ("credit_code.wrong", "enterprise.credit_code")
    assert refused.value.params == {"given": "4", "expected": "3"}


@pytest.mark.parametrize("code", ["", SAMPLE[:17], SAMPLE + "0", "91350100O000100Y43", "91350100-000100Y43"])
def test_length_and_alphabet_are_checked_first(code):
    with pytest.raises(InvalidInput) as refused:
        credit_codes.validate(code)
    assert refused.value.code == "credit_code.malformed"


@given(st.from_regex(r"\A[0-9]{6}\Z").filter(str.isascii), st.integers(0, 999_999))
def test_demo_codes_are_valid_and_known_as_demo(area6, serial):
    code = credit_codes.demo_code(area6, serial)
    assert credit_codes.validate(code) == code
    assert credit_codes.is_demo_code(code)
    assert code.startswith(f"91{area6}DEM{serial:06d}")


def test_other_codes_are_not_demo():
    assert not credit_codes.is_demo_code(SAMPLE)


@given(st.integers(0, 999_999), st.integers(0, 16), st.sampled_from(credit_codes.ALPHABET))
def test_any_single_slip_is_noticed(serial, place, other):
    code = credit_codes.demo_code("330482", serial)
    slipped = code[:place] + other + code[place + 1 :]
    if slipped != code:
        with pytest.raises(InvalidInput):
            credit_codes.validate(slipped)


@pytest.mark.parametrize(
    ("area6", "serial"), [("33048", 1), ("33048x", 1), ("330482", -1), ("330482", 1_000_000)]
)
def test_demo_codes_keep_to_their_pattern(area6, serial):
    with pytest.raises(ValueError, match="digits"):
        credit_codes.demo_code(area6, serial)


def test_the_check_character_needs_seventeen():
    with pytest.raises(ValueError, match="17"):
        credit_codes.check_character("91")
