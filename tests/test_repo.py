"""What may not be in the repository, and what the lock files owe to whoever installs from them."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
RUN_LOCK = ROOT / "deploy" / "requirements.lock"
TEST_LOCK = ROOT / "deploy" / "requirements-test.lock"

# written in two halves, or this file would be the first to break its own rule
UNWANTED = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry." + "npmjs.org",
    "--index" + "-url",
    "--extra-index" + "-url",
    "--find" + "-links",
    ".." + "/shared",
]


def tracked() -> list[Path]:
    """Every file git keeps or would add, that still exists."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def pinned(lock: Path) -> dict[str, tuple[Version, list[str]]]:
    """Name -> (version, hashes) of each requirement of a lock file."""
    logical = lock.read_text().replace("\\\n", " ").splitlines()
    found = {}
    for line in logical:
        requirement, *hashes = re.split(r"\s+--hash=", line.partition("#")[0].strip())
        if requirement:
            parsed = Requirement(requirement)
            (pin,) = parsed.specifier
            assert (parsed.url, pin.operator) == (None, "=="), requirement
            found[normal(parsed.name)] = (Version(pin.version), hashes)
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("unwanted", UNWANTED)
def test_no_file_names_a_registry_or_a_place_outside(unwanted: str) -> None:
    holders = [str(path.relative_to(ROOT)) for path in tracked() if unwanted.encode() in path.read_bytes()]
    assert holders == []


def test_no_file_names_a_directory_of_one_machine() -> None:
    machine = re.compile(
        rb"(^|[^A-Za-z0-9_.])/(wo" + rb"rk|fa" + rb"rm|ro" + rb"ot|opt/py" + rb"pi)/", re.MULTILINE
    )
    holders = [path.name for path in tracked() if path.suffix != ".svg" and machine.search(path.read_bytes())]
    assert holders == []


def test_there_is_one_kind_of_lock_file() -> None:
    names = {path.name for path in tracked()}
    assert names.isdisjoint({"uv" + ".lock", "poetry.lock", "Pipfile.lock"})


@pytest.mark.parametrize("lock", [RUN_LOCK, TEST_LOCK], ids=lambda path: path.name)
def test_every_requirement_is_locked_by_hash(lock: Path) -> None:
    requirements = pinned(lock)
    assert "setuptools" in requirements  # the project is built without a download of its own
    for name, (_, hashes) in requirements.items():
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), name


def test_both_locks_agree() -> None:
    """The demo and the tests share one .venv."""
    run, test = pinned(RUN_LOCK), pinned(TEST_LOCK)
    assert {name: version for name, (version, _) in run.items()}.items() <= {
        name: version for name, (version, _) in test.items()
    }.items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for lock, wanted in (
        (RUN_LOCK, project["dependencies"]),
        (TEST_LOCK, project["dependencies"] + project["optional-dependencies"]["test"]),
    ):
        versions = pinned(lock)
        for requirement in map(Requirement, wanted):
            version, _ = versions[normal(requirement.name)]
            assert version in requirement.specifier, f"{requirement} in {lock.name}: run deploy/lock"


def test_a_lock_covers_every_python_from_debian_12_on() -> None:
    """Debian 12 has Python 3.11.2, older than a point release that one of our packages looks for."""
    (line,) = [line for line in RUN_LOCK.read_text().splitlines() if line.startswith("async-timeout==")]
    marker = Marker(line.partition(";")[2].rstrip(" \\"))
    assert marker.evaluate({"python_full_version": "3.11.2"})
    assert not marker.evaluate({"python_full_version": "3.13.5"})


@pytest.mark.parametrize(
    "script",
    [
        "deploy/backup",
        "deploy/demo",
        "deploy/lock",
        "deploy/screenshots",
        "deploy/test",
        "deploy/torture",
        ".ci/run",
    ],
)
def test_scripts_can_be_run(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111 == 0o111
    subprocess.run(["bash", "-n", str(path)], check=True)
