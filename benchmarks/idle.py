"""What an idle bot costs: memory, and CPU seconds an hour with 200 sources that bring nothing. Run: python benchmarks/idle.py

The real `regwatch run` on an SQLite file of its own, polling a loopback server that answers 304. Two runs of a minute each tell the cost
of an hour: one in which nothing is due after the first poll (the ticks alone), and one in which every source is due each 30 seconds.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SOURCES = 200
SECONDS = 60.0
POLLS_AN_HOUR = SOURCES * 4  # the usual interval is 15 minutes
HEAD = '[authority]\nid = "x"\nname = "X"\njurisdiction = "KR"\n'
SOURCE = """
[[source]]
id = "s{number}"
name = "Source {number}"
language = "en"
tier = "official"
kind = "feed"
url = "http://127.0.0.1:{port}/{number}"
interval = "{interval}"
"""
BODY = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>Old</title>
<link>https://example.org/1</link></item></channel></rss>"""


class Unchanged(BaseHTTPRequestHandler):
    """The feed at first, 304 ever after."""

    protocol_version = "HTTP/1.1"
    answered = 0

    def do_GET(self) -> None:
        Unchanged.answered += 1
        known = self.headers.get("If-None-Match") == '"1"'
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0" if known else str(len(BODY)))
        self.send_header("Content-Type", "application/rss+xml")
        self.end_headers()
        if not known:
            self.wfile.write(BODY)

    def log_message(self, *_: object) -> None: ...


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident megabytes."""
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measure(port: int, interval: str) -> tuple[float, int, float]:
    """CPU seconds and polls in SECONDS after the first polls, and the memory at the end."""
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder, "catalogue")
        known.mkdir()
        rows = "".join(SOURCE.format(number=number, port=port, interval=interval) for number in range(SOURCES))
        Path(known, "x.toml").write_text(HEAD + rows)
        ours = {"DATABASE_URL": f"sqlite:///{folder}/regwatch.db", "CATALOGUE_DIR": str(known), "CATALOGUE_ONLY": "1", "WEB_PORT": "0"}
        env = os.environ | {f"REGWATCH_{name}": value for name, value in ours.items()} | {"REGWATCH_FETCH_ALLOW": f"127.0.0.1:{port}"}
        Unchanged.answered = 0
        bot = subprocess.Popen([sys.executable, "-m", "bot", "run"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while Unchanged.answered < SOURCES:
                time.sleep(0.2)
            time.sleep(3)
            before, polls = cpu(bot.pid), Unchanged.answered
            time.sleep(SECONDS)
            return cpu(bot.pid) - before, Unchanged.answered - polls, memory(bot.pid)
        finally:
            bot.send_signal(signal.SIGTERM)
            bot.wait()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unchanged)
    Thread(target=server.serve_forever, daemon=True).start()
    still, none, resident = measure(server.server_port, "1d")
    busy, polls, _ = measure(server.server_port, "30s")
    server.shutdown()
    tick, each = still / SECONDS, max(busy - still, 0) / max(polls - none, 1)
    print(f"memory of an idle bot           {resident:8.0f} MB")
    print(f"ticks alone                     {tick * 3600:8.1f} CPU seconds an hour")
    print(f"one poll that brings nothing    {each * 1000:8.2f} CPU ms   ({polls} polls measured)")
    print(f"{SOURCES} sources, each 15 minutes     {tick * 3600 + each * POLLS_AN_HOUR:8.1f} CPU seconds an hour")


if __name__ == "__main__":
    main()
