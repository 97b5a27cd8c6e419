"""The decider tells new, changed, same and noisy apart, and always says why."""

from collections import Counter

from bot.items.normalise import canonical
from bot.items.versions import NOISY_AFTER, Decision, decide, decide_all
from bot.model import Item, Known


def item(title: str = "Draft guidance", key: str = "1", url: str = "https://x.test/1", **more: object) -> Item:
    return Item(id=f"id-{key}", source="s", key=key, url=url, title=title, **more)  # type: ignore[arg-type]


def remembered(decision: Decision) -> Known:
    """What the store keeps after a decision."""
    keeps = decision.kind in ("new", "changed", "reshaped", "reread")
    before = decision.known
    return Known(
        item=decision.item.id,
        key=decision.item.key,
        url=canonical(decision.item.url),
        fingerprint=decision.fingerprint if keeps or before is None else before.fingerprint,
        seen=decision.fingerprint,
        streak=decision.streak,
        version=decision.item.version,
    )


def test_an_unknown_item_is_new() -> None:
    decision = decide(item(), None)
    assert (decision.kind, decision.why, decision.item.version) == ("new", "not seen before", 1)


def test_the_same_content_again_is_same_and_leaves_nothing_to_note() -> None:
    known = remembered(decide(item(), None))
    decision = decide(item(), known)
    assert (decision.kind, decision.is_to_note) == ("same", False)


def test_a_changed_title_is_the_next_version_and_the_reason_names_the_part() -> None:
    known = remembered(decide(item(), None))
    decision = decide(item("Final guidance"), known)
    assert (decision.kind, decision.why, decision.item.version) == ("changed", "title changed", 2)


def test_the_reason_names_every_part_that_changed() -> None:
    known = remembered(decide(item(summary="a"), None))
    assert decide(item("Final guidance", summary="b"), known).why == "title and summary changed"


def read_by_an_older_one(known: Known) -> Known:
    """What is remembered of an item whose fingerprint does not say how it was read."""
    bare = known.fingerprint.rpartition(":")[2]
    return known.model_copy(update={"fingerprint": bare, "seen": bare})


def test_what_only_a_newer_regwatch_reads_otherwise_is_no_version_and_is_kept_as_it_is_read_now() -> None:
    older = read_by_an_older_one(remembered(decide(item(summary="The first 512 characters"), None)))
    decision = decide(item(summary="The first 512 characters", text="The whole content"), older)
    assert (decision.kind, decision.item.version, decision.streak) == ("reread", 1, 0)
    assert decision.is_to_note
    known = remembered(decision)
    assert decide(item(summary="The first 512 characters", text="The whole content"), known).kind == "same"
    later = decide(item(summary="The first 512 characters", text="The whole content, amended"), known)
    assert (later.kind, later.why, later.item.version) == ("changed", "text changed", 2)


def test_what_no_reader_reads_otherwise_is_a_change_also_at_the_first_poll_after_an_upgrade() -> None:
    older = read_by_an_older_one(remembered(decide(item(), None)))
    decision = decide(item("Final guidance", text="The whole content"), older)
    assert (decision.kind, decision.why, decision.item.version) == ("changed", "title and text changed", 2)


def test_an_item_that_a_newer_regwatch_has_read_alike_is_the_same_to_an_older_one() -> None:
    known = remembered(decide(item(), None))
    newer = known.model_copy(update={"fingerprint": "99:" + known.fingerprint.rpartition(":")[2]})
    assert decide(item(), newer).kind == "same"
    assert decide(item("Final guidance"), newer).kind == "changed"


def test_content_that_differs_at_every_poll_settles_as_noisy() -> None:
    known = remembered(decide(item("0"), None))
    kinds = []
    for poll in range(1, NOISY_AFTER + 5):
        decision = decide(item(f"clock {poll}"), known)
        kinds.append(decision.kind)
        known = remembered(decision)
    assert kinds == ["changed"] * (NOISY_AFTER - 1) + ["noisy"] * 5


def test_two_contents_in_turn_settle_as_noisy_too() -> None:
    known = remembered(decide(item("0"), None))
    kinds = []
    for poll in range(40):
        decision = decide(item("AB"[poll % 2]), known)
        kinds.append(decision.kind)
        known = remembered(decision)
    assert kinds.count("changed") == NOISY_AFTER - 1
    assert "changed" not in kinds[NOISY_AFTER:]


def test_a_noisy_item_that_holds_still_alerts_once_and_is_quiet_again() -> None:
    known = remembered(decide(item("0"), None))
    for poll in range(20):
        known = remembered(decide(item(f"clock {poll}"), known))
    kinds = []
    for _ in range(3):
        decision = decide(item("settled"), known)
        kinds.append(decision.kind)
        known = remembered(decision)
    assert kinds == ["noisy", "changed", "same"]


def test_a_guid_that_changes_at_each_fetch_with_the_same_link_is_one_item() -> None:
    known = [remembered(decide(item(key="a"), None))]
    decision = decide_all([item(key="b")], known)[0]
    assert (decision.kind, decision.item.id, decision.is_to_note) == ("same", "id-a", True)


def test_two_items_with_one_link_are_two() -> None:
    known = [remembered(decide(item(key="a"), None))]
    both = decide_all([item("New notice", key="b"), item(key="a")], known)
    assert [one.kind for one in both] == ["new", "same"]


def test_new_keys_sharing_one_link_are_not_taken_for_the_old_item() -> None:
    known = [remembered(decide(item(key="a"), None))]
    assert [one.kind for one in decide_all([item("B", key="b"), item("C", key="c")], known)] == ["new", "new"]


def test_the_order_of_the_items_changes_no_decision() -> None:
    known = [remembered(decide(item(key=k, url=f"https://x.test/{k}"), None)) for k in "abc"]
    seen = [
        item(key="a", url="https://x.test/a"),
        item("Changed", key="b", url="https://x.test/b"),
        item("N", key="z", url="https://x.test/z"),
    ]
    forwards = {one.item.key: one.kind for one in decide_all(seen, known)}
    backwards = {one.item.key: one.kind for one in decide_all(seen[::-1], known[::-1])}
    assert forwards == backwards == {"a": "same", "b": "changed", "z": "new"}


def rows(titles: list[str]) -> list[Item]:
    return [item(title, key=str(number), url=f"https://x.test/{number}") for number, title in enumerate(titles)]


def kinds_after(before: list[str], now: list[str]) -> Counter[str]:
    known = [remembered(decide(one, None)) for one in rows(before)]
    return Counter(one.kind for one in decide_all(rows(now), known))


def test_a_change_of_nearly_all_items_at_once_is_one_of_the_sources_form_and_says_so() -> None:
    before = [f"Notice {number}" for number in range(12)]
    assert kinds_after(before, [f"MFDS | {title}" for title in before]) == {"reshaped": 12}
    assert kinds_after(before, [*(f"MFDS | {title}" for title in before[:10]), *before[10:]]) == {"reshaped": 10, "same": 2}
    known = [remembered(decide(one, None)) for one in rows(before)]
    why = decide_all(rows([f"MFDS | {title}" for title in before]), known)[0].why
    assert why == "title changed, as at once in 12 of 12 known items of this source: taken for a new form of the source and not alerted"


def test_what_is_new_beside_a_change_of_form_is_still_new() -> None:
    before = [f"Notice {number}" for number in range(12)]
    assert kinds_after(before, [*(f"MFDS | {title}" for title in before), "A recall"]) == {"reshaped": 12, "new": 1}


def test_a_few_changes_or_those_of_a_short_list_are_the_items_own() -> None:
    before = [f"Notice {number}" for number in range(20)]
    assert kinds_after(before, [*(f"{title} (final)" for title in before[:15]), *before[15:]]) == {"changed": 15, "same": 5}
    assert kinds_after(before[:9], [f"{title} (final)" for title in before[:9]]) == {"changed": 9}


def test_the_form_a_source_has_taken_is_what_later_changes_are_held_against() -> None:
    before, after = [f"Notice {number}" for number in range(12)], [f"MFDS | Notice {number}" for number in range(12)]
    known = [remembered(decide(one, None)) for one in rows(before)]
    taken = [remembered(one) for one in decide_all(rows(after), known)]
    assert Counter(one.kind for one in decide_all(rows([*after[:11], "MFDS | Other"]), taken)) == {"same": 11, "changed": 1}
