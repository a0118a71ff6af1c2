"""What is stored of a picture and who can fetch which copy, for its artist to see beforehand."""

from server.addresses import Addresses
from server.model import ImageFormat, Picture, PictureState, RenditionName
from server.policy import Policy
from server.protections import Audience, best_for
from web.page_views import CopyView

_KIB = 1024

_AUDIENCES = (
    (Audience.VISITOR, "Visitors", "without an account"),
    (Audience.PERSON, "People signed in here", ""),
    (Audience.PEER, "Other servers", "as a file of their own; theirs to keep"),
)


def copies_of(picture: Picture, policy: Policy) -> tuple[CopyView, ...]:
    """Return the largest copy for each audience under this policy; () while none are made."""
    if picture.state is not PictureState.READY:
        return ()
    rows = []
    for audience, name, note in _AUDIENCES:
        best = best_for(audience, picture.renditions, policy)
        size = (best.width, best.height) if best is not None else (0, 0)
        rows.append(CopyView(name, *size, note))
    card = next((one for one in picture.renditions if one.name is RenditionName.CARD), None)
    if card is not None:
        rows.append(CopyView("Link previews", card.width, card.height, "for everybody"))
    return tuple(rows)


def shared_url(picture: Picture, addresses: Addresses) -> str:
    """Return the address of the small copy that others get, "" while there is none."""
    for one in picture.renditions:
        if (one.name, one.format) == (RenditionName.PREVIEW, ImageFormat.JPEG):
            return addresses.media(picture, one)
    return ""


def kept_of(picture: Picture) -> tuple[str, ...]:
    """Return what is stored of a file, and what it says of itself, in sentences."""
    if picture.state is not PictureState.READY:
        return ()
    size = f"{picture.width:,} × {picture.height:,} pixels, {_weight(picture.original_bytes)}"
    said = [f"Your file ({size}) is kept as it is, for you alone."]
    if picture.icc_name:
        said.append(f"Its colours are kept: {picture.icc_name}.")
    said.append("Places, serial numbers and all else that it holds are not in the copies.")
    if picture.declared_by:
        said.append(f"It declares {picture.declared_by} ({picture.declared_where}).")
    return tuple(said)


def _weight(size: int) -> str:
    if size < _KIB * _KIB:
        return f"{max(1, size // _KIB):,} KB"
    return f"{size / _KIB / _KIB:.1f} MB"
