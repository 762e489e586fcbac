"""Every route, as every role, with own and foreign objects: exactly what domain/roles.py says, and no crash.

The routes are read from the application: a new one is tested from its first day, and fails here until its
objects are known to `Stage.objects`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.databases import Databases
from tests.services import chain_world
from tests.services.chain_world import COUNTY, NOW, OTHER_COUNTY, Chain
from tests.services.facility_world import DAY
from tests.web.conftest import PASSWORD, add_user
from wastehub import clock, config, ledger, migrate
from wastehub.app import create_app
from wastehub.db import Database
from wastehub.domain import roles
from wastehub.domain.actors import Actor
from wastehub.ledger import tiles
from wastehub.ledger.transparency import Transparency
from wastehub.models.batches import Container
from wastehub.models.duty import Relay
from wastehub.models.field import Device, DeviceEvent, DeviceUser, FieldConflict
from wastehub.models.label_lives import RollLabel
from wastehub.models.manifests import Manifest
from wastehub.models.open_loops import LoopEscalation
from wastehub.models.organisations import (
    Contract,
    ManagementPlan,
    Organisation,
    PlanLine,
    organisations_of,
)
from wastehub.models.receptions import Reception
from wastehub.models.roadside import RoadsidePass
from wastehub.models.route_plans import Round, RoundRevision, RoutePlan, Stop, Trip
from wastehub.models.scales import Scale
from wastehub.models.users import User
from wastehub.models.vehicles import CrewMember
from wastehub.services import (
    accounts,
    audits,
    corrections,
    counts,
    handing_over,
    label_lives,
    photos,
    planning,
    problems,
    repacking,
    statutory,
    write_offs,
)
from wastehub.services.repacking import OutputDraft, RepackDraft
from wastehub.services.write_offs import LossDraft
from wastehub.web import roadside_tokens
from wastehub.web.context import actor_of

# Nobody needs to be signed in for these; everything else names its action.
PUBLIC = {
    "static", "api-docs.openapi_json", "health.alive", "health.ready", "public.container", "account.home",
    "account.sign_in", "account.sign_in_submit", "account.sign_out", "account.set_locale",
    "account.password",  # sends a stranger to sign in by itself
    # Hashes and signatures: they tell nothing about anybody, and everybody must be able to check them.
    "transparency.checkpoint", "transparency.tile", "transparency.receipt",
    # The safe part of a label, a report of the public, a neutral line about a firm, papers by signed link.
    "public.container_upper", "public.container_sealed", "public.container_sealed_upper",
    "public.roll_label", "public.report_form", "public.send_report", "firm_codes.code", "roadside.papers",
    "label_keys.published",
    # The app around the cab's pages: the same for everybody; and whether a phone was taken out of service.
    "driver_app.worker", "driver_app.install_card", "driver_app.offline", "driver_app.device_state",
    "roadside.waybill", "roadside.safety_card", "roadside.manifest",
    "roadside.lot_waybill", "roadside.lot_safety_card",
}  # fmt: skip
OF_A_LOAD = {
    "roadside.waybill", "roadside.safety_card", "roadside.manifest",
    "roadside.lot_waybill", "roadside.lot_safety_card",
}  # fmt: skip
# The day is planned for all platforms together, so every dispatcher sees its plans and rounds; a checkpoint
# is about the whole log and tells nothing of any entry.
SHARED = {
    "transparency.checkpoint_detail",
    "verifications.run", "verifications.run_fragment", "verifications.cancel",
    "api_supervision.read_verification", "api_supervision.cancel_verification",
    "dispatcher.plan", "dispatcher.discard", "dispatcher.publish", "dispatcher.run",
    "dispatcher.run_fragment", "dispatcher.cancel_run", "dispatcher.round_detail", "dispatcher.round_sheet",
    "api_route_plans.read_plan", "api_route_plans.discard_plan", "api_route_plans.publish_plan",
    "api_route_plans.read_run", "api_route_plans.cancel_run", "api_rounds.read_round",
    "dispatcher.adjust", "dispatcher.save_order", "dispatcher.hold_fast", "dispatcher.compare",
    "dispatcher.what_if", "api_plan_drafts.judge_order", "api_plan_drafts.keep_order",
    "api_plan_drafts.hold_fast", "api_plan_drafts.order_rest", "api_plan_drafts.order_what_if",
    "api_plan_drafts.compare",
}  # fmt: skip
# The law is the same for everybody: these arguments name no unit's object.
COMMON = {
    ("period", "statutory"),
    ("period", "api_declarations"),
    ("code", "admin"),
    ("code", "api_reference"),
    ("user_id", "admin"),
    # No object yet: the name of a picture that is on its way, by its content.
    ("picture", "api_photos"),
}
# Asks for the present password before it does anything: its 403 is about that.
OWN_PASSWORD = "account.password_submit"

# Acts of two roles whose page is one role's desk; the other does them over the API.
OTHERS_DESK = {("dispatcher", "enterprise")}

ME = "00000000-0000-0000-0000-000000000001"
JSON: dict[str, dict[str, Any]] = {
    "api_batches.amend": {"mass_g": 1_000, "reason": "示例", "version": 1},
    "api_batches.void": {"reason": "示例", "version": 1},
    "api_enterprises.amend": {"name": "示例", "county_code": COUNTY, "version": 1},
    "api_enterprises.set_active": {"active": True, "version": 1},
    "api_papers.end_contract": {"ended_on": "2026-12-01", "reason": "示例", "version": 1},
    "api_ledger.propose": {"proposed_g": 99_000, "reason": "示例"},
    "api_ledger.agree": {"version": 1},
    "api_ledger.decline": {"version": 1},
    "api_lots.cancel_lot": {"version": 1},
    "api_lots.pack_lot": {"container_ids": [ME], "version": 1},
    "api_lots.unpack_lot": {"container_ids": [ME], "version": 1},
    "api_lots.ship_lot": {"vehicle_id": ME, "driver_id": ME, "escort_id": ME},
    "api_label_lives.replace": {"reason": "lost", "version": 1},
    "api_problems.enter_problem": {"problem_id": ME, "kind": "other", "unit_code": "示例", "note": "示例"},
    "api_problems.move_problem": {"act": "close"},
    "api_problems.rectify_problem": {"note": "示例"},
    "api_label_lives.end_roll": {"outcome": "lost", "note": "示例", "version": 1},
    "api_repackings.undo_repacking": {"reason": "示例"},
    "api_repackings.reverse_loss": {"reason": "示例"},
    "api_supervision.answer_loop": {"note": "示例", "promised_on": "2026-03-25"},
    "api_requests.cancel": {"reason": "not_needed", "version": 1},
    "api_requests.reschedule": {"ready_on": "2026-03-20", "version": 1},
    "api_plan_drafts.judge_order": {"moves": []},
    "api_plan_drafts.keep_order": {"moves": [], "version": 1},
    "api_plan_drafts.hold_fast": {"version": 1},
    "api_round_revisions.order_revision": {"kind": "no_show"},
    "api_round_revisions.publish_revision": {"version": 1},
    "api_round_revisions.discard_revision": {"version": 1},
    "api_rounds.send_back": {"reason": "weather"},
    "api_rounds.cancel_round": {"reason": "weather", "version": 1},
    "api_rounds.assign_crew": {"driver_id": ME, "escort_id": ME, "version": 1},
    "api_scans.close_stop": {"outcome": "done"},
    "api_positions.keep_positions": {
        "round_id": ME,
        "positions": [{"at": "2026-03-17T10:00:00+08:00", "lon_e6": 1, "lat_e6": 1, "accuracy_m": 1}],
    },
    "api_duty.withdraw_relay": {"version": 1},
    "api_devices.renew": {"text": "{}", "sig": "AAAA"},
    "api_devices.revoke": {"reason": "示例"},
    "api_field_conflicts.decide": {"choice": "keep", "reason": "示例"},
    "api_scales.register_scale": {"code": "C9", "name_zh": "示例"},
    "api_scales.change_scale": {"code": "C9", "name_zh": "示例", "version": 1},
    "api_stock_counts.mark": {"marks": [{"text": "示例"}]},
    "api_stock_counts.sign_count": {"version": 1},
    "api_declarations.file_declaration": {"seen_sha256": "0" * 64},
    "api_declarations.enter_receipt": {"receipt_no": "示例", "version": 1},
    "api_manifests.record_official_number": {"number": "20263304000001"},
    "api_transport_papers.use_paper": {"reason": "示例"},
    "api_transport_papers.backfill": {"paper_no": "示例", "photos": ["0" * 64]},
    "api_transport_papers.hand_over": {
        "carrier_name": "示例",
        "carrier_permit_number": "示例",
        "vehicle_plate": "示例",
        "place": "示例",
        "vehicle_certificate_number": "示例",
        "driver_name": "示例",
        "escort_name": "示例",
        "verified": True,
        "handed_over_at": "2026-03-17T10:00:00+08:00",
    },
    "api_transport_papers.report_differences": {
        "kinds": ["quantity"],
        "found": "示例",
        "told_whom": "示例",
        "decision_note": "示例",
        "authority": "示例",
        "told_at": "2026-03-17T10:00:00+08:00",
        "reported_at": "2026-03-17T10:00:00+08:00",
    },
}
FORM = {
    "version": "1", "reason": "not_needed", "note": "示例", "mass_kg": "99", "proposed_kg": "99",
    "driver_id": ME, "escort_id": ME, "vehicle_id": ME, "container_ids": ME,
    "official_number": "20263304000001", "outcome": "done", "group_code": "", "ready_on": "2026-03-20",
    "kind": "no_show", "handed_over_at": "2026-03-17T10:00", "told_at": "2026-03-17T10:00",
    "reported_at": "2026-03-17T10:00",
}  # fmt: skip


@dataclass
class Stage:
    """One application, the people who knock at its doors, and objects that belong to the first group."""

    app: Flask
    database: Database
    chain: Chain
    objects: dict[str, str]
    own: dict[str, list[FlaskClient]] = field(default_factory=dict)
    strangers: dict[str, list[FlaskClient]] = field(default_factory=dict)

    @property
    def queries(self) -> dict[str, dict[str, str]]:
        """What some lists must be asked with."""
        code = {"waste_code": self.objects["code"]}
        return {
            "enterprise.label_sheet": {"c": self.objects["container_id"]},
            "enterprise.label_pdf": {"c": self.objects["container_id"]},
            "facility.new_repacking": {"container_ids": self.objects["facility.container_id"]},
            "api_reference.waste_codes": {"q": "900-249"},
            "api_label_lives.look_up": {"text": self.objects["label_code"]},
            "api_rounds.list_rounds": {"service_on": DAY.isoformat()},
            "api_treatments.list_waiting": code,
            "api_lots.list_offers": code,
            "api_plan_drafts.compare": {"with": self.objects["plan_id"]},
            "evidence_bundles.file": {"kind": "firm", "name": self.objects["site"]},
            "api_evidence_bundles.export": {"scope": "firm:" + self.objects["site"]},
        }

    @property
    def nobody(self) -> FlaskClient:
        return self.app.test_client()

    def rules(self) -> list[Rule]:
        return sorted(self.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))

    def guarded(self) -> list[tuple[Rule, str, str]]:
        """Rule, method and action of everything that is not public."""
        return [
            (rule, method, self.app.view_functions[rule.endpoint].wh_action)  # type: ignore[attr-defined]
            for rule in self.rules()
            if rule.endpoint not in PUBLIC
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]

    def path(self, rule: Rule) -> str:
        """The address with objects of the first group."""
        area = rule.endpoint.partition(".")[0]
        values = {name: self.objects.get(f"{area}.{name}") or self.objects[name] for name in rule.arguments}
        with self.app.test_request_context():
            return str(self.app.url_map.bind("localhost").build(rule.endpoint, values, method=None))

    def ask(self, client: FlaskClient, rule: Rule, method: str) -> Any:
        options: dict[str, Any] = {"query_string": self.queries.get(rule.endpoint, {})}
        if method != "GET":
            if rule.rule.startswith("/api/"):
                options["json"] = JSON.get(rule.endpoint, {})
            else:
                options["data"] = FORM
        return client.open(self.path(rule), method=method, buffered=True, **options)


@pytest.fixture(scope="module")
def stage(test_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(accounts, "_hasher", cheap)
        patch.setattr(clock, "now_utc", lambda: NOW)
        read = config.from_environment({"WASTEHUB_VAR": str(tmp_path_factory.mktemp("var"))})
        settings = replace(read, secret_key="a secret of the tests")
        for database in test_databases.lent("sqlite", "reference"):
            chain = chain_world.build(database)
            app = create_app(
                settings,
                database,
                TESTING=True,
                PROPAGATE_EXCEPTIONS=False,
                WTF_CSRF_ENABLED=False,
                RATELIMIT_ENABLED=False,
            )
            made = Stage(app, database, chain, {})
            people = cast_people(database, chain)
            made.objects = objects_of(database, chain, settings, people) | sealed(database, settings)
            with app.app_context():
                made.objects["token"] = roadside_tokens.token_of(UUID(made.objects["pass_id"]))
            for user, group in people:
                clients = made.own if group == "own" else made.strangers
                clients.setdefault(user.role, []).append(sign_in(app, user))
            yield made


def sign_in(app: Flask, user: User) -> FlaskClient:
    client = app.test_client()
    assert client.post("/sign-in", data={"login": user.login, "password": PASSWORD}).status_code == 302
    return client


def cast_people(database: Database, chain: Chain) -> list[tuple[User, str]]:
    """Everybody whose waste, platform, plant or county it is, and their like from elsewhere."""
    with database.reading() as session:
        here, there = (chain_world.platform(session, code).organisation_id for code in (COUNTY, OTHER_COUNTY))
        plant = chain_world.plant(session).organisation_id
        other_plant = next(row.id for row in organisations_of(session, "plant") if row.id != plant)
    units: dict[str, tuple[UUID | None, UUID | None]] = {
        "enterprise": (chain.firms["treated"], chain.firms["elsewhere"]),
        "driver": (here, there),
        "dispatcher": (here, there),
        "plant": (plant, other_plant),
    }
    people = []
    for role, pair in units.items():
        for group, unit in zip(("own", "stranger"), pair, strict=True):
            user = add_user(database, role, login=f"{role}-{group}", organisation_id=unit)
            people.append((user, group))
    for login, county, group in (("all", None, "own"), ("here", COUNTY, "own"), ("there", OTHER_COUNTY, "x")):
        people.append((add_user(database, "regulator", login=f"office-{login}", county_code=county), group))
    people.append((add_user(database, "admin"), "own"))
    return people


def objects_of(
    database: Database, chain: Chain, settings: config.Settings, people: list[tuple[User, str]]
) -> dict[str, str]:
    """Arguments of addresses -> objects of the first group; "area.name" where an area needs another one."""
    user_of = {user.login: user for user, _group in people}
    spare = add_user(database, "regulator", login="spare")
    with database.transaction() as session:
        stop = _stop_of(session, chain.firms["treated"])
        trip = session.get_one(Trip, stop.trip_id)
        row = session.get_one(Round, trip.round_id)
        driver = session.get_one(CrewMember, row.driver_id)
        driver.user_id = user_of["driver-own"].id
        paper = session.scalars(select(Manifest).where(Manifest.stop_id == stop.id)).one()
        reception = session.scalars(select(Reception).where(Reception.trip_id == trip.id)).one()
        desk = actor_of(user_of["dispatcher-own"])
        run = planning.request_run(
            session, actor=desk, service_on=date(2026, 3, 19), seed=1, budget_s=5, now=NOW
        )
        stored = chain.containers["differing"][1]
        proposal = _proposal(session, chain)
        drum = session.get_one(Container, stored)
        poured = RepackDraft(desk, (stored,), (OutputDraft(drum.container_type, drum.mass_g),))
        repacked = repacking.repack(session, draft=poured, now=NOW)
        repacking.undo(
            session, actor=desk, repacking_id=repacked.id, reason="示例", version=None, now=NOW
        )  # fmt: skip
        lost = LossDraft(desk, stored, mass_g=1, reason="residue")
        return {
            "batch_id": str(chain.batches["treated"]),
            "container_id": str(chain.containers["treated"][1]),
            "facility.container_id": str(stored),
            "api_receptions.container_id": str(stored),
            "correction_id": str(proposal.id),
            "repacking_id": str(repacked.id),
            "write_off_id": str(write_offs.declare(session, draft=lost, now=NOW).id),
            "request_id": str(stop.request_id),
            "manifest_id": str(paper.id),
            "plan_id": str(session.scalars(select(RoutePlan.id)).one()),
            "run_id": str(run.id),
            "round_id": str(row.id),
            "trip_id": str(trip.id),
            "stop_id": str(stop.id),
            "revision_id": str(_revision(session, row).id),
            "reception_id": str(reception.id),
            "lot_id": str(chain.lot_id),
            "treatment_id": str(chain.treatment_id),
            "organisation_id": str(chain.firms["treated"]),
            "contract_id": str(_contract_of(session, chain.firms["treated"])),
            "site": session.get_one(Organisation, chain.firms["treated"]).site,
            "user_id": str(spare.id),
            "code": "900-249-08",
            "regulator.code": COUNTY,
            "label_code": chain.label(session, "treated"),
            "idx": str(_entry_of(session, chain)),
            "sha256": _photo(session, user_of["driver-own"], settings),
            "picture": "0" * 64,
            "filename": "app.css",
            "seal": "0" * 159,
            **_store(session, desk),
            **_watched(session, chain),
            **_lives(session, chain, row, desk),
            **_phone(session, user_of["driver-own"], row),
            **_relay(session, row),
            **_consent(session, actor_of(user_of["enterprise-own"])),
            **_statutory(session, chain, actor_of(user_of["enterprise-own"]), settings),
        }


def _store(session: Session, desk: Actor) -> dict[str, str]:
    """An open count of what stands in no zone, the platform's scale, and its month."""
    count = counts.open_count(session, actor=desk, zone_id=None, now=NOW)
    scale = session.scalars(select(Scale.id).where(Scale.organisation_id == desk.organisation_id)).one()
    return {
        "count_id": str(count.id), "scale_id": str(scale), "by": "scale", "key": str(scale),
        "month": f"{DAY:%Y-%m}",
    }  # fmt: skip


def _watched(session: Session, chain: Chain) -> dict[str, str]:
    """A loop of the firm that was put before it, and a verification that waits."""
    loop = LoopEscalation(
        id=UUID(int=4714),
        loop_key="case:gone",
        step=1,
        kind="case",
        subject="示例",
        unit_id=chain.firms["treated"],
        organisation_id=chain.firms["treated"],
        batch_id=chain.batches["treated"],
        since_on=DAY,
        own_due_on=DAY,
        raised_at=NOW,
    )
    session.add(loop)
    run = audits.request_verification(session, actor=chain_world.REGULATOR, now=NOW)
    return {"escalation_id": str(loop.id), "verifications.run_id": str(run.id),
            "api_supervision.run_id": str(run.id)}  # fmt: skip


def sealed(database: Database, settings: config.Settings) -> dict[str, str]:
    """A checkpoint over what happened so far, a tile of it, and the event of its first entry."""
    made = Transparency.of(settings).seal(database, now=NOW)
    assert made is not None
    with database.reading() as session:
        first = ledger.entries_for(session, site="hub")[0]
    name = tiles.tile_path(0, 0, tiles.width_of(0, 0, made.size)).removeprefix("tile/")
    return {"size": str(made.size), "name": name, "event_id": str(first.event.id)}


def _statutory(session: Session, chain: Chain, clerk: Actor, settings: config.Settings) -> dict[str, str]:
    """A declared year, a line of the plan, a file that is there."""
    unit, year = chain.firms["treated"], str(NOW.year - 1)
    draft = statutory.prepare(session, actor=clerk, period=year, now=NOW)
    row = statutory.file(session, actor=clerk, period=year, seen_sha256=draft.sha256, note="示例", now=NOW)
    run = statutory.request_export(session, actor=clerk, kind="plan", form="csv", given={}, now=NOW)
    run.state, run.file_name = "done", "plan.zip"
    folder = statutory.folder_of(settings.blob_url)
    folder.mkdir(parents=True)
    (folder / str(run.id)).write_bytes(b"PK")
    line = session.scalars(
        select(PlanLine.id).join(ManagementPlan).where(ManagementPlan.enterprise_id == unit)
    )
    return {
        "period": year,
        "declaration_id": str(row.id),
        "statutory.run_id": str(run.id),
        "plan_line_id": str(line.first()),
    }


def _stop_of(session: Session, enterprise_id: UUID) -> Stop:
    query = select(Stop).join(Manifest, Manifest.stop_id == Stop.id)
    return session.scalars(query.where(Manifest.mover_out_id == enterprise_id)).one()


def _contract_of(session: Session, enterprise_id: UUID) -> UUID:
    return session.scalars(select(Contract.id).where(Contract.enterprise_id == enterprise_id)).one()


def _revision(session: Session, row: Round) -> RoundRevision:
    """A draft that would leave the rounds of the platform as they are."""
    made = RoundRevision(
        id=UUID(int=4711),
        revision_no="TZ-1",
        platform_id=row.platform_id,
        service_on=row.service_on,
        state="draft",
        incident={"kind": "no_show", "round_no": row.round_no, "minutes": 0, "stuck": []},
        watched={"versions": {}, "crews": {}},
        changes={"crews": {}, "left_out": []},
        problem={},
        before={},
        solution={"routes": []},
        drafted_by="user:x",
        drafted_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


def _entry_of(session: Session, chain: Chain) -> int:
    """An act at the plant on waste of the firm, brought there by the platform."""
    entries = ledger.entries_for(session, label=chain.label(session, "treated"))
    return next(each.idx for each in entries if each.event.type == "lot.received")


def _photo(session: Session, user: User, settings: config.Settings) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(picture, "PNG")
    folder = photos.folder_of(settings.blob_url)
    stored = photos.store_photo(
        session, actor=actor_of(user), data=picture.getvalue(), folder=folder, now=NOW
    )
    return stored.sha256


def _lives(session: Session, chain: Chain, row: Round, desk: Actor) -> dict[str, str]:
    """A roll of the firm, a problem it has to put right, a roadside link to the round."""
    firm = chain.firms["treated"]
    roll = label_lives.hand_out(session, actor=desk, enterprise_id=firm, labels_wanted=1, now=NOW)
    number = session.scalars(select(RollLabel.code).where(RollLabel.roll_id == roll.id)).one()
    report = problems.PublicReport(
        report_id=UUID(int=4712), kind="leaking", enterprise_id=firm, county=COUNTY, place="示例"
    )
    problem = problems.report(session, report=report, photo_sha256=None, now=NOW)
    problem.assigned_to_id = firm
    until = NOW + timedelta(minutes=30)
    shown = RoadsidePass(
        id=UUID(int=4713), round_id=row.id, shown_by="user:x", shown_at=NOW, expires_at=until
    )
    session.add(shown)
    session.flush()
    return {
        "roll_id": str(roll.id),
        "roll_code": number,
        "problem_id": str(problem.id),
        "pass_id": str(shown.id),
    }


def _phone(session: Session, driver: User, row: Round) -> dict[str, str]:
    """The driver's phone, one event of it, and the contradiction that it led to."""
    unit, device_id, event_id = driver.organisation_id, UUID(int=4715), UUID(int=4716)
    moments = {"registered_at": NOW, "expires_at": NOW, "last_seen_at": NOW}
    numbers = {"skew_s": 0, "last_seq": 1, "head": "", "claimed_seq": 1, "reported_seq": 1}
    person = DeviceUser(device_id=device_id, user_id=driver.id, added_at=NOW, text="{}", sig="")
    session.add(
        Device(id=device_id, user_id=driver.id, organisation_id=unit, algorithm="ed25519", key_id="0" * 16,
               public_key="A" * 43 + "=", name="示例手机", people=[person], **moments, **numbers)
    )  # fmt: skip
    session.flush()
    session.add(
        DeviceEvent(id=event_id, device_id=device_id, seq=1, sha256="0" * 64, text="{}", sig="", kind="load",
                    author=driver.author, sent_by=driver.author, said_at=NOW, acted_at=NOW, received_at=NOW,
                    skew_s=0, chained=True, outcome="conflict", verdict={}, round_id=row.id)
    )  # fmt: skip
    session.flush()
    moments = dict.fromkeys(("acted_at", "said_at", "received_at"), NOW.isoformat())
    theirs = {"kind": "load", "device_name": "示例手机", "seq": 1, **moments}
    session.add(
        FieldConflict(id=UUID(int=4717), conflict_no="XC-1", kind="container_taken", state="open", params={},
                      platform_id=unit, event_id=event_id, code="scan.already_collected", round_id=row.id,
                      ours={}, theirs=theirs, opened_at=NOW)
    )  # fmt: skip
    session.flush()
    return {"device_id": str(device_id), "conflict_id": str(UUID(int=4717))}


def _relay(session: Session, row: Round) -> dict[str, str]:
    """A relay of which one half is missing."""
    made = Relay(
        id=UUID(int=4718),
        from_round_id=row.id,
        to_round_id=row.id,
        state="offered",
        given_at=NOW,
        given_by="x",
    )
    session.add(made)
    session.flush()
    return {"relay_id": str(made.id)}


def _consent(session: Session, firm: Actor) -> dict[str, str]:
    """A consent of the firm to have its waste fetched while nobody is there."""
    made = handing_over.give_consent(
        session, actor=firm, person_name="x", person_role="x", until_on=DAY + timedelta(days=30), now=NOW
    )
    return {"consent_id": str(made.id)}


def _proposal(session: Session, chain: Chain) -> Any:
    """From the plant to the firm."""
    container_id = chain.containers["treated"][1]
    plant: Actor = chain_world.plant(session)
    return corrections.propose(
        session, actor=plant, container_id=container_id, proposed_g=99_900, reason="示例", now=NOW
    )


# --- the laws --------------------------------------------------------------------------------------


def test_every_route_is_public_by_name_or_names_its_action(stage: Stage) -> None:
    unguarded = {
        rule.endpoint
        for rule in stage.rules()
        if not hasattr(stage.app.view_functions[rule.endpoint], "wh_action")
    }
    assert unguarded == PUBLIC
    assert {action for _rule, _method, action in stage.guarded()} <= set(roles.ACTIONS)


def test_no_address_names_something_this_test_does_not_know(stage: Stage) -> None:
    names = {name for rule in stage.rules() for name in rule.arguments}
    assert names <= {name.rpartition(".")[2] for name in stage.objects}


def test_nobody_is_sent_to_sign_in_or_gets_401(stage: Stage) -> None:
    wrong = []
    for rule, method, _action in stage.guarded():
        answer = stage.ask(stage.nobody, rule, method)
        api = rule.rule.startswith("/api/")
        sent = answer.status_code == 302 and "/sign-in" in answer.headers.get("Location", "")
        if not (answer.status_code == 401 if api else sent):
            wrong.append(f"{method} {rule.rule}: {answer.status_code}")
    assert wrong == []


def test_a_role_without_the_action_gets_403_and_changes_nothing(stage: Stage) -> None:
    before = footprint(stage)
    wrong = []
    for rule, method, action in stage.guarded():
        for role, clients in stage.own.items():
            if roles.may(role, action):
                continue
            for client in clients:
                status = stage.ask(client, rule, method).status_code
                if status != 403:
                    wrong.append(f"{role}: {method} {rule.rule}: {status}")
    assert wrong == []
    assert footprint(stage) == before


def test_foreign_objects_do_not_exist_and_are_not_touched(stage: Stage) -> None:
    before = footprint(stage)
    wrong = []
    for rule, method, action in stage.guarded():
        area = rule.endpoint.partition(".")[0]
        about = {name for name in rule.arguments if (name, area) not in COMMON}
        if not about or rule.endpoint in SHARED:
            continue
        for role, clients in stage.strangers.items():
            if not roles.may(role, action):
                continue
            for client in clients:
                status = stage.ask(client, rule, method).status_code
                if status != 404:
                    wrong.append(f"{role}: {method} {rule.rule}: {status}")
    assert wrong == []
    assert footprint(stage) == before


def test_what_is_shared_may_be_seen_but_not_crashed(stage: Stage) -> None:
    for rule, method, action in stage.guarded():
        if rule.endpoint in SHARED and method == "GET":
            for role in ("dispatcher", "regulator"):
                if roles.may(role, action):
                    for client in stage.strangers[role]:
                        assert stage.ask(client, rule, method).status_code in (200, 302, 404), rule.rule


def test_every_page_opens_for_somebody_and_no_role_with_the_action_is_refused(stage: Stage) -> None:
    wrong, opened, known = [], set(), set()
    for rule, method, action in stage.guarded():
        if method != "GET":
            continue
        known.add(rule.rule)
        for role, clients in stage.own.items():
            if not roles.may(role, action):
                continue
            for client in clients:
                status = stage.ask(client, rule, method).status_code
                if status in (200, 302):
                    opened.add(rule.rule)
                elif status in (401, 403, 405) or status >= 500:
                    wrong.append(f"{role}: {rule.rule}: {status}")
    assert wrong == []
    assert known - opened == set(), "pages that open for nobody"


def test_public_pages_open_for_nobody_in_particular(stage: Stage) -> None:
    for rule in stage.rules():
        if rule.endpoint in PUBLIC and rule.endpoint != "static" and "GET" in (rule.methods or ()):
            # A paper of a load that is not on the road does not exist; test_roadside opens the others.
            known = (200, 302, 404) if rule.endpoint in OF_A_LOAD else (200, 302)
            assert stage.ask(stage.nobody, rule, "GET").status_code in known, rule.rule


def test_no_write_crashes_or_refuses_a_role_that_may(stage: Stage) -> None:
    """Last: this one does change things."""
    wrong = []
    for rule, method, action in stage.guarded():
        if method == "GET" or rule.endpoint == OWN_PASSWORD:
            continue
        for role, clients in stage.own.items():
            elsewhere = (role, rule.endpoint.partition(".")[0]) in OTHERS_DESK
            if not roles.may(role, action):
                continue
            for client in clients:
                status = stage.ask(client, rule, method).status_code
                if (status in (401, 403, 405) and not elsewhere) or status >= 500:
                    wrong.append(f"{role}: {method} {rule.rule}: {status}")
    assert wrong == []
    with stage.database.reading() as session:
        assert ledger.verify(session).ok and ledger.unexplained_g(session) == 0


def footprint(stage: Stage) -> dict[str, list[Any]]:
    """What any change would leave: the rows of every table and the sum of their versions."""
    found = {}
    with stage.database.reading() as session:
        for table in migrate.all_tables().sorted_tables:
            versions = func.coalesce(func.sum(table.c.version), 0) if "version" in table.c else literal(0)
            found[table.name] = list(session.execute(select(func.count(), versions).select_from(table)).one())
    return found
