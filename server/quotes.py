"""What works and comments here quote, and whether the quoted ones agreed (FEP-044f).

Used in the transaction of whatever changes it. A quote counts once its author agreed: somebody
here by their own rules, somebody elsewhere by an authorization that their server serves.
"""

from dataclasses import replace

from server.addresses import Addresses
from server.clock import Clock, time_of
from server.dealings import RequestState
from server.errors import Invalid
from server.model import ActorId, Millis, NotificationKind, Quote, TargetId, Visibility, Work
from server.notifications import tell
from server.permits import Answer, InteractionKind
from server.permitting import Wish, answer_to, keep_decided, permitted
from server.ports import Transaction
from server.promises import URGENT, Deed, QuotePromise, SayPromise, promise
from server.targets import OPEN, Target, find_target_by_uri
from server.values import dataclass

ASKED_AGAIN = Millis(3 * 86_400_000)  # so long the quoted one's server may have been away
GIVEN_UP = Millis(7 * 86_400_000)  # then its author hears that nobody answered
_MARK = "/quote-requests/"  # behind a note's id: whose request it is can be told from its id


@dataclass(frozen=True, slots=True)
class Quoting:
    """A work or comment here that quotes."""

    id: TargetId
    uri: str
    author: ActorId


def wanted(before: Quote | None, uri: str | None) -> Quote | None:
    """Return the quote that an edit leaves: as before where `uri` is None or the same."""
    if uri is None or (before is not None and before.uri == uri):
        return before
    return Quote(uri) if uri else None


def refuse_private(quote: Quote | None, visibility: Visibility) -> None:
    """Raise `Invalid` where what is for followers quotes: whom it quotes would have to get it."""
    if quote is not None and visibility is Visibility.FOLLOWERS:
        raise Invalid(
            "What is for followers alone cannot quote, because whom it quotes would have to see "
            "it: let everybody see it, or leave this empty.",
            "quote",
        )


def note_of_request(request_uri: str) -> str:
    """Return the id of the work or comment for which we asked, "" where we did not."""
    note, mark, _ = request_uri.partition(_MARK)
    return note if mark else ""


def asked_at(quote: Quote) -> Millis | None:
    """Return when we asked elsewhere, None where we did not. The request's id says it."""
    number = quote.request_uri.rpartition("/")[2]
    return time_of(int(number)) if number.isdecimal() else None


def quote_of(note: Target | None) -> Quote | None:
    """Return what a work or post quotes."""
    if note is None:
        return None
    if note.work is not None:
        return note.work.quote
    return note.post.quote if note.post is not None else None


async def refuse_unwilling(
    tx: Transaction, addresses: Addresses, author: ActorId, target: Target
) -> None:
    """Raise `Invalid` where somebody may not quote this, whoever is asked."""
    if target.visibility not in OPEN:
        raise Invalid("This is only for some people, so that it cannot be quoted.", "quote")
    said = await answer_to(tx, addresses, InteractionKind.QUOTE, author, target)
    if said is Answer.REFUSE:
        raise Invalid(
            "Its author does not want it to be quoted: leave this empty, or ask them first.",
            "quote",
        )


async def settled(
    tx: Transaction, addresses: Addresses, clock: Clock, note: Quoting, quote: Quote | None
) -> Quote | None:
    """Return a quote of something that is shown from now on: agreed to, or asked for.

    None where nothing is quoted, or the quoted is gone or says no.
    """
    if quote is None or quote.is_approved or quote.request_uri:
        return quote
    target = await find_target_by_uri(tx, addresses, quote.uri)
    if target is None:
        return None
    if target.owner_id == note.author:
        return replace(quote, is_approved=True)
    artist = await tx.artists.by_id(target.owner_id)
    if artist is None:
        uri = f"{note.uri}{_MARK}{clock.new_id()}"
        said = SayPromise(Deed.QUOTE_ASKED, note.author, note.id, uri)
        await promise(tx, clock, said, priority=URGENT)
        await promise(tx, clock, QuotePromise(note.id, uri), delay=ASKED_AGAIN)
        return replace(quote, request_uri=uri)
    wish = Wish(InteractionKind.QUOTE, target, note.author, note.uri)
    answer = await permitted(tx, addresses, clock, wish)
    if answer is Answer.ALLOW:
        kept = await keep_decided(tx, clock, wish, artist.id, RequestState.APPROVED)
        await tell(tx, clock, artist.id, NotificationKind.QUOTE, note.author, note.id)
        return replace(quote, approval_uri=addresses.authorization(kept.id), is_approved=True)
    return quote if answer is Answer.ASK else None


async def with_consent(tx: Transaction, addresses: Addresses, clock: Clock, work: Work) -> Work:
    """Return a work that is shown from now on, once who is quoted in it was asked."""
    note = Quoting(TargetId(work.id), addresses.work(work.id), work.artist_id)
    return replace(work, quote=await settled(tx, addresses, clock, note, work.quote))


async def forget(tx: Transaction, addresses: Addresses, before: Work, after: Work) -> None:
    """Drop what is asked of an artist here for a quote that an edit took out."""
    quote = before.quote
    if quote is None or quote == after.quote:
        return
    target = await find_target_by_uri(tx, addresses, quote.uri)
    kind, uri = InteractionKind.QUOTE, addresses.work(before.id)
    request = await tx.requests.of(kind, uri, target.id) if target is not None else None
    if request is not None and request.state is RequestState.WAITING:
        await tx.requests.remove(request.id)


async def grant(tx: Transaction, clock: Clock, note: Target, approval_uri: str) -> None:
    """Take in that the quoted one agreed, and promise to show everybody that they did."""
    quote = quote_of(note)
    if quote is not None and (quote.approval_uri, quote.is_approved) != (approval_uri, True):
        await put(tx, clock, note, replace(quote, approval_uri=approval_uri, is_approved=True))


async def end(tx: Transaction, clock: Clock, note: Target, by: ActorId) -> None:
    """Drop a quote to which the quoted one says no, now or after all; its author is told."""
    if quote_of(note) is not None:
        await put(tx, clock, note, None)
        await tell(tx, clock, note.owner_id, NotificationKind.QUOTE_REFUSED, by, note.id)


async def put(
    tx: Transaction, clock: Clock, note: Target, quote: Quote | None, *, is_told: bool = True
) -> None:
    """Keep what a work or comment quotes; `is_told`: and promise to tell who has it."""
    if note.work is not None:
        work = await tx.works.hold(note.work.id)
        if work is not None:
            await tx.works.update(replace(work, quote=quote))
            if work.is_visible and is_told:
                await promise(tx, clock, SayPromise(Deed.WORK_EDITED, work.artist_id, work.id))
    elif note.post is not None:
        post = await tx.posts.hold(note.post.id)
        if post is not None:
            await tx.posts.put(replace(post, quote=quote))
        if is_told:
            said = SayPromise(Deed.COMMENT_EDITED, note.owner_id, note.post.id)
            await promise(tx, clock, said)
