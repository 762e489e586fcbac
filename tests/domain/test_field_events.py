"""Texts of phones: what is an event, what is not and why; clocks put right; places in a chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from wastehub.domain import field_events as rules
from wastehub.domain.errors import InvalidInput
from wastehub.domain.field_events import Body, Chain, Known

ID, DEVICE = str(UUID(int=1)), str(UUID(int=2))
NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)


def said(**changes: Any) -> str:
    made = {
        "v": 1, "id": ID, "device": DEVICE, "seq": 1, "prev": "", "kind": "load", "by": str(UUID(int=3)),
        "at": "2026-03-16T01:02:03.456Z", "body": {"note": "桶口渗漏"},
    } | changes  # fmt: skip
    return rules.canonical({name: value for name, value in made.items() if value is not ...})


def test_an_event_is_read_as_it_was_signed() -> None:
    place = {"lon_e6": 120_700_000, "lat_e6": 30_700_000, "accuracy_m": 9, "at": "2026-03-16T01:02:00.000Z"}
    event = rules.parse(said(place=place, seen={"size": 7, "root": "a" * 64}, seq=2, prev="b" * 64))
    assert (event.seq, event.prev, event.kind, event.at.microsecond) == (2, "b" * 64, "load", 456_000)
    assert event.body.text("note", longest=10) == "桶口渗漏"
    assert event.place is not None and event.place.lon_e6 == 120_700_000
    assert event.seen == rules.Seen(7, "a" * 64)


def test_the_hash_of_a_text_is_pinned() -> None:
    assert rules.canonical({"b": [1, True], "a": "é\n"}) == '{"a":"é\\n","b":[1,true]}'
    assert rules.sha256("桶") == "24d1240f704af6f562eb3dc490582c61c45cf3b3fb08dc296afc63c805473e63"


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("[]", "event.not_json", "text"),
        ("{", "event.not_json", "text"),
        ('{"v":Infinity}', "event.number_not_whole", "text"),
        ('{"v":NaN}', "event.number_not_whole", "text"),
        ('{"v":1.0}', "event.number_not_whole", "text"),
        ('{"v":1e2}', "event.number_not_whole", "text"),
        ('{"v":1,"v":1}', "event.key_twice", "v"),
        ('{"v":9223372036854775808}', "event.number_too_large", "text"),
        ('{"v":-9007199254740992}', "event.number_too_large", "text"),
        ('{"v":' + "9" * 5_000 + "}", "event.number_too_large", "text"),
        ("x" * 9_000, "event.text_too_long", "text"),
        ("桶" * 3_000, "event.text_too_long", "text"),
        ("[" * 5_000, "event.not_json", "text"),
        ("\ud800", "event.text_unreadable", "text"),
        (said() + " ", "event.not_canonical", "text"),
        (said().replace(":", ": ", 1), "event.not_canonical", "text"),
        (said(v=2), "event.version_unknown", "v"),
        (said(v=True), "event.version_unknown", "v"),
        (said(extra=1), "event.field_unknown", "extra"),
        (said(seq=...), "event.field_missing", "seq"),
        (said(seq=0), "event.field_wrong", "seq"),
        (said(seq=True), "event.field_wrong", "seq"),
        (said(seq=2), "event.field_wrong", "prev"),
        (said(prev="x"), "event.field_wrong", "prev"),
        (said(id=ID.upper().replace("0", "A")), "event.field_wrong", "id"),
        (said(at="2026-03-16T01:02:03Z"), "event.field_wrong", "at"),
        (said(at="2026-02-31T01:02:03.456Z"), "event.field_wrong", "at"),
        (said(kind="x" * 31), "text.too_long", "kind"),
        (said(kind="Load"), "event.field_wrong", "kind"),
        (said(body=[]), "event.field_wrong", "body"),
        (said(body={"a": None}), "event.null_inside", "body.a"),
        (said(body={"a": "e\u0301"}), "event.not_canonical", "body.a"),
        (said(body={"桶": 1}), "event.not_canonical", "body"),
        (said(body={"a": {"b": {"c": {"d": {"e": 1}}}}}), "event.too_deep", "body.a.b.c.d.e"),
        (said(place={"lon_e6": 1}), "event.field_wrong", "place"),
        (said(seen={"size": 1, "root": "x"}), "event.field_wrong", "root"),
    ],
)
def test_what_is_no_event_says_where(text: str, code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        rules.parse(text)
    assert (wrong.value.code, wrong.value.field) == (code, field)


def test_what_is_no_event_still_tells_its_place_in_the_chain() -> None:
    fault = InvalidInput("event.malformed")
    event = rules.skeleton(said(body=None, kind="Bad"), fault)
    assert event is not None and (event.seq, str(event.id), event.fault) == (1, ID, fault)
    for text in ("[]", "{", "\ud800", said(id=7), said(seq="1"), said(prev=1), "[" * 5_000):
        assert rules.skeleton(text, fault) is None
    assert rules.named(said(v=9)) == (UUID(int=1), 1)
    assert rules.named('{"id":"x","seq":-1}') == (None, None)


@pytest.mark.parametrize(
    ("off", "put_right"),
    [
        (timedelta(0), NOW - timedelta(hours=1)),
        (timedelta(seconds=120), NOW - timedelta(hours=1, seconds=120)),
        (timedelta(seconds=121), NOW - timedelta(hours=1)),
        (timedelta(hours=47), NOW - timedelta(hours=1)),
        (timedelta(hours=-47), NOW - timedelta(hours=1)),
    ],
)
def test_a_clock_is_put_right_by_what_it_is_off(off: timedelta, put_right: datetime) -> None:
    happened = NOW - timedelta(hours=1)
    measured = rules.skew(sent_at=NOW - off, received_at=NOW)
    assert measured == off
    assert rules.corrected(happened - off, skew=measured, now=NOW) == put_right


def test_nothing_happens_in_the_future_and_no_clock_overflows() -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert rules.corrected(far, skew=timedelta(0), now=NOW) == NOW
    assert rules.corrected(far, skew=timedelta(days=400), now=NOW) == NOW
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    assert rules.corrected(long_ago, skew=timedelta(days=-400), now=NOW) == datetime.min.replace(tzinfo=UTC)


def test_places_in_a_chain() -> None:
    event = rules.parse(said(seq=3, prev="a" * 64))
    same = Known(event.id, event.device, 3, event.sha256)
    other = Known(UUID(int=9), event.device, 3, "f" * 64)

    def place(chain: Chain, same_id: Known | None = None, same_seq: Known | None = None) -> str:
        return rules.placed(event, chain, same_id=same_id, same_seq=same_seq)

    assert place(Chain(2, "a" * 64)) == "next"
    assert place(Chain(2, "b" * 64)) == "broken"
    assert place(Chain(1, "a" * 64)) == "waiting"
    assert place(Chain(3, event.sha256), same, same) == "replay"
    assert place(Chain(3, "f" * 64), same_seq=other) == "sequence_reused"
    assert place(Chain(2, "a" * 64), same_id=Known(event.id, event.device, 1, "f" * 64)) == "id_reused"
    assert place(Chain(9, "a" * 64)) == "sequence_reused"


def test_readers_of_a_body_name_the_field() -> None:
    body = Body(
        {"n": 5, "t": "x", "flag": True, "list": ["a"], "in": {"k": "v"}, "at": "2026-03-16T01:02:03.000Z"}
    )
    assert body.whole("n") == 5 and body.truth("flag") and body.texts("list", longest=1, most=1) == ["a"]
    assert body.inner("in").text("k", longest=1) == "v" and body.inner("absent") == Body()
    assert body.instant("at").year == 2026 and body.choice("t", ("x", "y")) == "x"
    wrong: list[tuple[str, Any]] = [
        ("n", lambda: body.whole("n", highest=4)),
        ("flag", lambda: body.whole("flag")),
        ("t", lambda: body.choice("t", ("y",))),
        ("t", lambda: body.uuid("t")),
        ("t", lambda: body.truth("t")),
        ("n", lambda: body.inner("n")),
        ("list", lambda: body.texts("list", longest=1, most=0)),
        ("none", lambda: body.text("none", longest=1, required=True)),
        ("t", lambda: body.instant("t")),
    ]
    for name, read in wrong:
        with pytest.raises(InvalidInput) as fault:
            read()
        assert fault.value.field == name
