"""A city from its folder into the database: areas, units, permits, zones, vehicles, crews, prices.

Read and checked completely before the first row is written; loading twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ..db import Base, new_id
from ..models.organisations import Organisation, PlatformCounty
from ..models.permits import Permit, PermitCategory
from ..models.reference import Area, PlantMethod, Region, Tariff
from ..models.scales import Scale
from ..models.vehicles import CrewMember, Vehicle, VehicleCategory
from ..models.zones import Zone, ZoneGroup, ZoneNeighbour
from .csv_rows import Row
from .reference import Counts
from .region_checks import DEMO_MARK, check_against_law
from .region_files import RegionFiles, read_region, region_folder
from .upsert import upsert

# Invented units and people are reached under a number that nobody has.
EXAMPLE_CONTACT = {"contact_name": "示例联系人", "contact_phone": "0573-00000000"}


def load_region(session: Session, *, folder: Path | str, now: datetime) -> Counts:
    """Load one city (a folder, or a name under seed/regions); flushes. The reference data come first.

    Returns for each table what happened to its rows. Raises SeedError naming file and line; then
    nothing has been written.
    """
    region = read_region(region_folder(folder) if isinstance(folder, str) else folder)
    check_against_law(session, region)
    loader = _Loader(session, region, now)
    loader.places()
    loader.units()
    loader.permits()
    loader.zones()
    loader.scales()
    loader.fleet()
    loader.prices()
    return loader.counts


@dataclass
class _Loader:
    session: Session
    region: RegionFiles
    now: datetime
    counts: Counts = field(default_factory=dict)
    unit_ids: dict[str, UUID] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        return self.region.tables[table]

    def put(
        self, model: type[Base], rows: list[dict[str, Any]], key: tuple[str, ...], **options: Any
    ) -> dict[tuple[Any, ...], Any]:
        count, found = upsert(self.session, model, rows, key=key, **options)
        self.counts[model.__tablename__] = count
        return found

    def fresh_id(self) -> dict[str, UUID]:
        return {"id": new_id(self.session, self.now)}

    def places(self) -> None:
        city, credits = self.region.settings["region"], self.region.settings["map"]
        columns = ("code", "name_zh", "name_en", "province_code", "city_code")
        row = {
            **{name: city[name] for name in columns},
            "map_credit_zh": credits["credit_zh"],
            "map_credit_en": credits["credit_en"],
        }
        self.put(Region, [row], ("code",), within=Region.code == self.region.code)
        order = {"city": 0, "county": 1, "town": 2}  # a parent is there before its children
        areas = [self._area(row) for row in sorted(self.rows("areas"), key=lambda r: order[r["level"]])]
        self.put(Area, areas, ("code",), within=Area.region_code == self.region.code)

    def _area(self, row: Row) -> dict[str, Any]:
        columns = ("code", "parent_code", "level", "name_zh", "name_en", "certainty", "source")
        return {
            **{name: row[name] for name in columns},
            "region_code": self.region.code,
            "lon_e6": row["lon"],
            "lat_e6": row["lat"],
            "industrial_weight_ppm": row["industrial_weight"] or 0,
        }

    def units(self) -> None:
        drafts = [
            *(self._authority(row) for row in self.rows("authorities")),
            *(self._platform(row) for row in self.rows("platforms")),
            *(self._plant(row) for row in self.rows("plants")),
        ]
        codes = [draft["code"] for draft in drafts]
        found = self.put(
            Organisation,
            drafts,
            ("code",),
            within=Organisation.code.in_(codes),
            new=lambda: {**self.fresh_id(), "enrolled_at": self.now},
            keep=lambda row: frozenset(EXAMPLE_CONTACT),
        )
        self.unit_ids = {code: unit.id for (code,), unit in found.items()}
        self._service_areas()
        methods = [
            {
                "plant_id": self.unit_ids[row["plant_code"]],
                "covers": row["covers"],
                "method_code": row["method_code"],
            }
            for row in self.rows("plant_methods")
        ]
        plants = PlantMethod.plant_id.in_([method["plant_id"] for method in methods])
        self.put(PlantMethod, methods, ("plant_id", "covers"), within=plants)

    def _authority(self, row: Row) -> dict[str, Any]:
        return {**row.values, "kind": "authority", "demo": self.region.settings["region"]["demo"]}

    def _site(self, row: Row) -> dict[str, Any]:
        columns = ("code", "county_code", "name", "short_name", "credit_code", "address", "demo_flows")
        return {
            **{name: row[name] for name in columns},
            "lon_e6": row["lon"],
            "lat_e6": row["lat"],
            "annual_quota_g": row["licensed_t_per_year"],
            "storage_capacity_g": row["storage_t"],
            "demo": DEMO_MARK in row["name"],
            **(EXAMPLE_CONTACT if DEMO_MARK in row["name"] else {}),
            "management_class": "key",  # every licence holder is (HJ 1259-2022, 4.2)
            "storage_kind": "store",
        }

    def _platform(self, row: Row) -> dict[str, Any]:
        return {
            **self._site(row),
            "kind": "platform",
            "town_code": row["town_code"],
            "open_s": row["opens"],
            "close_s": row["closes"],
        }

    def _plant(self, row: Row) -> dict[str, Any]:
        return {**self._site(row), "kind": "plant", "process_zh": row["process_zh"]}

    def _service_areas(self) -> None:
        """Rank 0 for the platforms of a county itself, then the neighbours in the region's order."""
        neighbours = self.region.settings["neighbours"]
        rows = []
        for platform in self.rows("platforms"):
            for county in sorted(self.region.areas("county")):
                served_by = [county, *neighbours.get(county, [])]
                if platform["county_code"] in served_by:
                    rows.append(
                        {
                            "platform_id": self.unit_ids[platform["code"]],
                            "county_code": county,
                            "rank": served_by.index(platform["county_code"]),
                        }
                    )
        platforms = PlatformCounty.platform_id.in_([row["platform_id"] for row in rows])
        self.put(PlatformCounty, rows, ("platform_id", "county_code"), within=platforms)

    def permits(self) -> None:
        drafts = [
            {
                "organisation_id": self.unit_ids[row["organisation_code"]],
                "annual_quota_g": row["annual_quota_t"],
                **{name: row[name] for name in ("number", "kind", "valid_from_on", "valid_until_on")},
            }
            for row in self.rows("permits")
        ]
        numbers = [draft["number"] for draft in drafts]
        found = self.put(Permit, drafts, ("number",), within=Permit.number.in_(numbers), new=self.fresh_id)
        self._links(
            PermitCategory,
            "permit_id",
            "covers",
            {found[(row["number"],)].id: row["covers"] for row in self.rows("permits")},
        )

    def zones(self) -> None:
        drafts = [
            {
                "organisation_id": self.unit_ids[row["platform_code"]],
                "capacity_g": row["capacity_t"],
                **{name: row[name] for name in ("code", "name_zh", "name_en")},
            }
            for row in self.rows("zones")
        ]
        units = Zone.organisation_id.in_([draft["organisation_id"] for draft in drafts])
        found = self.put(Zone, drafts, ("organisation_id", "code"), within=units, new=self.fresh_id)
        ids = {key: zone.id for key, zone in found.items()}
        keys = [(self.unit_ids[row["platform_code"]], row["code"]) for row in self.rows("zones")]
        groups = {ids[key]: row["groups"] for key, row in zip(keys, self.rows("zones"), strict=True)}
        self._links(ZoneGroup, "zone_id", "group_code", groups)
        pairs = {
            tuple(sorted((ids[unit, code], ids[unit, other])))
            for (unit, code), row in zip(keys, self.rows("zones"), strict=True)
            for other in row["adjacent"]
        }
        adjoining = [{"zone_a_id": a, "zone_b_id": b} for a, b in sorted(pairs)]
        within = ZoneNeighbour.zone_a_id.in_(list(groups))
        self.put(ZoneNeighbour, adjoining, ("zone_a_id", "zone_b_id"), within=within)

    def scales(self) -> None:
        """One bench scale for each place that weighs; what else stands there its people enter themselves."""
        drafts = [
            {
                "organisation_id": self.unit_ids[row["code"]],
                "code": "C1",
                "name_zh": f"1 号台秤{f'（{DEMO_MARK}）' if DEMO_MARK in row['name'] else ''}",
                "name_en": f"Bench scale 1{' (example)' if DEMO_MARK in row['name'] else ''}",
                "scale_class": "bench",
                "standard": True,
                "active": True,
            }
            for row in [*self.rows("platforms"), *self.rows("plants")]
        ]
        units = Scale.organisation_id.in_([draft["organisation_id"] for draft in drafts])
        kept = frozenset({"name_zh", "name_en", "scale_class", "standard", "active"})
        self.put(
            Scale, drafts, ("organisation_id", "code"), within=units, new=self.fresh_id, keep=lambda row: kept
        )

    def fleet(self) -> None:
        drafts = [self._vehicle(row) for row in self.rows("vehicles")]
        plates = [draft["plate"] for draft in drafts]
        found = self.put(Vehicle, drafts, ("plate",), within=Vehicle.plate.in_(plates), new=self.fresh_id)
        ids = {plate: vehicle.id for (plate,), vehicle in found.items()}
        licences = {ids[row["plate"]]: row["categories"] for row in self.rows("vehicles")}
        self._links(VehicleCategory, "vehicle_id", "category_code", licences)
        people = [
            {
                "platform_id": self.unit_ids[row["platform_code"]],
                "vehicle_id": ids.get(row["plate"]),
                **({"phone": EXAMPLE_CONTACT["contact_phone"]} if DEMO_MARK in row["name"] else {}),
                **{
                    name: row[name]
                    for name in ("kind", "name", "certificate_no", "certificate_valid_until_on")
                },
            }
            for row in self.rows("crews")
        ]
        numbers = CrewMember.certificate_no.in_([person["certificate_no"] for person in people])
        kept = frozenset({"phone"})
        self.put(
            CrewMember, people, ("certificate_no",), within=numbers, new=self.fresh_id, keep=lambda row: kept
        )

    def _vehicle(self, row: Row) -> dict[str, Any]:
        same = (
            *("plate", "use", "kind_zh", "kind_en", "volume_l", "places_milli", "partitioned"),
            *("permit_number", "permit_valid_until_on", "fixed_cost_fen", "cost_per_km_fen"),
            *("cost_per_h_fen", "trips_max"),
        )
        return {
            **{name: row[name] for name in same},
            "platform_id": self.unit_ids[row["platform_code"]],
            "capacity_g": row["capacity_kg"],
            "shift_start_s": row["shift_starts"],
            "shift_end_s": row["shift_ends"],
            "shift_max_s": row["shift_max_min"] * 60,
        }

    def prices(self) -> None:
        rows = [{**row.values, "region_code": self.region.code} for row in self.rows("tariffs")]
        within = Tariff.region_code == self.region.code
        self.put(Tariff, rows, ("category_code", "effective_from_on"), within=within)

    def _links(
        self, model: type[Base], owner: str, member: str, names: Mapping[UUID, tuple[str, ...]]
    ) -> None:
        """Rows of a table that says what belongs to what."""
        rows = [{owner: key, member: name} for key, found in names.items() for name in found]
        self.put(model, rows, (owner, member), within=getattr(model, owner).in_(list(names)))
