"""Whether a work hangs, as its pictures and the house allow; and how it is taken down.

Law: in a transaction at hand, so that what a work becomes and the promise to tell of it are kept
together. A work is told of at its first hanging alone.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from server import quotes
from server.addresses import Addresses
from server.chronicling import note_work
from server.clock import Clock
from server.meeting import tell_named
from server.model import PictureState, TargetId, Work, WorkState
from server.policy import Policy
from server.ports import Transaction
from server.promises import Deed, LikenPromise, SayPromise, promise
from server.protections import decide_own_work
from server.rules import Refuse
from server.series_telling import Teller


async def hang_if_ready(
    tx: Transaction, clock: Clock, addresses: Addresses, policy: Policy, work: Work
) -> Work:
    """Return the work as its pictures allow; promise to tell of a first hanging."""
    refused = [p for p in work.pictures if p.state is PictureState.REFUSED]
    if refused:
        first = refused[0]
        return replace(
            work, state=WorkState.FAILED, problem=f"{first.original_name}: {first.problem}"
        )
    found_wrong = await cleared(tx, work)
    marked = next((p for p in work.pictures if p.declared_by and p.id not in found_wrong), None)
    decision = decide_own_work(work.ai_label, policy, is_marked=marked is not None)
    if marked is not None and isinstance(decision, Refuse):
        mark = f"{marked.original_name} declares {marked.declared_by} ({marked.declared_where})"
        return replace(work, state=WorkState.FAILED, problem=f"{mark}. {decision.reason}")
    if not work.pictures or any(p.state is PictureState.WAITING for p in work.pictures):
        return replace(work, state=WorkState.PROCESSING, problem="")
    hung = replace(work, state=WorkState.HUNG, problem="")
    if hung.is_visible and hung.hung_at is None:
        hung = replace(hung, hung_at=clock.now())
        hung = await quotes.with_consent(tx, addresses, clock, hung)
        await promise(tx, clock, LikenPromise(work.id))
        if not hung.is_quiet:
            await promise(tx, clock, SayPromise(Deed.WORK_HUNG, work.artist_id, work.id))
            await tell_named(tx, clock, hung)
    return hung


async def take_down(tx: Transaction, clock: Clock, work: Work) -> None:
    """Take a work down for good, in a transaction at hand; whoever heard of it is told."""
    gone = replace(work, state=WorkState.WITHDRAWN, withdrawn_at=clock.now())
    await tx.works.update(gone)
    await note_work(tx, clock, gone)
    await Teller(tx, clock).work_changed(work, gone, ())
    if work.hung_at is not None:
        await promise(tx, clock, SayPromise(Deed.WORK_WITHDRAWN, work.artist_id, work.id))


async def cleared(tx: Transaction, work: Work) -> AbstractSet[int]:
    """Return the pictures of whose marks moderators found that they are wrong."""
    declared = [TargetId(one.id) for one in work.pictures if one.declared_by]
    return await tx.cases.cleared(declared) if declared else frozenset()
