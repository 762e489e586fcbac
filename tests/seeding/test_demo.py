"""The demo: a past, one full day, a report whose loop is closed, and never a real database harmed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from tests.databases import KINDS, Databases
from wastehub import cli, config, ledger
from wastehub.config import Settings
from wastehub.db import Database
from wastehub.domain import calendar, handing_over, reasons
from wastehub.domain.actors import Actor
from wastehub.ledger import integrating, notes
from wastehub.ledger.anchor import Anchor
from wastehub.ledger.checkpoints import TreeHead
from wastehub.models.batches import Batch, Container
from wastehub.models.filings import Declaration, FilingDelegation
from wastehub.models.handing_over import HandOver
from wastehub.models.installation import Installation
from wastehub.models.label_lives import LabelRoll
from wastehub.models.lots import TreatmentLine
from wastehub.models.organisations import Organisation
from wastehub.models.reference import WasteCode
from wastehub.models.route_plans import Round, Stop
from wastehub.models.users import User
from wastehub.models.vehicles import CrewMember
from wastehub.models.zones import ZoneGroup
from wastehub.seeding import accounts, day, demo
from wastehub.services import accounts as account_service
from wastehub.services import photos

ON = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass
class Made:
    """A finished demo: where it is, what it answered, what it reported and said."""

    settings: Settings
    code: int
    report: dict[str, object]
    said: list[str]
    database: Database


def settings_at(folder: Path, url: str) -> Settings:
    read = config.from_environment({"WASTEHUB_VAR": str(folder), "WASTEHUB_DATABASE_URL": url})
    return replace(read, secret_key="a secret of the tests")


def make(settings: Settings, *, fresh: bool = False, seed: int = 1) -> Made:
    said: list[str] = []
    path = settings.var_dir / "demo-report.json"
    code = demo.run(
        settings, firms=50, on=ON, seed=seed, report_path=path, fresh=fresh, now=NOW, say=said.append
    )
    report = json.loads(path.read_text(encoding="utf-8"))
    return Made(settings, code, report, said, Database(settings.database_url))


@pytest.fixture(scope="module")
def short_past() -> Iterator[None]:
    """Five weeks are enough for lots to be shipped and treated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "HISTORY_MONTHS", 1.2)
        patch.setattr(day, "ITERATIONS", 60)
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(account_service, "_hasher", hasher)
        yield


@pytest.fixture(scope="module", params=KINDS)
def made(
    request: pytest.FixtureRequest,
    test_databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    short_past: None,
) -> Iterator[Made]:
    for lent in test_databases.lent(request.param, None):
        url = lent.engine.url.render_as_string(hide_password=False)
        done = make(settings_at(tmp_path_factory.mktemp("demo"), url))
        yield done
        done.database.dispose()


def test_the_loop_closes(made: Made) -> None:
    assert made.code == 0, made.said[-5:]
    assert made.report["unexplained_g"] == 0
    assert made.report["ledger_verified"] is True
    assert made.report["plan_violations"] == 0


def test_the_report_tells_the_whole_day(made: Made) -> None:
    report = made.report
    assert report["firms"] == 50
    assert report["platforms"] == 7
    for field in (
        *("batches_registered", "requests", "stops_planned", "rounds", "trips", "distance_km", "manifests"),
        *("containers_scanned", "collected_kg", "received_kg", "treated_kg", "ledger_entries"),
    ):
        value = report[field]
        assert isinstance(value, int | float) and value > 0, field
    assert isinstance(report["stops_unassigned"], list)
    assert len(report["stops_unassigned"]) == report["stops_left_out"]
    seconds = report["seconds"]
    assert isinstance(seconds, dict)
    assert {"setup", "reference", "firms", "history", "day", "verify"} <= seconds.keys()


def test_every_generated_gram_is_somewhere(made: Made) -> None:
    report = made.report
    places = ("at_enterprises_kg", "in_transit_kg", "in_storage_kg", "at_plants_kg", "treated_kg")
    held_g = sum(round(float(str(report[place])) * 1000) for place in places)
    with made.database.reading() as session:
        rows = ledger.rollups(session, kind=["TOL", "SUSP", "LOSS", "SPILL"])
    assert round(float(str(report["generated_kg"])) * 1000) == held_g + sum(row.balance_g for row in rows)


def test_the_planted_irregularities_are_listed(made: Made) -> None:
    rows = json.loads((made.settings.var_dir / "demo-irregularities.json").read_text(encoding="utf-8"))
    kinds = {row["kind"] for row in rows}
    assert {"storage.overdue", "contract.expired", "plan.missing", "scale.drift", "batch.voided"} <= kinds
    assert len(rows) == made.report["irregularities"]


def test_no_demo_gram_is_booked_to_a_real_firm(made: Made) -> None:
    with made.database.reading() as session:
        real = select(func.count()).where(
            Container.holder_id == Organisation.id, Organisation.demo_flows.is_(False),
            Organisation.kind == "plant",
        )  # fmt: skip
        assert session.scalar(real) == 0
        names = session.scalars(select(Organisation.name).where(Organisation.kind == "enterprise"))
        assert all(name.startswith("示例") for name in names)


def test_each_role_has_an_account_with_something_to_do(made: Made) -> None:
    with made.database.reading() as session:
        users = {user.login: user for user in session.scalars(select(User))}
        assert set(users) == {account.login for account in accounts.ACCOUNTS}
        assert all(user.demo for user in users.values())
        firm = users["demo-enterprise"].organisation_id
        own = select(func.count()).select_from(Container).join(Batch, Batch.id == Container.batch_id)
        own = own.where(Batch.enterprise_id == firm)
        assert session.scalar(own.where(Container.state == "registered")), "a label to print"
        driver = select(CrewMember).where(CrewMember.user_id == users["demo-driver"].id)
        rounds = select(Round.state).where(Round.driver_id == session.scalars(driver).one().id)
        assert session.scalars(rounds.where(Round.service_on == ON)).one() == "published"


def test_what_nobody_classified_stands_apart(made: Made) -> None:
    """In the isolated zone that is laid out for no group, or in no zone yet."""
    with made.database.reading() as session:
        query = (
            select(ZoneGroup.group_code)
            .join(Container, Container.zone_id == ZoneGroup.zone_id)
            .join(Batch, Batch.id == Container.batch_id)
            .join(WasteCode, WasteCode.code == Batch.waste_code)
            .where(WasteCode.group_code.is_(None), Container.state == "stored")
        )
        assert session.scalars(query).all() == []


def test_units_have_declared_in_time_late_and_not_at_all(made: Made) -> None:
    """The month that ended last: every platform has to declare it, and most have."""
    with made.database.reading() as session:
        rows = session.execute(
            select(Declaration, Organisation.kind)
            .join(Organisation, Organisation.id == Declaration.organisation_id)
            .where(Declaration.period == "2026-10")
        ).all()
        platforms = [row for row, kind in rows if kind == "platform"]
        assert 4 <= len(platforms) <= 7
        assert any(calendar.on_date(row.filed_at) > row.due_on for row, _ in rows)
        assert any(row.receipt_no for row, _ in rows) and not all(row.receipt_no for row, _ in rows)
        assert not any(unbalanced_row[11] for row, _ in rows for unbalanced_row in row.content["平衡"])
        assert all(row.filed_at < NOW for row, _ in rows)
        rolls = session.scalars(select(LabelRoll)).all()
        guest = session.scalars(select(User.organisation_id).where(User.login == "demo-enterprise")).one()
        assert len(rolls) == 2 and guest in {roll.enterprise_id for roll in rolls}
        assert session.scalars(select(FilingDelegation)).first() is not None


def test_gates_of_the_day_were_confirmed_in_every_way_and_a_few_not_at_all(made: Made) -> None:
    with made.database.reading() as session:
        confirmed = session.scalars(select(HandOver)).all()
        assert {row.way for row in confirmed} == set(handing_over.WAYS)
        assert all(row.person_name.startswith("示例") and row.mass_g > 0 for row in confirmed)
        [signed, *_] = [row for row in confirmed if row.way == "glass"]
        assert signed.photo_sha256 is not None
        office = Actor("user:office", "regulator")
        folder = photos.folder_of(made.settings.blob_url)
        assert photos.open_photo(session, actor=office, sha256=signed.photo_sha256, folder=folder)
        left = session.execute(
            select(Stop.state, Stop.id).where(Stop.outcome_reason.in_(list(reasons.UNCONFIRMED)))
        ).all()
        assert 1 <= len(left) < len(confirmed) and {state for state, _ in left} <= {"done", "partly_done"}
        assert not {key for _, key in left} & {row.stop_id for row in confirmed}
    path = made.settings.var_dir / "demo-irregularities.json"
    kinds = [row["kind"] for row in json.loads(path.read_text(encoding="utf-8"))]
    assert kinds.count("hand_over.unconfirmed") == len(left)


def test_some_waste_has_been_treated(made: Made) -> None:
    with made.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TreatmentLine))


def test_a_second_demo_does_not_touch_the_first(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(demo.DatabaseInUse):
        make(made.settings)
    url = made.settings.database_url
    assert cli.main(["demo", "--firms", "50", "--database", url]) == 2
    assert "--fresh" in capsys.readouterr().err


def test_fresh_makes_the_same_demo_again(made: Made) -> None:
    with made.database.reading() as session:
        before = ledger.verify(session, signature_every=0).root
    made.database.dispose()
    again = make(made.settings, fresh=True)
    assert again.code == 0
    with again.database.reading() as session:
        assert ledger.verify(session, signature_every=0).root == before
    again.database.dispose()


def test_fresh_never_deletes_a_real_database(database: Database, tmp_path: Path) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    with pytest.raises(demo.DatabaseInUse):
        make(settings_at(tmp_path, url), fresh=True)
    with database.reading() as session:
        assert session.scalars(select(Organisation.id).limit(1)).first() is not None
        assert session.scalars(select(Installation)).all() == []


def test_an_existing_signing_key_is_kept(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
    mine = ledger.load_or_create(settings.signing_key_path)
    said: list[str] = []
    kept = demo._demo_signer(settings, 1, said.append)
    assert kept.key_id == mine.key_id and said


def test_an_absent_database_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert not demo.has_data(settings_at(tmp_path, f"sqlite:///{path}"))
    assert not path.exists()


# --- sealing -----------------------------------------------------------------------------------------------


def test_the_demo_ends_with_a_checkpoint_over_everything(made: Made) -> None:
    with made.database.reading() as session:
        newest = integrating.latest(session)
        assert newest is not None and newest.size == ledger.size(session)
    assert Anchor(made.settings.anchor_path).read() == newest.head


def anchored(settings: Settings, signer: ledger.Signer) -> Path:
    """The anchor of a ledger whose database is not there."""
    log = notes.LogSigner(settings.log_origin, signer)
    Anchor(settings.anchor_path).advance(
        None, notes.sign(TreeHead(settings.log_origin, 9, bytes(32)).text(), [log])
    )
    return settings.anchor_path


def test_the_anchor_of_a_demo_that_was_deleted_by_hand_goes(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, f"sqlite:///{tmp_path / 'gone.db'}")
    path = anchored(settings, demo.demo_key(7, " log"))
    demo._make_way(settings, fresh=False)
    assert not path.exists()


def test_the_anchor_of_a_real_ledger_stops_the_demo(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, f"sqlite:///{tmp_path / 'gone.db'}")
    path = anchored(settings, ledger.Signer.generate())
    with pytest.raises(demo.DatabaseInUse, match="not in this database"):
        demo._make_way(settings, fresh=True)
    assert path.exists()
