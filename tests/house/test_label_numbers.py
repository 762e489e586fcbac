"""The migration gives every container that is there already the short number it would have been given."""

from __future__ import annotations

import runpy
from uuid import UUID

import sqlalchemy as sa

from wastehub.domain import label_codes
from wastehub.paths import data_dir

COUNT = 6_000  # more than one part of the migration


def test_existing_containers_get_their_numbers(monkeypatch) -> None:
    migration = runpy.run_path(str(data_dir("migrations") / "versions" / "0008_label_codes.py"))
    table = sa.Table(
        "containers",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("short_no", sa.Integer()),
    )
    ids = [UUID(int=at) for at in range(1, COUNT + 1)]
    twin = label_codes.draw_number(ids[0])
    drawn = label_codes.draw_number
    monkeypatch.setattr(
        label_codes,
        "draw_number",
        lambda each, attempt=0: twin if (each, attempt) == (ids[1], 0) else drawn(each, attempt),
    )
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(sa.insert(table), [{"id": each} for each in ids])
        migration["_draw_numbers"](connection)
        found = {row.id: row.short_no for row in connection.execute(sa.select(table))}
    engine.dispose()
    assert len(set(found.values())) == COUNT
    assert found[ids[0]] == twin
    assert found[ids[1]] == drawn(ids[1], 1)
    assert found[ids[2]] == drawn(ids[2])
