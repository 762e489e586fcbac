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
    EventType("manifest.voided", "联单作废", "Manifest voided", _TRANSACTION, "DELETE", "void_shipping"),
    EventType(
        "round.arrived", "车次到站", "Round arrived", _TRANSACTION, "OBSERVE", "arriving", "in_progress"
    ),
    EventType("round.finished", "车次收车", "Round finished", _TRANSACTION, "OBSERVE"),
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
    EventType("policy.changed", "修改规则参数", "Policy changed"),
    EventType("tariff.changed", "修改收费标准", "Tariff changed"),
    EventType("user.changed", "修改用户", "User changed"),
    EventType("backup.restored", "恢复备份", "Backup restored"),
    EventType("personal.erased", "删除个人信息", "Personal data erased"),
)

TYPES: dict[str, EventType] = {made.name: made for made in _LIST}
