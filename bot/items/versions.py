"""The decider: what we know and what we see → new, changed, same, noisy, reshaped or reread, always with the reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Literal

from bot.items.normalise import canonical, fingerprint
from bot.messages import keep
from bot.model import Item, Known, Word

# An item that is another at this many polls in a row settles as noisy: nobody reads the ninth alert about a clock.
NOISY_AFTER = 8
# So many items at least, and this share of those that were known, make a change one of the source's form.
RESHAPED_FROM = 10
RESHAPED_SHARE = 0.8
_PARTS = (keep("title"), keep("summary"), keep("text"), keep("status or dates"))
# What each way of reading (normalise.READING) reads otherwise than the one before it.
_READS_OTHERWISE = dict.fromkeys((2, 3, 4), frozenset(("summary", "text", "status or dates")))


Kind = Literal["new", "changed", "same", "noisy", "reshaped", "reread"]


class Decision(Word):
    """What an item seen now is to us. `item` carries the identity and version it is to be kept under.

    `reshaped` is a change of the source's form rather than of this item: kept as a version, told to nobody. `reread` is none of the
    source at all: a newer Regwatch reads the same more completely, and its version is kept as it is read now.
    """

    kind: Kind
    why: str
    item: Item
    fingerprint: str
    known: Known | None = None
    streak: int = 0

    @property
    def is_to_note(self) -> bool:
        """Whether an item that is no alert still left something to remember: another look, a longer streak, a new key."""
        before = self.known
        return before is not None and (before.seen, before.streak, before.key) != (self.fingerprint, self.streak, self.item.key)


def decide_all(seen: Sequence[Item], known: Iterable[Known], noise: Sequence[str] = ()) -> list[Decision]:
    """A decision for each item of one poll, in order. The order of the items changes no decision. `noise` is the source's own."""
    return _with_reshaped([decide(item, before, noise) for item, before in recognise(seen, list(known))])


def _with_reshaped(decisions: list[Decision]) -> list[Decision]:
    """The decisions; if nearly all known items changed at once in one way, those changes are the source's and not the items'."""
    known = sum(one.known is not None for one in decisions)
    ways = Counter(one.why for one in decisions if one.kind == "changed")
    way, many = ways.most_common(1)[0] if ways else ("", 0)
    if many < RESHAPED_FROM or many < RESHAPED_SHARE * known:
        return decisions
    why = keep(
        "{kept}, as at once in {many} of {known} known items of this source: taken for a new form of the source and not alerted",
        kept=way,
        many=many,
        known=known,
    )
    reshaped = {"kind": "reshaped", "why": why}
    return [one.model_copy(update=reshaped) if one.kind == "changed" and one.why == way else one for one in decisions]


def recognise(seen: Sequence[Item], known: Sequence[Known]) -> list[tuple[Item, Known | None]]:
    """Each item with what we know of it: by its key, else by its link when the source has given it another key.

    A link only counts when it is unique, here and in memory, and its old key has vanished: two items with one link are two.
    """
    by_key = {one.key: one for one in known}
    present = {item.key for item in seen}
    links_here = Counter(canonical(item.url) for item in seen)
    links_known = Counter(one.url for one in known)
    moved = {one.url: one for one in known if one.key not in present and one.url and links_known[one.url] == 1}

    def find(item: Item) -> Known | None:
        link = canonical(item.url)
        return by_key.get(item.key) or (moved.get(link) if links_here[link] == 1 else None)

    return [(item, find(item)) for item in seen]


def decide(item: Item, known: Known | None, noise: Sequence[str] = ()) -> Decision:
    """New if unknown; changed if title, summary, text, status or dates differ materially; else same, or noisy."""
    now = fingerprint(item, noise)
    if known is None:
        return _decision("new", keep("not seen before"), item, now)
    streak = 0 if now == known.seen else known.streak + 1

    def decision(kind: Literal["changed", "same", "noisy", "reread"], why: str) -> Decision:
        kept = item.model_copy(update={"id": known.item, "version": known.version + (kind == "changed")})
        return _decision(kind, why, kept, now, known, 0 if kind == "reread" else streak)

    if now == known.fingerprint or _is_same(known.fingerprint, now):
        return decision("same", keep("nothing material differs from the version we keep"))
    if _is_reread(known.fingerprint, now):
        return decision("reread", keep("a newer Regwatch reads this source otherwise; what it keeps of this version is as it reads it now"))
    if streak >= NOISY_AFTER:
        return decision("noisy", keep("different at {n} polls in a row, so it alerts no more until it holds still", n=streak))
    return decision("changed", _difference(known.fingerprint, now))


def _decision(kind: Kind, why: str, item: Item, fingerprint: str, known: Known | None = None, streak: int = 0) -> Decision:
    return Decision.trusted({"kind": kind, "why": why, "item": item, "fingerprint": fingerprint, "known": known, "streak": streak})


def _is_same(before: str, now: str) -> bool:
    """Whether a Regwatch at least as new has read the same."""
    return _reading(before) >= _reading(now) and not _different(before, now)


def _is_reread(before: str, now: str) -> bool:
    """Whether all that differs is what has come to be read otherwise since."""
    then, today = _reading(before), _reading(now)
    otherwise = frozenset().union(*(_READS_OTHERWISE[step] for step in range(then + 1, today + 1)))
    return then < today and otherwise.issuperset(_different(before, now))


def _difference(before: str, now: str) -> str:
    first, *others = _different(before, now)
    return keep("{kept} changed", kept=reduce(lambda told, one: keep("{kept} and {kept_more}", kept=told, kept_more=one), others, first))


def _different(before: str, now: str) -> list[str]:
    """The parts that differ between two fingerprints, whoever made them."""
    parts = zip(_PARTS, before.rpartition(":")[2].split("."), now.rpartition(":")[2].split("."), strict=True)
    return [name for name, old, new in parts if old != new]


def _reading(fingerprint: str) -> int:
    """The way of reading that a fingerprint was made under."""
    return int(fingerprint.rpartition(":")[0] or 1)
