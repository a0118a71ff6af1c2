"""The engine as a table: what rules, tier and `ai_works` make of facts, one row a case.

A row is: door, rules, facts, the action expected and who decides. Rules are lines of
`name: condition=value,value condition=value -> action`, with `!` before the name of a shadow.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from server.model import AiLabel, RenditionName, Visibility
from server.policy import STANDARD_NO_AI, AiWorks, Policy, RemoteAiWorks
from server.rules import (
    Action,
    Condition,
    ConditionKind,
    Door,
    Facts,
    InboundFacts,
    MediaFacts,
    OutboundFacts,
    Proof,
    Rule,
    WebFacts,
)
from server.tiers import Tier
from server.visitors import VisitorClass

ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # -- the web door: classes
    ("web", "a: class=tool -> refuse", "as=tool", "refuse", "a"),
    ("web", "a: class=tool -> refuse", "as=visitor", "allow", ""),
    ("web", "a: class=tool,seo -> refuse", "as=seo", "refuse", "a"),
    ("web", "a: class=forged -> refuse", "as=forged", "refuse", "a"),
    ("web", "a: -> refuse", "as=member", "refuse", "a"),
    ("web", "a: -> throttle", "as=unknown", "throttle", "a"),
    ("web", "a: -> allow", "as=ai-training", "allow", "a"),
    ("web", "a: class=person -> refuse", "as=person", "refuse", "a"),
    ("web", "a: class=peer -> throttle", "as=peer peer=a.example", "throttle", "a"),
    ("web", "", "as=ai-training", "allow", ""),
    # -- user agents
    ("web", "a: user_agent=Odd -> refuse", "as=unknown agent=Odd/1.0", "refuse", "a"),
    ("web", "a: user_agent=Odd -> refuse", "as=unknown agent=Odd", "refuse", "a"),
    ("web", "a: user_agent=Odd -> refuse", "as=unknown agent=odd/1.0", "allow", ""),
    ("web", "a: user_agent=Odd -> refuse", "as=unknown agent=Oddity", "allow", ""),
    ("web", "a: user_agent=Odd -> refuse", "as=unknown agent=Not-Odd", "allow", ""),
    ("web", "a: user_agent=Odd -> refuse", "as=peer agent=M/4_(+https://Odd/)", "allow", ""),
    ("web", "a: user_agent=Odd -> refuse", "as=tool agent=X_(bot;_Odd;_y)", "refuse", "a"),
    ("web", "a: user_agent=Odd,Even -> refuse", "as=tool agent=Even/3", "refuse", "a"),
    ("web", "a: user_agent=Odd/2 -> refuse", "as=tool agent=Odd/2", "refuse", "a"),
    ("web", "a: user_agent=Odd/2 -> refuse", "as=tool agent=Odd/3", "allow", ""),
    ("web", "a: user_agent=Odd.Bot -> refuse", "as=tool agent=Odd.Bot/3", "refuse", "a"),
    ("web", "a: user_agent=Odd -> refuse", "as=tool", "allow", ""),
    # -- networks
    ("web", "a: network=192.0.2.0/24 -> refuse", "as=tool ip=192.0.2.255", "refuse", "a"),
    ("web", "a: network=192.0.2.0/24 -> refuse", "as=tool ip=192.0.3.0", "allow", ""),
    ("web", "a: network=192.0.2.0/24 -> refuse", "as=tool ip=192.0.1.255", "allow", ""),
    ("web", "a: network=192.0.2.0/24 -> refuse", "as=tool ip=::ffff:192.0.2.9", "refuse", "a"),
    ("web", "a: network=192.0.2.0/24 -> refuse", "as=tool", "allow", ""),
    ("web", "a: network=192.0.2.7/32 -> refuse", "as=tool ip=192.0.2.7", "refuse", "a"),
    ("web", "a: network=192.0.2.7/32 -> refuse", "as=tool ip=192.0.2.8", "allow", ""),
    ("web", "a: network=0.0.0.0/0 -> refuse", "as=tool ip=8.8.8.8", "refuse", "a"),
    ("web", "a: network=0.0.0.0/0 -> refuse", "as=tool ip=2001:db8::1", "allow", ""),
    ("web", "a: network=2001:db8::/32 -> refuse", "as=tool ip=2001:db8:1::1", "refuse", "a"),
    ("web", "a: network=2001:db8::/32 -> refuse", "as=tool ip=2001:db9::1", "allow", ""),
    ("web", "a: network=10.0.0.0/8,192.0.2.0/24 -> refuse", "as=tool ip=10.9.8.7", "refuse", "a"),
    (
        *("web", "a: network=10.0.0.0/8 -> throttle; b: network=10.1.0.0/16 -> refuse"),
        *("as=tool ip=10.1.2.3", "throttle", "a"),
    ),
    (
        *("web", "a: network=10.1.0.0/16 -> refuse; b: network=10.0.0.0/8 -> throttle"),
        *("as=tool ip=10.1.2.3", "refuse", "a"),
    ),
    (
        *("web", "a: network=10.1.0.0/16 -> refuse; b: network=10.0.0.0/8 -> throttle"),
        *("as=tool ip=10.2.2.3", "throttle", "b"),
    ),
    # -- paths
    ("web", "a: path=/studio -> refuse", "as=tool path=/studio", "refuse", "a"),
    ("web", "a: path=/studio -> refuse", "as=tool path=/studio/new", "refuse", "a"),
    ("web", "a: path=/studio -> refuse", "as=tool path=/studios", "allow", ""),
    ("web", "a: path=/studio/ -> refuse", "as=tool path=/studio/new", "refuse", "a"),
    ("web", "a: path=/studio/ -> refuse", "as=tool path=/studio", "allow", ""),
    ("web", "a: path=/ -> refuse", "as=tool path=/any/thing", "refuse", "a"),
    ("web", "a: path=/@ana/x -> refuse", "as=tool path=/@ana/x/y/z", "refuse", "a"),
    ("web", "a: path=/@ana/x -> refuse", "as=tool path=/@ana", "allow", ""),
    ("web", "a: path=/a,/b -> refuse", "as=tool path=/b/c", "refuse", "a"),
    # -- what stays open
    ("web", "a: -> refuse", "as=ai-training path=/robots.txt", "allow", ""),
    ("web", "a: -> refuse", "as=ai-training path=/.well-known/tdmrep.json", "allow", ""),
    ("web", "a: -> refuse", "as=ai-training path=/.well-known/webfinger", "allow", ""),
    ("web", "a: -> refuse", "as=ai-training path=/policy", "allow", ""),
    ("web", "a: -> refuse", "as=ai-training path=/rsl.xml", "allow", ""),
    ("web", "a: -> refuse", "as=ai-training path=/ai.txt", "allow", ""),
    ("web", "a: path=/robots.txt -> refuse", "as=ai-training path=/robots.txt", "allow", ""),
    ("web", "a: -> refuse", "as=tool path=/robots.txt.bak", "refuse", "a"),
    ("web", "a: -> refuse", "as=tool path=/policyx", "refuse", "a"),
    ("web", "", "as=peer peer=bad.example tier=refused path=/robots.txt", "allow", ""),
    # -- peers and tiers on the web
    ("web", "a: peer=bad.example -> refuse", "as=peer peer=bad.example", "refuse", "a"),
    ("web", "a: peer=bad.example -> refuse", "as=peer peer=x.bad.example", "refuse", "a"),
    ("web", "a: peer=bad.example -> refuse", "as=peer peer=notbad.example", "allow", ""),
    ("web", "a: peer=bad.example -> refuse", "as=peer peer=bad.example:8443", "refuse", "a"),
    ("web", "a: peer=bad.example -> refuse", "as=visitor", "allow", ""),
    ("web", "a: tier=limited -> throttle", "as=peer peer=a.example tier=limited", "throttle", "a"),
    ("web", "a: tier=neutral -> refuse", "as=visitor tier=neutral", "allow", ""),
    ("web", "", "as=peer peer=bad.example tier=refused", "refuse", "tier.refused"),
    ("web", "", "as=peer peer=a.example tier=limited", "allow", ""),
    ("web", "", "as=visitor tier=refused", "allow", ""),
    ("web", "a: -> throttle", "as=peer peer=a.example tier=refused", "refuse", "tier.refused"),
    ("web", "a: class=peer -> allow", "as=peer peer=a.example tier=refused", "allow", "a"),
    # -- order, conjunction, shadows
    ("web", "a: -> throttle; b: -> refuse", "as=tool", "throttle", "a"),
    ("web", "a: class=seo -> throttle; b: -> refuse", "as=tool", "refuse", "b"),
    ("web", "a: class=tool path=/x -> refuse", "as=tool path=/x", "refuse", "a"),
    ("web", "a: class=tool path=/x -> refuse", "as=tool path=/y", "allow", ""),
    ("web", "a: class=tool path=/x -> refuse", "as=seo path=/x", "allow", ""),
    ("web", "!a: -> refuse; b: -> throttle", "as=tool", "throttle", "b"),
    ("web", "!a: -> refuse", "as=tool", "allow", ""),
    ("web", "a: class=search -> allow; b: -> refuse", "as=search", "allow", "a"),
    ("web", "a: class=search -> allow; b: -> refuse", "as=tool", "refuse", "b"),
    # -- the media door
    ("media", "a: class=ai-user -> refuse", "as=ai-user", "refuse", "a"),
    ("media", "a: class=tool -> preview", "as=tool", "preview", "a"),
    ("media", "a: proof=none -> prove", "as=visitor", "prove", "a"),
    ("media", "a: proof=none -> prove", "as=visitor proof=cookie", "allow", ""),
    ("media", "a: proof=none,cookie -> prove", "as=visitor proof=cookie", "prove", "a"),
    ("media", "a: proof=work -> allow; b: -> preview", "as=visitor proof=work", "allow", "a"),
    ("media", "a: rendition=large,full -> refuse", "as=visitor rendition=large", "refuse", "a"),
    ("media", "a: rendition=large,full -> refuse", "as=visitor rendition=tile", "allow", ""),
    ("media", "a: token=leak.example -> refuse", "as=tool token=leak.example", "refuse", "a"),
    ("media", "a: token=leak.example -> refuse", "as=tool token=sub.leak.example", "refuse", "a"),
    ("media", "a: token=leak.example -> refuse", "as=tool", "allow", ""),
    ("media", "a: tier=limited -> preview", "as=tool tier=limited", "preview", "a"),
    ("media", "a: tier=limited -> preview", "as=tool tier=ally", "allow", ""),
    ("media", "a: tier=limited -> preview", "as=tool", "allow", ""),
    ("media", "a: network=192.0.2.0/24 -> refuse", "as=tool ip=192.0.2.1", "refuse", "a"),
    ("media", "a: user_agent=Odd -> preview", "as=tool agent=Odd/1", "preview", "a"),
    ("media", "", "as=tool tier=refused", "allow", ""),
    # -- what arrives
    ("inbound", "a: peer=bad.example -> refuse", "peer=bad.example", "refuse", "a"),
    ("inbound", "a: peer=bad.example -> refuse", "peer=BAD.example", "refuse", "a"),
    ("inbound", "a: peer=bad.example -> refuse", "peer=bad.example.", "refuse", "a"),
    ("inbound", "a: peer=bad.example -> refuse", "peer=example", "allow", ""),
    ("inbound", "a: peer=x.bad.example -> refuse", "peer=bad.example", "allow", ""),
    ("inbound", "a: peer=bad.example:8443 -> refuse", "peer=bad.example:8443", "refuse", "a"),
    ("inbound", "a: peer=bad.example:8443 -> refuse", "peer=bad.example", "allow", ""),
    (
        *("inbound", "a: peer=ok.bad.example -> allow; b: peer=bad.example -> refuse"),
        *("peer=ok.bad.example", "allow", "a"),
    ),
    (
        *("inbound", "b: peer=bad.example -> hold; a: peer=ok.bad.example -> allow"),
        *("peer=ok.bad.example", "hold", "b"),
    ),
    ("inbound", "a: type=Announce -> refuse", "peer=a.example type=Announce", "refuse", "a"),
    ("inbound", "a: type=Announce -> refuse", "peer=a.example type=Create", "allow", ""),
    ("inbound", "a: type=Announce -> refuse", "peer=a.example", "allow", ""),
    (
        "inbound",
        "a: actor=eve@a.example -> hold",
        "peer=a.example actor=Eve@a.example",
        "hold",
        "a",
    ),
    (
        "inbound",
        "a: actor=eve@a.example -> hold",
        "peer=a.example actor=bob@a.example",
        "allow",
        "",
    ),
    ("inbound", "a: actor=eve@a.example -> hold", "peer=a.example", "allow", ""),
    (
        *("inbound", "a: actor=https://a.example/u/1 -> refuse"),
        *("peer=a.example uri=https://a.example/u/1", "refuse", "a"),
    ),
    ("inbound", "a: ai=generated -> refuse", "peer=a.example ai=generated", "refuse", "a"),
    ("inbound", "a: ai=assisted -> label", "peer=a.example ai=assisted", "label", "a"),
    ("inbound", "a: ai=none -> hide", "peer=a.example ai=none", "hide", "a"),
    ("inbound", "a: ai=none -> hide", "peer=a.example", "allow", ""),
    ("inbound", "a: media=video -> strip-media", "peer=a.example media=video", "strip-media", "a"),
    (
        *("inbound", "a: media=video -> strip-media"),
        *("peer=a.example media=image,video", "strip-media", "a"),
    ),
    ("inbound", "a: media=video -> strip-media", "peer=a.example media=image", "allow", ""),
    ("inbound", "a: media=none -> hide", "peer=a.example media=none", "hide", "a"),
    ("inbound", "a: media=none -> hide", "peer=a.example", "allow", ""),
    ("inbound", "a: hashtag=nft -> refuse", "peer=a.example tags=nft,art", "refuse", "a"),
    ("inbound", "a: hashtag=nft -> refuse", "peer=a.example tags=art", "allow", ""),
    ("inbound", "a: hashtag=nft -> refuse", "peer=a.example", "allow", ""),
    ("inbound", "a: hashtag=nft,ai -> hide", "peer=a.example tags=ai", "hide", "a"),
    ("inbound", "a: younger_than_days=7 -> hold", "peer=a.example age=6", "hold", "a"),
    ("inbound", "a: younger_than_days=7 -> hold", "peer=a.example age=7", "allow", ""),
    ("inbound", "a: younger_than_days=7 -> hold", "peer=a.example age=0", "hold", "a"),
    ("inbound", "a: younger_than_days=7 -> hold", "peer=a.example", "allow", ""),
    (
        *("inbound", "a: younger_than_days=2 -> refuse; b: younger_than_days=9 -> hold"),
        *("peer=a.example age=5", "hold", "b"),
    ),
    (
        *("inbound", "a: younger_than_days=2 -> refuse; b: younger_than_days=9 -> hold"),
        *("peer=a.example age=1", "refuse", "a"),
    ),
    ("inbound", "a: follows=none -> hold", "peer=a.example follows=none", "hold", "a"),
    ("inbound", "a: follows=none -> hold", "peer=a.example follows=follows-here", "allow", ""),
    ("inbound", "a: follows=none -> hold", "peer=a.example", "allow", ""),
    (
        *("inbound", "a: follows=followed-here -> allow; b: -> refuse"),
        *("peer=a.example follows=followed-here,follows-here", "allow", "a"),
    ),
    (
        *("inbound", "a: type=Create ai=generated younger_than_days=9 -> refuse"),
        *("peer=a.example type=Create ai=generated age=3", "refuse", "a"),
    ),
    (
        *("inbound", "a: type=Create ai=generated younger_than_days=9 -> refuse"),
        *("peer=a.example type=Create ai=none age=3", "allow", ""),
    ),
    # -- tiers of what arrives
    ("inbound", "a: tier=neutral -> hold", "peer=a.example tier=neutral", "hold", "a"),
    ("inbound", "a: tier=neutral -> hold", "peer=a.example tier=ally", "allow", ""),
    ("inbound", "a: tier=neutral -> hold", "peer=a.example", "allow", ""),
    ("inbound", "", "peer=a.example tier=refused", "refuse", "tier.refused"),
    ("inbound", "", "peer=a.example tier=limited", "hide", "tier.limited"),
    ("inbound", "", "peer=a.example tier=known", "allow", ""),
    ("inbound", "", "peer=a.example tier=ally", "allow", ""),
    ("inbound", "a: -> allow", "peer=a.example tier=refused", "allow", "a"),
    ("inbound", "a: -> label", "peer=a.example tier=refused", "refuse", "tier.refused"),
    ("inbound", "a: -> label", "peer=a.example tier=limited", "hide", "tier.limited"),
    ("inbound", "a: -> strip-media", "peer=a.example tier=limited", "strip-media", "a"),
    ("inbound", "a: -> hold", "peer=a.example tier=refused", "refuse", "tier.refused"),
    ("inbound", "a: -> hold", "peer=a.example tier=limited", "hold", "a"),
    ("inbound", "a: tier=refused -> hold", "peer=a.example tier=neutral", "allow", ""),
    ("inbound", "!a: -> allow", "peer=a.example tier=refused", "refuse", "tier.refused"),
    # -- works made by AI that arrive (the policy says: label)
    ("inbound", "", "peer=a.example ai=generated", "label", "ai_works.remote"),
    ("inbound", "", "peer=a.example ai=assisted", "allow", ""),
    ("inbound", "", "peer=a.example ai=generated tier=limited", "hide", "tier.limited"),
    ("inbound", "", "peer=a.example ai=generated tier=refused", "refuse", "tier.refused"),
    ("inbound", "a: -> allow", "peer=a.example ai=generated", "allow", "a"),
    ("inbound", "a: -> hide", "peer=a.example ai=generated", "hide", "a"),
    ("inbound:ai=refuse", "a: -> hide", "peer=a.example ai=generated", "refuse", "ai_works.remote"),
    ("inbound:ai=refuse", "a: -> allow", "peer=a.example ai=generated", "allow", "a"),
    ("inbound:ai=refuse", "", "peer=a.example tier=limited ai=generated", "refuse", ""),
    ("inbound:ai=hold", "", "peer=a.example ai=generated", "hold", "ai_works.remote"),
    ("inbound:ai=hold", "", "peer=a.example ai=none", "allow", ""),
    ("inbound:ai=allow", "", "peer=a.example ai=generated", "allow", "ai_works.remote"),
    # -- what leaves
    ("outbound", "", "peer=a.example", "full", ""),
    ("outbound", "", "peer=a.example tier=limited", "preview", "tier.limited"),
    ("outbound", "", "peer=a.example tier=refused", "refuse", "tier.refused"),
    ("outbound", "", "peer=a.example tier=ally", "full", ""),
    ("outbound", "a: peer=a.example -> refuse", "peer=x.a.example", "refuse", "a"),
    ("outbound", "a: tier=neutral -> preview", "peer=a.example tier=neutral", "preview", "a"),
    ("outbound", "a: tier=neutral -> preview", "peer=a.example tier=known", "full", ""),
    ("outbound", "a: type=Announce -> refuse", "peer=a.example type=Announce", "refuse", "a"),
    (
        *("outbound", "a: visibility=unlisted -> link-only"),
        *("peer=a.example visibility=unlisted", "link-only", "a"),
    ),
    (
        *("outbound", "a: visibility=unlisted -> link-only"),
        *("peer=a.example visibility=public", "full", ""),
    ),
    ("outbound", "a: visibility=unlisted -> link-only", "peer=a.example", "full", ""),
    ("outbound", "a: ai=generated -> refuse", "peer=a.example ai=generated", "refuse", "a"),
    ("outbound", "a: ai=none -> preview", "peer=a.example", "full", ""),
    ("outbound", "a: sensitive=true -> preview", "peer=a.example sensitive=true", "preview", "a"),
    ("outbound", "a: sensitive=true -> preview", "peer=a.example sensitive=false", "full", ""),
    ("outbound", "a: sensitive=false -> preview", "peer=a.example sensitive=false", "preview", "a"),
    ("outbound", "a: sensitive=true -> preview", "peer=a.example", "full", ""),
    ("outbound", "a: -> full", "peer=a.example tier=limited", "full", "a"),
    ("outbound", "a: -> full", "peer=a.example tier=refused", "full", "a"),
    ("outbound", "a: -> link-only", "peer=a.example tier=limited", "link-only", "a"),
    ("outbound", "a: -> preview", "peer=a.example tier=refused", "refuse", "tier.refused"),
    (
        "outbound",
        "a: ai=generated tier=neutral -> refuse",
        "peer=a.example tier=neutral",
        "full",
        "",
    ),
    ("outbound:ai=refuse", "", "peer=a.example ai=generated", "full", ""),
)

_RULE = re.compile(r"(!?)(\w+):(.*)->\s*(\S+)")


def read_rules(door: str, text: str) -> tuple[Rule, ...]:
    """Return the rules of a row."""
    rules = []
    for line in filter(None, text.split("; ")):
        shadow, name, when, then = _RULE.fullmatch(line.strip()).groups()  # type: ignore[union-attr]
        conditions = tuple(
            Condition(ConditionKind(key), tuple(values.split(",")))
            for key, _, values in (one.partition("=") for one in when.split())
        )
        rule = Rule(name, Door(door), conditions, Action(then), f"Because of {name}.", bool(shadow))
        rules.append(rule)
    return tuple(rules)


def policy_of(door: str, rules: str) -> Policy:
    """Return the policy of a row; `inbound:ai=hold` sets what happens to AI works."""
    name, _, extra = door.partition(":ai=")
    works = AiWorks(remote=RemoteAiWorks(extra)) if extra else STANDARD_NO_AI.ai_works
    return replace(STANDARD_NO_AI, ai_works=works, rules=read_rules(name, rules))


def facts_of(door: str, text: str) -> Facts:
    """Return the facts of a row."""
    said: dict[str, Any] = {
        _FIELDS[key][0]: _FIELDS[key][1](value)
        for key, _, value in (one.partition("=") for one in text.split())
    }
    return _FACTS[door.partition(":")[0]](**said)


def _many(text: str) -> frozenset[str]:
    return frozenset(text.split(","))


_FACTS: Mapping[str, Any] = {
    "web": WebFacts,
    "media": lambda **said: MediaFacts(**{"rendition": RenditionName.VIEW, **said}),
    "inbound": InboundFacts,
    "outbound": OutboundFacts,
}
_FIELDS: Mapping[str, tuple[str, Any]] = {
    "as": ("visitor", VisitorClass),
    "agent": ("user_agent", lambda text: text.replace("_", " ")),
    "ip": ("address", ip_address),
    "path": ("path", str),
    "peer": ("peer", str),
    "tier": ("tier", Tier),
    "proof": ("proof", Proof),
    "rendition": ("rendition", RenditionName),
    "token": ("token", str),
    "type": ("type", str),
    "actor": ("actor", str),
    "uri": ("actor_uri", str),
    "ai": ("ai_label", AiLabel),
    "media": ("media", _many),
    "tags": ("hashtags", _many),
    "age": ("account_age_days", int),
    "follows": ("follows", _many),
    "visibility": ("visibility", Visibility),
    "sensitive": ("is_sensitive", lambda text: text == "true"),
}
