"""The proof of a browser without a script: its cookie comes back, its style sheet was loaded.

The law: nothing of it is asked for on pages, feeds or link cards, whose answers are the same for
everybody. A proof only ever opens a larger copy of a picture.
"""

import secrets

from aiohttp import web

from server.media_tokens import PROOF_LASTS
from server.visitors import VisitorClass
from web.flows import flows
from web.keys import VISITOR_CLASS

_CHANCE_BYTES = 12


def holder_of(request: web.Request) -> str:
    """Return a visitor's proof, "" where their browser gave none that holds."""
    known = flows(request)
    if request.get(VISITOR_CLASS) is not VisitorClass.VISITOR:  # who bears a name is no person
        return ""
    proof = known.forms.cookies.proof(request)
    return proof if proof and known.media_tokens.is_proof(proof, known.clock.now()) else ""


def is_opened(request: web.Request, media_key: str, file: str) -> bool:
    """Say whether the token in the address opens this file to who asks."""
    token = request.query.get("t", "")
    holder = holder_of(request) if token else ""
    if not holder:
        return False
    known = flows(request)
    return known.media_tokens.opens(token, media_key, file, holder, known.clock.now())


def token_for(request: web.Request, media_key: str, file: str) -> str:
    """Return a token for a file, "" where the browser gave no proof."""
    known, holder = flows(request), holder_of(request)
    if not holder:
        return ""
    return known.media_tokens.token(media_key, file, holder, known.clock.now())


async def style_sheet(request: web.Request) -> web.StreamResponse:
    """Send a style sheet without a rule, and the proof with it."""
    known = flows(request)
    response = web.Response(text="/* see /policy */\n", content_type="text/css")
    response.headers["Cache-Control"] = "no-store"
    if not holder_of(request):
        proof = known.media_tokens.proof(secrets.token_bytes(_CHANCE_BYTES), known.clock.now())
        known.forms.cookies.set_proof(response, proof, max_age_seconds=PROOF_LASTS // 1_000)
    return response
