"""Problems that an office has found itself: entered with the unit that puts them right."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from PIL.ExifTags import IFD
from sqlalchemy import select

from tests import firms
from tests.web.conftest import SignIn
from wastehub import ledger
from wastehub.db import Database
from wastehub.models.organisations import Organisation
from wastehub.models.problems import Problem


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def firm(database: Database) -> Organisation:
    with database.transaction() as session:
        return firms.ready_firm(session, county_code="330411")


@pytest.fixture
def office(sign_in: SignIn) -> Any:
    return sign_in("regulator", county_code="330411")


def picture() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (90, 120, 60)).save(file, "JPEG")
    file.seek(0)
    return file


def entered(client: Any, firm: Organisation, **change: Any) -> Any:
    data = {"problem_id": str(uuid4()), "kind": "damaged", "unit_code": firm.code, "note": "示例：桶身凹陷"}
    return client.post("/problems/new", data=data | change, content_type="multipart/form-data")


def found(database: Database) -> list[Problem]:
    with database.reading() as session:
        return list(session.scalars(select(Problem)))


def test_an_office_enters_a_problem_and_its_unit_puts_it_right(
    database: Database, firm: Organisation, office: Any, sign_in: SignIn
) -> None:
    assert "登记问题" in office.get("/problems").text
    assert office.get("/problems/new?lang=en").status_code == 200
    [hit] = office.get(f"/problems/units?q={firm.code[-6:]}").get_json()
    assert (hit["value"], hit["text"]) == (firm.code, firm.name)
    assert office.get("/problems/units").get_json() == office.get("/problems/units?q=%20").get_json() == []
    photo = (picture(), "a.jpg")
    assert entered(office, firm, due_on="2026-03-20", photo=photo).status_code == 302
    [row] = found(database)
    assert (row.state, row.source, row.assigned_to_id, row.county_code) == (
        "assigned", "office", firm.id, "330411",
    )  # fmt: skip
    assert str(row.due_on) == "2026-03-20" and row.photo_sha256 and row.enterprise_id == firm.id
    clerk = sign_in("enterprise", organisation_id=firm.id)
    page = clerk.get(f"/problems/{row.id}")
    assert page.status_code == 200 and "监管发现" in page.text and "桶身凹陷" in page.text
    assert clerk.get(f"/api/v1/photos/{row.photo_sha256}").status_code == 200
    right = {"act": "rectify", "note": "示例：已更换", "photo": (picture(), "b.jpg")}
    moved = clerk.post(f"/problems/{row.id}", data=right, content_type="multipart/form-data")
    assert moved.status_code == 302
    with database.reading() as session:
        entries = ledger.entries_for(session, subject=row.problem_no)
        assert [entry.event.type for entry in entries][:2] == ["problem.found", "problem.moved"]
        assert entries[0].event.facts["source"] == "office"
        assert entries[1].event.facts["unit"] == firm.site
        assert "凹陷" not in str([entry.event.facts for entry in entries])  # people's words stay outside


def test_sent_twice_is_one_problem_and_the_days_of_its_kind_hold(
    database: Database, firm: Organisation, office: Any
) -> None:
    one = str(uuid4())
    for _ in range(2):
        assert entered(office, firm, problem_id=one).status_code == 302
    [row] = found(database)
    assert row.due_on is not None and (row.due_on - row.found_at.date()).days == 3
    assert row.place == (firm.address or firm.name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit_code": "不存在"}, "不在名录中"),
        ({"unit_code": ""}, "不在名录中"),
        ({"kind": "quarrel"}, "没有选择问题类型"),
        ({"note": "  "}, ""),
        ({"due_on": "2026-03-15"}, "已过"),
        ({"due_on": "tomorrow"}, ""),
        ({"photo": (io.BytesIO(b"not a picture"), "a.jpg")}, ""),
    ],
)
def test_what_is_no_problem_is_refused(
    database: Database, firm: Organisation, office: Any, change: dict[str, Any], said: str
) -> None:
    answer = entered(office, firm, **change)
    assert answer.status_code == 422 and said in answer.text
    assert found(database) == []


def test_an_office_tells_only_the_units_of_its_county(
    database: Database, firm: Organisation, sign_in: SignIn
) -> None:
    elsewhere = sign_in("regulator", login="elsewhere", county_code="330483")
    assert elsewhere.get(f"/problems/units?q={firm.code}").get_json() == []
    assert entered(elsewhere, firm).status_code == 422
    assert found(database) == []
    clerk = sign_in("enterprise", organisation_id=firm.id)
    assert clerk.get("/problems/new").status_code == 403
    assert entered(clerk, firm).status_code == 403
    assert "登记问题" not in clerk.get("/problems").text


def test_another_offices_problem_is_not_shown_by_its_id(
    database: Database, firm: Organisation, office: Any, sign_in: SignIn
) -> None:
    one = str(uuid4())
    assert entered(office, firm, problem_id=one).status_code == 302
    elsewhere = sign_in("regulator", login="elsewhere", county_code="330483")
    assert entered(elsewhere, firm, problem_id=one).status_code == 404


def test_over_http_the_same(database: Database, firm: Organisation, office: Any) -> None:
    finding = {"problem_id": str(uuid4()), "kind": "other", "unit_code": firm.code, "note": "示例"}
    for _ in range(2):
        made = office.post("/api/v1/problems", json=finding)
        assert made.status_code == 201 and made.get_json()["state"] == "assigned"
    assert office.post("/api/v1/problems", json=finding | {"kind": "x"}).status_code == 422
    assert len(found(database)) == 1


def sent(client: Any, content: io.BytesIO) -> Any:
    form = {"photo": (content, "a.jpg")}
    return client.post("/api/v1/photos", data=form, content_type="multipart/form-data")


def located_picture() -> io.BytesIO:
    """A photo whose file tells where it was taken."""
    picture, file = Image.new("RGB", (40, 30), (90, 120, 60)), io.BytesIO()
    exif = picture.getexif()
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (30.0, 45.0, 0.0), 3: "E", 4: (120.0, 45.0, 0.0)})
    picture.save(file, "JPEG", exif=exif)
    assert b"Exif" in file.getvalue()
    return io.BytesIO(file.getvalue())


def test_over_http_a_photo_goes_first_and_leaves_its_place_behind(
    database: Database, firm: Organisation, office: Any, sign_in: SignIn
) -> None:
    photo = sent(office, located_picture())
    assert photo.status_code == 201
    finding = {
        "problem_id": str(uuid4()), "kind": "leaking", "unit_code": firm.code, "note": "示例",
        "photo_sha256": photo.get_json()["sha256"],
    }  # fmt: skip
    made = office.post("/api/v1/problems", json=finding)
    assert made.status_code == 201
    assert made.get_json()["photo_sha256"] == finding["photo_sha256"]
    assert made.get_json()["steps"][0]["photo_sha256"] == finding["photo_sha256"]
    clerk = sign_in("enterprise", organisation_id=firm.id)
    kept = clerk.get(f"/api/v1/photos/{finding['photo_sha256']}")
    assert kept.status_code == 200 and b"Exif" not in kept.data
    right = {"note": "示例：已更换", "photo_sha256": sent(clerk, picture()).get_json()["sha256"]}
    answer = clerk.post(f"/api/v1/problems/{finding['problem_id']}/rectifications", json=right)
    assert answer.status_code == 200 and answer.get_json()["state"] == "rectified"


@pytest.mark.parametrize("given", ["0" * 64, "x" * 64, "short", 7])
def test_over_http_a_photo_that_never_arrived_is_refused(
    database: Database, firm: Organisation, office: Any, given: Any
) -> None:
    finding = {"problem_id": str(uuid4()), "kind": "other", "unit_code": firm.code, "note": "示例"}
    answer = office.post("/api/v1/problems", json=finding | {"photo_sha256": given})
    assert answer.status_code == 422 and "photo_sha256" in answer.text
    if given == "0" * 64:
        assert "problem.photo_unknown" in answer.text and "先上传照片" in answer.text
    assert found(database) == []
    assert sent(office, io.BytesIO(b"not a picture")).status_code == 422
