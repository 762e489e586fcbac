"""Sizes and colours of the signs: an administrator sets them from a day on, and the signs follow."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.web.conftest import SignIn
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import calendar, signs
from wastehub.domain.errors import Conflict, InvalidInput
from wastehub.models.reference import LegalLimit
from wastehub.services import sign_templates


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def side_mm(data: bytes) -> tuple[int, int]:
    wide, high = pypdfium2.PdfDocument(data)[0].get_size()
    return round(wide / 72 * 25.4), round(high / 72 * 25.4)


def corner(data: bytes) -> tuple[int, ...]:
    pixel: tuple[int, ...] = pypdfium2.PdfDocument(data)[0].render(scale=0.5).to_pil().getpixel((2, 2))
    return pixel[:3]


def form_of(page: str) -> dict[str, str]:
    """What a browser would send if nobody touched the form: every field, and what it showed."""
    names = r'name="((?:seen_)?sign_\w+|valid_from)"[^>]*?value="([^"]*)"'
    return dict(re.findall(names, page))


def test_an_administrator_changes_a_sign_from_a_day_on(
    database: Database, sign_in: SignIn, frozen_now: Any
) -> None:
    admin = sign_in("admin")
    page = admin.get("/admin/sign-template/")
    assert page.status_code == 200 and 'value="300"' in page.text and "#ffff00" in page.text
    today = calendar.on_date(frozen_now.now)
    later = today + timedelta(days=10)
    change = form_of(page.text) | {
        "sign_zone_near_width_mm": "320",
        "sign_ground_rgb": "#ffee00",
        "valid_from": later.isoformat(),
        "reason": "示例理由",
    }
    assert admin.post("/admin/sign-template/", data=change).status_code == 302
    before = admin.get("/admin/sign-template/specimen.pdf").data
    after = admin.get(f"/admin/sign-template/specimen.pdf?on={later.isoformat()}").data
    assert (side_mm(before), corner(before)) == ((300, 300), (255, 255, 0))
    assert (side_mm(after), corner(after)) == ((320, 300), (255, 238, 0))
    again = admin.get("/admin/sign-template/?lang=en").text
    assert "#ffee00" in again and "320 mm" in again
    limits = admin.get("/admin/limits").text
    assert "#ffee00" in limits and "320" in limits
    with database.reading() as session:
        # Only what changed became a row, and the ledger says from what to what.
        rows = session.scalars(select(LegalLimit).where(LegalLimit.source.startswith("administrator"))).all()
        assert {row.key for row in rows} == {"sign_zone_near_width_mm", "sign_ground_rgb"}
        [entry] = ledger.entries_for(session, subject="signs")
        assert entry.event.type == "policy.changed"
        assert entry.event.facts["from"] == {"sign_zone_near_width_mm": 300, "sign_ground_rgb": 0xFFFF00}
        assert entry.event.facts["to"] == {"sign_zone_near_width_mm": 320, "sign_ground_rgb": 0xFFEE00}
        assert sign_templates.in_force(session, on=today)["sign_zone_near_width_mm"] == 300


def test_a_second_decision_for_the_same_day_counts(sign_in: SignIn, frozen_now: Any) -> None:
    admin = sign_in("admin")
    day = calendar.on_date(frozen_now.now).isoformat()
    for width in ("310", "330"):
        shown = form_of(admin.get("/admin/sign-template/").text)
        change = shown | {"sign_zone_near_width_mm": width, "valid_from": day, "reason": "示例"}
        assert admin.post("/admin/sign-template/", data=change).status_code == 302
    assert side_mm(admin.get("/admin/sign-template/specimen.pdf").data) == (330, 300)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sign_zone_near_width_mm": "99"}, "100 至 3000"),
        ({"sign_zone_near_width_mm": "3,00"}, "100 至 3000"),
        ({"sign_zone_near_width_mm": "²00"}, "100 至 3000"),
        ({"sign_zone_near_width_mm": "900"}, "排不下"),
        ({"sign_ground_rgb": "yellow"}, "不是颜色"),
        ({"sign_ground_rgb": "#101010"}, "太暗"),
        ({"sign_zone_near_width_mm": "300"}, "没有改动"),
        ({"sign_zone_near_width_mm": "310", "valid_from": "2020-01-01"}, "早于今天"),
        ({"sign_zone_near_width_mm": "310", "reason": ""}, ""),
    ],
)
def test_what_no_sign_can_be_is_refused(
    database: Database, sign_in: SignIn, frozen_now: Any, change: dict[str, str], said: str
) -> None:
    day = calendar.on_date(frozen_now.now).isoformat()
    admin = sign_in("admin")
    shown = form_of(admin.get("/admin/sign-template/").text)
    answer = admin.post("/admin/sign-template/", data=shown | {"valid_from": day, "reason": "示例"} | change)
    assert answer.status_code == 422 and said in answer.text
    with database.reading() as session:
        assert ledger.entries_for(session, subject="signs") == []


def test_only_administrators_change_signs(sign_in: SignIn) -> None:
    for role in ("dispatcher", "regulator"):
        assert sign_in(role).get("/admin/sign-template/").status_code == 403


def save(admin: FlaskClient, shown: dict[str, str], **change: Any) -> Any:
    return admin.post("/admin/sign-template/", data=shown | {"reason": "示例"} | change)


def test_saving_leaves_alone_what_nobody_changed(
    database: Database, sign_in: SignIn, frozen_now: Any
) -> None:
    """A form shows today's values: they may not come back over what was decided for a later day."""
    admin = sign_in("admin")
    later = calendar.on_date(frozen_now.now) + timedelta(days=10)
    shown = form_of(admin.get("/admin/sign-template/").text)
    planned = {"sign_zone_near_width_mm": "350", "valid_from": later.isoformat()}
    assert save(admin, shown, **planned).status_code == 302
    page = admin.get("/admin/sign-template/").text
    assert f"自 {later.isoformat()} 起 350 mm" in page
    ground = {"sign_ground_rgb": "#ffee00", "valid_from": (later + timedelta(days=5)).isoformat()}
    assert save(admin, form_of(page), **ground).status_code == 302
    with database.reading() as session:
        found = sign_templates.in_force(session, on=later + timedelta(days=6))
        assert (found["sign_zone_near_width_mm"], found["sign_ground_rgb"]) == (350, 0xFFEE00)
        [_first, second] = ledger.entries_for(session, subject="signs")
        assert second.event.facts["to"] == {"sign_ground_rgb": 0xFFEE00}


def test_what_somebody_else_changed_meanwhile_is_looked_at_first(
    database: Database, sign_in: SignIn, frozen_now: Any
) -> None:
    one, other = sign_in("admin", login="admin-1"), sign_in("admin", login="admin-2")
    shown = form_of(one.get("/admin/sign-template/").text)
    assert save(other, shown, sign_zone_near_width_mm="320", sign_zone_far_width_mm="610").status_code == 302
    late = save(one, shown, sign_zone_near_width_mm="340")
    assert late.status_code == 409 and "请核对后再保存" in late.text
    # The page keeps what was typed, shows the colleague's values elsewhere, and the next save goes through.
    again = form_of(late.text)
    assert (again["sign_zone_near_width_mm"], again["sign_zone_far_width_mm"]) == ("340", "610")
    assert save(one, again).status_code == 302
    # Fields that do not meet do not stop each other.
    assert save(other, shown, sign_ground_rgb="#ffee00").status_code == 302
    with database.reading() as session:
        found = sign_templates.in_force(session, on=calendar.on_date(frozen_now.now))
    assert (found["sign_zone_near_width_mm"], found["sign_zone_far_width_mm"]) == (340, 610)
    assert found["sign_ground_rgb"] == 0xFFEE00


def test_a_form_that_does_not_say_what_it_showed_changes_nothing(
    database: Database, sign_in: SignIn, frozen_now: Any
) -> None:
    day = calendar.on_date(frozen_now.now).isoformat()
    answer = save(sign_in("admin"), {}, sign_zone_near_width_mm="310", valid_from=day)
    assert answer.status_code == 422 and "请重新打开本页" in answer.text


def test_the_limits_of_size_and_shape_themselves_are_allowed() -> None:
    seen = signs.shown({})
    edge = {"sign_zone_near_width_mm": "100", "sign_zone_near_height_mm": "100"}
    assert signs.changes(edge, seen, {}) == {"sign_zone_near_width_mm": 100, "sign_zone_near_height_mm": 100}
    assert signs.changes({"sign_zone_near_width_mm": "540"}, seen, {}) == {"sign_zone_near_width_mm": 540}
    with pytest.raises(InvalidInput, match=r"sign\.shape"):
        signs.changes({"sign_zone_near_width_mm": "543"}, seen, {})
    # What is no key of ours is not looked at.
    with pytest.raises(InvalidInput, match=r"sign\.nothing_changed"):
        signs.changes({"load_max_g": "1"}, seen, {})
    # What a colleague decided is not overwritten, unless it says the same.
    template = {"sign_zone_near_width_mm": 350}
    with pytest.raises(Conflict, match=r"sign\.changed_meanwhile"):
        signs.changes({"sign_zone_near_width_mm": "340"}, seen, template)
    with pytest.raises(InvalidInput, match=r"sign\.nothing_changed"):
        signs.changes({"sign_zone_near_width_mm": "350"}, seen, template)
