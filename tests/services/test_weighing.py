"""Sums of weighing differences by month, scale and driver, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.services import chain_world
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import InvalidInput, NotFound
from wastehub.domain.receiving import Decision
from wastehub.models.receptions import ReceptionLine
from wastehub.models.reference import LegalLimit
from wastehub.models.scales import Scale
from wastehub.services import weighing
from wastehub.services.weighing import ScaleDraft, Series

TODAY = date(2026, 3, 20)
CITY = Actor("user:reg", "regulator")


def own_scale(session: Session) -> Series:
    board = weighing.drift_board(session, actor=chain_world.platform(session), today=TODAY)
    [series] = board.scales
    return series


def test_the_sums_are_those_of_the_lines_within_tolerance(chain: chain_world.Chain, tale: Session) -> None:
    """One surplus is beyond the tolerance, one drum was refused unweighed: neither is in the sum."""
    series = own_scale(tale)
    lines = tale.scalars(
        select(ReceptionLine).where(
            ReceptionLine.scale_id == series.key, ReceptionLine.within, ReceptionLine.decision == "accepted"
        )
    ).all()
    month = series.months[-1].month
    assert month.weighings == len(lines) > 0
    assert month.sum_g == sum(line.difference_g for line in lines)
    assert month.square_g2 == sum(line.difference_g**2 for line in lines)
    assert month.less + month.more == sum(1 for line in lines if line.difference_g)
    refused = tale.scalars(select(ReceptionLine).where(ReceptionLine.decision == "refused")).one()
    assert refused.scale_id is None
    assert series.latest.state == "few"


def test_configuration_decides_how_many_weighings_are_judged(chain: chain_world.Chain, tale: Session) -> None:
    tale.execute(update(LegalLimit).where(LegalLimit.key == "drift_weighings_min").values(value_int=1))
    tale.execute(update(ReceptionLine).where(ReceptionLine.within).values(difference_g=-10))
    series = own_scale(tale)
    assert series.latest.state in ("steady", "watch") and series.latest.month.sum_g < 0
    tale.execute(update(LegalLimit).where(LegalLimit.key == "drift_sigma").values(value_int=1))
    assert own_scale(tale).latest.state == "drift"


def test_drivers_stand_beside_scales_and_the_numbers_can_be_opened(
    chain: chain_world.Chain, tale: Session
) -> None:
    board = weighing.drift_board(tale, actor=CITY, today=TODAY)
    assert sum(row.months[-1].month.weighings for row in board.crews) > 0
    crew = next(row for row in board.crews if row.weighed)
    found = weighing.month_board(tale, actor=CITY, by="crew", key=crew.key, month="2026-03", today=TODAY)
    assert sum(row.difference_g for row in found.weighings) == crew.months[-1].month.sum_g
    assert {row.driver for row in found.weighings} == {crew.name_zh}


def test_strangers_and_nonsense(chain: chain_world.Chain, tale: Session) -> None:
    series = own_scale(tale)
    other = chain_world.platform(tale, chain_world.OTHER_COUNTY)
    for actor in (other, chain_world.county_regulator(chain_world.OTHER_COUNTY)):
        with pytest.raises(NotFound):
            weighing.month_board(tale, actor=actor, by="scale", key=series.key, month="2026-03", today=TODAY)
    for by in ("crew", "moon"):
        with pytest.raises(NotFound):
            weighing.month_board(tale, actor=CITY, by=by, key=series.key, month="2026-03", today=TODAY)
    with pytest.raises(InvalidInput, match=r"drift\.month_unknown"):
        weighing.month_board(tale, actor=CITY, by="scale", key=series.key, month="2026-3", today=TODAY)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_another_scale_brings_its_own_tolerance_and_stands_in_the_ledger(database: Database) -> None:
    [trip_id] = world.driven(database, [(OIL, (150_000,))])
    with database.transaction() as session:
        draft = ScaleDraft("D1", "地磅", scale_class="bridge")
        scale = weighing.register_scale(session, actor=world.desk(session), draft=draft, now=GATE)
        [drum] = [row.id for row in world.aboard(session, trip_id)]
    with database.transaction() as session:
        order = world.reception.TripReception(
            world.desk(session), trip_id, (Decision(drum, 140_000),), scale_id=scale.id
        )
        world.reception.receive_trips(session, receptions=[order], now=GATE)
    with database.reading() as session:
        line = session.scalars(select(ReceptionLine)).one()
        assert line.scale_id == scale.id and line.within and line.allowed_g == 20_000
        [entry] = world.entries(session, "container.received")
        assert entry.facts["scale"] == "D1" and entry.facts["tolerance_floor_g"] == 20_000
        assert ledger.verify(session).ok


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_scale_of_somebody_else_is_refused(database: Database) -> None:
    [trip_id] = world.driven(database, [(OIL, (150_000,))])
    with database.transaction() as session, pytest.raises(InvalidInput, match=r"scale\.unknown"):
        foreign = session.scalars(
            select(Scale.id).where(Scale.organisation_id != world.desk(session).organisation_id)
        ).first()
        order = world.reception.TripReception(world.desk(session), trip_id, (), scale_id=foreign)
        world.reception.receive_trips(session, receptions=[replace(order)], now=GATE + timedelta(hours=1))


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = getattr(request, "param", "sqlite")
    return kind
