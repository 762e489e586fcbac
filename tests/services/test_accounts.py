"""Accounts: who may sign in, who makes them, and that the ledger knows them by pseudonym only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from tests import firms
from tests.firms import NOW
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation, StaleVersion
from wastehub.models.users import User
from wastehub.services import accounts

PASSWORD = "a long test password"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def create(session: Session, **changes: Any) -> User:
    values: dict[str, Any] = {
        "login": "some.body", "display_name": "示例人员", "password": PASSWORD, "role": "regulator",
    }  # fmt: skip
    return accounts.create_user(session, actor=firms.admin(), now=NOW, **(values | changes))


def oneself(user: User) -> Actor:
    return Actor(author=user.author, role=user.role, user_id=user.id, organisation_id=user.organisation_id)


def refused(session: Session, **changes: Any) -> tuple[str, str]:
    with pytest.raises(RuleViolation) as caught:
        create(session, **changes)
    return caught.value.code, caught.value.field


def sign_in(session: Session, password: str = PASSWORD, login: str = "some.body", **at: Any) -> Any:
    return accounts.sign_in(session, login=login, password=password, now=at.get("now", NOW))


def test_an_account_is_made_and_stands_in_the_ledger_without_a_name(session: Session) -> None:
    user = create(session, login=" Some.Body ", county_code="330411")
    assert (user.login, user.active, user.county_code) == ("some.body", True, "330411")
    assert PASSWORD not in user.password_hash
    [entry] = ledger.entries_for(session, subject=user.author)
    assert dict(entry.event.facts) == {"act": "created", "role": "regulator", "active": True}
    assert "示例人员" not in str(entry.event)
    assert sign_in(session).id == user.id


def test_each_field_at_fault_is_named(session: Session) -> None:
    firm = firms.enrolled(session)
    plant = firms.platforms(session)[0]
    assert refused(session, login="ab") == ("user.login_malformed", "login")
    assert refused(session, login="some body") == ("user.login_malformed", "login")
    assert refused(session, role="king") == ("user.role_unknown", "role")
    assert refused(session, display_name="x" * 61) == ("text.too_long", "display_name")
    assert refused(session, password="x" * 9) == ("user.password_too_short", "password")
    assert refused(session, password="x" * 201) == ("user.password_too_long", "password")
    for role in ("enterprise", "driver", "dispatcher", "plant"):
        assert refused(session, role=role) == ("user.organisation_needed", "organisation_id")
        assert refused(session, role=role, organisation_id=uuid4())[0] == "user.organisation_not_of_role"
    assert refused(session, role="enterprise", organisation_id=plant.id)[0] == "user.organisation_not_of_role"
    assert refused(session, role="driver", organisation_id=firm.id)[0] == "user.organisation_not_of_role"
    assert refused(session, role="admin", organisation_id=firm.id)[0] == "user.organisation_not_of_role"
    assert refused(session, county_code="330400") == ("user.county_not_of_role", "county_code")
    assert refused(session, county_code="999999") == ("user.county_not_of_role", "county_code")
    assert refused(session, role="admin", county_code="330411")[0] == "user.county_not_of_role"
    create(session)
    assert refused(session, login="SOME.BODY") == ("user.login_taken", "login")


def test_the_shortest_login_and_password_are_good_enough(session: Session) -> None:
    user = create(session, login="abc", password="x" * 10, display_name="")
    assert user.display_name == "abc"
    assert sign_in(session, "x" * 10, "ABC ").id == user.id


def test_wrong_passwords_lock_for_a_quarter_of_an_hour_and_a_right_one_forgets_them(session: Session) -> None:
    user = create(session)
    for _ in range(accounts.FAILURES_MAX - 1):
        assert isinstance(sign_in(session, "wrong"), accounts.WrongCredentials)
    sign_in(session)
    assert user.failed_logins == 0
    for _ in range(accounts.FAILURES_MAX):
        sign_in(session, "wrong")
    until = NOW + timedelta(minutes=accounts.LOCK_MINUTES)
    with pytest.raises(Forbidden) as locked:
        sign_in(session, now=until - timedelta(seconds=1))
    assert locked.value.code == "sign_in.locked" and locked.value.params["until_at"] == until
    assert sign_in(session, now=until).id == user.id


def test_an_unknown_account_is_as_wrong_as_a_wrong_password(session: Session) -> None:
    create(session)
    wrong, unknown = sign_in(session, "wrong"), sign_in(session, "wrong", "nobody")
    assert (wrong.code, wrong.params) == (unknown.code, unknown.params)


def test_a_disabled_account_stays_out_until_it_is_enabled_again(session: Session) -> None:
    user = create(session)
    change = {"actor": firms.admin(), "user_id": user.id, "now": NOW}
    epoch = user.session_epoch
    accounts.set_active(session, active=False, version=user.version, **change)
    assert user.session_epoch == epoch + 1, "its sessions have ended"
    with pytest.raises(Forbidden, match=r"sign_in\.disabled"):
        sign_in(session)
    assert isinstance(sign_in(session, "wrong"), accounts.WrongCredentials), "a stranger learns nothing"
    with pytest.raises(StaleVersion):
        accounts.set_active(session, active=True, version=user.version + 1, **change)
    accounts.set_active(session, active=True, version=None, **change)
    assert sign_in(session).id == user.id
    acts = [entry.event.facts["act"] for entry in ledger.entries_for(session, subject=user.author)]
    assert acts == ["created", "disabled", "enabled"]


def test_nobody_disables_their_own_account(session: Session) -> None:
    user = create(session, role="admin")
    with pytest.raises(Conflict, match=r"user\.not_oneself"):
        accounts.set_active(
            session, actor=oneself(user), user_id=user.id, active=False, version=None, now=NOW
        )
    assert user.active


def test_a_new_password_ends_sessions_and_unlocks(session: Session) -> None:
    user = create(session)
    for _ in range(accounts.FAILURES_MAX):
        sign_in(session, "wrong")
    accounts.set_password(
        session, actor=firms.admin(), user_id=user.id, password="another long one", version=None, now=NOW
    )
    assert user.session_epoch == 1
    assert sign_in(session, "another long one").id == user.id
    assert isinstance(sign_in(session), accounts.WrongCredentials)


def test_one_changes_ones_own_password_and_nobody_elses(session: Session) -> None:
    user, other = create(session), create(session, login="another")
    change: dict[str, Any] = {"password": "another long one", "version": None, "now": NOW}
    accounts.set_password(session, actor=oneself(user), user_id=user.id, **change)
    with pytest.raises(Forbidden):
        accounts.set_password(session, actor=oneself(user), user_id=other.id, **change)


def test_a_language_is_kept_and_only_ours_exist(session: Session) -> None:
    user = create(session)
    accounts.set_locale(session, actor=oneself(user), locale="en")
    assert user.locale == "en"
    with pytest.raises(InvalidInput):
        accounts.set_locale(session, actor=oneself(user), locale="fr")


def test_accounts_are_listed_by_login_to_administrators_only(session: Session) -> None:
    user, other = create(session), create(session, login="another")
    assert [row.login for row in accounts.users(session, actor=firms.admin())] == ["another", "some.body"]
    assert accounts.user(session, actor=firms.admin(), user_id=other.id).login == "another"
    with pytest.raises(NotFound):
        accounts.user(session, actor=firms.admin(), user_id=UUID(int=7))
    for act in (
        lambda: accounts.users(session, actor=oneself(user)),
        lambda: accounts.user(session, actor=oneself(user), user_id=user.id),
        lambda: create_as(session, oneself(user)),
    ):
        with pytest.raises(Forbidden):
            act()


def create_as(session: Session, actor: Actor) -> None:
    accounts.create_user(
        session, actor=actor, login="third", display_name="", password=PASSWORD, role="regulator", now=NOW
    )


def test_a_drivers_account_is_linked_to_one_certified_person_of_its_platform(session: Session) -> None:
    platform, other = firms.platforms(session)[:2]
    driver = create(session, login="driver-1", role="driver", organisation_id=platform.id)
    mine = accounts.crew_choices(session, actor=firms.admin(), user_id=driver.id)
    assert mine and all(row.platform_id == platform.id for row in mine)

    def link(row: Any) -> Any:
        return accounts.link_crew_member(
            session, actor=firms.admin(), user_id=driver.id, crew_member_id=row.id, version=None, now=NOW
        )

    link(mine[0])
    link(mine[1])
    assert (mine[0].user_id, mine[1].user_id) == (None, driver.id)
    second = create(session, login="driver-2", role="driver", organisation_id=platform.id)
    free = accounts.crew_choices(session, actor=firms.admin(), user_id=second.id)
    assert mine[1] not in free
    stranger = create(session, login="driver-3", role="driver", organisation_id=other.id)
    foreign = accounts.crew_choices(session, actor=firms.admin(), user_id=stranger.id)[0]
    with pytest.raises(NotFound):
        link(foreign)


def test_only_drivers_accounts_stand_for_somebody_in_a_crew(session: Session) -> None:
    office = create(session)
    assert accounts.crew_choices(session, actor=firms.admin(), user_id=office.id) == []
