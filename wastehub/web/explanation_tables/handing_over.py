"""Refusals at the gate: confirming what is handed over, one-time codes, consents, agreed changes."""

TABLE: dict[str, tuple[str, str]] = {
    "scan.photo_missing": (
        "拒收原因“%(name_zh)s”需要照片，拒收没有记录。请拍照后重新提交。",
        "The reason “%(name_en)s” needs a photo, so the refusal was not recorded. Take one and send it "
        "again.",
    ),
    "stop.unconfirmed": (
        "车上已有本单位的容器，还没有移出人确认，不能离站。请对方签字、出示交接码，或先登记常年授权。",
        "Containers of this firm are on board and nobody has confirmed them, so the stop cannot be left. "
        "Ask for a signature or the code, or for a standing consent.",
    ),
    "hand_over.way_unknown": (
        "确认方式不明，没有登记。请选择签字、交接码或常年授权。",
        "This way of confirming is not known, so nothing was recorded. Choose signature, code or consent.",
    ),
    "hand_over.stop_not_open": (
        "本站没有装走容器或已撤回，不用确认交接。",
        "Nothing was taken at this stop, or it was withdrawn: there is nothing to confirm.",
    ),
    "hand_over.nothing_loaded": (
        "本站还没有装车的容器，不能确认交接。请先扫码装车。",
        "No container of this stop is on board yet, so there is nothing to confirm. Scan and load first.",
    ),
    "hand_over.name_missing": (
        "没有填写签字人姓名，确认没有登记。请填写姓名。",
        "The name of the person who signs is missing, so nothing was recorded. Enter the name.",
    ),
    "hand_over.signature_missing": (
        "没有签字图像，确认没有登记。请重新签字。",
        "The picture of the signature is missing, so nothing was recorded. Sign again.",
    ),
    "hand_over.code_malformed": (
        "交接码是 %(digits)s 位数字。请向对方核对后重新输入。",
        "The code has %(digits)s digits. Ask the firm for it again and enter it.",
    ),
    "hand_over.code_wrong": (
        "交接码不对，确认没有登记。请让对方打开本次收运申请，读出页面上的交接码；或改为签字确认。",
        "This is not the code, so nothing was recorded. Let the firm open this pickup request and read the "
        "code from its page; or take a signature instead.",
    ),
    "hand_over.code_locked": (
        "一小时内输错 %(wrong)s 次，暂停使用交接码。请改为签字确认。",
        "%(wrong)s wrong codes within an hour: codes are not taken for now. Take a signature instead.",
    ),
    "hand_over.code_expired": (
        "这个交接码在 %(valid_until_at)s 已失效，确认没有登记。请让对方重新显示交接码，或改为签字确认。",
        "This code held until %(valid_until_at)s, so nothing was recorded. Let the firm show a new one, or "
        "take a signature instead.",
    ),
    "hand_over.code_used": (
        "这个交接码已经用过，只能用一次。请让对方重新显示交接码。",
        "This code was used before and holds only once. Let the firm show a new one.",
    ),
    "hand_over.no_consent": (
        "%(on)s 没有生效的常年授权，确认没有登记。请签字或使用交接码。",
        "No standing consent holds on %(on)s, so nothing was recorded. Take a signature or the code.",
    ),
    "hand_over.not_on_the_way": (
        "申请 %(request_no)s 现在没有车辆在途，没有生成交接码。请在司机到场后再显示。",
        "No vehicle is on the road for request %(request_no)s, so no code was made. Show it when the "
        "driver is there.",
    ),
    "consent.until_past": (
        "截止日 %(until_on)s 已经过去，授权没有保存。请选择今天以后的日期。",
        "The last day %(until_on)s has passed, so the consent was not saved. Choose a later day.",
    ),
    "consent.order": (
        "截止日 %(until_on)s 早于起始日 %(from_on)s，授权没有保存。请改正日期。",
        "The last day %(until_on)s is before the first day %(from_on)s, so the consent was not saved. "
        "Correct it.",
    ),
    "consent.too_long": (
        "授权最长 %(days_max)s 天，没有保存。请选择较近的截止日，到期可以续签。",
        "A consent holds at most %(days_max)s days, so it was not saved. Choose a nearer day; it can be "
        "renewed.",
    ),
    "consent.in_force": (
        "已有一份授权生效到 %(until_on)s，没有重复保存。如需修改，请先收回原授权。",
        "A consent holds until %(until_on)s already, so no second one was saved. Withdraw that one first "
        "to change it.",
    ),
    "consent.ended": (
        "这份授权已经到期或收回，没有改动。",
        "This consent has ended or was withdrawn before; nothing was changed.",
    ),
    "change.what_unknown": (
        "现场只能变更重量或包装，没有登记。废物种类不符的，请拒收，由单位重新登记。",
        "Only amount and packaging can be changed at the gate, so nothing was recorded. If it is another "
        "waste, refuse it and let the firm register it.",
    ),
    "change.role_unknown": (
        "没有选择单位人员的身份，变更没有登记。请选择后重新提交。",
        "The role of the firm's person is missing, so the change was not recorded. Choose it and send it "
        "again.",
    ),
    "change.stop_not_open": (
        "本站已经离开，联单已封存，不能再变更。请联系调度处理。",
        "The stop was left and its manifest sealed, so nothing can be changed. Call the dispatcher.",
    ),
    "change.loaded": (
        "容器 %(label_code)s 已装车，不能变更。请先撤销装车，变更后重新装车。",
        "Container %(label_code)s is on board, so it cannot be changed. Undo the loading first, then load "
        "it again.",
    ),
    "change.not_here": (
        "容器 %(label_code)s 不在本站的申请内，变更没有登记。请核对标签。",
        "Container %(label_code)s is not in this stop's request, so the change was not recorded. Check the "
        "label.",
    ),
    "change.not_labelled": (
        "容器 %(label_code)s 没有有效标签，变更没有登记。请单位先打印标签。",
        "Container %(label_code)s has no valid label, so the change was not recorded. The firm must print "
        "it first.",
    ),
    "change.moved_before": (
        "容器 %(label_code)s 曾经运出，不能在现场改重量。差异请在接收时处理。",
        "Container %(label_code)s was moved before, so its mass is not changed at the gate. Settle the "
        "difference on arrival.",
    ),
    "change.amount_same": (
        "新重量 %(mass_g)s 与登记相同，不用变更。",
        "The new mass %(mass_g)s is the declared one: there is nothing to change.",
    ),
    "change.amount_absurd": (
        "新重量 %(mass_g)s 与登记 %(declared_g)s 相差 10 倍以上，变更没有登记。请检查小数点和标签。",
        "%(mass_g)s against %(declared_g)s declared is ten times off, so the change was not recorded. "
        "Check decimal point and label.",
    ),
    "change.packaging_unknown": (
        "没有这种包装，变更没有登记。请从列表中选择。",
        "There is no such packaging, so the change was not recorded. Choose one from the list.",
    ),
    "change.packaging_same": (
        "新包装与登记相同，不用变更。",
        "The new packaging is the declared one: there is nothing to change.",
    ),
    "change.packaging_not_liquid": (
        "这种包装不能装液体，变更没有登记。请选择可装液体的包装。",
        "This packaging is not made for liquids, so the change was not recorded. Choose one that is.",
    ),
    "change.packaging_too_small": (
        "这种包装最多装 %(payload_max_g)s，装不下 %(mass_g)s，变更没有登记。请改选包装或核对重量。",
        "This packaging takes at most %(payload_max_g)s, not %(mass_g)s, so the change was not recorded. "
        "Choose another or check the mass.",
    ),
}
