"""Running numbers that never repeat: one counter per series."""

from collections.abc import Mapping

from sqlalchemy import Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db import Base


class NumberSeries(Base):
    """The last number given out in a series, e.g. "HWCS/<unit>/20261123"."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(String(120), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


def take_numbers(session: Session, wanted: Mapping[str, int]) -> dict[str, range]:
    """Reserve running numbers: for each series the range that now belongs to the caller.

    The counters are locked until the transaction ends, so two people never get the same number.
    """
    names = sorted(wanted)
    rows: dict[str, NumberSeries] = {}
    for start in range(0, len(names), 500):
        query = select(NumberSeries).where(NumberSeries.series.in_(names[start : start + 500]))
        rows.update({row.series: row for row in session.scalars(query.with_for_update())})
    taken: dict[str, range] = {}
    for name in names:
        row = rows.get(name)
        if row is None:
            row = NumberSeries(series=name, last=0)
            session.add(row)
        taken[name] = range(row.last + 1, row.last + 1 + wanted[name])
        row.last += wanted[name]
    session.flush()
    return taken
