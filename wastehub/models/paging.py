"""One page of a list: the rows asked for, and count and sums over all that the filter lets through."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_
from sqlalchemy.orm import Session


def page_of(
    session: Session,
    query: Select[Any],
    *,
    order: Mapping[str, ColumnElement[Any] | Any],
    sort: str,
    descending: bool,
    limit: int,
    offset: int,
    sums: Mapping[str, Any] | None = None,
    scalars: bool = True,
) -> tuple[list[Any], int, dict[str, int]]:
    """Rows, count, sums. `order` maps a list column to what it sorts by, `sums` to what it adds up.

    The last resort of every order is the primary key, so that pages neither repeat nor skip rows.
    """
    facts = query.with_only_columns(
        func.count(), *(func.coalesce(func.sum(each), 0) for each in (sums or {}).values()),
        maintain_column_froms=True,
    ).order_by(None)  # fmt: skip
    count, *totals = session.execute(facts).one()
    key = order[sort]
    table = query.column_descriptions[0]["entity"]
    last = [] if table is None else list(table.__table__.primary_key.columns)
    query = query.order_by(key.desc() if descending else key.asc(), *last).limit(limit).offset(offset)
    found: Any = session.scalars(query) if scalars else session.execute(query)
    rows = list(found)
    return rows, int(count), {name: int(total) for name, total in zip(sums or {}, totals, strict=True)}


def matching(text: str, *columns: Any) -> ColumnElement[bool]:
    """Rows in which every word of the text stands in one of the columns."""
    return and_(*(or_(*(each.contains(word, autoescape=True) for each in columns)) for word in text.split()))
