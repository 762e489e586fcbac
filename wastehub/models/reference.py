"""Law and lists: what the product knows before anybody has done anything.

Rows come from `seed/` through `wastehub.seeding`; each carries its source, and what can change by law
carries the days on which it is in force. Nothing here is ever deleted: old records are judged by the
rows of their day.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base, BigKey, Grams, asked, beside
from ..domain.errors import NotFound

# How `WasteCode.group_source` begins when an administrator of this installation assigned the group:
# the loader of seed data then leaves the group alone.
DECIDED_HERE = "administrator"


class WasteCategory(Base):
    """废物类别: one of the 46 categories of the national catalogue, "HW08"."""

    __tablename__ = "waste_categories"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    edition: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(Text)


class SegregationGroup(Base):
    """相容性分组: wastes of one group behave alike when they meet another group."""

    __tablename__ = "segregation_groups"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, unique=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    description_zh: Mapped[str] = mapped_column(Text)
    description_en: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class SegregationPair(Base):
    """How two groups may meet: C together, S apart by a partition, F never on one trip.

    One row per unordered pair, `group_a` at or before `group_b` in the order of the groups' codes.
    """

    __tablename__ = "segregation_pairs"

    group_a: Mapped[str] = mapped_column(ForeignKey("segregation_groups.code"), primary_key=True)
    group_b: Mapped[str] = mapped_column(ForeignKey("segregation_groups.code"), primary_key=True)
    relation: Mapped[str] = mapped_column(String(1))
    reason_zh: Mapped[str] = mapped_column(Text)
    reason_en: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class WasteCode(Base):
    """废物代码: one eight-digit waste of the national catalogue, "900-249-08".

    `hazards` letters joined by "/" in the catalogue's order. `group_code` empty: the waste travels
    alone until an administrator assigns a group. `group_excludes_liquid`: the group was given for
    sludge or solids (plating sludge, dried glue) and says nothing of a liquid under the same code;
    ask `group_for`. `group_source` begins with DECIDED_HERE when an administrator assigned it.
    `unverified_against_2025`: confirmed in the 2021 edition only.
    `aliases_zh` trade names joined by ";". For the search: `search_text`, the normalised name and
    trade names, and `pinyin_initials`, the first letters of both.
    """

    __tablename__ = "waste_codes"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("waste_categories.code"), index=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(160))
    industry_zh: Mapped[str] = mapped_column(String(60))
    hazards: Mapped[str] = mapped_column(String(20))
    typical_form: Mapped[str] = mapped_column(String(12))
    micro: Mapped[bool]
    edition: Mapped[str] = mapped_column(String(10))
    effective_from_on: Mapped[date]
    effective_until_on: Mapped[date | None]
    unverified_against_2025: Mapped[bool]
    group_code: Mapped[str | None] = mapped_column(ForeignKey("segregation_groups.code"), index=True)
    group_excludes_liquid: Mapped[bool] = mapped_column(default=False)
    group_reason_zh: Mapped[str] = mapped_column(Text, default="")
    group_reason_en: Mapped[str] = mapped_column(Text, default="")
    group_source: Mapped[str] = mapped_column(Text, default="")
    aliases_zh: Mapped[str] = mapped_column(String(120), default="")
    search_text: Mapped[str] = mapped_column(String(200))
    pinyin_initials: Mapped[str] = mapped_column(String(160))
    source: Mapped[str] = mapped_column(Text)

    @property
    def hazard_letters(self) -> tuple[str, ...]:
        return tuple(self.hazards.split("/"))

    def group_for(self, form: str) -> str | None:
        """The segregation group of this waste in a form (liquid, sludge, ...); None travels alone."""
        return None if self.group_excludes_liquid and form == "liquid" else self.group_code


class ContainerType(Base):
    """容器类型: what waste is packed in. `floor_places_milli`: 1000 is the floor of one 200 L drum."""

    __tablename__ = "container_types"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    material_zh: Mapped[str] = mapped_column(String(40))
    material_en: Mapped[str] = mapped_column(String(60))
    volume_l: Mapped[int]
    tare_g: Mapped[int] = mapped_column(Grams)
    payload_max_g: Mapped[int] = mapped_column(Grams)
    floor_places_milli: Mapped[int]
    takes_liquid: Mapped[bool]
    effective_from_on: Mapped[date]
    effective_until_on: Mapped[date | None]
    certainty: Mapped[str] = mapped_column(String(1))
    source: Mapped[str] = mapped_column(Text)


class MethodCode(Base):
    """利用/处置方式代码 (HJ 1033 annex F): "R9", "D10". `kind` is utilisation or disposal."""

    __tablename__ = "method_codes"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(160))
    certainty: Mapped[str] = mapped_column(String(1))
    source: Mapped[str] = mapped_column(Text)


class LegalLimit(Base):
    """A number that law or configuration sets, with the days on which it holds.

    `certainty` P read in the text, S in a secondary source, N a design default. `kind` is law for
    what binds everybody and configuration for what an installation may set.
    """

    __tablename__ = "legal_limits"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    effective_from_on: Mapped[date] = mapped_column(primary_key=True)
    effective_until_on: Mapped[date | None]
    value_int: Mapped[int] = mapped_column(Grams)
    unit: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(13))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(200))
    certainty: Mapped[str] = mapped_column(String(1))
    source: Mapped[str] = mapped_column(Text)


class Region(Base):
    """A city that runs WasteHub. `province_code` and `city_code` stand in manifest numbers (Art. 15)."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    province_code: Mapped[str] = mapped_column(String(2))
    city_code: Mapped[str] = mapped_column(String(2))
    map_credit_zh: Mapped[str] = mapped_column(Text)
    map_credit_en: Mapped[str] = mapped_column(Text)


class Area(Base):
    """行政区: city, county or town, by its statistical code. `industrial_weight_ppm` within the county."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), index=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"), index=True)
    level: Mapped[str] = mapped_column(String(6))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    lon_e6: Mapped[int]
    lat_e6: Mapped[int]
    industrial_weight_ppm: Mapped[int]
    certainty: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class Industry(Base):
    """行业: what a small firm does, with its GB/T 4754 classes (organisations.industry is this code)."""

    __tablename__ = "industries"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    gb_t_4754: Mapped[str] = mapped_column(String(40))


class Tariff(Base):
    """收费标准: price of one category in one region, from a day on. Demo figures unless `certainty` P."""

    __tablename__ = "tariffs"
    __table_args__ = (UniqueConstraint("region_code", "category_code", "effective_from_on"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    category_code: Mapped[str] = mapped_column(ForeignKey("waste_categories.code"))
    price_fen_per_kg: Mapped[int]
    minimum_fen: Mapped[int]
    effective_from_on: Mapped[date]
    effective_until_on: Mapped[date | None]
    certainty: Mapped[str] = mapped_column(String(1))
    source: Mapped[str] = mapped_column(Text)


class PlantMethod(Base):
    """What a plant does with a category (HW08) or single code (900-039-49); a code wins over its category."""

    __tablename__ = "plant_methods"

    plant_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    covers: Mapped[str] = mapped_column(String(10), primary_key=True)
    method_code: Mapped[str] = mapped_column(ForeignKey("method_codes.code"))


# --- questions asked of the tables -----------------------------------------------------------------


def in_force(
    table: type[WasteCode] | type[ContainerType] | type[LegalLimit] | type[Tariff],
    on: date | BindParameter[date],
) -> ColumnElement[bool]:
    """The condition that a row is in force on the Shanghai date `on` (last day included)."""
    until = table.effective_until_on
    return and_(table.effective_from_on <= on, or_(until.is_(None), until >= on))


# Asked by nearly every act: built once, because building one costs more than running it.
_ON: BindParameter[date] = bindparam("on", type_=Date)
_LIMITS = (
    select(LegalLimit.key, LegalLimit.value_int)
    .where(in_force(LegalLimit, _ON))
    .order_by(LegalLimit.effective_from_on)
)
_CONTAINER_TYPES = (
    select(ContainerType)
    .where(in_force(ContainerType, _ON))
    .order_by(ContainerType.volume_l, ContainerType.code)
)
_NAMED_TYPES = asked(_CONTAINER_TYPES, ContainerType.code)


def waste_code(session: Session, code: str) -> WasteCode:
    """The catalogue row of "900-249-08". Raises NotFound(waste_code.unknown)."""
    row = session.get(WasteCode, code)
    if row is None:
        raise NotFound("waste_code.unknown", field="waste_code", given=code)
    return row


def waste_codes(session: Session, codes: Iterable[str]) -> dict[str, WasteCode]:
    """The catalogue rows of many codes at once. Raises NotFound(waste_code.unknown) for the first missing."""
    wanted = set(codes)
    rows = {row.code: row for row in session.scalars(select(WasteCode).where(WasteCode.code.in_(wanted)))}
    for code in sorted(wanted - rows.keys()):
        raise NotFound("waste_code.unknown", field="waste_code", given=code)
    return rows


def search_waste_codes(
    session: Session, text: str, limit: int = 20, *, on: date | None = None
) -> list[WasteCode]:
    """Codes that fit what a person typed, best first; all words must fit.

    A word fits by digits ("900249", "249-08"), category ("HW08"), Chinese name or trade name,
    initials of the pinyin ("fjy"), or English. `on` keeps only rows in force that day.
    """
    words = unicodedata.normalize("NFKC", text).lower().split()
    if not words:
        return []
    query = select(WasteCode).where(*(_fits(word) for word in words))
    if on is not None:
        query = query.where(in_force(WasteCode, on))
    return list(session.scalars(query.order_by(*_best_first(words)).limit(limit)))


_DIGITS = func.replace(WasteCode.code, "-", "")


def _fits(word: str) -> ColumnElement[bool]:
    digits = word.replace("-", "")
    if digits.isdecimal():
        return _DIGITS.contains(digits, autoescape=True)
    if re.fullmatch(r"hw\d{1,2}", word):
        return WasteCode.category_code.startswith(word.upper(), autoescape=True)
    if word.isascii():
        return or_(
            WasteCode.pinyin_initials.contains(word, autoescape=True),
            func.lower(WasteCode.name_en).contains(word, autoescape=True),
        )
    return WasteCode.search_text.contains(word, autoescape=True)


def _best_first(words: list[str]) -> tuple[Any, ...]:
    """Digits from the left first; then what small firms have; then names that begin as typed."""
    by_digits = case((_DIGITS.startswith(words[0].replace("-", ""), autoescape=True), 0), else_=1)
    by_name = case(
        (WasteCode.search_text.startswith(words[0], autoescape=True), 0),
        (WasteCode.pinyin_initials.startswith(words[0], autoescape=True), 0),
        (func.lower(WasteCode.name_en).contains(" ".join(words), autoescape=True), 1),
        else_=2,
    )
    return (by_digits, WasteCode.micro.desc(), by_name, WasteCode.code)


def groups_by_code(session: Session, codes: Iterable[str]) -> dict[str, str | None]:
    """The segregation group of each waste code; None means: travels alone."""
    query = select(WasteCode.code, WasteCode.group_code).where(WasteCode.code.in_(set(codes)))
    return {code: group for code, group in session.execute(query)}


def segregation_groups(session: Session) -> list[SegregationGroup]:
    """All groups in the order of the matrix."""
    return list(session.scalars(select(SegregationGroup).order_by(SegregationGroup.position)))


def matrix(session: Session) -> dict[tuple[str, str], str]:
    """Relation C, S or F of every unordered pair of groups, for `domain.segregation.Matrix`."""
    query = select(SegregationPair.group_a, SegregationPair.group_b, SegregationPair.relation)
    return {(a, b): relation for a, b, relation in session.execute(query)}


def pair(session: Session, a: str, b: str) -> SegregationPair:
    """The row of two groups with reason and source, in whatever order they are named."""
    first, second = sorted((a, b))
    row = session.get(SegregationPair, (first, second))
    if row is None:
        raise NotFound("segregation.group_unknown", group_a=a, group_b=b)
    return row


def legal_limit(session: Session, key: str, on: date) -> int:
    """The number in force on a Shanghai date, in the unit its row names.

    Raises NotFound(limit.not_in_force): a missing limit is an installation error, never a guess.
    """
    query = select(LegalLimit.value_int).where(LegalLimit.key == key, in_force(LegalLimit, on))
    value = session.scalars(query.order_by(LegalLimit.effective_from_on.desc()).limit(1)).first()
    if value is None:
        raise NotFound("limit.not_in_force", key=key, on=on)
    return value


def legal_limits(session: Session, on: date) -> dict[str, int]:
    """Every number in force on a Shanghai date by key."""
    return {key: value for key, value in beside(session).execute(_LIMITS, {"on": on}).all()}


def container_types(
    session: Session, on: date, codes: Collection[str] | None = None
) -> dict[str, ContainerType]:
    """Container types in force on a Shanghai date by code, smallest first; all of them, or those named."""
    if codes is None:
        return {row.code: row for row in session.scalars(_CONTAINER_TYPES, {"on": on})}
    return {row.code: row for row in session.scalars(*_NAMED_TYPES.of(sorted(codes), on=on))}


def container_type_names(session: Session) -> dict[str, tuple[str, str]]:
    """Chinese and English name of every container type there ever was."""
    query = select(ContainerType.code, ContainerType.name_zh, ContainerType.name_en)
    return {code: (name_zh, name_en) for code, name_zh, name_en in session.execute(query)}


def method_codes(session: Session) -> dict[str, MethodCode]:
    """Utilisation and disposal methods by code."""
    return {row.code: row for row in session.scalars(select(MethodCode).order_by(MethodCode.code))}


def tariffs(session: Session, region_code: str, on: date) -> dict[str, Tariff]:
    """The tariff in force in a region on a Shanghai date by category."""
    query = select(Tariff).where(Tariff.region_code == region_code, in_force(Tariff, on))
    return {row.category_code: row for row in session.scalars(query.order_by(Tariff.effective_from_on))}


def areas(session: Session, *, region_code: str, level: str | None = None) -> dict[str, Area]:
    """Areas of a region by code, of one level (city, county, town) or of all."""
    query = select(Area).where(Area.region_code == region_code).order_by(Area.code)
    if level is not None:
        query = query.where(Area.level == level)
    return {row.code: row for row in session.scalars(query)}


def plant_methods(session: Session, plant_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """For each plant: category or single code -> method code."""
    query = select(PlantMethod).where(PlantMethod.plant_id.in_(list(plant_ids)))
    found: dict[UUID, dict[str, str]] = {}
    for row in session.scalars(query):
        found.setdefault(row.plant_id, {})[row.covers] = row.method_code
    return found
