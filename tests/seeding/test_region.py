"""Region data: Jiaxing as it stands in its folder, and a second city that is a folder, not code."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.seeding.conftest import NOW, TINY, Spoil
from wastehub import regions
from wastehub.db import Database
from wastehub.domain import credit_codes
from wastehub.domain.segregation import Matrix, Relation
from wastehub.models import permits, reference, vehicles
from wastehub.models.organisations import Organisation, PlatformCounty, organisations_of
from wastehub.models.permits import Permit
from wastehub.models.reference import Region, Tariff
from wastehub.models.vehicles import CrewMember, Vehicle
from wastehub.models.zones import Zone, ZoneGroup, ZoneNeighbour
from wastehub.seeding.csv_rows import SeedError
from wastehub.seeding.reference import load_reference
from wastehub.seeding.region import load_region
from wastehub.seeding.region_files import read_region, region_folder


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


# --- Jiaxing ----------------------------------------------------------------------------------------


def test_jiaxing_has_seven_counties_and_72_towns(session: Session) -> None:
    counties = reference.areas(session, region_code="jiaxing", level="county")
    towns = reference.areas(session, region_code="jiaxing", level="town")
    assert len(counties) == 7
    assert len(towns) == 72
    for code in counties:
        weights = [town.industrial_weight_ppm for town in towns.values() if town.parent_code == code]
        assert sum(weights) == 1_000_000


def test_the_folder_and_the_region_have_one_name(session: Session) -> None:
    assert session.get_one(Region, "jiaxing").province_code == "33"
    assert regions.load("jiaxing").settings["region"]["code"] == "jiaxing"


def test_every_county_has_a_platform_and_names_it_an_example(session: Session) -> None:
    platforms = organisations_of(session, "platform")
    assert len(platforms) == 7
    assert len({row.county_code for row in platforms}) == 7
    for row in platforms:
        assert "示例" in row.name and row.demo and row.demo_flows
        assert row.credit_code and credit_codes.is_demo_code(row.credit_code)


def test_no_demo_kilogram_can_go_to_a_real_firm(session: Session) -> None:
    plants = organisations_of(session, "plant")
    real = [row for row in plants if not row.demo]
    assert [row.code for row in real] == [f"JX-D0{k}" for k in range(1, 7)]
    for row in real:
        assert not row.demo_flows and row.credit_code is None and "示例" not in row.name
    assert not permits.permits_of(session, [row.id for row in real])
    assert not reference.plant_methods(session, [row.id for row in real])


def test_every_licensed_waste_of_a_platform_finds_an_example_plant(session: Session) -> None:
    plants = [row for row in organisations_of(session, "plant") if row.demo_flows]
    methods = reference.plant_methods(session, [row.id for row in plants])
    treated = {covers for covered in methods.values() for covers in covered}
    platform = organisations_of(session, "platform")[0]
    licensed = {
        name for view in permits.permits_of(session, [platform.id])[platform.id] for name in view.categories
    }
    assert licensed <= treated
    licences = permits.permits_of(session, [row.id for row in plants])
    for plant_id, covered in methods.items():
        assert {name for view in licences[plant_id] for name in view.categories} == covered.keys()


def test_a_county_is_served_by_its_own_platform_first(session: Session) -> None:
    platforms = {row.id: row for row in organisations_of(session, "platform")}
    own = [row for row in session.scalars(select(PlatformCounty)) if row.rank == 0]
    assert len(own) == 7
    assert all(platforms[row.platform_id].county_code == row.county_code for row in own)
    others = [row for row in session.scalars(select(PlatformCounty)) if row.rank > 0]
    assert others and all(platforms[row.platform_id].county_code != row.county_code for row in others)


def test_zones_hold_compatible_groups_and_no_forbidden_neighbours(session: Session) -> None:
    matrix = Matrix({pair: Relation(name) for pair, name in reference.matrix(session).items()})
    held: dict[object, list[str]] = {zone.id: [] for zone in session.scalars(select(Zone))}
    for row in session.scalars(select(ZoneGroup)):
        held[row.zone_id].append(row.group_code)
    assert len(held) == 7 * 12
    for groups in held.values():
        assert all(matrix.may_share_zone(a, b) for a, b in combinations(groups, 2))
    for row in session.scalars(select(ZoneNeighbour)):
        assert row.zone_a_id < row.zone_b_id
        assert held[row.zone_a_id] and held[row.zone_b_id]
        for a in held[row.zone_a_id]:
            assert not any(matrix.never_together(a, b) for b in held[row.zone_b_id])


def test_the_zones_fill_the_store_of_their_platform(session: Session) -> None:
    for platform in organisations_of(session, "platform"):
        zones = select(func.sum(Zone.capacity_g)).where(Zone.organisation_id == platform.id)
        assert abs((session.scalar(zones) or 0) - (platform.storage_capacity_g or 0)) <= 3_000_000


def test_every_vehicle_has_its_crew_its_licence_and_no_real_plate(session: Session) -> None:
    fleet = list(session.scalars(select(Vehicle)))
    assert len(fleet) == 28
    assert all("示" in row.plate for row in fleet)
    licences = vehicles.licensed_categories(session, [row.id for row in fleet])
    assert all(len(found) == 13 for found in licences.values())
    crews = {(row.vehicle_id, row.kind) for row in session.scalars(select(CrewMember))}
    assert crews == {(row.id, kind) for row in fleet for kind in ("driver", "escort")}
    assert {row.use for row in fleet} == {"collection", "outbound"}


def test_every_licensed_category_has_a_price_marked_as_example(session: Session) -> None:
    prices = reference.tariffs(session, "jiaxing", NOW.date())
    assert len(prices) == count(session, Tariff) == 13
    assert all(row.certainty == "N" and row.price_fen_per_kg > 0 for row in prices.values())


def test_every_permit_of_the_demo_is_marked_and_followed_without_a_gap(session: Session) -> None:
    by_unit: dict[tuple[object, str], list[Permit]] = {}
    for row in session.scalars(select(Permit).order_by(Permit.valid_from_on)):
        assert row.number.startswith("示例-")
        by_unit.setdefault((row.organisation_id, row.kind), []).append(row)
    for held in by_unit.values():
        for earlier, later in pairwise(held):
            assert (later.valid_from_on - earlier.valid_until_on).days == 1


def test_the_generators_of_the_counties_add_up_to_the_published_totals() -> None:
    region = read_region(region_folder("jiaxing"))
    assert sum(row["generators_4416"] for row in region.tables["generators"]) == 4416
    assert sum(row["generators_5015"] for row in region.tables["generators"]) == 5015
    for county in region.areas("county"):
        rows = [row for row in region.tables["industries"] if row["county_code"] == county]
        assert sum(row["share"] for row in rows) == 1_000_000


def test_no_shipped_unit_lies_outside_the_region() -> None:
    region = read_region(region_folder("jiaxing"))
    for table in ("areas", "platforms", "estates"):
        for row in region.tables[table]:
            assert 120_200_000 < row["lon"] < 121_400_000, row.where
            assert 30_200_000 < row["lat"] < 31_100_000, row.where


def test_loading_twice_changes_nothing_and_takes_under_five_seconds(empty_database: Database) -> None:
    started = time.process_time()
    with empty_database.transaction() as session:
        load_reference(session, now=NOW)
        first = load_region(session, folder="jiaxing", now=NOW)
    with empty_database.transaction() as session:
        second = load_region(session, folder="jiaxing", now=NOW)
    assert time.process_time() - started < 5
    assert first["organisations"] == (7 + 16 + 8, 0, 0)
    for table, (inserted, updated, unchanged) in second.items():
        assert (inserted, updated) == (0, 0), table
        assert unchanged == first[table].inserted


# --- a second city ----------------------------------------------------------------------------------


def test_another_city_is_a_folder(empty_database: Database) -> None:
    with empty_database.transaction() as session:
        load_reference(session, now=NOW)
        load_region(session, folder=TINY, now=NOW)
    with empty_database.reading() as session:
        assert session.get_one(Region, "tiny").city_code == "01"
        assert len(reference.areas(session, region_code="tiny", level="town")) == 2
        assert [row.code for row in organisations_of(session, "platform")] == ["TN-P01"]
        assert [row.code for row in organisations_of(session, "plant")] == ["TN-D01"]
        assert count(session, Zone) == 2
        assert count(session, CrewMember) == 2


def test_two_cities_live_in_one_database(session: Session) -> None:
    before = len(reference.areas(session, region_code="jiaxing"))
    load_region(session, folder=TINY, now=NOW)
    assert len(reference.areas(session, region_code="tiny")) == 4
    assert len(reference.areas(session, region_code="jiaxing")) == before
    assert len(organisations_of(session, "platform")) == 8


def test_a_region_without_the_law_is_refused(empty_database: Database) -> None:
    with empty_database.transaction() as session, pytest.raises(SeedError, match="load the reference data"):
        load_region(session, folder=TINY, now=NOW)


def test_an_unknown_region_names_those_there_are(session: Session) -> None:
    with pytest.raises(SeedError, match="no region 'atlantis'; there are jiaxing"):
        load_region(session, folder="atlantis", now=NOW)


def test_a_changed_row_is_updated_in_place(session: Session, spoil_tiny: Spoil) -> None:
    load_region(session, folder=TINY, now=NOW)
    platform = session.scalars(select(Organisation).where(Organisation.code == "TN-P01")).one()
    folder = spoil_tiny("platforms.csv", "东镇（示例）", "东镇二号（示例）")
    counts = load_region(session, folder=folder, now=NOW)
    assert counts["organisations"] == (0, 1, 2)
    assert platform.address == "东镇二号（示例）"
    assert platform.version == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("zones.csv", "SC,Z1", "XX,Z1", r"region_tiny/zones\.csv:3: unknown group 'XX'"),
        ("zones.csv", "TN-P01,Z2", "TN-P02,Z2", r"zones\.csv:3: unknown platform 'TN-P02'"),
        ("zones.csv", "OIL,Z2", "OIL;A2,Z2", r"zones\.csv:2: OIL and A2 may not stand in one zone \(F\)"),
        ("zones.csv", "OIL,Z2", "OIL;BAT,Z2", r"zones\.csv:2: OIL and BAT may not stand in one zone \(S\)"),
        ("zones.csv", "SC,Z1", "SC,", r"zones\.csv:2: Z1 names Z2 as its neighbour, but not the reverse"),
        ("zones.csv", "SC,Z1", "A2,Z1", r"zones\.csv:2: OIL of Z1 may not adjoin A2 of Z2"),
        ("zones.csv", ",SC,Z1", ",,Z1", r"zones\.csv:2: OIL of Z1 may not adjoin None of Z2"),
        ("zones.csv", ",SC,Z1", ",HM,Z1", r"permits\.csv:2: TN-P01 is licensed for 900-041-49, but has no"),
        ("permits.csv", "900-041-49", "900-045-49", r"permits\.csv:2: .* no zone for unclassified waste"),
        ("permits.csv", "HW08;900-041-49", "HW99", r"permits\.csv:2: unknown category or code 'HW99'"),
        (
            "permits.csv",
            "2025-01-01,2027-12-31,500",
            "2028-01-01,2027-12-31,500",
            r"csv:2: valid_until_on lies",
        ),
        ("permits.csv", "TN-D01", "TN-D02", r"permits\.csv:4: unknown unit 'TN-D02'"),
        (
            "platforms.csv",
            "990101,990101001",
            "990102,990101001",
            r"platforms\.csv:2: unknown county '990102'",
        ),
        ("platforms.csv", "990101,990101001", "990101,990101009", r"platforms\.csv:2: unknown town"),
        (
            "platforms.csv",
            "示例县收集平台（示例）",
            "某县收集平台",
            r"platforms\.csv:2: demo flows to a unit whose",
        ),
        ("platforms.csv", "DEM990001", "DEM990002", r"platforms\.csv:2: credit_code\.wrong"),
        ("platforms.csv", "08:00", "8 Uhr", r"platforms\.csv:2: opens: '8 Uhr' is no time of day"),
        ("platforms.csv", "100.121,", "100.1210001,", r"platforms\.csv:2: lon: .* too fine"),
        ("platforms.csv", "20.101,", "120.101,", r"platforms\.csv:2: lat: .* out of range"),
        ("plants.csv", ",0,1,none", ",1,1,none", r"plants\.csv:2: a published unit is real"),
        ("plant_methods.csv", "R9", "R99", r"plant_methods\.csv:2: unknown method code 'R99'"),
        ("vehicles.csv", "HW08;HW49", "HW08;900-041-49", r"vehicles\.csv:2: unknown category '900-041-49'"),
        ("vehicles.csv", ",collection,", ",delivery,", r"vehicles\.csv:2: use: 'delivery' is none of"),
        ("vehicles.csv", "HW08;HW49", "HW08;HW08", r"vehicles\.csv:2: categories: an empty or repeated"),
        ("crews.csv", ",例·示001", ",例·示009", r"crews\.csv:2: unknown vehicle '例·示009'"),
        ("tariffs.csv", "HW08,", "HW41,", r"tariffs\.csv:2: unknown category 'HW41'"),
        (
            "areas.csv",
            "990101002,990101",
            "990101002,990100",
            r"areas\.csv:5: a town does not lie in '990100'",
        ),
        ("areas.csv", "990101002,990101", "990101002,990199", r"areas\.csv:5: unknown area '990199'"),
        ("industries.csv", ":80;", ":81;", r"industries\.csv:2: waste_mix: .* adds up to 100"),
        ("industries.csv", "900-214-08", "900-294-08", r"industries\.csv:2: unknown waste code '900-294-08'"),
        ("industries.csv", "auto_repair", "autorepair", r"industries\.csv:2: unknown industry 'autorepair'"),
        ("region.toml", "city_code", "town_code", r"region\.toml:6: region\.town_code is missing, not known"),
        ("region.toml", "[map]", "[maps]", r"region\.toml:10: section \[maps\] is missing or not known"),
        ("region.toml", '"990100"', '"990101"', r"region\.toml:7: region\.city_area is no city"),
        (
            "region.toml",
            "[neighbours]",
            '[neighbours]\n"990101" = ["990102"]',
            r"region\.toml:15: unknown county",
        ),
        ("region.toml", "= true", "= yes", r"region\.toml:8: "),
        (
            "roads.geojson",
            '"to": "mid"',
            '"to": "moon"',
            r"roads\.geojson: features\[0\] leads to an unknown",
        ),
        ("counties.geojson", '"adcode": "990101"', '"adcode": "990109"', r"counties\.geojson: differs from"),
        ("town_cells.geojson", "{", "", r"town_cells\.geojson: no readable GeoJSON"),
    ],
)
def test_a_broken_row_stops_the_load_with_file_and_line(
    session: Session, spoil_tiny: Spoil, file: str, old: str, new: str, message: str
) -> None:
    folder = spoil_tiny(file, old, new)
    with pytest.raises(SeedError, match=message):
        load_region(session, folder=folder, now=NOW)
    assert session.get(Region, "tiny") is None
    assert not session.new and not session.dirty
