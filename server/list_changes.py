"""What a new version of a list changes, and what all lists say together. Pure.

The law: of a domain, the first list in the admin's order that names it or a domain above it
decides; within one list the most specific entry does. A domain that is kept out of lists is
touched by none, nor is what lies beneath it.
"""

from collections.abc import Container, Iterable, Mapping, Sequence

from server.lists import (
    EVERY_LIST,
    Difference,
    Effect,
    Exclude,
    ListEntry,
    ListId,
    Moved,
    Severity,
)
from server.tiers import Listed, Tier
from server.values import dataclass

TIER_OF = {
    Severity.SUSPEND: Tier.REFUSED,
    Severity.SILENCE: Tier.LIMITED,
    Severity.ACCEPT: Tier.NEUTRAL,  # nobody is trusted further because a list says so
}
# A new version that changes more than this share of a list is looked at by somebody, whatever it
# severs: its source may have been taken over, or have lost half its file.
MAX_SHARE = 0.2
MAX_FREE = 10  # changes that need no share: a list of five may grow to six by itself


@dataclass(frozen=True, slots=True)
class Said:
    """What one list says, of which domains; in the order in which lists are asked."""

    list_id: ListId
    name: str
    severities: Mapping[str, Severity]


@dataclass(frozen=True, slots=True)
class Sayings:
    """What all applied lists say, and what is kept out of them."""

    lists: tuple[Said, ...] = ()
    excludes: tuple[Exclude, ...] = ()

    def together(self, *, is_closed: bool) -> dict[str, Listed]:
        """Return what they say together; see `resolve`."""
        return resolve(self.lists, self.excludes, is_closed=is_closed)


def resolve(
    lists: Sequence[Said], excludes: Sequence[Exclude], *, is_closed: bool = False
) -> dict[str, Listed]:
    """Return what all lists say together, by domain.

    What is kept out beneath a domain that stands on a list needs an entry of its own. Where
    `is_closed`, nobody is let in who was not named: that entry lets nobody in either.
    """
    found: dict[str, Listed] = {}
    spared: set[str] = set()
    everywhere = _kept_out(excludes, EVERY_LIST)
    for said in lists:
        out = everywhere | _kept_out(excludes, said.list_id)
        # One value for many domains: 50,000 of them would be megabytes.
        listed = {severity: Listed(tier, said.name) for severity, tier in TIER_OF.items()}
        found |= {
            domain: listed[severity]
            for domain, severity in said.severities.items()
            if severity in listed
            and not _is_under(domain, out)
            and not _is_under(domain, found, but=spared)
        }
        spared |= out
    nobodys = Listed(Tier.LIMITED if is_closed else Tier.NEUTRAL, "kept out of lists")
    return found | {
        domain: nobodys for domain in spared if domain not in found and _is_under(domain, found)
    }


def difference(before: Iterable[ListEntry], after: Iterable[ListEntry]) -> Difference:
    """Return what becomes of a list, by domain."""
    old = {entry.domain: entry for entry in before}
    new = {entry.domain: entry for entry in after}
    return Difference(
        added=tuple(new[domain] for domain in sorted(new.keys() - old.keys())),
        changed=tuple(
            (old[domain], new[domain])
            for domain in sorted(old.keys() & new.keys())
            if old[domain] != new[domain]
        ),
        removed=tuple(old[domain] for domain in sorted(old.keys() - new.keys())),
    )


def effect(before: Mapping[str, Listed], after: Mapping[str, Listed]) -> Effect:
    """Return which domains would stand differently, by name."""
    tiers = (
        (domain, _tier(before.get(domain)), _tier(after.get(domain)))
        for domain in sorted(before.keys() | after.keys())
    )
    return tuple(Moved(domain, old, new) for domain, old, new in tiers if old is not new)


def too_much(change: Difference, standing: int) -> str:
    """Say why a new version may not be applied by itself, "" where it may.

    `standing`: how many entries the list has.
    """
    moved = len(change.added) + len(change.removed)
    if standing == 0:
        return "It is the first version of this list."
    if moved > MAX_FREE and moved > standing * MAX_SHARE:
        return f"It adds or removes {moved:,} of {standing:,} entries, more than a fifth."
    return ""


def _tier(one: Listed | None) -> Tier | None:
    return None if one is None else one.tier


def _kept_out(excludes: Sequence[Exclude], list_id: ListId) -> set[str]:
    return {exclude.domain for exclude in excludes if exclude.list_id == list_id}


def _is_under(domain: str, names: Container[str], *, but: Container[str] = ()) -> bool:
    """Say whether `names` hold a domain or one above it, looking no higher than one in `but`."""
    while domain:
        if domain in names:
            return True
        if domain in but:
            return False
        domain = domain.partition(".")[2]
    return False
