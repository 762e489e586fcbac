"""The cab as an app on the phone: worker, install card, what shows without a network, the day as data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from ...domain import calendar
from ...domain.devices import parse_renewal
from ...domain.devices import state as key_state
from ...models.field import Device, device_by_id
from ...models.manifests import manifests_of_stops
from ...paths import data_dir
from ...services import cab, gate_facts, offline_day, waybills
from ...services.field import devices
from .. import assets, offline_pages
from ..acting import Act, acting, viewing
from ..context import database, settings, signed_in_user
from ..limits import limiter
from ..locale import select_locale

pages = Blueprint("driver_app", __name__, url_prefix="/driver")

# The worker sees more than /driver: manifests and papers must be readable without a network, too.
SCOPE = "/"
KEPT = ("/driver", "/manifests", "/papers")
COLOUR = "#0F766E"
FRESH = "no-cache"


@pages.after_app_request
def name_the_reader(answer: Response) -> Response:
    """Whose page it is, so that the phone never shows one person's copies to another."""
    if request.method == "GET" and request.path.startswith(KEPT):
        user = signed_in_user()
        if user is not None and user.role == "driver":
            answer.headers["X-Wastehub-User"] = str(user.id)
    return answer


@pages.app_context_processor
def for_the_phone() -> dict[str, Any]:
    """What driver/_phone.html tells the scripts of the cab."""
    return {"phone_addresses": _addresses, "lock_minutes": settings().device_lock_minutes}


def _addresses() -> dict[str, str]:
    """Addresses by the name under which server.js looks for them."""
    named = {
        "events": "api_device_events.take",
        "devices": "api_devices.register",
        "session": "driver_app.renew_session",
        "positions": "api_positions.keep_positions",
    }
    return {name: url_for(endpoint) for name, endpoint in named.items()}


@pages.get("/sw.js")
def worker() -> Response:
    """The service worker; another text whenever the app or its offline page has changed."""
    path = assets.DIST / "sw.js"
    code = path.read_text(encoding="utf-8") if path.is_file() else "// not built\n"
    sources = ("_driver.html", "driver_app/offline.html")
    shown = hashlib.sha256(
        b"".join((data_dir("templates") / name).read_bytes() for name in sources)
    ).hexdigest()
    answer = current_app.response_class(f"{code}\n// {shown[:12]}\n", mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = SCOPE
    answer.headers["Cache-Control"] = FRESH
    return answer


@pages.get("/app.webmanifest")
def install_card() -> Response:
    """Name, icons and colours with which a phone installs the app."""
    asset = cast(Callable[[str], str], current_app.jinja_env.globals["asset"])
    icons = [
        {"src": asset("app-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
        {"src": asset("app-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
        {
            "src": asset("app-maskable-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    card = {
        "id": url_for("driver.home"),
        "name": _("小微危废 司机"),
        "short_name": _("小微危废"),
        "description": _("扫码收运、离线可用，有网自动上传。"),
        "lang": "en" if select_locale() == "en" else "zh-CN",
        "start_url": url_for("driver.home"),
        "scope": SCOPE,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#F7F8F7",
        "theme_color": COLOUR,
        "icons": icons,
    }
    answer = current_app.response_class(
        json.dumps(card, ensure_ascii=False), mimetype="application/manifest+json"
    )
    answer.headers["Cache-Control"] = FRESH
    return answer


@pages.get("/offline")
def offline() -> str:
    """What the phone shows for a page that it has not stored. It says nothing about anybody."""
    return render_template("driver_app/offline.html")


@pages.get("/unsent-file")
@viewing("round.drive")
def unsent_file(act: Act) -> str:
    """For the driver at the office's computer: what his phone could not send, handed in as a file."""
    return render_template("driver_app/unsent_file.html")


@pages.get("/day.json")
@viewing("round.drive")
def day(act: Act) -> Any:
    """The crew's day for the phone's store: pages to fetch, facts to judge by, how long the sign-in lasts."""
    facts = _facts(act)
    rounds = facts["rounds"]
    gates = {row["id"]: _gate(act, row["id"]) for row in rounds}
    phones = devices.device_list(act.session, actor=act.actor)
    listed = offline_pages.pages_of(
        rounds, gates, _manifests(act, rounds), stamp=f"{_build()} {select_locale()}"
    )
    return jsonify(
        facts
        | {
            "user": str(act.actor.user_id),
            "gate": gates,
            "server_time": act.now.isoformat(timespec="milliseconds"),
            "session_until": _until(act, phones).isoformat(timespec="milliseconds"),
            "build": _build(),
            "device": session.get("device", ""),
            "devices": [_device(row, act) for row in phones],
            "csrf_token": generate_csrf(),
            "urls": [{"url": each.url, "version": each.version, "title": each.title} for each in listed],
        }
    )


def _facts(act: Act) -> dict[str, Any]:
    """The rounds under way or of today, and nothing of later days."""
    today = calendar.on_date(act.now)
    crew = cab.my_day(act.session, actor=act.actor, today=today)
    rows = [row for row in [crew.now, *crew.others] if row and (row.service_on == today or row is crew.now)]
    papers = [paper for row in rows for paper in waybills.papers_of(act.session, row)]
    fit = {paper.trip.id for paper in papers if paper.fit}
    return offline_day.facts(act.session, actor=act.actor, rounds=rows, fit=fit)


def _manifests(act: Act, rounds: list[dict[str, Any]]) -> dict[str, str]:
    """Numbers of the manifests that the gates have so far, by id."""
    stops = [UUID(stop["id"]) for row in rounds for trip in row["trips"] for stop in trip["stops"]]
    return {str(paper.id): paper.number for paper in manifests_of_stops(act.session, stops).values()}


def _gate(act: Act, round_id: str) -> dict[str, Any]:
    """What the pages of a round's gates judge by, as fresh as this day."""
    return gate_facts.gate_facts(act.session, actor=act.actor, round_id=UUID(round_id), now=act.now)


def _device(row: Device, act: Act) -> dict[str, Any]:
    """One of the driver's phones: a new one shows what the old one last delivered."""
    return {
        "id": str(row.id),
        "name": row.name,
        "state": key_state(expires_at=row.expires_at, revoked_at=row.revoked_at, now=act.now),
        "last_seq": row.last_seq,
        "unsent": row.unsent,
        "last_seen_at": row.last_seen_at.isoformat(timespec="milliseconds"),
    }


def _until(act: Act, phones: Sequence[Device]) -> datetime:
    """How long the present sign-in lasts without another contact: a registered phone's by its key."""
    bound = next((row for row in phones if str(row.id) == session.get("device")), None)
    return bound.expires_at if bound else act.now + timedelta(hours=settings().session_hours)


def _build() -> str:
    """The name of the app's files: changes with every build."""
    path: Path = assets.DIST / "manifest.json"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


@pages.post("/session")
@acting("round.drive")
def renew_session(act: Act) -> Any:
    """A sign of life, signed by the phone's key: the sign-in on this phone lasts from now on."""
    said = request.get_json(silent=True) or {}
    text, sig = str(said.get("text", "")), str(said.get("sig", ""))
    hours = settings().device_hours
    row = devices.renew(
        act.session,
        actor=act.actor,
        device_id=parse_renewal(text).device,
        text=text,
        sig=sig,
        hours=hours,
        now=act.now,
    )
    session["device"] = str(row.id)
    return jsonify(until=row.expires_at.isoformat(timespec="milliseconds"))


@pages.get("/device-state.json")
@limiter.limit("600 per minute")
def device_state() -> Any:
    """Whether a phone may go on, and the token of its present sign-in: kept pages carry an old one."""
    try:
        key = UUID(request.args.get("device", ""))
    except ValueError:
        return jsonify(state="unknown", csrf_token=generate_csrf())
    with database().reading() as db:
        row = device_by_id(db, key)
        state = "unknown" if row is None else "revoked" if row.revoked_at else "active"
    return jsonify(state=state, csrf_token=generate_csrf())
