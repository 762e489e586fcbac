"""What administrators look after, and what the ledger keeps of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import firms
from tests.firms import CODE, NOW, TODAY
from wastehub import ledger
from wastehub.domain.actors import Actor
from wastehub.domain.errors import Forbidden, InvalidInput, NotFound
from wastehub.models.organisations import Organisation
from wastehub.models.reference import DECIDED_HERE, WasteCode
from wastehub.seeding import reference as reference_seeding
from wastehub.services import administration

PAGE: dict[str, Any] = {"sort": "code", "descending": False, "limit": 500, "offset": 0}


def assign(session: Session, code: str, group: str, reason: str = "示例检测报告") -> WasteCode:
    return administration.assign_group(
        session, actor=firms.admin(), code=code, group_code=group, reason=reason, now=NOW
    )


def ungrouped(session: Session) -> str:
    query = select(WasteCode.code).where(WasteCode.group_code.is_(None)).order_by(WasteCode.code)
    found = session.scalars(query).first()
    assert found is not None
    return found


def units(session: Session, actor: Actor, **filters: Any) -> list[Organisation]:
    return administration.organisations(session, actor=actor, **(PAGE | filters))[0]


def test_the_overview_counts_what_waits(session: Session) -> None:
    before = administration.overview(session, actor=firms.admin(), on=TODAY)
    assert before["codes"] == session.scalar(select(func.count()).select_from(WasteCode))
    assert 0 < before["ungrouped_micro"] <= before["ungrouped"] <= before["codes"]
    firms.enrolled(session)
    assign(session, ungrouped(session), "SC")
    after = administration.overview(session, actor=firms.admin(), on=TODAY)
    assert after["organisations"] == before["organisations"] + 1
    assert after["ungrouped"] == before["ungrouped"] - 1


def test_a_group_is_given_with_a_reason_that_stands_in_the_ledger(session: Session) -> None:
    code = ungrouped(session)
    row = assign(session, code, "SC")
    assert (row.group_code, row.group_reason_zh) == ("SC", "示例检测报告")
    assert row.group_source.startswith(DECIDED_HERE)
    [entry] = ledger.entries_for(session, subject=code)
    assert entry.event.type == "policy.changed" and entry.event.author == firms.admin().author
    assert dict(entry.event.facts) == {
        "what": "waste_code.group", "from": "", "to": "SC", "reason": "示例检测报告",
    }  # fmt: skip
    assign(session, code, "")
    assert row.group_code is None
    assert len(ledger.entries_for(session, subject=code)) == 2


def test_loading_the_reference_data_again_keeps_the_decision(session: Session) -> None:
    code = ungrouped(session)
    assign(session, code, "SC")
    reference_seeding.load_reference(session, now=NOW)
    session.expire_all()
    assert session.get_one(WasteCode, code).group_code == "SC"


def test_a_group_needs_a_known_code_a_known_group_and_a_reason(session: Session) -> None:
    with pytest.raises(NotFound):
        assign(session, "999-999-99", "SC")
    with pytest.raises(InvalidInput) as unknown:
        assign(session, CODE, "ZZ")
    assert (unknown.value.code, unknown.value.field) == ("segregation.group_unknown", "group_code")
    with pytest.raises(InvalidInput) as silent:
        assign(session, CODE, "SC", " \t")
    assert (silent.value.code, silent.value.field) == ("text.missing", "reason")
    assert ledger.entries_for(session, subject=CODE) == []


def test_the_catalogue_is_searched_by_code_name_and_group(session: Session) -> None:
    def found(**filters: Any) -> list[str]:
        rows, _count, _sums = administration.waste_codes(session, actor=firms.admin(), **(PAGE | filters))
        return [row.code for row in rows]

    assert found(text="900-249") == [CODE]
    assert CODE in found(text="矿物油")
    assert found(text="没有这种废物") == []
    alone = found(group="none")
    assert ungrouped(session) in alone and CODE not in alone
    group = session.get_one(WasteCode, CODE).group_code
    assert group is not None and CODE in found(group=group)


def test_units_are_listed_to_each_role_as_far_as_it_may_see(session: Session) -> None:
    here = firms.enrolled(session, 1)
    there = firms.enrolled(session, 2, county_code="330481")
    everybody = units(session, firms.admin())
    assert {here.id, there.id} <= {row.id for row in everybody}
    assert [row.code for row in everybody] == sorted(row.code for row in everybody)
    county = Actor(author="user:c", role="regulator", county_code="330411")
    assert {row.county_code for row in units(session, county)} == {"330411"}
    assert units(session, county, county="330481") == []
    assert [row.id for row in units(session, firms.actor_of(here))] == [here.id]
    assert [row.id for row in units(session, firms.admin(), text=here.code, kind="enterprise")] == [here.id]
    assert units(session, firms.admin(), text=here.code, kind="plant") == []


def test_every_limit_is_listed_with_its_source(session: Session) -> None:
    rows = administration.legal_limits(session, actor=firms.admin())
    assert {"licensed_storage_max_days", "manifest_confirm_working_days"} <= {row.key for row in rows}
    assert all(row.source and row.certainty for row in rows)
    assert len(administration.counties(session)) == 7


@pytest.mark.parametrize("role", ["enterprise", "driver", "dispatcher", "plant", "regulator"])
def test_reference_data_is_touched_by_administrators_only(session: Session, role: str) -> None:
    somebody = Actor(author="user:x", role=role)
    for act in (
        lambda: administration.overview(session, actor=somebody, on=TODAY),
        lambda: administration.waste_codes(session, actor=somebody, **PAGE),
        lambda: administration.legal_limits(session, actor=somebody),
        lambda: administration.assign_group(
            session, actor=somebody, code=CODE, group_code="", reason="x", now=NOW
        ),
    ):
        with pytest.raises(Forbidden):
            act()
