"""Paper and its entry afterwards, hand-overs on the way, differences and their report, certificates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pypdfium2
import pytest
from sqlalchemy import select

from tests.services import driving_world, facility_world
from tests.services.driving_world import Road, at, road
from tests.services.facility_world import GATE, OIL
from wastehub import ledger
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import RuleViolation
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Batch
from wastehub.models.manifests import DiscrepancyReport, Manifest
from wastehub.models.organisations import Organisation
from wastehub.models.reference import ContainerType
from wastehub.models.repackings import Repacking
from wastehub.models.scans import Photo
from wastehub.papers import certificate as certificate_paper
from wastehub.services import audits, certificates, manifests, reception, repacking
from wastehub.services.reception import TripReception
from wastehub.services.repacking import OutputDraft, RepackDraft
from wastehub.web import transport_papers

HASH = "ab" * 32
CARRIER = {
    "carrier_name": "示例运输公司", "carrier_permit_number": "示例-道运-9", "vehicle_plate": "浙F·示999",
    "vehicle_certificate_number": "示例-营运-999", "driver_name": "示例甲", "escort_name": "示例乙",
    "place": "示例服务区",
}  # fmt: skip


@pytest.fixture
def database_kind() -> str:
    """Nothing here differs between the databases."""
    return "sqlite"


def refused(act: Any, *args: Any, **options: Any) -> Any:
    with pytest.raises(RuleViolation) as refusal:
        act(*args, **options)
    return refusal.value


def desk(on: Road) -> Actor:
    return Actor("user:desk", "dispatcher", organisation_id=on.driver.organisation_id)


def paper_of(on: Road, stop: int = 0) -> Manifest:
    return on.paper(on.stops()[stop])


def act(on: Road, service: Any, hour: float = 8.5, **options: Any) -> Any:
    with on.database.transaction() as session:
        return service(session, now=at(hour), **options)


def on_paper(on: Road, **options: Any) -> Any:
    said = {"actor": desk(on), "manifest_id": paper_of(on).id, "reason": "系统故障", "paper_no": "示例-纸-1"}
    return act(on, manifests.use_paper, **said | options)


def with_photo(on: Road) -> None:
    with on.database.transaction() as session:
        photo = Photo(sha256=HASH, media_type="image/jpeg", size_bytes=1, uploaded_at=at(8))
        session.add(photo)


def enter(on: Road, **options: Any) -> Any:
    said = {"actor": desk(on), "manifest_id": paper_of(on).id, "paper_no": "示例-纸-1", "photos": [HASH],
            "version": None}  # fmt: skip
    return act(on, manifests.backfill, **{"hour": 30, **said, **options})


def brought_home(on: Road, grams: int = 150_000) -> None:
    """Loaded, closed and back at the platform."""
    for stop in on.stops():
        for label in on.labels(stop):
            on.scan(on.report(label, measured_g=grams))
        on.close(stop.id)
    on.arrive()


def weighed_in(on: Road, grams: int = 150_000, reason: str = "") -> None:
    with on.database.transaction() as session:
        trip = on.row(session).trips[0]
        kind = "refused" if reason else "accepted"
        said = [Decision(c.id, grams, kind, reason, "记录") for c in facility_world.aboard(session, trip.id)]
        order = TripReception(desk(on), trip.id, tuple(said))
        reception.receive_trips(session, receptions=[order], now=at(14))


def events(on: Road, kind: str) -> list[Any]:
    with on.database.reading() as session:
        return [e.event for e in ledger.entries_for(session) if e.event.type == kind]


# -- paper -------------------------------------------------------------------------------------------


def test_a_paper_manifest_is_driven_weighed_and_entered_afterwards(database: Database) -> None:
    on = road(database, 1)
    on_paper(on)
    on.start()
    brought_home(on)
    paper = paper_of(on)
    assert paper.state == "paper_pending" and paper.loaded_at and paper.arrived_at
    assert paper.backfill_due_on == date(2026, 3, 31), "ten working days after 17 March"
    weighed_in(on)
    assert (paper_of(on).state, paper_of(on).opinion) == ("paper_pending", "accepted")
    with_photo(on)
    entered = enter(on, loaded_g={1: 150_000})
    assert (entered.state, entered.paper_no) == ("accepted", "示例-纸-1")
    assert [e.facts["late"] for e in events(on, "manifest.backfilled")] == [False]
    with database.reading() as session:
        form = manifests.manifest_view(session, actor=desk(on), manifest_id=entered.id)
        assert form.photos == [HASH] and form.accepted_g == 150_000


def test_a_paper_entered_before_the_weighing_is_decided_by_it(database: Database) -> None:
    on = road(database, 1)
    on_paper(on)
    on.start()
    brought_home(on)
    with_photo(on)
    assert enter(on, hour=13).state == "arrived"
    weighed_in(on)
    assert paper_of(on).state == "accepted"


def test_late_entry_is_taken_and_shown_as_late(database: Database) -> None:
    on = road(database, 1)
    on_paper(on)
    on.start()
    brought_home(on)
    weighed_in(on)
    with_photo(on)
    due = paper_of(on).backfill_due_on
    assert due is not None
    last_minute = (datetime(due.year, due.month, due.day, 15, 59, tzinfo=UTC) - at(0)) / timedelta(hours=1)
    with database.reading() as session:
        rows, count, _ = manifests.list_manifests(
            session, actor=desk(on), today=due + timedelta(days=1), state="overdue"
        )
        assert count == 1 and rows[0].due_on == due
        assert manifests.waiting(session, actor=desk(on), today=due).late == 0
        todo = manifests.waiting(session, actor=desk(on), today=due + timedelta(days=1))
        assert (todo.paper_pending, todo.late) == (1, 1)
        loops = audits.overdue(session, actor=Actor("r", "regulator"), now=at(20 * 24))
        assert [loop.due_on for loop in loops if loop.kind == "manifest"] == [due]
    enter(on, hour=last_minute + 1)
    assert [e.facts["late"] for e in events(on, "manifest.backfilled")] == [True]


def test_a_paper_is_not_entered_when(database: Database) -> None:
    on = road(database, 1)
    on_paper(on)
    on.start()
    brought_home(on)
    with_photo(on)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"photos": []}, "manifest.photo_missing"),
        ({"photos": ["cd" * 32]}, "manifest.photo_unknown"),
        ({"photos": [f"{n:064d}" for n in range(13)]}, "manifest.too_many_photos"),
        ({"paper_no": "  "}, "text.missing"),
        ({"loaded_g": {1: 149_900}}, "manifest.paper_differs"),
        ({"version": 99}, "version.stale"),
        ({"actor": Actor("user:x", "dispatcher", organisation_id=uuid4())}, "object.not_found"),
    ]
    for options, code in cases:
        assert refused(enter, on, **options).code == code
    assert paper_of(on).state == "paper_pending"


def test_a_paper_is_entered_once_and_not_before_its_end(database: Database) -> None:
    on = road(database, 1)
    with_photo(on)
    assert refused(enter, on).code == "manifest.act_not_allowed", "it is not run on paper"
    on_paper(on)
    assert refused(enter, on).code == "manifest.paper_unfinished"
    assert refused(on_paper, on).code == "manifest.act_not_allowed", "twice"
    on.start()
    brought_home(on)
    enter(on)
    assert refused(enter, on).code == "manifest.act_not_allowed"


def test_paper_needs_a_reason_and_comes_before_the_loading(database: Database) -> None:
    on = road(database, 2)
    assert refused(on_paper, on, reason=" ").code == "text.missing"
    stranger = Actor("user:x", "driver", organisation_id=uuid4())
    assert refused(on_paper, on, actor=stranger).code == "object.not_found"
    on.start()
    [label] = on.labels(on.stops()[0])
    on.scan(on.report(label))
    on.close(on.stops()[0].id)
    assert refused(on_paper, on).code == "manifest.act_not_allowed"


def test_nothing_loaded_voids_a_paper_manifest_too(database: Database) -> None:
    on = road(database, 1)
    on_paper(on)
    on.start()
    on.close(on.stops()[0].id, "missed", "closed")
    assert paper_of(on).state == "void"


def test_a_lot_may_leave_on_paper(database: Database) -> None:
    drums = facility_world.stored(database, [(OIL, (150_000,))])
    lot_id = facility_world.shipped(database, facility_world.opened(database, drums), on_paper="网络中断")
    facility_world.lot_received(database, lot_id)
    with database.transaction() as session:
        paper = session.scalars(select(Manifest).where(Manifest.lot_id == lot_id)).one()
        assert (paper.state, paper.opinion) == ("paper_pending", "accepted")
        assert paper.backfill_due_on == date(2026, 3, 31)
        session.add(Photo(sha256=HASH, media_type="image/jpeg", size_bytes=1, uploaded_at=GATE))
        session.flush()
        plant = facility_world.plant(session)
        who = Actor("user:plant", "plant", organisation_id=plant.id)
        made = manifests.backfill(session, actor=who, manifest_id=paper.id, paper_no="示例-纸-2",
                                  photos=[HASH], version=None, now=GATE + timedelta(days=1))  # fmt: skip
        assert made.state == "accepted"


# -- the next carrier --------------------------------------------------------------------------------


def hand_over(on: Road, hour: float = 11, **options: Any) -> Any:
    said: dict[str, Any] = {"actor": on.driver, "manifest_id": paper_of(on).id, "handed_over_at": at(10.5)}
    handover = manifests.Handover(**said | CARRIER | {"verified": True} | options)
    return act(on, manifests.hand_over, hour=hour, handover=handover)


def loaded(on: Road) -> None:
    on.start()
    [label] = on.labels(on.stops()[0])
    on.scan(on.report(label))
    on.close(on.stops()[0].id)


def test_the_next_carriers_are_kept_in_their_order(database: Database) -> None:
    on = road(database, 1)
    loaded(on)
    hand_over(on)
    hand_over(on, carrier_name="示例运输二公司", handed_over_at=at(10.8))
    with database.reading() as session:
        form = manifests.manifest_view(session, actor=desk(on), manifest_id=paper_of(on).id)
        names = [(row.seq, row.carrier_name) for row in form.manifest.carriages]
    assert names == [(2, "示例运输公司"), (3, "示例运输二公司")]
    assert [e.facts["seq"] for e in events(on, "manifest.handed_over")] == [2, 3]
    on.arrive()
    weighed_in(on)
    assert paper_of(on).state == "accepted"
    assert refused(hand_over, on).code == "manifest.not_on_the_road"


def test_a_hand_over_is_refused_when(database: Database) -> None:
    on = road(database, 1)
    loaded(on)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"verified": False}, "manifest.not_verified"),
        ({"escort_name": ""}, "text.missing"),
        ({"place": "x" * 201}, "text.too_long"),
        ({"handed_over_at": at(8.9)}, "manifest.time_too_early"),
        ({"handed_over_at": at(11.1)}, "manifest.time_in_future"),
        ({"actor": Actor("user:x", "dispatcher", organisation_id=uuid4())}, "object.not_found"),
    ]
    for options, code in cases:
        assert refused(hand_over, on, **options).code == code


def test_nothing_is_handed_over_before_it_is_loaded(database: Database) -> None:
    on = road(database, 1)
    assert refused(hand_over, on).code == "manifest.not_on_the_road"


# -- differences -------------------------------------------------------------------------------------


def report(on: Road, hour: float = 16, **options: Any) -> Any:
    said: dict[str, Any] = {
        "actor": desk(on), "manifest_id": paper_of(on).id, "kinds": ("quantity",), "found": "少 50 千克",
        "told_whom": "示例联系人", "told_at": at(14.2), "decision_note": "按复称接受",
        "authority": "示例生态环境局", "reported_at": at(15),
    }  # fmt: skip
    made = manifests.Report(**said | options)
    return act(on, manifests.report_differences, hour=hour, reports=[made])


def differing(database: Database, **options: Any) -> Road:
    on = road(database, 1)
    on.start()
    brought_home(on)
    weighed_in(on, **{"grams": 100_000} | options)
    return on


def test_a_difference_keeps_the_manifest_open_until_it_is_reported(database: Database) -> None:
    on = differing(database)
    paper = paper_of(on)
    assert (paper.state, paper.opinion, paper.decided_at) == ("discrepancy", "accepted", at(14))
    assert events(on, "manifest.accepted") == []
    with database.reading() as session:
        assert manifests.waiting(session, actor=desk(on), today=driving_world.DAY).discrepancy == 1
    report(on)
    assert paper_of(on).state == "accepted"
    assert [e.facts["authority"] for e in events(on, "manifest.reported")] == ["示例生态环境局"]
    assert len(events(on, "manifest.accepted")) == 1
    assert refused(report, on).code == "manifest.act_not_allowed", "twice"
    with database.reading() as session:
        assert session.get_one(DiscrepancyReport, paper.id).decision == "accepted"


def test_a_refusal_for_a_difference_is_reported_before_the_manifest_is_rejected(database: Database) -> None:
    on = differing(database, grams=150_000, reason="packaging_differs")
    assert (paper_of(on).state, paper_of(on).opinion) == ("discrepancy", "refused")
    report(on, kinds=("packaging",))
    assert paper_of(on).state == "rejected"


def test_a_refusal_for_want_of_room_is_no_difference(database: Database) -> None:
    on = differing(database, grams=150_000, reason="no_room")
    assert paper_of(on).state == "rejected"


def test_a_weighing_within_the_tolerance_is_no_difference(database: Database) -> None:
    on = differing(database, grams=149_300)
    assert paper_of(on).state == "accepted"
    assert refused(report, on).code == "manifest.act_not_allowed"


def test_a_report_is_refused_when(database: Database) -> None:
    on = differing(database)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"kinds": ()}, "manifest.difference_missing"),
        ({"authority": ""}, "manifest.report_incomplete"),
        ({"told_at": at(11.9)}, "manifest.time_too_early"),
        ({"reported_at": at(16.1)}, "manifest.time_in_future"),
        ({"found": "x" * 301}, "text.too_long"),
        ({"version": 99}, "version.stale"),
    ]
    for options, code in cases:
        assert refused(report, on, **options).code == code
    assert paper_of(on).state == "discrepancy"


def test_only_the_acceptor_reports(database: Database) -> None:
    on = differing(database)
    stranger = Actor("user:x", "dispatcher", organisation_id=uuid4())
    assert refused(report, on, actor=stranger).code == "object.not_found"


# -- certificates ------------------------------------------------------------------------------------


def certificate(database: Database, batch_id: UUID, actor: Actor | None = None) -> certificates.Certificate:
    with database.reading() as session:
        who = actor or Actor("r", "regulator")
        return certificates.certificate(session, actor=who, batch_id=batch_id)


def only_batch(database: Database) -> Batch:
    with database.reading() as session:
        return session.scalars(select(Batch)).one()


def test_nothing_treated_no_certificate(database: Database) -> None:
    lot_id = facility_world.on_the_road(database, 150_000, 100_000)
    batch = only_batch(database)
    early = refused(certificate, database, batch.id)
    assert early.code == "certificate.nothing_treated" and early.params["moving_g"] == 250_000
    facility_world.lot_received(database, lot_id)
    assert refused(certificate, database, batch.id).params["stored_g"] == 250_000


def test_part_of_a_batch_is_certified_as_part(database: Database) -> None:
    facility_world.lot_received(database, facility_world.on_the_road(database, 150_000, 100_000))
    batch = only_batch(database)
    with database.reading() as session:
        drums = facility_world.containers_in(session, "at_plant")
    facility_world.treated(database, drums[:1])
    part = certificate(database, batch.id)
    assert (part.treated_g, part.open_g, part.complete) == (150_000, 100_000, False)
    facility_world.treated(database, drums[1:])
    whole = certificate(database, batch.id)
    assert (whole.treated_g, whole.open_g, whole.complete) == (250_000, 0, True)
    assert sum(grams for _, _, grams in whole.where) == whole.generated_g == 250_000
    assert len(whole.manifests) == 2 and len(whole.treatments) == 2
    assert all(each.permit_number for each in whole.treatments)


def test_who_gets_a_certificate(database: Database) -> None:
    facility_world.lot_received(database, facility_world.on_the_road(database, 150_000))
    batch = only_batch(database)
    with database.reading() as session:
        facility_world_drums = facility_world.containers_in(session, "at_plant")
        platform = facility_world.desk(session).organisation_id
        plant_id = facility_world.plant(session).id
        other = session.scalars(
            select(Organisation.id).where(Organisation.kind == "plant", Organisation.id != plant_id)
        ).first()
    facility_world.treated(database, facility_world_drums)
    for allowed in (
        Actor("f", "enterprise", organisation_id=batch.enterprise_id),
        Actor("d", "dispatcher", organisation_id=platform),
        Actor("p", "plant", organisation_id=plant_id),
        Actor("r", "regulator", county_code="330411"),
    ):
        assert certificate(database, batch.id, allowed).treated_g == 150_000
    for stranger in (
        Actor("f", "enterprise", organisation_id=uuid4()),
        Actor("p", "plant", organisation_id=other),
        Actor("r", "regulator", county_code="330402"),
    ):
        assert refused(certificate, database, batch.id, stranger).code == "object.not_found"
    assert refused(certificate, database, uuid4()).code == "object.not_found"


def test_a_batch_out_of_a_repacking_tells_what_it_was_made_from(database: Database) -> None:
    """Two firms' drums poured together: nothing was generated, so the certificate says what was poured in."""
    ids = facility_world.stored(database, [(OIL, (150_000,))], [(OIL, (100_000,))])
    facility_world.put_away(database, *ids)
    made = poured(database, ids, 250_000)
    [again] = [line.container_id for line in made.lines if line.role == "out"]
    second = poured(database, [again], 125_000, 125_000)
    drums = [line.container_id for line in second.lines if line.role == "out"]
    lot_id = facility_world.shipped(database, facility_world.opened(database, drums))
    facility_world.lot_received(database, lot_id)
    facility_world.treated(database, drums)
    found = certificate(database, second.batch_id)
    assert (found.generated_g, found.poured_in_g, found.begun_g) == (0, 250_000, 250_000)
    assert (found.treated_g, found.complete) == (250_000, True)
    assert sum(grams for _, _, grams in found.where) == found.begun_g
    # Its own parent first, then the firms' batches that went into that one.
    first, *firms_own = found.sources
    assert (first.batch.id, first.into, first.mass_g) == (made.batch_id, second.batch.batch_no, 250_000)
    assert {(row.into, row.mass_g) for row in firms_own} == {
        (made.batch.batch_no, 150_000), (made.batch.batch_no, 100_000),
    }  # fmt: skip
    assert {row.batch.enterprise.kind for row in firms_own} == {"enterprise"}
    facts = transport_papers.certificate_facts(found, link="https://wastehub.example/c", seal=None, now=GATE)
    assert facts.values["poured_in"] == "250.0 千克" and "generated" not in facts.values
    assert facts.values["share"] == "100.0%" and "合并、分装批次" in facts.statement
    said = text_of(certificate_paper.pdf(facts))
    assert "由何而来" in said and all(row["source"] in said for row in facts.sources)
    # Nobody generated it: the paper says who poured it together and when.
    assert "重新包装单位" in said and "重新包装日期" in said
    assert "产废单位" not in said and "产生日期" not in said and "产生批次编码" not in said
    # Its parents' certificates stay those of batches that a firm generated.
    own = certificate(database, firms_own[0].batch.id)
    assert own.sources == [] and own.begun_g == own.generated_g == firms_own[0].mass_g
    # Its kilograms were treated in the platform's containers, to the gram and by its share.
    assert (own.treated_g, own.through_others_g, own.complete) == (own.generated_g, own.generated_g, True)
    [through] = own.through_others
    assert (through.batch_no, through.mass_g) == (second.batch.batch_no, own.treated_g)
    facts = transport_papers.certificate_facts(own, link="https://wastehub.example/c", seal=None, now=GATE)
    said = text_of(certificate_paper.pdf(facts))
    assert f"经重新包装批次{through.batch_no}" in said and "产废单位" in said and "重新包装单位" not in said
    with database.reading() as session:
        plant = facility_world.plant(session)
        acts = Actor("p", "plant", organisation_id=plant.id)
    assert certificate(database, firms_own[0].batch.id, acts).treated_g == own.treated_g


def poured(database: Database, ids: list[UUID], *outputs_g: int) -> Repacking:
    with database.transaction() as session:
        query = select(ContainerType.code).where(ContainerType.payload_max_g >= 300_000)
        kind = session.scalars(query.where(ContainerType.takes_liquid).order_by(ContainerType.code)).first()
        assert kind is not None
        outputs = tuple(OutputDraft(kind, mass_g) for mass_g in outputs_g)
        draft = RepackDraft(actor=facility_world.desk(session), container_ids=tuple(ids), outputs=outputs)
        row = repacking.repack(session, draft=draft, now=GATE)
        return repacking.repacking(session, actor=facility_world.desk(session), repacking_id=row.id)


def text_of(data: bytes) -> str:
    pages = pypdfium2.PdfDocument(data)
    return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pages)
