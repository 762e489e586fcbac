"""Photos over HTTP: one multipart field `photo`; the answer names it by its content."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import Schema, fields

from ...services import photos
from ..acting import Act, acting, viewing
from ..context import settings

api = Blueprint("api_photos", __name__, description="Photos / 照片")


class PhotoFileSchema(Schema):
    photo = Upload(required=True)


class PhotoSchema(Schema):
    sha256 = fields.String()
    media_type = fields.String()
    size_bytes = fields.Integer()


@api.route("/photos", methods=["POST"])
@api.arguments(PhotoFileSchema, location="files")
@api.response(201, PhotoSchema)
@acting("photo.store", schema=PhotoSchema, status=201)
def store(act: Act, files: dict[str, Any]) -> Any:
    """Keep a photo (JPEG, PNG, WebP; at most 6 MB). The same picture twice is one photo."""
    data = files["photo"].read(photos.BYTES_MAX + 1)
    folder = photos.folder_of(settings().blob_url)
    return photos.store_photo(act.session, actor=act.actor, data=data, folder=folder, now=act.now)


@api.route("/photos/<string:sha256>", methods=["GET"])
@api.response(200, content_type=photos.MEDIA_TYPE)
@viewing("photo.view")
def show(act: Act, sha256: str) -> Response:
    """The photo, for whoever took it and the parties of what it shows."""
    folder = photos.folder_of(settings().blob_url)
    data = photos.open_photo(act.session, actor=act.actor, sha256=sha256, folder=folder)
    answer = current_app.response_class(data, mimetype=photos.MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer
