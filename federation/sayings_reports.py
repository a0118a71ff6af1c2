"""Sayings about reports: sent on to the accused's server, in the name of ours.

Who reported stays here: a report that names them is a map for revenge.
"""

from collections.abc import Mapping
from typing import Final

from federation import activities
from federation.sayings import Message, Mouth, Say, inboxes_of
from server.dealings import ReportId
from server.model import Actor
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def reported(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Flag, to the accused's server."""
    report = await tx.reports.by_id(ReportId(what.target_id))
    accused = await tx.actors.by_id(report.accused_id) if report else None
    if report is None or accused is None or accused.is_local:
        return None
    uri = mouth.addresses.activity(report.id)
    said = activities.flag(actor.uri, (accused.uri, *report.objects), report.content, uri)
    return Message(said, inboxes_of(accused))


SAYINGS: Final[Mapping[Deed, Say]] = {Deed.REPORTED: reported}
