"""Papers of a transport over HTTP: waybills, checks, what parties do with a manifest, certificates.

Masses are grams; the files themselves (PDF) are at the `href` of each answer.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from ...domain import manifests as manifest_rules
from ...services import certificates, manifests, waybills
from ..acting import Act, acting, viewing
from .manifests import ManifestSchema
from .scans import DepartureSchema, answers_of

api = Blueprint("api_transport_papers", __name__, description="Transport papers / 运单、证明")


class CheckAnswerSchema(Schema):
    key = fields.String()
    attempt = fields.Integer()
    outcome = fields.String()
    note = fields.String()
    checked_at = fields.AwareDateTime()


class WaybillGoodsSchema(Schema):
    waste_code = fields.Function(lambda row: row.waste.code)
    waste_name = fields.Function(lambda row: row.waste.name_zh)
    un_number = fields.Function(lambda row: row.transport.un_number if row.transport else "")
    hazard_class = fields.Function(lambda row: row.transport.hazard_class if row.transport else "")
    packing_group = fields.Function(lambda row: row.transport.packing_group if row.transport else "")
    packaging = fields.String()
    containers = fields.Integer()
    mass_g = fields.Integer()
    hazards = fields.String()


class WaybillSchema(Schema):
    waybill_no = fields.String(attribute="number", metadata={"description": "empty before the checks"})
    fit = fields.Boolean(metadata={"description": "whether the vehicle may leave"})
    departed = fields.Boolean()
    carrier = fields.Function(lambda row: row.carrier.name)
    carrier_permit = fields.String()
    consignee = fields.Function(lambda row: row.consignee.name)
    plate = fields.Function(lambda row: row.vehicle.plate)
    driver = fields.Function(lambda row: row.driver.name if row.driver else "")
    escort = fields.Function(lambda row: row.escort.name if row.escort else "")
    departs_at = fields.AwareDateTime()
    loading_places = fields.List(fields.String())
    goods = fields.List(fields.Nested(WaybillGoodsSchema))
    containers = fields.Integer()
    mass_g = fields.Integer()
    manifests = fields.Function(lambda row: [paper.number for paper in row.manifests])
    checks = fields.Function(
        lambda row: CheckAnswerSchema(many=True).dump(row.waybill.checks if row.waybill else [])
    )
    href = fields.Function(
        lambda row: (
            url_for("papers.waybill", trip_id=row.trip.id)
            if row.trip
            else url_for("papers.lot_waybill", lot_id=row.lot.id)
        )
    )


class CheckedSchema(Schema):
    waybill_no = fields.String()
    trip_id = fields.UUID()
    outcomes = fields.Dict(keys=fields.String(), values=fields.String())


class CheckedListSchema(Schema):
    waybills = fields.List(fields.Nested(CheckedSchema))


class UsePaperSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(max=1000))
    paper_no = fields.String(load_default="", validate=validate.Length(max=100))


class BackfillSchema(Schema):
    paper_no = fields.String(required=True, validate=validate.Length(max=100))
    photos = fields.List(
        fields.String(validate=validate.Length(max=64)), required=True, validate=validate.Length(max=50)
    )
    loaded_g = fields.Dict(
        keys=fields.Integer(),
        values=fields.Integer(strict=True),
        load_default=None,
        allow_none=True,
        metadata={"description": "by line number what the paper says was moved out"},
    )
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class HandoverSchema(Schema):
    carrier_name = fields.String(required=True, validate=validate.Length(max=500))
    carrier_permit_number = fields.String(required=True, validate=validate.Length(max=500))
    vehicle_plate = fields.String(required=True, validate=validate.Length(max=500))
    vehicle_certificate_number = fields.String(required=True, validate=validate.Length(max=500))
    driver_name = fields.String(required=True, validate=validate.Length(max=500))
    driver_phone = fields.String(load_default="", validate=validate.Length(max=500))
    escort_name = fields.String(required=True, validate=validate.Length(max=500))
    place = fields.String(required=True, validate=validate.Length(max=500))
    handed_over_at = fields.AwareDateTime(required=True)
    verified = fields.Boolean(required=True)


class DiscrepancyReportSchema(Schema):
    kinds = fields.List(
        fields.String(validate=validate.Length(max=20)),
        required=True,
        metadata={"description": ", ".join(manifest_rules.DIFFERENCES)},
    )
    found = fields.String(required=True, validate=validate.Length(max=1000))
    told_whom = fields.String(required=True, validate=validate.Length(max=500))
    told_at = fields.AwareDateTime(required=True)
    decision_note = fields.String(required=True, validate=validate.Length(max=1000))
    authority = fields.String(required=True, validate=validate.Length(max=500))
    reported_at = fields.AwareDateTime(required=True)
    report_no = fields.String(load_default="", validate=validate.Length(max=500))
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class CertificateTreatmentSchema(Schema):
    treatment_no = fields.Function(lambda row: row.treatment.treatment_no)
    plant = fields.Function(lambda row: row.treatment.plant.name)
    permit_number = fields.String()
    method_code = fields.Function(lambda row: row.method.code)
    treated_at = fields.Function(lambda row: row.treatment.treated_at.isoformat())
    containers = fields.Integer()
    mass_g = fields.Integer()


class CertificateSourceSchema(Schema):
    firm = fields.Function(lambda row: row.batch.enterprise.name)
    batch_no = fields.Function(lambda row: row.batch.batch_no)
    into = fields.String()
    mass_g = fields.Integer()


class CertificateSchema(Schema):
    batch_no = fields.Function(lambda row: row.batch.batch_no)
    firm = fields.Function(lambda row: row.batch.enterprise.name)
    waste_code = fields.Function(lambda row: row.batch.waste_code)
    generated_g = fields.Integer()
    poured_in_g = fields.Integer(metadata={"description": "of a batch that came out of a repacking"})
    sources = fields.List(fields.Nested(CertificateSourceSchema))
    treated_g = fields.Integer()
    open_g = fields.Integer()
    complete = fields.Boolean()
    treatments = fields.List(fields.Nested(CertificateTreatmentSchema))
    manifests = fields.Function(lambda row: [paper.number for paper in row.manifests])
    where = fields.Function(
        lambda row: [{"account": kind, "place": place, "mass_g": grams} for kind, place, grams in row.where]
    )
    href = fields.Function(lambda row: url_for("papers.certificate", batch_id=row.batch.id))


@api.route("/trips/<uuid:trip_id>/waybill", methods=["GET"])
@api.response(200, WaybillSchema)
@viewing("waybill.view")
def read_trip_waybill(act: Act, trip_id: UUID) -> Any:
    """The dangerous-goods waybill 危险货物运单 of a trip, with its manifests and checks."""
    return waybills.waybill_of_trip(act.session, actor=act.actor, trip_id=trip_id)


@api.route("/lots/<uuid:lot_id>/waybill", methods=["GET"])
@api.response(200, WaybillSchema)
@viewing("waybill.view")
def read_lot_waybill(act: Act, lot_id: UUID) -> Any:
    """The dangerous-goods waybill of a lot that has left."""
    return waybills.waybill_of_lot(act.session, actor=act.actor, lot_id=lot_id)


@api.route("/rounds/<uuid:round_id>/checks", methods=["POST"])
@api.arguments(DepartureSchema)
@api.response(200, CheckedListSchema)
@acting("waybill.check", schema=CheckedListSchema)
def check_round(act: Act, payload: dict[str, Any], round_id: UUID) -> Any:
    """Write down the five checks 装车五必查 for every trip of a round that has not left yet."""
    trips = waybills.planned_trips(act.session, actor=act.actor, round_id=round_id)
    answers = answers_of(payload)
    walks = [waybills.Checking(act.actor, key, answers, payload["note"]) for key in trips]
    return {"waybills": waybills.record_checks(act.session, checkings=walks, now=act.now, at=payload["at"])}


@api.route("/manifests/<uuid:manifest_id>/paper", methods=["POST"])
@api.arguments(UsePaperSchema)
@api.response(200, ManifestSchema)
@acting("manifest.use_paper", schema=ManifestSchema)
def use_paper(act: Act, payload: dict[str, Any], manifest_id: UUID) -> Any:
    """Run a manifest on paper (Order 23, Art. 20)."""
    return manifests.use_paper(act.session, actor=act.actor, manifest_id=manifest_id, now=act.now, **payload)


@api.route("/manifests/<uuid:manifest_id>/backfill", methods=["POST"])
@api.arguments(BackfillSchema)
@api.response(200, ManifestSchema)
@acting("manifest.backfill", schema=ManifestSchema)
def backfill(act: Act, payload: dict[str, Any], manifest_id: UUID) -> Any:
    """Enter a paper manifest 补录; its photos were stored before."""
    return manifests.backfill(act.session, actor=act.actor, manifest_id=manifest_id, now=act.now, **payload)


@api.route("/manifests/<uuid:manifest_id>/handovers", methods=["POST"])
@api.arguments(HandoverSchema)
@api.response(200, ManifestSchema)
@acting("manifest.hand_over", schema=ManifestSchema)
def hand_over(act: Act, payload: dict[str, Any], manifest_id: UUID) -> Any:
    """The next carrier takes over 联运 (Order 23, Art. 17)."""
    handover = manifests.Handover(actor=act.actor, manifest_id=manifest_id, **payload)
    return manifests.hand_over(act.session, handover=handover, now=act.now)


@api.route("/manifests/<uuid:manifest_id>/discrepancy-report", methods=["POST"])
@api.arguments(DiscrepancyReportSchema)
@api.response(200, ManifestSchema)
@acting("manifest.report", schema=ManifestSchema)
def report_differences(act: Act, payload: dict[str, Any], manifest_id: UUID) -> Any:
    """Report a difference on arrival (Order 23, Art. 18); the manifest closes."""
    payload["kinds"] = tuple(payload["kinds"])
    report = manifests.Report(actor=act.actor, manifest_id=manifest_id, **payload)
    return manifests.report_differences(act.session, reports=[report], now=act.now)[0]


@api.route("/batches/<uuid:batch_id>/certificate", methods=["GET"])
@api.response(200, CertificateSchema)
@viewing("certificate.view")
def read_certificate(act: Act, batch_id: UUID) -> Any:
    """What a disposal certificate 处置证明 of the batch says now; 409 while nothing was treated."""
    return certificates.certificate(act.session, actor=act.actor, batch_id=batch_id)
