"""Photos that crews took, as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..models.scans import Scan
from . import words

ACTS = {"load": _l("装车"), "refuse": _l("拒绝装车"), "unload_back": _l("撤销装车")}


def shown(taken: Iterable[tuple[Scan, int | None]]) -> list[dict[str, Any]]:
    """For _macros/photos.html: address, time, and what the picture was taken for."""
    rows = []
    for scan, stop_seq in taken:
        parts = [_("第 %(stop)s 站", stop=stop_seq)] if stop_seq else []
        parts.append(f"…{scan.label_code[-11:]}")
        parts += [words.reason(scan.reason)] if scan.reason else []
        rows.append(
            {
                "href": url_for("api_photos.show", sha256=scan.photo_sha256),
                "at": scan.scanned_at,
                "title": str(words.of(ACTS, scan.kind)),
                "text": " · ".join([*parts, scan.note] if scan.note else parts),
            }
        )
    return rows
