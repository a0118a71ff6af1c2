"""What stands inside the copies of a picture, and what its file held that does not. Pure.

Noted where copies are made, so that its artist reads what is in them and not what should be.
"""

from typing import Final

import msgspec


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every copy says of itself. "" and (): it does not say."""

    creators: tuple[str, ...] = ()
    rights: str = ""
    credit: str = ""
    licence_url: str = ""
    data_mining: str = ""  # PLUS's key: the stricter of what work and file say
    source_type: str = ""  # IPTC's key
    is_of_file: bool = False  # creator, rights or credit are the words of the artist's own file
    held_place: bool = False  # the file said where it was made; no copy does


NOTHING_WRITTEN: Final = Written()
