"""What a request says of itself, and how much of it is listened to."""

import pytest
from aiohttp.test_utils import make_mocked_request

from web.headers import excess, media_type

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        *(("", ""), (";", ""), ("text/html", "text/html"), (" Text/HTML ; charset=x", "text/html")),
        (f'application/ld+json; profile="{ACTIVITYSTREAMS}"', "application/ld+json"),
        ("multipart/form-data; " + '"' * 9_000, "multipart/form-data"),
    ],
)  # fmt: skip
def test_a_body_s_type_is_what_stands_before_its_parameters(header: str, kind: str) -> None:
    assert media_type(make_mocked_request("POST", "/", headers={"Content-Type": header})) == kind


BOUNDARY = "multipart/form-data; boundary=" + "-" * 70


@pytest.mark.parametrize(
    ("headers", "path", "due"),
    [
        ({}, "/", 0),
        ({"Expect": "100-Continue", "Content-Type": BOUNDARY}, "/studio/upload", 0),
        ({"If-None-Match": ", ".join([f'"{"a" * 32}"'] * 50)}, "/@ana", 0),
        ({}, "/interact?" + "&".join(f"field{number}=1" for number in range(200)), 0),
        ({}, "/authorize_interaction?uri=" + "a" * 4_000, 0),
        ({"Expect": "more"}, "/", 417),
        ({"Content-Type": "a/b;" + "c" * 256}, "/", 431),
        ({"If-Match": '"a",' * 600}, "/", 431),
        ({}, "/" + "a" * 2_048, 414),
        ({}, "/?" + "&" * 257, 414),
    ],
)
def test_what_real_programs_send_is_within_bounds(
    headers: dict[str, str], path: str, due: int
) -> None:
    assert excess(make_mocked_request("GET", path, headers=headers)) == due
