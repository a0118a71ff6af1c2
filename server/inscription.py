"""What a work says of itself inside every copy of its pictures. Pure."""

import hashlib
from datetime import UTC, datetime

import msgspec

from server.licences import FREE, licence_of
from server.model import Artist, ContentUsage, Preference, Work
from server.signals import SignalUrls, digital_source_type, plus_data_mining

_TERMS = "This picture may not be used to train AI. The terms in full: {policy}"


class Inscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a work says of itself. Texts are plain; "" leaves a fact out.

    Defaults are omitted, so that a new kind of fact makes only those copies outdated that lack it.
    """

    creator: str = ""
    rights: str = ""  # "© 2026 Ana"
    terms: str = ""  # one sentence
    statement_url: str = ""  # where the terms stand
    work_url: str = ""  # where to ask for a licence
    data_mining: str = ""  # PLUS's address, or its last part
    source_type: str = ""  # IPTC's, likewise
    licence_url: str = ""  # of what people may do; "" = all rights are reserved
    with_camera: bool = False  # how the picture was taken stays as well
    is_free: bool = False  # its artist gave up all rights
    sets_aside_mark: bool = False  # moderators found that a generator's mark in the file is wrong
    signed_by: str = ""  # fingerprint of the authority under which every copy is signed


def inscription_of(
    work: Work,
    artist: Artist,
    usage: ContentUsage,
    address: str,
    urls: SignalUrls,
    *,
    signed_by: str = "",
) -> Inscription:
    """Return what copies of a work's pictures say. `usage`: the work's own."""
    name = artist.name or artist.handle
    year = datetime.fromtimestamp(work.created_at / 1000, UTC).year
    licence, is_free = licence_of(work.licence), work.licence == FREE
    is_reserved = usage.train_ai is Preference.NO
    return Inscription(
        creator=name,
        rights=f"{name}, {year}. {licence.name}" if is_free else f"© {year} {name}",
        terms=_TERMS.format(policy=urls.policy) if is_reserved else "",
        statement_url=urls.policy,
        work_url=address,
        data_mining=plus_data_mining(usage),
        source_type=digital_source_type(work.ai_label),
        licence_url=licence.url,
        is_free=is_free,
        with_camera=work.shows_camera,
        signed_by=signed_by,
    )


def digest_of(inscription: Inscription) -> str:
    """Return what tells one inscription from another."""
    return hashlib.sha256(msgspec.msgpack.encode(inscription)).hexdigest()[:32]
