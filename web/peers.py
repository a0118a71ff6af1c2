"""How other servers, their standing and their policies are told to people. Pure."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from server.dealings import Peer
from server.impact import Impact, SeveredFollow
from server.model import Preference
from server.neighbours import PeerDecision, PeerFollow, PeerPolicy, PeerWord, PolicyState
from server.peer_book import PeerFile, PeerLine
from server.phrasing import TYPES
from server.rules import Door
from server.signals import read_usage
from server.tiers import Standing, Tier, TierSource
from web.deliveries import plain_reason
from web.peer_views import DecisionRow, FollowRow, LookAhead, PeerPage, PeerRow
from web.text import plural
from web.views import OptionView

BASE: Final = "/admin/federation"
_TIERS: Final = {
    Tier.ALLY: "Ally",
    Tier.KNOWN: "Known",
    Tier.NEUTRAL: "Neutral",
    Tier.LIMITED: "Limited",
    Tier.REFUSED: "Refused",
}
TIERS: Final = (
    OptionView("", "No word", "What lists and the server itself say of it holds."),
    OptionView(Tier.ALLY, _TIERS[Tier.ALLY], "Trusted by you: a rule may give allies more."),
    OptionView(Tier.KNOWN, _TIERS[Tier.KNOWN], "As a server that publishes and keeps a policy."),
    OptionView(Tier.NEUTRAL, _TIERS[Tier.NEUTRAL], "As anybody, whatever lists say."),
    OptionView(
        Tier.LIMITED,
        _TIERS[Tier.LIMITED],
        "What comes from there stays out of public lists, and it gets small pictures.",
    ),
    OptionView(
        Tier.REFUSED,
        _TIERS[Tier.REFUSED],
        "Nothing is taken from there and nothing sent: follows both ways are cut.",
    ),
)
_ACTIONS: Final = {
    "refuse": "refused",
    "hold": "held for a moderator",
    "hide": "kept out of public lists",
    "strip-media": "taken without its pictures",
    "label": "labelled",
    "preview": "sent with small pictures",
    "link-only": "sent as a link alone",
}


def row_of(line: PeerLine) -> PeerRow:
    """Return a server as the list shows it."""
    return PeerRow(
        host=line.policy.host,
        url=url_of(line.policy.host),
        standing=_TIERS[line.standing.tier],
        why=_why(line.standing),
        met_at=line.policy.met_at,
        trouble=_trouble(line.health),
    )


def url_of(host: str) -> str:
    """Return the page of a server."""
    return f"{BASE}/{quote(host, safe=':')}"


def page_of(found: PeerFile) -> PeerPage:
    """Return what everybody who may read it sees of a server's page."""
    counts = found.counts
    shown = tuple(_follow(one) for one in found.follows)
    return PeerPage(
        host=found.host,
        url=url_of(found.host),
        standing=_TIERS[found.standing.tier],
        why=_why(found.standing, found.word, found.host),
        said_at=found.word.at if found.word and _is_word(found.standing) else None,
        facts=(
            ("Follow somebody here", plural(counts.followers, "account")),
            ("Followed from here", plural(counts.following, "account")),
            ("Works sent there", f"{counts.works:,}"),
            ("Posts from there, kept here", f"{counts.posts:,}"),
        ),
        met_at=found.policy.met_at,
        is_met=found.is_met,
        trouble=_trouble(found.health),
        failures=found.health.failures if found.health else 0,
        policy=policy_sentences(found.policy),
        checked_at=found.policy.checked_at,
        document=found.policy.document,
        follows=shown,
        follows_left=max(0, counts.followers + counts.following - len(shown)),
        decisions=tuple(_decision(one) for one in found.decisions),
    )


def policy_sentences(policy: PeerPolicy) -> tuple[str, ...]:
    """Return what a server publishes about machines, and whether it is believed."""
    if policy.checked_at is None:
        return ("It was not asked for its policy yet.",)
    said = {
        PolicyState.UNASKED: "It was not asked for its policy yet.",
        PolicyState.NONE: "It publishes no policy for machines.",
        PolicyState.VALID: "It publishes a policy for machines, signed by the server itself.",
        PolicyState.BROKEN: "What it publishes as its policy is not believed.",
        PolicyState.AWAY: "It could not be asked for its policy when we last tried.",
    }[policy.state]
    return (
        said,
        *([policy.problem] if policy.problem else []),
        *_usage(policy.content_usage),
        *([f"This is version {policy.version} of it."] if policy.version else []),
        _claim(policy),
    )


def ahead_of(impact: Impact, host: str, *, tier: str, reason: str, must_type: str) -> LookAhead:
    """Return what a word would do, before it is said."""
    tolls = [each.toll for each in impact.replay.by_peer if each.peer == host]
    refused = sum(toll.refused_after - toll.refused_before for toll in tolls)
    changed = sum(toll.changed for toll in tolls)
    days = plural(impact.days, "day")
    sentences = [
        f"Of what passed between here and there in the last {days}, "
        f"{plural(changed, 'thing')} would have been treated otherwise."
        if changed
        else f"Nothing that passed between here and there in the last {days} would have been "
        "treated otherwise."
    ]
    if refused > 0:
        sentences.append(f"{plural(refused, 'thing')} more would have been refused or held.")
    return LookAhead(
        tier=tier,
        reason=reason,
        name=tier_name(tier),
        cut=tuple(_severed(one) for one in impact.severed_follows),
        restored=tuple(_severed(one) for one in impact.restored_follows),
        sentences=(*sentences, *impact.warnings, *impact.caveats),
        must_type=must_type,
    )


def tier_name(tier: str) -> str:
    """Return what a tier is called; "" takes a word back."""
    return _TIERS[Tier(tier)] if tier else "No word"


def _usage(text: str) -> tuple[str, ...]:
    """Return what a Content-Usage refuses and permits, in words."""
    usage = read_usage(text)
    answers = (
        (usage.train_ai, "training AI"),
        (usage.ai_use, "feeding works to AI"),
        (usage.search, "showing works in searches"),
    )
    said = []
    for preference, verb in ((Preference.NO, "refuses"), (Preference.YES, "permits")):
        named = [what for answer, what in answers if answer is preference]
        if named:
            said.append(
                f"It {verb} {' and '.join(filter(None, (', '.join(named[:-1]), named[-1])))}."
            )
    return tuple(said)


def _claim(policy: PeerPolicy) -> str:
    if policy.is_known:
        return "It claims to enforce it. That is its own word: anybody can claim this."
    if policy.is_enforced:
        return "It claims to enforce it, but it has been away for too long to count on that."
    return "It does not claim to enforce any."


def _is_word(standing: Standing) -> bool:
    return standing.source is TierSource.WORD


def _why(standing: Standing, word: PeerWord | None = None, host: str = "") -> str:
    """Return who says so, as the rest of a sentence."""
    if _is_word(standing) and word is not None:
        author = f"@{word.author}" if word.author else "the command line"
        about = "" if word.domain == host else f" about {word.domain}"
        because = f", because “{_quoted(word.reason)}”" if word.reason else ""
        return f"by the word of {author}{about}{because}"
    return {
        TierSource.WORD: f"by a word, because “{_quoted(standing.detail)}”"
        if standing.detail
        else "by a word",
        TierSource.LIST: f"by the list “{standing.detail}”",
        TierSource.CLAIM: "it publishes a signed policy and claims to enforce it",
        TierSource.MODE: "this place deals only with servers that were let in",
        TierSource.DEFAULT: "nobody said anything about it",
    }[standing.source]


def _quoted(reason: str) -> str:
    """Return a reason to stand inside a sentence, which has a full stop of its own."""
    return reason.removesuffix(".")


def _trouble(health: Peer | None) -> str:
    return plain_reason(health.reason) if health is not None and health.failures else ""


def _follow(one: PeerFollow) -> FollowRow:
    words = "follows" if one.is_ours else "is followed by"
    return FollowRow(f"@{one.local}", f"@{one.remote}", words)


def _severed(one: SeveredFollow) -> FollowRow:
    words = "is followed by" if one.is_theirs else "follows"
    return FollowRow(f"@{one.local}", f"@{one.remote}", words)


def _decision(one: PeerDecision) -> DecisionRow:
    way = "from there" if one.door is Door.INBOUND else "to there"
    done = _ACTIONS.get(one.action, one.action)
    what = TYPES.get(one.type, one.type or "something")
    return DecisionRow(
        f"{what[0].upper()}{what[1:]} {way}: {done}{_because(one.rule)}", one.number, one.at
    )


def _because(rule: str) -> str:
    """Return what decided: a rule of the house, or what follows from a tier."""
    if rule.startswith("tier."):
        return f", as the server is {rule.removeprefix('tier.')}"
    if rule.startswith("ai_works."):
        return ", as it was made by AI"
    return f" by the rule “{rule}”" if rule else ""


def rows_of(lines: Iterable[PeerLine]) -> tuple[PeerRow, ...]:
    """Return the list of servers."""
    return tuple(row_of(line) for line in lines)
