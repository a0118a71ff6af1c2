"""Sample art for the demo: four invented artists in two studios and what they hang.

Every picture is drawn by the modules here, from a seed, with Pillow alone: nobody's work
is copied and nothing is fetched. The same seed gives the same bytes on one Pillow version.

`studio_a` and `studio_b` say who made what; `pen`, `relief`, `riso`, `wash`, `cloth` and
`town` paint; `easel` is what they share.
"""

from server.sampleart import studio_a, studio_b
from server.sampleart.catalogue import SampleArtist, SampleWork, Study, paint

__all__ = ["SampleArtist", "SampleWork", "Study", "paint", "sample_artists", "sample_works"]


def sample_artists() -> tuple[SampleArtist, ...]:
    """List the four artists: two in `studio-a`, two in `studio-b`."""
    return studio_a.ARTISTS + studio_b.ARTISTS


def sample_works() -> tuple[SampleWork, ...]:
    """List all twenty-four works, six for each artist."""
    return studio_a.WORKS + studio_b.WORKS
