"""Containers poured into others: every gram of their firms is still told, nothing incompatible meets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL, RAGS
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from wastehub.models.batches import Batch, Container, batch_by_id, batch_key
from wastehub.models.organisations import Organisation
from wastehub.models.reference import ContainerType, WasteCode
from wastehub.models.repackings import Repacking, containers_below, oldest_origins
from wastehub.models.write_offs import WriteOff
from wastehub.services import audits, repacking, stock, storage, write_offs
from wastehub.services.audits import BalanceScope
from wastehub.services.audits.balance import LISTED
from wastehub.services.audits.fates import fate_of_batches, fates_by_origin
from wastehub.services.repacking import OutputDraft, RepackDraft
from wastehub.services.storage import Move
from wastehub.services.write_offs import LossDraft

USED_OIL = "900-214-08"


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def tank_type(database: Database) -> str:
    """A container that takes 250 kg, liquid or not."""
    with database.reading() as session:
        query = select(ContainerType.code).where(ContainerType.payload_max_g >= 300_000)
        found = session.scalars(query.where(ContainerType.takes_liquid).order_by(ContainerType.code)).first()
    assert found is not None
    return found


def repack(
    database: Database, ids: list[UUID], *outputs_g: int, role: Any = world.desk, **more: Any
) -> Repacking:
    kind = more.pop("kind", None) or tank_type(database)
    with database.transaction() as session:
        draft = RepackDraft(
            actor=role(session),
            container_ids=tuple(ids),
            outputs=tuple(OutputDraft(kind, mass_g) for mass_g in outputs_g),
            **more,
        )
        return repacking.repack(session, draft=draft, now=GATE)


def refusal(database: Database, ids: list[UUID], *outputs_g: int, **more: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        repack(database, ids, *outputs_g, **more)
    return caught.value


def origins(database: Database, ids: list[UUID]) -> list[str]:
    """The batches of some containers, as the ledger names them."""
    with database.reading() as session:
        query = select(Batch).join(Container, Container.batch_id == Batch.id).where(Container.id.in_(ids))
        made = [batch_by_id(session, row.id) for row in session.scalars(query)]
        return sorted({batch_key(row.enterprise, row) for row in made if row is not None})


def proven(database: Database) -> None:
    with database.reading() as session:
        report = ledger.verify(session)
        assert report.ok, report.problems
        assert ledger.unexplained_g(session) == 0


@pytest.fixture
def two(database: Database) -> list[UUID]:
    """Drums of 150 and 100 kg, of two firms, in the store."""
    ids = world.stored(database, [(OIL, (150_000,))], [(OIL, (100_000,))])
    with database.transaction() as session:
        storage.put_away(session, moves=[Move(world.desk(session), key) for key in ids], now=GATE)
    return ids


def test_two_firms_drums_become_one_and_each_firm_still_closes(database: Database, two: list[UUID]) -> None:
    made = repack(database, two, 240_000, reason="residue")
    assert (made.kind, made.left_g) == ("merge", 10_000)
    with database.reading() as session:
        for batch, generated_g in zip(origins(database, two), (150_000, 100_000), strict=True):
            fate = fate_of_batches(session, [batch])
            assert (fate.generated_g, fate.unexplained_g) == (generated_g, 0)
            assert fate.platform_g + fate.lost_g + fate.tolerance_g + fate.open_cases_g == generated_g
        mixture = fate_of_batches(session, [f"{made.platform.site}/{made.batch.batch_no}"])
        assert (mixture.generated_g, mixture.platform_g, mixture.unexplained_g) == (240_000, 240_000, 0)
        assert sum(fate.platform_g for fate in fates_by_origin(session).values()) == 240_000
        assert not any(origin.startswith("plat:") for origin in fates_by_origin(session))
    proven(database)


def test_what_comes_out_has_a_label_of_the_platform_and_the_older_clock(
    database: Database, two: list[UUID]
) -> None:
    made = repack(database, two, 125_000, 125_000)
    with database.reading() as session:
        seen = repacking.repacking(session, actor=world.desk(session), repacking_id=made.id)
        filled = [line.container for line in seen.lines if line.role == "out"]
        unit = seen.platform.credit_code or seen.platform.code
        assert all(row.label_code.startswith(unit) for row in filled)
        assert len({row.label_code for row in filled} | {row.short_no for row in filled}) == 4
        assert {row.state for row in filled} == {"stored"}
        assert all(row.zone_id and row.stored_since_on for row in filled)
        assert seen.batch.batch_no.startswith("HWRK")
        emptied = [line.container for line in seen.lines if line.role == "in"]
        assert {(row.state, row.holder_id, row.zone_id) for row in emptied} == {("repacked", None, None)}
        [entry] = world.entries(session, "container.repacked")
        assert [line.label for line in entry.lines] == [line.container.label_code for line in seen.lines]
    proven(database)


def test_taking_it_back_restores_store_and_books(database: Database, two: list[UUID]) -> None:
    with database.reading() as session:
        before = {row.id: (row.state, row.zone_id, row.mass_g) for row in session.scalars(select(Container))}
        books = [row for row in ledger.balances(session) if row.balance_g]
    made = repack(database, two, 200_000, reason="residue")
    with database.transaction() as session:
        actor = world.desk(session)
        repacking.undo(session, actor=actor, repacking_id=made.id, reason="记错了", version=1, now=GATE)
    with database.reading() as session:
        rows = {row.id: row for row in session.scalars(select(Container))}
        assert {key: (rows[key].state, rows[key].zone_id, rows[key].mass_g) for key in before} == before
        assert [row.state for key, row in rows.items() if key not in before] == ["void"]
        now = {(row.kind, row.place, row.batch): row.balance_g for row in ledger.balances(session)}
        assert {key: grams for key, grams in now.items() if grams} == {
            (row.kind, row.place, row.batch): row.balance_g for row in books
        }
    proven(database)
    with pytest.raises(Conflict) as caught, database.transaction() as session:
        repacking.undo(
            session, actor=world.desk(session), repacking_id=made.id, reason="x", version=None, now=GATE
        )
    assert caught.value.code == "repacking.undone_before"


def test_it_cannot_be_taken_back_once_something_rests_on_it(database: Database, two: list[UUID]) -> None:
    first = repack(database, two, 250_000)
    with database.reading() as session:
        seen = repacking.repacking(session, actor=world.desk(session), repacking_id=first.id)
        [out] = [line.container_id for line in seen.lines if line.role == "out"]
        assert repacking.undoable(session, seen)
    repack(database, [out], 125_000, 125_000)
    with pytest.raises(Conflict) as caught, database.transaction() as session:
        repacking.undo(
            session, actor=world.desk(session), repacking_id=first.id, reason="x", version=None, now=GATE
        )
    assert caught.value.code == "repacking.not_undoable"
    with database.reading() as session:
        for batch in origins(database, two):
            assert fate_of_batches(session, [batch]).unexplained_g == 0
    proven(database)


def test_more_cannot_come_out_than_went_in(database: Database, two: list[UUID]) -> None:
    refused = refusal(database, two, 250_001)
    assert (refused.code, refused.field) == ("repacking.more_than_inputs", "outputs.0.mass_g")
    assert repack(database, two, 250_000).left_g == 0


def test_what_is_left_over_needs_a_reason(database: Database, two: list[UUID]) -> None:
    assert refusal(database, two, 249_999).code == "reason.missing"
    assert refusal(database, two, 249_999, reason="evaporation").code == "reason.note_missing"


def test_other_wastes_are_not_mixed(database: Database) -> None:
    ids = world.stored(database, [(OIL, (150_000,)), (RAGS, (40_000,))])
    assert refusal(database, ids, 190_000).code == "repacking.mixed_codes"


def test_unclassified_waste_of_two_firms_is_not_mixed(database: Database, two: list[UUID]) -> None:
    with database.transaction() as session:
        session.execute(update(Container).values(zone_id=None))
        session.execute(update(WasteCode).where(WasteCode.code == OIL).values(group_code=None))
    assert refusal(database, two, 250_000).code == "repacking.unclassified"


def test_another_form_is_not_mixed(database: Database, two: list[UUID]) -> None:
    with database.transaction() as session:
        row = session.get_one(Container, two[0])
        session.execute(update(Batch).where(Batch.id == row.batch_id).values(form="sludge"))
    assert refusal(database, two, 250_000).code == "repacking.mixed_forms"


def test_another_code_needs_a_note_and_a_licence(database: Database, two: list[UUID]) -> None:
    assert refusal(database, two, 250_000, waste_code=USED_OIL).code in (
        "repacking.recode_without_note",
        "permit.not_covering",
    )
    made = repack(database, two, 250_000, waste_code=RAGS, note="检测报告 2026-11")
    with database.reading() as session:
        [entry] = world.entries(session, "container.recoded")
        assert (entry.facts["from_code"], entry.facts["to_code"]) == (OIL, RAGS)
        assert made.kind == "recode"
        for batch in origins(database, two):
            assert fate_of_batches(session, [batch]).unexplained_g == 0
    proven(database)


def test_only_the_platform_and_only_its_own_store(database: Database, two: list[UUID]) -> None:
    with pytest.raises(Forbidden):
        repack(database, two, 250_000, role=lambda _session: Actor(author="user:r", role="regulator"))
    with pytest.raises(NotFound):
        repack(database, two, 250_000, role=lambda session: world.desk(session, "330402"))
    with pytest.raises(NotFound):
        repack(database, [uuid4()], 1_000)
    with pytest.raises(InvalidInput) as caught:
        repack(database, [], 1_000)
    assert caught.value.code == "repacking.no_inputs"


def test_the_same_container_twice_is_one(database: Database, two: list[UUID]) -> None:
    assert refusal(database, [two[0], two[0]], 150_001).code == "repacking.more_than_inputs"
    repack(database, [two[0], two[0]], 150_000)
    assert refusal(database, [two[0]], 1_000).code == "object.not_found", "it is poured out already"


def test_lists_sum_what_went_in_and_out(database: Database, two: list[UUID]) -> None:
    repack(database, two, 240_000, reason="residue")
    with database.reading() as session:
        rows, count, sums = repacking.repackings(session, actor=world.desk(session))
        assert (count, sums) == (1, {"mass_g": 240_000})
        assert (rows[0].inputs, rows[0].outputs, rows[0].from_mass_g) == (2, 1, 250_000)
        assert repacking.repackings(session, actor=world.desk(session), text="HWRK0")[1] == 0
    with database.transaction() as session:
        who, key = world.desk(session), rows[0].id
        repacking.undo(session, actor=who, repacking_id=key, reason="记错", version=None, now=GATE)
    with database.reading() as session:
        rows, count, sums = repacking.repackings(session, actor=world.desk(session))
        assert (count, sums) == (1, {"mass_g": 0}), "what was taken back is listed and adds up to nothing"
        assert session.scalars(select(Organisation.kind).where(Organisation.short_name == rows[0].platform))


def test_a_firm_sees_where_its_kilograms_went_after_a_repacking(database: Database, two: list[UUID]) -> None:
    made = repack(database, two, 200_000, reason="residue")
    with database.reading() as session:
        batch = session.get_one(Batch, session.get_one(Container, two[0]).batch_id)
        firm = Actor("user:f", "enterprise", organisation_id=batch.enterprise_id)
        generated_g = session.get_one(Container, two[0]).mass_g
        [row], _count, sums = stock.fate_list(session, actor=firm)
        view = stock.batch_view(session, actor=firm, batch_id=batch.id, now=GATE)
        chain = audits.trace(session, actor=Actor("user:r", "regulator"), batch_id=batch.id)
        kept_g = sum(grams for kind, _place, grams in view.fate if kind == "STOCK")
        assert row.platform_g == sums["platform_g"] == kept_g == view.elsewhere["platform_g"]
        assert row.platform_g - row.difference_g in (generated_g, row.declared_g)
        assert "container.repacked" in [entry.event.type for entry in chain.entries]
        out = {line.container_id for line in made.lines if line.role == "out"}
        assert out <= set(containers_below(session, two))


def test_a_loss_leaves_the_books_with_a_reason_and_comes_back(database: Database, two: list[UUID]) -> None:
    def declare(mass_g: int, reason: str = "moisture", note: str = "") -> WriteOff:
        with database.transaction() as session:
            draft = LossDraft(world.desk(session), two[0], mass_g, reason, note)
            return write_offs.declare(session, draft=draft, now=GATE)

    for mass_g, reason, code in (
        (0, "moisture", "mass.not_positive"),
        (150_001, "moisture", "loss.more_than_content"),
        (1, "", "reason.missing"),
        (1, "evaporation", "reason.note_missing"),
        (1, "boredom", "reason.unknown"),
    ):
        with pytest.raises(RuleViolation) as caught:
            declare(mass_g, reason)
        assert caught.value.code == code
    first = declare(1_000)
    with database.reading() as session:
        there_g = session.get_one(Container, two[0]).mass_g
    second = declare(there_g, "spill", "倾倒")
    with database.reading() as session:
        row = session.get_one(Container, two[0])
        assert (row.state, row.mass_g, row.holder_id) == ("lost", 0, None)
        assert {entry.type for entry in world.entries(session, "spill.declared")} == {"spill.declared"}
    with pytest.raises(Conflict) as held, database.transaction() as session:
        write_offs.reverse(session, actor=world.desk(session), write_off_id=first.id, reason="x", now=GATE)
    assert held.value.code == "loss.not_reversible", "the spill rests on it"
    with database.transaction() as session:
        write_offs.reverse(session, actor=world.desk(session), write_off_id=second.id, reason="x", now=GATE)
    with database.reading() as session:
        row = session.get_one(Container, two[0])
        assert (row.state, row.mass_g) == ("stored", there_g)
        assert row.holder_id is not None
    proven(database)
    with pytest.raises(NotFound), database.transaction() as session:
        draft = LossDraft(world.desk(session, "330402"), two[0], 1, "moisture")
        write_offs.declare(session, draft=draft, now=GATE)


def test_a_mixture_is_shipped_and_treated_and_both_firms_close(database: Database, two: list[UUID]) -> None:
    made = repack(database, two, 200_000, 49_000, reason="residue")
    with database.reading() as session:
        seen = repacking.repacking(session, actor=world.desk(session), repacking_id=made.id)
        big = next(line.container_id for line in seen.lines if line.role == "out")
    lot_id = world.shipped(database, world.opened(database, [big]))
    world.lot_received(database, lot_id)
    world.treated(database, [big])
    with database.reading() as session:
        fates = [fate_of_batches(session, [batch]) for batch in origins(database, two)]
        assert [fate.unexplained_g for fate in fates] == [0, 0]
        assert sum(fate.treated_g for fate in fates) == 200_000
        assert sum(fate.platform_g for fate in fates) == 49_000
        assert all(fate.treated_g > fate.platform_g > 0 for fate in fates), "each has its share of both"
        batch = session.get_one(Batch, session.get_one(Container, two[0]).batch_id)
        chain = audits.trace(session, actor=Actor("user:r", "regulator"), batch_id=batch.id)
        kinds = [entry.event.type for entry in chain.entries]
        assert kinds[-1] == "container.treated" and "lot.shipped" in kinds
        assert [lot.id for lot in chain.lots] == [lot_id]
        assert len(chain.manifests) == 2
        platform = session.get_one(Organisation, made.platform_id)
        stock_g = sum(line.stock_g for line in ledger.stock_of(session, place=platform.site).lines)
        books = ledger.rollups(session, kind="STOCK", place=platform.site)
        assert stock_g == sum(row.balance_g for row in books) == 49_000
    proven(database)


def test_pictures_of_county_and_firm_tell_a_mixture_of_those_who_generated_it(
    database: Database, two: list[UUID]
) -> None:
    repack(database, two, 200_000, 49_000, reason="residue")
    with database.reading() as session:
        regulator = Actor("user:r", "regulator")
        firms = [session.get_one(Container, key).batch_id for key in two]
        units = [session.get_one(Organisation, session.get_one(Batch, key).enterprise_id) for key in firms]
        counties = {row.area.code: row.fate for row in audits.county_balances(session, actor=regulator)}
        assert sum(fate.platform_g for fate in counties.values()) == 249_000
        scopes = [BalanceScope("firm", unit.code) for unit in units]
        for scope in (*scopes, *(BalanceScope("county", code) for code in counties), BalanceScope()):
            for part in LISTED:
                made, rows = audits.balance_rows(session, actor=regulator, scope=scope, part=part)
                assert sum(row.mass_g for row in rows) == made.parts[part], (scope, part)
            assert made.parts["unexplained"] == 0
            if scope.kind == "county":
                assert made.parts["platform"] == counties[scope.code].platform_g


def test_a_search_of_batches_weighs_each_gram_once(database: Database, two: list[UUID]) -> None:
    """What was poured is in the mixture and no longer in the drums it came from."""

    def found(**wanted: Any) -> tuple[dict[str, int], int]:
        page: dict[str, Any] = {"sort": "batch_no", "descending": False, "limit": 50, "offset": 0}
        with database.reading() as session:
            rows, _, sums = audits.search_batches(
                session, actor=Actor("user:r", "regulator"), **page, **wanted
            )
            return {row.Batch.batch_no[:4]: row.mass_g for row in rows if row.mass_g}, sums["mass_g"]

    assert found()[1] == 250_000
    repack(database, two, 240_000, reason="residue")
    assert found() == ({"HWRK": 240_000}, 240_000)
    assert found(state="platform") == ({"HWRK": 240_000}, 240_000)


def test_pouring_does_not_start_the_clock_of_the_chain_anew(database: Database, two: list[UUID]) -> None:
    with database.transaction() as session:
        first = session.get_one(Batch, session.get_one(Container, two[0]).batch_id)
        first.produced_on -= timedelta(days=30)
        generated_on = first.produced_on
    once = repack(database, two, 240_000, reason="residue")
    with database.reading() as session:
        poured = [
            row.id for row in session.scalars(select(Container).where(Container.batch_id == once.batch.id))
        ]
    again = repack(database, poured, 120_000, 120_000)
    for days, late in ((540, False), (541, True)):
        now = GATE.replace(hour=4) + timedelta(days=days) - (GATE.date() - generated_on)
        with database.reading() as session:
            rows = audits.overdue(session, actor=Actor("user:r", "regulator"), now=now)
            chain = {row.batch_id: row for row in rows if row.kind == "chain"}
        assert (again.batch.id in chain) == late, days
        assert once.batch.id not in chain, "it is empty"
    assert (chain[again.batch.id].since_on, chain[again.batch.id].mass_g) == (generated_on, 240_000)


def test_a_pouring_taken_back_makes_nothing_older(database: Database, two: list[UUID]) -> None:
    made = repack(database, two, 240_000, reason="residue")
    with database.reading() as session:
        assert set(oldest_origins(session, [made.batch.id])) == {made.batch.id}
    with database.transaction() as session:
        actor = world.desk(session)
        repacking.undo(session, actor=actor, repacking_id=made.id, reason="记错了", version=1, now=GATE)
    with database.reading() as session:
        assert oldest_origins(session, [made.batch.id]) == {}
