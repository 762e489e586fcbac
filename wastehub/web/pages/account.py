"""Signing in and out, language, one's own password, and the way home."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from ... import clock
from ...domain.errors import Forbidden, RuleViolation
from ...services import accounts
from ..acting import Act, acting
from ..auth import SignedIn
from ..context import current_actor, database, settings, signed_in_user
from ..form_states import blank, refused
from ..limits import limiter
from ..navigation import home_of

pages = Blueprint("account", __name__)


@pages.get("/")
def home() -> Any:
    user = signed_in_user()
    if user is None:
        return redirect(url_for("account.sign_in"))
    return redirect(home_of(user.role))


@pages.get("/sign-in")
def sign_in(violation: RuleViolation | None = None) -> Any:
    if signed_in_user() is not None and violation is None:
        return redirect(url_for("account.home"))
    form = blank() if violation is None else refused(request.form, violation)
    if "expired" in request.args:
        flash(_("登录已失效，刚才的操作没有提交。请重新登录。"), "warn")
    return render_template("account/sign_in.html", form=form, next=request.values.get("next", ""))


@pages.post("/sign-in")
@limiter.limit("30 per minute")
def sign_in_submit() -> Any:
    try:
        with database().transaction() as db:
            user = accounts.sign_in(
                db,
                login=request.form.get("login", ""),
                password=request.form.get("password", ""),
                now=clock.now_utc(),
            )
        if isinstance(user, RuleViolation):
            raise user
        _require_demo_at_home(user.demo)
    except RuleViolation as violation:
        answer = make_response(sign_in(violation))
        answer.status_code = violation.status
        return answer
    session.clear()
    login_user(SignedIn(user))
    session["locale"] = user.locale
    return redirect(_safe_next() or url_for("account.home"))


def _require_demo_at_home(demo: bool) -> None:
    """Demo passwords are public: they open doors on this machine only, unless told otherwise."""
    if demo and not settings().demo_lan and not ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        raise Forbidden("sign_in.demo_only_here", field="login")


def _safe_next() -> str:
    """Where the person wanted to go, if that is a place of ours."""
    wanted = request.form.get("next", "")
    parts = urlsplit(wanted)
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if inside else ""


@pages.post("/sign-out")
def sign_out() -> Response:
    logout_user()
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale
    return redirect(url_for("account.sign_in"))


@pages.post("/locale")
def set_locale() -> Response:
    locale = "en" if request.form.get("locale") == "en" else "zh"
    session["locale"] = locale
    if signed_in_user() is not None:
        with database().transaction() as db:
            accounts.set_locale(db, actor=current_actor(), locale=locale)
    return redirect(_safe_next() or url_for("account.home"))


def password_form(violation: RuleViolation | None = None) -> str:
    form = blank() if violation is None else refused(request.form, violation)
    return render_template("account/password.html", form=form)


@pages.get("/account/password")
def password() -> Any:
    if signed_in_user() is None:
        return redirect(url_for("account.sign_in", next=request.path))
    return password_form()


@pages.post("/account/password")
@acting("account.manage_own", on_violation=password_form)
def password_submit(act: Act) -> Any:
    user = signed_in_user()
    assert user is not None
    checked = accounts.sign_in(
        act.session, login=user.login, password=request.form.get("present", ""), now=act.now
    )
    if isinstance(checked, RuleViolation):
        raise Forbidden("sign_in.wrong", field="present", **checked.params)
    accounts.set_password(
        act.session,
        actor=act.actor,
        user_id=user.id,
        password=request.form.get("password", ""),
        version=None,
        now=act.now,
    )
    flash(_("密码已修改，请用新密码登录。"), "good")
    return redirect(url_for("account.sign_in"))
