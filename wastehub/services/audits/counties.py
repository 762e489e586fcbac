"""The kilograms of the counties, by where the waste arose."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...models.organisations import Organisation, firm_site
from ...models.reference import Area
from .fates import Fate, fates_by_group


@dataclass(frozen=True)
class CountyBalance:
    """A county's waste by origin: what its firms generated, and where that is now."""

    area: Area
    firms: int
    fate: Fate


def county_balances(session: Session, *, actor: Actor) -> list[CountyBalance]:
    """Kilograms by county of origin, from the books. A county's regulator sees that county."""
    actor.require("county.view")
    counties = list(session.scalars(select(Area).where(Area.level == "county").order_by(Area.code)))
    enterprises = Organisation.kind == "enterprise"
    query = select(firm_site(), Organisation.county_code).where(enterprises)
    if actor.county_code is not None:
        query = query.where(Organisation.county_code == actor.county_code)
    fates = fates_by_group(session, query)
    count = select(Organisation.county_code, func.count()).where(enterprises)
    firms = {county: found for county, found in session.execute(count.group_by(Organisation.county_code))}
    return [
        CountyBalance(area, firms.get(area.code, 0), fates.get(area.code, Fate()))
        for area in counties
        if actor.county_code in (None, area.code)
    ]
