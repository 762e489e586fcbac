"""What acceptors do about differences on arrival in the demo: told, decided, reported (Order 23, Art. 18)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ..models.manifests import Manifest
from ..services import manifests
from ..services.manifests import Report
from .world import World

TOLD_AFTER, REPORTED_AFTER = timedelta(minutes=20), timedelta(hours=2)
AUTHORITY = "接受地生态环境部门（示例）"


def report_differences(world: World, *, at: datetime, all_but: int = 0) -> int:
    """The manifests with a difference are reported, the oldest first, and close; `all_but` stay open."""
    desks = {key: platform.desk for key, platform in world.platforms.items()}
    desks |= {plant.row.id: plant.desk for plant in world.plants}
    with world.act() as session:
        query = select(Manifest).where(Manifest.state == "discrepancy")
        query = query.options(joinedload(Manifest.mover_out))
        waiting = session.scalars(query.order_by(Manifest.arrived_at, Manifest.provisional_no)).all()
        reports = []
        for paper in waiting[: len(waiting) - all_but]:
            assert paper.arrived_at is not None
            reports.append(
                Report(
                    actor=desks[paper.acceptor_id],
                    manifest_id=paper.id,
                    kinds=("quantity",) if "数量" in paper.opinion_note else ("packaging",),
                    found=paper.opinion_note,
                    told_whom=paper.mover_out.contact_name or "联系人",
                    told_at=min(at, paper.arrived_at + TOLD_AFTER),
                    decision_note="按复称重量接受，差异另行说明",
                    authority=AUTHORITY,
                    reported_at=min(at, paper.arrived_at + REPORTED_AFTER),
                )
            )
        manifests.report_differences(session, reports=reports, now=at)
    return len(reports)
