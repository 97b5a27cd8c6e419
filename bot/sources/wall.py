"""Tells the walls that sites put up against programs, and signs that say "closed", from pages and errors; pure.

Seen: FDA sends data-centre clients to an apology page with status 404; NMPA answers 412 and CDE 202, both with a script; the
Commission answers 403 now and then; Cloudflare, Incapsula and Akamai challenge with 200, 403 or 503. Korean sites announce
maintenance (점검) with 200. What only says so in words counts when it is nearly all the page says, since news tells of such things too.
"""

import re
from collections.abc import Mapping

from bot.messages import keep
from bot.sources import decode

_ADDRESSES = ("apology_objects", "abuse-detection")
_MARKS = (
    b"abuse-detection-apology",
    b"cf-chl-",
    b"_cf_chl_opt",
    b"/cdn-cgi/challenge-platform",
    b"<title>Just a moment...</title>",
    b"Attention Required! | Cloudflare",
    b"_Incapsula_Resource",
    b"Request unsuccessful. Incapsula",
    b"FSSBBIl1UgzbN7N80",
    b"errors.edgesuite.net",
    b"/_sec/cp_challenge",
    b"ddos-guard/js-challenge",
    b"/akam/13/pixel",
    b"bm-verify=",
    b"Pardon Our Interruption",
    b"captcha-delivery.com",
    b"window._pxAppId",
    b"px-captcha",
    b"AwsWafIntegration",
    b"awsWafCookieDomainList",
    b"sucuri_cloudproxy_js",
    b"__jsl_clearance",
    b"acw_sc__v2",
    b"aliyun_waf",
    b"anubis_challenge",
    b"$_ts=window['$_ts']",
    b"/TSPD/",
)
# Said in words only, so believed only of a page that says little else.
_REFUSED = re.compile(
    r"access denied|access to this (?:page|site|resource) (?:has been|is) (?:denied|blocked)|you don.t have permission to access"
    r"|the requested url was rejected|your support id is|request (?:has been )?blocked|sorry, you have been blocked|you have been blocked"
    r"|incapsula incident id|checking your browser|enable javascript and cookies to continue|verify (?:that )?you are (?:a )?human"
    r"|are you a robot|unusual traffic from your|web application firewall|web page blocked|bot (?:traffic )?detected|automated access"
    r"|enable (?:your )?(?:javascript|(?:browser )?cookies)"
    r"|(?:cookies|javascript) (?:is|are|must be|need to be) (?:disabled|enabled|required)"
    r"|(?:자바스크립트|쿠키)[를가]? (?:활성화|허용|사용하도록)|请(?:启用|开启|打开)\s*(?:javascript|cookie)"
    r"|(?:javascript|cookie|クッキー)を有効に"
    r"|비정상적인 (?:접근|접속)|접근이 (?:차단|제한|거부)|접속이 (?:차단|제한)"
    r"|보안\s*정책에 (?:의해|따라)|웹\s*방화벽|자동화된 (?:접근|접속)"
    r"|访问被(?:拦截|阻断|拒绝|禁止)|请求被(?:拦截|阻断|拒绝)|安全威胁|网站防火墙|访问过于频繁|人机验证|請求被拒絕|存取被拒"
    r"|アクセスが(?:拒否|制限|禁止)|不正なアクセス|アクセスは許可されていません",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"(?:down|closed|unavailable|offline) (?:for|due to) (?:scheduled |planned |routine |system )*maintenance"
    r"|(?:under|undergoing) (?:\w+ )?maintenance"
    r"|scheduled maintenance|temporarily (?:unavailable|out of service)|service unavailable|be (?:right )?back soon"
    r"|(?:시스템|서버|서비스|홈페이지|정기|긴급)\s*점검|점검\s*중|서비스가? (?:일시\s*)?(?:중단|중지)"
    r"|이용에 불편을|접속이 (?:지연|원활하지)"
    r"|(?:系统|网站|服务器)(?:正在)?(?:维护|升级)|维护中|正在维护|暂停服务|系統維護|網站維護|維護中"
    r"|メンテナンス(?:中|のため|を実施)|ただいま(?:.{0,12})停止|サービスを(?:一時)?停止",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"(?:page|file|document|content|site|url|resource)\b.{0,40}(?:not (?:be )?found|can.t be found|does not exist|no longer exists)"
    r"|\b404\b.{0,20}not found|not found.{0,20}\b404\b|(?:can.t|cannot|couldn.t) find (?:that|the|this) page"
    r"|페이지(?:를|가|을)?\s*(?:찾을 수 없|존재하지 않|없습니다)|존재하지 않는 (?:페이지|게시물)"
    r"|삭제(?:된|되었거나).{0,20}(?:페이지|게시물)"
    r"|(?:页面|网页|頁面|網頁|内容)(?:不存在|未找到|找不到|已被?删除|不見了)|找不到(?:该|您|您要|您所)?.{0,10}(?:页面|网页|頁面|網頁)"
    r"|(?:ページ|コンテンツ)(?:は|が)?(?:見つかりません|見つかりませんでした|存在しません|ございません)|(?:お探し|指定)の(?:ページ|url)",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:sign|log) ?in to (?:continue|view|access|proceed)|session (?:has )?(?:expired|timed out)"
    r"|you (?:must|need to) (?:be logged in|log in|sign in)"
    r"|로그인이 필요|로그인 후 이용|세션이 만료|请先?登[录陆]|請先登入|登录(?:已)?超时|ログインしてください|ログインが必要",
    re.IGNORECASE,
)
_ASKS_PASSWORD = re.compile(rb"<input[^<>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
_JSON_REFUSED = re.compile(
    rb'^\s*\{.{0,1500}"(?:[^"]{0,60}(?:access denied|forbidden|request blocked|captcha|waf|bot detected)[^"]{0,200})"',
    re.IGNORECASE | re.DOTALL,
)
# What is left open hides all that follows, so that nothing is looked for twice.
_UNSEEN = re.compile(r"<(script|style|noscript|template)\b(?:.*?</\1\s*>|.*)|<!--(?:.*?-->|.*)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_IS_HTML = re.compile(
    rb"^\s*(?:<!--.{0,200}?-->\s*)?<(?:!doctype\s+html|html|head|body|title|meta|div|h1|center|script)\b", re.IGNORECASE | re.DOTALL
)
# A feed is what was asked for, whatever its items tell about such walls.
_IS_FEED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*>\s*)?(?:<!--.*?-->\s*)?<(?:rss|feed|rdf:RDF)[\s>]", re.DOTALL)
_SHORTEST_LIST = 2_000
_MOST_LINKS = 5  # a short list has more, and one of its rows may well tell of maintenance
_MOST_WORDS = 700  # characters that such a page says at most; a list or an article says more
# A real page of a list is longer than a challenge; marks further down are text about such walls.
_LONGEST_CHALLENGE = 60_000


def wall(status: int, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> str:
    """What the wall did, as the end of a sentence; "" if this is none."""
    if any(mark in url for mark in _ADDRESSES):
        return keep("sent us to the page it keeps for robots")
    if status in (403, 412):
        return keep("refuses programs (HTTP {status})", status=status)
    if headers and headers.get("cf-mitigated"):
        return keep("asks for a browser that passes a challenge")
    return _says_so(status, body)


def _says_so(status: int, body: bytes) -> str:
    """What the answer itself shows of a wall: its scripts and marks, or the little it says."""
    if _IS_FEED.match(body[:1_000]):
        return ""
    short = len(body) <= _LONGEST_CHALLENGE
    if short and any(mark in body for mark in _MARKS):
        return keep("asks for a browser that passes a challenge")
    if status == 202 and short and b"<script" in body.lower():
        return keep("answers programs with a script instead of the page (HTTP 202)")
    if len(body) <= _SHORTEST_LIST and _JSON_REFUSED.search(body):
        return keep("refuses programs in a short message")
    return keep("refuses programs, as its page says") if _REFUSED.search(_brief(body)) else ""


def closed(body: bytes) -> str:
    """That the page is a sign of maintenance, of a login or of a missing page, as the end of a sentence; "" if it is none."""
    said = _brief(body)
    if _CLOSED.search(said):
        return keep("is down for maintenance, as its page says")
    if _MISSING.search(said):
        return keep("has no such page now, as its page says")
    return keep("asks for a login, as its page says") if said and (_LOGIN.search(said) or _ASKS_PASSWORD.search(body)) else ""


def _brief(body: bytes) -> str:
    """What a web page says that says little; "" for any other body."""
    if len(body) > _LONGEST_CHALLENGE or not _IS_HTML.search(body[:1_000]) or body.lower().count(b"<a ") > _MOST_LINKS:
        return ""
    said = " ".join(_UNSEEN.sub(" ", decode.text(body, "", "", "")).split())
    return said if len(said) <= _MOST_WORDS else ""
