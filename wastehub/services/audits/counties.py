"""The kilograms of the counties, by where the waste arose."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.actors import Actor
from ...models.organisations import Organisation
from ...models.reference import Area
from .fates import Fate, fates_by_origin


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
    query = select(Organisation.code, Organisation.county_code).where(Organisation.kind == "enterprise")
    county_of = {f"ent:{code}": county for code, county in session.execute(query)}
    fates: dict[str | None, Fate] = defaultdict(Fate)
    for origin, fate in fates_by_origin(session).items():
        fates[county_of.get(origin)].add(fate)
    firms: dict[str | None, int] = defaultdict(int)
    for county in county_of.values():
        firms[county] += 1
    return [
        CountyBalance(area, firms[area.code], fates[area.code])
        for area in counties
        if actor.county_code in (None, area.code)
    ]
