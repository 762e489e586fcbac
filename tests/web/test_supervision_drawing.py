"""Clocks, tracks and streams are drawn from plain values."""

from __future__ import annotations

import re
from datetime import date

import pytest

from wastehub.domain.chain_graph import Act, lay_out
from wastehub.web import balance_drawing, chain_drawing, clocks
from wastehub.web.balance_drawing import Part

WORDS = clocks.Words("since", "own", "law", "promised", "today")
SINCE, OWN, LAW = date(2026, 1, 1), date(2026, 4, 1), date(2026, 12, 31)


def clock(today: date | None, **changes: date | None) -> str:
    given = {"since_on": SINCE, "own_on": OWN, "law_on": LAW, "promised_on": None} | changes
    return str(clocks.clock_svg(**given, today=today, words=WORDS, title="T"))  # type: ignore[arg-type]


def test_a_clock_shows_only_the_limits_that_are_passed() -> None:
    assert "clock-own" not in clock(date(2026, 3, 1)).replace("clock-mark-own", "")
    past_own = clock(date(2026, 6, 1)).replace("clock-mark-own", "").replace("clock-mark-law", "")
    assert "clock-own" in past_own and "clock-law" not in past_own
    past_law = clock(date(2027, 6, 1)).replace("clock-mark-law", "")
    assert "clock-law" in past_law


def test_a_clock_says_its_days_and_stays_inside_its_frame() -> None:
    drawn = clock(date(2027, 6, 1), promised_on=date(2026, 5, 1))
    assert 'aria-label="T: since 2026-01-01, own 2026-04-01, promised 2026-05-01, law' in drawn
    assert all(0 <= float(x) <= 100 for x in re.findall(r'x1?="([\d.]+)%"', drawn))
    assert "today" not in clock(None)
    assert clock(SINCE, own_on=SINCE, law_on=SINCE).count("<text") == 3


def test_tracks_bend_where_containers_part_and_meet() -> None:
    rows = lay_out([Act(frozenset("ab")), Act(frozenset("a")), Act(frozenset("ab"), frozenset("ab"))])
    before: tuple[int, ...] = ()
    drawn = []
    for row in rows:
        drawn.append(str(chain_drawing.tracks_svg(row, before, lanes=2)))
        before = row.leaving
    assert [each.count("<path") for each in drawn] == [0, 1, 1]
    assert [each.count("<circle") for each in drawn] == [1, 1, 1]
    # Nothing goes on below the end.
    assert 'y2="100%"' in drawn[1] and 'y2="100%"' not in drawn[2]


def parts(*grams: int) -> list[Part]:
    return [Part(f"p{n}", f"Part <{n}>", g, f"{g} g", 1 + n % 4, "/x") for n, g in enumerate(grams)]


def test_streams_are_as_thick_as_their_grams_and_fit_the_frame() -> None:
    source = Part("s", "All", 100_000, "100 kg", 1)
    drawn = str(
        balance_drawing.balance_svg(
            source, parts(60_000, 30_000, 10_000), [("a", "1")] * 4, title="T", size=(1120, 460)
        )
    )
    ends = [float(high) for high in re.findall(r'class="balance-end[^"]*"[^>]*height="([\d.]+)"', drawn)]
    assert len(ends) == 3
    assert max(ends) / min(ends) == pytest.approx(6, rel=0.02)
    assert "Part &lt;0&gt;" in drawn and "<0>" not in drawn
    assert drawn.count("<a ") == 3


def test_nothing_and_gains_draw_no_stream() -> None:
    source = Part("s", "All", 0, "0", 1)
    drawn = str(
        balance_drawing.balance_svg(source, parts(0, -5), [("a", "")] * 4, title="T", size=(340, 460))
    )
    assert "<path" not in drawn
