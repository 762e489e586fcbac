"""Running numbers that never repeat: one counter per series."""

from collections.abc import Mapping

from sqlalchemy import Integer, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from ..db import Base, beside


class NumberSeries(Base):
    """The last number given out in a series, e.g. "HWCS/<unit>/20261123"."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(String(120), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


def take_numbers(session: Session, wanted: Mapping[str, int]) -> dict[str, range]:
    """Reserve running numbers: for each series the range that now belongs to the caller.

    The counters are locked until the transaction ends, so two people never get the same number.
    """
    if not wanted:
        return {}
    # In the order of their names: two acts that want the same series never wait for each other.
    asked = [{"series": name, "last": wanted[name]} for name in sorted(wanted)]
    connection = beside(session)
    found = connection.execute(_TAKE[connection.dialect.name], asked)
    return {name: range(last + 1 - wanted[name], last + 1) for name, last in found}


def _take(dialect: str) -> ReturningInsert[str, int]:
    """Count a series on, from 0 if it is new, and tell where it stands then."""
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(NumberSeries)
    on = NumberSeries.last + insert.excluded.last
    counted = insert.on_conflict_do_update(index_elements=["series"], set_={"last": on})
    return counted.returning(NumberSeries.series, NumberSeries.last)


_TAKE = {dialect: _take(dialect) for dialect in ("sqlite", "postgresql")}
