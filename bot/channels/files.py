"""The files of web/: served compressed, with their type, and so that browsers ask whether they have changed."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from hypnic.yamlfile import ROOT

WEB = ROOT / "web"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# What is said to a person stays private; files override the first line.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def names() -> list[str]:
    """The files that are served."""
    return sorted(path.name for path in WEB.iterdir() if path.suffix in KINDS)


def served(request: Request, name: str) -> HTTPResponse:
    """The answer to a request for one of names(): the file, 304 when the browser has it, 404 when it is gone."""
    path = WEB / name
    if not path.is_file():
        return response.json({"error": "not_found"}, status=404, headers=HEADERS)
    content, zipped, tag = _packed(path.read_bytes())
    headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in request.headers.get("If-None-Match", ""):
        return response.empty(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        content, headers["Content-Encoding"] = zipped, "gzip"
    return response.raw(content, content_type=KINDS[path.suffix], headers=headers)


@lru_cache(maxsize=32)
def _packed(content: bytes) -> tuple[bytes, bytes, str]:
    # A weak tag, because the same one names the plain and the compressed file.
    return content, gzip.compress(content, 9, mtime=0), f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
