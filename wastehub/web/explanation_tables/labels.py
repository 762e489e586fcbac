"""Labels on paper, their codes and seals."""

TABLE = {
    "scan.label_forged": (
        "标签 %(label_code)s 的签名与编码不符：标签被改动或伪造，不能装车，已报告县（市、区）监管部门。请不要"
        "搬动该容器，拍照并核对实物；请企业打印新标签，换贴后重新扫码。",
        "The seal of label %(label_code)s does not fit its code: the label was altered or forged, so the "
        "container may not be loaded, and the county's office has been told. Leave the container where it "
        "stands, take a photo and check what is in it; the firm must print and stick on a new label, then "
        "scan that.",
    ),
    "scan.label_doubtful": (
        "已装车，标签存疑已记录：%(label_code)s 的签名无法验证（密钥未公布、已吊销，或属于其他系统）。请核对"
        "实物与登记是否一致，并请企业重新打印标签。",
        "Loaded, with a doubt on record: the seal of label %(label_code)s cannot be judged (its key is "
        "unknown or revoked, or it is another system's). Check that the container is what was registered "
        "and ask the firm to print the label anew.",
    ),
    "label.typed_wrong": (
        "短码“%(given)s”不对：有数字输错、漏输或颠倒。请对照标签上“短码”后的10位数字重新输入。",
        "The short code “%(given)s” is wrong: a digit is mistyped, missing or swapped. Compare it "
        "with the ten digits after “短码” on the label and type it again.",
    ),
    "label.text_too_long": (
        "标签上放不下：“%(caption)s”文字太长（占 %(lines)s 行，至少要减少 %(over)s 行）。字号不能小于"
        "标准规定，请在登记内容中缩短这一项后重新打印。",
        "The label has no room: “%(caption)s” is too long (%(lines)s lines, at least %(over)s too "
        "many). Characters may not be smaller than the standard allows: shorten this text in the "
        "registration, then print again.",
    ),
    "label.base_url_too_long": (
        "系统网址太长，标签二维码放不下签名（共 %(given)s 个字符）。请管理员在 WASTEHUB_BASE_URL 中改"
        "用较短的域名。",
        "The address of this system is too long for the label's QR code with its seal (%(given)s "
        "characters). Ask an administrator to set a shorter domain in WASTEHUB_BASE_URL.",
    ),
    "label.unit_code_wrong": (
        "%(name)s 的单位编码“%(given)s”不是有效的18位统一社会信用代码（或 HJ 608 编码），不能打印标签"
        "。请先更正单位档案。",
        "The unit code “%(given)s” of %(name)s is not a valid 18-character credit code (or HJ 608 "
        "code), so no label can be printed. Correct the unit's file first.",
    ),
    "label.volume_missing": (
        "容器类型“%(container)s”没有登记容积，无法确定标签尺寸。请管理员补全容器类型的容积。",
        "The container type “%(container_en)s” has no volume, so the size of its label is unknown. "
        "Ask an administrator to complete the container type.",
    ),
    "label_key.number_taken": (
        "标签密钥编号 %(number)s 已被另一把密钥使用。请为 WASTEHUB_LABEL_KEY 换一个新的密钥文件。",
        "Another label key has the number %(number)s already. Give WASTEHUB_LABEL_KEY a new key file.",
    ),
    "label_key.ended": (
        "标签密钥 %(number)s 已停用或吊销，不能再签发标签。请为 WASTEHUB_LABEL_KEY 换一个新的密钥文件。",
        "The label key %(number)s was retired or revoked and seals no more labels. Give "
        "WASTEHUB_LABEL_KEY a new key file.",
    ),
    "label_key.in_use": (
        "标签密钥 %(number)s 正在使用。请先为 WASTEHUB_LABEL_KEY 换上新的密钥文件，再停用这一把。",
        "The label key %(number)s is in use. Give WASTEHUB_LABEL_KEY another key file first, then "
        "end this one.",
    ),
    "label_key.unknown": (
        "没有编号为 %(number)s 的标签密钥。请用 wastehub label-keys list 查看。",
        "There is no label key with the number %(number)s. See: wastehub label-keys list.",
    ),
    "label_template.past": (
        "生效日期 %(given)s 早于今天（%(today)s）。已打印的标签不能改写，请选今天或以后的日期。",
        "The template would begin on %(given)s, before today (%(today)s). Labels already printed "
        "stay as they are: choose today or a later day.",
    ),
    "label_template.nothing_changed": (
        "没有改动任何项目名称或底色。请先修改再保存。",
        "No caption and no ground was changed. Change something before you save.",
    ),
    "label_template.changed_meanwhile": (
        "这一项在您打开页面时是“%(seen)s”，在所选的生效日期已定为“%(present)s”。请核对后再保存。",
        "This read “%(seen)s” when you opened the page; on the chosen day it is to be “%(present)s”. Look "
        "again before you save.",
    ),
    "label_template.basis_missing": (
        "页面没有带上打开时的内容，不能判断您改了什么。请重新打开本页再修改。",
        "The page did not say what it had shown, so what you changed is unknown. Open it anew.",
    ),
    "label_template.field_fixed": (
        "“%(caption)s”是标准规定的项目，不能隐藏；已核实的名称也不能改写。",
        "“%(caption)s” is required by the standard: it cannot be left out, and a confirmed caption "
        "cannot be reworded.",
    ),
    "label_template.caption": (
        "项目名称最多 %(most)s 个字，现在是 %(given)s 个。请缩短。",
        "A caption has at most %(most)s characters; this one has %(given)s. Shorten it.",
    ),
    "label_template.colour": (
        "“%(given)s”不是颜色。请按 #rrggbb 填写，例如 #ff0000。",
        "“%(given)s” is not a colour. Write it as #rrggbb, for example #ff0000.",
    ),
    "label_template.colour_dark": (
        "底色“%(given)s”太暗，黑色图案看不清。请选浅一些的颜色。",
        "The ground “%(given)s” is too dark for a black symbol. Choose a lighter colour.",
    ),
}
