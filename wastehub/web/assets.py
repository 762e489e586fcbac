"""Addresses of the built front-end files: `asset("app.css")` in templates."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, url_for

DIST = Path(__file__).resolve().parent.parent / "static" / "dist"


def register(app: Flask, dist: Path = DIST) -> None:
    """Read the manifest of the build once and give templates the function `asset(name)`."""
    manifest: dict[str, str] = {}
    listing = dist / "manifest.json"
    if listing.is_file():
        manifest = json.loads(listing.read_text(encoding="utf-8"))

    def asset(name: str) -> str:
        # Before the first build the plain name is as good as any: the page works without style.
        return url_for("static", filename=f"dist/{manifest.get(name, name)}")

    app.jinja_env.globals["asset"] = asset
