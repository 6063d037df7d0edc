"""The walls of the house: who imports whom, how long a module may be, what may not stand in code."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

from hypnic.knowledge import knowledge
from hypnic.yamlfile import ROOT

ROOMS = {
    "hypnic": {"hypnic", "yaml", "jsonschema", "jinja2", "py3langid"},
    "actions": {"hypnic", "actions", "rasa_sdk"},
}
BRIDGES = {"bot/assistant.py", "bot/ask.py", "bot/action_server.py"}  # run the actions' code in their own process
FILES = [path for room in ("hypnic", "actions", "bot") for path in sorted((ROOT / room).rglob("*.py"))]
OTHER = [path for room in ("benchmarks", "tests") for path in sorted((ROOT / room).rglob("*.py"))]
WRITTEN = [
    *FILES,
    *OTHER,
    *(p for room in ("data", "hypnic", "tests", "deploy") for p in sorted((ROOT / room).rglob("*.yml"))),
    *(p for ending in ("js", "css", "html") for p in sorted((ROOT / "web").rglob(f"*.{ending}")) if "node_modules" not in p.parts),
]
PICKLES = {"pickle", "joblib", "dill", "cloudpickle"}
MEDICAL = re.compile(
    r"seizure|epilep|convuls|\biron\b|ferritin|magnesium|vitamin|valproate|lithium|melatonin|pregnan|stroke|suicid|overdose|insomnia|medicine|doctor|ambulance",
    re.IGNORECASE,
)
EXTRA = {"_vocabulary.yml", "_sources.yml", "_comparisons.yml", "_ambiguous.yml"}
PATTERNS = yaml.safe_load((ROOT / "data" / "triage" / "patterns.yml").read_text(encoding="utf-8"))
# Ids of aspects, flags, facts and fields, not texts.
NAMES = {"see_doctor", "medicines", "for_pregnancy", *PATTERNS["facts"]}
NAMES |= {part for name in PATTERNS["facts"] for part in name.split(".")}


def imports(path: Path) -> set[str]:
    """The top-level packages a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found - {"__future__"}


def test_there_are_modules() -> None:
    """The collector is not empty."""
    assert len(FILES) > 25
    assert len(OTHER) > 20
    assert {".py", ".yml", ".js", ".css", ".html"} == {path.suffix for path in WRITTEN}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_walls(path: Path) -> None:
    """The core knows no Rasa, the actions only the SDK and the core, the bot no actions but over the bridges."""
    name = path.relative_to(ROOT).as_posix()
    foreign = imports(path) - set(sys.stdlib_module_names)
    allowed = ROOMS.get(name.split("/")[0])
    if allowed:
        assert set() == foreign - allowed
    elif name not in BRIDGES:
        assert "actions" not in foreign


@pytest.mark.parametrize("path", FILES + OTHER, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_unpickled(path: Path) -> None:
    """No module can load code from data."""
    assert set() == imports(path) & PICKLES


def test_the_core_does_not_print() -> None:
    """Core and actions leave the terminal to others."""
    calls = [
        path.name
        for path in FILES
        if path.relative_to(ROOT).parts[0] != "bot"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert [] == calls


def test_every_knowledge_file_is_a_topic() -> None:
    """Nothing lies in data/knowledge that is not read."""
    found = {path.name for path in (ROOT / "data" / "knowledge").iterdir()}
    assert {f"{topic}.yml" for topic in knowledge().vocabulary.topics} | EXTRA == found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_are_short(path: Path) -> None:
    """No module has more than 400 lines."""
    assert len(path.read_text().splitlines()) <= 400


def test_no_medicine_in_code() -> None:
    """Medical words stand in data, not in strings of the code (docstrings explain, they are not shown)."""
    found = []
    for path in FILES:
        tree = ast.parse(path.read_text())
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
            if is_text and MEDICAL.search(node.value) and not set(node.value.split()) <= NAMES:
                found.append((path.name, node.value))
    assert [] == found


def test_nothing_is_left_for_later() -> None:
    """No marks of unfinished work in code, data, tests and pages."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X ")
    assert [] == [path.name for path in WRITTEN if any(mark in path.read_text() for mark in marks)]
