"""The gallery of all macros renders in both languages, and keeps to the content security policy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from tests.web.gallery import PAGES, ROOT, gallery_app

NAMES = sorted(path.stem for path in PAGES.glob("*.html"))
TRANSLATIONS = ROOT / "wastehub" / "translations" / "en"
ICON = re.compile(r"""icon\(\s*"([a-z-]+)""")


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return gallery_app().test_client()


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client in English, with the fragments of the look compiled for it alone."""
    merged = Catalog(locale="en")
    for name in ("common.po", "errors.po"):
        with (TRANSLATIONS / name).open("rb") as file:
            for message in read_po(file, locale="en", abort_invalid=True):
                if message.id:
                    merged.add(message.id, message.string, flags=message.flags)
    folder = tmp_path_factory.mktemp("translations")
    (folder / "en" / "LC_MESSAGES").mkdir(parents=True)
    with (folder / "en" / "LC_MESSAGES" / "messages.mo").open("wb") as file:
        write_mo(file, merged)
    return gallery_app("en", folder).test_client()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_gallery_renders_without_inline_style_or_script(
    client: FlaskClient, name: str
) -> None:
    answer = client.get(f"/{name}")
    assert answer.status_code == 200
    assert re.search(r"<[^>]*\sstyle\s*=", answer.text) is None
    assert re.search(r"<[^>]*\son[a-z]+\s*=", answer.text) is None
    assert re.search(r"<style|<script(?![^>]*\ssrc=)", answer.text) is None
    assert not re.search(r"hx-on|hx-vals=.js:", answer.text)


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_unique_and_references_lead_somewhere(client: FlaskClient, name: str) -> None:
    text = client.get(f"/{name}").text
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
        for value in re.findall(rf'\s{attribute}="([^"]+)"', text):
            assert set(value.split()) <= set(ids), (attribute, value)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_gallery_renders_in_english(english: FlaskClient, name: str) -> None:
    answer = english.get(f"/{name}")
    assert answer.status_code == 200
    assert '<html lang="en">' in answer.text
    assert (
        "Skip to content" in answer.text or 'class="driver"' in answer.text or 'class="plain' in answer.text
    )


def test_a_form_carries_its_token_its_version_and_its_idempotency_key(client: FlaskClient) -> None:
    text = client.get("/form").text
    assert re.search(r'name="csrf_token" value="[^"]{20,}"', text)
    assert 'name="version" value="3"' in text
    assert 'name="idempotency_key" value="0199-gallery"' in text


def test_an_error_is_tied_to_its_field_and_listed_at_the_top(client: FlaskClient) -> None:
    text = client.get("/form").text
    assert 'href="#field-mass_kg"' in text
    field = re.search(r'<input[^>]*name="mass_kg"[^>]*>', text)
    assert field
    assert 'aria-invalid="true"' in field[0]
    assert "error-mass_kg" in field[0]


def test_an_empty_list_teaches_the_next_step_and_offers_no_export(client: FlaskClient) -> None:
    text = client.get("/empty").text
    assert "登记第一批" in text
    assert "export=" not in text


def test_the_error_page_says_what_and_what_next_with_and_without_a_person(client: FlaskClient) -> None:
    for someone in (client, gallery_app(viewer=False).test_client()):
        answer = someone.get("/error")
        assert answer.status_code == 404
        assert "请从列表中重新打开" in answer.text
        assert "object.not_found" in answer.text
        assert "a1b2c3" in answer.text


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    names = set(json.loads((ROOT / "wastehub/frontend/src/icons.json").read_text(encoding="utf-8")))
    for path in Path(ROOT / "templates").rglob("*.html"):
        assert set(ICON.findall(path.read_text(encoding="utf-8"))) <= names, path
    menus = (ROOT / "wastehub/web/navigation.py").read_text(encoding="utf-8")
    assert set(re.findall(r'\), "([a-z-]+)", (?:True|False)\)', menus)) <= names


def test_the_guide_shows_every_macro() -> None:
    guide = (ROOT / "docs" / "look.md").read_text(encoding="utf-8")
    inner = {"shell", "tied", "value", "summary", "pages", "mark", "print_button"}
    for path in (ROOT / "templates" / "_macros").glob("*.html"):
        for name in re.findall(r"{%-? macro (\w+)\(", path.read_text(encoding="utf-8")):
            assert name in inner or re.search(rf"\b{name}\b", guide), f"{path.name}: {name}"
