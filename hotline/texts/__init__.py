"""Every word a person can read, in Polish, Ukrainian and English: `say(key, language, **params)`.

Texts live in the `.toml` files beside this one, `[key]` with `pl`, `uk` and `en`; keys may be nested with
dots. A text that depends on a number holds `one`, `few` and `many` per language. The catalogue is read once,
on first use, and refuses keys given twice, missing languages, empty texts, parameters in one language only.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal
from zoneinfo import ZoneInfo

import tomli

from hotline.errors import TextIncomplete
from hotline.rules.civil_time import local, repeated

Language = Literal["pl", "uk", "en"]
LANGUAGES: tuple[Language, ...] = ("pl", "uk", "en")
FORMS = ("one", "few", "many")
# English has no form of its own for few.
NEEDED = {"pl": FORMS, "uk": FORMS, "en": ("one", "many")}
HERE = Path(__file__).parent

Text = str | Mapping[str, str]


class CatalogueInvalid(TextIncomplete):
    """A file of texts is wrong: the start stops instead of a caller reading gaps."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(file=file, key=key, reason=reason)
        self.args = (f"{file}: {key}: {reason}",)


def say(key: str, language: str, /, **params: object) -> str:
    """The sentence in that language with its parameters filled in.

    Raises KeyError for an unknown key or language and for a key that needs a number, TextIncomplete when a
    parameter is missing or empty. Parameters the text does not use are ignored.
    """
    text = texts()[key][language]
    if not isinstance(text, str):
        raise KeyError(f"{key} depends on a number: use say_count")
    return _fill(key, text, params)


def say_count(key: str, language: str, n: int, /, **params: object) -> str:
    """Like `say`, for a text with number forms; `{n}` in the text is the number."""
    text = texts()[key][language]
    if isinstance(text, str):
        raise KeyError(f"{key} does not depend on a number: use say")
    form = plural(language, n)
    return _fill(key, text[form if form in text else "many"], {"n": n, **params})


def plural(language: str, n: int) -> str:
    """Which form a whole number takes: one, few or many (the names of CLDR, English `other` being many)."""
    if language == "en":
        return "one" if n == 1 else "many"
    if n == 1 or (language == "uk" and n % 10 == 1 and n % 100 != 11):
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def catalogue(language: str, prefix: str = "") -> dict[str, str]:
    """Key to raw text of all keys that start with `prefix`, for JavaScript; number forms as `key.one` …"""
    found: dict[str, str] = {}
    for key, by_language in texts().items():
        if key.startswith(prefix):
            text = by_language[language]
            found |= {key: text} if isinstance(text, str) else {f"{key}.{form}": text[form] for form in text}
    return found


def when(at: datetime, language: str, *, on: bool = False) -> str:
    """A local time as people say it: `poniedziałek 28.12.2026, godz. 16:30`; with `on`, `w poniedziałek`."""
    day = say(f"chat.weekday{'_on' if on else ''}_{at.weekday()}", language)
    return say("chat.moment", language, weekday=day, date=f"{at:%d.%m.%Y}", time=f"{at:%H:%M}")


def clock(at: datetime, language: str, zone: ZoneInfo) -> str:
    """14:05; on the night of the clock change 02:10 is said with its pass: `02:10 (czas zimowy)`."""
    return _clock(at.astimezone(UTC).replace(second=0, microsecond=0), language, zone)


@lru_cache(maxsize=1024)
def _clock(minute: datetime, language: str, zone: ZoneInfo) -> str:
    time, which = f"{local(minute, zone):%H:%M}", repeated(minute, zone)
    return time if which is None else say(f"chat.clock_{which}", language, time=time)


def told(data: Mapping[str, Any], language: str, zone: ZoneInfo) -> str:
    """What a system entry says: `{"text": key, "params": {…}}`, instants among the parameters as local times.

    Raises KeyError where a newer release said what this one has no words for.
    """
    return say(
        data["text"],
        language,
        **{name: _local(value, language, zone) for name, value in data["params"].items()},
    )


def shown(data: Mapping[str, Any], language: str, zone: ZoneInfo) -> str:
    """The same on a page, where one sentence that this release does not know must not hide the conversation."""
    return told(data, language, zone) if data["text"] in texts() else say("said_by_newer", language)


def _local(value: object, language: str, zone: ZoneInfo) -> str:
    text = str(value)
    try:
        at = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        at = None
    return text if at is None or at.tzinfo is None else when(local(at, zone), language)


def greeting(at: datetime, language: str) -> str:
    """Good day from 5 to 18 by local time, good evening otherwise."""
    return say("greeting_day" if 5 <= at.hour < 18 else "greeting_evening", language)


@cache
def texts() -> Mapping[str, Mapping[str, Text]]:
    """The whole catalogue: key, language, text or number forms. Raises CatalogueInvalid."""
    return read(sorted(HERE.glob("*.toml")))


def read(files: list[Path]) -> dict[str, dict[str, Text]]:
    """The catalogue of these files. Raises CatalogueInvalid naming file, key and reason."""
    found: dict[str, dict[str, Text]] = {}
    for file in files:
        try:
            tables = tomli.loads(file.read_text(encoding="utf-8"))
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CatalogueInvalid(file.name, "(syntax)", str(error)) from error
        for key, entry in _leaves(file.name, tables, ""):
            if key in found:
                raise CatalogueInvalid(file.name, key, "is there already")
            found[key] = _checked(file.name, key, entry)
    return found


def _leaves(file: str, tables: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, value in tables.items():
        key = f"{prefix}{name}"
        if not isinstance(value, dict):
            raise CatalogueInvalid(file, key, "belongs to no language")
        if set(value) & set(LANGUAGES):
            yield key, value
        elif not value:
            raise CatalogueInvalid(file, key, "is empty")
        else:
            yield from _leaves(file, value, f"{key}.")


def _checked(file: str, key: str, entry: Mapping[str, Any]) -> dict[str, Text]:
    if set(entry) != set(LANGUAGES):
        wrong = ", ".join(sorted(set(entry) ^ set(LANGUAGES)))
        raise CatalogueInvalid(file, key, f"must be in pl, uk and en, and nothing else: {wrong}")
    if all(map(_is_plain, entry.values())):
        return dict(entry)
    forms = {language: _forms(file, key, language, entry[language]) for language in LANGUAGES}
    if len({"" in form for form in forms.values()}) > 1:
        raise CatalogueInvalid(file, key, "depends on a number in some languages only")
    needs = {language: set().union(*map(names, forms[language].values())) for language in LANGUAGES}
    for language in LANGUAGES:
        if needs[language] != needs["pl"]:
            differ = ", ".join(sorted(needs[language] ^ needs["pl"]))
            raise CatalogueInvalid(file, key, f"pl and {language} differ in parameters: {differ}")
    return {language: form.get("", form) for language, form in forms.items()}


def _is_plain(text: object) -> bool:
    """A text without numbers and parameters: most are, and every start goes through thousands."""
    return isinstance(text, str) and "{" not in text and "}" not in text and bool(text.strip())


def _forms(file: str, key: str, language: str, value: object) -> dict[str, str]:
    """The number forms of one language; a plain text is the form named ""."""
    forms = value if isinstance(value, dict) else {"": value}
    if isinstance(value, dict) and not (set(NEEDED[language]) <= set(value) <= set(FORMS)):
        raise CatalogueInvalid(file, key, f"{language} needs the forms {', '.join(NEEDED[language])}")
    return {form: _text(file, key, language, text) for form, text in forms.items()}


def _text(file: str, key: str, language: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise CatalogueInvalid(file, key, f"no text in {language}")
    try:
        plain = all(name.isidentifier() for name in names(text))
    except ValueError as error:
        raise CatalogueInvalid(file, key, f"{language}: {error}") from error
    if not plain:
        raise CatalogueInvalid(file, key, f"{language}: a parameter must be a plain name in braces")
    return text


def names(text: str) -> set[str]:
    """The parameters of a text. Raises ValueError for unbalanced braces."""
    if "{" not in text and "}" not in text:  # most have none
        return set()
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _fill(key: str, text: str, params: Mapping[str, object]) -> str:
    values: dict[str, str] = {}
    for name in names(text):
        value = params.get(name)
        values[name] = "" if value is None else str(value)
        if not values[name].strip():
            error = TextIncomplete(key=key, parameter=name)
            error.args = (f"{key}: {{{name}}} is empty",)
            raise error
    return text.format_map(values)
