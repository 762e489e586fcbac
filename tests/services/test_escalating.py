"""Open loops go before the unit, its platform, the county, the city: once each, answered, closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.services import chain_world as world
from tests.services.chain_world import REGULATOR, Chain, county_regulator
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from wastehub.models.batches import Container
from wastehub.models.lots import Lot
from wastehub.models.manifests import Manifest
from wastehub.models.open_loops import LoopEscalation
from wastehub.services import audits

CASE_DUE = date(2026, 3, 27)


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


def after(days: int) -> datetime:
    """Noon that many days after the differences of the chain were due."""
    return noon(CASE_DUE + timedelta(days=days))


def raised(session: Session, now: datetime, kind: str = "case") -> list[int]:
    """The steps that the daily job takes then for loops of a kind."""
    return sorted(row.step for row in audits.escalate(session, now=now) if row.kind == kind)


def escalation_of(session: Session, kind: str, step: int = 1) -> LoopEscalation:
    query = select(LoopEscalation).where(LoopEscalation.kind == kind, LoopEscalation.step == step)
    return session.scalars(query.order_by(LoopEscalation.loop_key)).first() or pytest.fail("nothing raised")


def test_a_loop_goes_up_step_by_step_once_each(chain: Chain, tale: Session) -> None:
    assert raised(tale, after(0)) == []
    assert raised(tale, after(1)) == [1, 1]
    assert raised(tale, after(1) + timedelta(hours=1)) == [], "once a day, and a step never twice"
    assert raised(tale, after(7)) == [], "the platform is the unit itself: it is not asked twice"
    assert raised(tale, after(8)) == [3, 3]
    assert raised(tale, after(16)) == [4, 4]
    assert raised(tale, after(300)) == []


def test_after_a_rest_of_the_worker_the_first_asked_still_gets_a_day(chain: Chain, tale: Session) -> None:
    assert [raised(tale, after(days)) for days in (100, 101, 102, 103)] == [[1, 1], [3, 3], [4, 4], []]


def test_each_step_is_an_entry_of_the_log_about_the_batch(chain: Chain, tale: Session) -> None:
    audits.escalate(tale, now=after(1))
    batch = audits.trace(tale, actor=REGULATOR, batch_id=chain.batches["differing"])
    told = [entry.event for entry in batch.entries if entry.event.type == "loop.escalated"]
    assert [event.facts["step"] for event in told] == [1, 1]
    assert told[0].author == "service" and told[0].facts["to"].startswith("plat:")
    assert ledger.verify(tale).ok


def test_whom_it_is_put_before_sees_it_and_nobody_else(chain: Chain, tale: Session) -> None:
    audits.escalate(tale, now=after(1))
    kinds = [
        each.loop.kind
        for each in audits.addressed(tale, actor=world.platform(tale), now=after(1))
        if each.loop
    ]
    assert set(kinds) == {"case", "road", "manifest"}
    assert kinds.count("case") == kinds.count("road") == 2
    for actor in (world.platform(tale, world.OTHER_COUNTY), REGULATOR, county_regulator(),
                  chain.desk(tale, "differing")):  # fmt: skip
        assert audits.addressed(tale, actor=actor, now=after(1)) == []
    audits.escalate(tale, now=after(8))
    its = audits.addressed(tale, actor=county_regulator(), now=after(8))
    assert sum(1 for each in its if each.loop and each.loop.kind == "case") == 2
    assert audits.addressed(tale, actor=county_regulator(world.OTHER_COUNTY), now=after(8)) == []
    assert audits.addressed(tale, actor=REGULATOR, now=after(8)) == []
    with pytest.raises(Forbidden):
        audits.addressed(tale, actor=Actor(author="user:d", role="driver"), now=after(8))


def test_a_firms_loop_goes_before_the_firm_and_then_its_countys_platform(chain: Chain, tale: Session) -> None:
    now = noon(date(2026, 4, 20))
    audits.escalate(tale, now=now)
    mine = audits.addressed(tale, actor=chain.desk(tale, "waiting"), now=now)
    assert [each.loop.kind for each in mine if each.loop] == ["request"]
    audits.escalate(tale, now=now + timedelta(days=1))
    its = audits.addressed(tale, actor=world.platform(tale), now=now + timedelta(days=1))
    assert "request" in {each.loop.kind for each in its if each.loop}
    assert escalation_of(tale, "request", 2).organisation_id == world.platform(tale).organisation_id


def answer(session: Session, actor: Actor, escalation_id: UUID, now: datetime, **changes: object) -> object:
    given = {"answer": "promise", "note": "示例原因", "promised_on": (now + timedelta(days=10)).date()}
    return audits.answer_loop(
        session,
        actor=actor,
        escalation_id=escalation_id,
        now=now,
        **(given | changes),  # type: ignore[arg-type]
    )


def test_an_answer_is_recorded_and_puts_off_the_next_step(chain: Chain, tale: Session) -> None:
    audits.escalate(tale, now=after(1))
    key = escalation_of(tale, "case").id
    answer(tale, world.platform(tale), key, after(2))
    found = audits.escalation(tale, actor=world.platform(tale), escalation_id=key, now=after(2))
    assert found.promised_on == date(2026, 4, 8)
    assert raised(tale, after(8)) == [3], "only the difference that nobody answered"
    # Promised to the 12th day: the county's 7 days count from there.
    assert raised(tale, after(19)) == [4]
    assert raised(tale, after(20)) == [3]
    told = [entry.event for entry in ledger.latest(tale, text="loop.answered")]
    assert [(event.facts["note"], event.facts["promised_on"]) for event in told] == [
        ("示例原因", "2026-04-08")
    ]
    assert ledger.verify(tale).ok


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"note": "  "}, "text.missing"),
        ({"note": "x" * 301}, "text.too_long"),
        ({"promised_on": None}, "text.missing"),
        ({"promised_on": date(2026, 3, 29)}, "loop.promise_out_of_range"),
        ({"promised_on": date(2027, 3, 29)}, "loop.promise_out_of_range"),
        ({"answer": "explained"}, "loop.answer_unknown"),
    ],
)
def test_an_answer_without_reason_or_day_is_refused(
    chain: Chain, tale: Session, changes: dict[str, object], code: str
) -> None:
    audits.escalate(tale, now=after(1))
    with pytest.raises(InvalidInput) as refused:
        answer(tale, world.platform(tale), escalation_of(tale, "case").id, after(2), **changes)
    assert refused.value.code == code


def test_strangers_neither_see_nor_answer(chain: Chain, tale: Session) -> None:
    audits.escalate(tale, now=after(1))
    key = escalation_of(tale, "case").id
    for actor in (world.platform(tale, world.OTHER_COUNTY), chain.desk(tale, "elsewhere"),
                  county_regulator(world.OTHER_COUNTY)):  # fmt: skip
        with pytest.raises(NotFound):
            audits.escalation(tale, actor=actor, escalation_id=key, now=after(1))
        with pytest.raises(NotFound):
            answer(tale, actor, key, after(1))
    assert audits.escalation(tale, actor=county_regulator(), escalation_id=key, now=after(1)).loop


def test_a_loop_that_was_closed_leaves_the_list_and_takes_no_answer(chain: Chain, tale: Session) -> None:
    audits.escalate(tale, now=after(1))
    row = escalation_of(tale, "case")
    case = next(
        each for each in audits.open_cases(tale, actor=REGULATOR) if row.loop_key.endswith(each.case.key)
    )
    audits.resolve_case(
        tale,
        actor=world.platform(tale),
        case_key=case.case.key,
        reason="scale",
        note="示例:检定后偏差 0.7%",
        now=after(1),
    )
    left = audits.addressed(tale, actor=world.platform(tale), now=after(1))
    assert row.loop_key not in {each.newest.loop_key for each in left}
    with pytest.raises(Conflict, match=r"loop\.closed"):
        answer(tale, world.platform(tale), row.id, after(1))
    audits.escalate(tale, now=after(2))
    assert row.closed_at == after(2)


# --- breaks ----------------------------------------------------------------------------------------


def breaks(session: Session, on: date, kind: str, actor: Actor = REGULATOR) -> list[audits.OverdueRow]:
    return [row for row in audits.overdue(session, actor=actor, now=noon(on)) if row.kind == kind]


def test_what_was_loaded_and_never_received_breaks_the_chain_after_two_days(
    chain: Chain, tale: Session
) -> None:
    assert breaks(tale, date(2026, 3, 19), "road") == []
    rows = breaks(tale, date(2026, 3, 20), "road")
    assert {row.batch_id for row in rows} == {chain.batches["refused"], chain.batches["undecided"]}
    assert all(row.is_break and row.unit and row.unit.kind == "platform" for row in rows)
    assert sorted(row.mass_g or 0 for row in rows) == [60_000, 80_000]
    assert breaks(tale, date(2026, 3, 20), "road", county_regulator(world.OTHER_COUNTY)) == []


def test_what_a_plant_holds_too_long_is_flagged_with_both_clocks(chain: Chain, tale: Session) -> None:
    since_on = tale.get_one(Container, chain.containers["treated"][1]).stored_since_on
    assert since_on is not None
    assert breaks(tale, since_on + timedelta(days=90), "untreated") == []
    rows = breaks(tale, since_on + timedelta(days=91), "untreated")
    assert {row.batch_id for row in rows} == {chain.batches["treated"], chain.batches["differing"]}
    assert {row.law_due_on for row in rows} == {since_on + timedelta(days=365)}
    assert {row.clock(since_on + timedelta(days=366)) for row in rows} == {"law"}


def test_a_lot_without_a_second_manifest_is_flagged_at_once(chain: Chain, tale: Session) -> None:
    shipped_at = tale.get_one(Lot, chain.lot_id).shipped_at
    assert shipped_at is not None
    on = shipped_at.date()
    assert breaks(tale, on, "second_manifest") == []
    tale.execute(update(Manifest).where(Manifest.lot_id == chain.lot_id).values(state="void"))
    [row] = breaks(tale, on, "second_manifest")
    assert (row.lot_id, row.unit and row.unit.kind) == (chain.lot_id, "platform")


def test_a_held_fact_is_flagged_until_somebody_explains_it(chain: Chain, tale: Session) -> None:
    gone = chain.label(tale, "treated")
    event = ledger.Event(
        "container.loaded", "user:x", "plat:JX-P01",
        after(0), subject="示例", lines=(ledger.Line(gone, to_place="veh:X"),),
    )  # fmt: skip
    [receipt] = ledger.append(tale, [event], now=after(0))
    assert receipt.held_reason
    assert breaks(tale, CASE_DUE + timedelta(days=2), "held") == []
    [row] = breaks(tale, CASE_DUE + timedelta(days=3), "held")
    assert row.entry_idx == receipt.idx
    audits.escalate(tale, now=after(3))
    key = escalation_of(tale, "held").id
    answer(tale, REGULATOR, key, after(3), answer="explained", promised_on=None)
    assert breaks(tale, CASE_DUE + timedelta(days=4), "held") == []


def test_a_batch_that_never_ends_is_flagged_after_the_limit_of_the_whole_chain(
    chain: Chain, tale: Session
) -> None:
    last_on = date(2026, 3, 16) + timedelta(days=540)
    assert chain.batches["waiting"] not in {row.batch_id for row in breaks(tale, last_on, "chain")}
    rows = {row.batch_id: row.mass_g for row in breaks(tale, last_on + timedelta(days=1), "chain")}
    assert rows[chain.batches["waiting"]] == 50_000
    assert rows[chain.batches["treated"]] == 100_000, "only what has not ended"


def test_the_limits_of_every_link_come_with_their_certainty(chain: Chain, tale: Session) -> None:
    limits = {each.kind: each for each in audits.stage_limits(tale, today=CASE_DUE)}
    platform = limits["platform_storage"]
    assert platform.own and (platform.own.value_int, platform.own.certainty) == (90, "N")
    assert platform.law and (platform.law.value_int, platform.law.certainty) == (365, "P")
    assert limits["enterprise_storage"].law is None
