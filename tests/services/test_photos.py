"""Photos: only pictures, without what rode along, kept once, shown to their parties."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from tests.services.driving_world import Road, at, started
from wastehub.db import Database
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, InvalidInput, NotFound
from wastehub.models.batches import Container
from wastehub.models.scans import Photo
from wastehub.models.users import User
from wastehub.services import photos

GPS = 0x8825


def picture(size: tuple[int, int] = (400, 300), kind: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    made = Image.linear_gradient("L").resize(size).convert("RGBA" if kind == "PNG" else "RGB")
    made.save(target, kind, **options)
    return target.getvalue()


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Secret Phone Maker"
    exif.get_ifd(GPS)[2] = (30.0, 45.0, 10.0)
    return picture(exif=exif)


@pytest.fixture
def taker(database: Database) -> Actor:
    """A driver with an account and a round."""
    on = started(database, 1)
    user_id = uuid4()
    with database.transaction() as session:
        session.add(
            User(
                id=user_id,
                login="driver-photo",
                display_name="示例驾驶员",
                password_hash="x",
                role="driver",
                organisation_id=on.driver.organisation_id,
                created_at=at(8),
            )
        )
    return Actor(f"user:{user_id}", "driver", user_id, on.driver.organisation_id)


def store(database: Database, who: Actor, data: bytes, folder: Path) -> Photo:
    with database.transaction() as session:
        return photos.store_photo(session, actor=who, data=data, folder=folder, now=at(9))


def show(database: Database, who: Actor, sha256: str, folder: Path) -> bytes:
    with database.reading() as session:
        return photos.open_photo(session, actor=who, sha256=sha256, folder=folder)


def shown_of(database: Database, who: Actor, **of: UUID) -> list[tuple[str | None, int | None]]:
    with database.reading() as session:
        return [(scan.photo_sha256, seq) for scan, seq in photos.taken(session, actor=who, **of)]


def batch_of(database: Database, label: str) -> UUID:
    with database.reading() as session:
        return session.scalars(select(Container.batch_id).where(Container.label_code == label)).one()


def test_a_photo_is_kept_upright_and_without_place_or_device(
    database: Database, taker: Actor, tmp_path: Path
) -> None:
    kept = store(database, taker, with_exif(), tmp_path)
    data = show(database, taker, kept.sha256, tmp_path)
    assert b"Secret" not in data and kept.size_bytes == len(data)
    with Image.open(io.BytesIO(data)) as seen:
        assert seen.format == "JPEG" and seen.size == (300, 400)
        assert not seen.getexif() and "exif" not in seen.info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_usual_formats_become_jpeg_of_bounded_size(
    database: Database, taker: Actor, tmp_path: Path, kind: str
) -> None:
    kept = store(database, taker, picture((3000, 1500), kind), tmp_path)
    with Image.open(photos.path_of(tmp_path, kept.sha256)) as seen:
        assert (seen.format, seen.size) == ("JPEG", (2000, 1000))


def test_the_same_picture_twice_is_one_photo(database: Database, taker: Actor, tmp_path: Path) -> None:
    first, second = (store(database, taker, picture(), tmp_path) for _ in range(2))
    assert first.sha256 == second.sha256
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Photo)) == 1
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo.empty"),
        (b"<svg onload=alert(1)>", "photo.not_an_image"),
        (b"\xff\xd8\xff" + b"\x00" * 500, "photo.not_an_image"),
        (picture()[:900], "photo.not_an_image"),
        (picture((400, 300), "GIF"), "photo.not_an_image"),
        (b"\xff\xd8\xff" + b"\x00" * photos.BYTES_MAX, "photo.too_large"),
        (picture((12_000, 5_000), "PNG"), "photo.too_many_pixels"),
    ],
    ids=["empty", "svg", "magic only", "cut off", "gif", "too large", "too many pixels"],
)
def test_what_is_no_photo_is_not_kept(
    database: Database, taker: Actor, tmp_path: Path, data: bytes, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        store(database, taker, data, tmp_path)
    assert refusal.value.code == code
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_photo_is_shown_to_the_parties_of_its_scan_only(
    database: Database, taker: Actor, tmp_path: Path
) -> None:
    sha256 = store(database, taker, picture(), tmp_path).sha256
    with database.reading() as session:
        row = session.scalars(select(photos.Round)).first()
        assert row is not None
    on = Road(database, row.id, Actor("user:driver", "driver", organisation_id=row.platform_id))
    [stop] = on.stops()
    firm_id = on.request(stop).enterprise_id
    owner = Actor("user:firm", "enterprise", organisation_id=firm_id)
    county = Actor("user:county", "regulator", county_code="330411")
    for stranger in (owner, county):
        with pytest.raises(NotFound):
            show(database, stranger, sha256, tmp_path)
    assert shown_of(database, owner, round_id=row.id) == []
    on.scan(on.report(on.labels()[0], photo_sha256=sha256))
    for party in (
        owner,
        county,
        Actor("user:r", "regulator"),
        Actor("d", "dispatcher", None, row.platform_id),
    ):
        assert show(database, party, sha256, tmp_path)
        assert shown_of(database, party, round_id=row.id) == [(sha256, stop.seq)]
        assert shown_of(database, party, batch_id=batch_of(database, on.labels()[0])) == [(sha256, stop.seq)]
        assert shown_of(database, party, batch_id=UUID(int=1)) == []
    for stranger in (
        Actor("user:x", "enterprise", organisation_id=UUID(int=1)),
        Actor("user:y", "regulator", county_code="330402"),
    ):
        with pytest.raises(NotFound):
            show(database, stranger, sha256, tmp_path)
        assert shown_of(database, stranger, round_id=row.id) == []
    with pytest.raises(Forbidden):
        show(database, Actor("user:a", "admin"), sha256, tmp_path)
    with pytest.raises(Forbidden):
        shown_of(database, Actor("user:a", "admin"), round_id=row.id)


def test_a_damaged_file_is_not_shown_as_evidence(database: Database, taker: Actor, tmp_path: Path) -> None:
    kept = store(database, taker, picture(), tmp_path)
    path = photos.path_of(tmp_path, kept.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(NotFound, match=r"photo\.lost"):
        show(database, taker, kept.sha256, tmp_path)


def test_the_blob_store_is_a_folder(tmp_path: Path) -> None:
    assert photos.folder_of((tmp_path / "a b").as_uri()) == tmp_path / "a b" / "photos"
    with pytest.raises(ValueError, match="must be a folder"):
        photos.folder_of("s3://bucket")
