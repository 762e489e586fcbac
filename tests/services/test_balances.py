"""The flow picture adds up to the gram, and so does the list behind each of its numbers."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.services import chain_world as world
from tests.services.chain_world import NOW, REGULATOR, Chain, county_regulator
from wastehub import ledger
from wastehub.domain.errors import Forbidden, InvalidInput, NotFound
from wastehub.models.organisations import Organisation
from wastehub.services import audits
from wastehub.services.audits import BalanceScope
from wastehub.services.audits.balance import LISTED

ALL = BalanceScope()
HERE = BalanceScope("county", world.COUNTY)


def parts(session: Session, scope: BalanceScope, **who: object) -> dict[str, int]:
    actor = who.get("actor", REGULATOR)
    made = audits.balance(session, actor=actor, scope=scope)  # type: ignore[arg-type]
    assert made.parts["generated"] == made.accounted_g
    return {name: grams for name, grams in made.parts.items() if grams}


def test_the_whole_picture_is_what_the_books_hold(chain: Chain, tale: Session) -> None:
    assert parts(tale, ALL) == {
        "generated": 780_000, "enterprise": 90_000, "road": 140_000, "platform": 151_000, "plant": 249_249,
        "treated": 150_300, "tolerance": -300, "cases": -249,
    }  # fmt: skip
    assert parts(tale, ALL)["generated"] == -sum(row.balance_g for row in ledger.rollups(tale, kind="GEN"))


def test_a_county_a_firm_and_a_platform_have_their_part(chain: Chain, tale: Session) -> None:
    assert parts(tale, HERE)["generated"] == 740_000
    assert parts(tale, BalanceScope("county", world.OTHER_COUNTY)) == {
        "generated": 40_000,
        "enterprise": 40_000,
    }
    firm = tale.get_one(Organisation, chain.firms["treated"])
    assert parts(tale, BalanceScope("firm", firm.code)) == {
        "generated": 250_000, "plant": 100_000, "treated": 150_300, "tolerance": -300,
    }  # fmt: skip
    platform = tale.get_one(Organisation, world.platform(tale).organisation_id)
    handled = parts(tale, BalanceScope("platform", platform.code))
    assert handled["generated"] == 550_000, "only batches that were ever in its store"
    assert "road" not in handled


def test_a_month_is_what_was_generated_in_it(chain: Chain, tale: Session) -> None:
    [month] = audits.months(tale, actor=REGULATOR, now=NOW)
    assert month == date(2026, 3, 1)
    assert parts(tale, BalanceScope(month=month)) == parts(tale, ALL)
    assert parts(tale, BalanceScope("county", world.COUNTY, date(2026, 2, 1))) == {}
    assert audits.month_of("") is None
    with pytest.raises(InvalidInput, match=r"day\.malformed"):
        audits.month_of("2026-13")


@pytest.mark.parametrize(
    "scope", [ALL, HERE, BalanceScope("county", world.OTHER_COUNTY), BalanceScope(month=date(2026, 3, 1))]
)
def test_the_list_behind_each_number_adds_up_to_it(chain: Chain, tale: Session, scope: BalanceScope) -> None:
    for part in LISTED:
        made, rows = audits.balance_rows(tale, actor=REGULATOR, scope=scope, part=part)
        assert sum(row.mass_g for row in rows) == made.parts[part], part
    with pytest.raises(InvalidInput):
        audits.balance_rows(tale, actor=REGULATOR, scope=scope, part="unexplained")


def test_sums_by_origin_equal_those_over_the_batches_of_the_month(chain: Chain, tale: Session) -> None:
    """Everything was generated in one month: sums kept by origin against sums over single batches."""
    month = date(2026, 3, 1)
    for code in ("", *tale.scalars(select(Organisation.code).where(Organisation.kind == "enterprise"))):
        kind = "firm" if code else "all"
        by_batch = parts(tale, BalanceScope(kind, code, month))
        assert parts(tale, BalanceScope(kind, code)) == by_batch
    counties = audits.county_balances(tale, actor=REGULATOR)
    assert sum(row.fate.generated_g for row in counties) == 780_000
    for row in counties:
        found = parts(tale, BalanceScope("county", row.area.code, month))
        assert parts(tale, BalanceScope("county", row.area.code)) == found
        assert row.fate.generated_g == found.get("generated", 0)
        assert row.fate.treated_g == found.get("treated", 0)


def test_what_was_shipped_is_on_its_way_to_a_plant_not_to_a_platform(chain: Chain, tale: Session) -> None:
    surplus = chain.label(tale, "differing", 1)
    site = ledger.label_states(tale, [surplus])[surplus].place
    event = ledger.Event(
        "lot.shipped", "user:x", site, NOW, lines=(ledger.Line(surplus, to_place="veh:X"),)
    )  # fmt: skip
    assert ledger.append(tale, [event], now=NOW)[0].posted
    from wastehub.models.batches import Container

    tale.get_one(Container, chain.containers["differing"][1]).state = "shipped"
    tale.flush()
    found = parts(tale, ALL)
    assert (found["road"], found["transfer"], found.get("platform", 0)) == (140_000, 151_000, 0)
    _made, rows = audits.balance_rows(tale, actor=REGULATOR, scope=ALL, part="transfer")
    assert [(row.batch_id, row.mass_g) for row in rows] == [(chain.batches["differing"], 151_000)]


def test_a_county_regulator_sees_that_county_only(chain: Chain, tale: Session) -> None:
    there = county_regulator(world.OTHER_COUNTY)
    assert parts(tale, ALL, actor=there) == {"generated": 40_000, "enterprise": 40_000}
    firm = tale.get_one(Organisation, chain.firms["treated"]).code
    for scope in (
        HERE,
        BalanceScope("firm", firm),
        BalanceScope("platform", "JX-P99"),
        BalanceScope("county", "1"),
    ):
        with pytest.raises(NotFound):
            audits.balance(tale, actor=there, scope=scope)
    with pytest.raises(Forbidden):
        audits.balance(tale, actor=chain.desk(tale, "treated"), scope=ALL)
