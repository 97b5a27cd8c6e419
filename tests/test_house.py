"""The rules of the house: layout, names, sizes, and what a file may not contain."""

import ast
import fnmatch
import json
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bot", "handlers", "schedules")

PERMITTED = re.compile(
    r"bot|handlers|schedules|tests|docs|deploy|benchmarks|\.ci|\.github|\.gitignore|\.dockerignore|\.editorconfig|\.env\.example"
    r"|\.pre-commit-config\.yaml|Dockerfile|Makefile|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|pyproject\.toml"
    r"|compose\.yaml|requirements(-dev|-bench)?\.txt|\.python-version"
)
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "services", "misc", "types", "constants", "tasks"}
MAY_CATCH_ALL = {"schedules/poll.py", "schedules/deliver.py"}
MAX_FUNCTION = 50
MAX_FILE = 400


def ignored(path: Path) -> bool:
    """Whether .gitignore (which here has only simple patterns) leaves this file out."""
    patterns = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.strip()]
    parts = path.relative_to(ROOT).parts
    return ".git" in parts or any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in patterns)


def files() -> list[Path]:
    """Every file of the checkout that belongs to the project."""
    return [path for top in sorted(ROOT.iterdir()) if not ignored(top) for path in _under(top)]


def _under(top: Path) -> Iterator[Path]:
    yield from [top] if top.is_file() else (path for path in top.rglob("*") if path.is_file() and not ignored(path))


def modules() -> list[Path]:
    """Every Python file of the three packages."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if not ignored(path)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


MODULES = modules()
each_module = pytest.mark.parametrize("module", MODULES, ids=name_of)


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def size(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def docstring_lines(tree: ast.Module) -> set[int]:
    """The line numbers that docstrings and other bare strings take."""
    bare = (node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    return {line for node in bare if isinstance(node.value, ast.Constant) for line in range(node.lineno, (node.end_lineno or 0) + 1)}


def code_lines(module: Path) -> int:
    """Lines of a file that are neither blank, comment nor docstring."""
    text = module.read_text(encoding="utf-8")
    prose = docstring_lines(ast.parse(text))
    rows = enumerate(text.splitlines(), 1)
    return sum(1 for number, row in rows if row.strip() and not row.strip().startswith("#") and number not in prose)


def test_the_top_level_is_the_permitted_list() -> None:
    top = {path.relative_to(ROOT).parts[0] for path in files()}
    assert {name for name in top if not PERMITTED.fullmatch(name)} == set()


def test_no_folder_in_tests_hides_a_package() -> None:
    assert [name_of(path) for path in (ROOT / "tests").rglob("*") if path.is_dir() and path.name in PACKAGES] == []


@each_module
def test_no_file_has_a_name_that_says_nothing(module: Path) -> None:
    assert module.stem not in VAGUE
    assert module.parent.name not in VAGUE


@each_module
def test_every_module_opens_with_one_line_that_says_what_it_is_for(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    first, *rest = docstring.split("\n")
    assert first.endswith((".", ":")), "the first line of a module's docstring is a whole sentence"
    assert not rest or rest[0] == "", "the first line stands alone, the contract follows after a blank line"


@each_module
def test_functions_stay_short(module: Path) -> None:
    assert [f"{one.name}: {size(one)} lines" for one in functions(module) if size(one) > MAX_FUNCTION] == []


@each_module
def test_a_file_is_one_thing(module: Path) -> None:
    assert code_lines(module) <= MAX_FILE


def test_the_median_function_is_under_ten_lines() -> None:
    assert statistics.median(size(one) for module in MODULES for one in functions(module)) < 10


def test_only_the_two_loops_catch_everything() -> None:
    found = {name_of(module): sum(1 for _ in broad_handlers(module)) for module in MODULES}
    assert {name: count for name, count in found.items() if count and (name not in MAY_CATCH_ALL or count > 1)} == {}


def broad_handlers(module: Path) -> Iterator[ast.ExceptHandler]:
    """The except clauses that catch Exception, BaseException or anything, and do not raise it again."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], ast.Raise):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(one is None or (isinstance(one, ast.Name) and one.id in ("Exception", "BaseException")) for one in caught):
                yield node


@each_module
def test_only_the_wiring_reads_the_clock(module: Path) -> None:
    reads = re.findall(r"datetime\.(?:now|utcnow|today)\(|date\.today\(|\btime\.time\(", module.read_text(encoding="utf-8"))
    assert reads == [] or name_of(module) == "bot/app.py"


@each_module
def test_every_exception_to_a_rule_carries_its_reason(module: Path) -> None:
    rows = module.read_text(encoding="utf-8").splitlines()
    # "import-untyped" is its own reason: the library brings no types.
    pardons = [row.strip() for row in rows if re.search(r"# (noqa|type: ignore(?!\[import-untyped\]))", row)]
    reason = re.compile(r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\]) +(?:[-#—] *)?\w")
    assert [row for row in pardons if not reason.search(row)] == []


def test_tests_use_fakes_and_never_patch() -> None:
    banned = re.compile(r"unittest[.]mock|from unittest import mock|monkeypatch[.](setattr(?!\(sys, .argv.)|setitem|delattr)|mock[.]patch")
    tests = (path for path in (ROOT / "tests").rglob("*.py") if not ignored(path))
    assert [name_of(path) for path in tests if path != Path(__file__) and banned.search(path.read_text(encoding="utf-8"))] == []


def texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every file but pictures, whose bytes say anything; samples in other charsets are read byte for byte."""
    for path in files():
        if path.suffix != ".png":
            yield name_of(path), path.read_bytes().decode("latin-1")


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a package registry's host", r"p[y]pi\.org|p[y]thonhosted\.|n[p]mjs\.|deb\.d[e]bian\."),
        ("a path of one developer's machine", r"(?<![\w./])/(w[o]rk|r[o]ot|h[o]me/\w+)/|/U[s]ers/\w+/"),
        ("unfinished work", r"\b(T[O]DO|F[I]XME|X[X]X)\b(?!-)"),
    ],
)
def test_no_file_names(what: str, pattern: str) -> None:
    assert [name for name, text in texts() if re.search(pattern, text)] == [], f"these files name {what}"


def test_every_lint_rule_we_leave_out_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignores = text.split("[tool.ruff.lint]")[1].split("ignore = [")[1].split("]")[0].splitlines()[1:]
    per_file = text.split("per-file-ignores]")[1].split("\n[")[0].splitlines()
    rows = [row for row in (*ignores, *per_file) if re.search(r'"[A-Z]+\d*"', row)]
    assert [row for row in rows if "#" not in row] == []


def plain(requirement: str) -> str:
    """The name of a requirement in the one form that all spellings share."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]).lower()


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.txt", ["build"]), ("requirements-dev.txt", ["build", "dev"]), ("requirements-bench.txt", ["build", "bench"])],
)
def test_the_lock_pins_everything_that_pyproject_asks_for(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {plain(one) for one in project["dependencies"] + [x for extra in extras for x in project["optional-dependencies"][extra]]}
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert wanted - {plain(row) for row in re.findall(r"^\S+==", text, re.MULTILINE)} == set()
    assert "://" not in text, "a lock records no addresses"


def test_every_data_file_of_the_packages_is_installed_with_them() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = config["tool"]["setuptools"]["package-data"]["*"]
    data = [path for package in PACKAGES for path in _under(ROOT / package) if path.suffix != ".py"]
    assert [name_of(path) for path in data if not any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)] == []


LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")


def test_all_locks_pin_the_same_versions() -> None:
    runtime, *more = (dict(re.findall(r"^(\S+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS)
    for other in more:
        assert {name: version for name, version in runtime.items() if other.get(name) != version} == {}


def test_every_locked_package_has_a_hash() -> None:
    for name in LOCKS:
        blocks = re.split(r"^(?=\S+==)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
        assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_of_node_has_a_hash_for_every_package_and_no_address() -> None:
    """npm then asks the registry that it is set up with, wherever the lock was made."""
    packages = json.loads((ROOT / "tests/node/package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, one in packages.items() if name and ("resolved" in one or not one.get("integrity"))] == []
