"""What a regulator asks is answered from the books: every gram, every station, every open loop."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from tests.services import chain_world as world
from tests.services.chain_world import NOW, REGULATOR, Chain, county_regulator
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, InvalidInput, NotFound
from wastehub.models.organisations import Organisation
from wastehub.services import audits
from wastehub.services.audits import Fate


def fate_of(chain: Chain, session: Session, name: str) -> Fate:
    return audits.trace(session, actor=REGULATOR, batch_id=chain.batches[name]).fate


# --- the chain of a batch --------------------------------------------------------------------------


def test_the_chain_of_a_treated_batch_names_every_station_in_order(chain: Chain, tale: Session) -> None:
    found = audits.trace(tale, actor=REGULATOR, batch_id=chain.batches["treated"])
    types = [entry.event.type for entry in found.entries]
    stations = [
        "batch.registered", "label.printed", "container.loaded", "container.received", "lot.shipped",
        "lot.received", "container.treated",
    ]  # fmt: skip
    at = [types.index(each) for each in stations]
    assert at == sorted(at)
    assert [paper.leg for paper in found.manifests] == [1, 2]
    assert [lot.id for lot in found.lots] == [chain.lot_id]
    assert [(run.id, mass_g) for run, mass_g in found.treatments] == [(chain.treatment_id, 150_300)]
    assert [row.state for row in found.containers] == ["treated", "at_plant"]


def test_the_fate_of_each_batch_closes_to_the_gram(chain: Chain, tale: Session) -> None:
    expected = {
        "treated": Fate(generated_g=250_000, plant_g=100_000, treated_g=150_300, tolerance_g=-300),
        "differing": Fate(generated_g=300_000, platform_g=151_000, plant_g=149_249, open_cases_g=-249),
        "refused": Fate(generated_g=80_000, road_g=80_000),
        "undecided": Fate(generated_g=60_000, road_g=60_000),
        "waiting": Fate(generated_g=50_000, enterprise_g=50_000),
        "elsewhere": Fate(generated_g=40_000, enterprise_g=40_000),
    }
    for name, fate in expected.items():
        assert fate_of(chain, tale, name) == fate, name
        assert fate.unexplained_g == 0


def test_a_gram_that_is_nowhere_is_unexplained() -> None:
    assert Fate(generated_g=100, treated_g=99).unexplained_g == 1
    assert Fate(generated_g=100, treated_g=101, tolerance_g=-1).unexplained_g == 0


def test_a_chain_shows_no_lines_of_firms_that_shared_its_lot(chain: Chain, tale: Session) -> None:
    found = audits.trace(tale, actor=REGULATOR, batch_id=chain.batches["treated"])
    own = {row.label_code for row in found.containers}
    told = {line.label for entry in found.entries for line in entry.event.lines if line.label}
    assert told == own
    shared = ledger.entries_for(tale, label=chain.label(tale, "differing"))
    assert any({line.label for line in each.event.lines} & own for each in shared), "they did share a lot"


def test_the_manifest_of_refused_waste_belongs_to_its_chain(chain: Chain, tale: Session) -> None:
    found = audits.trace(tale, actor=REGULATOR, batch_id=chain.batches["refused"])
    assert [(paper.leg, paper.state) for paper in found.manifests] == [(1, "rejected")]


def test_a_chain_is_seen_by_its_parties_and_its_regulators(chain: Chain, tale: Session) -> None:
    batch_id = chain.batches["treated"]
    for actor in (
        chain.desk(tale, "treated"), world.platform(tale), world.plant(tale), REGULATOR, county_regulator(),
    ):  # fmt: skip
        assert audits.trace(tale, actor=actor, batch_id=batch_id).batch.id == batch_id


def test_a_chain_does_not_exist_for_strangers(chain: Chain, tale: Session) -> None:
    for actor in (
        chain.desk(tale, "differing"), world.platform(tale, world.OTHER_COUNTY),
        county_regulator(world.OTHER_COUNTY),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            audits.trace(tale, actor=actor, batch_id=chain.batches["treated"])
    with pytest.raises(NotFound):
        audits.trace(tale, actor=world.plant(tale), batch_id=chain.batches["refused"])
    with pytest.raises(NotFound):
        audits.trace(tale, actor=REGULATOR, batch_id=uuid4())
    with pytest.raises(Forbidden):
        audits.trace(tale, actor=Actor(author="user:d", role="driver"), batch_id=chain.batches["treated"])


# --- counties --------------------------------------------------------------------------------------


def test_the_counties_add_up_to_what_the_books_hold(chain: Chain, tale: Session) -> None:
    rows = {row.area.code: row for row in audits.county_balances(tale, actor=REGULATOR)}
    here, there = rows[world.COUNTY], rows[world.OTHER_COUNTY]
    assert (here.firms, there.firms) == (5, 1)
    assert here.fate == Fate(
        generated_g=740_000, enterprise_g=50_000, road_g=140_000, platform_g=151_000, plant_g=249_249,
        treated_g=150_300, tolerance_g=-300, open_cases_g=-249,
    )  # fmt: skip
    assert there.fate == Fate(generated_g=40_000, enterprise_g=40_000)
    total = audits.total_of(row.fate for row in rows.values())
    assert total.generated_g == -sum(each.balance_g for each in ledger.rollups(tale, kind="GEN"))
    assert total.unexplained_g == 0 == ledger.unexplained_g(tale)


def test_a_countys_regulator_gets_that_county_only(chain: Chain, tale: Session) -> None:
    [row] = audits.county_balances(tale, actor=county_regulator(world.OTHER_COUNTY))
    assert row.area.code == world.OTHER_COUNTY
    with pytest.raises(Forbidden):
        audits.county_balances(tale, actor=chain.desk(tale, "treated"))


# --- open loops ------------------------------------------------------------------------------------


def loops(session: Session, on: date, kind: str, actor: Actor = REGULATOR) -> list[audits.OverdueRow]:
    noon = datetime(on.year, on.month, on.day, 4, tzinfo=UTC)
    return [row for row in audits.overdue(session, actor=actor, now=noon) if row.kind == kind]


def days(on: date, count: int) -> date:
    return on + timedelta(days=count)


def test_storage_at_an_enterprise_is_listed_from_its_warning_day_and_late_after_its_limit(
    chain: Chain, tale: Session
) -> None:
    since_on = date(2026, 3, 16)
    kind = "enterprise_storage"
    assert loops(tale, days(since_on, 269), kind) == []
    rows = loops(tale, days(since_on, 270), kind)
    assert {row.batch_id for row in rows} == {chain.batches["waiting"], chain.batches["elsewhere"]}
    assert {(row.since_on, row.due_on, row.late) for row in rows} == {(since_on, days(since_on, 365), False)}
    assert {row.late for row in loops(tale, days(since_on, 365), kind)} == {False}
    assert {row.late for row in loops(tale, days(since_on, 366), kind)} == {True}


def test_storage_at_a_platform_is_listed_after_ninety_days_and_late_after_a_year(
    chain: Chain, tale: Session
) -> None:
    since_on = date(2026, 3, 17)
    assert loops(tale, days(since_on, 89), "platform_storage") == []
    [row] = loops(tale, days(since_on, 90), "platform_storage")
    assert (row.batch_id, row.mass_g, row.late) == (chain.batches["differing"], 151_000, False)
    assert row.unit is not None and row.unit.kind == "platform"
    assert loops(tale, days(since_on, 366), "platform_storage")[0].late


def test_a_manifest_that_arrived_is_due_after_five_working_days(chain: Chain, tale: Session) -> None:
    # Papers of waste that differed wait for their report, too.
    [row] = [each for each in loops(tale, date(2026, 3, 24), "manifest") if each.mass_g == 60_000]
    assert (row.since_on, row.due_on, row.mass_g) == (date(2026, 3, 17), date(2026, 3, 24), 60_000)
    assert not row.late and row.manifest_id is not None
    assert loops(tale, date(2026, 3, 25), "manifest")[0].late


def test_a_request_is_listed_from_three_days_before_its_due_day(chain: Chain, tale: Session) -> None:
    due_on = loops(tale, date(2026, 12, 31), "request")[0].due_on
    assert loops(tale, days(due_on, -4), "request") == []
    [row] = loops(tale, days(due_on, -3), "request")
    assert (row.unit and row.unit.id, row.late) == (chain.firms["waiting"], False)
    assert not loops(tale, due_on, "request")[0].late
    assert loops(tale, days(due_on, 1), "request")[0].late


def test_an_open_difference_is_due_ten_days_after_the_weighing(chain: Chain, tale: Session) -> None:
    rows = loops(tale, date(2026, 3, 27), "case")
    assert [(row.mass_g, row.due_on, row.late) for row in rows] == [
        (751, date(2026, 3, 27), False), (-1_000, date(2026, 3, 27), False),
    ]  # fmt: skip
    assert all(row.late for row in loops(tale, date(2026, 3, 28), "case"))


def test_the_most_pressing_stands_first_and_other_counties_are_left_out(chain: Chain, tale: Session) -> None:
    later = datetime(2027, 6, 1, tzinfo=UTC)
    rows = audits.overdue(tale, actor=REGULATOR, now=later)
    assert [row.due_on for row in rows] == sorted(row.due_on for row in rows)
    there = audits.overdue(tale, actor=county_regulator(world.OTHER_COUNTY), now=later)
    assert [(row.kind, row.batch_id) for row in there] == [("enterprise_storage", chain.batches["elsewhere"])]


# --- differences -----------------------------------------------------------------------------------


def cases(session: Session, actor: Actor = REGULATOR) -> list[audits.CaseRow]:
    return audits.open_cases(session, actor=actor)


def resolve(session: Session, key: str, reason: str, *, actor: Actor | None = None, **more: Any) -> None:
    who = actor or world.platform(session)
    audits.resolve_case(session, actor=who, case_key=key, reason=reason, note=more.get("note", ""), now=NOW)


def test_both_sides_and_their_regulator_see_a_difference(chain: Chain, tale: Session) -> None:
    missing, surplus = cases(tale)
    assert (missing.case.mass_g, surplus.case.mass_g) == (751, -1_000)
    assert missing.origin.id == chain.firms["differing"] and missing.unit.kind == "platform"
    assert missing.opened_on == date(2026, 3, 17)
    assert cases(tale, county_regulator()) == [missing, surplus]
    assert cases(tale, world.platform(tale)) == [missing, surplus]
    assert cases(tale, chain.desk(tale, "differing")) == [missing, surplus]
    for stranger in (
        chain.desk(tale, "treated"), world.platform(tale, world.OTHER_COUNTY),
        county_regulator(world.OTHER_COUNTY), world.plant(tale),
    ):  # fmt: skip
        assert cases(tale, stranger) == []


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [
        ("loss", "示例:挥发", "lost_g"),
        ("spill", "示例:已清理", "lost_g"),
        ("declared_wrong", "", "tolerance_g"),
    ],
)
def test_a_settled_difference_leaves_suspense(
    chain: Chain, tale: Session, reason: str, note: str, field: str
) -> None:
    before = fate_of(chain, tale, "differing")
    [missing, surplus] = cases(tale)
    resolve(tale, missing.case.key, reason, note=note)
    after = fate_of(chain, tale, "differing")
    assert after.open_cases_g == before.open_cases_g - 751
    assert getattr(after, field) == getattr(before, field) + 751
    assert after.unexplained_g == 0
    assert [row.case.key for row in cases(tale)] == [surplus.case.key]
    [entry] = ledger.entries_for(tale, subject=missing.case.key)
    assert entry.event.facts["reason"] == reason and entry.held_reason is None
    assert ledger.verify(tale, signature_every=0).ok


def test_a_surplus_is_no_loss_but_may_be_an_error_of_the_scale(chain: Chain, tale: Session) -> None:
    surplus = cases(tale)[1]
    with pytest.raises(InvalidInput, match=r"case\.surplus_is_no_loss"):
        resolve(tale, surplus.case.key, "loss", note="示例")
    resolve(tale, surplus.case.key, "scale", note="示例:检定后偏差 0.7%")
    assert fate_of(chain, tale, "differing").tolerance_g == -1_000


def test_a_difference_is_settled_once_with_a_known_reason_by_who_weighed(chain: Chain, tale: Session) -> None:
    key = cases(tale)[0].case.key
    for reason, note, code in (
        ("", "", "reason.missing"), ("magic", "", "reason.unknown"), ("scale", " ", "reason.note_missing"),
        ("tare", "x" * 301, "text.too_long"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=code):
            resolve(tale, key, reason, note=note)
    with pytest.raises(Forbidden):
        resolve(tale, key, "tare", actor=chain.desk(tale, "differing"))
    for stranger in (world.platform(tale, world.OTHER_COUNTY), world.plant(tale)):
        with pytest.raises(NotFound):
            resolve(tale, key, "tare", actor=stranger)
    resolve(tale, key, "tare")
    with pytest.raises(NotFound):
        resolve(tale, key, "tare")


# --- looking things up -----------------------------------------------------------------------------


def search(session: Session, actor: Actor = REGULATOR, **wanted: Any) -> tuple[list[str], int]:
    """Numbers of the batches found, and the grams of all of them."""
    page: dict[str, Any] = {"sort": "mass_g", "descending": True, "limit": 50, "offset": 0} | wanted
    rows, count, sums = audits.search_batches(session, actor=actor, **page)
    assert count >= len(rows)
    return [str(row.Batch.id) for row in rows], sums["mass_g"]


def ids(chain: Chain, *names: str) -> list[str]:
    return [str(chain.batches[name]) for name in names]


def test_a_batch_is_found_by_what_people_know_of_it(chain: Chain, tale: Session) -> None:
    trace = audits.trace(tale, actor=REGULATOR, batch_id=chain.batches["treated"])
    label = chain.label(tale, "treated", 1)
    first, second = trace.manifests
    for text in (label, label.lower()[:30], f"{label[:18]} {label[18:]}", trace.enterprise.code,
                 trace.enterprise.name, first.provisional_no):  # fmt: skip
        assert search(tale, text=text) == (ids(chain, "treated"), 250_300), text
    assert search(tale, text=second.provisional_no)[0] == ids(chain, "differing", "treated")
    assert search(tale, text="没有这样的单位") == ([], 0)
    assert search(tale, text="%") == ([], 0), "a wildcard is a character like any other"


def test_batches_are_found_by_place_and_the_sums_are_of_that_place(chain: Chain, tale: Session) -> None:
    assert search(tale, state="treated") == (ids(chain, "treated"), 150_300)
    assert search(tale, state="plant") == (ids(chain, "differing", "treated"), 249_249)
    assert search(tale, state="road") == (ids(chain, "refused", "undecided"), 140_000)
    assert search(tale, county=world.OTHER_COUNTY) == (ids(chain, "elsewhere"), 40_000)
    there = county_regulator(world.OTHER_COUNTY)
    assert search(tale, there, county=world.COUNTY)[0] == ids(chain, "elsewhere")
    everything, mass_g = search(tale, limit=2)
    assert everything == ids(chain, "differing", "treated") and mass_g == 780_549


def test_a_firm_is_seen_with_its_kilograms_by_its_countys_regulator(chain: Chain, tale: Session) -> None:
    firm_id = chain.firms["differing"]
    view = audits.firm_view(tale, actor=county_regulator(), organisation_id=firm_id, now=NOW)
    assert view.fate == fate_of(chain, tale, "differing")
    assert [row.Batch.id for row in view.batches] == [chain.batches["differing"]]
    assert len(view.contracts) == 1
    for actor, key in (
        (county_regulator(world.OTHER_COUNTY), firm_id),
        (REGULATOR, world.platform(tale).organisation_id),
        (REGULATOR, uuid4()),
    ):
        assert key is not None
        with pytest.raises(NotFound):
            audits.firm_view(tale, actor=actor, organisation_id=key, now=NOW)


# --- the log ---------------------------------------------------------------------------------------


def test_everybody_reads_the_part_of_the_log_that_is_theirs(chain: Chain, tale: Session) -> None:
    own = tale.get_one(Organisation, chain.firms["treated"]).site
    entries = audits.ledger_page(tale, actor=chain.desk(tale, "treated"))
    assert entries and {entry.event.site for entry in entries} == {own}
    everything = audits.ledger_page(tale, actor=REGULATOR, limit=10_000)
    assert len(everything) == ledger.size(tale)
    assert [entry.idx for entry in everything] == sorted((e.idx for e in everything), reverse=True)
    there = audits.ledger_page(tale, actor=county_regulator(world.OTHER_COUNTY), limit=10_000)
    codes = {entry.event.site.partition(":")[2] for entry in there}
    assert tale.get_one(Organisation, chain.firms["elsewhere"]).code in codes
    assert own not in {entry.event.site for entry in there}


def test_the_log_is_filtered_and_paged(chain: Chain, tale: Session) -> None:
    label = chain.label(tale, "treated")
    found = audits.ledger_page(tale, actor=REGULATOR, text=f" {label} ")
    assert found[0].event.type == "container.treated"
    earlier = audits.ledger_page(tale, actor=REGULATOR, text=label, before_idx=found[0].idx)
    assert earlier == found[1:]


def test_an_entry_made_elsewhere_shows_ones_own_lines_only(chain: Chain, tale: Session) -> None:
    [received] = [
        entry
        for entry in ledger.entries_for(tale, label=chain.label(tale, "differing"))
        if entry.event.type == "lot.received"
    ]
    mine = audits.ledger_entry(tale, actor=chain.desk(tale, "differing"), idx=received.idx)
    assert len(received.event.lines) == 3
    assert [line.label for line in mine.event.lines] == [chain.label(tale, "differing")]
    assert audits.ledger_entry(tale, actor=world.plant(tale), idx=received.idx) == received
    assert audits.ledger_entry(tale, actor=REGULATOR, idx=received.idx) == received
    for actor, idx in (
        (chain.desk(tale, "waiting"), received.idx),
        (county_regulator(world.OTHER_COUNTY), received.idx),
        (REGULATOR, ledger.size(tale)),
    ):
        with pytest.raises(NotFound):
            audits.ledger_entry(tale, actor=actor, idx=idx)


def test_verifying_is_for_regulators_and_administrators(chain: Chain, tale: Session) -> None:
    with chain.database.reading() as fresh:
        assert audits.verify_ledger(fresh, actor=REGULATOR, signature_every=5).ok
    with pytest.raises(Forbidden):
        audits.verify_ledger(tale, actor=chain.desk(tale, "treated"))
