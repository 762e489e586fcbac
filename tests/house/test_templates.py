"""`dispatcher.plan_day` renders templates/dispatcher/plan_day.html: view name = file name."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
PAGES = ROOT / "wastehub" / "web" / "pages"
NOT_PAGES = {"_macros", "errors"}


def area_sources(area: str) -> list[Path]:
    """The module of an area, or the modules of its package."""
    module, package = PAGES / f"{area}.py", PAGES / area
    return [module] if module.is_file() else sorted(package.glob("*.py"))


def rendered() -> dict[str, set[str]]:
    """template -> "area.function" of each page function that renders it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PAGES.rglob("*.py"):
        area = path.relative_to(PAGES).with_suffix("").parts[0]
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and node.value.endswith(".html")
                ):
                    found[node.value].add(f"{area}.{function.name}")
    return found


def test_every_template_has_the_view_of_its_name() -> None:
    by_template = rendered()
    without = []
    for path in sorted(TEMPLATES.glob("*/**/*.html")):
        name = path.relative_to(TEMPLATES)
        area = name.parts[0]
        # A leading underscore marks a part of a page, rendered by the page or for htmx.
        if area in NOT_PAGES or path.name.startswith("_"):
            continue
        if f"{area}.{path.stem}" not in by_template[name.as_posix()]:
            without.append(f"{name}: no function {path.stem}() in wastehub/web/pages/{area}.py renders it")
    assert without == []


def test_every_template_that_a_page_names_exists() -> None:
    missing = [f"{views}: {name}" for name, views in rendered().items() if not (TEMPLATES / name).is_file()]
    assert missing == []


def test_every_template_parses() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
    for path in sorted(TEMPLATES.rglob("*.html")):
        environment.parse(path.read_text(encoding="utf-8"), filename=str(path))
