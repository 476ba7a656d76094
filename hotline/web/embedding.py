"""Which page may stand in a frame, and on whose: the caller's conversation, on the sites the centre names.

Everything else can be framed by nobody, so that no other site can lay a page of ours under its own buttons.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from hotline.web.keys import SYSTEM

FRAMED: Final = web.ResponseKey("framed by", tuple[str, ...])
NOBODY: Final = "frame-ancestors 'none'"


def allow(request: web.Request, response: web.Response) -> web.Response:
    """Let this page stand on the sites of the centre file."""
    response[FRAMED] = request.app[SYSTEM].centre.embed_origins
    return response


def other_headers(response: web.StreamResponse, strict: Mapping[str, str]) -> dict[str, str]:
    """What differs from the strict headers; "" means that the header must be absent."""
    origins = response.get(FRAMED, ())
    if not origins:
        return {}
    policy = strict["Content-Security-Policy"].replace(NOBODY, f"frame-ancestors {' '.join(origins)}")
    return {"Content-Security-Policy": policy, "X-Frame-Options": ""}
