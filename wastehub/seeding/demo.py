"""`wastehub demo`: an empty database becomes a region with a past, and one full day is driven through it."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, event, inspect, make_url, select, text
from sqlalchemy.orm import Session

from .. import ids, migrate
from ..config import Settings
from ..db import Database
from ..domain import calendar
from ..ledger import Signer, load_or_create, notes
from ..ledger.anchor import CHECKPOINT
from ..ledger.transparency import Transparency
from ..models.installation import Installation
from ..models.organisations import Organisation
from ..models.route_plans import RoutePlan
from ..services import photos
from . import accounts, counting, reference, region, report
from .day import DayReport, DemoDay
from .filings import Filings
from .firms import invent
from .history import History
from .irregularities import Planted
from .region_files import read_region, region_folder
from .world import Firm, World, working_days

Say = Callable[[str], None]

HISTORY_MONTHS = 3
HOLD_DAYS_BEFORE = 5
ENROLLED_DAYS_BEFORE = 7
FIRST_HOUR_S = 6 * 3600 + 1800
# Whose keys are recognised in the anchor of a demo that was deleted by hand.
DEMO_SEEDS_KNOWN = 100


class DatabaseInUse(Exception):
    """The database holds data and may not be replaced; the message says what to do."""


def print_accounts(say: Say) -> None:
    """Who may sign in, with the password they share."""
    accounts.show(say)


def has_data(settings: Settings) -> bool:
    """Whether the database holds anything at all. Creates nothing."""
    path = _sqlite_file(settings.database_url)
    if path is not None and not path.exists():
        return False
    database = Database(settings.database_url)
    try:
        return _has_organisations(database)
    finally:
        database.dispose()


def _has_organisations(database: Database) -> bool:
    if "organisations" not in inspect(database.engine).get_table_names():
        return False
    with database.reading() as session:
        return session.scalars(select(Organisation.id).limit(1)).first() is not None


def _sqlite_file(url: str) -> Path | None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


@dataclass
class Stages:
    """Progress lines and the seconds of each stage."""

    say: Say
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, key: str, title: str) -> Iterator[None]:
        self.say(f"· {title} …")
        begin = time.monotonic()
        yield
        self.seconds[key] = round(time.monotonic() - begin, 2)
        self.say(f"  {self.seconds[key]:.1f} s")


def run(
    settings: Settings,
    *,
    firms: int,
    on: date | None,
    seed: int,
    report_path: Path,
    fresh: bool,
    now: datetime,
    say: Say,
) -> int:
    """Make the demo: 0 only if the loop closes. Raises DatabaseInUse, CalendarYearUnknown."""
    on = on or calendar.last_working_day(calendar.on_date(now))
    _make_way(settings, fresh=fresh)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    signer = _demo_signer(settings, seed, say)
    database = Database(settings.database_url, signer=signer, new_id=ids.SeededIds(seed))
    _hurry(database)
    try:
        with _rare_collections():
            made = _Demo(settings, database, firms, on, seed, Stages(say)).make()
    finally:
        database.dispose()
    report.write(made.report, report_path)
    report.show(made.report, say)
    say(f"报告 report: {report_path}")
    for fault in made.faults:
        say(f"  未闭合 not closed: {fault}")
    return 1 if made.faults else 0


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Millions of short-lived rows and no cycles: looking for garbage often only costs time."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _hurry(database: Database) -> None:
    """A demo that a power cut interrupts is made again: no commit waits for the disk."""
    if database.engine.dialect.name != "sqlite":
        return

    @event.listens_for(database.engine, "connect")
    def relax(dbapi: Any, _record: Any) -> None:
        dbapi.execute("PRAGMA synchronous=OFF")


# --- making way ----------------------------------------------------------------------------------------


def _make_way(settings: Settings, *, fresh: bool) -> None:
    """An empty database, or one that may be emptied. Raises DatabaseInUse."""
    if not has_data(settings):
        _forget_anchor(settings)
        return
    if not fresh:
        raise DatabaseInUse(
            "the database holds data already: add --fresh to replace a demo, or name another --database"
        )
    facts = _installation(settings)
    if facts.get("purpose") != "demo":
        raise DatabaseInUse("this is not a demo database: --fresh never deletes a real one")
    _forget_keys(settings, int(facts["seed"]))
    shutil.rmtree(settings.anchor_path, ignore_errors=True)
    path = _sqlite_file(settings.database_url)
    if path is not None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    else:
        database = Database(settings.database_url)
        _empty_schema(database.engine)
        database.dispose()


def _forget_anchor(settings: Settings) -> None:
    """The anchor of a demo whose database was deleted goes as well; a real one stops everything.

    Raises DatabaseInUse.
    """
    path = settings.anchor_path / CHECKPOINT
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    seeds = range(DEMO_SEEDS_KNOWN)
    keys = [notes.LogSigner(settings.log_origin, demo_key(seed, " log")).key for seed in seeds]
    try:
        notes.open_note(text, keys)
    except notes.BadNote as foreign:
        raise DatabaseInUse(
            f"{settings.anchor_path}: the anchor of a ledger that is not in this database. If that ledger"
            " is really gone for good, move this folder away; else restore the ledger"
        ) from foreign
    shutil.rmtree(settings.anchor_path)


def _installation(settings: Settings) -> dict[str, str]:
    database = Database(settings.database_url)
    try:
        if "installation" not in inspect(database.engine).get_table_names():
            return {}
        with database.reading() as session:
            return {row.key: row.value for row in session.scalars(select(Installation))}
    finally:
        database.dispose()


def _empty_schema(engine: Engine) -> None:
    with engine.begin() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
        quoted = engine.dialect.identifier_preparer.quote(schema)
        connection.execute(text(f"DROP SCHEMA {quoted} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {quoted}"))


def demo_key(seed: int, kind: str = "") -> Signer:
    """A key of a demo: anybody can work it out, so it proves nothing. Never for real data."""
    return Signer.from_seed(hashlib.sha256(f"wastehub demo {seed}{kind}".encode()).digest())


def _demo_keys(settings: Settings, seed: int) -> dict[Path, Signer]:
    """Where the demo's keys belong: for entries, for checkpoints, for labels."""
    return {
        settings.signing_key_path: demo_key(seed),
        settings.log_key_paths[0]: demo_key(seed, " log"),
        settings.label_key_path: demo_key(seed, " label"),
    }


def _demo_signer(settings: Settings, seed: int, say: Say) -> Signer:
    """The demo's own keys, kept where serving finds them; one that is there already is never overwritten."""
    for path, made in _demo_keys(settings, seed).items():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(made.pem())
        if load_or_create(path).key_id != made.key_id:
            say(f"  {path.name}: 沿用已有签名密钥 · the signing key that is there is kept")
    return load_or_create(settings.signing_key_path)


def _forget_keys(settings: Settings, seed: int) -> None:
    """The keys of the demo that goes; any other key stays."""
    for path, made in _demo_keys(settings, seed).items():
        if path.exists() and load_or_create(path).key_id == made.key_id:
            path.unlink()


# --- making it -------------------------------------------------------------------------------------------


@dataclass
class _Demo:
    settings: Settings
    database: Database
    firms: int
    on: date
    seed: int
    stages: Stages

    def make(self) -> report.Loop:
        stage = self.stages.stage
        next_on = calendar.next_working_day(self.on + timedelta(days=1))
        days = [*working_days(self.on, months=HISTORY_MONTHS), self.on]
        begun_at = calendar.at_time(days[0] - timedelta(days=ENROLLED_DAYS_BEFORE), 36_000)
        with stage("setup", "建库 · tables"):
            migrate.upgrade(self.database.engine)
        with stage("reference", "法规与区域数据 · law and region"):
            self._load(begun_at)
        world = World(self.database, Random(f"world/{self.seed}"))
        with stage("firms", f"{self.firms} 家产废单位、合同、管理计划 · firms, contracts, plans"):
            planted, guest = self._enrol(world, begun_at, days[0].year, next_on)
        photo_folder = photos.folder_of(self.settings.blob_url)
        day = DemoDay(world, self.on, next_on, self.seed, guest, photo_folder)
        history = History(world, days, seed=self.seed, quiet=planted.quiet)
        with stage("history", f"{len(days) - 1} 个工作日的历史 · working days of history"):
            planted.prepare(world, history)
            day.prepare(history, spared=planted.quiet | {guest.id})
            if len(days) > HOLD_DAYS_BEFORE:
                history.hold_on = days[-1 - HOLD_DAYS_BEFORE]
            enrolled_on = calendar.on_date(begun_at)
            history.filings = Filings(world, days, self.seed, enrolled_on, guest)
            history.filings.begin(calendar.at_time(days[0], FIRST_HOUR_S))
            history.live(tell=self._tell)
            self._note_held(planted, history)
        with stage("day", f"{self.on.isoformat()} 的完整一天 · one full day"):
            made = day.live(planted, say=self.stages.say)
            counting.count_stores(world, at=calendar.at_time(self.on, 68_400))
            accounts.create(
                world, guest=guest, round_no=made.left_round, at=calendar.at_time(self.on, 70_000)
            )
        with stage("seal", "封存账册 · sealing the ledger"):
            self._seal()
        return self._report(planted, made, held_trips=len(history.held))

    def _seal(self) -> None:
        """The first checkpoint, as of the end of the demo's day."""
        held = Transparency.of(self.settings)
        held.check_at_start(self.database, now=calendar.at_time(self.on, 72_000))
        held.seal(self.database, now=calendar.at_time(self.on, 72_000))

    def _load(self, at: datetime) -> None:
        with self.database.transaction() as session:
            reference.load_reference(session, now=at)
            region.load_region(session, folder=self.settings.region, now=at)
            facts = {
                "purpose": "demo",
                "region": self.settings.region,
                "demo_date": self.on.isoformat(),
                "seed": str(self.seed),
                "firms": str(self.firms),
            }
            session.add_all(Installation(key=key, value=value, set_at=at) for key, value in facts.items())

    def _enrol(self, world: World, at: datetime, first_year: int, next_on: date) -> tuple[Planted, Firm]:
        world.read_region()
        files = read_region(region_folder(self.settings.region))
        world.enrol(invent(files, count=self.firms, seed=self.seed), at=at)
        guest = _guest(world)
        planted = Planted.cast(world, seed=self.seed, spared={guest.id})
        world.sign_contracts(
            at=at,
            until=planted.contracts_until(self.on),
            standard_until_on=date(next_on.year + 1, 6, 30),
        )
        world.register_plans(
            years=sorted({first_year, self.on.year, next_on.year}),
            at=at,
            without={firm.id for firm in planted.no_plan},
            more=planted.more_codes(),
        )
        return planted, guest

    def _tell(self, done: int, of: int) -> None:
        if done % 10 == 0 or done == of:
            self.stages.say(f"    {done}/{of}")

    def _note_held(self, planted: Planted, history: History) -> None:
        for trip_id in history.held:
            planted.found.append(_held(str(trip_id)))

    def _report(self, planted: Planted, made: DayReport, *, held_trips: int) -> report.Loop:
        path = self.settings.var_dir / "demo-irregularities.json"
        path.write_text(json.dumps(planted.as_rows(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        with self.stages.stage("verify", "核验账本与计划 · verifying ledger and plan"):
            with self.database.reading() as session:
                violations = _violations(session, made)
            settings = {
                "date": self.on.isoformat(),
                "seed": self.seed,
                "region": self.settings.region,
                "irregularities": len(planted.found),
            }
            loop = report.draw_up(
                self.database,
                made,
                on=self.on,
                held_trips=held_trips,
                plan_violations=violations,
                seconds=self.stages.seconds,
                settings=settings,
            )
        loop.report["seconds"] = self.stages.seconds | {"all": round(sum(self.stages.seconds.values()), 2)}
        return loop


def _held(trip_id: str) -> Any:
    from .irregularities import Irregularity

    return Irregularity(
        "manifest.unconfirmed", "联单待确认，临近期限", "Manifest to be confirmed, deadline near", "", trip_id
    )


def _violations(session: Session, made: DayReport) -> int:
    """The published plan of the day, judged once more from what the database keeps."""
    import routing
    from routing import json_io

    plan = session.get_one(RoutePlan, made.plan_id)
    problem = json_io.problem_from_dict(plan.problem)
    return len(routing.check(problem, json_io.solution_from_dict(plan.solution)))


def _guest(world: World) -> Firm:
    """The firm of the demo account: of an ordinary size, at the second platform if there is one."""
    codes = sorted(world.platforms.values(), key=lambda platform: platform.row.code)
    platform = codes[min(1, len(codes) - 1)]
    own = [firm for firm in world.firms if firm.platform_id == platform.row.id] or world.firms
    return min(own, key=lambda firm: (abs(firm.invented.annual_g - 2_500_000), firm.code))
