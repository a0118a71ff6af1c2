"""What proves each word of the picture corpus's manifest, by key.

A word that no table knows makes `test_manifest` fail: whoever adds it says how it is proved.
"""

from collections.abc import Mapping
from typing import Final

from tests.imaging import (
    proofs_of_behaviour,
    proofs_of_colour,
    proofs_of_files,
    proofs_of_metadata,
)
from tests.imaging.corpus import Proof

PROOFS: Final[Mapping[str, Proof]] = {
    **proofs_of_files.PROOFS,
    **proofs_of_colour.PROOFS,
    **proofs_of_metadata.PROOFS,
    **proofs_of_behaviour.PROOFS,
}
