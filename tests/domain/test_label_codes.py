"""The short code catches what fingers do wrong: every wrong digit, every swap."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import label_codes
from wastehub.domain.errors import InvalidInput

NUMBERS = st.integers(label_codes.NUMBER_MIN, label_codes.NUMBER_MAX)
# With weights 10^i modulo 97 an error is noticed or not whatever the other digits are: these are all weights.
WEIGHTS = [pow(10, place, 97) for place in range(10)]


def test_every_single_wrong_digit_is_noticed_whatever_the_other_digits_are():
    """Exhaustive: a digit wrong by d changes the remainder by d times its weight, never by nothing."""
    for weight in WEIGHTS:
        for difference in range(-9, 10):
            assert difference == 0 or difference * weight % 97 != 0


def test_every_swap_of_two_digits_is_noticed_whatever_the_other_digits_are():
    """Exhaustive over all pairs of places, neighbours among them, and all pairs of different digits."""
    for left in range(10):
        for right in range(left):
            for difference in range(1, 10):
                assert difference * (WEIGHTS[left] - WEIGHTS[right]) % 97 != 0


@pytest.mark.parametrize("number", [10_000_000, 48_271_936, 99_999_999, 12_121_212, 90_000_009])
def test_the_parser_refuses_every_single_error_and_every_swap_of_neighbours(number):
    code = label_codes.human_code(number)
    assert label_codes.parse_human_code(code) == number
    wrong = {code[:at] + digit + code[at + 1 :] for at in range(10) for digit in "0123456789"}
    wrong |= {code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(9)}
    for typed in wrong - {code}:
        assert not label_codes.is_right(typed), typed
        with pytest.raises(InvalidInput) as refused:
            label_codes.parse_human_code(typed)
        assert refused.value.code == "label.typed_wrong"


@given(NUMBERS)
def test_any_number_comes_back(number):
    code = label_codes.human_code(number)
    assert len(code) == 10
    assert code.isdigit()
    assert label_codes.parse_human_code(label_codes.grouped(code)) == number


@pytest.mark.parametrize("typed", ["4827 1936 {c}", "4827-1936-{c}", " ４８２７1936{c} ", "48271936{c}"])
def test_spaces_hyphens_and_full_width_do_not_matter(typed):
    check = label_codes.human_code(48_271_936)[8:]
    assert label_codes.parse_human_code(typed.format(c=check)) == 48_271_936


def test_misread_letters_are_the_digits_they_look_like():
    code = label_codes.human_code(10_101_010)
    assert label_codes.parse_human_code(code.replace("0", "O").replace("1", "l")) == 10_101_010


@pytest.mark.parametrize(
    "typed", ["", "4827", "48271936055", "0000000098", "48271936ab", "²827193605", "٤٨٢٧١٩٣٦٠٥"]
)
def test_what_is_no_code_is_refused(typed):
    assert not label_codes.is_right(typed)
    with pytest.raises(InvalidInput):
        label_codes.parse_human_code(typed)


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_a_named_refusal(text):
    try:
        assert label_codes.NUMBER_MIN <= label_codes.parse_human_code(text) <= label_codes.NUMBER_MAX
    except InvalidInput as refusal:
        assert refusal.code == "label.typed_wrong"


def test_numbers_are_drawn_evenly_and_again_when_taken():
    drawn = [label_codes.draw_number(UUID(int=at)) for at in range(3_000)]
    assert min(drawn) >= label_codes.NUMBER_MIN
    assert max(drawn) <= label_codes.NUMBER_MAX
    assert len(set(drawn)) > 2_990
    assert abs(sum(drawn) / len(drawn) - 55_000_000) < 2_000_000
    assert label_codes.draw_number(UUID(int=1), 1) != drawn[1]


def test_a_number_has_eight_digits():
    with pytest.raises(ValueError, match="eight"):
        label_codes.human_code(9_999_999)
