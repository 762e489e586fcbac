"""Refusals of the pure rules. Masses (`*_g`) and dates (`*_on`, `on`) arrive presented, with their units.

A word in two languages comes as `name_zh`, `problem_zh` for Chinese and `name_en`, `problem_en` for English.
"""

TABLE: dict[str, tuple[str, str]] = {
    "access.role_forbidden": (
        "您的角色无权进行此操作，没有作任何更改。如确需办理，请由有相应权限的人员办理，或联系管理员。",
        "Your role may not do this; nothing was changed. Ask somebody whose role may, or your administrator.",
    ),
    "calendar.year_unknown": (
        "系统中没有 %(year)s 年的节假日安排，无法计算工作日期限，操作没有提交。请管理员更新节假日数据"
        "后重试。",
        "The public holidays of %(year)s are not installed, so no deadline in working days can be "
        "counted and nothing was submitted. Ask the administrator to update the holiday data, then "
        "try again.",
    ),
    "mass.not_a_number": (
        "无法识别重量“%(given)s”。请填写数字，可带单位，例如 12.5、12.5 kg 或 0.8 t；不带单位按千克计。",
        "“%(given)s” is not a mass. Enter a number, with a unit if you like: 12.5, 12.5 kg or 0.8 "
        "t. Without a unit it counts as kilograms.",
    ),
    "mass.not_positive": (
        "重量必须大于零。请称重后填写实际重量。",
        "A mass must be more than zero. Weigh the waste and enter what it weighs.",
    ),
    "mass.too_precise": (
        "重量“%(given)s”不足一克的部分无法记录。千克最多保留三位小数。",
        "“%(given)s” has parts of a gram, which cannot be recorded. Give kilograms with at most "
        "three decimals.",
    ),
    "mass.too_large": (
        "重量 %(mass_g)s 超过上限 %(max_g)s。请检查单位和小数点；确实更重的，请分装到多个容器后分别登记。",
        "%(mass_g)s is more than the limit of %(max_g)s. Check the unit and the decimal point; if it "
        "really is more, divide it into several containers and register each.",
    ),
    "credit_code.malformed": (
        "统一社会信用代码应为18位数字和大写字母（不含 I、O、S、V、Z），现在是 %(length)s 位"
        "“%(given)s”。请对照营业执照重新填写。",
        "A unified social credit code has 18 digits and capital letters (never I, O, S, V, Z); this "
        "has %(length)s: “%(given)s”. Copy it from the business licence.",
    ),
    "credit_code.wrong": (
        "统一社会信用代码的校验位不符：末位应为 %(expected)s，填写的是 %(given)s，说明其中有字符填错。"
        "请对照营业执照逐位核对。",
        "The check character is wrong: it should be %(expected)s and is %(given)s, so some character "
        "was mistyped. Compare the code with the business licence.",
    ),
    "waste_code.malformed": (
        "“%(given)s”不是废物代码。废物代码为8位数字，例如 900-249-08，末两位为废物类别（01至50）。请"
        "从名录中选择。",
        "“%(given)s” is not a waste code. It has eight digits, like 900-249-08, the last two being "
        "the category (01 to 50). Choose one from the catalogue.",
    ),
    "waste_code.category_mismatch": (
        "废物类别与废物代码不符：该代码属于 %(expected)s，填写的是 %(given)s。请改正类别，或重新选择代码。",
        "Category and code do not agree: the code belongs to %(expected)s, but %(given)s was given. "
        "Correct the category or choose another code.",
    ),
    "hazard.missing": (
        "没有填写危险特性。请至少选择一项：毒性 T、腐蚀性 C、易燃性 I、反应性 R、感染性 In。",
        "No hazard property was given. Choose at least one: T toxic, C corrosive, I ignitable, R "
        "reactive, In infectious.",
    ),
    "hazard.unknown": (
        "“%(given)s”不是危险特性代号。可用的代号为 T、C、I、R、In，多项用逗号分开。",
        "“%(given)s” is not a hazard property. Use T, C, I, R or In, several separated by commas.",
    ),
    "permit.missing": (
        "该单位没有登记危险废物经营许可证，不能接收 %(waste_code)s。请先登记许可证，或改选有资质的单位。",
        "This unit has no hazardous-waste permit on record and may not take %(waste_code)s. Record "
        "its permit first, or choose a licensed unit.",
    ),
    "permit.category_not_licensed": (
        "许可证 %(numbers)s 不包括 %(waste_code)s(%(category)s)，接收属于超范围经营。请改选许可范围包"
        "括该废物的单位。",
        "Permit %(numbers)s does not cover %(waste_code)s (%(category)s); taking it would exceed the "
        "licence. Choose a unit that is licensed for it.",
    ),
    "permit.expired": (
        "许可证 %(number)s 已于 %(valid_until_on)s 到期，不能办理 %(on)s 的业务。请登记换发后的许可证，"
        "或改选其他单位。",
        "Permit %(number)s ended on %(valid_until_on)s and does not cover %(on)s. Record the renewed "
        "permit, or choose another unit.",
    ),
    "permit.not_yet_valid": (
        "许可证 %(number)s 自 %(valid_from_on)s 起有效，不能办理 %(on)s 的业务。请改在生效之后办理，"
        "或改选其他单位。",
        "Permit %(number)s is valid from %(valid_from_on)s and does not cover %(on)s. Choose a later "
        "day, or another unit.",
    ),
    "permit.quota_exceeded": (
        "许可证 %(number)s 的年度许可量为 %(quota_g)s，已用 %(used_g)s，再接收 %(add_g)s 将超量；今年"
        "还可接收 %(left_g)s。请减少数量，或改选其他单位。",
        "Permit %(number)s allows %(quota_g)s a year; %(used_g)s are used and %(add_g)s more would "
        "exceed it. %(left_g)s are left this year. Reduce the amount, or choose another unit.",
    ),
    "storage.point_full": (
        "贮存点现有 %(stock_g)s，再增加 %(add_g)s 将超过上限 %(limit_g)s（GB 18597-2023 第8.3.5条），没"
        "有登记；还可存放 %(left_g)s。请先申请收运，腾出空间后再登记。",
        "The storage point holds %(stock_g)s; %(add_g)s more would exceed its limit of %(limit_g)s "
        "(GB 18597-2023, 8.3.5), so nothing was registered. There is room for %(left_g)s. Request a "
        "pickup first, then register the rest.",
    ),
    "container.act_not_allowed": (
        "该容器当前的状态不允许这一步操作，没有作任何更改。请刷新页面，按容器的最新状态办理。",
        "The container's present state does not allow this step; nothing was changed. Reload the "
        "page and go on from its latest state.",
    ),
    "request.act_not_allowed": (
        "该收运申请当前的状态不允许这一步操作，没有作任何更改。已排班的申请请先由平台退回待排，再取消"
        "或改期。",
        "The request's present state does not allow this step; nothing was changed. A scheduled "
        "request must first be sent back to the pool by the platform before it is cancelled or moved.",
    ),
    "manifest.act_not_allowed": (
        "该联单当前的状态不允许这一步操作，没有作任何更改。联单只能在装车之前作废；请刷新页面查看最新状态。",
        "The manifest's present state does not allow this step; nothing was changed. A manifest can "
        "be voided only before loading. Reload the page to see its latest state.",
    ),
    "manifest.no_lines": (
        "联单中没有废物。请至少填写一项废物后再提交。",
        "The manifest lists no waste. Enter at least one waste before submitting.",
    ),
    "manifest.field_missing": (
        "联单缺少“%(name_zh)s”，不能进入下一步。请补填后重试。",
        "The manifest lacks “%(name_en)s” and cannot go on. Fill it in and try again.",
    ),
    "manifest.field_sealed": (
        "联单的“%(name_zh)s”已经签字确认，不能再改。如有错误，请提出更正，由另一方确认。",
        "“%(name_en)s” is sealed by a signature and cannot be edited. If it is wrong, propose a "
        "correction for the other party to agree to.",
    ),
    "manifest.number_malformed": (
        "“%(given)s”不是联单编号。国家系统的联单编号为14位数字：年份4位、省2位、市2位、顺序号6位。"
        "请重新核对。",
        "“%(given)s” is not a manifest number. The national system's numbers have 14 digits: year "
        "4, province 2, city 2, serial 6. Please check it.",
    ),
    "manifest.number_wrong_year": (
        "联单编号的年份是 %(given)s，而该次转移在 %(expected)s 年。请核对是否抄错或填到了别的联单。",
        "The number is of the year %(given)s, but this transfer is of %(expected)s. Check for a "
        "slip, or for another manifest's number.",
    ),
    "manifest.number_wrong_origin": (
        "联单编号中的移出地代码是 %(given)s，应为 %(expected)s。请核对是否抄错或填到了别的联单。",
        "The number names the place of origin %(given)s; it should be %(expected)s. Check for a "
        "slip, or for another manifest's number.",
    ),
    "label.malformed": (
        "无法识别标签“%(given)s”：%(problem_zh)s。请重新扫码，或按标签逐位输入37位数字识别码。",
        "“%(given)s” is not a label code: %(problem_en)s. Scan again, or type the 37 characters "
        "from the label.",
    ),
    "label.running_exhausted": (
        "该单位 %(produced_on)s 产生的 %(waste_code)s 已用完999个识别码，没有登记。"
        "请改用更大的容器合并包装后登记。",
        "All 999 codes of %(waste_code)s produced on %(produced_on)s are used; nothing was "
        "registered. Pack the waste into fewer, larger containers and register those.",
    ),
    "text.character_not_printable": (
        "标签字体中没有以下字符，打印会缺字：%(characters)s。请换用其他字符。",
        "The label font lacks these characters, so they would not print: %(characters)s. Please use others.",
    ),
    "batch_number.malformed": (
        "“%(given)s”不是批次编码。批次编码形如 HWCS20211031001：环节代号、日期8位、顺序号3位。请核"
        "对后重新输入。",
        "“%(given)s” is not a batch number. It looks like HWCS20211031001: stage, eight digits of "
        "the date, three of the running number. Check it and try again.",
    ),
    "batch_number.exhausted": (
        "该单位 %(on)s 的批次编码已用完999个，没有登记。请将同类废物合并为一个批次登记。",
        "All 999 batch numbers of %(on)s are used; nothing was registered. Register waste of one "
        "kind as one batch.",
    ),
    "reason.missing": (
        "没有选择原因。请从列表中选择一项。",
        "No reason was chosen. Choose one from the list.",
    ),
    "reason.unknown": (
        "“%(given)s”不在原因列表中。请刷新页面后重新选择。",
        "“%(given)s” is not among the reasons. Reload the page and choose again.",
    ),
    "reason.note_missing": (
        "原因“%(name_zh)s”需要文字说明。请写明具体情况。",
        "The reason “%(name_en)s” needs a note. Say what happened.",
    ),
    "reason.photo_missing": (
        "原因“%(name_zh)s”需要照片。请拍照后提交。",
        "The reason “%(name_en)s” needs a photo. Take one and submit again.",
    ),
    "scan.duplicate": (
        "该容器已经扫码装车，没有重复记录。请继续下一个容器。",
        "This container was already scanned and is on board; nothing was recorded twice. Go on to the next.",
    ),
    "scan.label_unknown": (
        "系统中没有标签 %(label_code)s，不能装车。请核对识别码；确无登记的，请企业先登记并打印标签。",
        "No container has the label %(label_code)s, so it may not be loaded. Check the code; if the "
        "waste was never registered, the firm must register it and print its label first.",
    ),
    "scan.label_void": (
        "该标签已作废，不能装车。请企业为容器重新登记并打印新标签，旧标签应撕下。",
        "This label is void, so the container may not be loaded. The firm must register the "
        "container again, print a new label and take off the old one.",
    ),
    "scan.label_not_printed": (
        "该容器的标签尚未打印，或重量更正后没有重新打印，不能装车。请企业先打印并贴好标签。",
        "The container's label was not printed yet, or not again after its mass was amended, so it "
        "may not be loaded. The firm must print the label and put it on.",
    ),
    "scan.other_enterprise": (
        "该容器属于另一家企业，不能在本站装车。请核对标签，并联系调度员。",
        "This container belongs to another firm and may not be loaded at this stop. Check the label "
        "and call the dispatcher.",
    ),
    "scan.not_on_this_round": (
        "该容器不在本车次本站的收运申请内，不能装车。请企业提交申请，或联系调度员安排。",
        "This container is not in the request of this stop and round, so it may not be loaded. Ask "
        "the firm to request a pickup, or call the dispatcher.",
    ),
    "scan.round_not_open": (
        "扫码时本车次没有在途，或已离开本站，扫码没有生效。请先开始车次，或联系调度员。",
        "The round was not under way, or had left this stop, when this was scanned; nothing was "
        "moved. Start the round first, or call the dispatcher.",
    ),
    "scan.already_collected": (
        "该容器此前已被收运，不能再次装车。请核对标签是否贴错，并联系调度员查明。",
        "This container was collected before and cannot be loaded again. Check whether the label is "
        "on the wrong container and call the dispatcher.",
    ),
    "scan.not_on_board": (
        "该容器不在本车次车上，无法卸回。请核对标签。",
        "This container is not on board this round and cannot be unloaded. Check the label.",
    ),
    "scan.vehicle_not_licensed": (
        "本车未获准运输 %(category)s，不能装车。请留在企业，并联系调度员另派车辆。",
        "This vehicle is not licensed for %(category)s, so the container may not be loaded. Leave it "
        "at the firm and ask the dispatcher for another vehicle.",
    ),
    "scan.incompatible_on_board": (
        "该容器（%(group)s 类）与车上已装的 %(group_on_board)s 类废物不相容，不能同车或需隔板分隔，不能"
        "装车。请留在企业，并联系调度员安排其他趟次。",
        "This container (group %(group)s) is incompatible with group %(group_on_board)s on board: "
        "they need a partition, or may never ride together. Leave it at the firm and ask the "
        "dispatcher for another trip.",
    ),
    "scan.unclassified_alone": (
        "该容器或车上废物尚未划分相容性类别，只能单独运输，不能装车。请联系调度员另排趟次，或由管理员"
        "先划分类别。",
        "This container, or a waste on board, has no segregation group yet and must travel alone, so "
        "it may not be loaded. Ask the dispatcher for a trip of its own, or the administrator to "
        "assign a group.",
    ),
    "scan.vehicle_full": (
        "实测 %(measured_g)s，超过本车剩余载重 %(left_g)s(核定载质量 %(capacity_g)s)，不能装车。请先"
        "卸货，或联系调度员。",
        "The container weighs %(measured_g)s, more than the %(left_g)s left of the rated load of "
        "%(capacity_g)s, so it may not be loaded. Unload first, or call the dispatcher.",
    ),
    "scan.mass_missing": (
        "没有填写实测重量，不能装车。请称重后填写。",
        "No measured mass was given, so the container may not be loaded. Weigh it and enter the mass.",
    ),
    "scan.mass_absurd": (
        "实测 %(measured_g)s 与申报 %(declared_g)s 相差过大，不能装车。请检查单位和小数点、核对标签；"
        "确属申报有误的，请企业更正重量并重新打印标签。",
        "%(measured_g)s measured against %(declared_g)s declared cannot be right, so the container "
        "may not be loaded. Check unit, decimal point and label; if the declaration is wrong, the "
        "firm must amend the mass and print the label again.",
    ),
    "scan.refuse_reason_missing": (
        "没有选择拒收原因，拒收没有记录。请选择原因。",
        "No reason for the refusal was chosen, so it was not recorded. Choose one.",
    ),
    "scan.refuse_reason_unknown": (
        "拒收原因“%(given)s”不在列表中，拒收没有记录。请刷新后重新选择。",
        "“%(given)s” is not among the reasons, so the refusal was not recorded. Reload and choose again.",
    ),
    "scan.note_missing": (
        "拒收原因“%(name_zh)s”需要文字说明，拒收没有记录。请写明具体情况。",
        "The reason “%(name_en)s” needs a note, so the refusal was not recorded. Say what is wrong.",
    ),
    "scan.mass_outside_tolerance": (
        "已装车。实测 %(measured_g)s 与申报 %(declared_g)s 相差 %(difference_g)s，超过允许的 "
        "%(allowed_g)s，差异已记录。请确认读数和标签；如有误，请在离站前卸回重扫。",
        "Loaded. %(measured_g)s measured against %(declared_g)s declared: the difference of "
        "%(difference_g)s is more than the %(allowed_g)s allowed and is on record. Check reading and "
        "label; if they are wrong, undo and scan again before leaving.",
    ),
}
