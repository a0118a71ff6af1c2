"""What doctor sees from outside where the handles' domain is another site."""

import pytest

from server.bus import MemoryBus
from server.doctor import Means
from server.strangers import _answered, questions
from tests.two_servers.stage import HandClock, Net, config_of

FINGER = "/.well-known/webfinger?resource=acct%3Aana%40art.test"
APEX, HERE = "https://art.test", "https://gallery.art.test"


def means(net: Net) -> Means:
    nobody = MemoryBus()  # stands where nothing is asked
    return Means(HandClock(), net, *[nobody] * 7)  # type: ignore[arg-type]


@pytest.mark.parametrize("ends", ["in a circle", "elsewhere", "here"])
async def test_a_domain_that_leads_here_is_followed_and_not_for_ever(
    ends: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    net = Net()
    config = config_of("art.test", tmp_path_factory.mktemp("x"), base_url=HERE)
    target = {"in a circle": APEX, "elsewhere": "https://far.test", "here": HERE}[ends] + FINGER
    net.serve(APEX + FINGER, status=301, headers={"location": target})
    link = {"rel": "self", "type": "application/activity+json", "href": f"{HERE}/users/ana"}
    net.serve(HERE + FINGER, {"links": [link]})
    question = next(one for one in questions(config, "ana") if one.name == "WebFinger")
    finding = await _answered(question, means(net))
    assert finding.level == ("ok" if ends == "here" else "wrong")
    assert len(net.fetched) <= 4
