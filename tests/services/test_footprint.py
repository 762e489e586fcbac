"""Fuel and CO2e of a plan: kept with the factors of its day, never guessed (S13)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from tests.services import planning_world as world
from tests.services.planning_world import DAY
from wastehub.db import Database
from wastehub.models.reference import LegalLimit
from wastehub.models.route_plans import RoutePlan
from wastehub.services.planning.footprint import FACTORS


def test_a_plan_keeps_what_each_round_burns_and_the_factors_used(database: Database) -> None:
    world.waiting(database, 4)
    plan_id = world.planned(database)
    with database.reading() as session:
        found = session.get_one(RoutePlan, plan_id).emissions
    assert found is not None and found["factors"].keys() == set(FACTORS)
    for side in ("plan", "baseline"):
        for name in ("distance_m", "fuel_ml", "co2e_g"):
            assert found[side][name] == sum(each[side][name] for each in found["rounds"].values())
    assert found["plan"]["distance_m"] < found["baseline"]["distance_m"]
    per_litre = found["factors"]["fuel_g_co2e_per_l"]
    assert abs(found["plan"]["co2e_g"] - found["plan"]["fuel_ml"] * per_litre / 1000) <= 3


def test_without_a_factor_in_force_there_is_no_figure(database: Database) -> None:
    world.waiting(database, 2)
    with database.transaction() as session:
        ended = update(LegalLimit).where(LegalLimit.key == "fuel_g_co2e_per_l")
        session.execute(ended.values(effective_until_on=DAY - timedelta(days=1)))
    plan_id = world.planned(database)
    with database.reading() as session:
        assert session.get_one(RoutePlan, plan_id).emissions is None


def test_no_factor_that_comes_with_the_product_claims_to_be_confirmed(database: Database) -> None:
    with database.reading() as session:
        rows = list(session.scalars(select(LegalLimit).where(LegalLimit.key.in_(FACTORS))))
    assert {row.key for row in rows} == set(FACTORS)
    assert {(row.certainty, row.kind) for row in rows} == {("N", "configuration")}
