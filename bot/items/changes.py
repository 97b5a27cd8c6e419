"""What differs between two versions of an item, word by word: what was added first, then what was removed; pure.

A line that only moved, or differs in blanks, letter forms or view counters, is no change. Han, kana and Hangul are compared
character by character, everything else word by word. Each change carries the words around it, so that it can be read alone.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bot import wordlist
from bot.items.normalise import folded
from bot.messages import say
from bot.model import Change, Deadline, Item, Snippet

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_LETTERS = rf"[^\W_{_CJK}]+"
_WORD = re.compile(rf"[{_CJK}]|{_LETTERS}(?:['’.-]{_LETTERS})*|\s+|.", re.DOTALL)
_BLOCK = re.compile(r"\n+|(?<=[.!?。！？])\s+")
_AROUND = 8
_LONGEST = 400
# Comparing takes as long as the product of both lengths; beyond this, whole lines are told instead of words.
_MOST_WORK = 4_000_000


def changes(before: Item, now: Item, noise: Sequence[str] = ()) -> list[Change]:
    """What differs, field by field; nothing where only noise does. `noise` is the source's own."""
    found = [_text(name, str(getattr(before, name)), str(getattr(now, name)), noise) for name in ("title", "summary", "text")]
    found.append(_values("status", [wordlist.stage(before.status or "")], [wordlist.stage(now.status or "")]))
    found.append(_values("dates", [_day(one) for one in before.deadlines], [_day(one) for one in now.deadlines]))
    return [one for one in found if one.added or one.removed]


def _values(field: str, old: Sequence[str], new: Sequence[str]) -> Change:
    added = tuple(Snippet("", one, "") for one in new if one and one not in old)
    return Change(field=field, added=added, removed=tuple(Snippet("", one, "") for one in old if one and one not in new))


def _day(deadline: Deadline) -> str:
    return say("{what} {day}", what=wordlist.deadline(deadline.kind), day=wordlist.day(deadline.day))


def _text(field: str, old: str, new: str, noise: Sequence[str]) -> Change:
    gone, come = _own_lines(_blocks(old), _blocks(new), noise)
    added: list[Snippet] = []
    removed: list[Snippet] = []
    matcher = SequenceMatcher(None, [_key(one, noise) for one in gone], [_key(one, noise) for one in come], autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind != "equal":
            for was, one in _words(" ".join(gone[i:j]), " ".join(come[k:m])):
                (removed if was else added).append(one)
    return Change(field=field, added=tuple(added), removed=tuple(removed))


def _blocks(text: str) -> list[str]:
    return [one.strip() for one in _BLOCK.split(text) if one.strip()]


def _key(line: str, noise: Sequence[str]) -> str:
    return folded(line, noise)


def _own_lines(old: list[str], new: list[str], noise: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines of each side that the other does not have anywhere: what only moved is no change."""
    before, now = Counter(_key(one, noise) for one in old), Counter(_key(one, noise) for one in new)
    return list(_beyond(old, before - now, noise)), list(_beyond(new, now - before, noise))


def _beyond(lines: list[str], own: Counter[str], noise: Sequence[str]) -> Iterator[str]:
    for line in lines:
        key = _key(line, noise)
        if key and own[key] > 0:
            own[key] -= 1
            yield line


def _words(old: str, new: str) -> Iterator[tuple[bool, Snippet]]:
    """What was removed (True) from the old words and added (False) in the new ones."""
    was, now = _WORD.findall(old), _WORD.findall(new)
    if len(was) * len(now) > _MOST_WORK or not _alike(was, now):
        was, now = [old] if old else [], [new] if new else []
    for kind, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if any(one.strip() for one in was[i:j]):
            yield True, _snippet(was, i, j)
        if any(one.strip() for one in now[k:m]):
            yield False, _snippet(now, k, m)


def _alike(was: Sequence[str], now: Sequence[str]) -> bool:
    """Whether the two are one text that was edited; two texts that share a few small words are better told whole."""
    ours, theirs = Counter(one for one in was if one.strip()), Counter(one for one in now if one.strip())
    return (ours & theirs).total() * 2 >= min(ours.total(), theirs.total()) > 0


def _snippet(words: Sequence[str], start: int, end: int) -> Snippet:
    left, right = max(0, start - 2 * _AROUND), min(len(words), end + 2 * _AROUND)
    before = ("…" if left else "") + "".join(words[left:start]).lstrip()
    after = "".join(words[end:right]).rstrip() + ("…" if right < len(words) else "")
    told = "".join(words[start:end])
    bare = told.strip()  # a blank beside it is no word that was added or removed
    before += told[: len(told) - len(told.lstrip())]
    after, told = told[len(told.rstrip()) :] + after, bare
    return Snippet(before, told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…", after)
