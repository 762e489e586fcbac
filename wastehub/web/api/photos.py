"""Photos over HTTP: one multipart field `photo`; the answer names it by its content."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from ...services import photo_pieces, photos
from ..acting import Act, acting, viewing
from ..context import settings

api = Blueprint("api_photos", __name__, description="Photos / 照片")


class PhotoFileSchema(Schema):
    photo = Upload(required=True)


class PhotoSchema(Schema):
    sha256 = fields.String()
    media_type = fields.String()
    size_bytes = fields.Integer()


class PieceSchema(Schema):
    offset = fields.Integer(required=True, validate=validate.Range(0, photos.BYTES_MAX))
    size = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))


class ProgressSchema(Schema):
    sha256 = fields.String()
    received_bytes = fields.Integer()
    complete = fields.Boolean()


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


@api.route("/photos/<string:picture>/pieces", methods=["GET"])
@api.response(200, ProgressSchema)
@viewing("photo.store")
def progress(act: Act, picture: str) -> Any:
    """How much of a picture has arrived, so that an upload goes on where the line broke."""
    folder = photos.folder_of(settings().blob_url)
    return photo_pieces.progress(act.session, actor=act.actor, sha256=picture, folder=folder)


@api.route("/photos/<string:picture>/pieces", methods=["PUT"])
@api.arguments(PieceSchema, location="query")
@api.response(200, ProgressSchema)
@acting("photo.store", schema=ProgressSchema)
def add_piece(act: Act, place: dict[str, Any], picture: str) -> Any:
    """A piece of a bare JPEG, as the body, at its offset (at most 512 kB); the last one completes it.

    The picture is kept byte for byte under the SHA-256 that the phone signed. Sending a piece twice is
    harmless; a gap is answered with 409 and what has arrived.
    """
    data = request.get_data(cache=True)
    folder = photos.folder_of(settings().blob_url)
    made = photo_pieces.add_piece(
        act.session,
        actor=act.actor,
        piece=photo_pieces.Piece(picture, place["offset"], place["size"], data),
        most_bytes=photos.BYTES_MAX,
        folder=folder,
    )
    if made.whole is not None:
        photos.store_bare(act.session, actor=act.actor, data=made.whole, folder=folder, now=act.now)
    return made
