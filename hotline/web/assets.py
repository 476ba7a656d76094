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
    files()[name]
    return f"/static/{version()}/{name}"


@cache
def _zipped(name: str) -> bytes:
    return gzip.compress(files()[name].read_bytes(), 9, mtime=0)


async def file(request: web.Request) -> web.StreamResponse:
    """GET /static/{version}/{path}. Raises NotFound."""
    name = request.match_info["path"]
    path = files().get(name)
    if path is None:
        raise NotFound
    ours = request.match_info["version"] == version()
    # A page of another release asks: it gets what there is, but must not remember it under that address.
    caching = "public, max-age=31536000, immutable" if ours else "no-store"
    headers = {"Cache-Control": caching, "Content-Type": KINDS[path.suffix], "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=_zipped(name), headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=gzip.decompress(_zipped(name)), headers=headers)
