"""The generator's desk: enrolment, contracts, plans, batches, labels, requests."""

TABLE: dict[str, tuple[str, str]] = {
    "area.unknown": (
        "没有代码为 %(given)s 的县（市、区）或镇（街道），或它不属于所选的县。请从列表中选择。",
        "There is no county or town %(given)s, or the town is not in that county. Please choose from "
        "the list.",
    ),
    "batch.basis_unknown": (
        "重量依据只能是“估重”或“实际称重”。请选择其中一项。",
        "The mass is either estimated or weighed. Please choose one.",
    ),
    "batch.form_unknown": (
        "还没有选择废物形态。请选择液态、固态、泥态、半固态或气态。",
        "No form was chosen. Please choose liquid, solid, sludge, semi-solid or gas.",
    ),
    "batch.mass_unchanged": (
        "填写的重量与现记重量相同（%(mass_g)s），没有需要更正的内容。请填写正确的净重。",
        "The mass equals the one on record (%(mass_g)s), so there is nothing to correct. Enter the "
        "right net mass.",
    ),
    "batch.no_containers": (
        "这个批次没有容器。请至少填写一个容器的净重。",
        "This batch has no container. Enter the net mass of at least one container.",
    ),
    "batch.produced_in_future": (
        "产生日期 %(produced_on)s 晚于今天（%(today)s）。请改为实际产生的日期。",
        "The day of generation, %(produced_on)s, is after today (%(today)s). Enter the day on which "
        "it arose.",
    ),
    "batch.produced_too_long_ago": (
        "产生日期 %(produced_on)s 已超过可补记的 %(days)s 天。请核对年份；确属历史存量的，请联系生态环"
        "境部门处理。",
        "%(produced_on)s is more than %(days)s days ago, the longest time a registration may lie back"
        ". Check the year; for old stock please contact the environment authority.",
    ),
    "batch.too_many_containers": (
        "一个批次最多 %(most)s 个容器，这里有 %(given)s 个。请分成几个批次登记。",
        "A batch holds at most %(most)s containers; there are %(given)s. Please register several batches.",
    ),
    "choice.missing": (
        "还没有选择，或所选项目已不存在。请重新选择。",
        "Nothing was chosen, or the choice no longer exists. Please choose again.",
    ),
    "container.already_moved": (
        "容器 %(label_code)s 已经离开过本单位或已复称，不能单方更正或作废。请通过“更正申请”由双方确认。",
        "Container %(label_code)s has left your site or was weighed again, so one side alone cannot "
        "correct or void it. Propose a correction for both sides to agree.",
    ),
    "container.not_at_enterprise": (
        "容器 %(label_code)s 已不在本单位，不能申请收运。请刷新页面后重新选择。",
        "Container %(label_code)s is no longer at your site and cannot be requested. Reload the page "
        "and choose again.",
    ),
    "container.not_for_liquid": (
        "%(container_type)s 不能盛装液态废物。请换用闭口桶或吨桶，或核对形态。",
        "%(container_type)s does not take liquids. Use a closed drum or an IBC, or check the form.",
    ),
    "container.not_labelled": (
        "容器 %(label_code)s 还没有打印标签，不能申请收运。请先打印并贴好标签。",
        "Container %(label_code)s has no printed label and cannot be requested. Print its label and "
        "stick it on first.",
    ),
    "container.on_request": (
        "容器 %(label_code)s 已在收运申请中。请先取消该申请，再进行此操作。",
        "Container %(label_code)s is on a pickup request. Cancel that request first.",
    ),
    "container.overfilled": (
        "%(mass_g)s 超过了 %(container_type)s 的最大装载量 %(payload_max_g)s。请核对重量，或分装到更多容器。",
        "%(mass_g)s is more than a %(container_type)s can hold (%(payload_max_g)s). Check the mass "
        "or use more containers.",
    ),
    "container_type.unknown": (
        "没有“%(given)s”这种包装类型，或当日尚未启用。请从列表中选择。",
        "There is no container type “%(given)s”, or it was not in use that day. Please choose from the list.",
    ),
    "contract.dates_reversed": (
        "合同的结束日期 %(valid_until_on)s 早于开始日期 %(valid_from_on)s。请核对有效期。",
        "The contract ends (%(valid_until_on)s) before it begins (%(valid_from_on)s). Please check "
        "the dates.",
    ),
    "contract.end_outside": (
        "终止日期须在 %(first_on)s 至 %(last_on)s 之间：过去的日子合同已经有效，到期后无需终止。请重新填写。",
        "A contract ends between %(first_on)s and %(last_on)s: in the past it was in force, and after its "
        "last day it is over anyway. Please choose another day.",
    ),
    "contract.ended_already": (
        "合同 %(number)s 已自 %(ended_on)s 起终止。需要继续收运的，请登记新合同。",
        "Contract %(number)s has ended on %(ended_on)s already. To go on, enter a new contract.",
    ),
    "contract.number_taken": (
        "合同编号 %(number)s 已登记过。请核对编号；续签合同请使用新编号。",
        "Contract number %(number)s was entered before. Check the number; a renewed contract has a new one.",
    ),
    "contract.requests_undone": (
        "合同 %(number)s 下还有 %(count)s 个未完成的收运申请（%(requests)s）。"
        "请先完成收运或取消这些申请，再终止合同。",
        "Under contract %(number)s there are %(count)s pickup requests not yet done (%(requests)s). Have "
        "them fetched, or cancel them, before the contract ends.",
    ),
    "contract.platform_not_for_county": (
        "%(platform)s 的服务范围不包括该单位所在的县（市、区）。请选择本县或相邻的收集平台。",
        "%(platform)s does not serve the county of this firm. Choose the platform of the county or a "
        "neighbouring one.",
    ),
    "day.malformed": (
        "“%(given)s”不是日期。请按 2026-03-16 的格式填写。",
        "“%(given)s” is not a date. Write it like 2026-03-16.",
    ),
    "label.container_void": (
        "标签 %(label_code)s 已作废，不能再打印。请选择有效的容器。",
        "Label %(label_code)s is void and cannot be printed. Choose a valid container.",
    ),
    "label.nothing_chosen": (
        "没有选择要打印标签的容器。请先勾选容器。",
        "No container was chosen. Tick the containers whose labels you want to print.",
    ),
    "label.too_many": (
        "一次最多打印 %(most)s 个标签，这里有 %(given)s 个。请分几次打印。",
        "At most %(most)s labels can be printed at once; there are %(given)s. Please print in several runs.",
    ),
    "label.unknown": (
        "系统中没有识别码 %(label_code)s。请核对标签；如为手工输入，请逐位检查。",
        "There is no container with the code %(label_code)s. Check the label, digit by digit if it "
        "was typed.",
    ),
    "ledger.not_posted": (
        "账本没有接受这次操作（%(reason)s），内容没有改变。请刷新页面核对容器状态后重试。",
        "The ledger's books did not accept this (%(reason)s) and nothing was changed. Reload the "
        "page and check the container's state.",
    ),
    "organisation.already_enrolled": (
        "统一社会信用代码 %(credit_code)s 的单位已经入网。请直接使用已有单位。",
        "The unit with the credit code %(credit_code)s is enrolled already. Please use the existing one.",
    ),
    "organisation.inactive": (
        "%(name)s 已停用，不能办理新业务。请联系管理员。",
        "%(name)s is no longer active and cannot start anything new. Please contact the administrator.",
    ),
    "organisation.management_class_unknown": (
        "管理类别“%(given)s”无效。请选择重点监管、简化管理或登记管理。",
        "“%(given)s” is no management class. Choose key, simplified or registration.",
    ),
    "organisation.storage_kind_unknown": (
        "贮存设施类型“%(given)s”无效。请选择贮存点或贮存库。",
        "“%(given)s” is no kind of storage. Choose storage point or storage house.",
    ),
    "plan_line.code_twice": (
        "废物代码 %(waste_code)s 在同一计划中出现了两次。请合并为一行。",
        "Waste code %(waste_code)s stands twice on the plan. Please join the two lines.",
    ),
    "plan_line.none": (
        "管理计划没有任何废物。请至少填写一行。",
        "The management plan has no line. Enter at least one waste.",
    ),
    "plan_line.year_wrong": (
        "计划年度“%(year)s”无效。请填写四位年份，例如 2026。",
        "“%(year)s” is no plan year. Write four digits such as 2026.",
    ),
    "request.already_scheduled": (
        "申请 %(request_no)s 已排入车次，不能直接取消或改期。请联系收集平台把申请退回。",
        "Request %(request_no)s is on a published round and cannot be changed here. Ask the platform "
        "to send it back.",
    ),
    "request.code_not_on_plan": (
        "%(waste_codes)s 不在 %(year)s 年备案的管理计划中，不能转移。请先变更备案并补登计划。",
        "%(waste_codes)s is not on the registered plan of %(year)s and cannot be moved. Change the "
        "registered plan and add the code first.",
    ),
    "request.no_containers": (
        "没有选择容器。请至少选择一个要交运的容器。",
        "No container was chosen. Choose at least one container to be fetched.",
    ),
    "request.no_contract": (
        "%(ready_on)s 没有有效的收集合同，不能收运。请先与收集平台签订或续签合同并登记。",
        "No collection contract is in force on %(ready_on)s. Sign or renew one with the platform and "
        "enter it first.",
    ),
    "request.ready_on_far": (
        "可收运日 %(ready_on)s 超过今后 %(days)s 天。请选择更近的日期。",
        "%(ready_on)s is more than %(days)s days ahead. Choose an earlier day.",
    ),
    "request.ready_on_past": (
        "可收运日 %(ready_on)s 已过去（今天是 %(today)s）。请选择今天或以后的日期。",
        "%(ready_on)s has passed (today is %(today)s). Choose today or a later day.",
    ),
    "request.too_many_containers": (
        "一次申请最多 %(most)s 个容器，这里有 %(given)s 个。请分成几次申请。",
        "A request holds at most %(most)s containers; there are %(given)s. Please place several requests.",
    ),
    "waste_code.not_in_force": (
        "废物代码 %(given)s 在 %(on)s 不是有效的名录代码。请核对产生日期，或按当日有效的名录重新选择代码。",
        "Waste code %(given)s was not in force on %(on)s. Check the day of generation or choose a "
        "code that was.",
    ),
    "window.empty": (
        "时段的开始（%(open_s)s）不早于结束（%(close_s)s）。请重新填写时段。",
        "The window begins (%(open_s)s) no earlier than it ends (%(close_s)s). Please enter it again.",
    ),
    "window.malformed": (
        "“%(given)s”不是时间。请按 08:30 的格式填写开始和结束时间。",
        "“%(given)s” is not a time. Enter both times like 08:30.",
    ),
    "window.overlap": (
        "两个时段互相重叠。请改为前后不重叠的时段，或合并成一个。",
        "Two windows overlap. Please separate them or join them into one.",
    ),
    "window.too_many": (
        "最多填写 %(most)s 个时段。请合并时段。",
        "At most %(most)s windows can be given. Please join some.",
    ),
    "window.too_short": (
        "时段太短，至少 %(minutes)s 分钟，车辆才能安排。请延长时段。",
        "The window is too short: a vehicle needs at least %(minutes)s minutes. Please make it longer.",
    ),
}
