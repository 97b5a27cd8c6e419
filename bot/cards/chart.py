"""Columns of counts, week by week, as a PNG that reads on dark and on light ground; pure.

The picture brings its own light ground, so that its contrasts hold wherever it stands; its colours are told apart by people who see
few of them (Okabe and Ito), and each is named in the legend. Pillow draws it, and is read only when a picture is wanted.
"""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from bot.cards import plain

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Counts = Sequence[tuple[str, Sequence[int]]]
WIDTH, HEIGHT = 1200, 620
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#767676")
_GROUND, _INK, _QUIET, _RULE, _EDGE = "#FFFFFF", "#1D1C1D", "#4A4A4A", "#DADADA", "#8A8A8A"
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 40, 150, 80
_LONGEST = 200  # characters of a label that are looked at
_LABELS = 13  # weeks named under the columns


class _Plot(NamedTuple):
    draw: "ImageDraw"
    highest: int
    wide: float

    def y(self, count: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * count / self.highest


def png(title: str, weeks: Sequence[date], series: Counts) -> bytes:
    """The picture: a column for each week, in which the series stand on each other. Labels are Latin; other letters become `?`."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - takes a while and is wanted for pictures only

    image = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((1, 1, WIDTH - 2, HEIGHT - 2), 18, fill=_GROUND, outline=_EDGE, width=2)
    totals = [sum(counts[week] for _, counts in series) for week in range(len(weeks))]
    plot = _Plot(draw, _ceiling(max(totals, default=0)), (WIDTH - _LEFT - _RIGHT) / max(len(weeks), 1))
    _write(plot, (_LEFT - 50, 26), _fitting(plot, title, 30, WIDTH - 2 * (_LEFT - 50)), 30, _INK)
    _legend(plot, series)
    _rules(plot)
    _columns(plot, weeks, series, totals)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _ceiling(most: int) -> int:
    """The number at the upper rule: four steps of a round number."""
    step = next(int(one * 10**power) for power in range(9) for one in (1, 2, 5) if 4 * one * 10**power >= most)
    return 4 * step


def _legend(plot: _Plot, series: Counts) -> None:
    x, room = float(_LEFT - 50), (WIDTH - 2 * (_LEFT - 50)) / max(len(series), 1)
    for place, (name, counts) in enumerate(series):
        total = f" {sum(counts)}"
        said = _fitting(plot, name, 24, room - 34 - 36 - _length(plot, total, 24)) + total
        plot.draw.rounded_rectangle((x, 88, x + 24, 112), 4, fill=COLOURS[place % len(COLOURS)])
        _write(plot, (x + 34, 86), said, 24, _INK)
        x += 34 + _length(plot, said, 24) + 36


def _rules(plot: _Plot) -> None:
    for step in range(5):
        count = plot.highest * step // 4
        y = plot.y(count)
        plot.draw.line((_LEFT, y, WIDTH - _RIGHT, y), fill=_INK if step == 0 else _RULE, width=2)
        _write(plot, (_LEFT - 14, y), str(count), 22, _QUIET, "rm")


def _columns(plot: _Plot, weeks: Sequence[date], series: Counts, totals: Sequence[int]) -> None:
    every = -(-len(weeks) // _LABELS)
    for week, day in enumerate(weeks):
        middle = _LEFT + plot.wide * (week + 0.5)
        half = min(plot.wide * 0.36, 60)
        below = 0
        for place, (_, counts) in enumerate(series):
            if counts[week]:
                box = (middle - half, plot.y(below + counts[week]), middle + half, plot.y(below) - 1)
                plot.draw.rectangle(box, fill=COLOURS[place % len(COLOURS)], outline=_GROUND)
                below += counts[week]
        if totals[week] and every == 1:
            _write(plot, (middle, plot.y(below) - 6), str(totals[week]), 22, _INK, "ms")
        if week % every == 0:
            _write(plot, (middle, HEIGHT - _BOTTOM + 14), f"{day:%-d %b}", 20, _QUIET, "ma")


def _write(plot: _Plot, at: tuple[float, float], words: str, size: int, colour: str, anchor: str = "la") -> None:
    from PIL import ImageFont  # noqa: PLC0415 - as above

    plot.draw.text(at, _latin(words), fill=colour, font=ImageFont.load_default(size), anchor=anchor)


def _length(plot: _Plot, words: str, size: int) -> float:
    from PIL import ImageFont  # noqa: PLC0415 - as above

    return plot.draw.textlength(_latin(words), font=ImageFont.load_default(size))


def _fitting(plot: _Plot, words: str, size: int, room: float) -> str:
    """The words, or as much of their beginning as has room in one line."""
    said = _latin(words)[:_LONGEST]
    if _length(plot, said, size) <= room:
        return said
    while said and _length(plot, f"{said}...", size) > room:
        said = said[:-1]
    return f"{said.rstrip()}..."


def _latin(words: str) -> str:
    return plain.words(words).encode("ascii", "replace").decode()
