"""The reasons a person may give for a refusal, a missed stop, a cancellation, a loss, a settled difference.

Source for the differences on arrival: Transfer Measures Art. 18 (name, quantity, property, form, packaging).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wastehub.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Reason:
    """One choice in a list; `other` in every list, and always with a note."""

    code: str
    name_zh: str
    name_en: str
    needs_note: bool = False
    needs_photo: bool = False


def _list(*rows: Reason) -> Mapping[str, Reason]:
    return MappingProxyType(
        {row.code: row for row in (*rows, Reason("other", "其他原因", "Other", needs_note=True))}
    )


# The driver at the generator: what is not taken along.
PICKUP_REFUSAL = _list(
    Reason("leaking", "包装渗漏或破损", "Leaking or damaged packaging", needs_photo=True),
    Reason("unlabelled", "没有标签", "No label", needs_photo=True),
    Reason("label_differs", "标签与实物不符", "The label does not match the waste", needs_note=True),
    Reason("wrong_container", "容器材质不合适", "Container of an unsuitable material", needs_photo=True),
    Reason("overfilled", "装得过满", "Overfilled", needs_photo=True),
    Reason("mixed", "混入其他废物", "Mixed with other waste", needs_note=True, needs_photo=True),
    Reason("not_in_request", "不在本次申请内", "Not in this request"),
    Reason("no_room", "车上没有位置", "No room on the vehicle"),
)

# The platform or plant at its gate.
GATE_REFUSAL = _list(
    Reason("name_differs", "名称与联单不符", "The name differs from the manifest", needs_note=True),
    Reason(
        "quantity_differs",
        "数量（重量）与联单不符",
        "The quantity differs from the manifest",
        needs_note=True,
    ),
    Reason("property_differs", "特性与联单不符", "The properties differ from the manifest", needs_note=True),
    Reason("form_differs", "形态与联单不符", "The form differs from the manifest", needs_note=True),
    Reason(
        "packaging_differs", "包装与联单不符", "The packaging differs from the manifest", needs_photo=True
    ),
    Reason("leaking", "包装渗漏或破损", "Leaking or damaged packaging", needs_photo=True),
    Reason("unlabelled", "没有标签", "No label", needs_photo=True),
    Reason("not_licensed", "超出许可类别", "Outside the licensed categories"),
    Reason("no_room", "贮存能力不足", "No room in the store"),
)

NOBODY_THERE = _list(
    Reason("closed", "单位关门", "The firm was closed"),
    Reason("no_contact", "联系不上联系人", "The contact could not be reached"),
    Reason("not_ready", "废物没有备好", "The waste was not ready"),
    Reason("no_access", "车辆无法进入", "The vehicle could not get in", needs_note=True),
)

# Something is on board and nobody of the firm confirmed it.
UNCONFIRMED = _list(
    Reason("nobody_signs", "无人签字", "Nobody there to sign"),
    Reason("declined", "单位不愿签字", "The firm declined to sign", needs_note=True),
    Reason("device", "手机无法签字", "The phone could not take a signature", needs_note=True),
)

# What driver and firm change together at the gate.
AGREED_CHANGE = _list(
    Reason("declared_wrong", "申报重量有误", "The declared mass was wrong"),
    Reason("part_stays", "部分废物留在单位", "Part of the waste stays at the firm"),
    Reason("added", "临时增加同种废物", "More of the same waste was added"),
    Reason("repacked", "换了包装", "It was packed anew"),
    Reason("damaged", "原包装破损，已更换", "The packaging was damaged and replaced", needs_photo=True),
)

CANCELLATION = _list(
    Reason("not_needed", "不再需要", "No longer needed"),
    Reason("entered_twice", "重复申请", "Entered twice"),
    Reason("wrong_data", "填写有误", "Filled in wrongly"),
    Reason("another_day", "改期", "Another day"),
    Reason("vehicle_out", "车辆或人员不可用", "Vehicle or crew not available"),
    Reason("weather", "恶劣天气", "Severe weather"),
)

LOSS = _list(
    Reason("evaporation", "挥发", "Evaporation", needs_note=True),
    Reason("spill", "泄漏", "Spill", needs_note=True, needs_photo=True),
    Reason("residue", "容器内残留", "Residue in the container"),
    Reason("moisture", "失水", "Loss of water"),
    Reason("missing", "去向不明", "Missing", needs_note=True),
)

RESOLUTION = _list(
    Reason("scale", "计量器具误差", "Error of the scale", needs_note=True),
    Reason("declared_wrong", "申报重量有误", "The declared mass was wrong"),
    Reason("typing", "录入有误", "Typing error"),
    Reason("moisture", "含水变化", "Change of water content"),
    Reason("tare", "皮重有误", "Wrong tare"),
    Reason("loss", "已确认损耗", "Confirmed loss", needs_note=True),
    Reason("spill", "已确认泄漏", "Confirmed spill", needs_note=True, needs_photo=True),
)

# A label that is printed again, or that gets a new code.
LABEL_REPRINT = _list(
    Reason("damaged", "标签破损", "The label is torn or worn"),
    Reason("faded", "褪色或沾污，看不清", "Faded or soiled, not legible"),
    Reason("lost", "标签脱落", "The label came off"),
    Reason("misprint", "打印有误或卡纸", "Misprint or paper jam"),
    Reason("second_side", "需要再贴一面", "Another side of the container needs one"),
    Reason("amended", "标签内容已更正", "What stands on it was corrected"),
)
LABEL_REPLACE = _list(
    Reason("lost", "标签脱落，去向不明", "The label came off and is lost"),
    Reason("copied", "发现同码标签", "Another label with this code was found"),
    Reason("damaged", "标签破损，编码无法辨认", "Torn, the code cannot be read"),
    Reason("wrong_container", "贴错容器", "Stuck on the wrong container", needs_note=True),
)

CATALOGUES: Mapping[str, Mapping[str, Reason]] = MappingProxyType(
    {
        "label_reprint": LABEL_REPRINT,
        "label_replace": LABEL_REPLACE,
        "pickup_refusal": PICKUP_REFUSAL,
        "gate_refusal": GATE_REFUSAL,
        "nobody_there": NOBODY_THERE,
        "unconfirmed": UNCONFIRMED,
        "agreed_change": AGREED_CHANGE,
        "cancellation": CANCELLATION,
        "loss": LOSS,
        "resolution": RESOLUTION,
    }
)


def require(
    catalogue: str, code: str | None, *, note: str = "", photos: int = 0, field: str = "reason"
) -> Reason:
    """The reason, once note and photo it asks for are there. KeyError for an unknown catalogue.

    Raises InvalidInput: reason.missing, reason.unknown(given), reason.note_missing, reason.photo_missing
    (both with name_zh, name_en).
    """
    choices = CATALOGUES[catalogue]
    if not code:
        raise InvalidInput("reason.missing", field=field)
    reason = choices.get(code)
    if reason is None:
        raise InvalidInput("reason.unknown", field=field, given=code[:40])
    if reason.needs_note and not note.strip():
        raise InvalidInput(
            "reason.note_missing", field="note", name_zh=reason.name_zh, name_en=reason.name_en
        )
    if reason.needs_photo and photos < 1:
        raise InvalidInput(
            "reason.photo_missing", field="photo", name_zh=reason.name_zh, name_en=reason.name_en
        )
    return reason
