"""One page as one entry: its main text, a line for each block, without its frame."""

import pytest

from bot.errors import SourceTrouble
from bot.model import Entry, Source
from bot.sources import catalogue, parse

PAGE = catalogue.adhoc("page", "https://h.example/gmp")
TEXT = "<p>Volume 4 contains guidance for good manufacturing practice.</p><ul><li>Annex 1</li><li>Annex <b>11</b></li></ul>"
LINES = "Volume 4 contains guidance for good manufacturing practice.\nAnnex 1\nAnnex 11"


def entry(html: str, source: Source = PAGE) -> Entry:
    (one,) = parse.entries(source, html.encode(), "", source.url)
    return one


def test_the_main_text_has_a_line_for_each_block_and_no_frame() -> None:
    frame = "<nav>Home</nav><header>Site</header><script>x()</script><aside>More</aside><form>Search</form>"
    one = entry(f"<title>GMP - Site</title><body>{frame}<main><h1>GMP</h1>{frame}{TEXT}</main><footer>© 2026</footer>")
    assert (one.key, one.url, one.title) == ("page", "https://h.example/gmp", "GMP")
    assert one.fields["text"] == f"GMP\n{LINES}"


def test_rows_select_the_main_part_and_fields_look_in_the_whole_page() -> None:
    source = PAGE.model_copy(update={"rows": "#body", "fields": {"title": "h2", "updated": "time@datetime", "status": ".s"}})
    one = entry(
        f"<h2>Title</h2><time datetime=2026-07-06>x</time><i class=s>final</i><main>{'no ' * 30}</main><div id=body>{TEXT}</div>", source
    )
    assert (one.title, one.fields) == ("Title", {"status": "final", "text": LINES})
    assert one.updated is not None


@pytest.mark.parametrize(
    "html", ["<body><main></main></body>", "<body><nav>Home Home Home Home Home Home Home Home</nav>soon</body>", "plain", ""]
)
def test_a_page_without_main_text_is_trouble_and_never_a_change(html: str) -> None:
    with pytest.raises(SourceTrouble) as caught:
        entry(html)
    assert caught.value.fault == "not_a_source"


def test_white_space_and_order_of_attributes_make_no_difference_to_the_text() -> None:
    assert entry(f"<main>{TEXT}</main>").fields == entry("<main  class='a'>\n" + TEXT.replace("><", ">\n  <") + "</main>").fields
