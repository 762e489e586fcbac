"""Sign-in state: who sits behind a session cookie."""

from __future__ import annotations

from uuid import UUID

from flask import Flask, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from ..domain.errors import RuleViolation
from ..models.users import User
from .context import database


class SessionExpired(RuleViolation):
    """Nobody is signed in, or not any more: 401."""

    code = "session.expired"
    status = 401


class SignedIn(UserMixin):
    """Flask-Login's view of a user."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.id}/{self.user.session_epoch}"


def load(cookie_id: str) -> SignedIn | None:
    """The person a cookie speaks for, unless disabled or signed out everywhere since."""
    user_id, _, epoch = cookie_id.partition("/")
    try:
        key = UUID(user_id)
    except ValueError:
        return None
    with database().reading() as db:
        user = db.scalar(select(User).where(User.id == key).options(joinedload(User.organisation)))
    if user is None or not user.active or str(user.session_epoch) != epoch:
        return None
    return SignedIn(user)


def ask_to_sign_in() -> Response:
    """Send a person to the sign-in page and back to where they were; an API client gets 401."""
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        raise SessionExpired()
    if request.method != "GET":
        # The form's content is gone with the session: say so instead of dropping it silently.
        return redirect(url_for("account.sign_in", expired=1))
    return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))


class _Sessions(SecureCookieSessionInterface):
    """No cookie travels with what caches may keep for everybody."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # type: ignore[override]
        if not response.cache_control.public:
            super().save_session(app, session, response)  # type: ignore[arg-type]


def init_app(app: Flask) -> None:
    app.session_interface = _Sessions()
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(load)
    manager.unauthorized_handler(ask_to_sign_in)

    @app.before_request
    def keep_session_for_the_shift() -> None:
        session.permanent = True
