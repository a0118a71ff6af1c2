"""What a change would do, or has done: nouns, and the document that machines read. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from server.model import Millis
from server.passages import CrossFollow
from server.rules import Door
from server.tiers import Tier
from server.values import dataclass
from server.visitors import VisitorClass


@dataclass(frozen=True, slots=True)
class SeveredFollow:
    """A follow between here and elsewhere that a change cuts, or brings back."""

    local: str  # handle
    remote: str  # handle@domain
    is_theirs: bool  # they follow us
    rule: str  # what cuts it

    @property
    def direction(self) -> str:
        """Who follows whom, as the JSON of a dry run says it."""
        return "follows-us" if self.is_theirs else "followed-by-us"


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """How often a rule decided so, and would. `rule`: "" where none speaks.

    `is_logged`: it only logs: so often it is noted that it would have.
    """

    door: Door
    rule: str
    action: str
    before: int = 0
    after: int = 0
    is_logged: bool = False


@dataclass(frozen=True, slots=True)
class Toll:
    """Of so many things, how many are refused or held, and would be."""

    total: int = 0
    refused_before: int = 0
    refused_after: int = 0
    held_before: int = 0
    held_after: int = 0
    changed: int = 0  # how many would be treated otherwise, in whatever way


@dataclass(frozen=True, slots=True)
class PeerImpact:
    """What a change does to what comes from a server and goes there."""

    peer: str  # "": among too many to be told apart
    tier_before: Tier
    tier_after: Tier
    toll: Toll


@dataclass(frozen=True, slots=True)
class ArtistImpact:
    """What a change does to what an artist here sends and is sent."""

    handle: str
    toll: Toll


@dataclass(frozen=True, slots=True)
class CrawlerImpact:
    """What a change does to visitors of one kind: a crawler by its name, else a class."""

    visitor: VisitorClass
    crawler: str  # token; "" for all others of the class
    requests: int
    bytes: int
    refused_before: int
    refused_after: int
    changed: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing that passed a door, as an example."""

    at: Millis
    door: Door
    who: str  # an account elsewhere, a crawler or a class
    what: str  # the activity's type, or the first segment of the path
    peer: str
    before: str  # action
    rule_before: str
    after: str
    rule_after: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a month's or week's traffic would have met."""

    activities: int = 0
    requests: int = 0
    changed: int = 0  # of both together
    newly_refused: int = 0
    newly_allowed: int = 0  # refused today
    by_rule: tuple[RuleImpact, ...] = ()
    by_peer: tuple[PeerImpact, ...] = ()
    by_artist: tuple[ArtistImpact, ...] = ()
    crawlers: tuple[CrawlerImpact, ...] = ()
    people: tuple[CrawlerImpact, ...] = ()  # everybody else who visits
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """A dry run. `version`: of the policy that it was compared with."""

    version: int
    days: int
    severed_follows: tuple[SeveredFollow, ...] = ()
    restored_follows: tuple[SeveredFollow, ...] = ()
    replay: Replay = Replay()
    warnings: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()  # what the dry run cannot know


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a change. `version`: of the policy that is in force now."""

    version: int
    severed: int = 0
    restored: int = 0
    is_changed: bool = True  # False: it says what is in force already


def severed_follow(cross: CrossFollow, rule: str) -> SeveredFollow:
    """Return a follow as people are told of it."""
    return SeveredFollow(cross.local_handle, cross.remote_address, cross.is_theirs, rule)


def document_of(impact: Impact) -> Mapping[str, Any]:
    """Return a dry run as JSON says it."""
    replay = impact.replay
    return {
        "version": impact.version,
        "days": impact.days,
        "activities": replay.activities,
        "requests": replay.requests,
        "changed": replay.changed,
        "newly_refused": replay.newly_refused,
        "newly_allowed": replay.newly_allowed,
        "by_rule": [asdict(each) for each in replay.by_rule],
        "by_peer": [
            {
                "peer": each.peer,
                "tier_before": each.tier_before,
                "tier_after": each.tier_after,
                **asdict(each.toll),
            }
            for each in replay.by_peer
        ],
        "by_artist": [{"artist": each.handle, **asdict(each.toll)} for each in replay.by_artist],
        "crawlers": [_crawler(each) for each in replay.crawlers],
        "visitors": [_crawler(each) for each in replay.people],
        "severed_follows": [_follow(each) for each in impact.severed_follows],
        "restored_follows": [_follow(each) for each in impact.restored_follows],
        "samples": [asdict(each) for each in replay.samples],
        "warnings": list(impact.warnings),
        "caveats": list(impact.caveats),
    }


def _crawler(each: CrawlerImpact) -> dict[str, Any]:
    told = asdict(each)
    return {"class": told.pop("visitor"), **told}


def _follow(each: SeveredFollow) -> dict[str, str]:
    return {
        "local": each.local,
        "remote": each.remote,
        "direction": each.direction,
        "rule": each.rule,
    }
