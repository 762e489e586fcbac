"""A small fixed chain for the statutory forms: two firms, a platform, a plant. Plain functions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from tests import firms
from tests.databases import Databases
from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL, RAGS
from wastehub import ids
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.receiving import Decision
from wastehub.models import organisations
from wastehub.models.organisations import Organisation, organisation_by_code
from wastehub.services import statutory

AFTER = GATE + timedelta(days=1)
# 10:00 in Shanghai on 10 April 2026: March is over, its declaration is due in five days.
APRIL = datetime.fromisoformat("2026-04-10T02:00:00+00:00")
NEXT_YEAR = datetime.fromisoformat("2027-01-08T02:00:00+00:00")


def built(database: Database) -> None:
    """Firm 1 sends two drums of oil and one of rags, firm 2 one of oil; all but one of oil are treated."""
    trips = world.driven(database, [(OIL, (150_000, 100_000)), (RAGS, (40_000,))], [(OIL, (120_000,))])
    for trip_id in trips:
        with database.reading() as session:
            on_board = world.aboard(session, trip_id)
        # The scale at the gate finds 200 g less in the first drum: inside the tolerance.
        decisions = [
            Decision(row.id, row.mass_g - (200 if at == 0 else 0)) for at, row in enumerate(on_board)
        ]
        world.receive(database, trip_id, *decisions)
    with database.reading() as session:
        oil = world.containers_in(session, "stored", OIL)
    lot = world.shipped(database, world.opened(database, oil))
    world.lot_received(database, lot)
    world.treated(database, oil[:-1])
    with database.transaction() as session:
        firm = firm_of(session, 1)
        # Left in store at the end of March: one more drum, estimated.
        firms.labelled(session, firm, 80_000, waste_code=OIL, container_type="STEEL200O")


def kept(test_databases: Databases, folder: Path) -> Iterator[Path]:
    """The story told once, as a file to copy: most of a test's time would go into telling it."""
    for database in test_databases.lent("sqlite", "reference"):
        built(database)
        target = folder / "statutory.db"
        with database.engine.connect() as connection:
            connection.connection.driver_connection.execute("VACUUM INTO ?", (str(target),))  # type: ignore[union-attr]
        yield target


def poured(database: Database, kept_in: Path) -> Database:
    """A database of a test, before its first use, with the story in it."""
    assert database.engine.url.database is not None
    shutil.copyfile(kept_in, database.engine.url.database)
    # The ids of the tests begin anew with each database: those of the story are taken.
    database.new_id = ids.new_id
    return database


def entered(database: Database) -> None:
    """The first firm has entered what the tables ask of it once, and added to its plan."""
    who = actor(database, "enterprise")
    with database.transaction() as session:
        statutory.save_profile(
            session,
            actor=who,
            given={
                "registered_address": "示例注册地址 1 号",
                "industry_code": "C3484",
                "legal_representative": "示例法人",
                "legal_phone": "0573-00000001",
                "discharge_permit_no": "示例排污登记 001",
                "generating_code": "MF0003",
                "generating_name": "数控车床",
                "storage_code": "TS004",
                "generation_handler": "示例产生人",
                "transport_handler": "示例运送人",
                "storage_handler": "示例库管员",
                "reduction_plan": "示例计划",
            },
            capacity_g=None,
            version=None,
            now=GATE,
        )
        plan = organisations.plans_of(session, enterprise_ids=[_own(who)], year=2026)[_own(who)]
        [line] = [line for line in plan.lines if line.waste_code == OIL]
        statutory.save_plan_line(
            session,
            actor=who,
            plan_line_id=line.id,
            given={"process": "设备保养", "harmful_components": "矿物油"},
            masses_g={"generated_g": 500_000, "stored_g": 20_000},
            now=GATE,
        )


def _own(who: Actor) -> UUID:
    assert who.organisation_id is not None
    return who.organisation_id


def firm_of(session: Session, serial: int) -> Organisation:
    found = organisation_by_code(session, firms.draft(serial).credit_code or "")
    assert found is not None
    return found


def actor(database: Database, kind: str) -> Actor:
    """Somebody of the first firm, the platform or the plant."""
    with database.reading() as session:
        if kind == "enterprise":
            return firms.actor_of(firm_of(session, 1))
        if kind == "platform":
            return world.desk(session)
        return firms.actor_of(world.plant(session))
