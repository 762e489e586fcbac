"""What an administrator may change on a label, and what not."""

from __future__ import annotations

import pytest

from wastehub.domain import label_templates
from wastehub.domain.errors import InvalidInput


def content(**captions: str) -> dict[str, object]:
    made = label_templates.DEFAULT.content()
    made["captions"] |= captions
    return made


def test_the_default_comes_back_unchanged():
    assert label_templates.of_content(label_templates.DEFAULT.content()) == label_templates.DEFAULT


def test_an_unconfirmed_field_can_be_left_out():
    made = label_templates.of_content(content(note=""))
    assert "note" not in made.captions
    assert "waste_name" in made.captions


def test_an_unconfirmed_caption_can_be_reworded():
    assert label_templates.of_content(content(unit="产生单位")).captions["unit"] == "产生单位"


@pytest.mark.parametrize(
    ("captions", "code"),
    [
        ({"waste_code": ""}, "label_template.field_fixed"),
        ({"hazards": "危害"}, "label_template.field_fixed"),
        ({"unit": ""}, "label_template.field_fixed"),
        ({"note": "字" * 13}, "label_template.caption"),
    ],
)
def test_what_the_standard_fixes_stays(captions, code):
    with pytest.raises(InvalidInput) as refused:
        label_templates.of_content(content(**captions))
    assert refused.value.code == code
    assert refused.value.field == f"caption_{next(iter(captions))}"


@pytest.mark.parametrize(
    ("colour", "code"),
    [
        ("red", "label_template.colour"),
        ("#12345", "label_template.colour"),
        ("#000080", "label_template.colour_dark"),
    ],
)
def test_a_ground_is_a_colour_that_black_is_seen_on(colour, code):
    with pytest.raises(InvalidInput) as refused:
        label_templates.of_content(
            {"captions": label_templates.DEFAULT.content()["captions"], "grounds": {"I": colour}}
        )
    assert (refused.value.code, refused.value.field) == (code, "ground_I")


def test_a_light_ground_is_taken():
    made = label_templates.of_content(
        {"captions": label_templates.DEFAULT.content()["captions"], "grounds": {"R": "#FFEE00"}}
    )
    assert made.grounds["R"] == (255, 238, 0)
    assert made.grounds["I"] == (255, 0, 0)
