"""Licences that an artist may give."""

import pytest

from server.errors import Invalid
from server.licences import LICENCES, RESERVED, licence_of, read_licence


@pytest.mark.parametrize("key", ["x", "CC-BY", "cc-by ", "all-rights-reserved", "0"])
def test_only_what_is_in_the_list_can_be_chosen(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_licence(key)
    assert refused.value.field == "licence"
    assert licence_of(key) is RESERVED


def test_every_licence_is_found_by_its_key_and_none_is_twice() -> None:
    assert [licence_of(read_licence(one.key)) for one in LICENCES] == list(LICENCES)
    for column in ("key", "name", "title"):
        assert len({getattr(one, column) for one in LICENCES}) == len(LICENCES)
    assert all(len(f"{one.name}: {one.says}") <= 42 for one in LICENCES)  # on a phone
    assert all(bool(one.url) is bool(one.key) for one in LICENCES)
