"""What a seal means for a load: forged never, doubtful with a flag, none at all as ever."""

from __future__ import annotations

import pytest

from wastehub.domain import label_doubts, label_seals

CODE = "91330400MA2XXXXX1X" + "90024908" + "20260315" + "001"
SEALS = ("", *label_seals.JUDGEMENTS)


@pytest.mark.parametrize("seal", SEALS)
@pytest.mark.parametrize("kind", ["load", "refuse", "unload_back"])
def test_only_a_load_under_a_forged_label_is_refused(kind, seal):
    verdict = label_doubts.verdict_on(kind, seal, CODE)
    if (kind, seal) != ("load", "forged"):
        assert verdict is None
        return
    assert (verdict.outcome, verdict.code) == ("refused", "scan.label_forged")
    assert verdict.params == {"label_code": CODE}


@pytest.mark.parametrize("seal", SEALS)
@pytest.mark.parametrize("kind", ["load", "refuse", "unload_back"])
def test_what_nobody_can_judge_is_flagged_and_an_old_label_is_not(kind, seal):
    notices = label_doubts.notices(kind, seal, CODE)
    if kind == "load" and seal in ("key_unknown", "key_revoked", "other_origin"):
        [notice] = notices
        assert (notice.code, notice.params["seal"]) == ("scan.label_doubtful", seal)
    else:
        assert notices == ()
