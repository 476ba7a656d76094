"""Settings: a wrong one stops the start with one sentence that names it; none of them is shown by mistake."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from hotline import config
from hotline.config import Settings
from hotline.errors import ConfigInvalid
from hotline.vault import make_master_key
from tests import commands
from tests.servers import free_port

TOKEN = "7700112233:AAH-kd8aPq0sLm29xZtRvWnB"


@pytest.fixture
def command(tmp_path: Path) -> dict[str, str]:
    """The environment of a command that would run: a data folder with a master key, a free port."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
    make_master_key(Settings(data=tmp_path).master_key)
    return {
        **own,
        "HOTLINE_DATA": str(tmp_path),
        "HOTLINE_PORT": str(free_port()),
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }


def run(name: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return commands.run(name, environment=environment)


# -- reading -----------------------------------------------------------------------------------------


def test_without_anything_set_a_small_centre_runs() -> None:
    settings = config.read({"PATH": "/usr/bin"})
    assert settings.data == Path.cwd() / "var"
    assert settings.main_url == f"sqlite+aiosqlite:///{Path.cwd()}/var/hotline.sqlite"
    assert settings.wrapped_keys_url != settings.main_url
    assert settings.origin == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "name", ["HOTLINE_", "HOTLINE_PROT", "HOTLINE_port", "HOTLINE_MASTER_KEY", "HOTLINE_PORT_"]
)
def test_an_unknown_variable_stops_with_its_name(name: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        config.read({name: TOKEN})
    assert str(refused.value) == f"{name}: there is no such setting"


def test_other_programs_variables_are_none_of_ours() -> None:
    assert config.read({"HOTLINES": "x", "MY_HOTLINE_PORT": "1"}) == config.read({})


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "80.0", "http", "8080 ", "٨٠٨٠", "1" * 5000])
@pytest.mark.parametrize("name", ["HOTLINE_PORT", "HOTLINE_TELEGRAM_PORT"])
def test_a_bad_port_stops_with_its_name(name: str, text: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"^{name}: must be a port number$"):
        config.read({name: text})


def test_a_bad_level_stops_with_its_name() -> None:
    with pytest.raises(ConfigInvalid, match=r"^HOTLINE_LOG_LEVEL"):
        config.read({"HOTLINE_LOG_LEVEL": "verbose"})


# -- secrets -----------------------------------------------------------------------------------------


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert config.read({"HOTLINE_TELEGRAM_TOKEN_FILE": str(file)}).telegram_token == TOKEN


def test_every_setting_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql+asyncpg://hotline@db/hotline")
    assert config.read({"HOTLINE_DATABASE_URL_FILE": str(file)}).database_url == file.read_text()
    # its own name ends like that, and it is the path itself
    assert config.read({"HOTLINE_MASTER_KEY_FILE": str(file)}).master_key == file


def test_a_file_that_cannot_be_read_stops_with_the_variable(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none", tmp_path, tmp_path / "binary"):
        with pytest.raises(ConfigInvalid, match=r"^HOTLINE_TELEGRAM_TOKEN_FILE: "):
            config.read({"HOTLINE_TELEGRAM_TOKEN_FILE": str(path)})


def test_a_setting_given_twice_stops_the_start(tmp_path: Path) -> None:
    """Which of the two was meant is nobody's guess."""
    (tmp_path / "port").write_text("8081")
    twice = {"HOTLINE_PORT": "8080", "HOTLINE_PORT_FILE": str(tmp_path / "port")}
    for given in (twice, dict(reversed(twice.items()))):
        with pytest.raises(ConfigInvalid, match=r"^HOTLINE_PORT: is given twice"):
            config.read(given)


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "123456789012345",
        "changeme-changeme",
        "Example-7700112233:AA",
        "my-secret-0123456789",
        "x" * 40,
    ],
)
@pytest.mark.parametrize("name", ["HOTLINE_TELEGRAM_TOKEN", "HOTLINE_TELEGRAM_SECRET"])
def test_an_example_or_weak_secret_stops_without_being_quoted(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(text)
    for given in ({name: text}, {f"{name}_FILE": str(file)}):
        with pytest.raises(ConfigInvalid) as refused:
            config.read(given)
        assert str(refused.value) == f"{name}: is an example or too weak"


def test_shown_settings_hide_secrets_and_passwords() -> None:
    given = {
        "HOTLINE_TELEGRAM_TOKEN": TOKEN,
        "HOTLINE_DATABASE_URL": "postgresql+asyncpg://hotline:p@ss-gleb-91kd@db:5432/hotline",
        "HOTLINE_KEYS_URL": "postgresql+asyncpg://db/keys?user=hotline&password=gleb-91kd-04va",
        "HOTLINE_REDIS_URL": "redis://:gleb-91kd-04va@redis:6379/0",
    }
    shown = config.read(given).masked()
    assert shown["HOTLINE_TELEGRAM_TOKEN"] == "••••"
    assert shown["HOTLINE_TELEGRAM_SECRET"] == ""
    assert shown["HOTLINE_DATABASE_URL"] == "postgresql+asyncpg://••••@db:5432/hotline"
    assert shown["HOTLINE_KEYS_URL"] == "postgresql+asyncpg://db/keys?••••"
    assert shown["HOTLINE_REDIS_URL"] == "redis://••••@redis:6379/0"
    assert shown.keys() == {config.PREFIX + each.name.upper() for each in fields(Settings)}


def test_every_secret_is_marked_as_one() -> None:
    """Whoever adds a setting with a telling name says that it is secret, or it would be printed."""
    telling = ("token", "secret", "password", "passphrase", "credential")
    for each in fields(Settings):
        if any(word in each.name for word in telling):
            assert each.metadata.get("secret"), each.name
        assert each.name == "data" or each.metadata["help"]


# -- as commands ---------------------------------------------------------------------------------------


def test_check_names_every_part_and_shows_no_secret(command: dict[str, str]) -> None:
    command |= {"HOTLINE_TELEGRAM_TOKEN": TOKEN, "HOTLINE_REDIS_URL": "redis://:gleb-91kd-04va@127.0.0.1:1/0"}
    result = run("check", command)
    assert result.returncode == 1  # there is no schema yet, and no Redis on that port
    assert TOKEN not in result.stdout + result.stderr
    assert "gleb-91kd-04va" not in result.stdout + result.stderr
    verdicts = dict(line.split("  ", 1) for line in result.stdout.split("\n\n", 1)[1].splitlines())
    assert [name for name, verdict in verdicts.items() if verdict.strip().startswith("ok")] == [
        "centre",
        "master key",
    ]
    assert "Traceback" not in result.stderr


def test_an_unknown_variable_stops_the_command(command: dict[str, str]) -> None:
    result = run("serve", {**command, "HOTLINE_PROT": "8080"})
    assert result.returncode == 1
    assert result.stderr == "hotline: HOTLINE_PROT: there is no such setting\n"


@pytest.mark.parametrize(
    ("name", "overlay", "wrong"),
    [
        ("serve", 'schema_version = 1\n[[line]]\nid = "family_trust"\nhours = "all day"\n', "hours"),
        ("serve", "schema_version = [\n", "(syntax)"),
        ("check", 'schema_version = 1\n[centre]\ncolour = "red"\n', "colour"),
    ],
    ids=["wrong value", "broken file", "unknown key"],
)
def test_a_wrong_centre_file_stops_the_command_with_file_key_and_reason(
    command: dict[str, str], tmp_path: Path, name: str, overlay: str, wrong: str
) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(overlay)
    result = run(name, {**command, "HOTLINE_CENTRE_OVERLAY": str(file)})
    assert result.returncode == 1
    sentence = result.stderr if name == "serve" else result.stdout
    (line,) = [line for line in sentence.splitlines() if "ours.toml: " in line]
    key, _, why = line.partition("ours.toml: ")[2].partition(": ")
    assert wrong in key
    assert why
    assert "Traceback" not in result.stdout + result.stderr


def test_an_unknown_centre_names_the_known_ones(command: dict[str, str]) -> None:
    result = run("serve", {**command, "HOTLINE_CENTRE": "atlantis"})
    assert result.returncode == 1
    assert result.stderr.startswith("hotline: atlantis.toml: centre.id: no such centre; known: ")
    assert "kielce (kielce_mopr)" in result.stderr


def test_a_master_key_open_to_others_stops_the_command(command: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "keys" / "master.key").chmod(0o644)
    result = run("serve", command)
    assert result.returncode == 1
    assert result.stderr.startswith("hotline: HOTLINE_MASTER_KEY_FILE: ")


@pytest.mark.parametrize(
    "password", ["hotline", "change-me-please", "postgres", "aaaaaaaaaaaa", "gleb-91kd-0"]
)
@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("HOTLINE_DATABASE_URL", "postgresql+asyncpg://hotline:{}@db/hotline"),
        ("HOTLINE_KEYS_URL", "postgresql+asyncpg://db/keys?user=hotline&password={}"),
        ("HOTLINE_REDIS_URL", "redis://:{}@redis:6379/0"),
    ],
)
def test_an_example_password_in_an_address_stops_the_start(name: str, url: str, password: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"^{name}: its password is an example or too weak$"):
        config.read({name: url.format(password)})
    config.read({name: url.format("gleb-91kd-04va")})


def test_keys_in_the_same_database_stop_the_start() -> None:
    url = "postgresql+asyncpg://hotline@db/hotline"
    with pytest.raises(ConfigInvalid, match=r"^HOTLINE_KEYS_URL: must be a database of its own"):
        config.read({"HOTLINE_DATABASE_URL": url, "HOTLINE_KEYS_URL": url})
