"""Signing in and looking after accounts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from .. import ledger
from ..db import new_id
from ..domain import roles, texts
from ..domain.actors import Actor
from ..domain.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolation
from ..models.organisations import Organisation
from ..models.reference import Area
from ..models.users import User, user_by_login
from ..models.vehicles import CrewMember
from ..models.versioned import require_version

PASSWORD_SHORTEST = 10
PASSWORD_LONGEST = 200
NAME_LONGEST = 60
FAILURES_MAX = 8
LOCK_MINUTES = 15
LOGIN = re.compile(r"[a-z0-9][a-z0-9.-]{2,39}")
UNIT_OF_ROLE = {"enterprise": "enterprise", "driver": "platform", "dispatcher": "platform", "plant": "plant"}
BOUND_TO_A_UNIT = tuple(UNIT_OF_ROLE)

_hasher = PasswordHasher()
# Verified when the account does not exist, so that the answer takes as long as for one that does.
_NOBODY = _hasher.hash("nobody has this password")


class WrongCredentials(RuleViolation):
    """Account unknown or password wrong; which of the two is not said: 401."""

    code = "sign_in.wrong"
    status = 401


def sign_in(session: Session, *, login: str, password: str, now: datetime) -> User | WrongCredentials:
    """The person behind a login and password.

    A wrong password is returned, not raised: its failure count has to be committed.
    Raises Forbidden for locked and disabled accounts.
    """
    query = select(User).where(User.login == login.strip().lower()).options(joinedload(User.organisation))
    user = session.scalar(query)
    wrong = WrongCredentials(
        "sign_in.wrong", field="password", attempts_max=FAILURES_MAX, minutes=LOCK_MINUTES
    )
    if user is None:
        _matches(_NOBODY, password)
        return wrong
    if user.locked_until_at is not None and user.locked_until_at > now:
        raise Forbidden("sign_in.locked", field="login", until_at=user.locked_until_at)
    if not _matches(user.password_hash, password):
        user.failed_logins += 1
        if user.failed_logins >= FAILURES_MAX:
            user.locked_until_at = now + timedelta(minutes=LOCK_MINUTES)
            user.failed_logins = 0
        session.flush()
        return wrong
    if not user.active:
        raise Forbidden("sign_in.disabled", field="login")
    user.failed_logins = 0
    user.locked_until_at = None
    session.flush()
    return user


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def create_user(
    session: Session,
    *,
    actor: Actor,
    login: str,
    display_name: str,
    password: str,
    role: str,
    now: datetime,
    organisation_id: UUID | None = None,
    county_code: str | None = None,
    demo: bool = False,
) -> User:
    """A new account. Raises InvalidInput for each field at fault, Conflict when the login is taken.

    Firms, platforms and plants have people of their own; a regulator may be bound to one county.
    """
    actor.require("user.manage")
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise InvalidInput("user.login_malformed", field="login")
    if role not in roles.ROLES:
        raise InvalidInput("user.role_unknown", field="role", role=role[:40])
    name = texts.clean(display_name, field="display_name", longest=NAME_LONGEST)
    _require_unit(session, role, organisation_id)
    _require_county(session, role, county_code)
    _require_password(password)
    if user_by_login(session, login) is not None:
        raise Conflict("user.login_taken", field="login", login=login)
    user = User(
        id=new_id(session, now),
        login=login,
        display_name=name or login,
        password_hash=_hasher.hash(password),
        role=role,
        organisation_id=organisation_id,
        county_code=county_code,
        demo=demo,
        created_at=now,
    )
    session.add(user)
    session.flush()
    _record(session, actor, user, "created", now)
    return user


def _require_unit(session: Session, role: str, organisation_id: UUID | None) -> None:
    if role not in UNIT_OF_ROLE:
        if organisation_id is not None:
            raise InvalidInput("user.organisation_not_of_role", field="organisation_id")
        return
    if organisation_id is None:
        raise InvalidInput("user.organisation_needed", field="organisation_id")
    unit = session.get(Organisation, organisation_id)
    if unit is None or unit.kind != UNIT_OF_ROLE[role]:
        raise InvalidInput("user.organisation_not_of_role", field="organisation_id")


def _require_county(session: Session, role: str, county_code: str | None) -> None:
    if county_code is None:
        return
    area = session.get(Area, county_code)
    if role != "regulator" or area is None or area.level != "county":
        raise InvalidInput("user.county_not_of_role", field="county_code")


def _require_password(password: str) -> None:
    if len(password) < PASSWORD_SHORTEST:
        raise InvalidInput("user.password_too_short", field="password", shortest=PASSWORD_SHORTEST)
    if len(password) > PASSWORD_LONGEST:
        raise InvalidInput("user.password_too_long", field="password", longest=PASSWORD_LONGEST)


def _record(session: Session, actor: Actor, user: User, act: str, now: datetime) -> None:
    """Accounts are part of the evidence: who could act when. Names stay out, the pseudonym goes in."""
    ledger.append(
        session,
        [
            ledger.Event(
                type="user.changed",
                author=actor.author,
                site="service",
                at=now,
                subject=user.author,
                facts={"act": act, "role": user.role, "active": user.active},
            )
        ],
        now=now,
    )


def set_active(
    session: Session, *, actor: Actor, user_id: UUID, active: bool, version: int | None, now: datetime
) -> User:
    """Let an account sign in, or end all its sessions and keep it out.

    Raises NotFound, StaleVersion, Conflict("user.not_oneself"): nobody locks themselves out.
    """
    actor.require("user.manage")
    user = _user(session, user_id)
    require_version(user, version)
    if not active and actor.user_id == user_id:
        raise Conflict("user.not_oneself")
    user.active = active
    user.session_epoch += 1
    session.flush()
    _record(session, actor, user, "enabled" if active else "disabled", now)
    return user


def set_password(
    session: Session, *, actor: Actor, user_id: UUID, password: str, version: int | None, now: datetime
) -> User:
    """A new password for oneself or, as an administrator, for somebody else. Ends all sessions."""
    actor.require("account.manage_own" if actor.user_id == user_id else "user.manage")
    user = _user(session, user_id)
    require_version(user, version)
    _require_password(password)
    user.password_hash = _hasher.hash(password)
    user.session_epoch += 1
    user.failed_logins = 0
    user.locked_until_at = None
    session.flush()
    _record(session, actor, user, "password_set", now)
    return user


def set_locale(session: Session, *, actor: Actor, locale: str) -> None:
    """Keep the language a person chose."""
    actor.require("account.manage_own")
    if locale not in ("zh", "en"):
        raise InvalidInput("input.invalid", field="locale")
    assert actor.user_id is not None
    _user(session, actor.user_id).locale = locale
    session.flush()


def users(session: Session, *, actor: Actor) -> list[User]:
    """All accounts with their units, in the order of their logins."""
    actor.require("user.manage")
    return list(session.scalars(select(User).options(joinedload(User.organisation)).order_by(User.login)))


def _user(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("object.not_found", field="user_id")
    return user


def user(session: Session, *, actor: Actor, user_id: UUID) -> User:
    """One account with its unit. Raises NotFound."""
    actor.require("user.manage")
    query = select(User).where(User.id == user_id).options(joinedload(User.organisation))
    found = session.scalar(query)
    if found is None:
        raise NotFound("object.not_found", field="user_id")
    return found


# --- the person behind the wheel -------------------------------------------------------------------


def crew_choices(session: Session, *, actor: Actor, user_id: UUID) -> list[CrewMember]:
    """The drivers and escorts whom a driver's account can stand for: of its platform, without another."""
    found = user(session, actor=actor, user_id=user_id)
    if found.role != "driver":
        return []
    query = select(CrewMember).where(
        CrewMember.platform_id == found.organisation_id,
        CrewMember.active,
        CrewMember.user_id.is_(None) | (CrewMember.user_id == user_id),
    )
    return list(session.scalars(query.order_by(CrewMember.kind, CrewMember.certificate_no)))


def link_crew_member(
    session: Session, *, actor: Actor, user_id: UUID, crew_member_id: UUID, version: int | None, now: datetime
) -> CrewMember:
    """Say which certified person a driver's account belongs to: only then it sees its rounds (F56).

    Raises NotFound for a person of another platform or one who has an account already.
    """
    choices = {row.id: row for row in crew_choices(session, actor=actor, user_id=user_id)}
    row = choices.get(crew_member_id)
    if row is None:
        raise NotFound("object.not_found", field="crew_member_id")
    account = _user(session, user_id)
    require_version(account, version)
    for other in choices.values():
        if other.user_id == user_id and other is not row:
            other.user_id = None
    session.flush()
    row.user_id = user_id
    session.flush()
    _record(session, actor, account, "linked_to_crew_member", now)
    return row
