"""Which items are steps of one document, by titles and numbers, and which are not."""

from datetime import UTC, datetime

import pytest

from bot.items.enrich import enrich
from bot.items.steps import because, relation, steps
from bot.model import Item
from tests.builders import item


def published(title: str, agency: str, day: str, **more: object) -> Item:
    """An official publication as it is kept: what its words say of it is known."""
    known = {"agency": agency, "tier": "official", "published": datetime.fromisoformat(day).replace(tzinfo=UTC), "id": title[:12] + day}
    return enrich(item(title, **(known | more)))


def told(earlier: Item, later: Item) -> str:
    """What the later one is said to be and why, or "" where they are no steps of one document; the same seen from either."""
    mine, yours = steps(later, [earlier]), steps(earlier, [later])
    assert (len(mine), len(yours)) in ((0, 0), (1, 1))
    assert {because(one) for one in mine} == {because(one) for one in yours} or mine[0].said != yours[0].said
    return f"{relation(later, earlier)}: {because(mine[0])}" if mine else ""


DOCKET = {"mentions": ("FDA-2024-D-1234",)}


@pytest.mark.parametrize(
    ("earlier", "later", "said"),
    [
        (
            published("Dose Finding in Adults; Draft Guidance for Industry; Availability", "FDA", "2024-05-02", **DOCKET),
            published("Choosing Doses for Adults; Guidance for Industry; Availability", "FDA", "2026-02-03", **DOCKET),
            "Final of the draft of 2 May 2024: both bear the number docket FDA-2024-D-1234",
        ),
        (
            published("Choosing Doses for Adults; Guidance for Industry; Availability", "FDA", "2026-02-03", **DOCKET),
            published("Doses for Adults; Guidance for Industry; Availability; Correction", "FDA", "2026-03-01", **DOCKET),
            "Correction of the publication of 3 Feb 2026: both bear the number docket FDA-2024-D-1234",
        ),
        (
            published("Choosing Doses for Adults; Guidance for Industry; Availability", "FDA", "2026-02-03", **DOCKET),
            published("Withdrawal of Guidance for Industry on Doses", "FDA", "2026-09-01", summary="Docket No. FDA-2024-D-1234", **DOCKET),
            "Withdrawal of the publication of 3 Feb 2026: both bear the number docket FDA-2024-D-1234",
        ),
        (
            published("ICH E6(R3) guideline on good clinical practice, draft, step 2b", "EMA", "2023-05-26"),
            published("Good clinical practice E6 (R3): final guideline", "EMA", "2025-01-14"),
            "Final of the draft of 26 May 2023: both bear the number ICH E6(R3)",
        ),
        (
            published("Guideline on process validation, EMA/CHMP/CVMP/BWP/187338/2014, draft", "EMA", "2026-01-05"),
            published("Process validation for biologicals: guideline EMA/CHMP/CVMP/BWP/187338/2014", "EMA", "2026-06-05"),
            "Final of the draft of 5 Jan 2026: both bear the number EMA/CHMP/CVMP/BWP/187338/2014",
        ),
        (
            published("MDCG 2021-6 - Questions and answers on clinical investigation", "MDCG", "2021-04-20"),
            published("MDCG 2021-6 rev.1 - Questions and answers on investigations", "MDCG", "2023-12-12"),
            "New edition of the publication of 20 Apr 2021: both bear the number MDCG 2021-6",
        ),
        (
            published("의약품 등의 제조 기준(식품의약품안전처 고시 제2026-12호)", "MFDS", "2026-02-03", doc_type="notice"),
            published("식품의약품안전처 고시 제2026-12호 정정", "MFDS", "2026-02-10", doc_type="notice"),
            "Correction of the publication of 3 Feb 2026: one names the other by its number, 고시 제2026-12호",
        ),
        (
            published("수수료 규정 개정안 행정예고(식품의약품안전처 공고 제2026-282호)", "MFDS", "2026-06-05"),
            published("식품의약품안전처 공고 제2026-282호 의견 제출 기간 연장 공고", "MFDS", "2026-07-20", doc_type="notice"),
            "Extension of the publication of 5 Jun 2026: one names the other by its number, 공고 제2026-282호",
        ),
        (
            published("国家药监局关于发布某办法的公告（2026年第12号）", "NMPA", "2026-02-03", doc_type="notice"),
            published("关于国家药监局2026年第12号公告的更正", "NMPA", "2026-02-20", doc_type="notice"),
            "Correction of the publication of 3 Feb 2026: one names the other by its number, 2026年第12号公告",
        ),
        (
            published("添加剤の取扱いについて（薬生薬審発0401第1号）", "MHLW", "2026-04-01", doc_type="notice"),
            published("令和8年4月1日付け薬生薬審発0401第1号の一部訂正", "MHLW", "2027-02-01", doc_type="notice"),
            "Correction of the publication of 1 Apr 2026: one names the other by its number, 薬生薬審発0401第1号",
        ),
        (
            published("Labels of Medical Foods", "FR", "2026-03-02", doc_type="regulation", mentions=("FR Doc. 2026-04123",)),
            published(
                "Labels of Foods; Correction",
                "FR",
                "2026-03-20",
                doc_type="regulation",
                summary="In rule FR Doc. 2026-04123, page 9 is amended.",
            ),
            "Correction of the publication of 2 Mar 2026: one names the other by its number, Federal Register 2026-04123",
        ),
        (
            published("「의약품 표준제조기준」 일부개정고시(안) 행정예고", "MFDS", "2026-03-02"),
            published("「의약품 표준제조기준」 일부개정고시", "MFDS", "2026-06-02"),
            "Final of the draft of 2 Mar 2026: the titles of both are of “의약품 표준제조기준”",
        ),
    ],
    ids=lambda one: one.title[:30] if isinstance(one, Item) else "",
)
def test_steps_of_a_document_are_known_by_its_numbers_and_its_subject(earlier: Item, later: Item, said: str) -> None:
    assert told(earlier, later) == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            published("Dose Finding in Adults; Draft Guidance for Industry; Availability", "FDA", "2024-05-02", **DOCKET),
            published("Choosing Doses; Guidance for Industry; Availability", "FDA", "2026-02-03", mentions=("FDA-2023-D-1234",)),
        ),
        (
            published("Dose Finding in Adults; Draft Guidance for Industry; Availability", "FDA", "2024-05-02", **DOCKET),
            published("Choosing Doses; Guidance for Industry; Availability", "FDA", "2026-02-03", mentions=("FDA-2024-N-1234",)),
        ),
        (
            published("Dose Finding in Adults; Draft Guidance for Industry; Availability", "FDA", "2024-05-02", **DOCKET),
            published("Doses; Guidance for Industry; Availability", "CMS", "2026-02-03", **DOCKET),
        ),
        (
            published("Choosing Doses; Guidance for Industry; Availability", "FDA", "2026-02-03", **DOCKET),
            published("Agency Information Collection Activities; Doses; Proposed Rule", "FDA", "2026-02-05", **DOCKET),
        ),
        (
            published("ICH E6(R2) guideline on good clinical practice, draft, step 2b", "EMA", "2015-08-01"),
            published("ICH E6(R3) guideline on good clinical practice, step 5", "EMA", "2025-01-14"),
        ),
        (
            published("ICH E6(R3) guideline on good clinical practice, draft, step 2b", "EMA", "2023-05-26"),
            published("ICH E6(R3) guideline Annex 2, step 5", "EMA", "2026-01-14"),
        ),
        (
            published("ICH E8(R1) guideline on studies, draft, step 2b", "EMA", "2019-05-08"),
            published("ICH Q8(R1) guideline on development", "EMA", "2021-10-06"),
        ),
        (
            published("MDCG 2021-6 - Clinical investigation", "MDCG", "2021-04-20"),
            published("MDCG 2022-6 - Significant changes, draft", "MDCG", "2022-05-12"),
        ),
        (
            published("MDCG 2021-6 - Clinical investigation", "MDCG", "2021-04-20"),
            published("MDCG 2021-6 - Clinical investigation of devices", "MDCG", "2021-05-20"),
        ),
        (
            published("의약품 기준(식품의약품안전처 고시 제2026-12호)", "MFDS", "2026-02-03", doc_type="notice"),
            published("식품의약품안전처 고시 제2025-12호 정정", "MFDS", "2026-02-10", doc_type="notice"),
        ),
        (
            published("의약품 기준(식품의약품안전처 고시 제2026-12호)", "MFDS", "2026-02-03", doc_type="notice"),
            published("보건복지부 고시 제2026-12호 정정", "MOHW", "2026-02-10", doc_type="notice"),
        ),
        (
            published("의약품 기준(식품의약품안전처 고시 제2026-12호)", "MFDS", "2026-02-03", doc_type="notice"),
            published("식품의약품안전처 공고 제2026-12호 정정", "MFDS", "2026-02-10", doc_type="notice"),
        ),
        (
            published("의약품 기준(식품의약품안전처 고시 제2026-12호)", "MFDS", "2026-02-03", doc_type="notice"),
            published("식품의약품안전처 고시 제2026-12호에 따른 신청 안내", "MFDS", "2026-02-10", doc_type="notice"),
        ),
        (
            published("国家药监局关于发布某办法的公告（2026年第12号）", "NMPA", "2026-02-03", doc_type="notice"),
            published("关于国家药监局2025年第12号公告的更正", "NMPA", "2026-02-20", doc_type="notice"),
        ),
        (
            published("国家药监局关于发布某办法的公告（2026年第12号）", "NMPA", "2026-02-03", doc_type="notice"),
            published("关于国家药监局2026年第12号通告的更正", "NMPA", "2026-02-20", doc_type="notice"),
        ),
        (
            published("添加剤の取扱いについて（薬生薬審発0401第1号）", "MHLW", "2026-04-01", doc_type="notice"),
            published("令和7年4月1日付け薬生薬審発0401第1号の一部訂正", "MHLW", "2026-05-01", doc_type="notice"),
        ),
        (
            published("Dose Finding in Adults; Draft Guidance for Industry; Availability", "FDA", "2024-05-02", **DOCKET),
            published("What the final dose guidance says", "FDA", "2026-02-03", tier="trade", **DOCKET),
        ),
        (
            published("Firm Recalls Lots", "FDA", "2026-02-02", mentions=("D-0123-2026",)),
            published("Firm Recalls More Lots; Correction", "FDA", "2026-02-03", mentions=("D-0123-2026",)),
        ),
    ],
    ids=lambda one: one.title[:30],
)
def test_another_year_authority_kind_annex_or_mere_mention_makes_no_step(one: Item, other: Item) -> None:
    assert told(one, other) == ""


def test_what_is_told_of_a_step_names_what_it_is() -> None:
    draft = published("MDCG 2026-6 - Studies, draft", "MDCG", "2026-04-20")
    again = published("MDCG 2026-6 - Studies of devices, draft rev.1", "MDCG", "2026-06-20")
    final = published("MDCG 2026-6 - Studies", "MDCG", "2026-09-20")
    revision = published("MDCG 2026-6 rev.1 - Studies, revised, draft", "MDCG", "2027-01-20")
    assert told(draft, final).startswith("Final of the draft of 20 Apr 2026")
    assert told(final, revision).startswith("Draft of a revision of the publication of 20 Sep 2026")
    assert relation(again, draft) == "Another draft after that of 20 Apr 2026"
