"""Stale pages plus what happened equal fresh ones; `python -m tests.torture.replay` takes thousands of orders."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hotline
from tests import servers
from tests.torture import replay
from tests.torture.evening import KINDS

SOURCES = Path(hotline.__file__).parent.parent
OF_LINES = {"hotline.store.lines", "hotline.store.journal"}


def kinds_in(tree: ast.Module) -> Iterator[str]:
    """The kinds of all entries that this module makes: the third argument of each line."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in OF_LINES
        for alias in node.names
        if alias.name == "Line"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            kind = node.args[2]
            assert isinstance(kind, ast.Constant), "the kind of an entry is chosen where the entry is made"
            if kind.value:
                yield str(kind.value)


def test_every_kind_of_entry_occurs_in_the_evenings_that_are_compared() -> None:
    files = [*(SOURCES / "hotline").rglob("*.py"), *(SOURCES / "bots").rglob("*.py")]
    made = {kind for file in files for kind in kinds_in(ast.parse(file.read_text()))}
    assert made == KINDS


@pytest.mark.postgres
def test_pages_at_two_houses_show_what_fresh_ones_show(postgres_server: servers.PostgresServer) -> None:
    books = replay.run(postgres_server, evenings=2)
    assert books.kinds.keys() == KINDS
    assert books.lost
    assert books.again


def test_pages_at_one_house_show_what_fresh_ones_show() -> None:
    books = replay.run(None, evenings=2)
    assert books.kinds.keys() == KINDS
