"""The command line: machine forms as documented, one line for what cannot be done, exit codes 0, 1 and 2."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from threading import Thread

import pytest

from bot.demo import story
from tests.command_line import Outcome, Regwatch

FEED = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>t</title>
<item><guid>g1</guid><title>Recall of lot 7</title><link>https://example.org/1</link>
<pubDate>Mon, 02 Nov 2026 10:00:00 +0900</pubDate></item>
<item><title>No guid</title><link>/2</link></item></channel></rss>"""


def test_help_names_every_command(regwatch: Regwatch) -> None:
    out = regwatch("--help").out
    for name in ("demo", "run", "poll", "search", "chat", "watch", "parse", "match", "fetch", "sources", "doctor", "db"):
        assert name in out


@pytest.mark.parametrize(
    "words", [("nonsense",), ("parse",), ("match", "--items", "x"), ("search",), ("poll", "--nonsense"), ("run", "--only", "x")]
)
def test_wrong_usage_is_exit_code_2(regwatch: Regwatch, words: tuple[str, ...]) -> None:
    assert regwatch(*words).code == 2


def test_parse_prints_one_entry_a_line_in_the_documented_form(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    first, second = regwatch("parse", "--kind", "feed", "--base-url", "https://example.org/feed", "feed.xml").records()
    assert list(first) == ["key", "url", "title", "summary", "published", "updated", "language", "fields"]
    assert (first["key"], first["title"]) == ("g1", "Recall of lot 7")
    assert datetime.fromisoformat(first["published"]) == datetime(2026, 11, 2, 1, tzinfo=UTC)
    assert (second["url"], second["published"]) == ("https://example.org/2", None)


def test_parse_writes_dates_on_the_clock_of_the_source(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    first, _ = regwatch("parse", "--source", "kr-mfds-press", "feed.xml").records()
    assert first["published"] == "2026-11-02T10:00:00+09:00"


def test_parse_guesses_the_kind(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    (tmp_path / "list.json").write_text('[{"title": "Notice", "link": "https://example.org/3"}]')
    assert len(regwatch("parse", "feed.xml").records()) == 2
    assert regwatch("parse", "list.json").records()[0]["title"] == "Notice"


def one_line(outcome: Outcome) -> str:
    """What could not be done is one line on standard error, and exit code 1."""
    assert outcome.code == 1
    (line,) = outcome.error.splitlines()
    assert line.startswith("error: ")
    return line


def test_what_is_no_source_is_one_line(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html><body>Access denied</body></html>")
    assert "instead of a feed" in one_line(regwatch("parse", "--kind", "feed", "page.html"))
    assert "cannot be read" in one_line(regwatch("parse", "missing.xml"))
    assert 'There is no source "kr-mfds-pres". Did you mean kr-mfds-press' in one_line(
        regwatch("parse", "--source", "kr-mfds-pres", "page.html")
    )


def test_match_prints_hits_with_evidence_that_indexes_the_field(regwatch: Regwatch, tmp_path: Path) -> None:
    item = {"id": "a", "title": "Ｒｅｃａｌｌ of 분산형임상시험을", "summary": "", "language": "ko", "source": None}
    (tmp_path / "items.jsonl").write_text(json.dumps(item) + "\n\n" + json.dumps({"id": "b", "title": "Other"}) + "\n")
    (tmp_path / "queries.json").write_text(json.dumps([{"id": "q1", "query": '"분산형 임상시험"'}, {"id": "q2", "query": "recall"}]))
    hits = {one["query_id"]: one for one in regwatch("match", "--queries", "queries.json", "--items", "items.jsonl").records()}
    assert set(hits) == {"q1", "q2"}
    for hit in hits.values():
        (evidence,) = hit["evidence"]
        assert list(evidence) == ["field", "start", "end", "text", "term", "concept", "language"]
        assert str(item[evidence["field"]])[evidence["start"] : evidence["end"]] == evidence["text"]
    assert hits["q1"]["evidence"][0]["text"] == "분산형임상시험"


@pytest.mark.parametrize(
    "line", ["not json", "[1]", '{"title": "no id"}', '{"id": "a", "title": 7}', '{"id": "a", "title": "t", "published": "soon"}']
)
def test_a_bad_items_line_is_named_by_its_number(regwatch: Regwatch, tmp_path: Path, line: str) -> None:
    (tmp_path / "items.jsonl").write_text('{"id": "a", "title": "fine"}\n' + line)
    assert "items.jsonl, line 2," in one_line(regwatch("match", "--query", "fine", "--items", "items.jsonl"))


def test_an_item_says_its_language_and_country_in_any_common_form(regwatch: Regwatch, tmp_path: Path) -> None:
    tags = {"en": ("EN", "en_US", "english"), "zh-Hant": ("zh-TW", "zh_Hant"), "ko": ("ko-KR", "KO")}
    items = [{"id": tag, "title": "GMP", "language": tag, "country": "kr"} for written in tags.values() for tag in written]
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    asked = [{"id": tag, "query": f"gmp lang:{tag} country:KR"} for tag in tags]
    (tmp_path / "queries.json").write_text(json.dumps(asked))
    hits = [(one["query_id"], one["item_id"]) for one in regwatch("match", "--queries", "queries.json", "--items", "items.jsonl").records()]
    assert sorted(hits) == sorted((tag, one) for tag, written in tags.items() for one in written)


def test_a_bad_query_points_at_the_place(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text("")
    line = one_line(regwatch("match", "--query", "recall agncy:MFDS", "--items", "items.jsonl"))
    assert line.startswith("error: There is no field")
    assert line.endswith("(At character 8.)")
    (tmp_path / "queries.json").write_text(json.dumps([{"id": "q1", "query": "recall"}, {"id": "q2", "query": "(x"}]))
    assert "Query q2: " in one_line(regwatch("match", "--queries", "queries.json", "--items", "items.jsonl"))


def test_two_queries_of_one_id_are_refused(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "queries.json").write_text(json.dumps([{"id": "q1", "query": "recall"}, {"id": "q1", "query": "trial"}]))
    (tmp_path / "items.jsonl").write_text("")
    assert "two queries with the id q1" in one_line(regwatch("match", "--queries", "queries.json", "--items", "items.jsonl"))


def test_only_a_line_feed_ends_an_item(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text('\ufeff{"id": "a", "title": "Recall\u2028of lot 7"}\r\n', encoding="utf-8")
    (hit,) = regwatch("match", "--query", "lot", "--items", "items.jsonl").records()
    assert (hit["item_id"], hit["evidence"][0]["start"]) == ("a", 10)


@pytest.mark.parametrize("query", ["", "   ", "(" * 500, '"', "NOT recall", "x" * 100_000, "\x00", "a AND"])
def test_no_query_breaks_the_search(regwatch: Regwatch, query: str) -> None:
    outcome = regwatch("search", query)
    assert outcome.code in (0, 1)
    assert len(outcome.error) < 500
    assert outcome.code == 0 or outcome.error.startswith("error: ")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://127.0.0.1/", "refused"),
        ("ftp://example.org/", "refused"),
        ("nonsense", "refused"),
        ("http://169.254.169.254/latest", "refused"),
    ],
)
def test_fetch_tells_its_outcome_as_json_and_by_exit_code(regwatch: Regwatch, url: str, fault: str) -> None:
    outcome = regwatch("fetch", url)
    (record,) = outcome.records()
    assert list(record) == ["outcome", "status", "bytes", "final_url", "reason"]
    assert (record["outcome"], outcome.code) == (fault, 1)


def test_a_database_is_made_checked_and_copied(regwatch: Regwatch, tmp_path: Path) -> None:
    assert "does not exist yet" in one_line(regwatch("db", "check"))
    assert regwatch("db", "upgrade").out == "The database is upgraded.\n"
    assert regwatch("db", "upgrade").out == "The database is up to date already.\n"
    assert regwatch("db", "check").out == "The database is sound.\n"
    assert regwatch("db", "backup", "copy.db").code == 0
    assert "exists already" in one_line(regwatch("db", "backup", "copy.db"))
    assert "cannot be written" in one_line(regwatch("db", "backup", "x" * 300))
    assert "cannot be reached" in one_line(regwatch("db", "check", DATABASE_URL="sqlite:///" + "x" * 300))


def test_a_sentence_that_repeats_a_book_is_cut(regwatch: Regwatch) -> None:
    line = one_line(regwatch("sources", "show", "x" * 100_000))
    assert len(line) < 1_100
    assert line.endswith("regwatch sources list.")


def test_a_broken_database_is_one_clear_line_for_every_command_that_needs_it(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "regwatch.db").write_bytes(b"this is no database, but long enough to be taken for one" * 100)
    for words in (("poll",), ("search", "recall"), ("chat", "help"), ("db", "upgrade"), ("run",)):
        assert "regwatch.db" in one_line(regwatch(*words))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://user:hunter2@127.0.0.1:1/regwatch", "127.0.0.1"),
        ("mysql://user:hunter2@localhost/x", "cannot use a mysql database"),
        ("nonsense", "cannot be read"),
        ("sqlite:////no/such/folder/x.db", "folder"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(regwatch: Regwatch, url: str, says: str) -> None:
    line = one_line(regwatch("poll", DATABASE_URL=url))
    assert says in line
    assert "hunter2" not in line


def test_a_full_disk_is_one_line_and_loses_nothing(regwatch: Regwatch, tmp_path: Path) -> None:
    """No file of the process may grow beyond what the database has already: to SQLite that is a disk without room."""
    regwatch("chat", "watch add recall")
    limit = (tmp_path / "regwatch.db").stat().st_size
    words = [f"watch add {'x' * 400}{number} as W{number}" for number in range(60)]
    command = [sys.executable, "-c", BUSY, *words]
    full = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=lambda: setrlimit(RLIMIT_FSIZE, (limit, limit)))
    assert "Your request was not carried out" in full.stdout
    assert "Traceback" not in full.stdout + full.stderr
    assert regwatch("db", "check").out == "The database is sound.\n"
    kept = regwatch("chat", "watch list").out
    assert "recall" in kept
    assert kept.count("W") >= full.stdout.count("is saved")


SOURCE = """[authority]
id = "a"
name = "A"
jurisdiction = "KR"
[[source]]
id = "x"
name = "X"
language = "ko"
tier = "official"
"""
BUSY = """
import sys
from bot.__main__ import main
for words in sys.argv[1:]:
    sys.argv = ["regwatch", "chat", words]
    try:
        main()
    except SystemExit as left:
        print(left.code)
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[source]\nid=", "line"),
        ('[[source]]\nid = "x"\nnonsense = 1\n', "nonsense"),
        (SOURCE + 'kind = "feed"\nurl = "nonsense"\n', "url"),
        (SOURCE + 'kind = "fed"\nurl = "https://example.org/"\n', "feed"),
    ],
)
def test_a_wrong_catalogue_file_is_one_line_that_names_the_file(regwatch: Regwatch, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.toml").write_text(text)
    line = one_line(regwatch("sources", "list", CATALOGUE_DIR=str(tmp_path / "own")))
    assert "mine.toml" in line
    assert says in line


def test_a_wrong_setting_is_one_line_that_names_it(regwatch: Regwatch) -> None:
    assert "REGWATCH_TICK_SECONDS" in one_line(regwatch("poll", TICK_SECONDS="often"))
    assert "REGWATCH_FETCH_ALLOW" in one_line(regwatch("fetch", "http://example.org", TICK_SECONDS="5", FETCH_ALLOW="nonsense"))


def test_the_console_answers_one_command_and_keeps_what_it_changed(regwatch: Regwatch) -> None:
    assert "is saved" in regwatch("chat", "watch", "add", "decentralized trials", "as", "DCT").out
    assert "DCT" in regwatch("chat", "watch list").out
    assert "now receives" in regwatch("chat", "--place", "team", "subscribe DCT").out
    assert "receives nothing" in regwatch("chat", "subscriptions").out


def test_watchlists_are_kept_as_in_chat(regwatch: Regwatch) -> None:
    tried = regwatch("watch", "test", "decentralized trials", "-herbal")
    assert tried.code == 0
    assert 'It finds: "decentralized trials" NOT herbal' in tried.out
    assert "Watchlist DCT is saved" in regwatch("watch", "add", "decentralized trials", "as", "DCT").out
    assert "is changed" in regwatch("watch", "edit DCT recall -food").out
    assert "DCT – recall NOT food" in regwatch("watch", "list").out
    assert 'It finds: "clinical trial"' in regwatch("watch", "test", "clinical trial").out
    assert "It finds: recall country:KR" in regwatch("watch", "test", "recall country:KR").out
    assert "It finds: recall OR vaccine" in regwatch("watch", "test", "recall or vaccine").out
    assert regwatch("watch", "test", "recall", "age:<3d").code == 1


def test_the_command_line_takes_longer_queries_than_chat(regwatch: Regwatch) -> None:
    long = " OR ".join(f"word{number}" for number in range(150))
    assert 500 < len(long) < 2_000
    assert "is saved" in regwatch("watch", "add", f"{long} as Long").out
    assert "is changed" in regwatch("watch", "edit", f"Long {long} -food").out
    assert "characters long; at most 2,000 can be read." in regwatch("watch", "test", long + " OR x" * 400).out
    in_chat = regwatch("chat", f"watch test {long}")
    assert "characters long; at most 500 can be read." in in_chat.out
    assert "on the command line it may have 2,000" in in_chat.out


def test_the_command_line_searches_with_the_words_added_in_its_chat(regwatch: Regwatch) -> None:
    assert "is added" in regwatch("chat", "concept add moonlit review: ZQRV").out
    assert regwatch("search", "concept:moonlit-review").code == 0
    assert "There is no concept" in regwatch("search", "concept:moonlit-preview").error


def test_search_takes_the_order_among_the_words(regwatch: Regwatch) -> None:
    assert regwatch("search", "recall sort:relevance").code == 0
    assert "sorted by newest or by relevance" in regwatch("search", "recall sort:size").error


def test_a_mistake_in_chat_is_answered_not_raised(regwatch: Regwatch) -> None:
    outcome = regwatch("chat", "serch recall")
    assert "Did you mean: search recall" in outcome.out
    assert "answer says why" in one_line(outcome)
    assert regwatch("chat", "search recall").code == 0
    assert regwatch("chat", "search").code == 0


def test_what_is_owed_can_be_looked_at_before_it_is_sent(regwatch: Regwatch) -> None:
    for where, words in (
        ("general", "watch add recall as Recalls"),
        ("general", "settings timezone UTC"),
        ("news", "subscribe Recalls daily #general"),
    ):
        assert regwatch("chat", "--place", where, words).code == 0
    shown = regwatch("deliver", "--dry-run")
    assert "console:local:general" in shown.out
    assert "@you subscribed this channel to Recalls, daily 09:00 UTC." in shown.out
    sent = regwatch("deliver")
    assert "subscribed this channel" in sent.out
    assert "Nothing is owed" in regwatch("deliver", "--dry-run").error


def test_the_version_is_told(regwatch: Regwatch) -> None:
    assert regwatch("--version").out.startswith("regwatch 0.")


def test_a_country_without_sources_is_named_with_those_that_have_some(regwatch: Regwatch) -> None:
    assert "KR" in one_line(regwatch("sources", "list", "zz"))
    assert {one["jurisdiction"] for one in regwatch("sources", "list", "kr", "--json").records()} == {"KR"}


def test_parse_is_told_when_its_options_contradict(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    assert "of the kind feed" in one_line(regwatch("parse", "--source", "kr-mfds-press", "--kind", "listing", "feed.xml"))
    assert len(regwatch("parse", "--source", "kr-mfds-press", "--kind", "feed", "feed.xml").records()) == 2
    assert regwatch("parse", "--base-url", "nonsense", "feed.xml").code == 2


def test_a_poll_that_could_read_nothing_failed_and_says_so_once(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.toml").write_text(SOURCE + 'kind = "feed"\nurl = "http://127.0.0.1:1/"\n')
    outcome = regwatch("poll", "--once", CATALOGUE_DIR=str(tmp_path / "own"), CATALOGUE_ONLY="1")
    assert outcome.out.count("was not fetched") == 1
    assert "could not be read" in one_line(outcome)
    outcome = regwatch("poll", "--once", "--json")
    names = ["source", "entries", "baseline", "unchanged", "new", "changed", "noisy", "owed", "trouble"]
    assert [list(one) for one in outcome.records()] == [names]
    assert outcome.code == 1
    assert regwatch("poll").error == "Nothing is due. To poll every source now: regwatch poll --once\n"
    assert "could not be read" in one_line(regwatch("sources", "check"))


def test_a_check_prints_its_whole_report_and_fails_when_one_source_does(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        pair = f"127.0.0.1:{server.server_port}"
        (tmp_path / "own").mkdir()
        bad = "\n".join(SOURCE.splitlines()[4:]).replace('"x"', '"bad"')
        text = f'{SOURCE}kind = "feed"\nurl = "http://{pair}/feed.xml"\n{bad}\nkind = "feed"\nurl = "http://{pair}/none"\n'
        (tmp_path / "own" / "mine.toml").write_text(text)
        both = regwatch("sources", "check", CATALOGUE_DIR=str(tmp_path / "own"), CATALOGUE_ONLY="1", FETCH_ALLOW=pair)
        good = regwatch("sources", "check", "x")
        server.shutdown()
    rows = [line for line in both.out.splitlines() if line.startswith("|")]
    assert both.out.startswith("### Sources checked: 1 of 2 answered with entries\n\n|")
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| `bad`", "| `x`"]
    assert both.code == 1
    assert "1 of 2 sources could not be read" in both.error.splitlines()[-1]
    assert (good.code, good.out.count("\n")) == (0, 5)


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe", "UTF-8"), (b"REGWATCH_WEB_PORT=x\n", "REGWATCH_WEB_PORT")])
def test_an_env_file_that_cannot_be_used_is_one_line(regwatch: Regwatch, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert says in one_line(regwatch("search", "recall"))


def test_the_doctor_points_at_misspelt_settings(regwatch: Regwatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("REGWATCH_WEB_PRT=8081\n")
    assert "REGWATCH_WEB_PRT: is no setting and changes nothing. Did you mean REGWATCH_WEB_PORT?" in regwatch("doctor").out


def test_the_demonstration_is_the_same_whatever_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGWATCH_WEB_PORT", "nonsense")
    monkeypatch.setenv("REGWATCH_SLACK_BOT_TOKEN", "xoxb-real")
    given = story.settings(tmp_path, "127.0.0.1:1")
    assert (given.web_port, given.slack_bot_token) == (8080, None)


def test_polling_a_source_that_nobody_knows_says_what_to_write(regwatch: Regwatch) -> None:
    for words in (("kr-mfds-pres",), ("--source", "kr-mfds-pres")):
        outcome = regwatch("poll", *words)
        assert outcome.code == 1
        assert 'There is no source "kr-mfds-pres". Did you mean kr-mfds-press' in outcome.error
    assert "regwatch sources list" in regwatch("poll", "https://example.org/x?y=1").error


def test_polling_a_source_that_is_switched_off_says_why(regwatch: Regwatch) -> None:
    assert "switched off" in one_line(regwatch("poll", "--source", "cn-nmpa-announcements"))


def test_the_doctor_shows_settings_without_secrets_and_fails_with_what_is_wrong(regwatch: Regwatch) -> None:
    healthy = regwatch("doctor")
    assert healthy.code == 0
    assert "REGWATCH_DATABASE_URL" in healthy.out
    ill = regwatch(
        "doctor", DATABASE_URL="postgresql://user:hunter2@127.0.0.1:1/x", SLACK_BOT_TOKEN="xoxb-secret", SLACK_API_URL="http://127.0.0.1:1/"
    )
    assert ill.code == 1
    assert "fail" in ill.out
    assert "hunter2" not in ill.out + ill.error
    assert "xoxb-secret" not in ill.out + ill.error


def test_enrich_prints_what_was_found_with_the_words_that_say_so(regwatch: Regwatch, tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "title": "Dose Finding; Draft Guidance for Industry; Availability",
            "summary": "Comments close on 5 January 2027.",
            "country": "us",
        },
        {"id": "2", "lang": "ko", "text": "오는 9월21일까지 신청 접수", "context": "article date 2018-08-29"},
        {"id": "3", "title": "Recall of eye drops", "source": "us-fda-recalls", "published": "2026-11-02T10:00:00Z"},
    ]
    (tmp_path / "items.jsonl").write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in rows), encoding="utf-8")
    first, second, third = regwatch("enrich", "--items", "items.jsonl").records()
    assert (first["doc_type"], first["status"], first["country"], first["product_types"]) == ("guideline", "draft", "US", [])
    assert first["dates"] == [
        {"kind": "comments_due", "date": "2027-01-05", "text": "Comments close on 5 January 2027", "certainty": "stated"}
    ]
    assert first["why"]["status"] == "Draft"
    assert [(one["kind"], one["date"]) for one in second["dates"]] == [("expires", "2018-09-21"), ("published", "2018-08-29")]
    assert (third["doc_type"], third["dates"][-1]["kind"]) == ("recall", "published")


def test_enrich_reads_a_sentence_as_who_writes_it_does(regwatch: Regwatch) -> None:
    (told,) = regwatch("enrich", "自九十年一月一日起實施", "--language", "zh-TW", "--country", "TW").records()
    assert [(one["kind"], one["date"]) for one in told["dates"]] == [("effective", "2001-01-01")]
    assert regwatch("enrich").code == 2


def test_the_app_package_of_teams_is_written_once_the_bot_is_registered(regwatch: Regwatch, tmp_path: Path) -> None:
    words = ("manifest", "teams", "--website", "https://example.org", "--out", "package.zip")
    assert "REGWATCH_TEAMS_CLIENT_ID" in regwatch(*words).error
    registered = {
        "TEAMS_CLIENT_ID": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "TEAMS_CLIENT_SECRET": "s",
        "TEAMS_TENANT_ID": "t",
    }
    told = regwatch(*words, **registered)
    assert (told.code, told.out.split(",")[0]) == (0, "Wrote package.zip")
    assert (tmp_path / "package.zip").read_bytes()[:2] == b"PK"
    assert regwatch(*words[:-1], "nowhere/package.zip", **registered).error.startswith("error: nowhere/package.zip cannot be written")
