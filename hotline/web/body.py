"""Reading a body, JSON or a form: all that arrives is checked here, once, JSON against a strict schema.

Whatever cannot be read is `Malformed`; nothing is guessed, converted or ignored.
"""

import asyncio
from typing import Annotated, Final, NoReturn, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hotline.errors import BodyTooLarge, Malformed

LIMIT: Final = 64 * 1024  # bytes
MOST_FIELDS: Final = 50
REFUSAL_SECONDS: Final = 1.0  # of what is too large; no page of ours sends that

ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
RowId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]
NoticeVersion = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{16})?$")]
Cursor = Annotated[int, Field(ge=0, lt=10**15)]  # as far as JavaScript counts exactly


class Body(BaseModel):
    """A request body: exact types, no unknown fields."""

    # Built when the first of its kind comes: the start, for which everybody would wait, has no use for it.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Nothing(Body):
    """A request whose address says it all."""


Schema = TypeVar("Schema", bound=Body)


async def read_json(request: web.Request, schema: type[Schema]) -> Schema:
    """The body as `schema`. Raises BodyTooLarge over 64 KiB, Malformed (field) for anything unreadable.

    The content type must be JSON: a form of another site cannot send that without being asked first.
    """
    if request.content_type != "application/json":
        raise Malformed(field="Content-Type")
    return parse(await read_bytes(request), schema)


def parse(raw: bytes | str, schema: type[Schema]) -> Schema:
    """The same for text that has already arrived, such as a frame of a socket."""
    try:
        return schema.model_validate_json(raw)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        # `from None`: the original error quotes what was sent, and that must not reach a log.
        raise Malformed(field=place or "body") from None


async def read_form(request: web.Request) -> dict[str, str]:
    """The fields of an ordinary form, the last of each name. Raises as `read_form_lists`."""
    return {name: values[-1] for name, values in (await read_form_lists(request)).items()}


async def read_form_lists(request: web.Request) -> dict[str, list[str]]:
    """The fields of a form in UTF-8, all of each name. Raises BodyTooLarge over 64 KiB, Malformed for anything else.

    Not `request.post()`: that also takes files, nested parts and whatever alphabet the sender names.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise Malformed(field="Content-Type")
    raw = await read_bytes(request)
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Malformed(field="body") from None
    if any("\0" in value for _, value in pairs):
        raise Malformed(field="body")
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


async def read_bytes(request: web.Request) -> bytes:
    """The raw body, at most 64 KiB. Raises BodyTooLarge without reading the rest."""
    if (request.content_length or 0) > LIMIT:
        await _refused()
    parts: list[bytes] = []
    size = 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > LIMIT:
            await _refused()
        parts.append(part)
    return b"".join(parts)


async def _refused() -> NoReturn:
    """It takes its time: whoever sends nothing else waits with every connection, and we with none."""
    await asyncio.sleep(REFUSAL_SECONDS)
    raise BodyTooLarge(limit=LIMIT)
