"""Settings, read once from the environment. An unknown HOTLINE_… variable stops the start.

A secret may be given as NAME or as NAME_FILE; example and weak secrets are refused.
"""

import os
from collections.abc import Mapping
from dataclasses import field, fields
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from hotline.errors import ConfigInvalid
from hotline.values import dataclass

PREFIX = "HOTLINE_"
WITH_PASSWORD = ("HOTLINE_DATABASE_URL", "HOTLINE_KEYS_URL", "HOTLINE_REDIS_URL")
PORTS = (1, 65535)
WEAK = ("change", "example", "secret", "password", "token-here", "xxxx")
SHORTEST_PASSWORD = 12  # of a database or Redis; none at all is fine, where the server knows us otherwise


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation may choose. Paths are absolute; empty strings mean "not used"."""

    data: Path = field(metadata={"help": "folder of the database, the keys and nothing else"})
    centre: str = field(default="kielce", metadata={"help": "short name or id of the centre file"})
    centre_overlay: str = field(default="", metadata={"help": "a TOML file laid over the centre file"})
    host: str = field(default="127.0.0.1", metadata={"help": "address to listen on"})
    port: int = field(default=8080, metadata={"help": "port to listen on"})
    public_url: str = field(
        default="", metadata={"help": "address browsers use; its origin is the only one let in"}
    )
    proxies: int = field(
        default=0,
        metadata={"help": "how many reverse proxies of our own stand in front (0 to 9)", "span": (0, 9)},
    )
    database_url: str = field(
        default="", metadata={"help": "postgresql+asyncpg://…; empty: SQLite in the data folder"}
    )
    keys_url: str = field(
        default="", metadata={"help": "database of the wrapped keys; empty: its own SQLite file"}
    )
    master_key_file: str = field(
        default="", metadata={"help": "file of the master key; empty: keys/ in the data folder"}
    )
    redis_url: str = field(default="", metadata={"help": "redis://…; empty: pokes stay inside the process"})
    telegram_token: str = field(default="", metadata={"help": "token of the callers' bot", "secret": True})
    telegram_secret: str = field(
        default="", metadata={"help": "webhook secret; empty: polling", "secret": True}
    )
    staff_telegram_token: str = field(
        default="",
        metadata={"help": "token of another bot, which tells staff that they are needed", "secret": True},
    )
    telegram_api: str = field(default="https://api.telegram.org", metadata={"help": "Bot API server"})
    telegram_port: int = field(default=8081, metadata={"help": "port of the webhook listener"})
    metrics_host: str = field(
        default="127.0.0.1", metadata={"help": "address of the metrics listener; no proxy may lead to it"}
    )
    metrics_port: int = field(
        default=0, metadata={"help": "its port, for /metrics, /healthz and /readyz; 0: off", "off": True}
    )
    exit_url: str = field(default="https://www.imgw.pl/", metadata={"help": "where quick exit leads"})
    log_level: str = field(default="info", metadata={"help": "debug, info, warning or error"})

    @property
    def main_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'hotline.sqlite'}"

    @property
    def wrapped_keys_url(self) -> str:
        return self.keys_url or f"sqlite+aiosqlite:///{self.data / 'keys' / 'wrapped.sqlite'}"

    @property
    def master_key(self) -> Path:
        return Path(self.master_key_file) if self.master_key_file else self.data / "keys" / "master.key"

    @property
    def origin(self) -> str:
        """The one origin whose pages may change anything, e.g. https://czat.example.org."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins let in: ours alone; on loopback, where nobody else can be, by either of its names."""
        if self.public_url or self.host != "127.0.0.1":
            return (self.origin,)
        return (self.origin, f"http://localhost:{self.port}")

    def masked(self) -> dict[str, str]:
        """Every setting by its variable's name; secrets and passwords in addresses as dots."""
        shown = {}
        for each in fields(self):
            value = str(getattr(self, each.name))
            if value and each.metadata.get("secret"):
                value = "••••"
            elif "@" in value and "://" in value:
                scheme, rest = value.split("://", 1)
                value = f"{scheme}://••••@{rest.rsplit('@', 1)[1]}"
            if "?" in value and "://" in value:  # drivers take passwords there, too
                value = f"{value.split('?', 1)[0]}?••••"
            shown[PREFIX + each.name.upper()] = value
        return shown


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises ConfigInvalid naming the variable and the reason."""
    given = os.environ if environment is None else environment
    known = {PREFIX + each.name.upper(): each for each in fields(Settings)}
    values: dict[str, object] = {"data": Path.cwd() / "var"}
    seen: set[str] = set()
    for name, text in given.items():
        if not name.startswith(PREFIX):
            continue
        key, value = _from_file(name, text, known)
        if key not in known:
            raise ConfigInvalid(name, "there is no such setting")
        each = known[key]
        if key in seen:
            raise ConfigInvalid(key, "is given twice, directly and as a file")
        seen.add(key)
        if each.metadata.get("secret"):
            _refuse_weak(key, value)
        if key in WITH_PASSWORD:
            _refuse_weak_password(key, value)
        span = each.metadata.get("span", PORTS)
        off = each.metadata.get("off") and value == "0"
        values[each.name] = 0 if off else _typed(key, value, each.type, span)
    settings = Settings(**values)  # type: ignore[arg-type]
    bots = {token.partition(":")[0] for token in (settings.telegram_token, settings.staff_telegram_token)}
    if settings.staff_telegram_token and len(bots) == 1:
        raise ConfigInvalid(
            "HOTLINE_STAFF_TELEGRAM_TOKEN", "must be another bot's than HOTLINE_TELEGRAM_TOKEN"
        )
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise ConfigInvalid("HOTLINE_LOG_LEVEL", "must be debug, info, warning or error")
    if settings.database_url and settings.database_url == settings.keys_url:
        raise ConfigInvalid("HOTLINE_KEYS_URL", "must be a database of its own: keys live apart")
    return settings


def _from_file(name: str, text: str, known: Mapping[str, object]) -> tuple[str, str]:
    key = name.removesuffix("_FILE")
    if name in known or key not in known:
        return name, text
    try:
        return key, Path(text).read_text().strip()
    except OSError as error:
        raise ConfigInvalid(name, f"{text}: {error.strerror}") from None
    except ValueError:
        raise ConfigInvalid(name, f"{text}: is no text") from None


def _typed(key: str, text: str, kind: object, span: tuple[int, int]) -> object:
    if kind is Path:
        return Path(text).expanduser().resolve()
    if kind is int:
        if not text.isascii() or not text.isdigit() or len(text) > 5 or not span[0] <= int(text) <= span[1]:
            what = "a port number" if span == PORTS else f"a number from {span[0]} to {span[1]}"
            raise ConfigInvalid(key, f"must be {what}")
        return int(text)
    return text


def _refuse_weak(key: str, text: str) -> None:
    if text and (len(text) < 16 or any(word in text.lower() for word in WEAK)):
        raise ConfigInvalid(key, "is an example or too weak")


def _refuse_weak_password(key: str, url: str) -> None:
    """Example passwords such as hotline:hotline, wherever a driver would take one from."""
    try:
        parts = urlsplit(url)
        given = [unquote(parts.password)] if parts.password else []
    except ValueError:
        raise ConfigInvalid(key, "is no address") from None
    given += parse_qs(parts.query).get("password", [])
    for word in given:
        if len(word) < SHORTEST_PASSWORD or any(weak in word.lower() for weak in WEAK) or len(set(word)) < 5:
            raise ConfigInvalid(key, "its password is an example or too weak")
