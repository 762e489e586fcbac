"""What a request says, by schemas that are made once.

webargs makes a schema anew for each request, with all that is nested in it: for a batch that takes as long as
reading the batch from it.
"""

from __future__ import annotations

import functools
from typing import Any

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser


class Parser(FlaskParser):
    """flask-smorest's own, but for the life of its schemas."""

    def _get_schema(self, argmap: Any, req: Request) -> Schema:
        made = _made(argmap) if isinstance(argmap, type) else argmap
        return super()._get_schema(made, req)


@functools.cache
def _made(schema: type[Schema]) -> Schema:
    return schema()


def init() -> None:
    """For all blueprints of the API that are made from now on."""
    Blueprint.ARGUMENTS_PARSER = Parser()
