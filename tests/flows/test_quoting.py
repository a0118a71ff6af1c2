"""Quotes that go out: refused, asked for, granted, refused by the quoted, taken back."""

from typing import Any

import pytest

from server.drafts import Draft, PictureEdit
from server.errors import Invalid
from server.model import Artist, Post, Quote, TargetId, Visibility, Work
from server.permits import InteractionPolicy, Permit
from tests.flows.dealings import ANA, arrive, sent, told
from tests.two_servers.stage import PUBLIC, Peer, Stage

BOB, EVE = Peer("bob"), Peer("eve", "evil.test", 2)
SHUT = InteractionPolicy(quote=Permit.NOBODY)
ASKS = InteractionPolicy(quote=Permit.APPROVED)


def policy(automatic: list[str], manual: list[str] | None = None) -> dict[str, Any]:
    rule = {"automaticApproval": automatic, "manualApproval": manual or []}
    return {"interactionPolicy": {"canQuote": rule}}


def served(stage: Stage, **more: Any) -> dict[str, Any]:
    """Have Bob's server show a post of his."""
    note = BOB.note(**more)
    stage.net.serve(BOB.uri, BOB.document)
    stage.net.serve(note["id"], {"@context": "https://www.w3.org/ns/activitystreams", **note})
    return note


async def find(stage: Stage, artist: Artist, address: str) -> str:
    found: str = await stage.flows.quotables.find(artist, address)
    return found


async def after(stage: Stage, artist: Artist, uri: str, **more: Any) -> Work:
    """Have a work of the artist's be after something from now on."""
    work = await stage.hang(artist, **more)
    await stage.drain()
    stage.net.asked.clear()
    return await edited(stage, artist, work, uri)


async def edited(stage: Stage, artist: Artist, work: Work, uri: str | None) -> Work:
    pictures = [PictureEdit(one.id, one.alt) for one in work.pictures]
    draft = Draft(title=work.title, visibility=work.visibility, quote=uri)
    changed: Work = await stage.flows.publishing.edit(artist, work.id, draft, pictures)
    return changed


async def quote_of(stage: Stage, work: Work) -> Quote | None:
    return (await stage.read(lambda tx: tx.works.by_id(work.id))).quote


def about(work: Work) -> str:
    return f"https://art.test/works/{work.id}"


def stamp(stage: Stage, work: Work, note: dict[str, Any], **more: Any) -> str:
    """Have Bob's server show that he agrees."""
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": BOB.new_uri("stamps"),
        "type": "QuoteAuthorization",
        "attributedTo": BOB.uri,
        "interactingObject": about(work),
        "interactionTarget": note["id"],
        **more,
    }
    stage.net.serve(document["id"], document)
    return str(document["id"])


async def asked(stage: Stage, artist: Artist) -> tuple[Work, dict[str, Any], dict[str, Any]]:
    """Have a work be after a post of Bob's; return it, the post, and the QuoteRequest."""
    note = served(stage)
    work = await after(stage, artist, await find(stage, artist, note["id"]))
    (request,) = [one for one in await sent(stage, BOB) if one["type"] == "QuoteRequest"]
    return work, note, request


async def agreed(stage: Stage, artist: Artist) -> tuple[Work, dict[str, Any], str]:
    work, note, request = await asked(stage, artist)
    approval = stamp(stage, work, note)
    await arrive(stage, BOB.does("Accept", request, result=approval))
    return work, note, approval


# ---- what cannot be quoted --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("hello", "no web address"),
        ("https://nobody.test/1", "cannot be reached|answers"),
        ("https://art.test/works/7", "nothing here"),
        (BOB.uri, "somebody's address"),
    ],
)
async def test_what_is_no_work_or_post_is_refused_with_its_reason(
    stage: Stage, address: str, why: str
) -> None:
    ana = await stage.artist()
    served(stage)
    with pytest.raises(Exception, match=why) as refusal:
        await find(stage, ana, address)
    assert getattr(refusal.value, "field", "quote") == "quote"


@pytest.mark.parametrize("automatic", [[BOB.uri], []])
async def test_nobody_is_asked_who_lets_nobody_quote(stage: Stage, automatic: list[str]) -> None:
    ana = await stage.artist()
    note = served(stage, **policy(automatic))
    with pytest.raises(Invalid, match="does not want it to be quoted"):
        await find(stage, ana, note["id"])
    assert stage.net.delivered == []


async def test_followers_alone_may_quote_where_it_says_so(stage: Stage) -> None:
    ana = await stage.artist()
    note = served(stage, **policy([f"{BOB.uri}/followers"]))
    with pytest.raises(Invalid, match="does not want"):
        await find(stage, ana, note["id"])


async def test_what_is_for_followers_cannot_be_quoted(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.hang(bea, visibility=Visibility.FOLLOWERS)
    with pytest.raises(Invalid):
        await find(stage, ana, about(work))


async def test_an_artist_here_who_lets_nobody_is_not_quoted(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    work = await stage.hang(bea, interaction=SHUT)
    with pytest.raises(Invalid, match="does not want"):
        await find(stage, ana, about(work))


async def test_what_is_for_followers_quotes_nobody(stage: Stage) -> None:
    """Whom it quotes would have to be shown it, to agree."""
    ana, bea = await stage.artist(), await stage.artist("bea")
    uri = await find(stage, ana, served(stage)["id"])
    with pytest.raises(Invalid, match="for followers alone cannot quote"):
        await after(stage, ana, uri, visibility=Visibility.FOLLOWERS)
    work = await stage.hang(bea, visibility=Visibility.FOLLOWERS)
    await stage.flows.following.follow(ana, await stage.flows.viewing.actor(bea.id))
    with pytest.raises(Invalid, match="for followers alone cannot quote"):
        await stage.flows.commenting.comment(ana, TargetId(work.id), "See", quote=uri)
    assert "QuoteRequest" not in [one["type"] for one in await sent(stage)]


# ---- elsewhere --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", [{}, policy([PUBLIC]), policy([BOB.uri], [PUBLIC]), policy([], [PUBLIC])]
)
async def test_the_author_is_asked_with_the_work_in_the_request(
    stage: Stage, said: dict[str, Any]
) -> None:
    ana = await stage.artist()
    note = served(stage, **said)
    work = await after(stage, ana, await find(stage, ana, note["id"]))
    (request,) = [one for one in await sent(stage, BOB) if one["type"] == "QuoteRequest"]
    assert (request["actor"], request["object"], request["to"]) == (ANA, note["id"], [BOB.uri])
    assert request["instrument"]["id"] == about(work)
    assert request["instrument"]["quote"] == note["id"]
    assert {"quoteUrl", "quoteUri", "_misskey_quote"}.isdisjoint(request["instrument"])
    waiting = await quote_of(stage, work)
    assert waiting is not None
    assert (waiting.uri, waiting.is_approved) == (note["id"], False)


async def test_once_agreed_everybody_is_told_with_the_authorization(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(EVE, ana)
    work, note, request = await asked(stage, ana)
    approval = stamp(stage, work, note)
    stage.net.asked.clear()
    await arrive(stage, BOB.does("Accept", request, result=approval))
    (update,) = [one for box, one in stage.net.delivered if box == EVE.shared_inbox]
    told_note = update["object"]
    assert (update["type"], told_note["quoteAuthorization"]) == ("Update", approval)
    for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"):
        assert told_note[name] == note["id"]
    assert {"type": "Link", "href": note["id"]}.items() <= told_note["tag"][-1].items()
    quote = await quote_of(stage, work)
    assert quote is not None
    assert (quote.approval_uri, quote.is_approved) == (approval, True)


async def test_an_accept_by_the_requests_id_alone_counts(stage: Stage) -> None:
    ana = await stage.artist()
    work, note, request = await asked(stage, ana)
    await arrive(stage, BOB.does("Accept", request["id"], result=stamp(stage, work, note)))
    quote = await quote_of(stage, work)
    assert quote is not None
    assert quote.is_approved


@pytest.mark.parametrize("case", ["other actor", "no result", "other origin", "other pair", "type"])
async def test_an_answer_that_does_not_hold_changes_nothing(stage: Stage, case: str) -> None:
    ana = await stage.artist()
    work, note, request = await asked(stage, ana)
    await stage.meet(EVE)
    result: Any = stamp(stage, work, note)
    by = BOB
    if case == "other actor":
        by = EVE
    elif case == "no result":
        result = ""
    elif case == "other origin":
        result = "https://evil.test/stamps/1"
        stage.net.serve(result, {"id": result, "type": "QuoteAuthorization"})
    elif case == "other pair":
        result = stamp(stage, work, note, interactingObject="https://art.test/works/9")
    elif case == "type":
        result = stamp(stage, work, note, type="LikeAuthorization")
    await arrive(stage, by.does("Accept", request, result=result))
    quote = await quote_of(stage, work)
    assert quote is not None
    assert not quote.is_approved


async def test_refused_the_quote_goes_and_the_artist_is_told(stage: Stage) -> None:
    ana = await stage.artist()
    await stage.befriend(EVE, ana)
    work, _, request = await asked(stage, ana)
    stage.net.asked.clear()
    await arrive(stage, BOB.does("Reject", request))
    assert await quote_of(stage, work) is None
    assert await told(stage, ana) == ["quote_refused"]
    (update,) = [one for box, one in stage.net.delivered if box == EVE.shared_inbox]
    assert "quote" not in update["object"]


async def test_nobody_else_refuses(stage: Stage) -> None:
    ana = await stage.artist()
    work, _, request = await asked(stage, ana)
    await stage.meet(EVE)
    await arrive(stage, EVE.does("Reject", request))
    assert await quote_of(stage, work) is not None


async def test_an_authorization_taken_back_ends_the_quote(stage: Stage) -> None:
    ana = await stage.artist()
    work, _, approval = await agreed(stage, ana)
    tombstone = {"id": approval, "type": "Tombstone"}
    await stage.meet(EVE)
    await arrive(stage, EVE.does("Delete", tombstone))
    assert await quote_of(stage, work) is not None
    await arrive(stage, BOB.does("Delete", tombstone))
    assert await quote_of(stage, work) is None
    assert await told(stage, ana) == ["quote_refused"]


async def test_an_edit_that_leaves_the_quote_asks_nobody_again(stage: Stage) -> None:
    ana = await stage.artist()
    work, _, _ = await agreed(stage, ana)
    stage.net.asked.clear()
    await edited(stage, ana, work, None)
    assert "QuoteRequest" not in [one["type"] for one in await sent(stage)]
    assert (await quote_of(stage, work)) is not None
    await edited(stage, ana, work, "")
    assert await quote_of(stage, work) is None


async def test_a_draft_asks_nobody_until_it_hangs(stage: Stage) -> None:
    ana = await stage.artist()
    note = served(stage)
    uri = await find(stage, ana, note["id"])
    work = await after(stage, ana, uri, visibility=Visibility.DRAFT, hung_at=None)
    assert await sent(stage) == []
    pictures = [PictureEdit(one.id, one.alt) for one in work.pictures]
    await stage.flows.publishing.edit(ana, work.id, Draft(title="Now", quote=None), pictures)
    assert "QuoteRequest" in [one["type"] for one in await sent(stage)]


async def test_a_comment_quotes_and_asks_as_works_do(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    note = served(stage)
    uri = await find(stage, ana, note["id"])
    work = await stage.hang(bea)
    said: Post = await stage.flows.commenting.comment(
        ana, TargetId(work.id), "Like this one", quote=uri
    )
    (request,) = [one for one in await sent(stage, BOB) if one["type"] == "QuoteRequest"]
    assert request["instrument"]["id"] == said.uri
    approval = stamp(stage, work, note, interactingObject=said.uri)
    await arrive(stage, BOB.does("Accept", request, result=approval))
    kept = await stage.read(lambda tx: tx.posts.by_id(said.id))
    assert (kept.quote.approval_uri, kept.quote.is_approved) == (approval, True)


# ---- here -------------------------------------------------------------------------------------


async def test_ones_own_work_needs_nobodys_word(stage: Stage) -> None:
    ana = await stage.artist()
    first = await stage.hang(ana, title="First")
    work = await after(stage, ana, about(first))
    quote = await quote_of(stage, work)
    assert quote is not None
    assert quote.is_approved
    assert stage.net.delivered == []


async def test_between_artists_here_consent_needs_no_requests(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    hers = await stage.hang(bea, title="Hers")
    work = await after(stage, ana, await find(stage, ana, about(hers)))
    quote = await quote_of(stage, work)
    assert quote is not None
    assert quote.is_approved
    assert quote.approval_uri.startswith("https://art.test/authorizations/")
    assert await told(stage, bea) == ["quote"]
    assert stage.net.delivered == []


async def test_an_artist_here_who_wants_to_be_asked_is(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    hers = await stage.hang(bea, title="Hers", interaction=ASKS)
    work = await after(stage, ana, await find(stage, ana, about(hers)))
    (waiting,) = await stage.flows.approving.waiting(bea.id)
    await stage.flows.approving.approve(bea, waiting.request.id)
    quote = await quote_of(stage, work)
    assert quote is not None
    assert quote.is_approved
    await stage.flows.approving.withdraw(bea, waiting.request.id)
    assert await quote_of(stage, work) is None
    assert await told(stage, ana) == ["quote_refused"]


async def test_an_artist_here_may_refuse(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    hers = await stage.hang(bea, title="Hers", interaction=ASKS)
    work = await after(stage, ana, await find(stage, ana, about(hers)))
    (waiting,) = await stage.flows.approving.waiting(bea.id)
    await stage.flows.approving.refuse(bea, waiting.request.id)
    assert await quote_of(stage, work) is None
    assert await told(stage, ana) == ["quote_refused"]


async def test_what_is_not_wanted_any_more_is_not_asked_any_more(stage: Stage) -> None:
    ana, bea = await stage.artist(), await stage.artist("bea")
    hers = await stage.hang(bea, title="Hers", interaction=ASKS)
    work = await after(stage, ana, await find(stage, ana, about(hers)))
    await edited(stage, ana, work, "")
    assert await stage.flows.approving.waiting(bea.id) == []


async def test_the_address_that_a_browser_shows_finds_a_work(stage: Stage) -> None:
    ana, ben = await stage.artist("ana"), await stage.artist("ben")
    work = await stage.hang(ana)
    await stage.drain()
    page = stage.flows.addresses.work_page("ana", work)
    assert await find(stage, ben, f"{page}#comments") == about(work)
