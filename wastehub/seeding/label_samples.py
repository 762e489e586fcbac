"""Labels of invented firms (示例) without a database: for specimens, benchmarks and printer tests."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from uuid import UUID

from ..domain import batch_numbers, credit_codes, label_codes, labels, precautions
from ..ledger.signing import Signer
from ..paths import data_dir
from ..services.label_keys import Sealer
from ..services.labels import LabelFields
from . import names
from .packing import PACKING, Packing

ORIGIN = "wastehub.specimen/labels"
_COUNTIES = (("330402", "南湖区"), ("330411", "秀洲区"), ("330481", "海宁市"), ("330483", "桐乡市"))
_FIRST_ON = date(2026, 3, 1)


def specimen_sealer() -> Sealer:
    """A key that no installation publishes: a scanned specimen is never taken for a genuine label."""
    return Sealer(Signer.from_seed(b"a specimen proves nothing at all"), ORIGIN)


def samples(count: int, *, seed: int = 1) -> Iterator[LabelFields]:
    """`count` labels, the same for the same seed."""
    rng = Random(seed)
    wastes, categories, types = _reference()
    codes = sorted(code for code in PACKING if code in wastes)
    for at in range(count):
        waste = wastes[codes[at % len(codes)]]
        packing = PACKING[waste["code"]]
        kind = types[packing.kinds[at // len(codes) % len(packing.kinds)][0]]
        yield _sample(rng, at, waste, categories[waste["category_code"]], packing, kind)


def _reference() -> tuple[dict[str, dict[str, str]], dict[str, str], dict[str, dict[str, str]]]:
    """Wastes, names of categories, container types; by code."""
    categories = {code: row["name_zh"] for code, row in _table("waste_categories.csv").items()}
    return _table("waste_codes.csv"), categories, _table("container_types.csv")


def _table(name: str) -> dict[str, dict[str, str]]:
    with (data_dir("seed") / "reference" / name).open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def _sample(
    rng: Random, at: int, waste: dict[str, str], category: str, packing: Packing, kind: dict[str, str]
) -> LabelFields:
    area, county = _COUNTIES[at % len(_COUNTIES)]
    produced_on = _FIRST_ON + timedelta(days=at % 28)
    container_id = UUID(int=rng.getrandbits(128))
    size = labels.label_size(int(kind["volume_l"]))
    letters = tuple(waste["hazards"].split("/"))
    credit_code = credit_codes.demo_code(area, at % 1_000_000)
    return LabelFields(
        container_id=container_id,
        label_code=labels.identification_code(credit_code, waste["code"], produced_on, 1 + at % 999),
        short_no=label_codes.draw_number(container_id),
        waste_name=waste["name_zh"],
        catalogue_name=waste["name_zh"],
        category_code=waste["category_code"],
        category_name=category,
        waste_code=waste["code"],
        form=packing.form,
        hazards=letters,
        main_components=packing.components,
        harmful_components=packing.harmful,
        precautions=precautions.precautions_zh(letters),
        unit_name=names.firm_name(rng, county_zh=county, industry="machining", serial=at % 10_000)[0],
        contact=f"示例 1380000{at % 10_000:04d}",
        produced_on=produced_on,
        mass_g=rng.randrange(50, int(kind["payload_max_g"]) // 100) * 100,
        batch_no=batch_numbers.batch_number("generation", produced_on, 1 + at % 999),
        note="",
        container_name=kind["name_zh"],
        side_mm=size.side_mm,
        text_height_mm=size.text_height_mm,
        copies=size.copies,
        prints=0,
        state="registered",
    )
