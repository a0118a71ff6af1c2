"""A bundle of evidence about one work, as one document: made and checked. Pure.

The law: it says only what was recorded, with the hashes that show it; whoever has the file can
check it by the words in it, without this program.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from server.comers import Copy, LookSum, WorkVisitSum
from server.errors import Invalid
from server.ledger import (
    CHAIN,
    SUBJECT,
    Entry,
    Head,
    Period,
    Scope,
    Statement,
    chained,
    content_hash,
    periods,
    subject_of,
)
from server.licences import licence_of
from server.model import Artist, Millis, Work, WorkId
from server.shots import Shot
from server.signals import SignalUrls, headers, usage_text
from server.values import dataclass

FORMAT: Final = "fixatif-evidence-1"
_DAY: Final = 86_400_000

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a bundle is made of."""

    work: Work
    shots: Sequence[Shot]  # how it was made, as its artist shows it
    artist: Artist
    page_url: str
    instance: str
    salt: str
    house: Sequence[Entry]
    of_artist: Sequence[Entry]
    of_work: Sequence[Entry]
    chain: Sequence[Entry]  # from the first of these to the end
    before: str  # the hash before `chain`
    heads: Sequence[Head]
    visits: Sequence[WorkVisitSum]
    copies: Sequence[Copy]
    looks: Sequence[LookSum]  # latest first


def made(facts: Facts, urls: SignalUrls, now: Millis) -> Document:
    """Return the document, without its proof."""
    told = periods(facts.house, facts.of_artist, facts.of_work)
    return {
        "format": FORMAT,
        "made": moment(now),
        "instance": {"name": facts.instance, "url": urls.base, "policy": urls.policy},
        "work": _work(facts),
        "served": [_served(one, urls) for one in told],
        "machines": [_visit(one) for one in facts.visits],
        "closerLooks": [_look(one) for one in facts.looks],
        "copies": [
            {"server": one.host, "sent": moment(one.at), "arrived": one.is_delivered}
            for one in facts.copies
        ],
        "ledger": _ledger(facts),
        "howToVerify": list(_HOW),
    }


def read(body: bytes) -> Document:
    """Return a bundle. Raise `Invalid` where it is none."""
    try:
        document = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise Invalid("This file is no bundle of evidence: it is not JSON.") from broken
    if document.get("format") != FORMAT:
        raise Invalid(f"This file is no bundle of evidence: its format is not {FORMAT}.")
    return document


def problems(document: Mapping[str, Any]) -> list[str]:
    """Return what in a bundle contradicts its own ledger; nothing where all of it holds."""
    try:
        return _problems(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["Parts of the bundle are missing or are not of the right kind."]


def moment(at: Millis) -> str:
    """Return a time as RFC 3339, to the millisecond."""
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds")


def day_of(day: int) -> str:
    """Return a day, counted since 1970, as people and machines write it."""
    return datetime.fromtimestamp(day * _DAY / 1_000, UTC).date().isoformat()


_HOW: Final = (
    (
        "The signature: 'proof' is a Data Integrity proof (W3C, cryptosuite eddsa-jcs-2022) over "
        "this document without 'proof', made with the key named in 'verificationMethod'. It must "
        "be the key that the instance's own actor, at the address in 'signedBy', publishes as "
        "assertionMethod, or published when this was made."
    ),
    (
        f"The ledger: {CHAIN}. Recompute every hash from ledger.before on with the contents in "
        "ledger.chain, the first of which has the number ledger.from. What this is about stands "
        "in words in ledger.entries; of all else only the hash is given."
    ),
    f"Who it is about: {SUBJECT}. ledger.salt is the salt of this artist.",
    (
        "The time: ledger.heads are ends of the chain as they were published day by day at "
        "/transparency. Whoever kept one of them, an archive for instance, knows that the entries "
        "before it were not written later."
    ),
    (
        "'served' follows from the entries: the house's word, made stricter by the artist's and "
        "the work's. Its header lines are those that answers about the work carry in that time."
    ),
    (
        "'process' names what the artist shows of how the work was made, by the hashes of the "
        "files as they were handed in, and when that was. This instance's word stands for it: "
        "the ledger knows nothing of them."
    ),
    (
        "'closerLooks' counts, for ninety days, who opened copies larger than visitors' own by a "
        "token: an address for one browser and one hour. 'token' is a hash of it that changes "
        "daily: it tells openings of a day apart and names nobody. Members are not counted."
    ),
    "With Fixatif at hand, on the instance: fixatif evidence verify FILE",
)


def _work(facts: Facts) -> Document:
    work = facts.work
    licence = licence_of(work.licence)
    return {
        "url": facts.page_url,
        "number": str(work.id),
        "title": work.title,
        "artist": facts.artist.name or facts.artist.handle,
        "handle": facts.artist.handle,
        "year": work.year,
        "licence": licence.name,
        "licenceUrl": licence.url,
        "firstShown": moment(work.hung_at) if work.hung_at else None,
        "withdrawn": moment(work.withdrawn_at) if work.withdrawn_at else None,
        "pictures": [
            {
                "original": {"sha256": one.original_digest, "bytes": one.original_bytes},
                "copies": [
                    {
                        "rendition": f"{each.name}.{each.format}",
                        "sha256": each.digest,
                        "width": each.width,
                        "height": each.height,
                    }
                    for each in one.renditions
                ],
            }
            for one in work.pictures
        ],
        "process": [_shot(one) for one in facts.shots],
    }


def _shot(shot: Shot) -> Document:
    """Return what shows how a work was made; of a video, `picture` is what stands for it."""
    found: Document = {"added": moment(shot.added_at), "caption": shot.caption}
    if shot.video is not None:
        found["video"] = {"sha256": shot.video.digest, "bytes": shot.video.bytes}
    if shot.picture is not None:
        sha256, size = shot.picture.original_digest, shot.picture.original_bytes
        found["picture"] = {"sha256": sha256, "bytes": size}
    return found


def _served(one: Period, urls: SignalUrls) -> Document:
    return {
        "from": moment(one.since),
        "until": moment(one.until) if one.until is not None else None,
        "contentUsage": usage_text(one.usage),
        "shownTo": one.shown,
        "policyVersion": one.policy_version,
        "headers": [list(line) for line in headers(one.usage, urls)],
    }


def _visit(one: WorkVisitSum) -> Document:
    return {
        "day": day_of(one.day),
        "class": str(one.visitor),
        "crawler": one.crawler,
        "requests": one.requests,
        "refused": one.refused,
        "bytes": one.bytes,
        "firstGivenTo": one.given_to,
    }


def _look(one: LookSum) -> Document:
    return {
        "day": day_of(one.day),
        "rendition": one.rendition,
        "token": one.token,
        "requests": one.requests,
        "bytes": one.bytes,
    }


def _ledger(facts: Facts) -> Document:
    about = {one.number for one in (*facts.house, *facts.of_artist, *facts.of_work)}
    return {
        "salt": facts.salt,
        "before": facts.before,
        "from": facts.chain[0].number if facts.chain else 0,
        "chain": [content_hash(one.at, one.says).hex() for one in facts.chain],
        "end": facts.chain[-1].hash if facts.chain else "",
        "entries": [_entry(one) for one in facts.chain if one.number in about],
        "heads": [
            {"day": day_of(one.day), "number": one.number, "hash": one.hash} for one in facts.heads
        ],
    }


def _entry(one: Entry) -> Document:
    says = one.says
    return {
        "number": one.number,
        "at": one.at,
        "scope": str(says.scope),
        "subject": says.subject,
        "shown": says.shown,
        "usage": says.usage,
        "version": says.version,
    }


def _problems(document: Mapping[str, Any]) -> list[str]:
    ledger = document["ledger"]
    contents = [bytes.fromhex(one) for one in ledger["chain"]]
    entries = [_read_entry(one) for one in ledger["entries"]]
    found: list[str] = []
    first, hashes, last = int(ledger["from"]), {}, str(ledger["before"])
    for number, content in enumerate(contents, start=first):
        last = hashes[number] = chained(last, content)
    if last != ledger["end"]:
        found.append("The chain does not lead to the end that the bundle names.")
    found += [
        f"The chain contradicts what was published for {head['day']}."
        for head in ledger["heads"]
        if hashes.get(head["number"], head["hash"]) != head["hash"]
    ]
    said = dict(enumerate(contents, start=first))
    found += [
        f"Entry {one.number} is not what the chain says."
        for one in entries
        if said.get(one.number) != content_hash(one.at, one.says)
    ]
    return [*found, *_contradictions(document, entries)]


def _contradictions(document: Mapping[str, Any], entries: Sequence[Entry]) -> list[str]:
    """Return where what the bundle tells does not follow from its entries."""
    salt = str(document["ledger"]["salt"])
    work = WorkId(int(document["work"]["number"]))
    subjects = {
        Scope.HOUSE: "",
        Scope.ARTIST: subject_of(salt),
        Scope.WORK: subject_of(salt, work),
    }
    found = [
        f"Entry {one.number} is about somebody or something else."
        for one in entries
        if one.says.subject != subjects[one.says.scope]
    ]
    by_scope = {scope: [one for one in entries if one.says.scope is scope] for scope in Scope}
    told = periods(by_scope[Scope.HOUSE], by_scope[Scope.ARTIST], by_scope[Scope.WORK])
    said = [(one["from"], one["until"], one["contentUsage"]) for one in document["served"]]
    follows = [
        (moment(one.since), moment(one.until) if one.until is not None else None,
         usage_text(one.usage))
        for one in told
    ]  # fmt: skip
    if said != follows:
        found.append("What was served does not follow from the entries of the ledger.")
    return found


def _read_entry(one: Mapping[str, Any]) -> Entry:
    says = Statement(
        Scope(one["scope"]),
        str(one["subject"]),
        str(one["usage"]),
        str(one["shown"]),
        int(one["version"]),
    )
    return Entry(Millis(int(one["at"])), says, int(one["number"]))
