"""A typed name that no server answers to: a sentence at its field, and no outage of ours."""

import pytest
from structlog.testing import capture_logs

from tests.web.site import Site, migrated_sqlite, site, sqlite_url

__all__ = ["migrated_sqlite", "site", "sqlite_url"]


@pytest.mark.parametrize(
    "path",
    [
        "/home/follow?q=bo@no-such.example",
        "/authorize_interaction?uri=https://no-such.example/users/bo",
    ],
)
async def test_a_name_that_no_server_answers_to_is_told_as_wrong_and_no_warning_is_logged(
    site: Site, path: str
) -> None:
    with capture_logs() as said:
        answer = await site.get(path, "ben")
    assert answer.status == 422
    assert "cannot be reached" in await answer.text()
    assert "Retry-After" not in answer.headers
    assert [one for one in said if one["log_level"] not in {"debug", "info"}] == []


async def test_a_visitor_whose_own_server_does_not_answer_is_told_so_at_the_field(
    site: Site,
) -> None:
    with capture_logs() as said:
        answer = await site.client.post(
            "/interact",
            data={
                "uri": "https://art.test/users/ana",
                "intent": "follow",
                "address": "bo@no-such.example",
            },
            headers={"Host": "art.test"},
        )
    assert answer.status == 422
    assert "cannot be reached" in await answer.text()
    assert [one for one in said if one["log_level"] not in {"debug", "info"}] == []
