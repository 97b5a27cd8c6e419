"""XML APIs: records by path, and refusals that come with HTTP 200."""

import json

import pytest

from bot.errors import SourceTrouble
from bot.model import Entry, Source
from bot.sources import catalogue, parse

FIELDS = {"key": "no", "title": "name", "url": "https://h.example/{no}/{@kind}", "published": "day", "comments_due": "until"}
SOURCE = catalogue.adhoc("xml_api", "https://h.example/api").model_copy(update={"items": "row", "fields": FIELDS, "timezone": "Asia/Seoul"})
ROW = '<row kind="a"><no>7</no><name>고시 <b>개정</b></name><day>2026. 7. 6.</day><until>20260820</until></row>'


def entries(xml: str, source: Source = SOURCE) -> list[Entry]:
    return parse.entries(source, xml.encode(), "", source.url)


def trouble(xml: str, source: Source = SOURCE) -> str:
    with pytest.raises(SourceTrouble) as caught:
        entries(xml, source)
    assert caught.value.fault == "not_a_source"
    return caught.value.sentence


def test_a_record_is_read_by_its_paths() -> None:
    (entry,) = entries(f"<result>{ROW}</result>")
    assert (entry.key, entry.title, entry.url) == ("7", "고시 개정", "https://h.example/7/a")
    assert entry.published is not None
    assert (entry.published.isoformat(), entry.fields) == ("2026-07-06T00:00:00+09:00", {"comments_due": "2026-08-20"})


def test_namespaces_do_not_matter_and_a_link_with_a_missing_part_is_none() -> None:
    (entry,) = entries('<x:r xmlns:x="urn:x"><x:row><x:no>7</x:no><x:name>a</x:name></x:row></x:r>')
    assert (entry.title, entry.url) == ("a", None)


def test_a_record_without_a_title_never_loses_the_others() -> None:
    assert [one.title for one in entries(f"<r><row><no>1</no></row>{ROW}</r>")] == ["고시 개정"]


@pytest.mark.parametrize(
    "xml", ["<r><totalCount>0</totalCount></r>", "<r><header><resultCode>03</resultCode><resultMsg>NODATA_ERROR</resultMsg></header></r>"]
)
def test_an_answer_that_says_there_is_nothing_is_an_empty_list(xml: str) -> None:
    assert entries(xml) == []


GATEWAY = (
    "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
    "<returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>"
    "<returnReasonCode>30</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (GATEWAY, "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"),
        (GATEWAY, "the key is not registered"),
        ("<r><header><resultCode>22</resultCode><resultMsg>LIMITED</resultMsg></header></r>", "used up its requests"),
        ("<Response><result>사용자 정보 검증에 실패하였습니다.</result><msg>IP주소를 등록해 주세요.</msg></Response>", "IP주소를 등록해"),
        ("<r><other/></r>", 'no record "row"'),
        ("<result><message>come back later</message></result>", "come back later"),
        ("<r><row><no>1</no></row></r>", "none has a title"),
        ("<html><body>Login</body></html>", "a web page instead of XML"),
        ("<r><row>", "not sound XML"),
        ("", "an empty body"),
    ],
)
def test_a_refusal_in_a_good_answer_is_trouble_with_its_own_words(xml: str, said: str) -> None:
    assert said in trouble(xml)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GATEWAY, "the key is not registered"),
        ('{"response": {"header": {"resultCode": "30", "resultMsg": "UNREGISTERED"}, "body": {"items": []}}}', "UNREGISTERED"),
        ('{"result": "사용자 정보 검증에 실패하였습니다.", "msg": "등록해 주세요."}', "등록해 주세요"),
        ('{"code": -4, "msg": "등록되지 않은 인증키 입니다."}', "등록되지 않은 인증키"),
        ('{"error": {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}}', "invalid api_key"),
    ],
)
def test_json_apis_refuse_the_same_way(body: str, said: str) -> None:
    api = catalogue.adhoc("json_api").model_copy(update={"items": "response.body.items", "fields": {"title": "t"}})
    assert said in trouble(body, api)


def test_a_json_answer_with_nothing_to_list_is_an_empty_list() -> None:
    api = catalogue.adhoc("json_api").model_copy(update={"items": "body.items", "fields": {"title": "t"}})
    body = {"header": {"resultCode": "00", "resultMsg": "NORMAL SERVICE."}, "body": {"items": "", "totalCount": 0}}
    assert entries(json.dumps(body), api) == []


def test_an_answer_nobody_described_is_read_by_its_usual_names() -> None:
    rows = "<doc><seq>1</seq><제목>고시</제목></doc><doc><seq>2</seq><제목>공고</제목></doc>"
    found = entries(f"<r><head><a>1</a></head><list>{rows}</list></r>", catalogue.adhoc("xml_api"))
    assert [(one.key, one.title) for one in found] == [("1", "고시"), ("2", "공고")]
