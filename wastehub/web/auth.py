"""Sign-in state: who sits behind a session cookie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Flask, Request, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin
from itsdangerous import BadSignature
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from .. import clock
from ..config import Settings
from ..domain import devices
from ..domain.errors import RuleViolation
from ..models.field import device_by_id
from ..models.users import User
from .context import database, settings

# A sign-in lasts from the last use on; so often is this written into the cookie.
REFRESHED_AFTER = timedelta(minutes=10)
# Built once: every request asks it.
_USER = select(User).where(User.id == bindparam("key")).options(joinedload(User.organisation))


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
        user = db.scalar(_USER, {"key": key})
        if user is None or not user.active or str(user.session_epoch) != epoch:
            return None
        if (device := session.get("device")) and not _device_counts(db, UUID(device), user):
            return None
    return SignedIn(user)


def _device_counts(db: Session, device_id: UUID, user: User) -> bool:
    """Whether the phone to which a lasting sign-in is bound may still speak for its driver."""
    row = device_by_id(db, device_id)
    if row is None or user.id not in {person.user_id for person in row.people}:
        return False
    now = clock.now_utc()
    return devices.state(expires_at=row.expires_at, revoked_at=row.revoked_at, now=now) == "active"


def ask_to_sign_in() -> Response:
    """Send a person to the sign-in page and back to where they were; an API client gets 401."""
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        raise SessionExpired()
    if request.method != "GET":
        # The form's content is gone with the session: say so instead of dropping it silently.
        return redirect(url_for("account.sign_in", expired=1))
    return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))


class _Sessions(SecureCookieSessionInterface):
    """No cookie travels with what caches may keep for everybody; a registered phone's cookie lasts longer."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        own: Settings = app.extensions["wastehub.settings"]
        try:
            data, signed_at = serializer.loads(cookie or "", return_timestamp=True)
        except BadSignature:
            return self.session_class()
        lasts = timedelta(hours=own.device_hours) if data.get("device") else app.permanent_session_lifetime
        if signed_at < datetime.now(UTC) - lasts:
            return self.session_class()
        g.session_signed_at = signed_at
        return self.session_class(data)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Not with every answer: of two at the same moment the later one would undo what the other said.

        A phone's lasting sign-in is renewed by its key alone (driver_app.renew_session).
        """
        if session.modified:
            return True
        signed_at = g.get("session_signed_at")
        old = signed_at is None or signed_at < datetime.now(UTC) - REFRESHED_AFTER
        return session.permanent and old and not session.get("device")

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        if session.permanent and session.get("device"):
            return datetime.now(UTC) + timedelta(hours=settings().device_hours)
        return super().get_expiration_time(app, session)

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
        if not session.permanent:
            session.permanent = True
