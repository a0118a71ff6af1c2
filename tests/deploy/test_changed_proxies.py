"""What the doctor says where somebody changed the proxies' files."""

import pytest

from tests.deploy.front import Front, proxied

pytestmark = pytest.mark.deploy

NGINX_SAYS_WHO = "proxy_set_header X-Forwarded-For $remote_addr;"
NGINX_SAYS_NOTHING = 'proxy_set_header X-Forwarded-For "";'
CADDY_SAYS_NOTHING = "header_up -X-Forwarded-For"
CADDY_SAYS_ANYTHING = "header_up X-Forwarded-For {http.request.header.X-Forwarded-For}"


@pytest.mark.parametrize(
    ("kind", "old", "new", "name", "level", "words"),
    [
        ("nginx", NGINX_SAYS_WHO, "", "proxy", "wrong", "pretend"),
        ("nginx", NGINX_SAYS_WHO, NGINX_SAYS_NOTHING, "proxy", "warn", "who asks"),
        ("nginx", "X-Forwarded-Proto $scheme", 'X-Forwarded-Proto ""', "proxy", "wrong", "https"),
        ("nginx", "Host $host:", "Host x", "proxy", "wrong", "Host"),
        ("nginx", "internal;", "", "proxied pictures", "wrong", "past every rule"),
        ("nginx", "location /_pictures/", "location /elsewhere/", "proxied pictures", "wrong",
         "does not send"),
        ("caddy", "header_up -Forwarded", CADDY_SAYS_NOTHING, "proxy", "warn", "who asks"),
        ("caddy", "header_up -Forwarded", CADDY_SAYS_ANYTHING, "proxy", "wrong", "pretend"),
        ("caddy", "@picture header X-Accel-Redirect /_pictures/*",
         "@picture header X-Accel-Redirect /elsewhere/*", "proxied pictures", "wrong",
         "does not send"),
    ],
)  # fmt: skip
def test_the_doctor_says_what_a_changed_file_loses(
    kind: str, old: str, new: str, name: str, level: str, words: str, unfronted: Front
) -> None:
    with proxied(kind, unfronted, (old, new)) as front:
        found = front.doctor()
    assert found[name][0] == level, found[name]
    assert words in found[name][1]
