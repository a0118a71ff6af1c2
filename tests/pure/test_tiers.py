"""How far other servers are trusted: whose word goes first, and what it covers."""

import pytest

from server.tiers import FederationMode, Listed, Standing, Tier, TierSource, Word, build_tiers

WORDS = {
    "friend.example": Word(Tier.ALLY, "We know them."),
    "pardoned.example": Word(Tier.NEUTRAL, "The list is wrong."),
    "slow.example": Word(Tier.LIMITED, "Noisy."),
    "bad.friend.example": Word(Tier.REFUSED, "Not this one."),
    "ported.example:8443": Word(Tier.REFUSED, "This port alone."),
}
LISTED = {
    "evil.example": Listed(Tier.REFUSED, "The big list"),
    "pardoned.example": Listed(Tier.REFUSED, "The big list"),
    "friend.example": Listed(Tier.LIMITED, "The big list"),
    "fine.evil.example": Listed(Tier.NEUTRAL, "The good list"),
    "claims-and-listed.example": Listed(Tier.LIMITED, "The big list"),
    "good.example": Listed(Tier.NEUTRAL, "The good list"),
    "slow.example": Listed(Tier.KNOWN, "The good list"),
}
CLAIMS = ("claims.example", "claims-and-listed.example", "x.evil.example", "slow.example")


@pytest.mark.parametrize(
    ("domain", "tier", "source", "detail"),
    [
        ("", "neutral", "default", ""),
        ("stranger.example", "neutral", "default", ""),
        ("friend.example", "ally", "word", "We know them."),
        ("a.b.friend.example", "ally", "word", "We know them."),
        ("bad.friend.example", "refused", "word", "Not this one."),
        ("deep.bad.friend.example", "refused", "word", "Not this one."),
        ("notfriend.example", "neutral", "default", ""),
        ("pardoned.example", "neutral", "word", "The list is wrong."),
        ("evil.example", "refused", "list", "The big list"),
        ("x.evil.example", "refused", "list", "The big list"),
        ("fine.evil.example", "neutral", "list", "The good list"),
        ("EVIL.example", "refused", "list", "The big list"),
        ("evil.example.", "refused", "list", "The big list"),
        ("evil.example:8443", "refused", "list", "The big list"),
        ("x.Evil.example.:8443", "refused", "list", "The big list"),
        ("ported.example:8443", "refused", "word", "This port alone."),
        ("a.ported.example:8443", "refused", "word", "This port alone."),
        ("ported.example", "neutral", "default", ""),
        ("claims.example", "known", "claim", ""),
        ("user.claims.example", "neutral", "default", ""),
        ("claims-and-listed.example", "limited", "list", "The big list"),
        ("slow.example", "limited", "word", "Noisy."),
        ("example", "neutral", "default", ""),
    ],
)
def test_an_admins_word_goes_before_lists_and_these_before_claims(
    domain: str, tier: str, source: str, detail: str
) -> None:
    book = build_tiers(WORDS, LISTED, CLAIMS, FederationMode.OPEN)
    assert book.standing_of(domain) == Standing(Tier(tier), TierSource(source), detail)
    assert book.tier_of(domain) is Tier(tier)


@pytest.mark.parametrize(
    ("domain", "tier", "source"),
    [
        ("stranger.example", "refused", "mode"),
        ("claims.example", "refused", "mode"),
        ("friend.example", "ally", "word"),
        ("a.friend.example", "ally", "word"),
        ("bad.friend.example", "refused", "word"),
        ("pardoned.example", "neutral", "word"),
        ("good.example", "neutral", "list"),
        ("sub.good.example", "neutral", "list"),
        ("evil.example", "refused", "list"),
        ("slow.example", "limited", "word"),
        ("only-slow.example", "refused", "mode"),
        ("", "neutral", "default"),
    ],
)
def test_with_an_allow_list_only_those_let_in_are_dealt_with(
    domain: str, tier: str, source: str
) -> None:
    words = {**WORDS, "only-slow.example": Word(Tier.LIMITED, "Noisy.")}
    book = build_tiers(words, LISTED, CLAIMS, FederationMode.ALLOW_LIST)
    standing = book.standing_of(domain)
    assert (standing.tier, standing.source) == (Tier(tier), TierSource(source))


def test_a_server_cannot_claim_its_way_off_a_list() -> None:
    listed = {"evil.example": Listed(Tier.REFUSED, "A list")}
    book = build_tiers({}, listed, ("a.evil.example",), FederationMode.OPEN)
    assert book.tier_of("a.evil.example") is Tier.REFUSED
