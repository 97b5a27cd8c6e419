"""Walls against programs and signs of maintenance are told from pages, lists and news that only mention such things."""

import pytest

from bot.sources.wall import closed, wall
from tests.recorded import blocked_bodies, needs_recordings


def page(said: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>x</title>{head}</head><body>{said}</body></html>".encode()


def long_page(said: str) -> bytes:
    rows = "".join(f"<li><a href='/n/{number}'>Notice {number} of the agency on something it decided</a></li>" for number in range(40))
    return page(f"<h1>News</h1><ul>{rows}<li>{said}</li></ul>")


WALLS = {
    "Akamai": page('<H1>Access Denied</H1>You don\'t have permission to access "http://www.fda.gov/" on this server.<P>Reference #18.2f'),
    "Akamai script": page("<script src='/x'></script><a href='?bm-verify=AAQ'>"),
    "Cloudflare": page("Checking your browser before accessing ema.europa.eu."),
    "Cloudflare block": page("<h1>Sorry, you have been blocked</h1>You are unable to access"),
    "Incapsula": page("Request unsuccessful. Incapsula incident ID: 1-2"),
    "Imperva": page("<h1>Pardon Our Interruption</h1>As you were browsing"),
    "F5": page("The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 123"),
    "DataDome": page("<script>var dd={'host':'geo.captcha-delivery.com'}</script>"),
    "PerimeterX": page("<div id='px-captcha'></div>"),
    "AWS": page("<script>AwsWafIntegration.getToken()</script>"),
    "human": page("Please verify you are a human to continue."),
    "traffic": page("Our systems have detected unusual traffic from your computer network."),
    "NMPA": page("<script>$_ts=window['$_ts'];</script>"),
    "Jiasule": page("<script>document.cookie='__jsl_clearance=1'</script>"),
    "Aliyun": page("<script>var arg1='acw_sc__v2'</script>"),
    "Chinese": page("您的访问被拦截，请联系管理员"),
    "Chinese often": page("访问过于频繁，请稍后再试"),
    "Korean": page("비정상적인 접근으로 차단되었습니다. 관리자에게 문의하세요."),
    "Korean firewall": page("웹 방화벽에 의해 차단된 요청입니다."),
    "Korean policy": page("보안정책에 의해 접근이 차단되었습니다."),
    "Japanese": page("アクセスが拒否されました。"),
    "JSON": b'{"code": 403, "message": "Access Denied by WAF rule 12"}',
    "JSON forbidden": b'{"error":{"status":"Forbidden"}}',
}
SIGNS = {
    "Korean": page("<h1>시스템 점검 안내</h1>보다 나은 서비스를 위해 점검 중입니다. 이용에 불편을 드려 죄송합니다."),
    "Korean stop": page("서비스 일시 중단 안내: 7월 2일 02:00~06:00"),
    "Korean in EUC-KR": page("정기 점검 중입니다").decode().replace("<title>", "<meta charset='euc-kr'><title>").encode("cp949"),
    "English": page("<h1>We are down for scheduled maintenance</h1>Please try again later."),
    "English soon": page("We'll be back soon!"),
    "English under": page("This site is currently under maintenance."),
    "Chinese": page("系统维护中，请稍后访问"),
    "Chinese upgrade": page("网站升级，暂停服务"),
    "Chinese in GB18030": page("网站正在维护").decode().replace("<title>", "<meta charset='gbk'><title>").encode("gb18030"),
    "Japanese": page("ただいまメンテナンス中です。"),
    "Taiwanese": page("系統維護，暫停服務"),
}
PAGES = {
    "news of maintenance": long_page("시스템 점검 안내 (7월 2일)"),
    "news of a blocked import": long_page("FDA: access denied to unsafe imports"),
    "news of robots": long_page("Are you a robot? Guidance on robotic surgery"),
    "news of maintenance in English": long_page("Scheduled maintenance of the portal"),
    "list in Chinese": long_page("关于网站升级的公告 系统维护"),
    "short list that tells of maintenance": page(
        "".join(f"<a href='/n/{n}'>공지 {n}</a>" for n in range(9)) + "<a href='/x'>시스템 점검 안내</a>"
    ),
    "feed": b"<?xml version='1.0'?><rss><channel><item><title>Scheduled maintenance</title></item></channel></rss>",
    "small feed on denial": b"<rss version='2.0'><channel><item><title>Access denied: recall</title></item></channel></rss>",
    "feed on walls": b"<?xml version='1.0'?><!-- made --><feed><entry><title>How px-captcha works</title></entry></feed>",
    "JSON list": b'{"results": [{"title": "Forbidden colour additives: warning letter"}], "total": 1}' + b" " * 3_000,
    "short list": page("<ul><li>Recall of lots</li><li>New guidance on trials</li></ul>"),
    "empty": b"",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_is_told_whatever_its_status(name: str) -> None:
    assert wall(200, "https://x.example/", WALLS[name])


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_of_maintenance_is_no_wall_and_no_page(name: str) -> None:
    assert closed(SIGNS[name]) == "is down for maintenance, as its page says"
    assert wall(200, "https://x.example/", SIGNS[name]) == ""


@pytest.mark.parametrize("name", PAGES)
def test_what_only_mentions_such_things_is_a_page(name: str) -> None:
    assert (wall(200, "https://x.example/", PAGES[name]), closed(PAGES[name])) == ("", "")


@needs_recordings
def test_the_recorded_apology_of_fda_is_a_wall() -> None:
    found = [wall(200, "https://x.example/", one.body) for one in blocked_bodies("us-fda-blocked")]
    assert all(found), found


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("<h1>Page not found</h1><p>The page you requested does not exist.</p>", "has no such page"),
        ("<h1>404</h1><p>Not Found</p>", "has no such page"),
        ("<p>요청하신 페이지를 찾을 수 없습니다.</p>", "has no such page"),
        ("<p>您访问的页面不存在或已被删除。</p>", "has no such page"),
        ("<p>お探しのページは見つかりませんでした。</p>", "has no such page"),
        ("<h1>Sign in</h1><form><input name=u><input type='password' name=p></form>", "asks for a login"),
        ("<p>로그인 후 이용하실 수 있습니다.</p>", "asks for a login"),
    ],
)
def test_a_page_that_only_says_it_is_missing_or_closed_to_strangers_is_no_content(words: str, says: str) -> None:
    assert says in closed(page(words))


def test_a_page_that_tells_at_length_about_missing_pages_is_content() -> None:
    said = "<p>How we treat a page not found by our inspectors, told in every detail.</p>" * 20
    assert closed(page(said)) == ""
