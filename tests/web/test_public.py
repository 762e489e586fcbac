"""What strangers may see and say: every state of a label, both languages, limits, and nothing that leaks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, func, select

from tests import firms
from tests.firms import NOW
from tests.web.conftest import SignIn
from wastehub import config, ledger
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.models.problems import Problem
from wastehub.models.scans import Photo
from wastehub.services import batches, label_lives, photos, problems
from wastehub.web import kept_pages

FIRM = {"contact_name": "示例张三", "contact_phone": "0573-12345678", "emergency_phone": "0573-87654321"}


@pytest.fixture
def world(database: Database) -> dict[str, Any]:
    """A firm with a living, a replaced and a void label, and a roll of two numbers."""
    with database.transaction() as session:
        firm = firms.ready_firm(session, **FIRM)
        living, renewed, void = firms.labelled(session, firm, 123_456, 90_000, 80_000)
        old = renewed.label_code
        label_lives.replace_label(
            session, actor=firms.actor_of(firm), container_id=renewed.id, reason="lost", note="",
            version=None, now=NOW,
        )  # fmt: skip
        batches.void_container(
            session, actor=firms.actor_of(firm), container_id=void.id, reason="错", version=None, now=NOW
        )
        roll = label_lives.hand_out(
            session, actor=firms.dispatcher(session), enterprise_id=firm.id, labels_wanted=2, now=NOW
        )
        numbers = [
            each.code
            for each in label_lives.roll_detail(session, actor=firms.actor_of(firm), roll_id=roll.id).labels
        ]
        return {
            "firm": firm,
            "living": living,
            "old": old,
            "new": renewed.label_code,
            "void": void.label_code,
            "numbers": numbers,
            "roll_id": roll.id,
        }


@pytest.fixture
def anybody(app: Flask) -> FlaskClient:
    return app.test_client()


def leaks(world: dict[str, Any], text: str) -> list[str]:
    firm = world["firm"]
    secrets = (
        firm.name,
        firm.short_name,
        firm.address,
        "示例张三",
        "0573-12345678",
        "123.5",
        "123456",
        firm.code,
    )
    # The unit's code is part of the 37 characters on the label itself.
    bare = re.sub(r"<[^>]*>|\s|&nbsp;", "", text)
    shown = bare + "".join(re.findall(r'="([^"]*)"', text))
    for code in ("living", "old", "new", "void"):
        label = world[code] if isinstance(world[code], str) else world[code].label_code
        shown = shown.replace(label, "")
    return [secret for secret in secrets if secret and secret in shown]


@pytest.mark.parametrize(("lang", "word"), [("zh", "危险废物"), ("en", "Do not touch")])
def test_a_living_label_shows_the_safe_part_in_both_languages(anybody, world, lang, word):
    answer = anybody.get(f"/c/{world['living'].label_code}?lang={lang}")
    assert answer.status_code == 200
    assert word in answer.text and "0573-87654321" in answer.text and "900-249-08" in answer.text
    assert leaks(world, answer.text) == []
    assert 'lang="en"' in answer.text or lang == "en"


def test_caches_may_keep_it_for_a_moment_and_it_carries_no_session(anybody, world):
    answer = anybody.get(f"/c/{world['living'].label_code}")
    assert answer.headers["Cache-Control"] == "public, max-age=20"
    assert answer.headers["Vary"] == "Accept-Language"
    assert "Set-Cookie" not in answer.headers
    assert "csrf" not in answer.text


def test_a_replaced_label_names_its_successor(anybody, world):
    answer = anybody.get(f"/c/{world['old']}")
    assert answer.status_code == 200
    assert "这个标签已被更换" in answer.text and f"/c/{world['new']}" in answer.text
    assert leaks(world, answer.text) == []


def test_void_unknown_and_hostile_codes(anybody, world):
    assert "已作废" in anybody.get(f"/c/{world['void']}").text
    unknown = anybody.get(f"/c/{world['new'][:-3]}999")
    assert unknown.status_code == 404 and "没有这个标签" in unknown.text
    for text in ("' OR 1=1 --", "<script>alert(1)</script>", "A" * 400, "%00%ff", "..%2f..%2fetc"):
        answer = anybody.get(f"/c/{text}")
        assert answer.status_code in (404, 422), text
        assert "<script>alert" not in answer.text


def test_a_roll_number_before_and_after_its_first_scan(anybody, world, database):
    first, second = world["numbers"]
    assert "尚未启用" in anybody.get(f"/p/{first}").text
    with database.transaction() as session:
        [row] = firms.registered(session, world["firm"], 70_000).containers
        label_lives.bind(
            session, actor=firms.actor_of(world["firm"]), roll_code=first, container_id=row.id, now=NOW
        )
        label_lives.end_roll(
            session, actor=firms.dispatcher(session), roll_id=world["roll_id"], outcome="lost", note="示例",
            version=None, now=NOW,
        )  # fmt: skip
    assert "900-249-08" in anybody.get(f"/p/{first}").text
    lost = anybody.get(f"/p/{second}")
    assert "已作废" in lost.text and leaks(world, lost.text) == []


# --- reports ---------------------------------------------------------------------------------------


def picture(**save: Any) -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "orange").save(made, "JPEG", **save)
    made.seek(0)
    return made


def report(anybody: FlaskClient, **changes: Any) -> Any:
    form = {"report_id": str(uuid4()), "kind": "leaking", "place": "示例路 1 号", "code": ""}
    return anybody.post("/report", data=form | changes, content_type="multipart/form-data")


def test_a_report_becomes_a_problem_of_the_county(anybody, world, database, settings):
    exif = Image.Exif()
    exif[0x010E] = "secret camera"
    answer = report(
        anybody,
        code=world["living"].label_code,
        photo=(picture(exif=exif.tobytes()), "drum.jpg"),
        contact="示例 0573-1",
        note="桶底渗漏",
        lon_e6="120700000",
        lat_e6="30750000",
        accuracy_m="12",
    )
    assert answer.status_code == 200 and "WT20260316-001" in answer.text
    with database.reading() as session:
        [row] = session.scalars(select(Problem)).all()
        assert (row.county_code, row.enterprise_id, row.state) == ("330411", world["firm"].id, "found")
        assert (row.lon_e6, row.accuracy_m, row.contact) == (120_700_000, 12, "示例 0573-1")
        kept = photos.path_of(photos.folder_of(settings.blob_url), row.photo_sha256 or "").read_bytes()
        assert b"secret camera" not in kept
        [entry] = ledger.entries_for(session, subject=row.problem_no)
        said = str(entry.event)
        assert entry.event.type == "problem.found" and "示例 0573-1" not in said and "桶底" not in said
        assert entry.event.lines[0].label == world["living"].label_code


def test_sending_twice_is_one_report(anybody, world, database):
    same = str(uuid4())
    for _ in range(2):
        answer = report(anybody, report_id=same, code=world["living"].label_code)
        assert "WT20260316-001" in answer.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Problem)) == 1


HOSTILE: list[tuple[dict[str, Any], int, str]] = [
    ({"kind": ""}, 422, "问题类型"),
    ({"kind": "other"}, 422, "问题类型"),
    ({"place": ""}, 422, "在哪里"),
    ({"place": "", "lon_e6": "999999999999", "lat_e6": "x"}, 422, "在哪里"),
    ({"report_id": "1; DROP"}, 422, "重新选择"),
    ({"photo": (io.BytesIO(b"<?php evil"), "a.jpg")}, 422, "不是可识别的照片"),
    ({"note": "x" * 301}, 422, ""),
    ({"place": "a\u202eb"}, 422, ""),
]


def test_what_is_missing_or_hostile_is_refused_and_nothing_is_kept(anybody, world, database):
    for changes, status, said in HOSTILE:
        answer = report(anybody, **({"code": world["living"].label_code} | changes))
        assert answer.status_code == status and said in answer.text, changes
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Problem)) == 0
        assert session.scalar(select(func.count()).select_from(Photo)) == 0


def test_without_a_label_the_county_is_asked_for(anybody, world, database):
    assert 'name="county"' in anybody.get("/report").text
    assert 'name="county"' not in anybody.get(f"/report?code={world['living'].label_code}").text
    assert report(anybody).status_code == 422
    assert report(anybody, county="330411").status_code == 200
    assert report(anybody, county="999999").status_code == 422


def test_a_flood_of_reports_is_refused_in_words(anybody, world, database, monkeypatch):
    monkeypatch.setattr("wastehub.domain.problems.PUBLIC_REPORTS_PER_HOUR", 3)
    codes = [report(anybody, county="330411").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    said = report(anybody, county="330411", photo=(picture(), "a.jpg"))
    assert said.status_code == 429 and "12369" in said.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Photo)) == 0


def test_one_label_cannot_be_reported_for_ever(anybody, world, monkeypatch):
    monkeypatch.setattr("wastehub.domain.problems.PUBLIC_REPORTS_PER_LABEL_AND_DAY", 1)
    code = world["living"].label_code
    assert [report(anybody, code=code).status_code for _ in range(2)] == [200, 429]
    assert report(anybody, county="330411").status_code == 200


@pytest.fixture
def limited(settings: config.Settings, database: Database, frozen_now: Any) -> Iterator[FlaskClient]:
    """With the limits on, as outside of tests."""
    from wastehub.web.limits import limiter

    app = create_app(settings, database, TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=True)
    limiter.enabled = True
    limiter.reset()
    yield app.test_client()
    limiter.reset()
    limiter.enabled = False


def test_one_address_is_slowed_down_with_a_clear_page_and_others_are_not(limited, world):
    path = f"/c/{world['living'].label_code}"
    codes = [limited.get(path).status_code for _ in range(121)]
    assert codes == [200] * 120 + [429]
    refused = limited.get(path)
    assert refused.status_code == 429 and "过于频繁" in refused.text
    assert leaks(world, refused.text) == [] and "public" not in refused.headers["Cache-Control"]
    other = limited.get(path, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert other.status_code == 200


def test_a_flood_of_scans_asks_the_database_once_in_a_while(app, anybody, world, database, frozen_now):
    app.config["KEEP_PUBLIC_PAGES_S"] = 10
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *sent: asked.append(sent[2]))
    path = f"/c/{world['old']}"
    first = anybody.get(path).text
    once = len(asked)
    assert [anybody.get(path).text for _ in range(50)] == [first] * 50
    assert len(asked) == once
    assert "replaced" in anybody.get(path + "?lang=en").text  # its own page
    frozen_now.now = NOW + timedelta(seconds=10)
    before = len(asked)
    anybody.get(path)
    assert len(asked) > before
    for number in range(kept_pages.PAGES_MAX + 5):
        kept = app.extensions["wastehub.kept_pages"]
        kept.keep((str(number),), NOW, ("", 200))
    assert len(kept.pages) == kept_pages.PAGES_MAX


def test_reports_of_one_address_are_few(limited, world):
    codes = [report(limited, county="330411").status_code for _ in range(7)]
    assert codes == [200] * 6 + [429]


def test_who_sees_the_problem(anybody, world, database, sign_in: SignIn):
    report(anybody, code=world["living"].label_code, photo=(picture(), "a.jpg"), contact="示例 0573-1")
    with database.reading() as session:
        row = session.scalars(select(Problem)).one()
        here = firms.platform_for(session, "330411").id
        there = firms.platform_for(session, "330483").id
    path, photo = f"/problems/{row.id}", f"/api/v1/photos/{row.photo_sha256}"
    office = sign_in("regulator", county_code="330411")
    page = office.get(path)
    assert page.status_code == 200 and "示例 0573-1" in page.text
    assert office.get(photo).status_code == 200
    assert "WT20260316-001" in office.get("/problems").text
    for client in (
        sign_in("regulator", login="elsewhere", county_code="330483"),
        sign_in("dispatcher", login="there", organisation_id=there),
        sign_in("enterprise", organisation_id=world["firm"].id),
    ):
        assert client.get(path).status_code == 404
        assert client.get(photo).status_code == 404
        assert "WT20260316-001" not in client.get("/problems").text
    desk = sign_in("dispatcher", login="here", organisation_id=here)
    shown = desk.get(path)
    assert shown.status_code == 200 and "示例 0573-1" not in shown.text


def test_from_found_to_closed(anybody, world, database, sign_in: SignIn):
    report(anybody, code=world["living"].label_code)
    with database.reading() as session:
        row = session.scalars(select(Problem)).one()
    office = sign_in("regulator", county_code="330411")
    firm = sign_in("enterprise", organisation_id=world["firm"].id)

    def step(client: FlaskClient, act: str, **form: Any) -> int:
        data = {"act": act} | form
        return int(
            client.post(f"/problems/{row.id}", data=data, content_type="multipart/form-data").status_code
        )

    assert step(office, "accept") == 409
    assert step(office, "assign", unit_id=str(uuid4())) == 422
    assert step(office, "assign", unit_id=str(world["firm"].id), due_on="2026-03-15") == 422
    assert step(office, "assign", unit_id=str(world["firm"].id), due_on="2026-03-18") == 302
    assert step(firm, "accept") == 403
    assert step(office, "rectify", note="x") == 403
    assert step(firm, "rectify", note="已更换容器") == 422  # no photo
    assert step(firm, "rectify", note="", photo=(picture(), "a.jpg")) == 422
    assert step(firm, "rectify", note="已更换容器", photo=(picture(), "a.jpg")) == 302
    assert step(office, "return", note="照片不清") == 302
    assert step(firm, "rectify", note="重拍", photo=(picture(), "b.jpg")) == 302
    assert step(office, "accept") == 302
    assert step(office, "close", version="1") == 409
    assert step(office, "close") == 302
    assert step(office, "assign", unit_id=str(world["firm"].id)) == 409
    with database.reading() as session:
        entries = ledger.entries_for(session, subject=row.problem_no)
        assert [entry.event.facts.get("act") for entry in entries] == [
            None, "assign", "rectify", "return", "rectify", "accept", "close",
        ]  # fmt: skip
        assert (
            problems.detail(session, actor=firms.actor_of(world["firm"]), problem_id=row.id).closed_at
            is not None
        )
