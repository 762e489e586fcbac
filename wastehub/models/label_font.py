"""Which characters can be printed on a label: the coverage of the label font, measured at build time."""

import json
from functools import cache

from .. import paths

_COVERAGE = paths.DIST / "label-font-coverage.json"


@cache
def coverage() -> tuple[tuple[int, int], ...]:
    """Sorted inclusive ranges of code points. Raises FileNotFoundError when the assets were not built."""
    ranges = json.loads(_COVERAGE.read_text(encoding="utf-8"))
    return tuple((int(first), int(last)) for first, last in ranges)
