"""The 37-character identification code and the label that carries it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import labels
from wastehub.domain.credit_codes import demo_code
from wastehub.domain.errors import Conflict, InvalidInput

UNIT = demo_code("330482", 1)
CODE = UNIT + "90024908" + "20260315" + "001"


def test_the_four_segments_in_their_order():
    assert labels.identification_code(UNIT, "900-249-08", date(2026, 3, 15), 1) == CODE
    assert len(CODE) == 37


def test_the_segments_come_back():
    assert labels.parse_identification_code(CODE) == labels.LabelCode(
        UNIT, "900-249-08", date(2026, 3, 15), 1
    )


@given(
    st.integers(0, 999_999),
    st.integers(0, 999_999),
    st.integers(1, 50),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
)
def test_every_code_round_trips_through_the_qr(serial, head, category, on, running):
    unit, waste_code = demo_code("330402", serial), f"{head:06d}{category:02d}"
    waste_code = f"{waste_code[:3]}-{waste_code[3:6]}-{waste_code[6:]}"
    code = labels.identification_code(unit, waste_code, on, running)
    payload = labels.qr_payload("https://demo.example/", code)
    assert payload == f"https://demo.example/c/{code}"
    assert labels.code_from_payload(payload) == code
    assert labels.parse_identification_code(code) == labels.LabelCode(unit, waste_code, on, running)


@pytest.mark.parametrize(
    "text",
    [
        CODE.lower(),
        f"  {UNIT} 90024908 20260315 001 ",
        f"{UNIT}-90024908-20260315-001",
        "".join(chr(ord(character) + 0xFEE0) for character in CODE),
    ],
)
def test_spelling_does_not_matter(text):
    assert labels.parse_identification_code(text).running == 1
    assert labels.code_from_payload(text) == CODE


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "length"),
        (CODE[:-1], "length"),
        (CODE + "1", "length"),
        ("单" + CODE[1:], "unit_code"),
        (UNIT + "90024951" + "20260315" + "001", "waste_code"),
        (UNIT + "9002490A" + "20260315" + "001", "waste_code"),
        (UNIT + "90024908" + "20260231" + "001", "date"),
        (UNIT + "90024908" + "2026031X" + "001", "date"),
        (UNIT + "90024908" + "20260315" + "0A1", "running"),
    ],
)
def test_what_is_wrong_with_a_code_is_said(text, problem):
    with pytest.raises(InvalidInput) as refused:
        labels.parse_identification_code(text)
    assert (refused.value.code, refused.value.params["problem"]) == ("label.malformed", problem)
    assert (refused.value.params["problem_zh"], refused.value.params["problem_en"]) == labels.PROBLEMS[
        problem
    ]


@pytest.mark.parametrize(
    "payload",
    [
        f"http://127.0.0.1:8000/c/{CODE}",
        f"https://other.example/prefix/c/{CODE}/",
        f"https://other.example/c/{CODE}?from=label#top",
        f"https://other.example/c/{CODE.lower()}",
        f"/c/{CODE}",
    ],
)
def test_a_link_of_any_host_holds_the_code(payload):
    assert labels.code_from_payload(payload) == CODE


@pytest.mark.parametrize(
    "payload",
    ["https://other.example/", f"https://other.example/d/{CODE}", f"https://x/?c={CODE}", "WIFI:T:WPA;;"],
)
def test_a_strange_qr_code_is_not_a_label(payload):
    with pytest.raises(InvalidInput) as refused:
        labels.code_from_payload(payload)
    assert refused.value.params["problem"] == "not_a_label_link"


def test_a_link_with_a_broken_code_says_what_is_broken():
    with pytest.raises(InvalidInput) as refused:
        labels.code_from_payload(f"https://other.example/c/{CODE[:-1]}")
    assert refused.value.params["problem"] == "length"


@given(st.text(max_size=80))
def test_any_scanned_text_is_a_code_or_a_named_refusal(text):
    try:
        assert len(labels.code_from_payload(text)) == 37
    except InvalidInput as refusal:
        assert refusal.code == "label.malformed"


def test_the_last_running_number_of_a_day():
    assert labels.identification_code(UNIT, "900-249-08", date(2026, 3, 15), 999).endswith("999")
    with pytest.raises(Conflict) as refused:
        labels.identification_code(UNIT, "900-249-08", date(2026, 3, 15), 1000)
    assert refused.value.code == "label.running_exhausted"


def test_a_unit_code_has_eighteen_characters():
    with pytest.raises(ValueError, match="18"):
        labels.identification_code(UNIT[:-1], "900-249-08", date(2026, 3, 15), 1)


@pytest.mark.parametrize(
    ("volume_l", "side_mm", "text_mm", "copies"),
    [(1, 100, 3, 1), (50, 100, 3, 1), (51, 150, 5, 1), (450, 150, 5, 1), (451, 200, 6, 2), (1000, 200, 6, 2)],
)
def test_the_label_grows_with_the_container(volume_l, side_mm, text_mm, copies):
    assert labels.label_size_mm(volume_l) == side_mm
    assert labels.label_size(volume_l).text_height_mm == text_mm
    assert labels.copies(volume_l) == copies


def test_a_container_has_a_volume():
    with pytest.raises(ValueError, match="volume"):
        labels.label_size_mm(0)


RANGES = [(0x20, 0x7E), (0x4E00, 0x9FFF)]


def test_characters_of_the_font_are_printable_to_the_edge_of_each_range():
    labels.require_printable("废机油 ~ A\u4e00\u9fff", RANGES, "name")
    labels.require_printable("", RANGES, "name")


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("油\u9fff\ua000", "\ua000 (U+A000)"),
        ("a\tb\t", "U+0009"),
        ("𠮷野𠮷", "𠮷 (U+20BB7)"),
        ("\x7f", "U+007F"),
    ],
)
def test_characters_the_font_lacks_are_named_once(text, characters):
    with pytest.raises(InvalidInput) as refused:
        labels.require_printable(text, RANGES, "name")
    assert (refused.value.code, refused.value.field) == ("text.character_not_printable", "name")
    assert refused.value.params == {"characters": characters}


def test_without_a_font_nothing_is_printable():
    with pytest.raises(InvalidInput):
        labels.require_printable("a", [], "name")
