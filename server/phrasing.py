"""Rules as sentences that say to people what they do; pure.

The law: one sentence a rule, in the words of someone who runs a studio and no computers; a long
list is cut, and says by how much.
"""

from collections.abc import Callable, Mapping

from server.model import AiLabel, Visibility
from server.policy import PRESETS
from server.rules import Action, Condition, ConditionKind, Door, Follows, Medium, Proof, Rule
from server.tiers import Tier
from server.values import dataclass
from server.visitors import VisitorClass

_SHOWN = 3  # values of a list

CLASSES: Mapping[str, str] = {
    VisitorClass.MEMBER: "people who are signed in",
    VisitorClass.PEER: "other servers",
    VisitorClass.PERSON: "visitors who proved to be people",
    VisitorClass.VISITOR: "visitors with a browser",
    VisitorClass.SEARCH: "search engines",
    VisitorClass.PREVIEW: "link previews",
    VisitorClass.FEED: "feed readers",
    VisitorClass.ARCHIVE: "web archives",
    VisitorClass.AI_TRAINING: "crawlers that gather training data",
    VisitorClass.AI_SEARCH: "AI search engines",
    VisitorClass.AI_USER: "AI assistants",
    VisitorClass.DATASET: "crawlers that gather data sets",
    VisitorClass.SEO: "marketing crawlers",
    VisitorClass.TOOL: "automatic programs",
    VisitorClass.FORGED: "crawlers under a false name",
    VisitorClass.UNKNOWN: "programs nobody knows",
}
TIERS: Mapping[str, str] = {
    Tier.ALLY: "allies",
    Tier.KNOWN: "servers that publish a policy",
    Tier.NEUTRAL: "servers nothing is said about",
    Tier.LIMITED: "limited servers",
    Tier.REFUSED: "refused servers",
}
TYPES: Mapping[str, str] = {
    "Create": "new posts",
    "Update": "changes to posts",
    "Delete": "deletions",
    "Announce": "boosts",
    "Like": "likes",
    "Follow": "requests to follow",
    "Flag": "reports",
    "Move": "moves of accounts",
    "Block": "blocks",
    "Undo": "things taken back",
    "EmojiReact": "emoji reactions",
    "Accept": "acceptances",
    "Reject": "rejections",
    "QuoteRequest": "requests to quote",
}
MEDIA: Mapping[str, str] = {
    Medium.IMAGE: "with pictures",
    Medium.VIDEO: "with video",
    Medium.AUDIO: "with sound",
    Medium.NONE: "without pictures, video or sound",
}
FOLLOWS: Mapping[str, str] = {
    Follows.FOLLOWED_HERE: "people whom somebody here follows",
    Follows.FOLLOWS_HERE: "people who follow somebody here",
    Follows.NONE: "people whom nobody here knows",
}
AI: Mapping[str, str] = {
    AiLabel.NONE: "not made with AI",
    AiLabel.ASSISTED: "made with help of AI",
    AiLabel.GENERATED: "made by AI",
}
VISIBILITIES: Mapping[str, str] = {
    Visibility.PUBLIC: "public",
    Visibility.UNLISTED: "unlisted",
    Visibility.FOLLOWERS: "for followers",
    Visibility.DIRECT: "private",
}
PROOFS: Mapping[str, str] = {
    Proof.NONE: "without any proof",
    Proof.COOKIE: "whose browser keeps a cookie",
    Proof.WORK: "whose browser did a small sum",
}
DOORS: Mapping[Door, str] = {
    Door.WEB: "Pages: who may read here",
    Door.MEDIA: "Pictures: who may have which",
    Door.INBOUND: "Arriving: what other servers send",
    Door.OUTBOUND: "Leaving: what other servers get",
}
PRESET_MEANINGS: Mapping[str, str] = {
    "strict-studio": (
        "AI and collectors stay out, programs and visitors see small pictures, and works made by "
        "AI are not taken in. For studios that show rather than spread."
    ),
    "standard-no-ai": (
        "AI crawlers are refused, search engines and people are welcome, and works made by AI "
        "carry a label. What most places want."
    ),
    "open": (
        "Everybody may read, search and train; only hasty programs are slowed. For work that is "
        "meant to spread."
    ),
}


@dataclass(frozen=True, slots=True)
class _Verb:
    one: str  # after "everything"
    many: str


_VERBS: Mapping[tuple[Door, Action], _Verb] = {
    (door, action): _Verb(one, many or one)
    for door, action, one, many in (
        (Door.WEB, Action.ALLOW, "may read pages", ""),
        (Door.WEB, Action.THROTTLE, "is served slowly", "are served slowly"),
        (Door.WEB, Action.REFUSE, "is refused on pages", "are refused on pages"),
        (Door.MEDIA, Action.ALLOW, "gets pictures", "get pictures"),
        (
            *(Door.MEDIA, Action.PROVE),
            *("must give a proof before pictures", "must give a proof before pictures"),
        ),
        (Door.MEDIA, Action.PREVIEW, "gets small pictures only", "get small pictures only"),
        (Door.MEDIA, Action.REFUSE, "gets no pictures", "get no pictures"),
        (Door.INBOUND, Action.ALLOW, "is let in", "are let in"),
        (Door.INBOUND, Action.LABEL, "is let in with a label", "are let in with a label"),
        (
            *(Door.INBOUND, Action.HIDE),
            *("is kept out of public feeds", "are kept out of public feeds"),
        ),
        (
            *(Door.INBOUND, Action.STRIP_MEDIA),
            *("is let in without pictures", "are let in without pictures"),
        ),
        (Door.INBOUND, Action.HOLD, "waits for a moderator", "wait for a moderator"),
        (Door.INBOUND, Action.REFUSE, "is refused", "are refused"),
        (Door.OUTBOUND, Action.FULL, "is sent in full", "are sent in full"),
        (
            *(Door.OUTBOUND, Action.PREVIEW),
            *("is sent with small pictures", "are sent with small pictures"),
        ),
        (Door.OUTBOUND, Action.LINK_ONLY, "is sent as a link", "are sent as a link"),
        (Door.OUTBOUND, Action.REFUSE, "is not sent", "are not sent"),
    )
}


def sentence_of(rule: Rule) -> str:
    """Return what a rule does, as one sentence without its reason."""
    subject, is_many = _subject(rule)
    verb = _VERBS[rule.door, rule.then]
    said = [subject, *_details(rule), verb.many if is_many else verb.one]
    path = _values(rule, ConditionKind.PATH)
    if path:
        said.append(f"below {_listed(path)}")
    text = " ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def effect_of(door: Door, action: Action) -> str:
    """Return what an action does, for a list to choose from."""
    many = _VERBS[door, action].many
    return f"{many[0].upper()}{many[1:]}"


def presets() -> tuple[tuple[str, str], ...]:
    """Return each preset's name and what it means."""
    return tuple((name, PRESET_MEANINGS[name]) for name in PRESETS)


def _subject(rule: Rule) -> tuple[str, bool]:
    """Return who or what a rule is about, and whether that is many."""
    if rule.door in {Door.WEB, Door.MEDIA}:
        classes = _values(rule, ConditionKind.CLASS)
        return (
            (_listed([CLASSES[each] for each in classes]), True)
            if classes
            else (
                "everybody",
                False,
            )
        )
    types = _values(rule, ConditionKind.TYPE)
    if types:
        return _listed([TYPES.get(each, f"activities of the kind {each}") for each in types]), True
    return ("everything", False) if rule.door is Door.INBOUND else ("works and posts", True)


def _details(rule: Rule) -> list[str]:
    towards = "for" if rule.door is Door.OUTBOUND else "from"
    return [
        _DETAILS[condition.kind](condition, towards)
        for condition in rule.when
        if condition.kind in _DETAILS
    ]


def _values(rule: Rule, kind: ConditionKind) -> tuple[str, ...]:
    return next((each.values for each in rule.when if each.kind is kind), ())


def _listed(words: tuple[str, ...] | list[str], joint: str = "and") -> str:
    """Return words as a sentence lists them, no more than a few."""
    more = len(words) - _SHOWN
    if more > 1:
        return f"{', '.join(words[:_SHOWN])} {joint} {more:,} more"
    return f" {joint} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _named(names: Mapping[str, str], before: str = "") -> Callable[[Condition, str], str]:
    return lambda condition, _: before + _listed([names[v] for v in condition.values], "or")


_DETAILS: Mapping[ConditionKind, Callable[[Condition, str], str]] = {
    ConditionKind.USER_AGENT: lambda c, _: f"calling themselves {_listed(c.values, 'or')}",
    ConditionKind.NETWORK: lambda c, _: f"from the network {_listed(c.values, 'or')}",
    ConditionKind.PEER: lambda c, to: f"{to} {_listed(c.values)}",
    ConditionKind.TOKEN: lambda c, _: f"with addresses given to {_listed(c.values, 'or')}",
    ConditionKind.TIER: lambda c, to: f"{to} {_listed([TIERS[each] for each in c.values])}",
    ConditionKind.RENDITION: lambda c, _: f"that want the size {_listed(c.values, 'or')}",
    ConditionKind.PROOF: _named(PROOFS),
    ConditionKind.ACTOR: lambda c, _: f"by {_listed(c.values, 'or')}",
    ConditionKind.AI: _named(AI),
    ConditionKind.MEDIA: _named(MEDIA),
    ConditionKind.HASHTAG: lambda c, _: (
        f"tagged {_listed([f'#{each}' for each in c.values], 'or')}"
    ),
    ConditionKind.YOUNGER_THAN_DAYS: lambda c, _: (
        f"from accounts younger than {c.values[0]} {'day' if c.values[0] == '1' else 'days'}"
    ),
    ConditionKind.FOLLOWS: _named(FOLLOWS, "from "),
    ConditionKind.VISIBILITY: _named(VISIBILITIES, "that are "),
    ConditionKind.SENSITIVE: lambda c, _: (
        "marked as sensitive" if c.values[0] == "true" else "not marked as sensitive"
    ),
}
