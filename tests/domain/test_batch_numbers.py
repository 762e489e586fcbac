"""Batch numbers of HJ 1259-2022."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain.batch_numbers import PREFIXES, BatchNumber, Stage, batch_number, parse
from wastehub.domain.errors import Conflict, InvalidInput

ON = date(2021, 10, 31)


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        ("generation", "HWCS20211031001"),
        ("intake", "HWRK20211031001"),
        ("outbound", "HWCK20211031001"),
        ("own_use", "HWZXLY20211031001"),
        ("own_disposal", "HWZXCZ20211031001"),
        ("outsourced_use", "HWWWLY20211031001"),
        ("outsourced_disposal", "HWWWCZ20211031001"),
        ("export_use", "HWCKLY20211031001"),
        ("export_disposal", "HWCKCZ20211031001"),
    ],
)
def test_the_examples_of_the_standard(stage, number):
    assert batch_number(stage, ON, 1) == number
    assert parse(number) == BatchNumber(Stage(stage), ON, 1)


def test_every_stage_has_its_prefix():
    assert set(PREFIXES) == set(Stage)
    assert len(set(PREFIXES.values())) == len(Stage)


def test_out_of_store_is_not_out_of_the_country():
    assert parse("HWCK20211031001").stage is Stage.OUTBOUND
    assert parse("HWCKLY20211031001").stage is Stage.EXPORT_USE


@given(st.sampled_from(Stage), st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 999))
def test_numbers_round_trip(stage, on, running):
    assert parse(batch_number(stage, on, running)) == BatchNumber(stage, on, running)


def test_spelling_does_not_matter():
    assert parse(" hwcs 20211031 001 ") == BatchNumber(Stage.GENERATION, ON, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HW20211031001",
        "HWXX20211031001",
        "HWCS2021103101",
        "HWCS202110310001",
        "HWCS20211031000",
        "HWCS20210231001",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert (refused.value.code, refused.value.params) == ("batch_number.malformed", {"given": text})


def test_a_day_has_999_numbers():
    assert batch_number("generation", ON, 999) == "HWCS20211031999"
    with pytest.raises(Conflict) as refused:
        batch_number("generation", ON, 1000)
    assert refused.value.code == "batch_number.exhausted"
    assert refused.value.params == {"on": ON, "stage": "generation"}


def test_numbers_are_counted_from_one():
    with pytest.raises(ValueError, match="from 1"):
        batch_number("generation", ON, 0)
