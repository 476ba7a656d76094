"""The bank of planted faults does not rot: each still fits the program, and the tests that are to see it exist."""

import ast
from dataclasses import replace

import pytest

from tests.torture.faults import ROOT, CannotBePlanted, planted
from tests.torture.planted import FAULTS, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_can_be_planted(fault: Fault) -> None:
    source = (ROOT / fault.path).read_text()
    assert ast.dump(ast.parse(planted(fault, source))) != ast.dump(ast.parse(source))
    for test in fault.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        assert not name or f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


def test_the_names_of_faults_are_all_different() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("old", ["no such words", "\n"])
def test_a_fault_that_does_not_fit_is_an_error(old: str) -> None:
    with pytest.raises(CannotBePlanted):
        planted(replace(FAULTS[0], old=old), (ROOT / FAULTS[0].path).read_text())
