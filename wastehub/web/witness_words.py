"""Witnesses in words: how many make a quorum, who has cosigned what, where nobody has for long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from ..ledger.policies import NONE, Group, Policy
from . import formatting, words

# Checkpoints come within seconds of new entries; witnesses are asked every ten.
GAP = timedelta(minutes=10)


def quorum(policy: Policy) -> str:
    """Who must have cosigned, in one sentence."""
    if policy.quorum == NONE:
        return _("没有要求见证：谁都可以看到封存点，但没有外部单位为它作证。")
    return _("一个封存点须有%(who)s签名，才算见证充分。", who=_named(policy, policy.quorum))


def _named(policy: Policy, name: str) -> str:
    group = policy.groups.get(name)
    if group is None:
        return f" {name} "
    members = words.joined(_named(policy, member).strip() for member in group.members)
    return _some(group, members)


def _some(group: Group, members: str) -> str:
    if group.threshold == len(group.members):
        return _("全部 %(count)s 家（%(names)s）", count=len(group.members), names=members)
    return _(
        "%(count)s 家中的至少 %(least)s 家（%(names)s）",
        count=len(group.members),
        least=group.threshold,
        names=members,
    )


@dataclass(frozen=True)
class Gap:
    """A stretch without enough witnesses: from the first such checkpoint to the last, or still open."""

    since_at: datetime
    until_at: datetime | None
    checkpoints: int

    @property
    def text(self) -> str:
        many = str(ngettext("%(num)s 个封存点", "%(num)s 个封存点", self.checkpoints))
        if self.until_at is None:
            return _("%(since)s 起至今，%(many)s没有足够见证", since=formatting.at(self.since_at), many=many)
        return _(
            "%(since)s 至 %(until)s，%(many)s没有足够见证",
            since=formatting.at(self.since_at),
            until=formatting.at(self.until_at),
            many=many,
        )


def gaps(seals: Sequence[Any], *, now: datetime) -> list[Gap]:
    """Stretches longer than GAP in which no checkpoint reached the quorum; `seals` newest first.

    A later checkpoint vouches for all earlier entries, so a short stretch means nothing.
    """
    found: list[Gap] = []
    run: list[Any] = []
    for seal in reversed(seals):
        if seal.reached:
            if run and seal.at - run[0].at > GAP:
                found.append(Gap(run[0].at, seal.at, len(run)))
            run = []
        else:
            run.append(seal)
    if run and now - run[0].at > GAP:
        found.append(Gap(run[0].at, None, len(run)))
    return found[::-1]
