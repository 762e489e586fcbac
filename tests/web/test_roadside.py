"""A check at the roadside: in time, late, withdrawn, forged, foreign; dead labels on the road."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import firms
from tests.services import driving_world
from tests.services.driving_world import at
from tests.web.conftest import PASSWORD, SignIn
from tests.web.driving import crewed
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.models.batches import Batch, Container
from wastehub.models.manifests import Manifest
from wastehub.models.organisations import Organisation
from wastehub.models.roadside import RoadsideOpening, RoadsidePass
from wastehub.models.route_plans import Trip
from wastehub.services import handing_over, label_lives
from wastehub.services.handing_over import Confirmation
from wastehub.web import roadside_tokens


@pytest.fixture
def on(database: Database, frozen_now: Any) -> driving_world.Road:
    frozen_now.now = at(9)
    return driving_world.road(database, 2)


@pytest.fixture
def phone(app: Any, database: Database, on: driving_world.Road) -> FlaskClient:
    crewed(database, on)
    client: FlaskClient = app.test_client()
    assert client.post("/sign-in", data={"login": "driver-1", "password": PASSWORD}).status_code == 302
    return client


def under_way(on: driving_world.Road) -> str:
    """Leaves, and loads the first container; its code."""
    on.start()
    code = on.labels(on.stops()[0])[0]
    [verdict] = on.scan(on.report(code))
    assert verdict.outcome == "accepted"
    return code


def shown(phone: FlaskClient, on: driving_world.Road) -> str:
    """The address in the code that the driver shows."""
    assert phone.post(f"/driver/rounds/{on.round_id}/roadside").status_code == 302
    page = phone.get(f"/driver/rounds/{on.round_id}/roadside").text
    assert "还有 30 分钟" in page
    with on.database.reading() as session:
        made = session.scalars(select(RoadsidePass).order_by(RoadsidePass.shown_at.desc())).first()
        assert made is not None
    with phone.application.app_context():
        return f"/r/{roadside_tokens.token_of(made.id)}"


def test_an_officer_reads_the_papers_without_sign_in(app: Any, phone: FlaskClient, on: Any) -> None:
    code = under_way(on)
    address = shown(phone, on)
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    with on.database.reading() as session:
        row = on.row(session)
        assert row.driver and row.escort
        words = (row.vehicle.plate, row.vehicle.permit_number, row.driver.name, row.escort.certificate_no)
    bare = re.sub(r"<[^>]*>|\s", "", answer.text)
    assert all(re.sub(r"\s", "", word) in bare for word in (*words, code, "150.0kg"))
    assert "<form" not in answer.text  # read-only
    english = app.test_client().get(address + "?lang=en")
    assert "Vehicle and crew" in english.text


def test_a_link_ends_after_half_an_hour(app: Any, phone: FlaskClient, on: Any, frozen_now: Any) -> None:
    under_way(on)
    address = shown(phone, on)
    frozen_now.now = at(9) + timedelta(minutes=29, seconds=59)
    assert app.test_client().get(address).status_code == 200
    frozen_now.now = at(9) + timedelta(minutes=30)
    late = app.test_client().get(address)
    assert late.status_code == 410 and "已过期" in late.text and "浙" not in late.text


def files_of(page: str) -> list[str]:
    """The addresses of the papers that a page of papers links to."""
    return re.findall(r'href="(/r/[^"]+\.pdf)"', page)


def text_of(data: bytes) -> str:
    pages = pypdfium2.PdfDocument(data)
    return re.sub(r"\s", "", "".join(page.get_textpage().get_text_bounded() for page in pages))


def test_the_papers_open_as_files_with_the_link_alone(app: Any, phone: FlaskClient, on: Any) -> None:
    under_way(on)
    given = Confirmation(
        on.driver, uuid4(), on.stops()[0].id, "glass", at(9), "示例签字人", photo_sha256="7" * 64
    )
    with on.database.transaction() as session:
        handing_over.confirm(session, given=given, now=at(9))
    officer = app.test_client()
    files = files_of(officer.get(shown(phone, on)).text)
    assert [name.rsplit("/", 1)[1][:11] for name in files[:2]] == ["waybill.pdf", "safety-card"]
    [paper] = [name for name in files if "/manifests/" in name]
    answers = [officer.get(name) for name in files]
    assert {answer.mimetype for answer in answers} == {"application/pdf"}
    assert all("no-store" in answer.headers["Cache-Control"] for answer in answers)
    with on.database.reading() as session:
        row = on.row(session)
        manifest = session.scalars(select(Manifest).where(Manifest.id == UUID(paper[-40:-4]))).one()
        plate, number = row.vehicle.plate, manifest.number
    waybill, card, form = (text_of(answer.data) for answer in answers)
    assert plate in waybill and "危险货物运单" in waybill
    assert plate in card and "安全卡" in card and "不得混装" in card
    assert number in form and "转移联单" in form
    assert "现场交接确认" in form and "手签示例签字人" in form


def test_the_papers_end_with_the_link(app: Any, phone: FlaskClient, on: Any, frozen_now: Any) -> None:
    under_way(on)
    address = shown(phone, on)
    files = files_of(app.test_client().get(address).text)
    token = address.removeprefix("/r/")
    for name in files:
        assert app.test_client().get(name.replace(token, "B" + token[1:])).status_code == 404
    frozen_now.now = at(9) + timedelta(minutes=30)
    for name in files:
        late = app.test_client().get(name)
        assert late.status_code == 410 and "已过期" in late.text


def test_a_paper_of_another_load_is_not_shown(app: Any, phone: FlaskClient, on: Any) -> None:
    code = under_way(on)
    address = shown(phone, on)
    with on.database.reading() as session:
        trips = [trip.id for trip in on.row(session).trips]
        _row, owner = owner_of(session, code)
        others = select(Manifest.id).where(Manifest.mover_out_id != owner.organisation_id)
        [waiting] = session.scalars(others).all()
    for name in (
        f"{address}/trips/{uuid4()}/waybill.pdf",
        f"{address}/trips/{uuid4()}/safety-card.pdf",
        f"{address}/manifests/{uuid4()}.pdf",
        f"{address}/manifests/{waiting}.pdf",  # still at the gate of the next firm
    ):
        answer = app.test_client().get(name)
        assert answer.status_code == 404 and "不属于这辆车" in answer.text, name
    with on.database.transaction() as session:
        session.execute(update(Trip).where(Trip.id == trips[0]).values(state="done"))
    gone = app.test_client().get(f"{address}/trips/{trips[0]}/waybill.pdf")
    assert gone.status_code == 404


def test_the_crew_takes_a_link_back_and_every_opening_is_logged(
    app: Any, phone: FlaskClient, on: Any
) -> None:
    under_way(on)
    address = shown(phone, on)
    for _ in range(2):
        app.test_client().get(address)
    assert "已被打开 2 次" in phone.get(f"/driver/rounds/{on.round_id}/roadside").text
    with on.database.reading() as session:
        made = session.scalars(select(RoadsidePass)).one()
    assert phone.post(f"/driver/roadside/{made.id}/revoke").status_code == 302
    gone = app.test_client().get(address)
    assert gone.status_code == 410 and "已收回" in gone.text
    with on.database.reading() as session:
        verdicts = session.scalars(select(RoadsideOpening.verdict).order_by(RoadsideOpening.opened_at)).all()
        assert sorted(verdicts) == ["revoked", "shown", "shown"]
        entries = ledger.entries_for(session, subject=on.row(session).round_no)
        kinds = [entry.event.type for entry in entries]
        assert kinds[-2:] == ["roadside.shown", "roadside.revoked"]


def test_forged_altered_and_foreign_links_show_nothing(app: Any, phone: FlaskClient, on: Any) -> None:
    under_way(on)
    address = shown(phone, on)
    token = address.removeprefix("/r/")
    with app.app_context():
        unknown = roadside_tokens.token_of(uuid4())
        kept, app.config["SECRET_KEY"] = app.config["SECRET_KEY"], "the secret of another city"
        with on.database.reading() as session:
            made = session.scalars(select(RoadsidePass)).one()
        foreign = roadside_tokens.token_of(made.id)
        app.config["SECRET_KEY"] = kept
    altered = token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]
    for wrong in (altered, "B" + token[1:], token[:10], unknown, foreign, str(made.id), "x" * 500, "%00.%ff"):
        answer = app.test_client().get(f"/r/{wrong}")
        assert answer.status_code == 404, wrong
        assert "无效的路检链接" in answer.text and "浙" not in answer.text
    with on.database.reading() as session:
        assert session.scalars(select(RoadsideOpening)).all() == []


def test_only_this_crew_and_only_on_the_road(app: Any, phone: FlaskClient, on: Any, sign_in: SignIn) -> None:
    assert phone.post(f"/driver/rounds/{on.round_id}/roadside").status_code == 409  # not left yet
    under_way(on)
    other = sign_in("driver", login="driver-2", organisation_id=on.driver.organisation_id)
    assert other.get(f"/driver/rounds/{on.round_id}/roadside").status_code == 404
    assert other.post(f"/driver/rounds/{on.round_id}/roadside").status_code == 404
    shown(phone, on)
    with on.database.reading() as session:
        made = session.scalars(select(RoadsidePass)).one()
    assert other.post(f"/driver/roadside/{made.id}/revoke").status_code == 404
    assert sign_in("dispatcher").post(f"/driver/rounds/{on.round_id}/roadside").status_code == 403
    codes = [phone.post(f"/driver/rounds/{on.round_id}/roadside").status_code for _ in range(5)]
    assert codes == [302, 302, 302, 302, 409]


# --- dead labels on the road -----------------------------------------------------------------------


def owner_of(session: Any, code: str) -> tuple[Container, Actor]:
    row = session.scalars(select(Container).where(Container.label_code == code)).one()
    batch = session.get_one(Batch, row.batch_id)
    return row, firms.actor_of(session.get_one(Organisation, batch.enterprise_id))


def test_a_driver_who_scans_a_replaced_label_is_told_the_new_one(phone: FlaskClient, on: Any) -> None:
    old = on.labels(on.stops()[0])[0]
    with on.database.transaction() as session:
        row, desk = owner_of(session, old)
        label_lives.replace_label(
            session, actor=desk, container_id=row.id, reason="lost", note="", version=None, now=at(7)
        )
        new = row.label_code
    on.start()
    [verdict] = on.scan(on.report(f"https://any.example/c/{old}"))
    assert (verdict.outcome, verdict.code) == ("refused", "scan.label_replaced")
    assert verdict.params["successor"] == new
    [verdict] = on.scan(on.report(new))
    assert verdict.code == "scan.label_not_printed"
    life = phone.get(f"/api/v1/label-lives?text={old}").get_json()
    assert (life["state"], life["successor"]) == ("replaced", new) and "更换" in life["message"]


def test_a_rolls_number_is_bound_at_the_stop_and_loads(phone: FlaskClient, on: Any) -> None:
    waiting = on.labels(on.stops()[0])[0]
    with on.database.transaction() as session:
        row, desk = owner_of(session, waiting)
        firm = session.get_one(Organisation, desk.organisation_id)
        platform = Actor(author="user:p", role="dispatcher", organisation_id=on.driver.organisation_id)
        roll = label_lives.hand_out(
            session, actor=platform, enterprise_id=firm.id, labels_wanted=2, now=at(6)
        )
        roll = label_lives.roll_detail(session, actor=platform, roll_id=roll.id)
        one, two = (label.code for label in roll.labels)
        # As if the firm had registered it and found no printer.
        row.state, row.prints = "registered", 0
        container_id = row.id
    binding = {"roll_code": one, "container_id": str(container_id)}
    assert phone.post("/api/v1/roll-bindings", json=binding).status_code == 404  # not under way
    on.start()
    [verdict] = on.scan(on.report(f"HTTPS://ANY.EXAMPLE/P/{one}"))
    assert verdict.code == "scan.roll_label_free"
    assert phone.post("/api/v1/roll-bindings", json=binding).status_code == 201
    assert phone.post("/api/v1/roll-bindings", json=binding).status_code == 201  # told twice
    again = phone.post("/api/v1/roll-bindings", json=binding | {"roll_code": two})
    assert again.status_code == 409
    wrong = phone.post("/api/v1/roll-bindings", json=binding | {"roll_code": one[:-1] + "2"})
    assert wrong.status_code in (404, 422)
    [verdict] = on.scan(on.report(f"HTTPS://ANY.EXAMPLE/P/{one}"))
    assert verdict.outcome == "accepted"
    with on.database.transaction() as session:
        label_lives.end_roll(
            session, actor=platform, roll_id=roll.id, outcome="lost", note="示例", version=None, now=at(9)
        )
    [verdict] = on.scan(on.report(two))
    assert verdict.code == "scan.roll_label_void"


def test_a_stranger_binds_nothing(sign_in: SignIn, on: Any) -> None:
    container = on.container(on.labels(on.stops()[0])[0])
    other = sign_in("driver", login="driver-9", organisation_id=on.driver.organisation_id)
    on.start()
    for code in ("22222222", "222222222"):
        binding = {"roll_code": code, "container_id": str(container.id)}
        assert other.post("/api/v1/roll-bindings", json=binding).status_code == 404
