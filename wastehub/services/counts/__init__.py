"""Daily counts of a store 日盘点: open, mark what is there, close, sign; and how far each store got."""

from .boards import CountBoard, CountRow, SiteDays, StoreToday, board, site_days, today_board, unsigned_sites
from .closing import close
from .opening import drop, open_count, refresh
from .reading import Mark, mark
from .signing import sign

__all__ = [
    "CountBoard",
    "CountRow",
    "Mark",
    "SiteDays",
    "StoreToday",
    "board",
    "close",
    "drop",
    "mark",
    "open_count",
    "refresh",
    "sign",
    "site_days",
    "today_board",
    "unsigned_sites",
]
