"""The catalogue: what files say, how a user's folder changes it, and what is said when a file is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import SettingsError, UserMistake
from bot.sources import catalogue

AUTHORITY = '[authority]\nid = "acme"\nname = "Acme Agency"\njurisdiction = "KR"\n\n'
MINIMAL = '[[source]]\nid = "acme-news"\nname = "Acme news"\nlanguage = "en"\ntier = "official"\nkind = "feed"\nurl = "https://acme.example/rss"\n'


def own(folder: Path, text: str, name: str = "acme.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def mistake(folder: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        catalogue.load(folder, only_own=True)
    return str(caught.value)


def test_every_key_beyond_the_first_six_has_a_default(tmp_path: Path) -> None:
    source = catalogue.load(own(tmp_path, AUTHORITY + MINIMAL), only_own=True).get("acme-news")
    assert (source.jurisdiction, source.regions, source.interval) == ("KR", ("asia",), timedelta(minutes=15))
    assert (source.timezone, source.enabled, source.authority.short) == ("UTC", True, "ACME")


def test_the_trade_press_is_asked_half_as_often_and_an_interval_can_be_given(tmp_path: Path) -> None:
    trade = MINIMAL.replace("official", "trade")
    slow = MINIMAL.replace("acme-news", "acme-slow") + 'interval = "6h"\n'
    loaded = catalogue.load(own(tmp_path, AUTHORITY + trade + slow), only_own=True)
    assert [source.interval for source in loaded.sources.values()] == [timedelta(minutes=30), timedelta(hours=6)]


def test_a_source_may_differ_from_its_authority_and_uk_means_gb(tmp_path: Path) -> None:
    text = AUTHORITY + MINIMAL + 'jurisdiction = "UK"\n'
    source = catalogue.load(own(tmp_path, text), only_own=True).get("acme-news")
    assert (source.jurisdiction, source.regions) == ("GB", ("europe",))


def test_own_sources_are_added_to_the_shipped_ones(tmp_path: Path) -> None:
    loaded = catalogue.load(own(tmp_path, AUTHORITY + MINIMAL))
    assert {"acme-news", "kr-mfds-press"} <= loaded.sources.keys()
    assert {"acme", "mfds"} <= loaded.authorities.keys()


def test_a_small_entry_changes_only_the_keys_it_names(tmp_path: Path) -> None:
    text = '[[source]]\nid = "kr-mfds-press"\nenabled = false\n\n[[source]]\nid = "us-openfda-drug-recalls"\nquery = { limit = "5" }\n'
    loaded = catalogue.load(own(tmp_path, text))
    shipped = catalogue.load()
    assert loaded.get("kr-mfds-press") == shipped.get("kr-mfds-press").model_copy(update={"enabled": False})
    assert loaded.get("us-openfda-drug-recalls").query == {"sort": "report_date:desc", "limit": "5"}


def test_enabling_a_disabled_source_takes_its_reason_away(tmp_path: Path) -> None:
    text = '[[source]]\nid = "trade-pink-sheet"\nenabled = true\nurl = "https://my.example/feed"\n'
    source = catalogue.load(own(tmp_path, text)).get("trade-pink-sheet")
    assert (source.enabled, source.disabled_because, source.url) == (True, "", "https://my.example/feed")


def test_an_address_of_ones_own_needs_no_key(tmp_path: Path) -> None:
    text = '[[source]]\nid = "trade-pink-sheet"\nurl = "https://my.example/feed"\n'
    assert catalogue.load(own(tmp_path, text)).get("trade-pink-sheet").enabled


def test_a_whole_entry_replaces_the_shipped_one(tmp_path: Path) -> None:
    text = MINIMAL.replace("acme-news", "cn-cde-drafts") + 'authority = "cde"\n'
    source = catalogue.load(own(tmp_path, text)).get("cn-cde-drafts")
    assert (source.kind, source.form, source.enabled, source.authority.id) == ("feed", {}, True, "cde")


def test_only_own_leaves_the_shipped_sources_out_but_knows_their_authorities(tmp_path: Path) -> None:
    text = MINIMAL + 'authority = "mfds"\n'
    loaded = catalogue.load(own(tmp_path, text), only_own=True)
    assert list(loaded.sources) == ["acme-news"]
    assert loaded.get("acme-news").authority.short == "MFDS"


def test_an_unknown_source_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserMistake, match="kr-mfds-press"):
        catalogue.load().get("kr-mfds-pres")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("kind = ", "knd = "), ['line 13: source "acme-news"', 'key "knd" is not known', 'Did you mean "kind"?']),
        (('kind = "feed"', 'kind = "feeds"'), ["line 13", '"feeds" is not known', "feed or json_api or xml_api", 'mean "feed"']),
        (('tier = "official"', 'tier = "offical"'), ["line 12", "official or trade"]),
        (('language = "en"\n', ""), ['"language" is missing']),
        (("https://acme.example/rss", "acme.example/rss"), ["line 14", '"acme.example/rss" is not a web address']),
        (("https://acme.example/rss", "https:///rss"), ["not a web address"]),
        (("https://acme.example/rss", "ftp://acme.example/rss"), ["https:// or http://"]),
        (("https://acme.example/rss", "https://acme.example:x/rss"), ["not a web address"]),
        (('id = "acme-news"', 'id = "Acme News"'), ["small letters, digits and hyphens"]),
        (('id = "acme-news"\n', ""), ["has no id"]),
        (('language = "en"', "language = 5"), ["language", "string"]),
        (('kind = "feed"', 'kind = "feed"\ninterval = "soon"'), ["line 14", '"15m"']),
        (('kind = "feed"', 'kind = "feed"\ninterval = "0m"'), ["is not a duration"]),
        (('kind = "feed"', 'kind = "feed"\ntimezone = "Asia/Soul"'), ['"Asia/Soul" is not a time zone']),
        (('kind = "feed"', 'kind = "feed"\njurisdiction = "Korea"'), ["two-letter country code"]),
        (('kind = "feed"', 'kind = "feed"\nregions = ["asie"]'), ['"asie" is not a region', "asia"]),
        (('kind = "feed"', 'kind = "feed"\nidentity = "seq"'), ["query:NAME"]),
        (('kind = "feed"', 'kind = "feed"\nenabled = "yes"'), ["enabled", "boolean"]),
        (('kind = "feed"', 'kind = "feed"\ndisabled_because = "why"'), ["add enabled = false"]),
        (('kind = "feed"', 'kind = "feed"\nauthority = "acmee"'), ['no authority "acmee"', 'mean "acme"']),
        (('kind = "feed"', 'kind = "listing"'), ["needs rows"]),
        (('kind = "feed"', 'kind = "listing"\nrows = "a[["'), ['"a[[" is not a CSS selector']),
        (('kind = "feed"', 'kind = "listing"\nrows = "a"\nfields = { title = "p >" }'), ['"p >" is not a CSS selector']),
        (('kind = "feed"', 'kind = "json_api"'), ["needs fields"]),
        (('kind = "feed"', 'kind = "json_api"\nfields = { title = "a[" }'), ['"a[" is not a JMESPath expression']),
        (('kind = "feed"', 'kind = "json_api"\nitems = "x]"\nfields = { title = "a" }'), ["is not a JMESPath expression"]),
        (('kind = "feed"', 'kind = "xml_api"'), ["needs items"]),
        (('kind = "feed"', 'kind = "xml_api"\nitems = "a[["\nfields = { title = "a" }'), ["is not a path of an XML answer"]),
        (('kind = "feed"', 'kind = "page"\nrows = "p >"'), ["is not a CSS selector"]),
        (('kind = "feed"', 'kind = "rsshub"'), ["line 14", "is not a route of RSSHub"]),
        (('kind = "feed"', 'kind = "feed"\nnoise = ["(a"]'), ["line 14", "is not a regular expression"]),
        (('kind = "feed"', 'kind = "feed"\ncredential = "key"'), ["line 14", "use capitals"]),
        (('kind = "feed"', 'kind = "feed"\ncredential = "ACME_KEY"'), ['"{credential}"; give both']),
        (('kind = "feed"', 'kind = "feed"\nquery = { key = "{credential}" }'), ["give both"]),
        (('kind = "feed"', 'kind = "feed"\nbody = "x"'), ['method = "POST"']),
        (('kind = "feed"', 'kind = "feed"\nmethod = "POST"\nbody = "{x"'), ["begins like JSON but is none"]),
        (('kind = "feed"', 'kind = "feed"\npaging = { parameter = "p" }'), ["has no pages"]),
        (('kind = "feed"', 'kind = "listing"\nrows = "a"\npaging = { pages = 2 }'), ["either next"]),
        (('kind = "feed"', 'kind = "listing"\nrows = "a"\npaging = { parameter = "p", pages = 99 }'), ["from 2 to 10"]),
        (('kind = "feed"', 'kind = "listing"\nrows = "a"\npaging = { paramter = "p" }'), ["line 15", "paging.paramter"]),
        (("[[source]]", "[source]"), ["[[source]], with two brackets"]),
        (("[[source]]", "[[sources]]"), ['"sources" is not known here']),
        (("[authority]", "[[authority]]"), ["single brackets"]),
        (('name = "Acme Agency"', 'nam = "Acme Agency"'), ["line 4", "[authority]", 'Did you mean "name"?']),
        (("[[source]]", "[[source]"), ["is not valid TOML", "line 8"]),
    ],
)
def test_a_mistake_is_answered_with_file_place_and_what_is_allowed(tmp_path: Path, change: tuple[str, str], said: list[str]) -> None:
    text = ("# a comment first\n" + AUTHORITY + "\n" + MINIMAL).replace(*change, 1)
    assert text.count(change[1]) >= bool(change[1])
    sentence = mistake(own(tmp_path, text))
    for part in ["acme.toml", *said]:
        assert part in sentence


def test_an_id_twice_is_refused_with_both_files(tmp_path: Path) -> None:
    own(tmp_path, AUTHORITY + MINIMAL, "a.toml")
    assert "a.toml too" in mistake(own(tmp_path, AUTHORITY + MINIMAL, "b.toml"))
    assert "twice in this file" in mistake(own(tmp_path, AUTHORITY + MINIMAL + MINIMAL, "a.toml"))


def test_a_file_that_is_not_utf8_or_a_folder_that_is_missing_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_bytes("식약처".encode("cp949"))
    assert "UTF-8" in mistake(tmp_path)
    assert "does not exist" in mistake(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="REGWATCH_CATALOGUE_DIR"):
        catalogue.load(None, only_own=True)


def test_a_new_source_needs_an_authority(tmp_path: Path) -> None:
    assert "Add an [authority] table" in mistake(own(tmp_path, MINIMAL))
