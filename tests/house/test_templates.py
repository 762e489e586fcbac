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


def functions(area: str) -> list[ast.FunctionDef]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in area_sources(area)]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def rendered() -> dict[str, set[str]]:
    """template -> areas whose pages render it."""
    found: dict[str, set[str]] = defaultdict(set)
    for area in sorted({path.relative_to(PAGES).with_suffix("").parts[0] for path in PAGES.rglob("*.py")}):
        for function in functions(area):
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and str(node.value).endswith(".html"):
                    found[str(node.value)].add(area)
    return found


def test_every_template_has_the_view_of_its_name() -> None:
    """A view may leave the drawing to a helper that the refused form shares with it."""
    by_template = rendered()
    without = []
    for path in sorted(TEMPLATES.glob("*/**/*.html")):
        name = path.relative_to(TEMPLATES)
        area = name.parts[0]
        # A leading underscore marks a part of a page, rendered by the page or for htmx.
        if area in NOT_PAGES or path.name.startswith("_"):
            continue
        views = {function.name for function in functions(area)}
        if path.stem not in views or area not in by_template[name.as_posix()]:
            without.append(f"{name}: no view {path.stem}() in wastehub/web/pages/{area} renders it")
    assert without == []


def test_every_template_that_a_page_names_exists() -> None:
    missing = [f"{views}: {name}" for name, views in rendered().items() if not (TEMPLATES / name).is_file()]
    assert missing == []


def test_every_template_parses() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
    for path in sorted(TEMPLATES.rglob("*.html")):
        environment.parse(path.read_text(encoding="utf-8"), filename=str(path))
