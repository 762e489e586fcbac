"""Code -> (Chinese, English): what happened, what it means, what to do next.

One module per area; `TABLES` joins them and refuses two meanings for one code.
"""

from . import common

_PARTS = (common.TABLE,)

TABLES: dict[str, tuple[str, str]] = {}
for _part in _PARTS:
    for _code, _texts in _part.items():
        assert _code not in TABLES, f"{_code} is explained twice"
        TABLES[_code] = _texts
