"""The import contracts of pyproject.toml hold, and each violation of planted.txt breaks the contract it is meant to break."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLANTED = Path(__file__).with_name("planted.txt")

# Runs inside the copy. Answers with one list of broken contracts per planted line, the first for the clean tree.
DRIVER = """
import importlib, json, pathlib, sys
from importlinter import configuration
from importlinter.application.use_cases import create_report, read_user_options, _register_contract_types
sys.path.insert(0, ".")
configuration.configure()

def broken():
    importlib.invalidate_caches()
    options = read_user_options("pyproject.toml")
    _register_contract_types(options)
    report = create_report(options, cache_dir=".cache")
    return [ids[contract.name] for contract, check in report.get_contracts_and_checks() if not check.kept]

ids = {one["name"]: one["id"] for one in read_user_options("pyproject.toml").contracts_options}
answers = [broken()]
for file, line in json.load(sys.stdin):
    path = pathlib.Path(file)
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text((before or "") + "\\n" + line + "\\n", encoding="utf-8")
    answers.append(broken())
    path.write_text(before, encoding="utf-8") if before is not None else path.unlink()
print("ANSWERS", json.dumps(answers))
"""


def planted() -> list[tuple[str, str, str]]:
    """(file, line to add, contract that must break) for every line of planted.txt."""
    lines = [line for line in PLANTED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    cut = [(*line.split("+", 1)[0:1], *line.split("+", 1)[1].split("#", 1)) for line in lines]
    return [(file.strip(), added.strip(), contract.strip()) for file, added, contract in cut]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The contracts broken on a copy of the tree: first as it is, then with each planted line alone."""
    copy = tmp_path_factory.mktemp("tree")
    for package in ("bot", "handlers", "schedules"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    lines = json.dumps([(file, added) for file, added, _ in planted()])
    run = subprocess.run([sys.executable, "-c", DRIVER], cwd=copy, input=lines, capture_output=True, text=True, timeout=110, check=False)
    assert run.returncode == 0, run.stdout[-1500:] + run.stderr[-3000:]
    answer = run.stdout.rsplit("ANSWERS ", 1)[1]
    found: list[list[str]] = json.loads(answer)
    return found


def test_every_contract_holds_on_the_tree_as_it_is(broken: list[list[str]]) -> None:
    assert broken[0] == []


def test_every_planted_import_breaks_the_contract_it_is_meant_to(broken: list[list[str]]) -> None:
    answers = zip(planted(), broken[1:], strict=True)
    missed = [f"{file}: {added} → {contract}" for (file, added, contract), found in answers if contract not in found]
    assert not missed, "\n".join(missed)


def test_every_contract_has_a_planted_import_that_breaks_it(broken: list[list[str]]) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ids = {line.split('"')[1] for line in text.splitlines() if line.startswith("id = ")}
    assert ids - {contract for _, _, contract in planted()} == set()
