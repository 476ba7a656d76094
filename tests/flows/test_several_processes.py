"""What a house of several processes needs before it starts, and that it starts as an operator starts it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import commands, factories, servers
from tests.flows.nursery import REPO
from tests.flows.processes import environment

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


HOTLINE = (sys.executable, "-m", "hotline")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return commands.run(*arguments, environment=variables)


def started(part: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([*HOTLINE, part], env=variables, cwd=REPO, stderr=subprocess.PIPE, text=True)


async def test_an_old_schema_stops_the_start_until_it_is_migrated(
    postgres_server: servers.PostgresServer, tmp_path: Path
) -> None:
    main, keys = await postgres_server.create(), await postgres_server.create()
    settings = factories.settings_in(
        tmp_path, database_url=main, keys_url=keys, redis_url="redis://127.0.0.1:1/0"
    )
    given = environment(settings)
    for part in ("serve", "web", "engine"):
        refused = run(part, **given)
        assert (refused.returncode, "hotline migrate" in refused.stderr) == (1, True), refused.stderr
    for _ in range(2):  # the second time there is nothing to do
        assert run("migrate", **given).returncode == 0
    checked = run("check", **given)
    assert checked.stdout.count("ok: reachable, newest schema") == 2, checked.stdout
    for part, ready in (("web", "Listening on"), ("engine", "engine leads")):
        with started(part, **given) as process:
            assert process.stderr is not None
            assert any(ready in line for line in process.stderr)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    for url in (main, keys):
        await postgres_server.drop(url)


@pytest.mark.parametrize(
    ("part", "more", "missing"),
    [
        ("web", {}, "HOTLINE_DATABASE_URL: on SQLite there is one process only"),
        ("engine", {"HOTLINE_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/x"}, "HOTLINE_KEYS_URL"),
        ("telegram", {}, "HOTLINE_TELEGRAM_TOKEN: is needed here"),
    ],
)
def test_what_several_processes_need_in_common(
    tmp_path: Path, part: str, more: dict[str, str], missing: str
) -> None:
    given = {key: text for key, text in environment(factories.settings_in(tmp_path)).items() if text}
    refused = run(part, **given | more)
    assert refused.returncode == 1
    assert missing in refused.stderr
