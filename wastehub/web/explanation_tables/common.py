"""Refusals of the edge itself: sign-in, forms, versions, transport."""

TABLE: dict[str, tuple[str, str]] = {
    "http.bad_request": (
        "请求的内容无法识别。请返回上一页重新填写后提交；接口调用请检查 JSON 格式。",
        "The request could not be read. Go back and submit the form again; for the API check the JSON.",
    ),
    "session.expired": (
        "登录已失效，刚才的操作没有提交。请重新登录后继续。",
        "Your sign-in has expired and nothing was submitted. Please sign in again.",
    ),
    "access.forbidden": (
        "您的角色无权进行此操作。如确需办理，请联系本单位管理员。",
        "Your role may not do this. If you need to, ask your administrator.",
    ),
    "http.not_found": (
        "没有找到该页面。请核对网址，或从导航重新进入。",
        "There is no such page. Check the address or use the navigation.",
    ),
    "object.not_found": (
        "没有找到该对象，或它不属于您的单位。请核对编号后重试。",
        "There is no such record, or it is not your unit's. Check the number and try again.",
    ),
    "http.method_not_allowed": (
        "该地址不支持这种操作。请使用页面上的按钮。",
        "This address does not support that operation. Please use the buttons on the page.",
    ),
    "state.conflict": (
        "当前状态不允许此操作。请刷新页面查看最新状态。",
        "The present state does not allow this. Reload the page to see the latest state.",
    ),
    "http.too_large": (
        "上传的内容过大，没有保存。请压缩照片或分次上传。",
        "The upload is too large and was not saved. Shrink the photo or send it in parts.",
    ),
    "http.wrong_type": (
        "内容类型不受支持。接口调用请使用 application/json。",
        "This content type is not supported. Send application/json.",
    ),
    "input.invalid": (
        "有内容不符合要求。请按提示修改标出的栏目。",
        "Some input is not valid. Please correct the marked fields.",
    ),
    "http.precondition_required": (
        "请求缺少版本条件。请先读取最新版本，并随请求发送 If-Match。",
        "The request lacks a version condition. Read the latest version and send If-Match.",
    ),
    "http.too_many": (
        "操作过于频繁，已暂停受理。请一分钟后再试。",
        "Too many attempts. Please try again in a minute.",
    ),
    "http.failure": (
        "系统出现意外错误，本次操作没有生效。请稍后再试；若再次出现，请把下方编号告知管理员。",
        "Something failed unexpectedly and nothing was changed. Try again later; if it happens again, "
        "give the number below to your administrator.",
    ),
    "http.unavailable": (
        "系统暂时不可用。请稍后再试。",
        "The service is not available at the moment. Please try again later.",
    ),
    "form.token_expired": (
        "页面停留过久，安全校验已过期，内容没有提交。请刷新页面后重新提交。",
        "The page was open too long and its security token expired; nothing was submitted. "
        "Reload the page and submit again.",
    ),
    "version.stale": (
        "在您填写期间，其他人已修改了这条记录，您的修改没有保存。请刷新查看最新内容后再改。",
        "Somebody else changed this record while you were editing; your change was not saved. "
        "Reload to see the latest content, then edit again.",
    ),
    "idempotency.key_reused": (
        "同一个提交编号带来了不同的内容，没有执行。请刷新页面后重新提交。",
        "The same submission key came with different content and was not carried out. "
        "Reload the page and submit again.",
    ),
    "idempotency.key_too_long": (
        "提交编号过长（最多 %(longest)s 个字符）。请使用 UUID。",
        "The idempotency key is too long (at most %(longest)s characters). Use a UUID.",
    ),
    "sign_in.wrong": (
        "账号或密码不正确。请核对后重试；连续失败 %(attempts_max)s 次将锁定 %(minutes)s 分钟。",
        "The account or password is wrong. Check and try again; after %(attempts_max)s failures in a row "
        "the account is locked for %(minutes)s minutes.",
    ),
    "sign_in.locked": (
        "连续输错密码，账号已锁定。请在 %(until_at)s 之后再试，或请管理员重置密码。",
        "The account is locked after too many wrong passwords. Try again after %(until_at)s or ask an "
        "administrator to reset the password.",
    ),
    "sign_in.disabled": (
        "该账号已停用。请联系本单位管理员。",
        "This account is disabled. Please contact your administrator.",
    ),
    "sign_in.demo_only_here": (
        "演示账号只能在本机登录。如需在局域网演示，请以 --demo-lan 启动；"
        "正式使用请用 wastehub create-admin 建立账号。",
        "Demo accounts work on this machine only. To show the demo on your network start with --demo-lan; "
        "a real installation starts with wastehub create-admin.",
    ),
    "user.login_taken": (
        "账号名“%(login)s”已被使用。请换一个。",
        'The account name "%(login)s" is taken. Please choose another.',
    ),
    "user.login_malformed": (
        "账号名只能包含小写字母、数字、点、横线，长度 3 至 40。请修改。",
        "An account name has 3 to 40 lower-case letters, digits, dots or hyphens. Please change it.",
    ),
    "user.password_too_short": (
        "密码至少 %(shortest)s 个字符。请设置更长的密码。",
        "A password has at least %(shortest)s characters. Please choose a longer one.",
    ),
    "user.role_unknown": (
        "没有“%(role)s”这个角色。请从列表中选择。",
        'There is no role "%(role)s". Please choose one from the list.',
    ),
    "user.password_too_long": (
        "密码最多 %(longest)s 个字符。请设置较短的密码。",
        "A password has at most %(longest)s characters. Please choose a shorter one.",
    ),
    "user.organisation_not_of_role": (
        "所选单位与角色不符：产废单位、平台、利用处置单位的账号只能归属同类单位，监管和管理账号不归属单位。请重新选择。",
        "The unit does not fit the role: firms, platforms and plants have their own people, regulators and "
        "administrators belong to none of them. Please choose again.",
    ),
    "user.county_not_of_role": (
        "只有监管账号可以限定到一个县（市、区）。请清空，或从列表中选择。",
        "Only a regulator can be bound to a county. Leave it empty or choose one from the list.",
    ),
    "user.credit_code_unknown": (
        "没有信用代码为“%(given)s”的入网单位。请核对代码，或先办理入网。",
        'No enrolled unit has the credit code "%(given)s". Check it, or enrol the firm first.',
    ),
    "user.not_oneself": (
        "不能停用自己的账号。请由另一位管理员操作。",
        "You cannot disable your own account. Another administrator can.",
    ),
    "user.organisation_needed": (
        "该角色必须归属一个单位。请选择单位。",
        "This role belongs to a unit. Please choose one.",
    ),
}
