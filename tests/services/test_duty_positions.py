"""Positions of duty on both databases: kept once, only of duty, only for the own office, and not for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.services import driving_world as driving
from tests.services import planning_world as world
from tests.services.driving_world import Road, at
from tests.services.test_replanning import publish, revised, served
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.errors import Forbidden, NotFound
from wastehub.domain.positions import Fix
from wastehub.models.duty import newest_positions
from wastehub.services import duty
from wastehub.services.duty import FixReport


def fix(moment: datetime, lon_e6: int = 120_700_000) -> Fix:
    return Fix(moment, lon_e6, 30_750_000, 10)


def send(road: Road, *fixes: Fix, hour: float = 9) -> duty.Kept:
    with road.database.transaction() as session:
        return duty.keep_positions(session, report=FixReport(road.driver, road.round_id, fixes), now=at(hour))


def test_a_batch_is_kept_once_however_often_it_comes(database: Database) -> None:
    road = driving.started(database, 1)
    batch = [fix(at(8.2)), fix(at(8.1), 120_690_000), fix(at(7.9)), fix(at(9.5))]
    first = send(road, *batch)
    assert (first.kept, first.dropped, first.on_duty) == (2, {"off_duty": 1, "in_future": 1}, True)
    assert first.every_s == 60
    assert send(road, *batch, fix(at(8.3))).kept == 1
    office = world.dispatcher(database)
    with database.reading() as session:
        found = duty.track(session, actor=office, round_id=road.round_id)
        assert [each.at for each in found] == [at(8.1), at(8.2), at(8.3)]
        assert newest_positions(session, [road.round_id])[road.round_id].at == at(8.3)
        with pytest.raises(NotFound):
            stranger = replace(office, organisation_id=uuid4())
            duty.track(session, actor=stranger, round_id=road.round_id)
        with pytest.raises(Forbidden):
            duty.track(session, actor=road.driver, round_id=road.round_id)
        # A position is no evidence: the ledger does not know it.
        assert not [each for each in ledger.entries_for(session) if "position" in each.event.type]


def test_nothing_is_kept_of_a_round_that_is_not_ones_own_or_not_under_way(database: Database) -> None:
    road = driving.road(database, 1)
    assert send(road, fix(at(8.5))).dropped == {"off_duty": 1}
    with pytest.raises(NotFound):
        send(replace(road, driver=replace(road.driver, user_id=uuid4())), fix(at(8.5)))
    with pytest.raises(Forbidden):
        send(replace(road, driver=world.dispatcher(database)), fix(at(8.5)))


def test_positions_go_after_their_days(database: Database) -> None:
    road = driving.started(database, 1)
    send(road, fix(at(8.5)))
    with database.transaction() as session:
        assert duty.purge_positions(session, now=at(8.5) + timedelta(days=30)) == 0
        assert duty.purge_positions(session, now=at(8.5) + timedelta(days=30, seconds=1)) == 1
        assert newest_positions(session, [road.round_id]) == {}


def test_a_phone_that_tells_where_it_is_hears_that_the_round_has_changed(database: Database) -> None:
    road = driving.road(database, firms=3)
    served(road)
    assert send(road, fix(at(9))).unread == 0
    revision = publish(road, revised(road, "breakdown"))
    assert send(road, fix(at(9.7)), hour=9.7).unread == 1
    with database.transaction() as session:
        duty.see_revision(session, actor=road.driver, revision_id=revision.id, at=at(9.8), now=at(9.8))
    assert send(road, fix(at(9.9)), hour=9.9).unread == 0
