"""A day of many workspaces over one shared pipeline, simulated second by second from measured unit costs.

    python benchmarks/capacity.py

Each item is polled, kept and matched once for all workspaces; what it owes is spread over the processes that deliver. The costs are CPU
seconds measured on this project (docs/operate.md says how); arrivals are made up: busy hours, and now and then an event for thousands.
"""

import random
import statistics
from itertools import accumulate

POLL, ITEM, OWED, SENT = 0.002, 0.0004, 0.00017, 0.0014
MATCH_AT_100K = 0.0012
SOURCES, ITEMS_A_DAY, EACH_WATCHLIST_A_WEEK = 2_000, 10_000, 2.0
DAY = 86_400
BYTES_AN_ITEM, BYTES_AN_ALERT = 2_400, 480


def busy(second: int) -> float:
    """Regulators publish in their office hours: Asia, Europe, America."""
    hour = second / 3600
    return 0.2 + sum(1.0 for begin in (0, 7, 13) if begin <= hour < begin + 5)


def alerts(watchlists: int, rng: random.Random) -> int:
    """How many alerts one item owes: most few, some very many; on average what each watchlist gets in a week."""
    mean = watchlists * EACH_WATCHLIST_A_WEEK / 7 / ITEMS_A_DAY
    return int(min(rng.paretovariate(1.3) * mean * 0.25, watchlists / 50))


def day(watchlists: int, processes: int) -> dict[str, float]:
    """What a day costs, and how long alerts wait for a process that delivers; each process has half of its core for that."""
    rng = random.Random(7)
    ends = list(accumulate(busy(second) for second in range(DAY)))
    arrivals = sorted(rng.choices(range(DAY), cum_weights=ends, k=ITEMS_A_DAY))
    room, backlog, at, waits, owed_all, most = processes * 0.5 / SENT, 0.0, 0, [], 0, 0
    for second in arrivals:
        backlog, at = max(backlog - (second - at) * room, 0.0), second
        owed = alerts(watchlists, rng)
        waits += [(backlog + number) / room for number in range(owed)]
        backlog, owed_all, most = backlog + owed, owed_all + owed, max(most, owed)
    pipeline = SOURCES * 96 * POLL + ITEMS_A_DAY * (ITEM + MATCH_AT_100K * watchlists / 100_000)
    return {
        "alerts": owed_all,
        "largest": most,
        "poll and match": pipeline,
        "deliver": owed_all * (OWED + SENT),
        "p50": statistics.median(waits),
        "p95": statistics.quantiles(waits, n=20)[-1],
        "longest": max(waits),
        "GB a year": (ITEMS_A_DAY * BYTES_AN_ITEM + owed_all * BYTES_AN_ALERT) * 365 / 1e9,
    }


def main() -> None:
    head = ("workspaces", "watchlists", "processes", "alerts a day", "largest event", "CPU s a day: poll and match", "deliver")
    print(f"| {' | '.join(head)} | wait p50 / p95 / longest, s | GB a year |\n{'| --- ' * 9}|")
    for workspaces, watchlists, processes in (
        (10, 1_000, 1),
        (1_000, 100_000, 1),
        (10_000, 1_000_000, 1),
        (10_000, 1_000_000, 4),
        (10_000, 1_000_000, 16),
    ):
        one = day(watchlists, processes)
        print(
            f"| {workspaces:,} | {watchlists:,} | {processes} | {one['alerts']:,} | {one['largest']:,} | {one['poll and match']:,.0f} |"
            f" {one['deliver']:,.0f} | {one['p50']:.1f} / {one['p95']:.1f} / {one['longest']:.0f} | {one['GB a year']:.0f} |"
        )


if __name__ == "__main__":
    main()
