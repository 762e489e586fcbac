"""JSON bodies are looked at before anything reads them: size, number of parts, depth.

A list is judged element by element before its length is, so a few megabytes of empty objects would keep a
core busy for minutes; a hundred thousand brackets or digits would end in a crash instead of a refusal.
"""

from __future__ import annotations

import re

import orjson
from flask import Flask, abort, request

BYTES_MAX = 4_000_000
# Objects, lists and commas together. The largest honest body, 500 batches of 60 containers, has some 70,000.
PARTS_MAX = 100_000
DEPTH_MAX = 32
DIGITS = re.compile(rb"[0-9]{1000}")


def init_app(app: Flask) -> None:
    app.before_request(refuse_hostile)


def refuse_hostile() -> None:
    """413 for what is too much, 400 for what nobody could read."""
    if not request.is_json:
        return
    if (request.content_length or 0) > BYTES_MAX:
        abort(413)
    body = request.get_data(cache=True)
    if len(body) > BYTES_MAX or sum(map(body.count, (b"{", b"[", b","))) > PARTS_MAX:
        abort(413)
    if body and (DIGITS.search(body) or not _is_shallow(body)):
        abort(400)


def _is_shallow(body: bytes) -> bool:
    """Whether it is JSON that is nested at most DEPTH_MAX deep."""
    try:
        level = [orjson.loads(body)]
    except orjson.JSONDecodeError:
        return False
    for _ in range(DEPTH_MAX + 1):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return True
    return False
