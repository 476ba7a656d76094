"""The shell commands as an operator runs them: real processes, a fresh data folder."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path

from hotline import app, config
from hotline.actions import centre
from hotline.config import Settings
from hotline.rules.access import OPERATOR
from tests import commands
from tests.commands import REPO
from tests.servers import free_port


def run(*arguments: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """`hotline …` with only these settings."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    environment |= {"HOTLINE_DATA": str(data), **more}
    return commands.run(*arguments, environment=environment)


def test_centre_show_has_a_row_per_line(tmp_path: Path) -> None:
    shown = run("centre", "show", "kielce", "--at", "2026-12-24T16:00", data=tmp_path)
    rows = {row.split()[0]: row for row in shown.stdout.splitlines()[1:]}
    assert len(rows) == 12
    assert "OPEN until" in rows["city_trust_19513"]
    assert "CLOSED until 2026-12-28 08:00 (assumed)" in rows["sow_perpetrators"]
    assert "UNKNOWN" in rows["kis"]


async def changed(data: Path) -> None:
    async with app.open_system(Settings(data=data)) as system:
        await centre.decide_fact(system, OPERATOR, "line.19525", "confirmed")
        rule = {"same_as": "family_trust"}
        await centre.set_hours(system, OPERATOR, "kis", system.clock.now().date() + timedelta(days=9), rule)


def test_the_centre_as_its_staff_changed_it(tmp_path: Path) -> None:
    data, overlay = tmp_path / "data", tmp_path / "overlay.toml"
    assert run("init", data=data).returncode == 0
    asyncio.run(changed(data))
    shown = run("centre", "show", data=data)
    assert re.search(r"city_trust_19525 +195 25 +OPEN until", shown.stdout), shown.stderr
    # another installation with the export laid over the file is the same
    overlay.write_text(run("centre", "export", data=data).stdout, encoding="utf-8")
    elsewhere = run("centre", "show", "kielce", "--overlay", str(overlay), data=tmp_path)
    assert elsewhere.stdout.splitlines()[1:] == shown.stdout.splitlines()[1:]
    assert 'same_as = "family_trust"' in overlay.read_text(encoding="utf-8")
    # what no longer fits the files stops the start by its name, and can still be taken back
    own = tmp_path / "own.toml"
    own.write_text(
        '[[line]]\nid = "family_trust"\nsame_as = "kis"\nhours = []\non_public_holiday = "unstated"\n'
    )
    anew = {"HOTLINE_CENTRE_OVERLAY": str(own)}
    broken = run("centre", "show", data=data, **anew)
    assert (broken.returncode, "in a circle" in broken.stderr) == (1, True)
    change_id = next(
        row.split()[0]
        for row in run("centre", "changes", data=data).stdout.splitlines()
        if "hours kis" in row
    )
    assert run("centre", "withdraw", "--change", change_id, data=data, **anew).returncode == 0
    assert run("centre", "show", data=data, **anew).returncode == 0
    assert "(withdrawn)" in run("centre", "changes", data=data).stdout
    assert run("centre", "withdraw", "--change", change_id, data=data).returncode == 1


def test_from_an_empty_folder_to_who_is_on_duty(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = run("serve", data=data)
    assert before.returncode == 1
    assert "hotline init" in before.stderr
    made = run("init", data=data)
    assert made.returncode == 0, made.stderr
    assert "/sign-in/once/" in made.stdout
    assert (data.stat().st_mode & 0o777, (data / "keys" / "master.key").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )
    again = run("init", data=data)
    assert again.returncode == 0
    assert "Master key" not in again.stdout
    checked = run("check", data=data)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("ok: ") == 4
    nobody = f"http://127.0.0.1:{free_port()}"
    away = run(
        "check", data=data, HOTLINE_TELEGRAM_TOKEN="123456:a-real-looking-thing", HOTLINE_TELEGRAM_API=nobody
    )
    assert away.returncode == 1
    assert "telegram       FAILED: Away" in away.stdout
    assert "real-looking" not in away.stdout + away.stderr
    added = run(
        "staff", "add", "--login", "anna", "--name", "Anna Kowalska", "--signature", "Anna",
        "--role", "counsellor", "--line", "city_trust_19513", data=data,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    invited = run(
        "staff", "invite", "--login", "ewa", "--name", "Ewa Nowak", "--role", "supervisor", data=data
    )
    assert re.search(r"for Ewa Nowak, good for a day: http://\S+/invitation/[\w-]{43}\n", invited.stdout)
    night = ("--from", "2026-10-24T22:00", "--to", "2026-10-25T06:00")
    run("duty", "add", "--line", "city_trust_19513", "--login", "anna", *night, data=data)
    who = run("duty", "who", "--line", "city_trust_19513", "--at", "2026-10-25T02:30", data=data)
    assert "ON DUTY: Anna Kowalska (until 2026-10-25 06:00)" in who.stdout
    after = run("duty", "who", "--line", "city_trust_19513", "--at", "2026-10-25T06:00", data=data)
    assert "NOBODY: open, but no shift" in after.stdout
    unknown = run("duty", "who", "--line", "nowhere", data=data)
    assert (unknown.returncode, "no such line" in unknown.stderr) == (1, True)


def test_serve_answers_and_stops_at_a_signal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run("init", data=data).returncode == 0
    port = free_port()
    environment = {**os.environ, "HOTLINE_DATA": str(data), "HOTLINE_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "hotline", "serve"],
        env=environment,
        cwd=REPO,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        while "Listening" not in process.stderr.readline():
            assert process.poll() is None
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            assert answer.status == 200
            assert "Miejski Ośrodek Pomocy Rodzinie w Kielcach" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        process.stderr.close()
    finally:
        if process.poll() is None:
            process.kill()


def test_the_readme_names_every_setting() -> None:
    readme = (REPO / "README.md").read_text()
    missing = [name for name in Settings(data=Path("/")).masked() if name not in readme]
    assert missing == []


def test_the_example_environment_is_complete_and_starts_nothing_by_itself(tmp_path: Path) -> None:
    lines = (REPO / "deploy" / "env.example").read_text().splitlines()
    given = dict(line.lstrip("#").split("=", 1) for line in lines if line.lstrip("#").startswith("HOTLINE_"))
    assert given.keys() == Settings(data=Path("/")).masked().keys()
    defaults = Settings(data=Path(given.pop("HOTLINE_DATA")))
    settings = config.read({**given, "HOTLINE_DATA": str(defaults.data)})
    assert settings == defaults


def test_the_demo_keeps_away_from_a_real_installation(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HOTLINE_")}
    environment |= {"HOTLINE_PORT": str(free_port()), "PYTHONPATH": str(REPO)}
    # Whoever runs the tests in the background has Ctrl+C ignored, and so has all that they start.
    process = subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "hotline", "demo"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        printed = ""
        while "Open the first link" not in printed:
            line = process.stdout.readline()
            assert line, "the demo ended early"
            printed += line
        assert str(tmp_path / "var" / "demo") in printed
        assert printed.count("/sign-in/once/") == 8
        assert [each.name for each in (tmp_path / "var").iterdir()] == ["demo"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.communicate()
