"""Recall and precision of watchlists on judged titles in four languages: with all of a watchlist's words, and with one in English.

A pair graded 2 should alert (recall counts these), one graded 1 may (precision counts it as right), any other must not. Each query is
the OR of its quoted words, and again its first English word alone. The titles are read from beside the project, where they
may be missing; ours are in tests/judged. --only counts the titles whose ids begin so; --pairs prints every pair missed or wrong.

    python benchmarks/gold.py [--gold ../shared/gold] [--only held] [--pairs] [--unknown-languages]
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from bot.model import Item
from bot.watch import query as language
from bot.watch.matcher import Matcher

GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold"
Grades = dict[tuple[str, str], int]
Choice = Callable[[list[str]], list[str]]
Pairs = set[tuple[str, str]]


def queries(folder: Path, words: Choice) -> dict[str, str]:
    """Each watchlist as the OR of some of its words; those without any are left out."""
    asked = json.loads((folder / "queries.json").read_text(encoding="utf-8"))["queries"]
    chosen = {one["id"]: words(one["watchlist_terms"]) for one in asked}
    return {key: " OR ".join(f'"{word}"' for word in found) for key, found in chosen.items() if found}


def first_english(terms: list[str]) -> list[str]:
    """The first term in Latin letters."""
    return [term for term in terms if term.isascii()][:1]


def alerts(asked: dict[str, str], items: Iterable[Item]) -> Pairs:
    """Every pair of watchlist and item that matches."""
    matcher = Matcher({key: language.parse(text, limit=language.LONGEST) for key, text in asked.items()})
    return {(key, item.id) for item in items for key in matcher.match(item)}


def literal(asked: dict[str, str]) -> dict[str, str]:
    """The same words without what they mean."""
    return {key: text.replace('"', '="', 1).replace(' OR "', ' OR ="') for key, text in asked.items()}


def measured(found: Pairs, grades: Grades, asked: dict[str, str], items: Iterable[Item]) -> tuple[float, float, Counter[str]]:
    """Recall, precision, and the counts behind them, over some items."""
    ids = {item.id for item in items}
    wanted = {pair for pair, grade in grades.items() if grade == 2 and pair[0] in asked and pair[1] in ids}
    given = {pair for pair in found if pair[1] in ids}
    counts = Counter(
        right=sum(pair in grades for pair in given), wrong=sum(pair not in grades for pair in given), missed=len(wanted - given)
    )
    return len(wanted & given) / (len(wanted) or 1), counts["right"] / (len(given) or 1), counts


class Judged(NamedTuple):
    """Judged titles: the items, their languages, and the grade of every pair that is not wrong."""

    items: list[Item]
    languages: dict[str, str]
    grades: Grades


def judged(folder: Path, *, unknown_languages: bool = False) -> Judged:
    """The judged titles of a folder."""
    rows = [json.loads(row) for row in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    items = [Item(id=row["id"], title=row["title"], language="" if unknown_languages else row["lang"]) for row in rows]
    graded = [row.split("\t") for row in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    return Judged(items, {row["id"]: row["lang"] for row in rows}, {(query, item): int(grade) for query, item, grade in graded})


def overall(folder: Path, words: Choice) -> tuple[float, float]:
    """Recall and precision over all languages."""
    items, _, grades = judged(folder)
    asked = queries(folder, words)
    return measured(alerts(asked, items), grades, asked, items)[:2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, default=GOLD)
    parser.add_argument("--only", default="", metavar="BEGINNING", help="the titles whose ids begin so")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--unknown-languages", action="store_true", help="as if no item said which language it is in")
    options = parser.parse_args()
    if not options.gold.is_dir():
        print(f"No judged titles at {options.gold}: nothing measured.")
        return
    items, languages, grades = judged(options.gold, unknown_languages=options.unknown_languages)
    items = [item for item in items if item.id.startswith(options.only)]
    whole, single = queries(options.gold, lambda terms: terms), queries(options.gold, first_english)
    for name, asked in {"all terms": whole, "first English term": single, "first English term, literally": literal(single)}.items():
        found = alerts(asked, items)
        print(f"\n{name}\n{'':10}{'recall':>8}{'precision':>11}{'right':>8}{'wrong':>8}{'missed':>8}")
        for tongue in (*sorted(set(languages.values())), "all"):
            some = [item for item in items if tongue in ("all", languages[item.id])]
            recall, precision, counts = measured(found, grades, asked, some)
            print(f"{tongue:10}{recall:8.3f}{precision:11.3f}{counts['right']:8}{counts['wrong']:8}{counts['missed']:8}")
        if options.pairs and "literally" not in name:
            show(found, grades, asked, items)


def show(found: Pairs, grades: Grades, asked: dict[str, str], items: Iterable[Item]) -> None:
    """Every pair that is wrong or missed, with the words that matched."""
    for item in items:
        for key, text in asked.items():
            pair = (key, item.id)
            if pair in found and pair not in grades:
                evidence = language.holds(language.parse(text, limit=language.LONGEST), item) or ()
                print("  wrong ", key, item.title[:90], "|", ", ".join(f"{one.term} ({one.concept})" for one in evidence))
            elif grades.get(pair) == 2 and pair not in found:
                print("  missed", key, item.title[:120])


if __name__ == "__main__":
    main()
