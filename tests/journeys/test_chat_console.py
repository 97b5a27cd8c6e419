"""A team of one tries the bot in a terminal: the same commands as in Slack, each a process of its own, then a prompt."""

from pathlib import Path

from tests.bot_process import environment, regwatch


async def chat(folder: Path, *words: str, stdin: str = "") -> str:
    """What `regwatch chat` prints; it fails only with a line that says so, and never shows a traceback."""
    code, out, error = await regwatch(environment(folder), "chat", "--as", "ana", "--place", "general", *words, stdin=stdin.encode())
    assert (code, error) in ((0, ""), (1, "error: This was not carried out. The answer says why.\n"))
    return out


async def test_watchlists_and_subscriptions_outlive_the_process(tmp_path: Path) -> None:
    added = await chat(tmp_path, "watch", "add", "decentralized trials", "as", "DCT")
    assert "Watchlist DCT is saved" in added
    assert "@ana added the watchlist DCT" in added
    assert "now receives DCT" in await chat(tmp_path, "subscribe DCT")
    assert "DCT – now" in await chat(tmp_path, "subscriptions")
    removed = await chat(tmp_path, stdin="watch remove DCT\nwatch remove DCT yes\nsubscriptions\n")
    for said in ("watch remove DCT yes", "is removed", "receives nothing"):
        assert said in removed


async def test_a_query_is_tried_saved_changed_and_paused(tmp_path: Path) -> None:
    tried = await chat(tmp_path, "watch", "test", "decentralized trials", "country:KR")
    assert 'It finds: "decentralized trials" country:KR' in tried
    assert "collected yet" in tried
    assert "is saved" in await chat(tmp_path, "watch", "add", "decentralized trials", "as", "DCT")
    changed = await chat(tmp_path, "watch", "edit", "DCT", '"decentralized trials" country:KR')
    assert 'Before, it found: "decentralized trials"' in changed
    assert "@ana changed the watchlist DCT" in changed
    said = await chat(tmp_path, stdin="watch pause DCT\nwatch show DCT\nwatch resume DCT\n")
    assert "is paused" in said
    assert "is resumed" in said


async def test_a_prompt_answers_line_by_line(tmp_path: Path) -> None:
    out = await chat(
        tmp_path, stdin="watch add recall as Recalls\nsubscribe Recalls\nsearch recall (device\nserch recall\n\nwatch list\nquit\n"
    )
    for said in ("Watchlist Recalls is saved", "now receives Recalls", "^", "Did you mean: search recall", "One watchlist:"):
        assert said in out


async def test_the_sources_of_the_catalogue_are_told(tmp_path: Path) -> None:
    assert "(KR)" in await chat(tmp_path, "sources korea")


async def test_whatever_is_typed_gets_a_sentence(tmp_path: Path) -> None:
    typed = ["", "\x00", "serch", "search " + "x" * 100_000, 'watch add "', "subscribe nothing", "help nothing", "watch remove yes"]
    out = await chat(tmp_path, stdin="".join(f"{one}\n" for one in (*typed, "watch list")))
    assert "Traceback" not in out
    for said in ("Did you mean: search", "at most 4,000", "There is no watchlist", "There is no command", "There are no watchlists yet"):
        assert said in out
