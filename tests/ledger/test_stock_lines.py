"""The ledger of one place: its lines add up to its stock, whatever happened."""

from __future__ import annotations

from hypothesis import given, settings

from tests.ledger import acts
from tests.ledger.acts import FIRM, PLANT, PLATFORM, POLICY, Desk
from tests.ledger.logs import proven, put
from tests.ledger.test_invariants import STEPS, lived
from wastehub import ledger
from wastehub.db import Database
from wastehub.ledger import Line
from wastehub.ledger.accounts import Posted
from wastehub.ledger.events import Event
from wastehub.ledger.stock_lines import StockReader

PLACES = (FIRM, PLATFORM, PLANT)


def read(desk: Desk, place: str) -> StockReader:
    """What the reader makes of the entries that the desk's books posted."""
    reader, again = StockReader(place), Desk()
    for event in desk.log:
        if isinstance(again.do(event), Posted):
            reader.read(len(again.log) - 1, event)
        for late in again.books.retried:
            if isinstance(late.result, Posted):
                reader.read(late.idx, late.event)
    return reader


def told(*events: Event, place: str = FIRM) -> list[tuple[str, int, int, int]]:
    desk = Desk()
    desk.post(*events)
    reader = read(desk, place)
    assert reader.listed_g() == reader.booked_g()
    return [(line.kind, line.mass_g, line.tolerance_g, line.case_g) for line in reader.lines]


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_the_lines_of_every_place_add_up_to_its_books(steps: list[tuple[str, int, int, int]]) -> None:
    desk = lived(steps)
    for place in PLACES:
        reader = read(desk, place)
        stock: dict[str, int] = {}
        for account, sums in desk.books.accounts.items():
            if account.kind == "STOCK" and account.place == place and sums.balance_g:
                stock[account.code] = stock.get(account.code, 0) + sums.balance_g
        assert reader.booked_g() == stock
        assert reader.listed_g() == stock


def test_a_drum_that_is_weighed_as_it_leaves() -> None:
    """The estimate stays what was generated; what left is what the scale said."""
    rows = told(acts.registered(mass_g=100_000, basis="estimated"), acts.loaded(mass_g=100_400))
    assert rows == [("generated", 100_000, 0, 0), ("left", 100_400, -400, 0)]


def test_an_undone_loading_is_no_line() -> None:
    assert told(acts.registered(), acts.loaded(), acts.load_undone()) == [("generated", 100_000, 0, 0)]


def test_a_voided_container_counts_nothing() -> None:
    assert told(acts.registered(), acts.voided()) == [("generated", 0, 0, 0)]


def test_a_correction_changes_the_line_it_corrects_and_all_that_followed() -> None:
    first = acts.registered()
    desk = Desk()
    desk.post(first, acts.loaded())
    desk.post(acts.corrected("L1", 90_000, desk.books.labels["L1"].state.mass_event))
    reader = read(desk, FIRM)
    assert [(line.kind, line.mass_g) for line in reader.lines] == [("generated", 90_000), ("left", 90_000)]


def test_what_the_platform_receives_is_what_its_own_scale_says() -> None:
    rows = told(acts.registered(), acts.loaded(), acts.received(mass_g=99_800), place=PLATFORM)
    assert rows == [("received", 99_800, 0, 0)]


def test_a_count_beyond_tolerance_is_a_case() -> None:
    rows = told(acts.registered(), acts.counted(mass_g=70_000))
    assert rows[-1] == ("counted", 70_000, 0, 30_000)


def test_two_cases_of_one_event_are_two() -> None:
    """Corrected one after the other, each closes its own."""
    desk = Desk()
    desk.post(acts.registered("L1"), acts.registered("L2"))
    lines = (Line("L1", mass_g=70_000, to_place="veh:T"), Line("L2", mass_g=60_000, to_place="veh:T"))
    desk.post(acts.act("container.loaded", FIRM, *lines, facts=POLICY))
    for label, mass_g in (("L1", 100_000), ("L2", 100_000)):
        desk.post(acts.corrected(label, mass_g, desk.books.labels[label].state.mass_event))
    left = [line for line in read(desk, FIRM).lines if line.kind == "left"]
    assert [(line.mass_g, line.case_g) for line in left] == [(100_000, 0), (100_000, 0)]
    assert read(desk, FIRM).listed_g() == {}


def test_a_repacking_takes_out_and_puts_in() -> None:
    """Two drums of a batch into one: the remainder is a loss of their batch."""
    desk = Desk()
    desk.post(acts.registered("L1"), acts.registered("L2", 50_000))
    desk.post(acts.poured(["L1", "L2"], {"N1": 149_000}, site=FIRM))
    reader = read(desk, FIRM)
    found = {(line.label, line.kind): line.mass_g for line in reader.lines if line.kind != "generated"}
    assert found == {
        ("L1", "other"): -99_000,
        ("L1", "lost"): 1_000,
        ("L2", "other"): -50_000,
        ("N1", "other"): 149_000,
    }
    assert reader.listed_g() == reader.booked_g() == {acts.registered().lines[0].code: 149_000}


def test_a_repacking_that_never_was_leaves_no_line() -> None:
    desk = Desk()
    poured = acts.poured(["L1"], {"N1": 100_000}, site=FIRM)
    desk.post(acts.registered("L1"), poured)
    desk.post(acts.reversal(poured.id, "L1", "N1", site=FIRM))
    assert [line.kind for line in read(desk, FIRM).lines] == ["generated"]


def test_a_recoding_moves_mass_between_codes() -> None:
    desk = Desk()
    recoded = acts.poured(["L1"], {"N1": 100_000}, site=FIRM, code="900-249-08")
    desk.post(acts.registered("L1"), recoded)
    assert read(desk, FIRM).listed_g() == {"900-249-08": 100_000}


def test_an_arrival_that_is_taken_back_is_no_line() -> None:
    desk = Desk()
    desk.post(acts.registered(), acts.loaded())
    arrived = acts.received(mass_g=99_800)
    desk.post(arrived)
    assert [line.kind for line in read(desk, PLATFORM).lines] == ["received"]
    desk.post(acts.reversal(arrived.id, "L1"))
    assert read(desk, PLATFORM).lines == []


def test_a_new_label_keeps_what_the_old_one_did() -> None:
    """A correction under the new code changes the line that the old one left."""
    desk = Desk()
    first = acts.registered()
    desk.post(first, acts.act("label.replaced", FIRM, Line("L1"), Line("L9")))
    desk.post(acts.corrected("L9", 90_000, first.id))
    assert [(line.label, line.mass_g) for line in read(desk, FIRM).lines] == [("L1", 90_000)]


def test_the_log_gives_the_same_lines(log: Database) -> None:
    put(log, acts.registered("L1"), acts.registered("L2", 50_000))
    put(log, acts.loaded("L1"), acts.loaded("L2"), acts.load_undone("L2"))
    put(log, acts.loaded("L9"), acts.received("L1", 99_800), acts.treated("L1"))
    with log.reading() as session:
        firm = ledger.stock_of(session, place=FIRM)
        platform = ledger.stock_of(session, place=PLATFORM)
    assert [(line.label, line.kind) for line in firm.lines] == [
        ("L1", "generated"), ("L2", "generated"), ("L1", "left"),
    ]  # fmt: skip
    assert firm.booked_g() == firm.listed_g() == {acts.registered().lines[0].code: 50_000}
    assert [(line.kind, line.mass_g) for line in platform.lines] == [
        ("received", 99_800),
        ("treated", 99_800),
    ]
    proven(log)


def test_a_smaller_log_tells_what_was_known_then(log: Database) -> None:
    put(log, acts.registered("L1"))
    with log.reading() as session:
        known = ledger.size(session)
    put(log, acts.loaded("L1"))
    with log.reading() as session:
        then = ledger.stock_of(session, place=FIRM, size=known)
    assert [line.kind for line in then.lines] == ["generated"]
    proven(log)
