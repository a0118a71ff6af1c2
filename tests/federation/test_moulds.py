"""One document cast for many servers: each with its own token, and a proof that holds."""

import json
from typing import Any

import pytest

from federation import proofs
from federation.keys import generate_ed25519_pem, load_private_key
from federation.keys import load_public_key as load
from federation.moulds import Signer, mould_of
from federation.translate import CONTEXT
from server import errors
from server.media_tokens import NOBODY, PeerTokens
from server.model import Millis, WorkId

NOW = Millis(1_790_000_000_000)
PRIVATE, _, PUBLIC = generate_ed25519_pem()
KEY_ID, OWNER = "https://art.test/users/ana#ed25519-key", "https://art.test/users/ana"
SIGNER = Signer(KEY_ID, load_private_key(PRIVATE))
TOKENS = PeerTokens(b"k" * 16)
NEUTRAL, ONE, OTHER = (TOKENS.token(peer, WorkId(7)) for peer in (NOBODY, 1, 2))


def document(token: str, **more: Any) -> dict[str, Any]:
    pictures = [
        {"type": "Image", "url": f"https://art.test/media/k{n}/f.jpg?p={token}"} for n in "ab"
    ]
    note = {"id": "https://art.test/works/7", "name": "Ünï </'\"> 🖼", "attachment": pictures}
    return {"@context": list(CONTEXT), "type": "Create", "actor": OWNER, "object": note, **more}


def verify(said: dict[str, Any]) -> None:
    proof = proofs.read_proof(said)
    assert proof is not None
    proofs.verify(said, proof, load(PUBLIC, key_id=KEY_ID, owner=OWNER), NOW)


@pytest.mark.parametrize("more", [{}, {"focal": 0.25}, {"größe": 1e21}])  # 2: no plain JSON
def test_each_cast_is_what_would_have_been_made_for_that_server_alone(more: dict[str, Any]) -> None:
    mould = mould_of(document(NEUTRAL, **more), NEUTRAL, SIGNER, NOW)
    for token in (ONE, OTHER, NEUTRAL):
        alone = document(token, **more)
        proof = proofs.made(alone, SIGNER.key, KEY_ID, NOW)
        cast = json.loads(mould.cast(token))
        assert cast == json.loads(json.dumps(alone | {"proof": proof}))
        verify(cast)


def test_no_proof_holds_for_the_token_of_another() -> None:
    mould = mould_of(document(NEUTRAL), NEUTRAL, SIGNER, NOW)
    mixed = mould.cast(ONE).replace(ONE.encode(), OTHER.encode())
    with pytest.raises(errors.Untrusted):
        verify(json.loads(mixed))


def test_without_a_picture_everybody_gets_the_same_and_without_a_key_no_proof() -> None:
    plain = mould_of({"type": "Create", "object": "x"}, NEUTRAL, SIGNER, NOW)
    assert plain.cast(ONE) == plain.cast(OTHER)
    verify(json.loads(plain.cast(ONE)))
    assert json.loads(mould_of(document(NEUTRAL), NEUTRAL, None, NOW).cast(ONE)) == document(ONE)
