"""The digest: every item once, grouped and counted, within the limits of the platform, the same for the same finds."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.cards import slack
from bot.cards.card import Card, as_text
from bot.cards.console import render
from bot.cards.digest import digest
from bot.model import Bundled, Delivery, Window
from tests.builders import NOW, delivery, item
from tests.slack_limits import problems

SEOUL = ZoneInfo("Asia/Seoul")
WINDOW = Window(start=NOW - timedelta(days=1), end=NOW, due=NOW)
DAILY = delivery("", kind="digest", version=0, id="d" * 32, window=WINDOW)
BURST = delivery("", kind="burst", version=0, id="b" * 32, window=WINDOW)


def clock(source: str) -> ZoneInfo:
    return SEOUL if source.startswith("kr") else ZoneInfo("UTC")


NAMES = {"w1": "Trials", "w2": "Recalls", "w3": "CMC"}


def told(title: str, *watchlists: str, country: str = "KR", urgent: bool = False, **more: object) -> Bundled:
    one = item(title, country=country, published=NOW, **more)
    return Bundled(item=one, kind="new", watchlists=watchlists or ("w1",), urgent=urgent)


def card(found: list[Bundled], of: Delivery = DAILY) -> Card:
    return digest(of, found, NAMES, clock, SEOUL)


def test_a_small_digest_shows_everything_under_its_watchlists_and_countries() -> None:
    found = [told("Trial A"), told("Trial B", country="JP"), told("Recall C", "w2"), told("Both", "w1", "w2"), told("Trial D")]
    assert render(card(found)) == (
        "Digest: 5 items · 1 Jul 2026 18:30 – 2 Jul 2026 18:30 KST\n"
        "🇰🇷 KR 4 · 🇯🇵 JP 1\n\n"
        "Trials – 3\n"
        "🇰🇷 KR – 2\n"
        f"• MFDS: Trial A <{found[0].item.url}> · 2 Jul 2026\n"
        f"• MFDS: Trial D <{found[4].item.url}> · 2 Jul 2026\n"
        "🇯🇵 JP – 1\n"
        f"• MFDS: Trial B <{found[1].item.url}> · 2 Jul 2026\n\n"
        "Recalls – 1\n"
        f"• MFDS: Recall C <{found[2].item.url}> · 2 Jul 2026\n\n"
        "Recalls and Trials – 1\n"
        f"• MFDS: Both <{found[3].item.url}> · 2 Jul 2026"
    )


def test_the_day_of_an_item_is_the_one_its_source_wrote() -> None:
    midnight = datetime(2026, 7, 2, tzinfo=SEOUL).astimezone(UTC)
    one = Bundled(item=item("Trial A", source="kr-news", published=midnight), kind="new", watchlists=("w1",))
    assert "Trial A · 2 Jul 2026" in as_text(digest(DAILY, [one], NAMES, clock, UTC))


def test_a_large_digest_counts_all_shows_twenty_and_leads_to_the_rest() -> None:
    found = [told(f"Item {number}", f"w{number % 3 + 1}", country=("KR", "US", "JP")[number % 7 % 3]) for number in range(5_000)]
    made = card(found, BURST)
    text = as_text(made)
    assert text.startswith("Many at once: 5,000 items\n")
    assert text.count("• MFDS") == 18
    assert sum(int(part.split()[-1].replace(",", "")) for part in text.splitlines()[1].split(" · ")) == 5_000
    assert [(one.label, one.action, one.value) for one in made.sections[-1].buttons] == [("View all 5,000", "digest", "b" * 12)]


def test_a_further_report_is_marked_as_one_and_the_first_says_who_else_reported() -> None:
    first = told("Recall A").model_copy(update={"reporters": ("EMA", "*FDA*", "TGA", "PMDA", "HSA")})
    further = told("Trial recall B").model_copy(update={"kind": "also"})
    text = as_text(card([first, further]))
    assert "• MFDS: Recall A · 2 Jul 2026 · also reported by EMA, *FDA*, TGA and 2 more" in text
    assert "• MFDS: Further report: Trial recall B · 2 Jul 2026" in text


def test_what_is_urgent_stands_first_in_its_country() -> None:
    text = as_text(card([told(f"Item {number}") for number in range(50)] + [told("A recall", urgent=True)]))
    assert text.index("A recall") < text.index("Item ")


def test_the_same_finds_give_the_same_card_in_whatever_order_they_come() -> None:
    found = [told(f"Item {number % 9}", f"w{number % 3 + 1}", country=("KR", "US")[number % 2]) for number in range(100)]
    shuffled = random.Random(1).sample(found, len(found))
    assert card(found) == card(shuffled)


def test_the_longest_digest_keeps_within_the_limits_of_slack() -> None:
    names = {f"w{number}": f"Watchlist {number} " + "x" * 45 for number in range(60)}
    found = [
        told("<!channel> " + "long title " * 80, f"w{number % 60}", f"w{number * 7 % 60}", country="KRUSJPEUCN"[number % 5 * 2 :][:2])
        for number in range(2_000)
    ]
    made = digest(BURST, found, names, clock, UTC)
    assert problems(slack.blocks(made)) == []
    assert len(slack.text(made)) <= slack.MOST_TEXT
    assert len(render(made)) < 20_000


def test_a_digest_for_watchlists_that_are_gone_still_shows_its_items() -> None:
    assert "For no watchlist any more – 1" in as_text(digest(DAILY, [told("Trial A", "gone")], NAMES, clock, SEOUL))
