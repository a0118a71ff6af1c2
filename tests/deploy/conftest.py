"""One instance for all tests of the files in deploy/."""

from collections.abc import Iterator

import pytest

from tests.deploy.front import Front, founded


@pytest.fixture(scope="session")
def unfronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Nothing stands in front of it yet."""
    with founded(tmp_path_factory.mktemp("deploy")) as front:
        yield front
