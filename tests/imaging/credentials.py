"""Files with Content Credentials made for a test, and C2PA's own reader to look at ours."""

import io
import json
from collections.abc import Sequence
from typing import Any

import c2pa
from PIL import Image

from server.authority import Authority, _made
from server.clock import Clock, SystemClock
from server.credentials import Credentials, Reading
from server.imaging import make
from server.inscription import Inscription
from server.pictures import Made
from server.sealing import Sealing
from tests.imaging.corpus import INSCRIPTION

# As few as these make a reader ask the network; a test's reader is told to stay off it too.
ALONE: dict[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"decode_identity_assertions": False, "allowed_network_hosts": []},
}
USES = ("data_mining", "ai_training", "ai_generative_training", "ai_inference")


def authority(domain: str = "art.example", clock: Clock | None = None) -> Authority:
    used = clock or SystemClock()
    return Authority(_made(domain, used.now()), domain, used)


def by_c2pa(body: bytes, media_type: str, anchor: str) -> tuple[str, dict[str, Any]]:
    """Return how C2PA's own reader finds a file, and the newest manifest."""
    settings = {**ALONE, "trust": {"user_anchors": anchor}}
    with c2pa.Context.from_dict(settings) as context:
        reader = c2pa.Reader.try_create(media_type, io.BytesIO(body), context=context)
        assert reader is not None, "there is no manifest"
        with reader:
            store = json.loads(reader.json())
            return str(reader.get_validation_state()), store["manifests"][store["active_manifest"]]


def assertion(manifest: dict[str, Any], label: str) -> Any:
    return next(one["data"] for one in manifest["assertions"] if one["label"] == label)


def uses(manifest: dict[str, Any]) -> dict[str, str]:
    """Return what a manifest says of training, by CAWG's short names."""
    entries = assertion(manifest, "cawg.training-mining")["entries"]
    return {name.partition(".")[2]: said["use"] for name, said in entries.items()}


def a_jpeg(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def signed_file(
    *assertions: dict[str, Any],
    actions: Sequence[dict[str, Any]] = (),
    thumbnail: bool = False,
    name: str = "Example Paint",
) -> bytes:
    """Return a JPEG that somebody else signed."""
    leaf = authority("paint.example").leaf()
    first = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation",
    }
    told = {"label": "c2pa.actions.v2", "data": {"actions": [first, *actions]}}
    definition = {
        "claim_version": 2,
        "claim_generator_info": [{"name": name}],
        "assertions": [told, *assertions],
    }
    info = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=leaf.chain.encode(), private_key=leaf.key.encode(), ta_url=None
    )
    out = io.BytesIO()
    settings = {**ALONE, "builder": {"thumbnail": {"enabled": thumbnail}}}
    with (
        c2pa.Context.from_dict(settings) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(definition, context) as builder,
    ):
        builder.sign(signer, "image/jpeg", io.BytesIO(a_jpeg()), out)
    return out.getvalue()


async def sealed(
    sealing: Sealing, source: bytes, inscription: Inscription = INSCRIPTION
) -> tuple[Made, Credentials, Reading | None]:
    """Take an upload the way that `server.pipeline` does."""
    reading = await sealing.read(source)
    made = make(source, inscription, reading)
    assert isinstance(made, Made)
    signed, kept = await sealing.sign(made, source, inscription, reading)
    return signed, kept, reading
