"""A small fixed day for the papers of a transport: two firms, one trip, a difference, a lot, a treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from tests.services import facility_world as world
from tests.services.facility_world import GATE, OIL, RAGS
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.receiving import Decision
from wastehub.models.batches import Batch, Container
from wastehub.models.manifests import Manifest
from wastehub.models.organisations import Organisation
from wastehub.models.route_plans import Stop
from wastehub.models.vehicles import CrewMember
from wastehub.services import certificates, handing_over, manifests, waybills
from wastehub.services.handing_over import Confirmation
from wastehub.web import transport_papers
from wastehub.web.transport_papers import Seal

PRINTED = GATE + timedelta(hours=8)
SEAL = Seal(61, "61 QWxnYWVBbGdhZUFs", "log.example/demo\n61\nQWxnYWVBbGdhZUFsZ2FlQWxnYWVBbGdhZUFsZ2FlQWw=\n")
LINK = "https://wastehub.example"
OFFICIAL = "20263304000001"
SIGNATURE = "7" * 64


@dataclass(frozen=True)
class Story:
    """`first`: oil and rags, accepted; `second`: oil that weighed less, reported; `lot`: to the plant."""

    database: Database
    first: UUID
    second: UUID
    onward: UUID
    trip: UUID
    lot: UUID
    batch: UUID
    other_batch: UUID

    def desk(self) -> Actor:
        with self.database.reading() as session:
            return world.desk(session)

    def manifest(self, manifest_id: UUID) -> transport_papers.ManifestFacts:
        with self.database.reading() as session:
            form = manifests.manifest_view(session, actor=world.desk(session), manifest_id=manifest_id)
            said = transport_papers.hand_over_of(session, form)
            return transport_papers.manifest_facts(
                form, hand_over=said, link=f"{LINK}/manifests/1", seal=SEAL, now=PRINTED
            )

    def waybill(self) -> waybills.WaybillView:
        with self.database.reading() as session:
            return waybills.waybill_of_trip(session, actor=world.desk(session), trip_id=self.trip)

    def certificate(self, batch_id: UUID) -> transport_papers.CertificateFacts:
        with self.database.reading() as session:
            actor = Actor("r", "regulator")
            found = certificates.certificate(session, actor=actor, batch_id=batch_id)
            return transport_papers.certificate_facts(found, link=f"{LINK}/c", seal=SEAL, now=PRINTED)


def told(database: Database) -> Story:
    """The whole day, through the services."""
    [trip] = world.driven(database, [(OIL, (150_000, 100_000)), (RAGS, (40_000,))], [(OIL, (120_000,))])
    _named_crew(database)
    _confirmed(database, trip)
    first, second = _weighed_in(database, trip)
    with database.transaction() as session:
        desk = world.desk(session)
        manifests.record_official_number(
            session, actor=desk, manifest_id=first, number=OFFICIAL, version=None, now=GATE
        )
        report = manifests.Report(
            actor=desk,
            manifest_id=second,
            kinds=("quantity",),
            found="复称 100.0 千克，比装车时少 20.0 千克",
            told_whom="示例联系人",
            told_at=GATE + timedelta(minutes=10),
            decision_note="按复称重量接受",
            authority="示例生态环境局",
            reported_at=GATE + timedelta(minutes=30),
            report_no="示例-001",
        )
        manifests.report_differences(session, reports=[report], now=GATE + timedelta(hours=1))
    with database.reading() as session:
        mine = _owner(session, first)
        drums = list(
            session.scalars(
                select(Container.id)
                .join(Batch)
                .where(Batch.enterprise_id == mine, Batch.waste_code == OIL)
                .order_by(Container.label_code)
            )
        )
    lot = world.shipped(database, world.opened(database, drums))
    world.lot_received(database, lot)
    world.treated(database, drums[:1])
    with database.reading() as session:
        onward = session.scalars(select(Manifest.id).where(Manifest.lot_id == lot)).one()
        oil = session.scalars(select(Batch).where(Batch.enterprise_id == mine, Batch.waste_code == OIL)).one()
        rags = session.scalars(select(Batch.id).where(Batch.waste_code == RAGS)).one()
    return Story(database, first, second, onward, trip, lot, oil.id, rags)


def _owner(session: Session, manifest_id: UUID) -> UUID:
    return session.get_one(Manifest, manifest_id).mover_out_id


def _named_crew(database: Database) -> None:
    """Telephone numbers and addresses that are no one's."""
    with database.transaction() as session:
        for person in session.scalars(select(CrewMember)):
            person.phone = "0573-00000001"
        for unit in session.scalars(select(Organisation).where(Organisation.address == "")):
            unit.address = f"示例路 {unit.code[-4:-1]} 号"


def _confirmed(database: Database, trip_id: UUID) -> None:
    """At the first gate somebody signed on the glass, twice; the second firm has consented beforehand."""
    with database.transaction() as session:
        query = select(Stop).where(Stop.trip_id == trip_id).options(joinedload(Stop.request))
        stops = sorted(session.scalars(query), key=lambda stop: stop.request.request_no)
        driver = Actor("device:test", "driver", organisation_id=world.desk(session).organisation_id)
        firm = Actor("user:firm", "enterprise", organisation_id=stops[1].request.enterprise_id)
        handing_over.give_consent(
            session, actor=firm, person_name="示例授权人", person_role="负责人",
            until_on=world.DAY + timedelta(days=90), now=world.DRIVING,
        )  # fmt: skip
        for stop, way, minutes in (
            (stops[0], "glass", 10),
            (stops[0], "glass", 12),
            (stops[1], "standing", 50),
        ):
            at = world.DRIVING + timedelta(minutes=minutes)
            given = Confirmation(
                driver, uuid4(), stop.id, way, at, name="示例签字人" if way == "glass" else "",
                photo_sha256=SIGNATURE if way == "glass" else None,
            )  # fmt: skip
            handing_over.confirm(session, given=given, now=at)


def _weighed_in(database: Database, trip_id: UUID) -> tuple[UUID, UUID]:
    with database.reading() as session:
        aboard = world.aboard(session, trip_id)
        papers = session.scalars(select(Manifest).where(Manifest.trip_id == trip_id))
        by_owner = {paper.mover_out_id: paper.id for paper in papers}
        owners = {c.id: c.batch.enterprise_id for c in aboard}
        two = min(owners.values(), key=lambda key: sum(1 for each in owners.values() if each == key))
    decisions = [Decision(c.id, 100_000 if owners[c.id] == two else c.mass_g) for c in aboard]
    world.receive(database, trip_id, *decisions, at=GATE)
    one = next(key for key in by_owner if key != two)
    return by_owner[one], by_owner[two]
