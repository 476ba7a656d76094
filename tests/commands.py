"""Runs `hotline …` as an operator does, less the seconds of importing: each is a fork of one that has imported all."""

import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hotline.__main__ import main

REPO = Path(__file__).parent.parent
SECONDS = 60.0
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["hotline.__main__", "hotline.app", "hotline.commands"])


def run(
    *arguments: str, environment: Mapping[str, str], cwd: Path = REPO, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """One command to its end, with what was `typed`, and what it printed. Raises TimeoutExpired after a minute."""
    with tempfile.TemporaryDirectory() as place:
        ends = tuple(Path(place) / name for name in ("in", "out", "err"))
        ends[0].write_text(typed, encoding="utf-8")
        order = (arguments, dict(environment), str(cwd), tuple(map(str, ends)))
        child = _forks.Process(target=_live, args=order, daemon=True)
        child.start()
        child.join(SECONDS)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(arguments, SECONDS, ends[1].read_bytes(), ends[2].read_bytes())
        printed = [each.read_text(encoding="utf-8") for each in ends[1:]]
        status = child.exitcode
        child.close()
    return subprocess.CompletedProcess(arguments, status, *printed)


def _live(
    arguments: tuple[str, ...], environment: dict[str, str], cwd: str, ends: tuple[str, str, str]
) -> None:
    """As the child, to the end of its life."""
    os.dup2(os.open(ends[0], os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(os.open(ends[number], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.exit(main(arguments))
