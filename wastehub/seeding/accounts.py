"""Demo accounts: one per role, and a second one where two people sign.

They are refused from other machines unless the operator allows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..models.route_plans import Round
from ..models.vehicles import CrewMember
from ..services import accounts
from .world import ADMIN, Firm, World

PASSWORD = "wastehub-demo"


@dataclass(frozen=True)
class DemoAccount:
    login: str
    role: str
    zh: str
    en: str


ACCOUNTS = (
    DemoAccount("demo-enterprise", "enterprise", "示例产废单位", "enterprise"),
    DemoAccount("demo-driver", "driver", "示例驾驶员", "driver"),
    DemoAccount("demo-dispatcher", "dispatcher", "示例平台调度员", "platform dispatcher"),
    DemoAccount("demo-keeper", "dispatcher", "示例平台仓管员", "platform storekeeper"),
    DemoAccount("demo-plant", "plant", "示例处置单位", "plant operator"),
    DemoAccount("demo-plant-keeper", "plant", "示例处置单位仓管员", "plant storekeeper"),
    DemoAccount("demo-regulator", "regulator", "示例监管人员", "regulator"),
    DemoAccount("demo-admin", "admin", "示例管理员", "administrator"),
)


def create(world: World, *, guest: Firm, round_no: str, at: datetime) -> None:
    """An account of each kind; the driver gets the round that was left to be driven by hand."""
    units: dict[str, UUID] = {
        "enterprise": guest.id,
        "driver": guest.platform_id,
        "dispatcher": guest.platform_id,
        "plant": world.plants[0].row.id,
    }
    with world.act() as session:
        for account in ACCOUNTS:
            user = accounts.create_user(
                session,
                actor=ADMIN,
                login=account.login,
                display_name=account.zh,
                password=PASSWORD,
                role=account.role,
                organisation_id=units.get(account.role),
                demo=True,
                now=at,
            )
            if account.role == "driver":
                accounts.link_crew_member(
                    session,
                    actor=ADMIN,
                    user_id=user.id,
                    crew_member_id=_driver_of(session, guest, round_no),
                    version=None,
                    now=at,
                )


def _driver_of(session: Session, guest: Firm, round_no: str) -> UUID:
    """Who drives the round that is left; any driver of the platform when none is."""
    driver_id = session.scalar(select(Round.driver_id).where(Round.round_no == round_no))
    if driver_id is not None:
        return driver_id
    query = select(CrewMember.id).where(
        CrewMember.platform_id == guest.platform_id, CrewMember.kind == "driver"
    )
    return session.scalars(query.order_by(CrewMember.certificate_no).limit(1)).one()


def show(say: Callable[[str], None]) -> None:
    say(f"演示账号 · demo accounts （密码 password: {PASSWORD}）")
    for account in ACCOUNTS:
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in account.zh)
        say(f"  {account.login:19}{account.zh}{' ' * (18 - wide)}{account.en}")
