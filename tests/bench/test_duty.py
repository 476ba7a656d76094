"""The corpus, look by look; and that the benchmark runs, from the first mismatch to the last figure."""

from datetime import UTC, timedelta

import pytest

from hotline.rules.duty.demand import Demand
from hotline.rules.duty.gaps import find, uncovered
from tests.bench.duty import corpus, entrants
from tests.bench.duty.__main__ import main
from tests.bench.duty.corpus import Case

CASES = corpus.cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answers_written_by_hand_are_given(case: Case) -> None:
    board = case.board()
    for look in case.looks:
        answer = board.answer(look.line, look.at)
        assert (look.at, corpus.said(answer)) == (look.at, look.says)
        assert look.until in (None, answer.until)
    if case.gap_minutes is not None:
        span = case.gap_minutes["from"].astimezone(UTC), case.gap_minutes["to"].astimezone(UTC)
        found, _ = uncovered(find(board, [Demand("d", corpus.LINE)], *span), corpus.LINE, *span)
        assert found == timedelta(minutes=case.gap_minutes["minutes"])


def test_the_other_libraries_are_asked_what_they_can_be_asked() -> None:
    told = [case for case in CASES if entrants.of_case(case) is not None]
    assert len(told) >= 12, "else they would look better than they are"


def test_the_benchmark_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(quick=True) in (0, 1)  # its times are for `deploy/bench`; its mismatches are not
    printed = capsys.readouterr().out
    assert "corpus, ours                                                       0 of" in printed
    assert printed.count("(at most 0): good") == 3
    assert "100 breakpoints" in printed
