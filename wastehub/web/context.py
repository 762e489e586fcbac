"""What a request may reach: the database, the settings, the person."""

from __future__ import annotations

from typing import cast

from flask import current_app
from flask_login import current_user

from ..config import Settings
from ..db import Database
from ..domain.actors import Actor
from ..models.users import User


def database() -> Database:
    return cast(Database, current_app.extensions["wastehub.database"])


def settings() -> Settings:
    return cast(Settings, current_app.extensions["wastehub.settings"])


def signed_in_user() -> User | None:
    """The person of this request, or None."""
    return current_user.user if current_user.is_authenticated else None


def actor_of(user: User) -> Actor:
    return Actor(
        author=user.author,
        role=user.role,
        user_id=user.id,
        organisation_id=user.organisation_id,
        county_code=user.county_code,
    )


def current_actor() -> Actor:
    """Who acts in this request. Only for views behind `acting` or `viewing`."""
    user = signed_in_user()
    assert user is not None, "the view lacks @acting or @viewing"
    return actor_of(user)
