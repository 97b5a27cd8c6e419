"""Where a document stands in its life, and which others are steps of the same one."""

from datetime import date, datetime

import pytest

from bot.items.lifecycle import stage, subject
from bot.items.steps import steps
from bot.model import Deadline
from bot.store import items
from bot.store.database import Store
from handlers.reply import Context
from tests.builders import item
from tests.test_handlers_commands import Talk, catalogue, source

TODAY = date(2026, 7, 2)


def due(kind: str, day: date) -> Deadline:
    return Deadline.model_validate({"kind": kind, "day": day})


@pytest.mark.parametrize(
    ("status", "doc_type", "deadlines", "said"),
    [
        ("draft", "guideline", (), "draft"),
        ("draft", "consultation", (due("comments_due", date(2026, 7, 2)),), "open for comments"),
        (None, "consultation", (due("comments_due", date(2026, 7, 1)),), "consultation closed"),
        ("final", "guideline", (), "final"),
        ("final", "notice", (due("effective", date(2026, 7, 3)),), "final, not in force yet"),
        ("final", "notice", (due("effective", date(2026, 7, 2)),), "final, in force"),
        ("final", "notice", (due("effective", date(2025, 7, 2)), due("expires", date(2026, 7, 1))), "final, expired"),
        ("corrected", "guideline", (), "corrected"),
        ("withdrawn", "guideline", (due("comments_due", date(2026, 8, 1)),), "withdrawn"),
        (None, "press_release", (), ""),
    ],
)
def test_a_stage_is_told_from_status_and_days(status: str | None, doc_type: str, deadlines: tuple[Deadline, ...], said: str) -> None:
    assert stage(item("x", status=status, doc_type=doc_type, deadlines=deadlines), TODAY) == said


def test_a_draft_and_what_became_of_it_have_one_subject() -> None:
    pairs = [
        ("「의약품 표준제조기준」 일부개정고시(안) 행정예고", "「의약품 표준제조기준」 일부개정고시"),
        (
            "Dose Finding in Oncology Trials; Draft Guidance for Industry; Availability",
            "Dose Finding in Oncology Trials; Guidance for Industry",
        ),
        ("关于公开征求《罕见疾病药物研发技术指导原则（征求意见稿）》意见的通知", "关于发布《罕见疾病药物研发技术指导原则》的通告"),
    ]
    for draft, final in pairs:
        assert subject(draft) == subject(final) != ""
    assert subject("Notice; draft") == subject("「기준」 개정") == ""


def test_steps_are_of_one_authority_and_of_another_stage() -> None:
    title = "Dose Finding in Oncology Trials; {}"
    draft = item(title.format("Draft Guidance"), status="draft", doc_type="guideline")
    final = item(title.format("Guidance"), status="final", doc_type="guideline")
    same, other = final.model_copy(update={"id": "same"}), draft.model_copy(update={"id": "other", "agency": "EMA"})
    longer = item("Dose Finding in Oncology Trials of Children; Draft Guidance", status="draft", doc_type="guideline")
    assert [one.item for one in steps(final, [draft, same, other, longer, final])] == [draft]


async def test_an_item_shows_its_stage_and_the_other_steps(store: Store, now: datetime) -> None:
    draft = item(
        "「의약품 표준제조기준」 일부개정고시(안) 행정예고", status="draft", doc_type="consultation", language="ko", id="aaaaaaaa00000000"
    )
    draft = draft.model_copy(update={"deadlines": (due("comments_due", date(2026, 6, 1)),)})
    final = item("「의약품 표준제조기준」 일부개정고시", status="final", doc_type="notice", language="ko", id="bbbbbbbb00000000")
    async with store.write() as tx:
        for one in (draft, final):
            await items.add(tx, one, one.id, link="", why="")
    talk = Talk(Context(store=store, catalogue=catalogue(source("s"))), now)
    said = await talk.says("item bbbbbbbb")
    assert "Stage: final" in said
    assert "Another step of it: consultation closed, 2 Jul 2026 – 「의약품 표준제조기준」 일부개정고시(안) 행정예고" in said
    assert "aaaaaaaa" in said
