"""The conventions of the project, as tests."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import graphkit

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = {"duckdb", "igraph", "matplotlib", "networkx", "numba", "pandas", "pyarrow.dataset", "pyspark", "scipy"}
MAX_LINES = 500
MAX_POSITIONAL = 3


def committed(*suffixes: str) -> list[Path]:
    """Files that git knows, or would be asked to add, whose name ends in one of `suffixes` (any, by default)."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / n for n in names if n.endswith(suffixes or "") and (ROOT / n).is_file()]


def loaded_after(code: str) -> set[str]:
    """Names of the modules loaded in a fresh interpreter once `code` has run."""
    script = f"import json, sys\ntry: {code}\nexcept SystemExit: pass\nprint(json.dumps([*sys.modules]))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


def public_callables() -> Iterator[tuple[str, object, list[inspect.Parameter]]]:
    """Functions, constructors and methods written by hand that ``gk.`` leads to, with parameters less ``self``."""
    for name in graphkit.__all__:
        value = getattr(graphkit, name)
        if inspect.isfunction(value):
            yield name, value, list(inspect.signature(value).parameters.values())
        elif inspect.isclass(value):
            generated = hasattr(value, "__dataclass_fields__") or hasattr(value, "model_fields")
            for attribute, raw in vars(value).items():
                method = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
                wanted = not attribute.startswith("_") or (attribute == "__init__" and not generated)
                if inspect.isfunction(method) and wanted:
                    parameters = list(inspect.signature(method).parameters.values())
                    documented = value if attribute == "__init__" else method
                    yield f"{name}.{attribute}", documented, parameters[not isinstance(raw, staticmethod) :]


def test_import__loads_nothing_heavy() -> None:
    assert loaded_after("import graphkit") & HEAVY == set()


def test_help__loads_nothing_heavy() -> None:
    loaded = loaded_after("from graphkit.cli import main; sys.argv = ['graphkit', '--help']; main()")
    assert loaded & (HEAVY | {"pydantic"}) == set()
    assert "click" in loaded


@pytest.mark.slow
def test_program__runs_without_pandas() -> None:
    likes = ROOT / "datasets" / "sample_world" / "likes.parquet"
    code = f"from graphkit.__main__ import run; sys.argv = ['graphkit', 'validate', '--json', {str(likes)!r}]; run()"
    loaded = loaded_after(code)
    assert "pyarrow" in loaded
    assert "pandas" not in loaded


def test_namespace__every_name_is_there_and_documented() -> None:
    assert graphkit.__all__
    bare = [
        name for name in graphkit.__all__ if not name.startswith("_") and not inspect.getdoc(getattr(graphkit, name))
    ]
    assert bare == []


def test_namespace__at_most_three_positional_parameters() -> None:
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    counts = {name: sum(p.kind in positional for p in parameters) for name, _, parameters in public_callables()}
    assert counts
    assert {name: n for name, n in counts.items() if n > MAX_POSITIONAL} == {}


def test_namespace__docstrings_name_every_parameter() -> None:
    silent = [
        f"{name}({p.name})"
        for name, documented, parameters in public_callables()
        for p in parameters
        if not re.search(rf"\b{p.name}\b", inspect.getdoc(documented) or "")
    ]
    assert silent == []


def test_kernels__import_numpy_and_numba_only() -> None:
    allowed = {"numpy", "numba", "graphkit._kernels"} | set(sys.stdlib_module_names)
    foreign = {}
    for path in (ROOT / "graphkit" / "_kernels").rglob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
        foreign[path.name] = {
            n for n in names if n.split(".")[0] not in allowed and not n.startswith("graphkit._kernels")
        }
    assert foreign
    assert {file: names for file, names in foreign.items() if names} == {}


def test_pyspark__is_imported_in_one_file_at_most() -> None:
    pattern = re.compile(r"^\s*(import|from) pyspark\b", re.MULTILINE)
    files = [p.relative_to(ROOT).as_posix() for p in committed(".py") if pattern.search(p.read_text(encoding="utf-8"))]
    assert [f for f in files if f.startswith(("graphkit/", "pipelines/"))][1:] == []


def test_modules__are_short() -> None:
    lengths = {p.relative_to(ROOT).as_posix(): len(p.read_bytes().splitlines()) for p in committed(".py")}
    assert lengths
    assert {file: n for file, n in lengths.items() if n > MAX_LINES} == {}


def test_committed_files__name_no_registry_and_no_machine() -> None:
    private = re.compile(
        rb"(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)|(?<!emit-)index-url[ =]"  # where packages come from
        rb"|(?<![\w.}~*])/(?:work|root|home|opt|tmp|Users)/\w"  # where somebody works
    )
    found = {
        path.relative_to(ROOT).as_posix(): match.group().decode()
        for path in committed()
        if b"\0" not in (content := path.read_bytes()) and (match := private.search(content))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("file", "extras"), [("requirements.lock", (None, "dev", "docs")), ("requirements-spark.lock", ("spark",))]
)
def test_lock__pins_every_dependency_in_its_range_with_hashes(file: str, extras: tuple[str | None, ...]) -> None:
    lock = (ROOT / file).read_text(encoding="utf-8")
    entries = re.findall(r"^([a-z0-9.-]+)==(\S+)((?:[^\n]*\\\n)+[^\n]*)", lock, re.MULTILINE)
    pins: dict[str, list[str]] = {}
    for name, version, rest in entries:
        assert "--hash=sha256:" in rest, name
        pins.setdefault(name, []).append(version)
    ranges = {None: PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    for wanted in map(Requirement, (text for extra in extras for text in ranges[extra])):
        versions = pins.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is not locked: run make lock"
        assert all(v in wanted.specifier for v in versions), f"{wanted} is locked at {versions}: run make lock"


def test_changelog__has_a_section_for_this_version() -> None:
    sections = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sections[0] == "Unreleased"
    assert PROJECT["version"] in sections


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("graphkit-*.whl")
    return set(zipfile.ZipFile(path).namelist())


def test_wheel__carries_every_file_of_the_packages(wheel: set[str]) -> None:
    wanted = {p.relative_to(ROOT).as_posix() for p in committed()}
    wanted = {name for name in wanted if name.startswith(("graphkit/", "pipelines/"))}
    assert "graphkit/py.typed" in wanted
    assert wanted - wheel == set()


def test_wheel__carries_nothing_else(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel} == {
        "graphkit",
        "pipelines",
        f"graphkit-{PROJECT['version']}.dist-info",
    }


def test_distribution__is_refused_by_every_index() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]
