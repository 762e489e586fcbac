"""create_app(): the only place that wires things together."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from . import clock, jobs, regions
from .config import Settings, from_environment
from .db import Database
from .ledger import signing
from .ledger.transparency import Transparency
from .paths import data_dir
from .web import assets, auth, errors, formatting, gate, headers, json_bodies, parsing
from .web.context import signed_in_user
from .web.limits import limiter
from .web.locale import select_locale
from .web.navigation import home_of, navigation_for, viewer_of

PAGES = (
    "health",
    "account",
    "public",
    "roadside",
    "roadside_codes",
    "problems",
    "rolls",
    "container_labels",
    "label_keys",
    "label_templates",
    "sign_templates",
    "firm_codes",
    "signs",
    "enterprise",
    "enterprises",
    "dispatcher",
    "forecasts",
    "driver",
    "driver_app",
    "field",
    "duty",
    "manifests",
    "papers",
    "facility",
    "counts",
    "scales",
    "regulator",
    "transparency",
    "evidence_bundles",
    "cases",
    "statutory",
    "open_loops",
    "verifications",
    "balances",
    "admin",
)
API = (
    "reference",
    "enterprises",
    "papers",
    "batches",
    "label_lives",
    "problems",
    "requests",
    "route_plans",
    "plan_drafts",
    "round_revisions",
    "forecasts",
    "rounds",
    "scans",
    "positions",
    "duty",
    "devices",
    "device_events",
    "field_conflicts",
    "hand_overs",
    "photos",
    "manifests",
    "transport_papers",
    "roadside_passes",
    "receptions",
    "lots",
    "treatments",
    "repackings",
    "declarations",
    "stock_counts",
    "scales",
    "ledger",
    "transparency",
    "evidence_bundles",
    "supervision",
)


def open_database(settings: Settings) -> Database:
    """The database of this installation, with the service key that signs its ledger."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    return Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))


class App(Flask):
    """Flask, without asking for each function of each request whether it is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, database: Database | None = None, **config: Any) -> Flask:
    """The web application. `config` overrides Flask's configuration (tests use it)."""
    settings = settings or from_environment()
    app = App(__name__, template_folder=str(data_dir("templates")), static_folder="static")
    _configure(app, settings)
    app.config.update(config)
    connect(app, settings, database or open_database(settings))
    auth.init_app(app)
    Babel(app, locale_selector=select_locale, default_domain="messages")
    csrf = CSRFProtect(app)
    limiter.init_app(app)
    headers.init_app(app, https=settings.secure_cookies)
    gate.init_app(app)
    json_bodies.init_app(app)
    assets.register(app)
    formatting.register(app)
    errors.init_app(app)
    _add_template_globals(app, settings)
    for name in PAGES:
        app.register_blueprint(import_module(f"wastehub.web.pages.{name}").pages)
    _add_api(app)
    app.extensions["wastehub.csrf"] = csrf
    return app


def connect(app: Flask, settings: Settings, database: Database) -> None:
    """Hand the application what it works on: settings, database, keys and queue of one installation."""
    app.extensions["wastehub.settings"] = settings
    app.extensions["wastehub.database"] = database
    app.extensions["wastehub.transparency"] = Transparency.of(settings)
    app.extensions["wastehub.enqueue_planning"] = jobs.queuer(settings)
    app.extensions["wastehub.enqueue_export"] = jobs.export_queuer(settings)
    app.extensions["wastehub.enqueue_verification"] = jobs.verification_queuer(settings)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key or _kept_secret(settings.var_dir),
        SESSION_COOKIE_NAME="__Host-wastehub" if settings.secure_cookies else "wastehub",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
        RATELIMIT_HEADERS_ENABLED=True,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def _kept_secret(var_dir: Path) -> str:
    """The key of the session cookies, made once and kept, so that a restart signs nobody out."""
    path = var_dir / "session-secret.key"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def _add_template_globals(app: Flask, settings: Settings) -> None:
    titles = regions.load(settings.region).titles

    @app.context_processor
    def common() -> dict[str, Any]:
        user = signed_in_user()
        locale = select_locale()
        return {
            "locale": locale,
            "today": clock.now_utc(),
            "region_name": titles[locale],
            "viewer": viewer_of(user) if user else None,
            "navigation": navigation_for(user) if user else [],
            "home_href": home_of(user.role) if user else url_for("account.sign_in"),
        }


def _add_api(app: Flask) -> None:
    app.config.update(
        API_TITLE="WasteHub",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    parsing.init()
    api = errors.ProblemApi(app)
    for name in API:
        api.register_blueprint(import_module(f"wastehub.web.api.{name}").api, url_prefix="/api/v1")
