"""What the people of the stories do: every act is an HTTP request of somebody who is signed in.

People   clerk_of, dispatcher_of, driver_of, operator_of, regulator_of, administrator_of -> Person
Asking   opens (a page), reads (JSON), sends (JSON), fills_in (a form), is_refused (JSON, with a problem)
Acting   registers, prints_labels, asks_for_pickup, plans, publishes, drives, weighs_in, ...

Only two things happen outside HTTP, because no page does them: firms are enrolled with their papers, and
the worker executes a planning run. Masses are grams, as everywhere below the pages. Time stands still
until a story says `it_is(town, DAY, 8)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import firms
from tests.services.facility_world import CHECKS
from tests.web.conftest import PASSWORD, add_user
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain import calendar
from wastehub.models.batches import Container
from wastehub.models.organisations import Organisation, organisation_by_code
from wastehub.models.route_plans import PlanningRun
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.services import planning

MONDAY = firms.TODAY
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)
COUNTY = "330411"
OIL, RAGS, SOLVENT, BOARDS = "900-249-08", "900-041-49", "900-404-06", "900-045-49"
API = "/api/v1"


@dataclass(frozen=True)
class Town:
    """Application, database and the clock that pages read."""

    app: Flask
    database: Database
    clock: Any
    numbers: Any = field(default_factory=lambda: count(1))


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    town: Town
    user_id: UUID
    unit_id: UUID | None
    client: FlaskClient


@dataclass(frozen=True)
class Pickup:
    """A firm's waste that waits to be fetched: containers and request as the API answered them."""

    clerk: Person
    name: str
    batch_ids: list[str]
    containers: list[dict[str, Any]]
    request: dict[str, Any]

    @property
    def labels(self) -> list[str]:
        return [row["label_code"] for row in self.containers]

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.containers]


def it_is(town: Town, day: date, hour: float) -> datetime:
    """Let time pass until an hour of a day in Shanghai."""
    town.clock.now = calendar.at_time(day, 0) + timedelta(hours=hour)
    return town.clock.now


# --- people --------------------------------------------------------------------------------------


def signs_in(town: Town, role: str, unit_id: UUID | None = None, county: str | None = None) -> Person:
    login = f"{role}-{next(town.numbers)}"
    user = add_user(town.database, role, login=login, organisation_id=unit_id, county_code=county)
    client = town.app.test_client()
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return Person(town, user.id, unit_id, client)


def clerk_of(town: Town, firm: Organisation) -> Person:
    return signs_in(town, "enterprise", firm.id)


def dispatcher_of(town: Town, county: str = COUNTY) -> Person:
    with town.database.reading() as session:
        return signs_in(town, "dispatcher", firms.platform_for(session, county).id)


def driver_of(town: Town, round_: Mapping[str, Any]) -> Person:
    """The driver whom the plan put on a round, with an account of his own."""
    with town.database.reading() as session:
        person = session.get_one(CrewMember, UUID(round_["driver"]["id"]))
    driver = signs_in(town, "driver", person.platform_id)
    with town.database.transaction() as session:
        session.get_one(CrewMember, person.id).user_id = driver.user_id
    return driver


def operator_of(town: Town, plant: str = "JX-D90") -> Person:
    with town.database.reading() as session:
        unit = organisation_by_code(session, plant)
    assert unit is not None
    return signs_in(town, "plant", unit.id)


def regulator_of(town: Town, county: str | None = None) -> Person:
    return signs_in(town, "regulator", county=county)


def administrator_of(town: Town) -> Person:
    return signs_in(town, "admin")


# --- asking over HTTP ----------------------------------------------------------------------------


def opens(person: Person, path: str, **query: Any) -> str:
    """The text of a page."""
    answer = person.client.get(path, query_string=query or None)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:600])
    return answer.text


def reads(person: Person, path: str, **query: Any) -> Any:
    answer = person.client.get(API + path, query_string=query)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json


def sends(person: Person, path: str, body: Mapping[str, Any] | None = None, *, put: bool = False) -> Any:
    """What the API answers to an act that it accepts."""
    send = person.client.put if put else person.client.post
    answer = send(API + path, json=body or {})
    assert answer.status_code in (200, 201), (path, answer.status_code, answer.text)
    return answer.json


def is_refused(person: Person, path: str, body: Mapping[str, Any] | None = None, *, status: int = 409) -> str:
    """The code of the problem document with which the API refuses an act; its words say what to do."""
    answer = person.client.post(API + path, json=body or {})
    assert answer.status_code == status, (path, answer.status_code, answer.text)
    assert answer.content_type == "application/problem+json"
    said = answer.get_json()
    assert len(said["detail"]) > 10, said
    return str(said["type"]).rsplit("/", 1)[-1]


def fills_in(person: Person, path: str, **form: Any) -> str:
    """Where a page leads after its form was accepted."""
    answer = person.client.post(path, data=form)
    assert answer.status_code == 302, (path, answer.status_code, _errors(answer.text))
    return str(answer.location)


def is_led_on(person: Person, path: str) -> str:
    """Where a page leads by itself, because what it was about is over."""
    answer = person.client.get(path)
    assert answer.status_code == 302, (path, answer.status_code)
    return str(answer.location)


def gets_the_form_back(person: Person, path: str, *, status: int, **form: Any) -> str:
    """The page with which a form is refused."""
    answer = person.client.post(path, data=form)
    assert answer.status_code == status, (path, answer.status_code, _errors(answer.text))
    return str(answer.text)


def _errors(page: str) -> list[str]:
    return re.findall(r'id="error-[^"]*"[^>]*>[^<]*', page) or [page[:300]]


def id_in(location: str) -> str:
    """The id with which an address ends."""
    return location.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


# --- the firm ------------------------------------------------------------------------------------


def firm_with_papers(town: Town, *codes: str, county: str = COUNTY, **changes: Any) -> Organisation:
    """A firm under contract with the platform of its county, the codes on its management plan."""
    serial = next(town.numbers)
    place = {"lon_e6": 120_700_000 + serial * 3_000, "lat_e6": 30_750_000 + serial * 2_000}
    with town.database.transaction() as session:
        firm = firms.enrolled(session, serial, county_code=county, **(place | changes))
        firms.sign(session, firm)
        firms.plan(session, firm, *((code, 20_000_000) for code in codes or (OIL,)))
    return firm


def registers(clerk: Person, code: str, *masses_g: int, **changes: Any) -> dict[str, Any]:
    """One batch over the API: a steel drum for each mass."""
    draft: dict[str, Any] = {
        "waste_code": code,
        "form": "solid",
        "produced_on": MONDAY.isoformat(),
        "containers": [{"container_type": "STEEL200O", "mass_g": mass_g} for mass_g in masses_g],
    }
    [batch] = sends(clerk, "/batches", {"batches": [draft | changes]})
    return dict(batch)


def prints_labels(clerk: Person, container_ids: Sequence[str]) -> list[dict[str, Any]]:
    return list(sends(clerk, "/labels", {"container_ids": list(container_ids)}))


def asks_for_pickup(clerk: Person, container_ids: Sequence[str], **changes: Any) -> dict[str, Any]:
    body = {"container_ids": list(container_ids), "ready_on": MONDAY.isoformat()}
    return dict(sends(clerk, "/requests", body | changes))


def a_pickup(town: Town, *loads: tuple[str, tuple[int, ...]], **order: Any) -> Pickup:
    """A firm with waste of some (code, masses), labelled and asked for: many stories begin here."""
    wanted = loads or ((OIL, (150_000,)),)
    firm = firm_with_papers(town, *dict.fromkeys(code for code, _ in wanted))
    clerk = clerk_of(town, firm)
    batches = [registers(clerk, code, *masses) for code, masses in wanted]
    containers = [row for batch in batches for row in batch["containers"]]
    ids = [row["id"] for row in containers]
    prints_labels(clerk, ids)
    request = asks_for_pickup(clerk, ids, **order)
    return Pickup(clerk, firm.name, [batch["id"] for batch in batches], containers, request)


def request_of(pickup: Pickup) -> dict[str, Any]:
    """The request as the firm sees it now."""
    return dict(reads(pickup.clerk, f"/requests/{pickup.request['id']}"))


def states_of(pickup: Pickup) -> list[str]:
    """The states of the containers as the firm sees them now."""
    batches = [reads(pickup.clerk, f"/batches/{key}")["batch"] for key in pickup.batch_ids]
    return [row["state"] for batch in batches for row in batch["containers"]]


def papers_of(person: Person) -> list[dict[str, Any]]:
    """The manifests somebody sees, the oldest first."""
    return list(reversed(reads(person, "/manifests")["items"]))


def opinions_for(person: Person) -> dict[str, str]:
    """What the acceptor said on each manifest that somebody sees, by the firm that handed over."""
    forms = [reads(person, f"/manifests/{row['id']}") for row in papers_of(person)]
    return {form["mover_out"]["name"]: form["opinion"] for form in forms}


# --- the dispatcher ------------------------------------------------------------------------------


def the_worker_plans(town: Town, run_id: str) -> UUID | None:
    """What the worker does with a queued run; a few rounds of improvement are enough for a story."""
    key = UUID(run_id)
    with town.database.transaction() as session:
        few = update(PlanningRun).where(PlanningRun.id == key)
        session.execute(few.values(budget_s=1, budget_iterations=2))
    return planning.execute_run(town.database, run_id=key, now=lambda: town.clock.now)


def plans(dispatcher: Person, day: date = TUESDAY) -> dict[str, Any]:
    """A draft for a day, as the API shows it."""
    run = sends(dispatcher, "/planning-runs", {"service_on": day.isoformat(), "budget_s": 1})
    the_worker_plans(dispatcher.town, run["id"])
    done = reads(dispatcher, f"/planning-runs/{run['id']}")
    assert done["state"] == "done", done["failure"]
    return dict(reads(dispatcher, f"/route-plans/{done['plan_id']}"))


def publishes(dispatcher: Person, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rounds of a plan after it was published."""
    sends(dispatcher, f"/route-plans/{plan['id']}/publish", {"version": plan["version"]})
    return [reads(dispatcher, f"/rounds/{row['id']}") for row in plan["rounds"]]


def tomorrow_is_planned(town: Town, dispatcher: Person | None = None) -> list[dict[str, Any]]:
    """The published rounds of Tuesday, and Tuesday morning has come."""
    who = dispatcher or dispatcher_of(town)
    rounds = publishes(who, plans(who))
    it_is(town, TUESDAY, 8)
    return rounds


def stops_of(round_: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [stop for trip in round_["trips"] for stop in trip["stops"] if stop["state"] != "cancelled"]


def round_with(rounds: Sequence[Mapping[str, Any]], pickup: Pickup) -> dict[str, Any]:
    """The round that fetches a firm's waste."""
    wanted = pickup.request["id"]
    return dict(next(row for row in rounds if wanted in {stop["request_id"] for stop in stops_of(row)}))


def stop_at(round_: Mapping[str, Any], pickup: Pickup) -> dict[str, Any]:
    return next(stop for stop in stops_of(round_) if stop["request_id"] == pickup.request["id"])


def trips_with_waste(rounds: Sequence[Mapping[str, Any]]) -> list[set[str]]:
    """The requests that share each trip."""
    return [{stop["request_id"] for stop in trip["stops"]} for row in rounds for trip in row["trips"]]


# --- the driver ----------------------------------------------------------------------------------


def leaves_the_platform(driver: Person, round_: Mapping[str, Any]) -> None:
    """The vehicle is checked, and the crew goes."""
    sends(driver, f"/rounds/{round_['id']}/start", CHECKS)


def a_scan(driver: Person, round_: Mapping[str, Any], label: str, **changes: Any) -> dict[str, Any]:
    """A scan as the phone keeps it until it is answered."""
    town = driver.town
    report: dict[str, Any] = {
        "scan_id": str(uuid4()),
        "device_id": "phone-1",
        "device_seq": next(town.numbers),
        "round_id": round_["id"],
        "kind": "load",
        "label_code": label,
        "scanned_at": town.clock.now.isoformat(),
    }
    return report | changes


def scans(driver: Person, *reports: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The verdicts, in the order of the scans."""
    return list(sends(driver, "/scans", {"scans": list(reports)})["verdicts"])


def loads(driver: Person, round_: Mapping[str, Any], label: str, mass_g: int) -> dict[str, Any]:
    [verdict] = scans(driver, a_scan(driver, round_, label, measured_g=mass_g))
    return verdict


def refuses(driver: Person, round_: Mapping[str, Any], label: str, reason: str, note: str = "") -> Any:
    report = a_scan(driver, round_, label, kind="refuse", reason=reason, note=note)
    return scans(driver, report)[0]


def leaves_the_gate(driver: Person, stop: Mapping[str, Any], reason: str = "") -> dict[str, Any]:
    """Done; with a reason: nobody was there."""
    outcome = "missed" if reason else "done"
    return dict(sends(driver, f"/stops/{stop['id']}/close", {"outcome": outcome, "reason": reason}))


def comes_home(driver: Person, round_: Mapping[str, Any]) -> None:
    """Every trip is back at the platform, the day is over for the crew."""
    for trip in round_["trips"]:
        if trip["state"] != "cancelled":
            sends(driver, f"/trips/{trip['id']}/arrive")
    sends(driver, f"/rounds/{round_['id']}/finish")


def drives(town: Town, round_: Mapping[str, Any], *pickups: Pickup) -> Person:
    """A round without incident: everything weighs what it was said to weigh."""
    driver = driver_of(town, round_)
    leaves_the_platform(driver, round_)
    for pickup in pickups:
        for row in pickup.containers:
            assert loads(driver, round_, row["label_code"], row["mass_g"])["outcome"] == "accepted"
        leaves_the_gate(driver, stop_at(round_, pickup))
    comes_home(driver, round_)
    return driver


# --- the platform and the plant ------------------------------------------------------------------


def on_board(gate: Person, trip: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a trip brings, by label."""
    board = reads(gate, f"/trips/{trip['id']}/reception")
    return {row["label_code"]: row for each in board["firms"] for row in each["containers"]}


def weighs_in(gate: Person, round_: Mapping[str, Any], weighed_g: Mapping[str, int] | None = None) -> None:
    """Book every trip of a round: as recorded, except where a mass is given for a label."""
    for trip in round_["trips"]:
        said = [
            {
                "container_id": row["container_id"],
                "weighed_g": (weighed_g or {}).get(label, row["expected_g"]),
            }
            for label, row in on_board(gate, trip).items()
        ]
        sends(gate, f"/trips/{trip['id']}/reception", {"decisions": said})


def a_refusal(row: Mapping[str, Any], reason: str, note: str = "") -> dict[str, Any]:
    return {"container_id": row["container_id"], "decision": "refused", "reason": reason, "note": note}


def puts_away(gate: Person, container_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Each container into the zone that the rules suggest."""
    moves = [{"container_id": key} for key in container_ids]
    return list(sends(gate, "/zones/moves", {"moves": moves}))


def another_crew(gate: Person, round_: Mapping[str, Any]) -> dict[str, str]:
    """A driver and an escort of the platform who are not on the round."""
    with gate.town.database.reading() as session:
        people = session.scalars(select(CrewMember).where(CrewMember.platform_id == gate.unit_id)).all()
    planned = {round_["driver"]["id"], round_["escort"]["id"]}
    return {f"{person.kind}_id": str(person.id) for person in people if str(person.id) not in planned}


def outbound_vehicle(gate: Person) -> dict[str, str]:
    """The platform's vehicle for lots, with its usual driver and escort."""
    with gate.town.database.reading() as session:
        own = select(Vehicle).where(Vehicle.platform_id == gate.unit_id, Vehicle.use == "outbound")
        vehicle = session.scalars(own).one()
        people = session.scalars(select(CrewMember).where(CrewMember.vehicle_id == vehicle.id)).all()
        crew = {f"{person.kind}_id": str(person.id) for person in people}
        return crew | {"vehicle_id": str(vehicle.id)} | CHECKS


def in_store(town: Town, *masses_g: int) -> tuple[Pickup, Person]:
    """A firm's oil drums in the platform's store, each in its zone; and who works at the platform."""
    pickup = a_pickup(town, (OIL, masses_g or (150_000, 100_000)))
    gate = dispatcher_of(town)
    round_ = round_with(tomorrow_is_planned(town, gate), pickup)
    drives(town, round_, pickup)
    weighs_in(gate, round_)
    puts_away(gate, pickup.ids)
    return pickup, gate


# --- how every story ends ------------------------------------------------------------------------


def the_books_agree(town: Town) -> None:
    """The ledger verifies, explains every gram, and says of each container what its row says."""
    with town.database.reading() as session:
        report = ledger.verify(session)
        assert report.ok, report.problems
        assert ledger.unexplained_g(session) == 0
        rows = session.scalars(select(Container)).all()
        states = ledger.label_states(session, [row.label_code for row in rows])
        on_record = {row.label_code: row.mass_g for row in rows if row.state not in ("void", "treated")}
        assert {label: states[label].mass_g for label in on_record} == on_record
        assert not [entry for entry in ledger.entries_for(session) if entry.held_reason]


def where_it_is(person: Person, batch_id: str) -> dict[str, int]:
    """Grams of a batch by kind of account, as the firm sees them: STOCK, TRANS, DONE, ..."""
    found: dict[str, int] = {}
    for row in reads(person, f"/batches/{batch_id}")["fate"]:
        found[row["kind"]] = found.get(row["kind"], 0) + row["mass_g"]
    return found
