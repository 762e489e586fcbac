"""The event types of the ledger: what each is in EPCIS 2.0 and HJ 1259-2022, and which posting rule it has.

`epcis` / `action` / `biz_step` / `disposition`: GS1 EPCIS and CBV 2.0; own words carry the prefix "wh:".
`hj1259`: table of HJ 1259-2022 appendix B that the act is written into.
`rule`: function of mass.py; empty when the act moves no mass.
"""

from __future__ import annotations

from typing import NamedTuple


class EventType(NamedTuple):
    name: str
    zh: str
    en: str
    epcis: str = ""
    action: str = ""
    biz_step: str = ""
    disposition: str = ""
    hj1259: str = ""
    rule: str = ""


_OBJECT, _AGGREGATION, _TRANSACTION = "ObjectEvent", "AggregationEvent", "TransactionEvent"
_LIST = (
    EventType("key.registered", "登记签名密钥", "Signing key registered"),
    EventType("key.revoked", "吊销签名密钥", "Signing key revoked"),
    EventType("log_key.added", "启用封存密钥", "Log key added"),
    EventType("log_key.retired", "停用封存密钥", "Log key retired"),
    EventType("device.registered", "登记手机签名密钥", "Phone and its key registered"),
    EventType("device.revoked", "停用手机", "Phone revoked"),
    EventType("device.reported", "手机上传记录", "Phone sent its records"),
    EventType("conflict.opened", "现场记录有冲突", "Records of the field contradict"),
    EventType("conflict.decided", "处理现场冲突", "Conflict of the field decided"),
    EventType("label_key.added", "启用标签密钥", "Label key added"),
    EventType("label_key.retired", "停用标签密钥", "Label key retired"),
    EventType("label_key.revoked", "吊销标签密钥", "Label key revoked"),
    EventType("label_template.decided", "调整标签模板", "Label template decided"),
    EventType("log.succeeded", "承接旧账册", "Log succeeds an ended one"),
    EventType("organisation.enrolled", "单位入网", "Organisation enrolled"),
    EventType("organisation.changed", "变更单位信息", "Organisation changed"),
    EventType("contract.signed", "签订收集合同", "Contract signed"),
    EventType("contract.ended", "终止收集合同", "Contract ended"),
    EventType("plan.registered", "管理计划备案", "Management plan registered"),
    EventType(
        "batch.registered",
        "登记产生",
        "Generation registered",
        _OBJECT,
        "ADD",
        "commissioning",
        "active",
        "B.1",
        "generate",
    ),
    EventType("batch.amended", "补充更正批次", "Batch amended", _OBJECT, "OBSERVE", "inspecting", "active"),
    EventType("label.printed", "打印标签", "Label printed", _OBJECT, "OBSERVE", "wh:labelling", "active"),
    EventType(
        "label.replaced",
        "更换标签",
        "Label replaced",
        _OBJECT,
        "OBSERVE",
        "wh:labelling",
        "active",
        "",
        "relabel",
    ),
    EventType("label.bound", "绑定预印标签", "Pre-printed label bound", _OBJECT, "OBSERVE", "wh:labelling"),
    EventType("roll.handed_out", "发放预印标签卷", "Roll of printed numbers handed out"),
    EventType("roll.ended", "预印标签卷收回或挂失", "Roll returned or lost"),
    EventType("problem.found", "发现问题", "Problem found"),
    EventType("problem.moved", "问题流转", "Problem moved on"),
    EventType("roadside.shown", "出示路检二维码", "Roadside code shown"),
    EventType("roadside.renewed", "延长路检二维码", "Roadside code renewed"),
    EventType("roadside.revoked", "收回路检二维码", "Roadside code withdrawn"),
    EventType(
        "container.voided",
        "作废容器",
        "Container voided",
        _OBJECT,
        "DELETE",
        "decommissioning",
        "inactive",
        "",
        "void",
    ),
    EventType("request.placed", "提出收运申请", "Pickup requested", _TRANSACTION, "ADD"),
    EventType("request.cancelled", "取消收运申请", "Request cancelled", _TRANSACTION, "DELETE"),
    EventType("request.rescheduled", "改期", "Request rescheduled", _TRANSACTION, "OBSERVE"),
    EventType("plan.published", "发布收运计划", "Plan published", _TRANSACTION, "ADD"),
    EventType("round.crewed", "指派班组", "Crew assigned", _TRANSACTION, "OBSERVE"),
    EventType("round.cancelled", "取消车次", "Round cancelled", _TRANSACTION, "DELETE"),
    EventType("round.started", "车次出发", "Round started", _TRANSACTION, "OBSERVE", "departing"),
    EventType(
        "container.loaded", "装车", "Loaded", _OBJECT, "OBSERVE", "loading", "in_transit", "B.3 B.5", "depart"
    ),
    EventType(
        "container.load_undone",
        "撤销装车",
        "Loading undone",
        _OBJECT,
        "OBSERVE",
        "void_shipping",
        "in_progress",
        "",
        "undo_load",
    ),
    EventType(
        "container.load_refused", "拒绝装车", "Loading refused", _OBJECT, "OBSERVE", "loading", "in_progress"
    ),
    EventType(
        "custody.confirmed",
        "移出人确认交接",
        "Mover-out confirmed the hand-over",
        _TRANSACTION,
        "OBSERVE",
        "wh:handing_over",
    ),
    EventType(
        "container.changed", "现场变更", "Changed at the gate", _OBJECT, "OBSERVE", "inspecting", "active"
    ),
    EventType("consent.given", "常年授权收运", "Standing consent given"),
    EventType("consent.withdrawn", "收回收运授权", "Standing consent withdrawn"),
    EventType("stop.missed", "站点未能收运", "Stop missed", _TRANSACTION, "OBSERVE"),
    EventType("manifest.opened", "填写转移联单", "Manifest opened", _TRANSACTION, "ADD"),
    EventType(
        "manifest.loaded", "联单起运", "Manifest departed", _TRANSACTION, "OBSERVE", "departing", "in_transit"
    ),
    EventType(
        "manifest.arrived", "联单运抵", "Manifest arrived", _TRANSACTION, "OBSERVE", "arriving", "in_progress"
    ),
    EventType(
        "manifest.accepted",
        "联单接受",
        "Manifest accepted",
        _TRANSACTION,
        "OBSERVE",
        "accepting",
        "completeness_verified",
    ),
    EventType(
        "manifest.rejected", "联单拒收", "Manifest rejected", _TRANSACTION, "OBSERVE", "receiving", "returned"
    ),
    EventType("manifest.numbered", "填写联单编号", "Manifest number entered", _TRANSACTION, "OBSERVE"),
    EventType("manifest.on_paper", "改用纸质联单", "Manifest run on paper", _TRANSACTION, "OBSERVE"),
    EventType("manifest.decided_on_paper", "纸质联单接受意见", "Decided on paper", _TRANSACTION, "OBSERVE"),
    EventType("manifest.backfilled", "补录纸质联单", "Paper manifest entered", _TRANSACTION, "OBSERVE"),
    EventType(
        "manifest.discrepancy", "发现重大差异", "Difference found", _TRANSACTION, "OBSERVE", "inspecting"
    ),
    EventType("manifest.reported", "报告重大差异", "Difference reported", _TRANSACTION, "OBSERVE"),
    EventType("manifest.handed_over", "联运交接", "Handed over on the way", _TRANSACTION, "OBSERVE"),
    EventType("waybill.checked", "装车五必查", "Checked before departure", _TRANSACTION, "OBSERVE"),
    EventType("transport_class.decided", "确定危险货物类别", "Transport class decided"),
    EventType("manifest.voided", "联单作废", "Manifest voided", _TRANSACTION, "DELETE", "void_shipping"),
    EventType(
        "round.arrived", "车次到站", "Round arrived", _TRANSACTION, "OBSERVE", "arriving", "in_progress"
    ),
    EventType("round.finished", "车次收车", "Round finished", _TRANSACTION, "OBSERVE"),
    EventType("rest.begun", "开始停车休息", "Rest begun"),
    EventType("rest.ended", "结束停车休息", "Rest ended"),
    EventType("relay.given", "途中换车：交出", "Given to another vehicle"),
    EventType("relay.taken", "途中换车：接收", "Taken from another vehicle"),
    EventType("relay.withdrawn", "途中换车撤销", "Relay withdrawn"),
    EventType("revision.seen", "班组确认任务调整", "Change confirmed by the crew"),
    EventType("day.closed", "当日记录结清", "Phone's day closed"),
    EventType(
        "container.received",
        "入库",
        "Received",
        _OBJECT,
        "OBSERVE",
        "receiving",
        "completeness_verified",
        "B.2",
        "arrive",
    ),
    EventType("container.refused", "拒收", "Refused", _OBJECT, "OBSERVE", "receiving", "returned"),
    EventType(
        "container.returned", "退运", "Returned", _OBJECT, "OBSERVE", "shipping", "returned", "B.2", "arrive"
    ),
    EventType("container.moved", "移库", "Moved between zones", _OBJECT, "OBSERVE", "storing", "in_progress"),
    EventType("lot.opened", "建立出库批次", "Lot opened", _AGGREGATION, "ADD", "packing", "in_progress"),
    EventType("lot.packed", "装入出库批次", "Packed into lot", _AGGREGATION, "ADD", "packing", "in_progress"),
    EventType(
        "lot.unpacked", "移出出库批次", "Taken out of lot", _AGGREGATION, "DELETE", "unpacking", "in_progress"
    ),
    EventType(
        "lot.shipped",
        "出库",
        "Lot shipped",
        _OBJECT,
        "OBSERVE",
        "shipping",
        "in_transit",
        "B.3 B.5",
        "depart",
    ),
    EventType(
        "lot.received",
        "处置单位接收",
        "Lot received",
        _OBJECT,
        "OBSERVE",
        "receiving",
        "completeness_verified",
        "B.2",
        "arrive",
    ),
    EventType("lot.refused", "处置单位拒收", "Lot refused", _OBJECT, "OBSERVE", "receiving", "returned"),
    EventType(
        "lot.returned",
        "出库批次退回",
        "Lot returned",
        _OBJECT,
        "OBSERVE",
        "shipping",
        "returned",
        "B.2",
        "arrive",
    ),
    EventType(
        "container.treated",
        "利用处置",
        "Treated",
        _OBJECT,
        "DELETE",
        "destroying",
        "disposed",
        "B.4",
        "treat",
    ),
    EventType(
        "loss.declared", "申报损耗", "Loss declared", _OBJECT, "OBSERVE", "wh:loss", "in_progress", "", "lose"
    ),
    EventType(
        "spill.declared",
        "申报泄漏事故",
        "Spill declared",
        _OBJECT,
        "OBSERVE",
        "wh:incident",
        "damaged",
        "",
        "spill",
    ),
    EventType(
        "stock.counted",
        "盘点",
        "Stock counted",
        _OBJECT,
        "OBSERVE",
        "stock_taking",
        "in_progress",
        "",
        "count",
    ),
    EventType(
        "stock.signed_off", "盘点签字", "Count of stock signed", _TRANSACTION, "OBSERVE", "stock_taking"
    ),
    EventType("projector.stopped", "账目过账停止", "Posting stopped"),
    EventType("projector.resumed", "账目过账恢复", "Posting resumed"),
    EventType(
        "case.opened", "建立差异", "Case opened", _TRANSACTION, "ADD", "inspecting", "mismatch_quantity"
    ),
    EventType(
        "case.resolved",
        "处理差异",
        "Case resolved",
        _TRANSACTION,
        "DELETE",
        "inspecting",
        "conformant",
        "",
        "resolve",
    ),
    EventType(
        "mass.corrected",
        "更正质量",
        "Mass corrected",
        _OBJECT,
        "OBSERVE",
        "inspecting",
        "in_progress",
        "",
        "correct",
    ),
    EventType(
        "container.repacked",
        "合并、分装",
        "Merged, split, repacked",
        "TransformationEvent",
        "",
        "repackaging",
        "in_progress",
        "B.3 B.2",
        "repack",
    ),
    EventType(
        "container.recoded",
        "变更废物代码",
        "Waste code changed",
        "TransformationEvent",
        "",
        "repackaging",
        "in_progress",
        "B.3 B.2",
        "recode",
    ),
    EventType(
        "custody.relayed",
        "途中换车",
        "Relayed to another vehicle",
        _OBJECT,
        "OBSERVE",
        "transporting",
        "in_transit",
        "",
        "relay",
    ),
    EventType(
        "fact.reversed",
        "撤销记录",
        "Record reversed",
        _OBJECT,
        "OBSERVE",
        "wh:reversal",
        "in_progress",
        "",
        "reverse",
    ),
    EventType("loop.escalated", "未闭环事项升级提醒", "Open loop escalated"),
    EventType("loop.answered", "答复未闭环事项", "Open loop answered"),
    EventType("declaration.filed", "提交申报", "Declaration filed", _TRANSACTION, "ADD"),
    EventType("declaration.receipted", "登记申报回执", "Declaration receipted", _TRANSACTION, "OBSERVE"),
    EventType("declaration.delegated", "委托申报", "Declaring delegated", _TRANSACTION, "ADD"),
    EventType("declaration.delegation_ended", "终止委托申报", "Delegation ended", _TRANSACTION, "DELETE"),
    EventType("policy.changed", "修改规则参数", "Policy changed"),
    EventType("tariff.changed", "修改收费标准", "Tariff changed"),
    EventType("user.changed", "修改用户", "User changed"),
    EventType("backup.restored", "恢复备份", "Backup restored"),
    EventType("personal.erased", "删除个人信息", "Personal data erased"),
)

TYPES: dict[str, EventType] = {made.name: made for made in _LIST}
