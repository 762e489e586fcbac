"""Fuel and CO2e of what was published, added up for whoever watches a county (S13)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...models.organisations import Organisation
from ...models.route_plans import LIVE_ROUND, Round, RoutePlan
from ...models.vehicles import Vehicle


def county_saving(
    session: Session, *, actor: Actor, county_code: str, since_on: date
) -> dict[str, dict[str, int]] | None:
    """The rounds of a county's platforms beside one trip per firm, as they were published.

    `plan` and `baseline` hold distance_m, fuel_ml, co2e_g. None while no round has an estimate.
    """
    actor.require("county.view")
    query = (
        select(RoutePlan.emissions, Vehicle.plate)
        .join(Round, Round.plan_id == RoutePlan.id)
        .join(Vehicle, Vehicle.id == Round.vehicle_id)
        .join(Organisation, Organisation.id == Round.platform_id)
        .where(
            Organisation.county_code == county_code,
            Round.state.in_(LIVE_ROUND),
            Round.service_on >= since_on,
            RoutePlan.emissions.is_not(None),
        )
    )
    total: dict[str, Counter[str]] = {"plan": Counter(), "baseline": Counter()}
    found = False
    for emissions, plate in session.execute(query):
        one: dict[str, Any] | None = emissions["rounds"].get(plate)
        if one is not None:
            found = True
            for name, numbers in total.items():
                numbers.update(one[name])
    return {name: dict(numbers) for name, numbers in total.items()} if found else None
