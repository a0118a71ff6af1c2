"""The proofs of a browser: its cookie came back with its style sheet, or it solved a sum too.

The law: nothing of it is asked for on pages, feeds or link cards, whose answers are the same for
everybody. A proof only ever opens larger copies of pictures, and videos of how a work was made.
Which one it takes, the policy says.
"""

import secrets
from typing import Final

from aiohttp import web

from server.challenges import MAX_BYTES
from server.errors import NotAllowed
from server.media_tokens import PROOF_LASTS, WORK_LASTS
from server.model import Millis
from server.rules import Proof
from server.visitors import VisitorClass
from web.flows import flows
from web.forms import read_body
from web.keys import MAX_BODY_BYTES, NETWORK, PROOF, VISITOR_CLASS
from web.limits import Rate

SUMS: Final = Rate("sums by network", 60, 5)  # then one every five seconds
SOLUTIONS: Final = Rate("solved sums by network", 60, 5)
_CHANCE_BYTES = 12


def proof_of(request: web.Request) -> Proof:
    """Return what the proof in a browser's cookie proves now, for the gate to keep."""
    known = flows(request)
    proof = known.forms.cookies.proof(request)
    return known.media_tokens.proof_in(proof, known.clock.now()) if proof else Proof.NONE


def given(request: web.Request) -> Proof:
    """Return what a visitor's browser proved; who bears a name is no person."""
    is_browser = request.get(VISITOR_CLASS) in {VisitorClass.VISITOR, VisitorClass.PERSON}
    return request.get(PROOF, Proof.NONE) if is_browser else Proof.NONE


def holder_of(request: web.Request) -> str:
    """Return a visitor's proof, "" where their browser gave none that is enough here."""
    known, proof = flows(request), given(request)
    is_enough = proof.suffices(known.house.now.policy.renditions.proof)
    return known.forms.cookies.proof(request) if is_enough else ""


def opening(request: web.Request, media_key: str, file: str) -> Proof:
    """Return the proof by which the token in the address opens this file to who asks, if any."""
    token = request.query.get("t", "")
    holder = holder_of(request) if token else ""
    known = flows(request)
    is_opened = bool(holder) and known.media_tokens.opens(
        token, media_key, file, holder, known.clock.now()
    )
    return given(request) if is_opened else Proof.NONE


def token_for(request: web.Request, media_key: str, file: str) -> str:
    """Return a token for a file, "" where the browser gave no proof."""
    known, holder = flows(request), holder_of(request)
    if not holder:
        return ""
    return known.media_tokens.token(media_key, file, holder, known.clock.now())


async def style_sheet(request: web.Request) -> web.StreamResponse:
    """Send a style sheet without a rule, and the proof with it."""
    response = web.Response(text="/* see /policy */\n", content_type="text/css")
    response.headers["Cache-Control"] = "no-store"
    if given(request) is Proof.NONE:
        _give(request, response, Proof.COOKIE, PROOF_LASTS)
    return response


async def set_sum(request: web.Request) -> web.StreamResponse:
    """Set a browser a sum; answer with nothing where it needs none."""
    known, holder = flows(request), _holder_of_any(request)
    headers = {"Cache-Control": "no-store"}
    if holder_of(request):
        return web.Response(status=204, headers=headers)
    known.limits.demand(SUMS, request[NETWORK])
    return web.json_response(known.challenges.sum_for(holder), headers=headers)


async def take_solution(request: web.Request) -> web.StreamResponse:
    """Take a solved sum, and give the browser its proof for it."""
    known, holder = flows(request), _holder_of_any(request)
    known.limits.demand(SOLUTIONS, request[NETWORK])
    request[MAX_BODY_BYTES] = MAX_BYTES
    body = await read_body(request)
    await known.challenges.take(holder, body.decode("utf-8", "replace"))
    response = web.Response(status=204, headers={"Cache-Control": "no-store"})
    _give(request, response, Proof.WORK, WORK_LASTS)
    return response


def _holder_of_any(request: web.Request) -> str:
    """Return the proof of a browser that keeps a cookie. Raise `NotAllowed` where it has none."""
    if given(request) is Proof.NONE:
        raise NotAllowed(
            "Sums are set for browsers that keep a cookie; allow it, and open the work's page anew."
        )
    return flows(request).forms.cookies.proof(request)


def _give(request: web.Request, response: web.Response, kind: Proof, lasts: Millis) -> None:
    known = flows(request)
    chance = secrets.token_bytes(_CHANCE_BYTES)
    proof = known.media_tokens.proof(chance, known.clock.now(), kind)
    known.forms.cookies.set_proof(response, proof, max_age_seconds=lasts // 1_000)
