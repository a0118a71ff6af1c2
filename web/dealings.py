"""What may be done against somebody, for the places where they are named."""

from server.dealings import ReportId
from server.model import Actor, Artist
from web.views import DealingsView


def dealings_of(
    viewer: Artist | None, actor: Actor, *, about: int = 0, is_blocked: bool = False
) -> DealingsView | None:
    """Return what somebody signed in may do against an actor, or against what it made."""
    return dealings_with(
        viewer, actor.id, actor.name or actor.handle, about=about, is_blocked=is_blocked
    )


def dealings_with(
    viewer: Artist | None, actor_id: int, name: str, *, about: int = 0, is_blocked: bool = False
) -> DealingsView | None:
    """Return the same for whom only id and name are at hand."""
    if viewer is None or viewer.id == actor_id:
        return None
    subject = f"&about={about}" if about else ""
    return DealingsView(
        name=name,
        block_action=f"/actors/{actor_id}/{'unblock' if is_blocked else 'block'}",
        is_blocked=is_blocked,
        report_url=f"/report?actor={actor_id}{subject}",
    )


def report_page(report_id: ReportId | int) -> str:
    """Return where a moderator reads a report."""
    return f"/admin/reports/{report_id}"
