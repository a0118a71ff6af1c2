"""Our own list for others: a FIRES dataset with its history, and the same as CSV."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from web.flows import flows
from web.respond import has_it, number

_CACHE = "public, max-age=300"  # subscribers come daily; what was taken back is soon gone


async def datasets(request: web.Request) -> web.StreamResponse:
    """List our datasets."""
    return _document(request, await flows(request).list_feed.datasets())


async def own(request: web.Request) -> web.StreamResponse:
    """Say what our own list is."""
    return _document(request, await flows(request).list_feed.dataset())


async def snapshot(request: web.Request) -> web.StreamResponse:
    """Say what holds now."""
    return _document(request, await flows(request).list_feed.snapshot())


async def changes(request: web.Request) -> web.StreamResponse:
    """Say what was ever said, page by page."""
    since = request.query.get("since", "").rpartition("/")[2]  # a change's number, or its address
    return _document(request, await flows(request).list_feed.changes(number(since, 0) or 0))


async def csv(request: web.Request) -> web.StreamResponse:
    """Say what holds now as CSV."""
    body = (await flows(request).list_feed.csv()).encode()
    return _answer(request, body, "text/csv; charset=utf-8")


async def labels(request: web.Request) -> web.StreamResponse:
    """Say what our labels mean."""
    return _document(request, flows(request).list_feed.labels())


async def label(request: web.Request) -> web.StreamResponse:
    """Say what one of our labels means."""
    return _document(request, flows(request).list_feed.label(request.match_info["label"]))


def _document(request: web.Request, document: Mapping[str, Any]) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return _answer(request, body, "application/ld+json")


def _answer(request: web.Request, body: bytes, content_type: str) -> web.Response:
    response = web.Response(body=body, headers={"Content-Type": content_type})
    response.headers["Cache-Control"] = _CACHE
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.etag = hashlib.sha256(body).hexdigest()[:32]
    if has_it(request, response):
        response.set_status(304)
        response.body = None
    return response
