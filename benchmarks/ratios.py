"""Every hot path beside its best peer, in one command: a table of ratios and a chart, written into docs/performance.md.

What a benchmark said is kept in build/bench, so that a run that was cut off goes on where it stopped; `--again` forgets it. `--quick` takes
small sizes and one round, which says little of a busy machine. What cannot run here (a peer is missing) stands in the table as not run.

    python benchmarks/ratios.py [--quick] [--again]
"""

import argparse
import math
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "bench"
PAGE, PICTURE = ROOT / "docs" / "performance.md", ROOT / "docs" / "ratios.png"
BEGIN, END = "<!-- generated: ratios -->", "<!-- end -->"
INK, BETTER, WORSE = "#24292f", "#1a7f37", "#bc4c00"


class Hot(NamedTuple):
    """A hot path, its peer, the script that compares them, and where in its output the ratio of ours to theirs stands."""

    name: str
    peer: str
    script: str
    ratio: str
    is_inverse: bool = False


# For each script: its options for a quick and for a full run.
SCRIPTS = {
    "parse": (["--rounds", "1"], []),
    "poll": (["--feeds", "100", "--rounds", "1"], []),
    "match": (["--watchlists", "2000", "--items", "20", "--rounds", "1", "--changes", "50"], ["--watchlists", "100000"]),
    "search": (["--items", "5000", "--rounds", "1"], ["--items", "200000"]),
    "deliver": (["50", "2", "1"], []),
}
HOT = (
    Hot("parse, finished entries of 100 items", "fastfeedparser, which gives less", "parse", r" 100 items +ours +([\d.]+)"),
    Hot("the same", "feedparser", "parse", r" 100 items .*1/(\d+)", is_inverse=True),
    Hot("poll, all new", "reader", "poll", r"all new.*ratio ([\d.]+)"),
    Hot("poll, nothing new", "reader", "poll", r"nothing new.*ratio ([\d.]+)"),
    Hot("match, which watchlists hold", "plain ahocorasick-rs, which knows no words", "match", r"which watchlists hold.* ([\d.]+) x plain"),
    Hot(
        "match, with all evidence",
        "PostgreSQL, stored tsqueries",
        "match",
        r"with all evidence.* ([\d.]+) x plain[\s\S]*scan.* ([\d.]+) x plain",
    ),
    Hot("search, newest 20 of a common word, p95", "tantivy", "search", r"^\| word, common \| CPU .*\| ([\d.]+) \| [\d.]+ \| [\d.]+ \|"),
    Hot("store, items and index", "tantivy", "search", r"ours: ([\d,]+) items[\s\S]*tantivy: ([\d,]+) items", is_inverse=True),
    Hot("deliver, to many channels", "what Slack's limits alone take", "deliver", r"\(([\d.]+) of the limit\)"),
)


def said(script: str, *, quick: bool) -> str:
    """What the benchmark printed, now or in a run before; what went wrong, if it could not run."""
    file = KEPT / f"{script}-{'quick' if quick else 'full'}.txt"
    if file.exists():
        return file.read_text(encoding="utf-8")
    print(f"{script} …", flush=True)
    words = [sys.executable, str(ROOT / "benchmarks" / f"{script}.py"), *SCRIPTS[script][0 if quick else 1]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or ['no word'])[-1]}"
    KEPT.mkdir(parents=True, exist_ok=True)
    file.write_text(done.stdout, encoding="utf-8")
    return done.stdout


def ratio(hot: Hot, text: str) -> float | None:
    """Ours to the peer's; less is better. With two numbers found, the first by the second."""
    found = re.search(hot.ratio, text, re.MULTILINE)
    if text.startswith("failed: ") or found is None:
        return None
    numbers = [float(one.replace(",", "")) for one in found.groups()]
    value = numbers[0] / numbers[1] if len(numbers) > 1 else numbers[0]
    return 1 / value if hot.is_inverse else value


def table(found: dict[Hot, tuple[float | None, str]], *, quick: bool) -> str:
    """The section of the page."""
    when = f"{datetime.now(UTC):%d %B %Y}, {'quick sizes' if quick else 'full sizes'}, load of the machine {os.getloadavg()[1]:.0f}"
    rows = [
        f"`make bench`, {when}. Ours as a multiple of the peer's; less is better.",
        "",
        "| hot path | peer | ratio |",
        "| --- | --- | --- |",
    ]
    for hot, (value, text) in found.items():
        why = text.removeprefix("failed: ") if text.startswith("failed: ") else "its figure was not found"
        rows.append(f"| {hot.name} | {hot.peer} | {f'{value:.2f}' if value is not None else f'not run: {why}'} |")
    return "\n".join([*rows, "", "![Bars of the ratios; a bar that ends left of the line is faster than the peer](ratios.png)"])


def picture(found: dict[Hot, tuple[float | None, str]]) -> None:
    """A bar for each ratio on a scale of tens, from the line of equal speed to the left or to the right."""
    from PIL import Image, ImageDraw, ImageFont

    known = [(hot, value) for hot, (value, _) in found.items() if value]
    image = Image.new("RGB", (1200, 60 + 50 * len(known)), "#ffffff")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(16)
    for number, (hot, value) in enumerate(known):
        y, end = 50 + 50 * number, 860 + 140 * max(-2.0, min(2.0, math.log10(value)))
        draw.rectangle((min(860, end), y, max(860, end), y + 24), fill=BETTER if value <= 1 else WORSE)
        draw.text((10, y), f"{hot.name} / {hot.peer}"[:80], fill=INK, font=font)
        draw.text((1150, y), f"{value:.2f}", fill=INK, font=font, anchor="ra")
    draw.line((860, 30, 860, 50 + 50 * len(known)), fill=INK, width=2)
    draw.text((860, 8), "as fast as the peer", fill=INK, font=font, anchor="ma")
    image.save(PICTURE)


def main() -> None:
    """Runs what was not run yet, and writes the section."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--again", action="store_true")
    chosen = options.parse_args()
    if chosen.again:
        shutil.rmtree(KEPT, ignore_errors=True)
    told = {script: said(script, quick=chosen.quick) for script in SCRIPTS}
    found = {hot: (ratio(hot, told[hot.script]), told[hot.script]) for hot in HOT}
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(found, quick=chosen.quick)}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")
    picture(found)
    print(table(found, quick=chosen.quick))


if __name__ == "__main__":
    main()
