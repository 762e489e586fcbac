"""Three serialisers must agree on the bytes of an entry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from wastehub.ledger import canonical
from wastehub.ledger.canonical import NotCanonical

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
KEYS = st.text(st.characters(max_codepoint=127))
INTEGERS = st.integers(-canonical.INTEGER_MAX, canonical.INTEGER_MAX)
VALUES = st.recursive(
    st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def by_standard_library(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(VALUES)
def test_the_bytes_are_those_of_the_standard_library(value: Any) -> None:
    cleaned = canonical.clean(value)
    assert canonical.dumps(cleaned) == by_standard_library(cleaned)


@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    """Judged by a library that is written after the RFC and shares nothing with ours."""
    cleaned = canonical.clean(value)
    assert canonical.dumps(cleaned) == rfc8785.dumps(cleaned)


@given(VALUES)
def test_the_bytes_read_and_written_again_are_the_same(value: Any) -> None:
    data = canonical.dumps(canonical.clean(value))
    assert canonical.dumps(canonical.loads(data)) == data


def test_bytes_are_pinned() -> None:
    value = canonical.clean({"b": [1, True, "废矿物油\n"], "a": {"e": "e\u0301"}})
    assert canonical.dumps(value) == '{"a":{"e":"é"},"b":[1,true,"废矿物油\\n"]}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        None,
        {"mass": 1.5},
        [None],
        {"é": 1},
        {1: 2},
        2**53,
        -(2**53),
        "\ud800",
        "\x00",
        b"x",
        datetime(2026, 1, 1),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical.clean(value)


def test_the_largest_integers_are_allowed() -> None:
    assert canonical.clean([2**53 - 1, 1 - 2**53]) == [2**53 - 1, 1 - 2**53]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_eight_levels_are_allowed_and_nine_refused() -> None:
    assert canonical.clean(nested(8)) == nested(8)
    with pytest.raises(NotCanonical):
        canonical.clean(nested(9))


def test_a_refusal_names_the_path() -> None:
    with pytest.raises(NotCanonical, match=r"facts\.stops\.1\.mass: float"):
        canonical.clean({"stops": [1, {"mass": 0.5}]}, path="facts")


def test_an_instant_keeps_milliseconds_and_its_offset() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert (
        canonical.instant(datetime(2026, 3, 2, 8, 0, 0, 123_999, shanghai)) == "2026-03-02T08:00:00.123+08:00"
    )
    assert canonical.instant(datetime(2026, 3, 2, tzinfo=UTC)) == "2026-03-02T00:00:00.000+00:00"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(NotCanonical):
        canonical.instant(datetime(2026, 3, 2))


def test_a_commitment_is_the_hash_of_salt_and_value() -> None:
    made = canonical.commitment(bytes(16), "王")
    assert made.hex() == "511d23cf11c727914e35f34d99b5035097d829f75a1a999f8b115e49a30ac09b"
    assert canonical.commitment(bytes(15) + b"\x01", "王") != made
