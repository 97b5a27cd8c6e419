"""Packages of Node for tests: installed once beside the Python packages, from the lock in tests/node; without Node a test is skipped."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parent / "node"
INSTALLED = Path(sys.prefix) / "node"
PACKAGES = INSTALLED / "node_modules"


def installed() -> Path:
    """The folder of the packages; the test is skipped, and says so, where there is no Node or nothing to install from."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node is not on this machine")
    INSTALLED.mkdir(exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current():
            _install()
    return PACKAGES


def _is_current() -> bool:
    done = INSTALLED / "done.json"
    return done.exists() and done.read_bytes() == (HOME / "package-lock.json").read_bytes()


def _install() -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HOME / name, INSTALLED / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    found = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=300, check=False)
    if found.returncode != 0:
        pytest.skip(f"npm cannot install what tests/node/package-lock.json names: {found.stderr.strip()[-200:]}")
    shutil.copy(HOME / "package-lock.json", INSTALLED / "done.json")


def run(script: str, *arguments: str) -> str:
    """What a script of tests/node prints."""
    environment = os.environ | {"NODE_PATH": str(installed())}
    command = ["node", str(HOME / script), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout
