"""A report as an HTML page that needs nothing else: readable in light and dark, on paper, and by a screen reader. Pure.

Whatever is not ours is words and nothing else; an address is a link only if it is one of the web, and its words do not pose as another.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from bot.cards import chart, links, plain
from bot.cards.card import Span
from bot.items.assessing import told
from bot.messages import count, language, mark, say
from bot.record.report import Listed, Report
from bot.store.reporting import Decided, Told
from bot.times import moment
from bot.watch import trends
from bot.watch.trends import Trend

MOST_TITLE, MOST_ADDRESS = 1_000, 3_000
# What became of an alert, by the state of its delivery.
_RESULTS = {
    "sent": mark("sent"),
    "bundled": mark("in a digest"),
    "held": mark("held"),
    "gone": mark("not sent"),
    "dropped": mark("dropped"),
    "unclear": mark("unclear"),
    "later": mark("tried again"),
    "waiting": mark("waiting"),
    "pending": mark("waiting"),
    "sending": mark("being sent"),
}
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5a6a7a; --line: #d5dde5; --paper: #fff; --mark: #1f6feb; --tint: #eef4fb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4ebf2; --soft: #9fb0c0; --line: #33414f; --paper: #12181f; --mark: #6cb0ff; --tint: #1b2530; } }
@media print { :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --mark: #1f6feb; --tint: #f2f2f2; } a { color: inherit; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } p.soft, .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
dl div { background: var(--tint); border-radius: .5rem; padding: .6rem .8rem; } dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; white-space: nowrap; }
.bar { background: var(--mark); height: .6rem; border-radius: .3rem; min-width: 2px; margin-top: .45rem; }
a { color: var(--mark); } code { font-size: .85em; overflow-wrap: anywhere; } tr, dl div, img { break-inside: avoid; }
img { width: 100%; height: auto; }
"""


def page(one: Report) -> str:
    """The whole page."""
    zone = one.place.timezone
    title = _text(say("Regulatory monitoring: {place}", place=one.place.name or one.place.channel))
    begun, ended, made = (moment(when, zone) for when in (one.start, one.end, one.made))
    span = escape(say("{begun} to {ended}. Made {made}.", begun=begun, ended=ended, made=made))
    parts = (
        f"<h1>{title}</h1><p class=soft>{span}</p>",
        _figures(one),
        _trends(one),
        _watched(one),
        *_tables(one, zone),
        _record(one),
    )
    head = f'<meta charset=utf-8><meta name=viewport content="width=device-width"><meta name=robots content=noindex><title>{title}</title>'
    return f"<!doctype html><html lang={language()}><head>{head}<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"


def _tables(one: Report, zone: str) -> Iterator[str]:
    alerts, decisions = ((say("When"), say("Agency"), say("Title"), say("Result")), (say("When"), say("Who"), say("What"), say("Title")))
    yield _table(say("Alerts"), alerts, (_alert(row, zone) for row in one.alerts), say("No alert was owed here."))
    yield _table(say("Decisions"), decisions, (_decision(row, zone) for row in one.decided[:200]), say("Nothing was decided."))
    yield _table(say("Open work"), (say("Stands"), say("Title")), map(_listed, one.open), say("Nothing is open."))
    yield _table(say("Deadlines in the next 30 days"), (say("When"), say("Title")), map(_listed, one.ahead), say("No deadline is known."))


def _figures(one: Report) -> str:
    figures = {
        say("Sources looked at"): one.sources,
        say("Polls"): one.polls,
        say("Gaps"): one.gaps,
        say("Hits"): one.hits,
        say("Alerts delivered"): one.sent,
        say("Decisions"): len(one.decided),
        say("Open work"): len(one.open),
        say("Deadlines ahead"): len(one.ahead),
    }
    return f"<dl>{''.join(f'<div><dt>{escape(name)}</dt><dd>{value:,}</dd></div>' for name, value in figures.items())}</dl>"


def _trends(one: Report) -> str:
    """The hits of the last weeks by country, agency and type, as pictures in the page itself, with their figures in words."""
    shown = [each for each in one.trends if each.series]
    return f"<h2>{_text(say('Hits per week'))}</h2>{''.join(map(_trend, shown))}" if shown else ""


def _trend(found: Trend) -> str:
    drawn = chart.png(trends.title(found.by, what="Hits"), found.weeks, [(each.name, each.counts) for each in found.series])
    return f'<img alt="{_text(trends.words(found))}" src="data:image/png;base64,{b64encode(drawn).decode()}">'


def _watched(one: Report) -> str:
    most = max((row.hits for row in one.watched), default=0) or 1
    rows = [
        (
            f"<strong>{_text(row.watchlist.name)}</strong><br><code>{_text(row.watchlist.query)}</code>",
            f"{row.hits:,}<div class=bar style='width:{100 * row.hits / most:.0f}%' aria-hidden=true></div>",
            "<br>".join(_text(text) for text in row.proof),
        )
        for row in one.watched
    ]
    return _table(
        say("Watchlists, and proof that we looked"),
        (say("Watchlist"), say("Hits"), say("Looked")),
        rows,
        say("This place receives no watchlist."),
    )


def _alert(row: Told, zone: str) -> tuple[str, ...]:
    title, url, agency, owed, result = row
    return escape(moment(owed, zone)), _text(agency), _link(title, url), _text(say(_RESULTS[result]) if result in _RESULTS else result)


def _decision(row: Decided, zone: str) -> tuple[str, ...]:
    decision, title = row
    return (
        escape(moment(decision.at, zone)),
        _text(decision.by_name or decision.by),
        _text(told(decision)),
        _text(plain.clip(title, MOST_TITLE)),
    )


def _listed(row: Listed) -> tuple[str, ...]:
    return _text(row.what), _link(row.title, row.url)


def _record(one: Report) -> str:
    number, last = one.head
    told = count(
        "The record of this workspace has {n} row. The hash of the last one is {hash}.",
        "The record of this workspace has {n} rows. The hash of the last one is {hash}.",
        number,
        hash=f"<code>{escape(last)}</code>",
    )
    use = escape(say("Kept elsewhere, it shows later that no row before it was altered."))
    evidence = escape(say("This page is evidence of monitoring, made by Regwatch. It is not the system of record."))
    return f"<h2>{escape(say('Record'))}</h2><p>{told} {use}</p><p class=soft>{evidence}</p>"


def _text(words: str) -> str:
    """Words and nothing else: what turns the reading around or hides in them is taken out."""
    return escape(plain.words(words))


def _link(title: str, url: str) -> str:
    """The title as a link, where one can see whereto."""
    made = links.honest((Span(text=plain.clip(title, MOST_TITLE), url=url),), MOST_ADDRESS)
    return "".join(
        f'<a href="{escape(one.url)}" rel="noreferrer noopener">{_text(one.text)}</a>' if one.url else _text(one.text) for one in made
    )


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], none: str) -> str:
    """A table whose cells are HTML already."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    head = "".join(f"<th scope=col>{escape(one)}</th>" for one in columns)
    shown = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else f"<p class=soft>{escape(none)}</p>"
    return f"<h2>{escape(title)}</h2>{shown}"
