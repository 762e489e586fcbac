"""Every column of the tables of HJ 1259-2022: ledger (Annex B), plan (Annex A), declaration (Annex C).

Titles as the norm prints them; grouped headings are joined with "：". Where each value comes from stands in
docs/forms.md, and a test fails when a column is missing there.
"""

from __future__ import annotations

from collections.abc import Mapping

from wastehub.domain.plan_classes import ManagementClass
from wastehub.domain.statutory.sheets import Column, Sheet

LICENSED = "危险废物经营许可证持有单位"
EXEMPT = "危险废物利用处置环节豁免管理单位"
ABROAD = "中华人民共和国境外的危险废物利用处置单位"
ACCEPTOR_KINDS = (LICENSED, EXEMPT, ABROAD)
TRANSFER_KINDS = ("省内转移", "跨省转移", "境外转移")
UNIT = "吨"

_NO = Column("number", "序号", "number")
_CONTAINER = (
    Column("container_code", "容器/包装编码", wide=3),
    Column("container_type", "容器/包装类型", wide=2),
    Column("container_count", "容器/包装数量", "number"),
)
_NAMES = (
    Column("internal_name", "行业俗称/单位内部名称", wide=2),
    Column("catalogue_name", "国家危险废物名录名称", wide=2),
)
_WASTE = (*_NAMES, Column("category", "危险废物类别"), Column("waste_code", "危险废物代码"))
_UNIT = Column("unit", "计量单位")
_NATURE = (
    Column("harmful_components", "有害成分名称", wide=2),
    Column("form", "形态"),
    Column("hazards", "危险特性"),
)


def _amount(title: str) -> tuple[Column, Column]:
    return Column("mass_g", title, "tonnes"), _UNIT


def _acceptor(group: str, last: str) -> tuple[Column, Column]:
    return Column("acceptor_name", f"{group}：单位名称", wide=2), Column(
        "acceptor_no", f"{group}：{last}", wide=2
    )


B1 = Sheet(
    "B.1",
    "危险废物产生环节记录表",
    (
        _NO,
        Column("batch_code", "产生批次编码", wide=2),
        Column("happened_on", "产生时间", "on"),
        *_WASTE,
        *_amount("产生量"),
        *_CONTAINER,
        Column("facility_code", "产生危险废物设施编码"),
        Column("generation_handler", "产生部门经办人"),
        Column("destination", "去向"),
    ),
)
B2 = Sheet(
    "B.2",
    "危险废物入库环节记录表",
    (
        _NO,
        Column("batch_code", "入库批次编码", wide=2),
        Column("happened_at", "入库时间", "at"),
        *_CONTAINER,
        *_WASTE,
        *_amount("入库量"),
        Column("facility_code", "贮存设施编码"),
        Column("facility_type", "贮存设施类型"),
        Column("transport_handler", "运送部门经办人"),
        Column("storage_handler", "贮存部门经办人"),
        Column("origin_batch", "产生批次编码", wide=2),
    ),
)
B3 = Sheet(
    "B.3",
    "危险废物出库环节记录表",
    (
        _NO,
        Column("batch_code", "出库批次编码", wide=2),
        Column("happened_at", "出库时间", "at"),
        *_CONTAINER,
        *_WASTE,
        *_amount("出库量"),
        Column("facility_code", "贮存设施编码"),
        Column("facility_type", "贮存设施类型"),
        Column("storage_handler", "出库部门经办人"),
        Column("transport_handler", "运送部门经办人"),
        Column("origin_batch", "入库批次编码", wide=2),
        Column("destination", "去向", wide=2),
    ),
)
B4 = Sheet(
    "B.4",
    "危险废物自行利用/处置环节记录表",
    (
        _NO,
        Column("batch_code", "自行利用/处置批次编码", wide=2),
        Column("happened_at", "自行利用/处置时间", "at"),
        *_CONTAINER,
        *_WASTE,
        *_amount("自行利用/处置量"),
        Column("facility_code", "自行利用/处置设施编码"),
        Column("method", "自行利用/处置方式"),
        Column("finished_at", "自行利用/处置完毕时间", "at"),
        Column("treatment_handler", "自行利用/处置部门经办人"),
        Column("origin_batch", "产生批次编码/出库批次编码", wide=2),
    ),
)
B5 = Sheet(
    "B.5",
    "危险废物委外利用/处置记录表",
    (
        _NO,
        Column("batch_code", "委外利用/处置批次编码", wide=2),
        Column("happened_at", "出厂时间", "at"),
        *_CONTAINER,
        *_WASTE,
        *_amount("委外利用/处置量"),
        Column("method", "利用/处置方式"),
        Column("acceptor_kind", "接收单位类型", wide=2),
        *_acceptor(LICENSED, "许可证编码"),
        Column("exempt_name", f"{EXEMPT}：单位名称"),
        Column("abroad_name", f"{ABROAD}：单位名称"),
        Column("abroad_no", f"{ABROAD}：出口核准通知单编号"),
        Column("origin_batch", "产生批次编码/出库批次编码", wide=2),
    ),
)
LEDGER = (B1, B2, B3, B4, B5)

A1 = Sheet("A.1", "单位基本信息", (Column("item", "项目", wide=2), Column("value", "内容", wide=5)))
# The rows of A.1: key -> title, in the order of the norm.
BASICS: Mapping[str, str] = {
    "name": "单位名称",
    "registered_address": "注册地址",
    "site_address": "生产经营场所地址",
    "area": "行政区划",
    "industry": "行业类别",
    "industry_code": "行业代码",
    "longitude": "生产经营场所中心经度",
    "latitude": "生产经营场所中心纬度",
    "credit_code": "统一社会信用代码",
    "management_class": "管理类别",
    "legal_representative": "法定代表人",
    "legal_phone": "法定代表人联系电话",
    "technical_lead": "危险废物环境管理技术负责人",
    "technical_phone": "技术负责人联系电话",
    "assessment": "是否有环境影响评价审批文件",
    "assessment_no": "环境影响评价审批文件文号或备案编号",
    "discharge_permit": "是否有排污许可证或是否进行排污登记",
    "discharge_permit_no": "排污许可证编号或排污登记编号",
}
A2 = Sheet(
    "A.2",
    "设施信息",
    (
        Column("facility_code", "设施编码"),
        Column("facility_name", "设施名称", wide=2),
        Column("facility_type", "设施类型"),
        Column("capacity_g", "设计能力", "tonnes"),
        _UNIT,
    ),
)
A3 = Sheet(
    "A.3",
    "危险废物产生情况信息",
    (
        Column("facility_code", "产生危险废物设施编码"),
        Column("facility_name", "产生危险废物设施名称"),
        Column("process", "对应产废环节名称", wide=2),
        *_WASTE,
        *_NATURE,
        Column("mass_g", "本年度预计产生量", "tonnes"),
        _UNIT,
        Column("inner_way", "内部治理方式及去向", wide=2),
        Column("inner_facility", "内部治理设施编码"),
        Column("inner_capacity_g", "内部治理设施设计能力", "tonnes"),
    ),
)
A4 = Sheet(
    "A.4",
    "危险废物贮存情况信息",
    (
        Column("facility_code", "贮存设施编码"),
        Column("facility_type", "贮存设施类型"),
        *_WASTE,
        *_NATURE,
        Column("packing", "包装形式", wide=2),
        Column("mass_g", "本年度预计剩余贮存量", "tonnes"),
        _UNIT,
    ),
)
A5 = Sheet(
    "A.5",
    "危险废物自行利用/处置情况信息",
    (
        Column("facility_code", "自行利用/处置设施编码"),
        Column("method", "自行利用/处置方式代码"),
        *_WASTE,
        *_NATURE,
        Column("mass_g", "本年度预计自行利用/处置量", "tonnes"),
        _UNIT,
    ),
)
A6 = Sheet(
    "A.6", "危险废物减量化计划和措施", (Column("item", "项目", wide=2), Column("value", "内容", wide=5))
)
REDUCTION: Mapping[str, str] = {
    "reduction_plan": "减少危险废物产生量和危害性的计划",
    "reduction_measures": "减少危险废物产生量和危害性的措施",
}
A7 = Sheet(
    "A.7",
    "危险废物转移情况信息",
    (
        Column("transfer_kind", "转移类型"),
        *_WASTE,
        *_NATURE,
        Column("mass_g", "本年度预计转移量", "tonnes"),
        _UNIT,
        Column("method", "利用/处置方式代码"),
        Column("acceptor_kind", "拟接收单位类型", wide=2),
        Column("acceptor_name", "拟接收单位名称", wide=2),
        Column("acceptor_no", "拟接收单位许可证编码", wide=2),
    ),
)
PLAN = (A1, A2, A3, A4, A5, A6, A7)
# Source: HJ 1259-2022 5.2: which tables a class of unit fills.
PLAN_TABLES: Mapping[ManagementClass, tuple[str, ...]] = {
    "key": ("A.1", "A.2", "A.3", "A.4", "A.5", "A.6", "A.7"),
    "simplified": ("A.1", "A.3", "A.4", "A.6", "A.7"),
    "registration": ("A.1", "A.3", "A.7"),
}

C1 = Sheet("C.1", "危险废物产生情况", (*_WASTE, *_NATURE, *_amount("产生量")))
C2 = Sheet(
    "C.2",
    "危险废物自行利用/处置情况",
    (*_WASTE, Column("method", "自行利用/处置方式"), *_amount("自行利用/处置量")),
)
C3 = Sheet(
    "C.3",
    "危险废物委托外单位利用/处置情况",
    (
        *_WASTE,
        Column("province", "省（自治区、直辖市）"),
        Column("acceptor_name", "单位名称", wide=2),
        Column("acceptor_no", "许可证编码/豁免编号/出口核准通知单编号", wide=2),
        Column("method", "利用/处置方式"),
        *_amount("委托利用/处置量"),
    ),
)
C4 = Sheet(
    "C.4",
    "危险废物贮存情况",
    (
        *_WASTE,
        Column("opening_g", "上期末剩余贮存量", "tonnes"),
        Column("closing_g", "本期末剩余贮存量", "tonnes"),
        _UNIT,
    ),
)
DECLARATION = (C1, C2, C3, C4)
# Not in the norm: what makes the sum right, and what a licensed collector received.
RECEIVED = Sheet(
    "R", "危险废物接收情况", (*_WASTE, Column("origins", "来源单位数", "number"), *_amount("接收量"))
)
BALANCE = Sheet(
    "平衡",
    "物料平衡核对",
    (
        Column("waste_code", "危险废物代码"),
        Column("opening_g", "期初贮存", "tonnes"),
        Column("generated_g", "产生", "tonnes"),
        Column("received_g", "接收", "tonnes"),
        Column("other_g", "其他变动", "tonnes"),
        Column("own_g", "自行利用/处置", "tonnes"),
        Column("outsourced_g", "委外利用/处置", "tonnes"),
        Column("lost_g", "损耗与事故", "tonnes"),
        Column("tolerance_g", "允差内称重差", "tonnes"),
        Column("case_g", "差异事项", "tonnes"),
        Column("closing_g", "期末贮存", "tonnes"),
        Column("off_g", "不平衡", "tonnes"),
        _UNIT,
    ),
)
ALL = (*LEDGER, *PLAN, *DECLARATION)
