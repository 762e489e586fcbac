"""The generator's own desk: its store, its papers, the fate of its waste."""

from .fates import BatchView, FateRow, batch_view, fate_list, place_names
from .home import Overview, Visit, overview, visits
from .papers import Check, Papers, compliance, papers, worst
from .shelves import StockRow, requestable, stock_list

__all__ = [
    "BatchView",
    "Check",
    "FateRow",
    "Overview",
    "Papers",
    "StockRow",
    "Visit",
    "batch_view",
    "compliance",
    "fate_list",
    "overview",
    "papers",
    "place_names",
    "requestable",
    "stock_list",
    "visits",
    "worst",
]
