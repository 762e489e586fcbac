"""The daily count of a store: what is missing becomes a case, and a second person signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import calendar, label_codes
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, InvalidInput, NotFound, RuleViolation, StaleVersion
from wastehub.models.batches import Container
from wastehub.models.stock_counts import StockCount
from wastehub.services import audits, counts, storage
from wastehub.services.counts import Mark
from wastehub.services.storage import Move

TODAY = calendar.on_date(GATE)
NEXT_DAY = GATE + timedelta(days=1)
DRUMS = [(OIL, (150_000, 100_000, 80_000))]


BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """The statements are plain; what could differ is tried on both."""
    kind: str = getattr(request, "param", "sqlite")
    return kind


def keeper(session: Session) -> Actor:
    """Who counts; the desk is somebody else of the same platform."""
    return replace(world.desk(session), author="user:keeper")


@pytest.fixture
def store(database: Database) -> tuple[Database, list[UUID]]:
    """Three drums in one zone of the platform."""
    drums = world.stored(database, DRUMS)
    with database.transaction() as session:
        storage.put_away(session, moves=[Move(world.desk(session), drum) for drum in drums], now=GATE)
    return database, drums


def row_of(database: Database, container_id: UUID) -> Container:
    with database.reading() as session:
        return session.get_one(Container, container_id)


def opened(database: Database, drum: UUID, *, at: Any = GATE, actor: Any = keeper) -> StockCount:
    """A count of the zone that a drum stands in."""
    zone = row_of(database, drum).zone_id
    with database.transaction() as session:
        return counts.open_count(session, actor=actor(session), zone_id=zone, now=at)


def seen(database: Database, count: StockCount, *drums: UUID, **weighed: int) -> None:
    """Scan drums; a mass for the n-th as d0=..., d1=..."""
    marks = [
        Mark(row_of(database, drum).label_code, weighed_g=weighed.get(f"d{index}"))
        for index, drum in enumerate(drums)
    ]
    with database.transaction() as session:
        counts.mark(session, actor=keeper(session), count_id=count.id, marks=marks, now=GATE)


def closed(database: Database, count: StockCount, at: Any = GATE, **options: Any) -> StockCount:
    with database.transaction() as session:
        made = counts.close(
            session, actor=keeper(session), count_id=count.id, version=options.get("version"), now=at
        )
        session.refresh(made, ["lines"])
        return made


def signed(database: Database, count: StockCount, actor: Any = world.desk, at: Any = GATE) -> StockCount:
    with database.transaction() as session:
        return counts.sign(session, actor=actor(session), count_id=count.id, version=None, now=at)


def refused(code: str, act: Any, *arguments: Any, **options: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        act(*arguments, **options)
    assert caught.value.code == code
    return caught.value


def findings(count: StockCount) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in count.lines:
        found[line.finding] = found.get(line.finding, 0) + 1
    return found


def whole(database: Database) -> None:
    with database.reading() as session:
        assert ledger.verify(session).problems == []
        assert ledger.unexplained_g(session) == 0


def test_everything_found_and_signed_by_somebody_else(store: Any) -> None:
    database, drums = store
    count = opened(database, drums[0])
    assert (count.expected, count.places_due) == (3, 1)
    seen(database, count, *drums)
    count = closed(database, count)
    assert findings(count) == {"same": 3} and count.differing == 0
    signed(database, count)
    with database.reading() as session:
        [entry] = world.entries(session, "stock.signed_off")
        assert entry.facts["findings"] == {"same": 3} and entry.facts["counted_by"] == "user:keeper"
        assert entry.author == world.desk(session).author
        assert world.entries(session, "stock.counted") == [], "what agrees with the books moves nothing"
        assert counts.today_board(session, actor=keeper(session), today=TODAY).due == 0
    whole(database)


def test_a_drum_nobody_finds_is_a_case_of_its_whole_mass_at_once(store: Any) -> None:
    database, drums = store
    before = row_of(database, drums[2]).mass_g
    count = opened(database, drums[0])
    seen(database, count, *drums[:2])
    count = closed(database, count)
    assert findings(count) == {"same": 2, "missing": 1} and count.difference_g == -before
    lost = row_of(database, drums[2])
    assert (lost.state, lost.mass_g, lost.zone_id) == ("missing", 0, None)
    with database.reading() as session:
        [case] = audits.open_cases(session, actor=world.desk(session))
        assert case.case.mass_g == before and case.container.id == drums[2]
        assert case.due_on > TODAY
    whole(database)


def test_a_light_drum_that_is_missing_is_a_case_although_the_scale_would_forgive_its_mass(
    database: Database,
) -> None:
    [drum] = world.stored(database, [(OIL, (400,))])
    count = opened(database, drum)
    count = closed(database, count)
    assert findings(count) == {"missing": 1}
    with database.reading() as session:
        assert len(audits.open_cases(session, actor=world.desk(session))) == 1


@pytest.mark.parametrize(
    ("off_g", "finding", "cases"), [(-500, "within", 0), (-501, "mass", 1), (501, "mass", 1)]
)
def test_a_mass_is_a_case_beyond_the_tolerance_of_the_scale(
    store: Any, off_g: int, finding: str, cases: int
) -> None:
    database, drums = store
    before = row_of(database, drums[2]).mass_g
    count = opened(database, drums[0])
    seen(database, count, *drums, d2=before + off_g)
    count = closed(database, count)
    assert findings(count) == {"same": 2, finding: 1}
    assert row_of(database, drums[2]).mass_g == before + off_g
    with database.reading() as session:
        assert len(audits.open_cases(session, actor=world.desk(session))) == cases
    whole(database)


@BOTH
def test_a_missing_drum_that_turns_up_closes_its_case_exactly(store: Any) -> None:
    database, drums = store
    before = row_of(database, drums[2]).mass_g
    zone = row_of(database, drums[0]).zone_id
    count = opened(database, drums[0])
    seen(database, count, *drums[:2])
    closed(database, count)
    again = opened(database, drums[0], at=NEXT_DAY)
    seen(database, again, *drums)
    again = closed(database, again, at=NEXT_DAY)
    assert findings(again) == {"same": 2, "found_again": 1}
    back = row_of(database, drums[2])
    assert (back.state, back.mass_g, back.zone_id) == ("stored", before, zone)
    with database.reading() as session:
        assert audits.open_cases(session, actor=world.desk(session)) == []
    whole(database)


def test_found_again_after_its_loss_was_settled_is_a_surplus_to_explain(store: Any) -> None:
    database, drums = store
    before = row_of(database, drums[2]).mass_g
    count = opened(database, drums[0])
    seen(database, count, *drums[:2])
    closed(database, count)
    with database.transaction() as session:
        [case] = audits.open_cases(session, actor=world.desk(session))
        audits.resolve_case(
            session, actor=world.desk(session), case_key=case.case.key, reason="loss", note="示例", now=GATE
        )
    again = opened(database, drums[0], at=NEXT_DAY)
    seen(database, again, *drums)
    closed(database, again, at=NEXT_DAY)
    with database.reading() as session:
        [case] = audits.open_cases(session, actor=world.desk(session))
        assert case.case.mass_g == -before
    whole(database)


def test_a_label_that_the_books_have_elsewhere_is_logged_and_changes_nothing(store: Any) -> None:
    database, drums = store
    with database.reading() as session:
        code = session.get_one(Container, drums[0]).label_code
    other = code[:-3] + "999"
    count = opened(database, drums[0])
    seen(database, count, *drums)
    with database.transaction() as session:
        counts.mark(session, actor=keeper(session), count_id=count.id, marks=[Mark(other)], now=GATE)
    count = closed(database, count)
    assert findings(count) == {"same": 3, "unknown": 1}
    with database.reading() as session:
        [entry] = [each for each in ledger.entries_for(session, label=other)]
        assert entry.held_reason == "label.unknown"
    whole(database)


def test_a_drum_in_the_wrong_zone_is_told_with_the_zone_of_the_books(store: Any) -> None:
    database, drums = store
    with database.transaction() as session:
        count = counts.open_count(session, actor=keeper(session), zone_id=None, now=GATE)
    seen(database, count, drums[0])
    count = closed(database, count)
    [line] = count.lines
    assert line.finding == "wrong_zone" and line.books_at.startswith("Z")
    whole(database)


def test_what_moved_since_the_count_was_opened_is_not_called_missing(store: Any) -> None:
    database, drums = store
    count = opened(database, drums[0])
    with database.transaction() as session:
        row = session.get_one(Container, drums[2])
        row.zone_id = None
    seen(database, count, *drums[:2])
    found = refused("count.moved_since_opened", closed, database, count)
    assert found.params["containers"] == 1 and found.status == 409
    with database.transaction() as session:
        count = counts.refresh(session, actor=keeper(session), count_id=count.id, version=None, now=GATE)
    assert findings(closed(database, count)) == {"same": 2}


def test_the_counter_does_not_sign_and_nobody_signs_twice(store: Any) -> None:
    database, drums = store
    count = opened(database, drums[0])
    refused("count.not_counted", signed, database, count)
    seen(database, count, *drums)
    count = closed(database, count)
    refused("count.second_person_needed", signed, database, count, keeper)
    signed(database, count)
    refused("count.already_signed", signed, database, count)
    refused("count.already_signed", closed, database, count)


def test_one_count_of_a_place_at_a_time(store: Any) -> None:
    database, drums = store
    count = opened(database, drums[0])
    found = refused("count.open_already", opened, database, drums[1])
    assert found.params["count_id"] == str(count.id)
    with database.transaction() as session:
        counts.drop(session, actor=keeper(session), count_id=count.id, version=None, now=GATE)
    opened(database, drums[1])


def test_strangers_stale_forms_and_nonsense_are_refused(store: Any) -> None:
    database, drums = store
    count = opened(database, drums[0])
    stranger = lambda session: world.desk(session, "330481")  # noqa: E731
    with database.transaction() as session, pytest.raises(NotFound):
        counts.mark(session, actor=stranger(session), count_id=count.id, marks=[], now=GATE)
    with database.reading() as session, pytest.raises(NotFound):
        counts.board(session, actor=stranger(session), count_id=count.id)
    with database.transaction() as session, pytest.raises(NotFound):
        counts.open_count(session, actor=keeper(session), zone_id=uuid4(), now=GATE)
    with database.transaction() as session, pytest.raises(Forbidden):
        counts.open_count(session, actor=Actor("user:x", "driver"), now=GATE)
    with pytest.raises(StaleVersion):
        closed(database, count, version=count.version + 7)
    code = row_of(database, drums[0]).label_code
    for wrong, expected in (
        (Mark("not a label"), "label.malformed"),
        (Mark(code, weighed_g=0), "mass.not_positive"),
        (Mark(code, source="guess"), "count.source_unknown"),
    ):
        with database.transaction() as session, pytest.raises(InvalidInput) as caught:
            counts.mark(session, actor=keeper(session), count_id=count.id, marks=[wrong], now=GATE)
        assert caught.value.code == expected


def test_the_same_scan_twice_is_one_line_and_a_mark_can_be_taken_back(store: Any) -> None:
    database, drums = store
    count = opened(database, drums[0])
    seen(database, count, drums[0])
    seen(database, count, drums[0])
    code = row_of(database, drums[0]).label_code
    with database.transaction() as session:
        counts.mark(
            session, actor=keeper(session), count_id=count.id, marks=[Mark(code, seen=False)], now=GATE
        )
    with database.reading() as session:
        board = counts.board(session, actor=world.desk(session), count_id=count.id)
    assert board.seen == 0 and len(board.expected) == 3


def test_what_is_packed_is_taken_out_of_its_lot_before_it_can_be_missing(store: Any) -> None:
    database, drums = store
    world.opened(database, [drums[0]])
    count = opened(database, drums[1])
    seen(database, count, *drums[1:])
    refused("count.missing_in_lot", closed, database, count)


@BOTH
def test_a_day_without_a_complete_signature_waits_at_the_regulator(store: Any) -> None:
    database, drums = store
    with database.reading() as session:
        platform = world.desk(session).organisation_id
    regulator = Actor("user:reg", "regulator")
    tomorrow = TODAY + timedelta(days=1)

    def late() -> bool:
        with database.reading() as session:
            return platform in {
                r.unit.id for r in counts.unsigned_sites(session, actor=regulator, today=tomorrow)
            }

    assert late()
    count = opened(database, drums[0])
    seen(database, count, *drums)
    closed(database, count)
    assert late(), "counted is not signed"
    signed(database, count)
    assert not late()
    with database.reading() as session:
        stranger = Actor("user:reg", "regulator", county_code="330481")
        assert platform not in {r.unit.id for r in counts.site_days(session, actor=stranger, today=TODAY)}
        assert session.scalars(select(StockCount.state)).all() == ["signed"]


def test_a_short_code_that_somebody_types_is_the_same_container(store: Any) -> None:
    database, drums = store
    row = row_of(database, drums[0])
    assert row.short_no is not None
    count = opened(database, drums[0])
    with database.transaction() as session:
        [line] = counts.mark(
            session,
            actor=keeper(session),
            count_id=count.id,
            marks=[Mark(label_codes.human_code(row.short_no), source="tick")],
            now=GATE,
        )
        assert line.label_code == row.label_code and line.expected_g is not None
