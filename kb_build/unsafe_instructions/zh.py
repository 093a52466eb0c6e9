"""Recognises a Chinese sentence that orders readers to hand over a secret or a device.

No parser: lists of verbs, secrets, recipients and places, and the ways in which a sentence that
holds them is harmless after all (it forbids, reports what others ask, tells what has happened …).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kb_build.unsafe_instructions.patterns import any_of

_PHRASE = any_of(
    """助记词, 恢复短语, 种子短语, 种子词?, 恢复词, 注记词, 私钥, (?<!通行)密钥, [Kk]eystore, 单词,
    \\d+个词, 密语"""
)
_CODE = any_of(
    """密码(?!重置|找回|错误|修改|管理|强度|提示|页), 口令, 验证码(?!错误|问题|短信|登录), 校验码,
    动态码, 短信码, 邮箱码, 谷歌码, 备[用份]码, 恢复码, PIN, CVV, 安全码"""
)
_SECRET = f"(?:{_PHRASE}|{_CODE})"
_CREW = any_of("客服, 我们, 平台, 官方, 工作人员, 专员, 工程师, 技术人员")
_RECIPIENT = any_of(
    f"{_CREW}, 技术, 坐席, 管理员, 经理, 老师, 顾问, 对方, 他们?, 她, 人员, 助手, 机器人"
)
_CHANNEL = any_of(
    """工单, 聊天, 对话, 邮件(?!验证|码|里的|中的), 短信里, 留言, 回信, 备注, 问卷, 群里, 机器人,
    别人发来, 下方链接"""
)
_IN_CHANNEL = re.compile(
    f"[在到进入于往][^，]{{0,8}}?{_CHANNEL}|发来的?(?:链接|表单|网页|页面)|下方链接"
)
_WEB = any_of(
    f"""{_CHANNEL}, 网页, 网站, 网址, 链接, http, [a-z]+[.][a-z]+, 表单, 表格, 申请表, 下方, 小程序,
    页面上"""
)
_TELL = any_of(
    f"""告诉, 告知, 提供, 交[给出予由], 发[给送到至往来我在], 发过来, 寄, 转[发告给], 念, 读[出给],
    报[给出], 报一下, 说[出给], 口述, 出示, 展示, 上传, 提交, 附[上在加], 回复, 分享, 共享, 私信,
    传[给到], 透露, 公开, 抄给, 给(?={_RECIPIENT}),
    让[^，]{{0,4}}{_RECIPIENT}[^，]{{0,4}}?(?:看|知道|记下|核对),
    (?:写|填写?|粘?贴|复制|保存|存|输入)[在到进][^，]{{0,6}}?{_CHANNEL}"""
)
_TYPE = any_of("输入, 填(?!充)写?, 填入, 录入, 键入, 粘贴, 导入, 登记, 写[上明入], 注明")
_CONTROL = any_of(
    """远程(?:控制|协助|操作|访问|桌面|支持|连接|登录|查看|接管|软件|工具),
    (?:共享|分享)[^，]{0,8}屏幕, 屏幕共享, 屏幕镜像, 投屏, 控制[您你]的(?:手机|电脑|设备)"""
)
_TOOL = any_of(
    """(?i:anydesk), (?i:teamviewer), (?i:todesk), (?i:rustdesk), 向日葵,
    远程(?:控制|协助|桌面)?(?:软件|工具|App)"""
)

# Where something is handed over; `act` is the verb. "不别勿没" between verb and secret: it is not.
_ACTS = [
    re.compile(pattern)
    for pattern in (
        rf"(?P<act>{_TELL})[^，不别勿没]{{0,16}}?{_SECRET}",
        rf"{_SECRET}[^，]{{0,16}}?(?P<act>{_TELL})",
        rf"{_CREW}[^，]{{0,6}}(?P<act>需?要)[您你]的?[^，]{{0,6}}{_SECRET}",
        rf"(?P<act>允许|同意|接受|授权|配合|让|请|开启|打开|启用|启动|发起|进行|授予|给予)[^，]{{0,16}}?{_CONTROL}",
        rf"(?P<act>允许|让|请)[^，]{{0,6}}{_RECIPIENT}[^，]{{0,6}}(?:看|操作|控制|接管)[^，]{{0,4}}"
        r"(?:屏幕|手机|电脑|设备)",
        r"(?P<act>共享|分享)[^，]{0,8}屏幕|屏幕(?P<act2>共享|分享)给",
        rf"(?P<act>下载|安装|打开|运行|启动)[^，]{{0,8}}?{_TOOL}",
    )
]
# Without an object: what was spoken of before is handed over, or agreed to.
_COMPLY = re.compile(
    rf"(?P<act>(?:告诉|告知|提供给?|发给|发送给|交给|报给|念给|读给|转发给|说给|出示给){_RECIPIENT}[^，]{{0,4}}$"
    r"|(?:配合|直接|如实|照实|立即)(?:提供|回答|告知|填写)|照做|照办|请配合"
    r"|(?:点击?|按|选择?)[“「]?(?:同意|允许|接受))"
)
_SPOKEN_OF = re.compile(f"{_SECRET}|{_CONTROL}")
_RELEVANT = re.compile(f"{_SPOKEN_OF.pattern}|{_TOOL}|屏幕")
_READY = re.compile(f"(?P<act>准备好?|备好|带上)[^，]{{0,6}}{_SECRET}")
_ON_THE_PHONE = re.compile(f"{_CREW}|电话|坐席")
_TYPE_PHRASE = re.compile(
    rf"(?P<act>{_TYPE})[^，]{{0,12}}?{_PHRASE}|{_PHRASE}[^，]{{0,8}}?(?P<act2>{_TYPE})"
)
_TYPE_CODE = re.compile(
    rf"(?P<act>{_TYPE})[^，]{{0,12}}?{_CODE}|{_CODE}[^，]{{0,8}}?(?P<act2>{_TYPE})"
)
_PRETEXT = re.compile("验证|同步|激活|领取|解锁|解冻|升级|认证|核实|核验|空投|奖励|退款|提现|登录")

# What makes a clause harmless.
_NO_DENIAL = re.compile(
    """不(?:用|必|要)?(?:担心|着急|紧张|害怕|犹豫)|不(?:了|到|上|出|成|清楚|明白|方便|懂|妨|仅|但|久|同|然)
    |不会(?:操作|用)|差不多|[未没](?:收到|到账|通过|成功)|没有(?:收到|到账|问题|反应)|[如若]果?不""",
    re.VERBOSE,
)
_DENIAL = re.compile(
    "不|(?<![识分特级类区个鉴性])别(?![人的名])|勿|无[需须]|没有|没人|未|拒|禁|避免|防止|停止|关闭|断开|卸载|而非"
    "|是否|用来"
)
_HEARSAY = re.compile(
    "说[：:]?[“「]|让|叫|(?<!需)要(?=[您你求用])|请求|骗|诱|催|逼|劝|哄|引导|号称|自称|冒充|假冒|索[要取]"
)
_OURS = re.compile(f"(?<![“「假冒充的])(?:{_CREW}|系统)(?![”」])")
_OTHERS = re.compile("骗|黑客|有人|别人|他人|受害|对方|用户|假|陌生|任何人|第三方")
_ORDER = re.compile("请|务必|需要?|必须|应|须|即可|就行")
_WARNING = re.compile(
    "骗|诈|假|冒充|钓鱼|拒绝|挂断|举报|不要|停止|关掉|等于|相当|意味|导致|被盗|泄露|风险|危险|失去|转走"
)
_GAIN = re.compile(
    "(?<!对方)(?<!别人)(?<!骗子)(?:即可|就[能可会]|便可|才能|我们[会将可]|[会将]为您)"
)
_CONDITION = re.compile("(?:如果?|若|万一|一旦|凡是?|谁|只要|无论|不管|当)")
_DONE_BEFORE = re.compile("已|曾|刚才")
_DONE = re.compile(f"[进到给在入]?(?:{_RECIPIENT}|别人|骗子)?[了过](?![来去])")
_TO_READER = re.compile("[^，]{0,4}?[到至给往](?:您|你|手机|邮箱|该|预留|注册)")
_RECEIVED = re.compile(f"{_TYPE}[^，]*?[发送][^，]*的{_CODE}")
_MEANWHILE = re.compile("[^，]{0,12}(?:屏幕|控制|协助)(?:时|期间|过程)")
_BUTTON = re.compile("(?:点击?|按|轻触|选择?)[“「]?$")
_OF_THOSE = re.compile(
    f"{_SECRET}的?[^，]{{0,4}}的(?:人|都|网|页|链|客|电话|短信|邮件|软件|App|平台|工具)"
)
_FURTHER = re.compile("或|以及|和")
_COVERED = re.compile("(?:不含|没有|不带|遮住|遮挡|盖住|打码|隐去|去掉|除了?)[^，、]*")


def orders_handover(sentence: str, said: str, restoring: bool) -> bool:
    """Tell whether a sentence orders readers to hand something over.

    Args:
        sentence: one sentence, no question.
        said: the sentence before it.
        restoring: it is about restoring a wallet; then a phrase may be typed.
    """
    if not _RELEVANT.search(said + sentence):
        return False
    clauses = [_COVERED.sub("", clause) for clause in _clauses(sentence)]
    return any(
        not _is_harmless(clauses, number, start, end)
        for number in range(len(clauses))
        for start, end in _acts(clauses, number, said, restoring)
    )


def _clauses(sentence: str) -> list[str]:
    """Split at commas, and at a colon unless a mere list follows."""
    clauses: list[str] = []
    for part in re.split("[，,—]+", sentence.strip("。！!；; ")):
        head, colon, tail = part.partition("：")
        if colon and re.search(f"{_ORDER.pattern}|{_TELL}|{_TYPE}", tail):
            clauses += [head, tail]
        elif clauses and re.fullmatch(f"(?:和|及|以及|与)?(?:[您你]的)?{_SECRET}等?", part):
            clauses[-1] += f"、{part}"
        else:
            clauses.append(part)
    return [clause.strip() for clause in clauses if clause.strip()]


def _acts(
    clauses: Sequence[str], number: int, said: str, restoring: bool
) -> Iterator[tuple[int, int]]:
    """Yield start and end of the verbs by which a clause hands something over."""
    clause, before = clauses[number], [said, *clauses[:number]]
    onward = "，".join(clauses[number:])
    near = "，".join([before[-1], clause])
    patterns = list(_ACTS)
    if any(map(_SPOKEN_OF.search, before)):
        patterns.append(_COMPLY)
    if _ON_THE_PHONE.search(onward):
        patterns.append(_READY)
    pretext = _PRETEXT.search(onward) and "备份" not in "".join(clauses)
    if not restoring or pretext or re.search(_WEB, near):
        patterns.append(_TYPE_PHRASE)
    if _IN_CHANNEL.search(near):
        patterns.append(_TYPE_CODE)
    for pattern in patterns:
        for match in pattern.finditer(clause):
            yield match.span("act" if match["act"] else "act2")


def _is_harmless(clauses: Sequence[str], number: int, start: int, end: int) -> bool:
    """Tell whether the clause forbids, reports or describes rather than orders."""
    clause, after = clauses[number], clauses[number + 1 :]
    head, tail, later = clause[:start], clause[end:], "，".join(after)
    if (
        _denies(head)
        or _TO_READER.match(clause[start:])
        or tail.startswith("的")
        or _OF_THOSE.search(clause)
    ):
        return True
    if _FURTHER.match(clause) and any(_denies(c) or _HEARSAY.search(c) for c in clauses[:number]):
        return True
    if _RECEIVED.search(clause):
        return True
    if _BUTTON.search(head) and re.match("发|提交", clause[start:end]):
        return True
    if _DONE_BEFORE.search(head) or _DONE.match(tail) or _MEANWHILE.match(tail):
        return True
    if _HEARSAY.search(head):
        ours = _OURS.search(head) and not _WARNING.search(later)
        return not ours and not _complies(after)
    if _CONDITION.match(clause):
        return not _GAIN.search(clause + later) and not _complies(after)
    if _ORDER.search(clause):
        return False
    return bool(_OTHERS.search(head) or _WARNING.search(later))


def _denies(text: str) -> bool:
    return bool(_DENIAL.search(_NO_DENIAL.sub("", text)))


def _complies(clauses: Sequence[str]) -> bool:
    return any(
        not _denies(clause[: match.start()])
        for clause in clauses
        for match in _COMPLY.finditer(clause)
    )


RESTORING = re.compile("恢复|导入|官方(?:钱包)?App|硬件钱包|设备本身|离线|备份|断网")
LIST_LEAD = re.compile(
    "(?:准备|提供|附上|写明|发送|提交|告诉|告知|包括|材料|资料|信息)[^。]*[：:]$"
)
LIST_REFUSAL = re.compile("不要|绝不|切勿|请勿|不需")
LISTED_SECRET = re.compile(
    rf"""(?:[您你]的?|钱包的?|账户的?|登录|支付|短信|邮箱|谷歌|验证器的?|完整的?|全部|当前|最新|收到的|\d+位){{0,4}}
    {_SECRET}(?:的?(?:截图|照片|文件|副本|前)|（|和|及|与|、|，|；|。|$)""",
    re.VERBOSE,
)
SENTENCE = re.compile("[^。！？!?；;\n]+[。！？!?；;]?")
QUESTION = re.compile("[？?]$|[吗呢么]$|^(?:共享|分享)屏幕$")  # the last one is a bare term
