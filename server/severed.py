"""What follows that a change of the rules cut hear of their own people meanwhile.

In the transaction of the act itself. Who unfollows, blocks or goes simply removes the follow, and
with it the severance.
"""

from dataclasses import replace

from server.model import ActorId, Follow, FollowState
from server.ports import Transaction


async def note_asked_again(tx: Transaction, follow: Follow, uri: str) -> None:
    """Remember that a suspended follower asks once more: a restore then answers this Follow."""
    severance = await tx.severances.of_pair(follow.follower_id, follow.followee_id)
    if severance is not None:
        await tx.severances.put(replace(severance, asked_again=uri))


async def note_accepted(tx: Transaction, follow: Follow) -> None:
    """Remember that somebody said yes to a request that is suspended by now."""
    severance = await tx.severances.of_pair(follow.follower_id, follow.followee_id)
    if severance is not None:
        accepted = replace(severance.follow, state=FollowState.ACCEPTED)
        await tx.severances.put(replace(severance, follow=accepted))


async def settle(tx: Transaction, follower: ActorId, followee: ActorId) -> bool:
    """Forget that a follow was once ended: its people begin anew. Say whether it was wanted back.

    What an admin wanted back needs no approval again.
    """
    severance = await tx.severances.of_pair(follower, followee)
    if severance is None or severance.ended_at is None:
        return False
    await tx.severances.remove([severance.id])
    return severance.asked_at is not None and severance.follow.state is FollowState.ACCEPTED
