"""Every menu entry leads to a page that its role may open."""

from __future__ import annotations

import pytest
from flask import Flask, url_for

from wastehub.domain import roles
from wastehub.web.navigation import HOME, MENUS


@pytest.mark.parametrize("role", roles.ROLES)
def test_each_entry_of_a_menu_may_be_opened_by_its_role(app: Flask, role: str) -> None:
    endpoints = [entry for _title, items in MENUS[role] for entry, *_rest in items]
    assert HOME[role] == endpoints[0]
    with app.test_request_context():
        for endpoint in endpoints:
            url_for(endpoint)
            assert roles.may(role, app.view_functions[endpoint].wh_action), endpoint


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_phone_shows_at_most_five_entries_below(role: str) -> None:
    shown = [phone for _title, items in MENUS[role] for *_entry, phone in items]
    assert 1 <= sum(shown) <= 5
