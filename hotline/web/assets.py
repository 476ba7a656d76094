"""Static files under one version: /static/{version}/{path}.

The version is in the path, not in a query, because ES modules import each other by relative paths: so a page
never mixes files of two releases, and everything may be cached for ever.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from hotline.errors import NotFound

FOLDER: Final = Path(__file__).parent / "static"
KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# Sent as one file: on a slow line every file that the first sight of a page waits for costs a round trip.
TOGETHER: Final = {"css/caller.css": ("css/tokens.css", "css/base.css", "css/parts.css", "css/chat.css")}


@cache
def files() -> dict[str, Path]:
    """Relative path → file, for every file that may be served; read once, so nothing else can be reached."""
    found = (path for path in sorted(FOLDER.rglob("*")) if path.is_file() and path.suffix in KINDS)
    return {path.relative_to(FOLDER).as_posix(): path for path in found}


@cache
def version() -> str:
    """A fingerprint of all static files together, 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, path in files().items():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """The address of a static file for this release. Raises KeyError for a file that does not exist."""
    _parts(name)
    return f"/static/{version()}/{name}"


def _parts(name: str) -> list[Path]:
    """What a file is made of. Raises KeyError."""
    return [files()[part] for part in TOGETHER.get(name, (name,))]


@cache
def _zipped(name: str) -> bytes:
    return gzip.compress(b"\n".join(part.read_bytes() for part in _parts(name)), 9, mtime=0)


async def file(request: web.Request) -> web.StreamResponse:
    """GET /static/{version}/{path}. Raises NotFound."""
    name = request.match_info["path"]
    if name not in files() and name not in TOGETHER:
        raise NotFound
    ours = request.match_info["version"] == version()
    # A page of another release asks: it gets what there is, but must not remember it under that address.
    caching = "public, max-age=31536000, immutable" if ours else "no-store"
    headers = {"Cache-Control": caching, "Content-Type": KINDS[Path(name).suffix], "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=_zipped(name), headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=gzip.decompress(_zipped(name)), headers=headers)
