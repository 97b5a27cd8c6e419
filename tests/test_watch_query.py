"""The query language: what people type, what it means, and how mistakes are answered."""

import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.errors import UserMistake
from bot.model import Deadline, Item
from bot.sources.regions import REGION_NAMES
from bot.watch import fields
from bot.watch import query as language
from bot.watch.nodes import Phrase, Prefix, Query, When, Where, all_of, any_of, near, negated

ITEM = Item(
    id="1",
    title="MFDS issues De-centralised Clinical Trials guideline, pre-approval of DCTs",
    summary="분산형 임상시험을 위한 ＧＭＰ 審査 기준; paediatric COVID-19",
    source="kr-mfds-press",
    country="KR",
    regions=("asia",),
    language="ko",
    agency="MFDS",
    tier="official",
    doc_type="guideline",
    status="draft",
    product_types=("device",),
)
A, B, C = Phrase("a"), Phrase("b"), Phrase("c")


def mistake(text: str, **options: int) -> UserMistake:
    with pytest.raises(UserMistake) as caught:
        language.parse(text, **options)  # type: ignore[arg-type]
    return caught.value


def matched(text: str, item: Item = ITEM) -> list[str] | None:
    found = language.holds(language.parse(text), item)
    return None if found is None else [one.text for one in found]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a b", all_of([A, B])),
        ("a AND b", all_of([A, B])),
        ("a and b", all_of([A, B])),
        ("a & b", all_of([A, B])),
        ("a && b", all_of([A, B])),
        ("a OR b c", any_of([A, all_of([B, C])])),
        ("a | b", any_of([A, B])),
        ("a||b", any_of([A, B])),
        ("(a or b) c", all_of([any_of([A, B]), C])),
        ("a NOT b", all_of([A, negated(B)])),
        ("a -b", all_of([A, negated(B)])),
        ("a !b", all_of([A, negated(B)])),
        ("a -(b c)", all_of([A, negated(all_of([B, C]))])),
        ("a - b", all_of([A, B])),
        ("a not not b", all_of([A, B])),
        ("（a｜b）c", all_of([any_of([A, B]), C])),
        ("a －b", all_of([A, negated(B)])),
        ("“a b”", Phrase("a b")),
        ("„a b“", Phrase("a b")),
        ("「a b」", Phrase("a b")),
        ("‘a b’", Phrase("a b")),
        ("《药品管理法》", Phrase("药品管理法")),
        ("a\u00a0b", all_of([A, B])),
        ("a\u3000b", all_of([A, B])),
        ("a, b", all_of([A, B])),
        ("a，b。", all_of([A, B])),
        ("title:a", Phrase("a", "title")),
        ("title: “a b”", Phrase("a b", "title")),
        ("title:(a OR b)", any_of([Phrase("a", "title"), Phrase("b", "title")])),
        ("country：KR，JP", Where("country", ("KR", "JP"))),
        ("country:kr, jp", Where("country", ("KR", "JP"))),
        ("COUNTRY:uk", Where("country", ("GB",))),
        ("type:guidance", Where("type", ("guideline",))),
        ("product:quasi-otc", Where("product", ("quasi_otc",))),
        ("lang:ZH-hant", Where("lang", ("zh-Hant",))),
        ('agency:"Pink Sheet",MFDS', Where("agency", ("Pink Sheet", "MFDS"))),
        ("R&D", Phrase("R&D")),
        ("device&drug", all_of([Phrase("device"), Phrase("drug")])),
        ("decentrali*", Prefix("decentrali")),
        ("임*", Prefix("임")),
        ('"clinical tri*"', Prefix("clinical tri")),
        ('="DCT"', Phrase("DCT", exact=True)),
        ("＝DCT", Phrase("DCT", exact=True)),
        ("a NEAR/5 b", near(A, B, 5)),
        ("c a near/3 b", all_of([C, near(A, B, 3)])),
        ("near patient", all_of([Phrase("near"), Phrase("patient")])),
        ("title:a NEAR/2 b", near(Phrase("a", "title"), Phrase("b", "title"), 2)),
        ("a after:2026-01-31", all_of([A, When("after", "", date(2026, 1, 31))])),
        ("age:<2w", When("age", "<", 14)),
        ("deadline:<14d a", all_of([When("deadline", "<", 14), A])),
        ("12:30", Phrase("12:30")),
        ("关于：征求意见", Phrase("关于：征求意见")),
        ("“and”", Phrase("and")),
        ("don't", Phrase("don't")),
        ("\ufeff\u200ba", A),
        ("a ... – b!", all_of([A, B])),
    ],
)
def test_what_is_typed_is_read_as_what_it_means(typed: str, meant: Query) -> None:
    assert language.parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "position", "says"),
    [
        ("", 0, "nothing to look for"),
        ("   ", 0, "nothing to look for"),
        ("*", 0, "nothing to look for"),
        ("😀", 0, "nothing to look for"),
        ("NOT a", 0, "can match everything"),
        ("-a -b", 0, "can match everything"),
        ("a OR -b", 0, "can match everything"),
        ("-country:KR", 0, "can match everything"),
        ("(a", 0, "no partner"),
        ("x (a (b)", 2, "no partner"),
        ("a)", 1, "no partner"),
        ('a "b', 2, "no partner"),
        ("a “임상 시험", 2, 'Close the phrase: "임상 시험"'),
        ("a 」", 2, "closes nothing"),
        ('"…"', 0, "no letter or number"),
        ("a OR", 4, "something is missing"),
        ("()", 1, "something is missing"),
        ("AND a", 0, "needs something on both sides"),
        ("a OR OR b", 5, "needs something on both sides"),
        ("a agncy:MFDS", 2, "agency:"),
        ("laguage:ko a", 0, "lang:"),
        ("regulator:FDA", 0, "agency:"),
        ("x country:Korea", 10, "country:KR"),
        ("country:한국", 8, "country:KR"),
        ("country:Jpan", 8, "country:JP"),
        ("country:KR,Chna", 11, "country:CN"),
        ("region:aisa", 7, "region:asia"),
        ("lang:korean", 5, "lang:ko"),
        ("lang:jp", 5, "lang:ja"),
        ("type:guidelines", 5, "type:guideline"),
        ("status:drafts", 7, "status:draft"),
        ("product:vaccines", 8, "product:vaccine"),
        ("tier:offical", 5, "tier:official"),
        ("country:", 8, "needs a value"),
        ("country:KR,", 11, "needs a value"),
        ("title:", 0, "needs a word"),
        ("title:country:KR", 0, "needs a word"),
        ("title:(a summary:b)", 9, "inside another field"),
        ("ab*", 0, "at least 3 letters"),
        ("a*b", 1, "end of a word"),
        ("*cine", 0, "end of a word"),
        ("vac*cine", 3, "vaccine*"),
        ("a NEAR/99 b", 2, "NEAR/50"),
        ("deadline:14d", 9, "deadline:<14d"),
        ("a NEAR/0 b", 2, "from 1 to 50"),
        ("a NEAR/5 (b c)", 2, "two words"),
        ("a NEAR/5 b NEAR/5 c", 2, "two words"),
        ("title:a NEAR/5 text:b", 8, "within one field"),
        ("after:yesterday", 6, "year-month-day"),
        ("age:30", 4, "needs a number of days"),
        ("age:<0d", 4, "needs a number of days"),
        ("https://fda.gov", 0, "quotation marks"),
    ],
)
def test_a_mistake_is_pointed_at_with_the_nearest_valid_form(typed: str, position: int, says: str) -> None:
    answer = mistake(typed)
    assert says in str(answer)
    assert (answer.text, answer.position) == (typed, position)


def test_a_misspelt_agency_is_answered_with_the_nearest_one_known() -> None:
    known = {"agency": ["MFDS", "MHLW"], "source": ["kr-mfds-press"]}
    assert language.parse("agency:mfds source:KR-MFDS-press", known=known) == all_of(
        [Where("agency", ("MFDS",)), Where("source", ("kr-mfds-press",))]
    )
    with pytest.raises(UserMistake, match="agency:MFDS"):
        language.parse("agency:MFSD", known=known)


def test_a_query_has_at_most_500_characters_from_chat_and_2000_from_the_command_line() -> None:
    assert language.parse("a " * 250)
    answer = mistake("a " * 300)
    assert "600" in answer.sentence
    assert answer.position == 500
    assert language.parse("a " * 300, limit=language.LONGEST)
    assert "2,000" in str(mistake("a" * 100_000, limit=language.LONGEST))


def test_parentheses_go_twenty_deep() -> None:
    assert language.parse("(" * 20 + "a" + ")" * 20) == A
    assert mistake("(" * 21 + "a" + ")" * 21).position == 20


@pytest.mark.parametrize(
    "typed",
    [
        "(" * 2_000,
        ")" * 2_000,
        '"' * 1_999,
        "-" * 2_000,
        "NOT " * 499 + "a",
        "a:" * 999,
        "a*" * 999,
        "e\u0301" * 999,
        "a&" * 999,
        "((a) " * 400,
    ],
)
def test_hostile_text_is_answered_within_a_moment(typed: str) -> None:
    begun = time.process_time()
    with suppress(UserMistake):
        language.parse(typed, limit=language.LONGEST)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('"decentralized clinical trial"', ["De-centralised Clinical Trials", "DCTs", "분산형 임상시험"]),
        ('="De-centralised Clinical Trials"', ["De-centralised Clinical Trials"]),
        ("decentralized trial", ["De-centralised Clinical Trials", "DCTs", "분산형 임상시험"]),
        ("decentralized NOT food trial", ["De-centralised", "Trials"]),
        ("분산형임상시험", ["DCTs", "분산형 임상시험"]),
        ('="분산형 임상시험"', ["분산형 임상시험"]),
        ("审查", ["審査"]),
        ("gmp country:KR", ["ＧＭＰ"]),
        ("gmp country:JP", None),
        ("pediatric covid19", ["paediatric", "COVID-19"]),
        ("decentrali*", ["De-centralised"]),
        ("approval", ["approval"]),
        ("preapproval", ["pre-approval"]),
        ("pre-approval", ["pre-approval"]),
        ('"pre approval"', ["pre-approval"]),
        ("trial NEAR/1 clinical", ["Clinical", "Trials"]),
        ("trial NEAR/2 decentralized", ["De-centralised", "Trials"]),
        ("trial NEAR/1 decentralized", None),
        ('="DCTs"', ["DCTs"]),
        ('="DCT"', None),
        ('="dcts"', None),
        ('="GMP"', ["ＧＭＰ"]),
        ("dct", ["DCTs", "분산형 임상시험"]),
        ("title:gmp", None),
        ("summary:gmp", ["ＧＭＰ"]),
        ("text:gmp", None),
        ("guideline NOT gmp", None),
        ("guideline NOT food", ["guideline"]),
        ("food OR gmp", ["ＧＭＰ"]),
        ("lang:ko tier:official status:draft product:device region:asia", []),
        ("type:guideline agency:mfds source:kr-mfds-press", []),
        ("central", ["centralised"]),
        ("guide", None),
        ("임*", ["임"]),
        ('"guideline 분산형"', None),
    ],
)
def test_a_query_holds_by_these_words(query: str, words: list[str] | None) -> None:
    assert matched(query) == words


def test_evidence_names_the_field_the_place_and_the_term() -> None:
    (one,) = language.holds(language.parse("审查"), ITEM) or ()
    assert (one.field, one.text, one.term, ITEM.summary[one.start : one.end]) == ("summary", "審査", "审查", "審査")


def test_a_term_that_stands_everywhere_is_shown_a_few_times() -> None:
    assert len(matched("trial", Item(id="1", title="trial " * 500)) or ()) == 20


def test_time_is_asked_of_the_day_of_publication() -> None:
    now = datetime(2026, 7, 2, 9, 30, tzinfo=UTC)
    item = Item(id="1", title="a", published=now - timedelta(days=10), deadlines=(Deadline(kind="comments_due", day=date(2026, 7, 9)),))

    def found(text: str) -> bool:
        return language.holds(language.parse(text), item, now=now) is not None

    assert [found(text) for text in ("after:2026-06-22", "after:2026-06-23", "before:2026-06-22", "before:2026-06-23")] == [
        True,
        False,
        False,
        True,
    ]
    assert [found(text) for text in ("age:<11d", "age:<10d", "age:>10d", "age:>11d")] == [True, False, True, False]
    assert [found(text) for text in ("deadline:<8d", "deadline:<7d", "deadline:>7d", "deadline:>8d")] == [True, False, True, False]


def test_an_item_without_a_day_is_of_no_time() -> None:
    assert matched("a before:2026-01-01", Item(id="1", title="a")) is None


def test_a_watchlist_cannot_ask_for_a_time() -> None:
    assert language.saveable(language.parse("a country:KR")) == all_of([A, Where("country", ("KR",))])
    with pytest.raises(UserMistake, match="in a search, not in a watchlist") as caught:
        language.saveable(language.parse("(a or age:<30d) b"))
    assert caught.value.text[caught.value.position :].startswith("age:<30d")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("decentralized NOT food", "says “decentralized” and does not say “food”."),
        ("-food (a OR title:b) country:KR,JP", "(says “a” or says “b” in its title), comes from KR or JP and does not say “food”."),
        ('="DCT" type:press_release', "says exactly “DCT” and is of the type press release."),
        ("a -(b c)", "says “a” and (does not say “b” or does not say “c”)."),
        ("bio* NEAR/5 a", "says a word beginning with “bio” within 5 words of “a”."),
        (
            "a after:2026-01-31 age:<30d deadline:>7d",
            "says “a”, is from 2026-01-31 or later, is less than 30 days old and has a deadline in more than 7 days.",
        ),
    ],
)
def test_a_query_is_explained_in_plain_words(query: str, words: str) -> None:
    assert language.explain(language.parse(query)) == f"Alerts when an item {words}"


def test_a_query_prints_so_that_a_person_can_read_it() -> None:
    typed = '（“clinical trial”｜임상시험） country：kr －food title:(a OR b) R&D ="DCT" deadline:<2w'
    printed = '("clinical trial" OR 임상시험) country:KR NOT food (title:a OR title:b) "R&D" ="DCT" deadline:<14d'
    assert language.show(language.parse(typed)) == printed


def test_the_regions_of_the_language_are_those_of_the_catalogue() -> None:
    assert set(fields.REGIONS) == set(REGION_NAMES)
