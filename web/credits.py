"""Content Credentials of a work's pictures, as its page tells them."""

from server.credentials import proved, said
from server.model import Work
from web.views import CreditView


def credits_of(work: Work) -> tuple[CreditView, ...]:
    """Return what each file says that brought any; which picture it is, where there are more."""
    return tuple(
        CreditView(
            said=(f"Picture {number}. " if len(work.pictures) > 1 else "") + said(read),
            proved=proved(read),
        )
        for number, picture in enumerate(work.pictures, 1)
        if picture.credentials and (read := picture.credentials.read)
    )


def is_signed(work: Work) -> bool:
    """Say whether every copy of every picture was signed here."""
    signed = (one.credentials is not None and one.credentials.is_signed for one in work.pictures)
    return bool(work.pictures) and all(signed)
