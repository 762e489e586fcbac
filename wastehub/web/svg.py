"""Small pieces of SVG that maps and charts share."""

from __future__ import annotations

from markupsafe import Markup


def linked(inner: Markup, href: str, label: str) -> Markup:
    return Markup('<a href="{}" aria-label="{}">{}</a>').format(href, label, inner) if href else inner


def titled(text: str) -> Markup:
    return Markup("<title>{}</title>").format(text) if text else Markup("")
