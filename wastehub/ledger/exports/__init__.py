"""What leaves the house: evidence bundles, EPCIS, HJ 1259 tables, CSV. Reads the log, writes files."""

from ..audit import take_snapshot
from . import epcis, hj1259, tables
from .bundles import Made, NothingSealed, sealed_at, write_bundle
from .forms import FORMS, write
from .scopes import Scope, UnknownScope, resolved
from .telling import Told, ToldLine, told

__all__ = [
    "FORMS",
    "Made",
    "NothingSealed",
    "Scope",
    "Told",
    "ToldLine",
    "UnknownScope",
    "epcis",
    "hj1259",
    "resolved",
    "sealed_at",
    "tables",
    "take_snapshot",
    "told",
    "write",
    "write_bundle",
]
