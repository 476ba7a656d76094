"""After how long a screen without anybody before it is locked, and what a centre may say about that."""

from datetime import timedelta

import pytest

from hotline import centres
from hotline.errors import CentreInvalid
from hotline.rules.centre_file import parse
from hotline.rules.screen_lock import WARNING, ScreenRules
from tests.rules.small_centre import common, tables


@pytest.mark.parametrize(
    ("minutes", "silent", "on_duty", "locks"),
    [(10, 599, True, False), (10, 600, True, True), (10, 9999, False, False), (2, 120, True, True)],
)
def test_silence_locks_on_duty_only(minutes: int, silent: int, on_duty: bool, locks: bool) -> None:
    rules = ScreenRules(lock_minutes=minutes)
    assert rules.locks(timedelta(seconds=silent), on_duty=on_duty) == locks


def test_the_shipped_files_lock_after_ten_minutes_and_the_demo_seldom() -> None:
    assert centres.load("kielce").screen.lock_minutes == centres.load("kutno").screen.lock_minutes == 10
    assert centres.load("kielce", [centres.DEMO]).screen.lock_minutes == 60


@pytest.mark.parametrize("minutes", [1, 61, 0, -5, "ten", True])
def test_no_centre_locks_at_once_or_never(minutes: object) -> None:
    """Shorter than the warning and a breath, it would lock people out of their work; longer, it would be no lock."""
    with pytest.raises(CentreInvalid) as refused:
        parse([("common.toml", common()), ("own.toml", tables(screen={"lock_minutes": minutes}))])
    assert (refused.value.params["file"], refused.value.params["key"]) == ("own.toml", "screen.lock_minutes")
    assert timedelta(minutes=2) > WARNING
