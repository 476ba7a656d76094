"""Is what breaks a promise seen? Each planted fault in turn, in a copy of the tree: `python -m tests.torture.faults`.

Without a fault the tests of all of them must be green; with it one of its own must be red, because of what it asserts.
Neither a failure to start nor a test that runs out of its time counts. `--long`: all of them; `--only NAME`: these.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.torture.goals import Goal, judged
from tests.torture.planted import FAULTS, Fault

ROOT = Path(__file__).parents[2]
SHORT = 3
LIMIT = 300  # seconds for the tests of one fault
PYTEST = ("-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", "--junitxml")
WHERE = "import bots, hotline, tests; print(bots.__file__, hotline.__file__, tests.__file__, sep='\\n')"


class CannotBePlanted(Exception):
    """Its words are not there exactly once: the program moved on without it."""


@dataclass(frozen=True)
class Seen:
    """What a run of tests came to. `red`: the first line of what failed; "" if nothing did."""

    ran: int
    red: str
    broken: str  # why the run itself says nothing


def planted(fault: Fault, source: str) -> str:
    """The source with the fault in it. Raises CannotBePlanted."""
    if source.count(fault.old) != 1:
        raise CannotBePlanted(f"{fault.name}: found {source.count(fault.old)} times in {fault.path}")
    return source.replace(fault.old, fault.new)


class Copy:
    """The files of the working tree that are under version control, to be spoilt."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._report = folder / "tree", folder / "report.xml"
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self._folder / name)
        found = self._python("-c", WHERE).stdout.split()
        assert len(found) == 3, "the copy cannot be imported"
        assert all(Path(each).is_relative_to(self._folder) for each in found), found

    @contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        """Spoilt while the block runs."""
        path = self._folder / fault.path
        whole = path.read_text()
        path.write_text(planted(fault, whole))
        try:
            yield
        finally:
            path.write_text(whole)

    def run(self, tests: Collection[str]) -> Seen:
        """These tests, until the first that fails."""
        self._report.unlink(missing_ok=True)
        try:
            ended = self._python(*PYTEST, str(self._report), *dict.fromkeys(tests))
        except subprocess.TimeoutExpired:
            return Seen(0, "", f"not done within {LIMIT} s")
        if not self._report.exists() or ended.returncode not in (0, 1):
            return Seen(0, "", (ended.stdout + ended.stderr).strip()[-400:] or "nothing was run")
        return _read(self._report)

    def _python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        settings = {**os.environ, "PYTHONPATH": str(self._folder)}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command,
            cwd=self._folder,
            env=settings,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )


def _read(report: Path) -> Seen:
    """An error outside of a test's own lines is none that it found."""
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314  pytest has just written it
    assert suite is not None
    error, failure = suite.find(".//error"), suite.find(".//failure")
    red = failure.get("message", "") if failure is not None else ""
    if red.startswith("Failed: Timeout"):  # of pytest-timeout
        return Seen(0, "", red.partition("\n")[0])
    said = error.get("message", "") if error is not None and failure is None else ""
    ran = int(suite.get("tests", 0)) - int(suite.get("skipped", 0))
    return Seen(ran, red, said)


def tried(copy: Copy, fault: Fault) -> bool:
    """Plant it and tell what came of it; was it caught?"""
    began = time.monotonic()
    with copy.with_fault(fault):
        seen = copy.run(fault.tests)
    caught = bool(seen.red) and fault.shows.lower() in seen.red.lower()
    said = " ".join((seen.red or seen.broken or "all green").split())[:110]
    print(  # noqa: T201
        f"{fault.name}: {'caught' if caught else 'MISSED'} in {time.monotonic() - began:.1f} s ({said})",
        flush=True,
    )
    return caught


def run(faults: Sequence[Fault]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder).resolve())
        sound = copy.run([test for fault in faults for test in fault.tests])
        caught = [fault.name for fault in faults if tried(copy, fault)]
    missed = [fault.name for fault in faults if fault.name not in caught]
    figures = [
        f"without a fault: {sound.ran} tests, {sound.red or sound.broken or 'all green'}",
        f"{len(caught)} of {len(faults)} planted faults caught; missed: {', '.join(missed) or 'none'}",
    ]
    return judged(
        figures,
        [
            Goal("tests that are red without a fault", bool(sound.red or sound.broken), most=0),
            Goal("tests that ran without a fault", sound.ran, least=1),
            Goal("planted faults missed", len(missed), most=0),
            Goal("planted faults tried", len(faults), least=1),
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--long", action="store_true", help=f"all {len(FAULTS)}")
    parser.add_argument("--only", action="append", choices=[fault.name for fault in FAULTS], metavar="NAME")
    parser.add_argument("--seed", type=int, help="which ones the short form takes")
    chosen = parser.parse_args()
    if chosen.only:
        return run([fault for fault in FAULTS if fault.name in chosen.only])
    if chosen.long:
        return run(FAULTS)
    seed = chosen.seed if chosen.seed is not None else time.time_ns() % 1000
    print(f"seed {seed}")  # noqa: T201
    quick = [fault for fault in FAULTS if not fault.slow]
    return run(random.Random(seed).sample(quick, SHORT))


if __name__ == "__main__":
    sys.exit(main())
