"""Code -> (Chinese, English): what happened, what it means, what to do next.

One module per area, each with a `TABLE`; `TABLES` joins them and refuses two meanings for one code.
"""

import pkgutil
from importlib import import_module

TABLES: dict[str, tuple[str, str]] = {}
for _module in pkgutil.iter_modules(__path__):
    for _code, _texts in import_module(f"{__name__}.{_module.name}").TABLE.items():
        assert _code not in TABLES, f"{_code} is explained twice"
        TABLES[_code] = _texts
