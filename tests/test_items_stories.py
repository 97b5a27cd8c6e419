"""Which items report one event: numbers, addresses, telling titles and what speaks against them, in four languages."""

import tomllib
from datetime import date, timedelta
from typing import Any

import pytest

from bot.items import normalise, stories
from bot.items.stories import Candidate, Joined, same_event
from bot.model import Authority, Deadline, Item, Source
from bot.sources import parse
from tests.builders import NOW, item
from tests.recorded import SEQUENCES, Recording, needs_recordings

FR = "https://www.federalregister.gov/documents/2026/07/01/2026-12345/decentralized-clinical-trials"


def official(title: str, agency: str = "MFDS", country: str = "KR", **more: Any) -> Item:
    return item(
        title, **({"source": f"official-{agency}", "tier": "official", "agency": agency, "country": country, "published": NOW} | more)
    )


def board(title: str, agency: str = "MFDS", country: str = "KR", **more: Any) -> Item:
    """Another board of an authority."""
    return official(title, agency, country, **({"source": f"board-{agency}"} | more))


def trade(title: str, summary: str = "", country: str = "US", **more: Any) -> Item:
    given = {"source": "trade", "tier": "trade", "agency": "Pink Sheet", "country": country, "published": NOW + timedelta(hours=20)}
    return item(title, summary=summary, **(given | more))


def us(title: str, **more: Any) -> Item:
    return official(title, "FDA", "US", **more)


def cn(title: str, **more: Any) -> Item:
    return official(title, "NMPA", "CN", **more)


def jp(title: str, **more: Any) -> Item:
    return official(title, "MHLW", "JP", **more)


def ema(title: str, **more: Any) -> Item:
    return official(title, "EMA", "EU", **more)


SAME = {
    # one number
    "ko notice on two boards": (
        official("「의약품 등의 안전에 관한 규칙」 일부개정고시(식품의약품안전처 고시 제2026-12호)"),
        board("식품의약품안전처고시 제2026-12호 전문"),
    ),
    "ko notice, other dashes and blanks": (official("고시 제2026－12호 알림"), board("식약처 고시 제 2026 – 12 호")),
    "ko short name of the agency": (
        official("식약처 고시 제2026-12호"),
        trade("식품의약품안전처 고시 제2026-12호 시행, 업계 영향은", country="KR"),
    ),
    "ko named in the text of an article": (
        official("의료기기 허가 규정 개정", summary="", mentions=("식품의약품안전처 고시 제2026-45호",)),
        trade("의료기기 규제 완화된다", "식약처는 2일 식약처 고시 제2026-45호를 통해 ...", "KR"),
    ),
    "ko in English": (
        official("식약처 고시 제2026-12호"),
        trade("Korea eases labelling", "In MFDS Notification No. 2026-12 the ministry …"),
    ),
    "ko law": (official("약사법 일부개정법률(법률 제21034호)"), board("법률 제21034호 공포", "MOHW")),
    "ko presidential decree": (official("대통령령 제36123호"), board("약사법 시행령(대통령령 제36123호)", "MOHW")),
    "ko ministry of health": (
        official("보건복지부 고시 제2026-101호", "MOHW"),
        trade("급여기준 개정", "복지부 고시 제2026-101호에 따르면", "KR"),
    ),
    "zh announcement": (
        cn("国家药监局关于发布药品试验数据保护实施办法的公告（2026年第12号）"),
        official("关于2026年第12号公告的文件", "NMPA", "CN", source="board-nmpa"),
    ),
    "zh named by the press": (cn("国家药监局关于…的公告（2026年第12号）"), trade("数据保护落地", "国家药监局发布公告2026年第12号，", "CN")),
    "zh circular of the centre": (
        official("国家药监局药审中心关于发布《临床试验技术指导原则》的通告（2026年第5号）", "CDE", "CN"),
        trade("药审中心发布指导原则 通告2026年第5号", "", "CN"),
    ),
    "zh letter number": (cn("关于加强监管的通知 国药监药注〔2026〕7号"), trade("新规发布", "国药监药注[2026]7号文件明确", "CN")),
    "ja notification": (
        jp("治験の取扱いについて（令和8年7月1日医薬薬審発0701第1号）"),
        official("医薬薬審発０７０１第１号 治験の取扱いについて", "PMDA", "JP"),
    ),
    "ja named by the press": (jp("薬生薬審発0701第3号"), trade("厚労省、治験通知を改正", "通知（薬生薬審発0701第3号）では", "JP")),
    "ja ministerial notice": (jp("厚生労働省告示第210号"), official("厚生労働省告示第210号の公布", "PMDA", "JP")),
    "zh-Hant letter": (
        official("衛授食字第1131234567號公告", "TFDA", "TW"),
        trade("新藥規定", "依據衛授食字第1131234567號", "TW"),
    ),
    "federal register and public inspection": (
        us("Decentralized Clinical Trials; Guidance", key="2026-12345", url=FR),
        board(
            "Guidance for Industry", "NARA", "US", key="2026-12345", url="https://www.federalregister.gov/public-inspection/2026-12345/x"
        ),
    ),
    "federal register named by its number": (
        us("Rule", key="2026-12345", url=FR),
        trade("FDA acts", "The notice (FR Doc. 2026-12345) says"),
    ),
    "federal register linked": (
        us("Rule", key="2026-12345", url=FR),
        trade("FDA finalizes trial rule", mentions=(FR + "?utm_source=x",)),
    ),
    "docket within days": (
        us("Decentralized Elements in Trials", mentions=("FDA-2026-D-0123",)),
        board("Conducting Trials; Availability", "NARA", "US", mentions=("FDA-2026-D-0123",), published=NOW + timedelta(days=2)),
    ),
    "docket with another padding": (
        us("Labelling", mentions=("FDA-2026-N-0042",)),
        board("Labelling rule", "NARA", "US", mentions=("FDA-2026-N-42",)),
    ),
    "recall number": (us("Recall D-0123-2026"), trade("Firm recalls lots", "recall number D-0123-2026, class II")),
    "ema reference number": (
        ema("Reflection paper on AI (EMA/CHMP/CVMP/83833/2026)"),
        official("EMA/CHMP/CVMP/83833/2026 reflection paper", "HMA", "EU"),
    ),
    "ema number named by the press": (ema("Guideline EMA/CHMP/138502/2026"), trade("EMA guideline out", "See EMA/CHMP/138502/2026.")),
    "mdcg": (official("MDCG 2026-4 Guidance on apps", "EC", "EU"), trade("MDCG 2026-4: what changes for app makers")),
    "mdcg revision": (official("MDCG 2026-4 rev.1", "EC", "EU"), trade("Group revises", "MDCG 2026-4, revision 1 was endorsed")),
    "eu act": (
        official("Commission Implementing Regulation (EU) 2026/977 amending Regulation (EU) 2017/745", "EC", "EU"),
        trade("Notified bodies get more time", "Implementing Regulation (EU) 2026/977 published today amends Regulation (EU) 2017/745"),
    ),
    "uk drug alert": (
        official("Class 2 Medicines Recall: Example Ltd, EL(26)A/31", "MHRA", "GB"),
        trade("Example recalls", "The recall, EL (26)A/31, concerns", "GB"),
    ),
    "uk device safety information": (official("Insulin pumps (DSI/2026/004)", "MHRA", "GB"), trade("DSI/2026/004: pumps", country="GB")),
    "uk patient safety alert": (official("NatPSA/2026/003/MHRA", "MHRA", "GB"), trade("Alert NatPSA/2026/003/MHRA issued")),
    "who alert": (
        official("Medical Product Alert N°3/2026: Falsified X", "WHO", "INT"),
        trade("Falsified X", "WHO Medical Product Alert N°3/2026"),
    ),
    # one address
    "one address in two feeds": (
        official("Wegovy recall", "MHRA", "GB", url="https://www.gov.uk/drug-device-alerts/class-2-recall-x"),
        board("Class 2 recall", "MHRA", "GB", url="http://gov.uk/drug-device-alerts/class-2-recall-x/"),
    ),
    "one address with tracking words": (
        official("공지", url="https://www.mfds.go.kr/brd/m_99/view.do?seq=50158"),
        board("보도자료", url="https://www.mfds.go.kr/brd/m_99/view.do?seq=50158&utm_source=rss"),
    ),
    "an article links to the page": (
        ema("CHMP opinion on Example", url="https://www.ema.europa.eu/en/medicines/human/EPAR/example"),
        trade("CHMP backs Example", mentions=("https://www.ema.europa.eu/en/medicines/human/EPAR/example#overview",)),
    ),
    "an article links to a Korean board": (
        official("행정처분 공개", url="https://www.mfds.go.kr/brd/m_99/view.do?seq=50158"),
        trade("제약사 행정처분", mentions=("https://mfds.go.kr/brd/m_99/view.do?seq=50158",), country="KR"),
    ),
    # one title
    "one Korean title on two boards": (
        official("인공지능 기반 디지털의료기기 임상시험 설계 가이드라인 개정"),
        board("[보도자료] 인공지능 기반 디지털의료기기 임상시험 설계 가이드라인 개정", "korea.kr"),
    ),
    "one Korean title with other blanks": (
        official("인공지능 기반 디지털 의료기기 임상시험 설계 가이드라인 개정"),
        board("인공지능 기반 디지털의료기기 임상시험 설계 가이드라인 개정"),
    ),
    "one Chinese title in the press": (
        cn("药品试验数据保护实施办法（试行）正式发布施行"),
        trade("药品试验数据保护实施办法(试行)正式发布施行", country="CN"),
    ),
    "one Japanese title of two authorities": (
        jp("ドラッグラグ解消に向けた国際共同治験開始前の日本人データの考え方"),
        official("ドラッグラグ解消に向けた国際共同治験開始前の日本人データの考え方", "PMDA", "JP"),
    ),
    "one English title, American and British": (
        us("FDA Finalizes Guidance on Decentralized Clinical Trials for Drugs and Devices"),
        trade("FDA finalises guidance on decentralised clinical trials for drugs and devices | RAPS"),
    ),
    "one title in two papers": (
        trade("FDA approves first gene therapy for severe haemophilia in adults"),
        trade("FDA approves first gene therapy for severe hemophilia in adults", source="trade-2", agency="Endpoints"),
    ),
}

OTHER = {
    # numbers
    "ko other number, one title": (
        official("의약품 등의 안전에 관한 규칙 일부개정 식약처 고시 제2026-12호"),
        board("의약품 등의 안전에 관한 규칙 일부개정 식약처 고시 제2026-13호"),
    ),
    "ko one number of two ministries": (official("식약처 고시 제2026-12호"), board("보건복지부 고시 제2026-12호", "MOHW")),
    "ko notice and announcement of one number": (official("식약처 고시 제2026-12호"), board("식약처 공고 제2026-12호")),
    "ko number of another year": (official("식약처 고시 제2026-12호"), board("식약처 고시 제2025-12호")),
    "ko old notice that is amended": (official("식약처 고시 제2020-50호 개정 알림"), board("식약처 고시 제2020-50호 해설")),
    "ko press, ministry not said": (official("식약처 고시 제2026-12호"), trade("새 규정", "고시 제2026-12호에 따라", "KR")),
    "ko survey of several notices": (
        official("식약처 고시 제2026-12호"),
        trade("이달의 고시", "식약처 고시 제2026-12호, 식약처 고시 제2026-13호", "KR"),
    ),
    "ko explanation of a notice": (official("식약처 고시 제2026-12호"), board("식약처 고시 제2026-12호 해설서")),
    "ko correction of a notice": (official("식약처 고시 제2026-12호"), board("식약처 고시 제2026-12호 정정")),
    "ko one title, other month": (
        official("2026년 6월 의약품 품목허가 및 신고 심사결과 공개 안내"),
        board("2026년 5월 의약품 품목허가 및 신고 심사결과 공개 안내"),
    ),
    "ko list that comes back": (official("의약품 품목허가 현황 12월"), board("의약품 품목허가 현황 12월")),
    "ko one word differs": (
        official("해외직구 불면증 치료제 위해성분 검출 소비자 주의 당부"),
        board("해외직구 우울증 치료제 위해성분 검출 소비자 주의 당부"),
    ),
    "ko draft and final": (
        official("의료기기 허가 규정 일부개정안 행정예고 식약처 공고 제2026-300호"),
        board("의료기기 허가 규정 일부개정 식약처 공고 제2026-301호"),
    ),
    "zh other number": (
        cn("国家药监局关于药品注册的公告（2026年第12号）"),
        official("国家药监局关于药品注册的公告（2026年第13号）", "NMPA", "CN", source="b"),
    ),
    "zh announcement and circular": (
        cn("国家药监局公告（2026年第12号）"),
        official("国家药监局通告（2026年第12号）", "NMPA", "CN", source="b"),
    ),
    "zh province": (cn("国家药监局公告（2026年第12号）"), trade("广东省药品监督管理局公告2026年第12号", country="CN")),
    "zh centre and administration": (cn("国家药监局通告（2026年第5号）"), official("药审中心通告（2026年第5号）", "CDE", "CN")),
    "zh one product differs": (
        cn("国家药监局附条件批准注射用维泊妥珠单抗上市申请"),
        trade("国家药监局附条件批准注射用维迪西妥单抗上市申请", country="CN"),
    ),
    "zh list of approvals": (
        cn("2026年7月3日药品批准证明文件待领取信息发布"),
        official("2026年7月3日药品批准证明文件待领取信息发布", "NMPA", "CN", source="b"),
    ),
    "zh draft and final title": (cn("药品试验数据保护实施办法（征求意见稿）"), trade("药品试验数据保护实施办法", country="CN")),
    "ja other number of a day": (jp("医薬薬審発0701第1号"), official("医薬薬審発0701第2号", "PMDA", "JP")),
    "ja other office, one number": (jp("医薬薬審発0701第1号"), official("医薬安発0701第1号", "PMDA", "JP")),
    "ja number of last year": (
        jp("医薬薬審発0701第1号"),
        official("医薬薬審発0701第1号", "PMDA", "JP", published=NOW - timedelta(days=365)),
    ),
    "ja committee that meets": (
        jp("薬事審議会 医薬品第一部会の開催について"),
        official("薬事審議会 医薬品第一部会の開催について", "PMDA", "JP"),
    ),
    "ja revision of other products": (
        jp("アセトアミノフェン含有製剤の使用上の注意の改訂について"),
        official("ロキソプロフェン含有製剤の使用上の注意の改訂について", "PMDA", "JP"),
    ),
    "federal register, other document": (
        us("Rule on labelling of drugs", key="2026-12345", url=FR),
        board("Rule on labelling of drugs", "NARA", "US", key="2026-12346", url="https://www.federalregister.gov/d/2026-12346"),
    ),
    "docket long after": (
        us("A", mentions=("FDA-2026-N-0042",)),
        board("B", "NARA", "US", mentions=("FDA-2026-N-0042",), published=NOW + timedelta(days=60)),
    ),
    "docket, comment period extended": (
        us("Labelling", mentions=("FDA-2026-N-0042",)),
        board("Labelling; Extension of Comment Period", "NARA", "US", mentions=("FDA-2026-N-0042",)),
    ),
    "docket named by the press only": (us("A", mentions=("FDA-2026-N-0042",)), trade("FDA says", "comments to FDA-2026-N-0042")),
    "other dockets": (us("A", mentions=("FDA-2026-N-0042",)), board("A", "NARA", "US", mentions=("FDA-2026-N-0043",))),
    "ich code alone": (us("E6(R3) Good Clinical Practice"), trade("What E6(R3) means", "ICH E6(R3) is here")),
    "eu act that everything amends": (
        official("Notice on Regulation (EU) 2017/745", "EC", "EU"),
        trade("MDR news", "Regulation (EU) 2017/745 …"),
    ),
    "other mdcg revision": (official("MDCG 2026-4", "EC", "EU"), official("MDCG 2026-4 rev.1", "EC2", "EU")),
    "uk other alert": (official("Class 2 Medicines Recall: Example, EL(26)A/31", "MHRA", "GB"), trade("Recall", "EL(26)A/32", "GB")),
    # addresses
    "front page": (official("A", url="https://www.mfds.go.kr/"), board("B", url="https://www.mfds.go.kr/")),
    "list page": (official("A", url="https://www.mfds.go.kr/brd/m_99/list.do"), trade("B", mentions=("https://www.mfds.go.kr/news",))),
    "other query": (
        official("A", url="https://www.mfds.go.kr/brd/m_99/view.do?seq=1"),
        board("B", url="https://www.mfds.go.kr/brd/m_99/view.do?seq=2"),
    ),
    "one address, months apart": (
        ema("Example", url="https://www.ema.europa.eu/en/medicines/human/EPAR/example"),
        board("Example", "EMA", "EU", url="https://www.ema.europa.eu/en/medicines/human/EPAR/example", published=NOW + timedelta(days=90)),
    ),
    "article about the delay of what it links to": (
        us("Final rule", key="2026-12345", url=FR),
        trade("FDA delays trial rule", mentions=(FR,)),
    ),
    "paper links to a paper": (
        trade("A", url="https://paper.example/2026/a-story"),
        trade("B", mentions=("https://paper.example/2026/a-story",), source="trade-2"),
    ),
    # titles
    "en other product": (
        us("Example Pharma Issues Voluntary Nationwide Recall of Metformin Tablets"),
        trade("Example Pharma Issues Voluntary Nationwide Recall of Losartan Tablets"),
    ),
    "en other day": (
        us("Drug safety communication for hospitals of 1 July 2026"),
        trade("Drug safety communication for hospitals of 2 July 2026"),
    ),
    "en weekly": (
        us("Weekly List of Enforcement Reports on Drugs and Biologics"),
        trade("Weekly List of Enforcement Reports on Drugs and Biologics"),
    ),
    "en agency information collection": (
        us("Agency Information Collection Activities; Meeting Notice on Drug Labels"),
        trade("Agency Information Collection Activities; Meeting Notice on Drug Labels"),
    ),
    "en too short": (us("Warning letter"), trade("Warning letter")),
    "en negation": (
        us("FDA approves Example for adults with severe asthma attacks"),
        trade("FDA does not approve Example for adults with severe asthma attacks"),
    ),
    "en weeks apart": (
        us("FDA Approves First Gene Therapy for Severe Hemophilia in Adults"),
        trade("FDA Approves First Gene Therapy for Severe Hemophilia in Adults", published=NOW + timedelta(days=20)),
    ),
    "en undated": (
        us("FDA Approves First Gene Therapy for Severe Hemophilia in Adults", published=None),
        trade("FDA Approves First Gene Therapy for Severe Hemophilia in Adults"),
    ),
    "one title of two countries": (
        us("Good Clinical Practice Guideline for Decentralised Trials Adopted Today"),
        ema("Good Clinical Practice Guideline for Decentralised Trials Adopted Today"),
    ),
    "one title, other deadlines": (
        us(
            "Considerations for Long Term Clinical Neurodevelopmental Safety Studies",
            deadlines=(Deadline(kind="comments_due", day=date(2026, 8, 1)),),
        ),
        board(
            "Considerations for Long Term Clinical Neurodevelopmental Safety Studies",
            "NARA",
            "US",
            deadlines=(Deadline(kind="comments_due", day=date(2026, 9, 1)),),
        ),
    ),
    "one source": (official("식약처 고시 제2026-12호"), official("식약처 고시 제2026-12호 전문")),
}


@pytest.mark.parametrize("name", SAME)
def test_items_of_one_event_are_joined_with_a_reason_whichever_comes_first(name: str) -> None:
    one, other = SAME[name]
    there, back = same_event(one, other), same_event(other, one)
    assert there.way is not None, there.why
    assert there == back
    assert stories.sought(one) & stories.marks(other)
    assert stories.sought(other) & stories.marks(one)


@pytest.mark.parametrize("name", OTHER)
def test_items_of_two_events_stay_apart_with_a_reason_whichever_comes_first(name: str) -> None:
    one, other = OTHER[name]
    there, back = same_event(one, other), same_event(other, one)
    assert there.way is None, there.why
    assert there.why
    assert back.way is None


def joined(one: Item, *rivals: Item, stories_of: dict[str, str] | None = None) -> Joined | None:
    """What is decided of an item among others, each alone unless `stories_of` says which story it is of."""
    of = stories_of or {}
    candidates = [Candidate(rival, of.get(rival.id, rival.id)) for rival in rivals]
    holders = {each.story: [other.item for other in candidates if other.story == each.story] for each in candidates}
    return stories.decide(one, candidates, holders)


PAGE = "https://www.mfds.go.kr/brd/m_99/view.do?seq=50158"


def test_an_item_joins_the_story_of_what_it_reports_with_the_reason() -> None:
    notice = official("식약처 고시 제2026-12호")
    found = joined(board("식약처고시 제2026-12호 전문"), notice)
    assert found == Joined(story=notice.id, why="both are 고시 제2026-12호")


def test_an_item_that_nothing_ties_to_another_stays_alone() -> None:
    assert joined(official("A"), board("B")) is None
    assert joined(official("A")) is None


def test_an_address_that_one_source_has_for_several_items_is_no_sign_of_one_event() -> None:
    two = [official("Recall of X", url=PAGE), official("Recall of Y", url=PAGE)]
    assert joined(board("A recall", url=PAGE), *two) is None
    assert joined(board("A recall", url=PAGE), two[0]) is not None
    assert joined(trade("On the recall", mentions=(PAGE,)), *two) is None


def test_a_title_that_one_source_has_twice_comes_back_and_is_no_sign_of_one_event() -> None:
    title = "인공지능 기반 디지털의료기기 임상시험 설계 가이드라인 개정"
    assert joined(board(title), official(title)) is not None
    assert joined(board(title), official(title), official(title, published=NOW - timedelta(days=30))) is None
    assert joined(board(title), official(title), board(title, published=NOW - timedelta(days=30))) is None


def test_a_docket_of_several_documents_is_no_sign_of_one_event() -> None:
    docket = ("FDA-2026-N-0042",)
    several = [us("Rule", mentions=docket), us("Supporting material", mentions=docket)]
    assert joined(board("Availability", "NARA", "US", mentions=docket), *several) is None


def test_an_article_about_two_official_publications_is_of_neither_event() -> None:
    one, other = official("A", url=PAGE), board("B", url=PAGE.replace("50158", "50159"))
    both = trade("Two notices", mentions=(one.url or "", other.url or ""))
    assert joined(both, one, other) is None
    assert joined(both, one) is not None


def test_an_official_publication_ends_the_separate_stories_of_the_press_about_it() -> None:
    articles = [trade("One view", mentions=(PAGE,)), trade("Another view", mentions=(PAGE,), source="trade-2", agency="Endpoints")]
    assert joined(articles[0], articles[1]) is None
    found = joined(official("Notice", url=PAGE), *articles)
    assert found is not None
    assert {found.story, *(story for story, _ in found.absorbed)} == {one.id for one in articles}


def test_a_story_has_one_item_of_a_source() -> None:
    notice = official("식약처 고시 제2026-12호", url=PAGE)
    first = trade("One view", mentions=(PAGE,))
    assert joined(trade("Second thoughts", mentions=(PAGE,)), notice, first, stories_of={first.id: notice.id}) is None


def test_an_item_that_contradicts_one_report_of_a_story_stays_out_of_it() -> None:
    notice = official("식약처 고시 제2026-12호", url=PAGE)
    article = trade("On the notice", mentions=(PAGE,), url="https://trade.example/2026/on-the-notice")
    other = board("식약처 고시 제2026-13호", url="https://trade.example/2026/on-the-notice")
    assert joined(other, article, notice, stories_of={article.id: notice.id}) is None


def test_the_official_item_leads_and_among_equals_the_first() -> None:
    press, notice, second = trade("A"), official("B"), board("C")
    assert stories.lead([press, notice, second]) == notice
    assert stories.lead([press]) == press


@needs_recordings
def test_no_two_recorded_publications_are_joined_wrongly() -> None:
    kept = [one for recording in SEQUENCES for one in recorded_items(recording)]
    assert len(kept) > 500
    by_mark: dict[str, list[Item]] = {}
    for one in kept:
        for mark in stories.marks(one):
            by_mark.setdefault(mark, []).append(one)
    pairs = {(one.id, other.id): (one, other) for near in by_mark.values() for one in near for other in near if one.source < other.source}
    wrong = [(one.title, other.title) for one, other in pairs.values() if same_event(one, other).way and not is_one(one, other)]
    assert wrong == []


def is_one(one: Item, other: Item) -> bool:
    """By eye: the same address, or the same title letter for letter."""
    return one.url == other.url or one.title == other.title


def recorded_items(recording: Recording) -> list[Item]:
    """What the bodies of a recording hold, as the bot would keep it."""
    given = tomllib.loads(recording.table)
    authority = Authority(id="a", name=recording.source, short=recording.source, jurisdiction=recording.source[:2].upper())
    of = Source(
        **given, id=recording.source, name=recording.source, authority=authority, jurisdiction=authority.jurisdiction, language="en",
        tier="official", url=f"https://{recording.source}.example/", interval=timedelta(hours=1),
    )  # fmt: skip
    made = [normalise.items(of, parse.entries(of, body.body, body.content_type, of.url)) for body in recording.bodies()]
    return [one.model_copy(update={"detected": NOW}) for one in {each.id: each for page in made for each in page}.values()]
