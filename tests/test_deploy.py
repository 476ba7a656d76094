"""What is shipped for running it: every name in it is one that the program, or the file beside it, knows."""

import base64
import hashlib
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from hotline import __main__ as command
from hotline import config, metrics
from hotline.config import Settings
from hotline.health import PARTS
from hotline.lifetime import LIMIT_SECONDS

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
ALL = DEPLOY / "systemd" / "hotline-.service.d" / "all.conf"
SAFE_ENOUGH = 2.5  # of systemd's ten points of exposure; it calls anything below 3 "OK"
SETTINGS = {config.PREFIX + each.name.upper(): each for each in fields(Settings)}
COMMANDS: dict[str, Any] = next(
    action.choices for action in command._parser()._actions if isinstance(action.choices, dict)
)


def known(name: str) -> bool:
    """Is this variable a setting, or the file of one?"""
    return name in SETTINGS or name.removesuffix("_FILE") in SETTINGS


# -- settings ------------------------------------------------------------------------------------------------


def test_the_example_says_of_each_setting_what_the_program_says() -> None:
    example = (DEPLOY / "env.example").read_text()
    for name, each in SETTINGS.items():
        assert f"# {each.metadata['help']}\n" in example, name
        (line,) = re.findall(rf"^#?{name}=.*$", example, re.MULTILINE)
        if each.name != "data":
            assert line == f"#{name}={each.default}"


def test_the_example_can_be_read_when_every_line_is_filled_in(tmp_path: Path) -> None:
    given = dict(
        re.findall(r"^#?(HOTLINE_[A-Z_]+)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    )
    given |= {"HOTLINE_TELEGRAM_TOKEN": "7700112233:AAH-kd8aPq0sLm29xZtRvWnB", "HOTLINE_METRICS_PORT": "9100"}
    given |= {"HOTLINE_REDIS_URL": "redis://redis/0", "HOTLINE_PUBLIC_URL": "https://czat.example.org"}
    read = config.read(given)
    assert read.metrics_port == 9100


# -- compose -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def ours(compose: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in compose["services"].items():
        if service["image"] == "hotline":
            yield name, service


def test_compose_names_only_what_there_is(compose: dict[str, Any]) -> None:
    services, named = compose["services"], set()
    for name, service in ours(compose):
        assert {each for each in service["environment"] if not known(each)} == set(), name
        assert service["command"][0] in COMMANDS, name
        files = {each for each in service["environment"].values() if str(each).startswith("/run/secrets/")}
        assert {f"/run/secrets/{each}" for each in service["secrets"]} == files, name
    for name, service in services.items():
        named |= set(service.get("secrets", ()))
        assert set(service.get("depends_on", {})) <= services.keys(), name
        assert set(service["networks"]) <= compose["networks"].keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), volume
    assert named == compose["secrets"].keys()
    assert sorted(each.split("-")[0] for each, _ in ours(compose)) == [
        "engine", "engine", "migrate", "telegram", "web", "web",
    ]  # fmt: skip


def test_compose_settings_are_accepted(compose: dict[str, Any], tmp_path: Path) -> None:
    values = {
        "database_url": "postgresql+asyncpg://hotline:kd8aPq0sLm29@postgres/hotline",
        "keys_url": "postgresql+asyncpg://hotline:kd8aPq0sLm29@postgres/hotline_keys",
        "telegram_token": "7700112233:AAH-kd8aPq0sLm29xZtRvWnB",
        "telegram_secret": "kd8aPq0sLm29xZtRvWnB",
    }
    for name, text in values.items():
        (tmp_path / name).write_text(text)
    for _, service in ours(compose):
        given = {
            name: re.sub(r"\$\{SITE:[^}]*\}", "czat.example.org", str(value)).replace(
                "${CENTRE:-kielce}", "kielce"
            )
            for name, value in service["environment"].items()
        }
        given = {name: value.replace("/run/secrets", str(tmp_path)) for name, value in given.items()}
        settings = config.read(given)
        assert settings.origin == "https://czat.example.org"
        assert str(settings.metrics_port) in service.get("healthcheck", {}).get("test", ["9100"])[-1]


def test_compose_lets_no_container_do_more_than_it_must(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert "privileged" not in service, name
        assert bool(service.get("ports")) == (name == "caddy"), name
        assert "healthcheck" in service or name in ("redis", "caddy"), name
    assert compose["networks"]["inside"]["internal"] is True
    for name, service in ours(compose):
        assert service["cap_drop"] == ["ALL"], name
        assert int(service["stop_grace_period"].rstrip("s")) > LIMIT_SECONDS, name
    web = compose["services"]["caddy"]["environment"]["WEB"].split()
    assert web == [f"{name}:{service['environment']['HOTLINE_PORT']}" for name, service in ours(compose)
                   if service["command"] == ["web"]]  # fmt: skip


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    lines = (DEPLOY / "Dockerfile").read_text()
    assert "--require-hashes -r deploy/requirements.lock" in lines
    assert lines.count("\nFROM ") + lines.startswith("FROM ") == 2
    assert lines.rindex("USER hotline") < lines.rindex("ENTRYPOINT")
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", lines, re.MULTILINE):
        for each in source.split():
            assert (DEPLOY.parent / each).exists(), each


# -- systemd -------------------------------------------------------------------------------------------------


def values(unit: Path, section: str, key: str) -> list[str]:
    """Every value of a key that may be given more than once."""
    found, here = [], ""
    for line in unit.read_text().splitlines():
        here = line.strip("[]") if line.startswith("[") else here
        if here == section and line.startswith(f"{key}="):
            found.append(line.partition("=")[2])
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_there_is_with_settings_there_are(unit: Path) -> None:
    (run,) = values(unit, "Service", "ExecStart")
    program, name = run.split()[:2]
    assert program == "/opt/hotline/bin/hotline"
    assert name in COMMANDS
    given = [pair for line in (*values(unit, "Service", "Environment"), *values(ALL, "Service", "Environment"))
             for pair in line.split()]  # fmt: skip
    credentials = {
        line.split(":")[0] for each in (unit, ALL) for line in values(each, "Service", "LoadCredential")
    }
    for pair in given:
        variable, _, value = pair.partition("=")
        assert known(variable), variable
        if value.startswith("%d/"):
            assert value.removeprefix("%d/") in credentials, pair
    assert {f"%d/{each}" for each in credentials} <= {pair.partition("=")[2] for pair in given}
    if values(unit, "Service", "Type") == ["notify"]:
        assert float(values(unit, "Service", "WatchdogSec")[0]) > LIMIT_SECONDS
        assert values(unit, "Service", "Restart") == ["always"]
    assert float(values(ALL, "Service", "TimeoutStopSec")[0]) > LIMIT_SECONDS + 5


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system with our units, and with something where the program would be."""
    place = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(DEPLOY / "systemd", place)
    program = tmp_path / "opt" / "hotline" / "bin" / "hotline"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr" / "lib" / "systemd" / "system", symlinks=True)
    return tmp_path


def test_systemd_understands_every_unit(root: Path) -> None:
    units = [each.replace("@.", "@8080.") for each in (unit.name for unit in UNITS)]
    for unit in (*units, "hotline.target", "hotline-backup.timer"):
        checked = subprocess.run(
            ["systemd-analyze", "verify", f"--root={root}", "--man=no", "--recursive-errors=no", unit],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        about = [line for line in checked.stderr.splitlines() if "hotline" in line]
        assert (checked.returncode, about) == (0, []), checked.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_hardened(root: Path, unit: Path) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "security", f"--root={root}", "--offline=yes", "--no-pager", unit.name],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    score = re.search(r"exposure level for \S+: ([0-9.]+)", checked.stdout)
    assert score is not None, checked.stdout + checked.stderr
    print(f"\n{unit.name}: {score[1]}")  # noqa: T201  for whoever runs it with -s
    assert float(score[1]) <= SAFE_ENOUGH, checked.stdout


# -- alerts --------------------------------------------------------------------------------------------------


def test_alerts_speak_of_figures_there_are_and_the_runbook_of_every_alert() -> None:
    (group,) = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text())["groups"]
    there = {sample.name for family in metrics.REGISTRY.collect() for sample in family.samples}
    there |= {family.name for family in metrics.REGISTRY.collect()}
    there |= {f"{family.name}_total" for family in metrics.REGISTRY.collect() if family.type == "counter"}
    runbook = (DEPLOY / "runbook.md").read_text()
    assert len(group["rules"]) == 5
    for rule in group["rules"]:
        asked = set(re.findall(r"\bhotline_\w+", rule["expr"]))
        assert asked, rule
        assert asked <= there, rule
        assert f"\n### {rule['alert']}\n" in runbook
        for part in re.findall(r'part=~"([^"]+)"', rule["expr"]):
            assert set(part.split("|")) <= set(PARTS)


def test_the_runbooks_commands_are_commands_there_are() -> None:
    runbook = (DEPLOY / "runbook.md").read_text()
    used = set(re.findall(r"\bH ([a-z]+)", runbook)) | set(
        re.findall(r"^hotline ([a-z]+)", runbook, re.MULTILINE)
    )
    assert {"init", "check", "migrate", "backup", "staff", "duty"} <= used <= set(COMMANDS)
    for script in re.findall(r"```sh\n(.*?)```", runbook, re.DOTALL):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    for name in re.findall(r"HOTLINE_[A-Z_]+", runbook):
        assert known(name), name


# -- the emergency page ---------------------------------------------------------------------------------------


PAGE = (DEPLOY / "emergency" / "index.html").read_text()


def numbers_day_and_night() -> set[str]:
    common = tomllib.loads((DEPLOY.parent / "hotline" / "centres" / "common.toml").read_text())
    return {each["number"] for each in common["national_line"] if each["hours"] == "24/7" and each["number"]}


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
def test_the_emergency_page_has_every_number_that_answers_day_and_night(language: str) -> None:
    section = PAGE.partition(f'<section lang="{language}">')[2].partition("</section>")[0]
    links = re.findall(r'<a(?: class="call")? href="tel:([^"]+)">([^<]+)</a>', section)
    assert {dialled for dialled, _ in links} == {each.replace(" ", "") for each in numbers_day_and_night()}
    for dialled, shown in links:
        assert shown.replace(" ", "").endswith(dialled)
    assert links[0][0] == "112"


def test_the_emergency_page_needs_nothing_and_gives_nothing_away() -> None:
    assert "<title>Rozmowa</title>" in PAGE
    assert not re.search(r"<script|<img|<link|@import|url\(|\son\w+=|\sstyle=", PAGE)
    assert [each for each in re.findall(r'href="([^"]+)"', PAGE) if not each.startswith("tel:")] == [
        Settings(data=Path("/")).exit_url
    ]
    style = re.search(r"<style>(.*?)</style>", PAGE, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in (DEPLOY / "Caddyfile").read_text()
