"""Photos as evidence: checked, stripped of where and by what they were taken, kept by their content."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit
from uuid import UUID

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import Select, false, or_, select, true
from sqlalchemy.orm import Session

from ..domain import jpegs
from ..domain.actors import Actor
from ..domain.errors import InvalidInput, NotFound
from ..models import problems as problem_rows
from ..models.batches import Batch, Container
from ..models.handing_over import AgreedChange, HandOver
from ..models.manifests import Manifest, ManifestPhoto
from ..models.organisations import Organisation
from ..models.problems import Problem, ProblemStep
from ..models.route_plans import Round, Stop
from ..models.scans import Photo, Scan
from ..models.users import User

BYTES_MAX = 6 * 1024 * 1024
PIXELS_MAX = 50_000_000
SIDE_MAX_PX = 2000
QUALITY = 85
MEDIA_TYPE = "image/jpeg"
# The first bytes decide, not the name or the type that the client states.
MAGIC: Mapping[str, bytes] = MappingProxyType(
    {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n", "WEBP": b"RIFF"}
)


def folder_of(blob_url: str) -> Path:
    """The folder of the blob store. Raises ValueError for a store that is no folder."""
    parts = urlsplit(blob_url)
    if parts.scheme != "file":
        raise ValueError(f"the blob store must be a folder (file://...): {blob_url}")
    return Path(unquote(parts.path)) / "photos"


def store_photo(session: Session, *, actor: Actor, data: bytes, folder: Path, now: datetime) -> Photo:
    """Keep a photo under the hash of what is kept; the same picture twice is one photo.

    It is decoded and encoded anew as JPEG of at most 2000 px a side: place, device and anything else that
    rode along in the file stay behind, its upright position does not.
    Raises InvalidInput: photo.empty, photo.too_large(largest_mb), photo.not_an_image,
    photo.too_many_pixels(most).
    """
    actor.require("photo.store")
    assert actor.user_id is not None, "a photo is stored by a person"
    return _keep(session, data, folder, actor.user_id, now)


def store_evidence(session: Session, *, actor: Actor, data: bytes, folder: Path, now: datetime) -> Photo:
    """Keep a photo that shows how a problem was put right. Raises as `store_photo`."""
    actor.require("problem.rectify")
    return _keep(session, data, folder, actor.user_id, now)


def store_finding(session: Session, *, actor: Actor, data: bytes, folder: Path, now: datetime) -> Photo:
    """Keep a photo of what an office has found. Raises as `store_photo`."""
    actor.require("problem.manage")
    return _keep(session, data, folder, actor.user_id, now)


def store_public_photo(session: Session, *, data: bytes, folder: Path, now: datetime) -> Photo:
    """Keep a photo of somebody who is not signed in. Raises as `store_photo`."""
    return _keep(session, data, folder, None, now)


def _keep(session: Session, data: bytes, folder: Path, uploaded_by: UUID | None, now: datetime) -> Photo:
    return _kept(session, data=_encoded_anew(data), folder=folder, uploaded_by=uploaded_by, now=now)


def store_bare(session: Session, *, actor: Actor, data: bytes, folder: Path, now: datetime) -> Photo:
    """Keep a picture byte for byte, under the hash that a phone has signed, if it is nothing but a picture.

    Raises as `store_photo`, and InvalidInput("photo.not_bare") when something rides along in the file.
    """
    actor.require("photo.store")
    _encoded_anew(data)  # decoded from end to end
    jpegs.require_bare(data)
    return _kept(session, data=data, folder=folder, uploaded_by=actor.user_id, now=now)


def store_handed_in(session: Session, *, actor: Actor, data: bytes, folder: Path, now: datetime) -> Photo:
    """Keep a picture out of the file of a broken phone, byte for byte. Raises as `store_bare`."""
    actor.require("device.hand_in")
    _encoded_anew(data)  # decoded from end to end
    jpegs.require_bare(data)
    return _kept(session, data=data, folder=folder, uploaded_by=actor.user_id, now=now)


def _kept(session: Session, *, data: bytes, folder: Path, uploaded_by: UUID | None, now: datetime) -> Photo:
    """The bytes of a picture that was looked at, under their hash."""
    sha256 = hashlib.sha256(data).hexdigest()
    known = session.get(Photo, sha256)
    _write(path_of(folder, sha256), data)
    if known is not None:
        return known
    photo = Photo(
        sha256=sha256,
        media_type=MEDIA_TYPE,
        size_bytes=len(data),
        uploaded_by=uploaded_by,
        uploaded_at=now,
    )
    session.add(photo)
    session.flush()
    return photo


def path_of(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / f"{sha256}.jpg"


def open_photo(session: Session, *, actor: Actor, sha256: str, folder: Path) -> bytes:
    """The photo's bytes, checked against their name. Raises NotFound for strangers and lost files."""
    actor.require("photo.view")
    photo = session.get(Photo, sha256)
    if photo is None or not _may_see(session, actor, photo):
        raise NotFound("object.not_found")
    path = path_of(folder, photo.sha256)
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != photo.sha256:
        raise NotFound("photo.lost")
    return data


def _may_see(session: Session, actor: Actor, photo: Photo) -> bool:
    """Whoever took it, and the parties of the scans that it belongs to."""
    if photo.uploaded_by is not None and actor.user_id == photo.uploaded_by:
        return True
    if actor.role == "regulator" and actor.county_code is None:
        return True
    query = _scans_of(actor).where(Scan.photo_sha256 == photo.sha256).limit(1)
    if session.execute(query).first() is not None or _shows_a_problem(session, actor, photo.sha256):
        return True
    if _shows_a_manifest(session, actor, photo.sha256):
        return True
    return photo.uploaded_by is not None and _same_unit(session, actor, photo.uploaded_by)


def _shows_a_manifest(session: Session, actor: Actor, sha256: str) -> bool:
    """Whether it is a page of a paper manifest, or was taken at the gate of a manifest's mover-out, in which
    the actor's unit or county has a part."""
    pages = select(ManifestPhoto.manifest_id).where(ManifestPhoto.photo_sha256 == sha256)
    signed = select(HandOver.stop_id).where(HandOver.photo_sha256 == sha256)
    agreed = select(AgreedChange.stop_id).where(AgreedChange.photo_sha256 == sha256)
    query = select(Manifest.id).where(
        or_(Manifest.id.in_(pages), Manifest.stop_id.in_(signed), Manifest.stop_id.in_(agreed))
    )
    if actor.role == "regulator":
        here = select(Organisation.id).where(Organisation.county_code == actor.county_code)
        query = query.where(or_(Manifest.mover_out_id.in_(here), Manifest.acceptor_id.in_(here)))
    elif actor.organisation_id is None:
        return False
    else:
        own = actor.organisation_id
        parties = (Manifest.mover_out_id, Manifest.carrier_id, Manifest.acceptor_id)
        query = query.where(or_(*(party == own for party in parties)))
    return session.execute(query.limit(1)).first() is not None


def _shows_a_problem(session: Session, actor: Actor, sha256: str) -> bool:
    """Whether it belongs to a problem that the actor may see."""
    steps = select(ProblemStep.problem_id).where(ProblemStep.photo_sha256 == sha256)
    query = select(Problem.id).where(
        or_(Problem.photo_sha256 == sha256, Problem.id.in_(steps)), problem_rows.seen_by(actor)
    )
    return session.execute(query.limit(1)).first() is not None


def taken(
    session: Session, *, actor: Actor, batch_id: UUID | None = None, round_id: UUID | None = None
) -> list[tuple[Scan, int | None]]:
    """Scans with a photo, of a batch or of a round, as far as the actor is a party; with the stop's number.

    Raises Forbidden.
    """
    actor.require("photo.view")
    query = _scans_of(actor).where(Scan.photo_sha256.is_not(None))
    if batch_id is not None:
        query = query.where(Batch.id == batch_id)
    if round_id is not None:
        query = query.where(Scan.round_id == round_id)
    found = session.execute(query.order_by(Scan.scanned_at, Scan.device_seq))
    return [(scan, seq) for scan, seq in found]


def _scans_of(actor: Actor) -> Select[Scan, int]:
    """Scans to which the actor's unit is a party, or that lie in the actor's county."""
    query = (
        select(Scan, Stop.seq)
        .join(Round, Round.id == Scan.round_id)
        .outerjoin(Stop, Stop.id == Scan.stop_id)
        .outerjoin(Container, Container.id == Scan.container_id)
        .outerjoin(Batch, Batch.id == Container.batch_id)
        .outerjoin(Organisation, Organisation.id == Batch.enterprise_id)
    )
    if actor.role == "regulator":
        here = Organisation.county_code == actor.county_code
        return query.where(here if actor.county_code is not None else true())
    if actor.organisation_id is None:
        return query.where(false())
    return query.where(
        or_(Round.platform_id == actor.organisation_id, Batch.enterprise_id == actor.organisation_id)
    )


def _same_unit(session: Session, actor: Actor, user_id: UUID) -> bool:
    unit = session.scalar(select(User.organisation_id).where(User.id == user_id))
    return unit is not None and unit == actor.organisation_id


def _encoded_anew(data: bytes) -> bytes:
    if not data:
        raise InvalidInput("photo.empty", field="photo")
    if len(data) > BYTES_MAX:
        raise InvalidInput("photo.too_large", field="photo", largest_mb=BYTES_MAX // (1024 * 1024))
    kinds = [kind for kind, magic in MAGIC.items() if data.startswith(magic)]
    if not kinds:
        raise InvalidInput("photo.not_an_image", field="photo")
    try:
        with warnings.catch_warnings():
            # Pillow warns of decompression bombs; the size is judged below, before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=kinds) as picture:
                if picture.width * picture.height > PIXELS_MAX:
                    raise InvalidInput("photo.too_many_pixels", field="photo", most=PIXELS_MAX // 1_000_000)
                return _jpeg(picture)
    except Image.DecompressionBombError as bomb:
        raise InvalidInput("photo.too_many_pixels", field="photo", most=PIXELS_MAX // 1_000_000) from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as broken:
        raise InvalidInput("photo.not_an_image", field="photo") from broken


def _jpeg(picture: Image.Image) -> bytes:
    """Upright, in RGB on white, small enough, and without anything but the picture."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        over = upright.convert("RGBA")
        plain = Image.new("RGB", over.size, (255, 255, 255))
        plain.paste(over, mask=over.getchannel("A"))
    else:
        plain = upright.convert("RGB")
    plain.thumbnail((SIDE_MAX_PX, SIDE_MAX_PX))
    # A bare copy of the pixels: what rode along in `info` (EXIF, XMP, comments) stays behind.
    bare = Image.frombytes("RGB", plain.size, plain.tobytes())
    target = io.BytesIO()
    bare.save(target, "JPEG", quality=QUALITY, optimize=True)
    return target.getvalue()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a reader never meets half a file. One that is there already stays."""
    if path.is_file() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
