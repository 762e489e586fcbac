"""Signing in: who gets in, who does not, and what they are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import PASSWORD, SignIn, add_user
from wastehub.db import Database
from wastehub.services import accounts


def submit(client: FlaskClient, **form: str) -> Any:
    return client.post("/sign-in", data={"login": "admin-tester", "password": PASSWORD} | form)


def test_a_stranger_is_sent_to_the_sign_in_page(app: Flask) -> None:
    answer = app.test_client().get("/")
    assert answer.status_code == 302
    assert answer.location.endswith("/sign-in")


def test_the_page_after_sign_in_is_the_one_that_was_wanted(app: Flask, database: Database) -> None:
    add_user(database, "admin")
    answer = submit(app.test_client(), next="/account/password")
    assert answer.location == "/account/password"


def test_sign_in_never_leads_to_another_site(app: Flask, database: Database) -> None:
    add_user(database, "admin")
    for trick in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        assert submit(app.test_client(), next=trick).location == "/"


def test_a_wrong_password_is_401_and_keeps_what_was_typed(app: Flask, database: Database) -> None:
    add_user(database, "admin")
    answer = submit(app.test_client(), password="not the password")
    assert answer.status_code == 401
    assert "账号或密码不正确" in answer.text
    assert 'value="admin-tester"' in answer.text


def test_an_unknown_account_gets_the_same_answer_as_a_wrong_password(app: Flask, database: Database) -> None:
    add_user(database, "admin")
    wrong = submit(app.test_client(), password="not the password").text
    unknown = submit(app.test_client(), login="nobody-here").text
    assert "账号或密码不正确" in wrong and "账号或密码不正确" in unknown


def test_the_account_locks_after_too_many_failures_and_opens_again(
    app: Flask, database: Database, frozen_now: Any
) -> None:
    add_user(database, "admin")
    for _ in range(accounts.FAILURES_MAX):
        submit(app.test_client(), password="not the password")
    locked = submit(app.test_client())
    assert locked.status_code == 403
    assert "锁定" in locked.text
    frozen_now.now += timedelta(minutes=accounts.LOCK_MINUTES, seconds=1)
    assert submit(app.test_client()).status_code == 302


def test_one_failure_less_does_not_lock(app: Flask, database: Database) -> None:
    add_user(database, "admin")
    for _ in range(accounts.FAILURES_MAX - 1):
        submit(app.test_client(), password="not the password")
    assert submit(app.test_client()).status_code == 302


def test_a_disabled_account_is_told_so_and_its_sessions_end(
    app: Flask, database: Database, sign_in: SignIn
) -> None:
    from tests.firms import NOW, admin
    from wastehub.models.users import user_by_login

    client = sign_in("admin")
    assert client.get("/account/password").status_code == 200
    with database.transaction() as session:
        user = user_by_login(session, "admin-tester")
        assert user is not None
        accounts.set_active(session, actor=admin(), user_id=user.id, active=False, version=None, now=NOW)
    assert client.get("/account/password").status_code == 302
    answer = submit(app.test_client())
    assert answer.status_code == 403
    assert "停用" in answer.text


def test_demo_accounts_open_doors_on_this_machine_only(app: Flask, database: Database) -> None:
    from tests.firms import NOW, admin

    with database.transaction() as session:
        accounts.create_user(
            session, actor=admin(), login="demo-admin", display_name="示例", password=PASSWORD,
            role="admin", now=NOW, demo=True,
        )  # fmt: skip
    near, far = {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": "192.0.2.7"}
    form = {"login": "demo-admin", "password": PASSWORD}
    assert app.test_client().post("/sign-in", data=form, environ_base=near).status_code == 302
    refused = app.test_client().post("/sign-in", data=form, environ_base=far)
    assert refused.status_code == 403
    assert "--demo-lan" in refused.text
    app.extensions["wastehub.settings"] = replace(app.extensions["wastehub.settings"], demo_lan=True)
    assert app.test_client().post("/sign-in", data=form, environ_base=far).status_code == 302


def test_the_language_is_kept_for_the_person(app: Flask, database: Database, sign_in: SignIn) -> None:
    client = sign_in("admin", locale="en")
    assert "Change password" in client.get("/account/password").text
    again = app.test_client()
    submit(again)
    assert "Change password" in again.get("/account/password").text


def test_a_chinese_browser_gets_chinese_and_an_english_one_english(app: Flask) -> None:
    client = app.test_client()
    chinese = client.get("/sign-in", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    english = client.get("/sign-in", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert 'lang="zh-CN"' in chinese.text
    assert 'lang="en"' in english.text


def test_one_changes_ones_password_only_with_the_present_one(sign_in: SignIn, app: Flask) -> None:
    client = sign_in("admin")
    wrong = client.post("/account/password", data={"present": "not mine", "password": "another long one"})
    assert wrong.status_code == 403
    short = client.post("/account/password", data={"present": PASSWORD, "password": "short"})
    assert short.status_code == 422
    assert "至少" in short.text
    done = client.post("/account/password", data={"present": PASSWORD, "password": "another long one"})
    assert done.status_code == 302
    assert submit(app.test_client(), password="another long one").status_code == 302


def test_every_answer_carries_the_security_headers(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    assert "script-src 'self' 'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_unknown_pages_are_404_in_the_readers_language(app: Flask) -> None:
    assert "没有找到" in app.test_client().get("/no-such-page").text
    english = app.test_client().get("/no-such-page", headers={"Accept-Language": "en"})
    assert english.status_code == 404
    assert "no such page" in english.text
