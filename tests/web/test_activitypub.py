"""What other servers see of us through HTTP: discovery clause by clause, documents, types."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import jsonschema
import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from federation.actors import read_actor
from server.drafts import Draft
from server.model import Artist, ImageFormat, RenditionName, Visibility, Work, WorkState
from storage.library import open_library
from tests.engines import migrated_sqlite, sqlite_url
from tests.two_servers.stage import ACTIVITY_JSON, PUBLIC, Peer, Stage, staged
from tests.two_servers.test_walk import picture

__all__ = ["migrated_sqlite", "sqlite_url"]

VECTORS = Path(__file__).parents[1] / "vectors"
ANA = "https://art.test/users/ana"
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@dataclass
class Site:
    """art.test as other servers reach it."""

    stage: Stage
    client: TestClient[Any, Any]
    ana: Artist
    work: Work

    async def get(
        self, path: str, accept: str | None = ACTIVITY_JSON, **headers: str
    ) -> ClientResponse:
        sent = {"Host": "art.test", **headers}
        if accept is not None:
            sent["Accept"] = accept
        path = path.removeprefix("https://art.test")
        return await self.client.get(path, headers=sent, allow_redirects=False)

    async def document(self, path: str) -> dict[str, Any]:
        answer = await self.get(path)
        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == f"{ACTIVITY_JSON}; charset=utf-8"
        found: dict[str, Any] = await answer.json(content_type=ACTIVITY_JSON)
        return found


@pytest_asyncio.fixture
async def site(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    library = open_library(sqlite_url)
    async with staged(library, tmp_path) as stage:
        ana = await stage.artist("ana")
        work = await stage.hang(ana, pictures=2, language="en")
        await stage.drain()
        async with TestClient(TestServer(stage.instance.app())) as client:
            yield Site(stage, client, ana, work)
    await library.close()


def finger(resource: str, more: str = "") -> str:
    return f"/.well-known/webfinger?resource={resource}{more}"


# WebFinger, RFC 7033


async def test_a_server_on_a_port_of_its_own_has_an_actor_that_servers_like_it_can_read(
    sqlite_url: str, tmp_path: Path
) -> None:
    library, place = open_library(sqlite_url), "127.0.0.1:8443"
    async with (
        staged(library, tmp_path, domain=place, base_url=f"https://{place}") as stage,
        TestClient(TestServer(stage.instance.app())) as client,
    ):
        headers = {"Host": place, "Accept": ACTIVITY_JSON}
        async with client.get("/actor", headers=headers) as answer:
            actor = read_actor(await answer.json(content_type=ACTIVITY_JSON))
        async with client.get(finger(f"acct:{actor.webfinger}"), headers=headers) as answer:
            found = await answer.json(content_type=None)
    await library.close()
    assert (actor.handle, actor.webfinger) == ("127.0.0.1.8443", f"127.0.0.1.8443@{place}")
    assert found["subject"] == f"acct:{actor.webfinger}"
    assert f"https://{place}/actor" in [link.get("href") for link in found["links"]]


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/webfinger",
        "/.well-known/webfinger?",
        finger(""),
        finger("ana"),
        finger("acct:ana"),
        finger("mailto:ana@art.test"),
        finger("https:%2F%2F"),
        finger("acct:a%00b@art.test"),
    ],
)
async def test_a_missing_or_malformed_resource_is_a_bad_request(path: str, site: Site) -> None:
    """Section 4.2: the server MUST indicate that the request is bad."""
    answer = await site.get(path, "application/jrd+json")
    assert answer.status == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"  # section 5
    assert (await answer.json())["error"].endswith(".")


@pytest.mark.parametrize(
    "resource",
    [
        "acct:nobody@art.test",
        "acct:ana@elsewhere.test",
        "acct:%2500@art.test",
        "https://[::1/x",
        "https://elsewhere.test/users/ana",
        "https://art.test/users/nobody",
        "https://art.test/works/1",
        "https://art.test/?x=1",
    ],
)
async def test_a_resource_that_we_do_not_have_is_not_found(resource: str, site: Site) -> None:
    """Section 4.2: 404 where there is no information about the resource."""
    answer = await site.get(finger(resource), "application/jrd+json")
    assert answer.status == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "*"  # section 5


@pytest.mark.parametrize(
    ("resource", "subject"),
    [
        ("acct:ana@art.test", "acct:ana@art.test"),
        ("acct%3Aana%40art.test", "acct:ana@art.test"),
        ("acct:ANA@ART.TEST", "acct:ana@art.test"),
        ("https://art.test/users/ana", "acct:ana@art.test"),
        ("https://art.test/@ana", "acct:ana@art.test"),
        ("HTTPS://Art.Test/@ana", "acct:ana@art.test"),
        ("acct:art.test@art.test", "acct:art.test@art.test"),
        ("https://art.test/actor", "acct:art.test@art.test"),
        ("https://art.test/", "acct:art.test@art.test"),  # FEP-d556
        ("https://art.test", "acct:art.test@art.test"),
    ],
)
async def test_who_is_here_is_found_by_name_and_by_address(
    resource: str, subject: str, site: Site
) -> None:
    answer = await site.get(finger(resource), "application/jrd+json")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/jrd+json")  # section 10.2
    assert answer.headers["Access-Control-Allow-Origin"] == "*"  # section 5
    assert (await answer.json(content_type=None))["subject"] == subject


async def test_a_work_names_the_account_of_its_artist(site: Site) -> None:
    """snac asks so for the address of a post."""
    answer = await site.get(finger(f"https://art.test/works/{site.work.id}"))
    assert (await answer.json(content_type=None))["subject"] == "acct:ana@art.test"


async def test_rel_filters_links_and_may_stand_several_times(site: Site) -> None:
    """Section 4.3: only links with these relations; everything else stays."""
    profile = "http://webfinger.net/rel/profile-page"
    for rels, count in ((["self"], 2), (["self", profile], 3), (["none"], 0)):
        more = "".join(f"&rel={rel}" for rel in rels)
        answer = await site.get(finger("acct:ana@art.test", more))
        document = await answer.json(content_type=None)
        assert len(document["links"]) == count
        assert document["aliases"]


async def test_only_the_document_is_missing_from_the_answer_to_head(site: Site) -> None:
    path = finger("acct:ana@art.test")
    answer = await site.client.head(path, headers={"Host": "art.test"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/jrd+json")
    assert await answer.read() == b""


@pytest.mark.parametrize(
    "path", [finger("acct:ana@art.test"), "/users/ana", "/users/ana/outbox", "/actor"]
)
async def test_what_is_only_read_says_so_to_whoever_sends_something(path: str, site: Site) -> None:
    """ActivityPub, 6: an outbox that takes nothing from clients answers 405."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await site.client.request(method, path, headers={"Host": "art.test"})
        assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
    answer = await site.client.post("/users/ana/nowhere", headers={"Host": "art.test"})
    assert answer.status == 404


async def test_what_leads_people_on_says_that_servers_get_something_else(site: Site) -> None:
    """Else a cache between could lead a server to a page."""
    for path in ("/users/ana", f"/works/{site.work.id}", "/@ANA"):
        answer = await site.client.get(
            path, headers={"Host": "art.test", "Accept": "text/html"}, allow_redirects=False
        )
        assert answer.status in {301, 302}
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/users/ana", "/@ana", "/users/ana/outbox", "/nodeinfo/2.1"])
async def test_a_slash_too_many_leads_to_what_was_meant(path: str, site: Site) -> None:
    for end in ("/", "//", "/?page=true"):
        answer = await site.client.get(
            f"{path}{end}", headers={"Host": "art.test"}, allow_redirects=False
        )
        assert answer.status == 301
        assert answer.headers["Location"] == f"{path}{end.strip('/')}"


@pytest.mark.parametrize(
    "path", ["//evil.test/", "//evil.test//@ana/", "/nowhere/", "/@ana/%2f/", "/\\evil.test/"]
)
async def test_no_slash_leads_to_another_site_or_to_nothing(path: str, site: Site) -> None:
    url = URL(f"http://{site.client.host}:{site.client.port}{path}", encoded=True)
    async with aiohttp.ClientSession() as session:
        answer = await session.get(url, allow_redirects=False)
        assert answer.status == 404
    answer = await site.client.post("/users/ana/", headers={"Host": "art.test"})
    assert answer.status == 404


async def test_whoever_is_suspended_is_found_no_more(site: Site) -> None:
    await site.stage.flows.accounts.suspend("ana")
    for path in (finger("acct:ana@art.test"), finger(ANA), ANA, f"{ANA}/outbox"):
        assert (await site.get(path)).status == 404


# host-meta, NodeInfo


async def test_host_meta_is_xml_that_points_to_webfinger(site: Site) -> None:
    answer = await site.get("/.well-known/host-meta", "application/xml")
    assert answer.headers["Content-Type"].startswith("application/xrd+xml")
    root = ET.fromstring(await answer.text())  # noqa: S314  our own text
    (link,) = list(root)
    template = link.attrib["template"]
    found = await site.get(template.replace("{uri}", "acct:ana@art.test"))
    assert found.status == 200


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo_is_found_by_its_links_and_is_what_its_schema_says(
    version: str, site: Site
) -> None:
    answer = await site.get("/.well-known/nodeinfo", "application/json")
    links = {link["rel"]: link["href"] for link in (await answer.json())["links"]}
    answer = await site.get(links[f"http://nodeinfo.diaspora.software/ns/schema/{version}"])
    assert answer.headers["Content-Type"].startswith("application/json; profile=")
    document = await answer.json()
    schema = json.loads((VECTORS / f"nodeinfo-{version}.json").read_bytes())
    jsonschema.Draft4Validator(schema).validate(document)
    assert document["usage"]["localPosts"] == 1
    assert document["usage"]["users"]["total"] == 1
    assert links["https://www.w3.org/ns/activitystreams#Application"] == "https://art.test/actor"


async def test_there_is_no_other_nodeinfo(site: Site) -> None:
    assert (await site.get("/nodeinfo/1.0")).status == 404


# Documents


async def test_an_actor_and_its_collections_lead_to_each_other(site: Site) -> None:
    actor = await site.document(ANA)
    assert actor["id"] == ANA
    for name in ("outbox", "followers", "following", "featured", "featuredTags"):
        collection = await site.document(actor[name])
        assert collection["id"] == actor[name]
        assert collection["type"] in {"OrderedCollection", "Collection"}
        assert isinstance(collection["totalItems"], int)
    assert (await site.document(actor["outbox"]))["first"] == f"{ANA}/outbox?page=true"


async def test_the_outbox_brings_works_in_pages(site: Site) -> None:
    for _ in range(30):
        site.stage.clock.advance(seconds=1)
        await site.stage.hang(site.ana)
    await site.stage.hang(site.ana, visibility=Visibility.UNLISTED)
    seen: list[str] = []
    uri = (await site.document(f"{ANA}/outbox"))["first"]
    while uri:
        page = await site.document(uri)
        assert page["id"] == uri
        assert page["partOf"] == f"{ANA}/outbox"
        assert all(one["type"] == "Create" for one in page["orderedItems"])
        seen += [one["object"]["id"] for one in page["orderedItems"]]
        uri = page.get("next", "")
    assert len(seen) == len(set(seen)) == 31
    assert page["totalItems"] == 31


async def test_a_work_answers_at_its_id_and_at_its_page(site: Site) -> None:
    note = await site.document(f"/works/{site.work.id}")
    assert note["to"] == [PUBLIC]
    assert len(note["attachment"]) == 2
    assert await site.document(note["url"]) == note
    replies = await site.document(note["replies"])
    assert (replies["totalItems"], replies["id"]) == (0, note["replies"])


async def test_our_documents_tell_machines_what_they_may_do(site: Site) -> None:
    for path in (ANA, f"/works/{site.work.id}", "/actor", f"{ANA}/outbox"):
        answer = await site.get(path)
        assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"
        assert "noai" in ", ".join(answer.headers.getall("X-Robots-Tag"))
        is_by_peer = path.startswith("/works/")  # who signs gets a document of their own
        assert answer.headers["Vary"] == ("Accept, Signature" if is_by_peer else "Accept")
        assert "Set-Cookie" not in answer.headers


async def test_the_server_actor_is_readable_unsigned_and_its_outbox_is_empty(site: Site) -> None:
    actor = await site.document("/actor")
    assert (actor["type"], actor["preferredUsername"]) == ("Application", "art.test")
    assert actor["publicKey"]["owner"] == actor["id"]
    assert (await site.document(actor["outbox"]))["totalItems"] == 0


@pytest.mark.parametrize("accept", [ACTIVITY_JSON, LD_JSON, f"{LD_JSON}, {ACTIVITY_JSON}"])
async def test_whoever_asks_for_activitypub_gets_exactly_the_type_that_pixelfed_takes(
    accept: str, site: Site
) -> None:
    for path in (ANA, f"/works/{site.work.id}", f"/@ana/{site.work.id}-blue-hour"):
        answer = await site.get(path, accept)
        assert answer.headers["Content-Type"] in {
            ACTIVITY_JSON,
            f"{ACTIVITY_JSON}; charset=utf-8",
        }


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        " ",
        "*/*",
        "text/html",
        "application/json+activity",
        "application/activity+json;q=0",
        "application/activity+json;q=high",
        "application/activity+json;;;",
        "a/b;" + "x=y;" * 2_000,
        '"',
        ",,,,",
        "application/ld+json",
        'application/ld+json; profile="',
        "ÿ",
        "text/html, application/activity+json",
    ],
)
async def test_no_odd_accept_header_breaks_anything(accept: str | None, site: Site) -> None:
    for path in (ANA, f"/works/{site.work.id}", "/@ana", "/actor", finger("acct:ana@art.test")):
        answer = await site.get(path, accept)
        assert answer.status < 400, (path, accept)


@pytest.mark.parametrize("visibility", [Visibility.DRAFT, Visibility.FOLLOWERS])
async def test_what_is_not_for_everybody_is_not_there_for_a_stranger(
    visibility: Visibility, site: Site
) -> None:
    hidden = await site.stage.hang(site.ana, visibility=visibility, title="Hidden")
    for path in (f"/works/{hidden.id}", f"/@ana/{hidden.id}-hidden", f"/works/{hidden.id}/replies"):
        for accept in (ACTIVITY_JSON, "text/html"):
            assert (await site.get(path, accept)).status == 404, path
    everywhere = [
        await (await site.get(path, accept)).text()
        for path in ("/", "/@ana", f"{ANA}/outbox?page=true", f"{ANA}/featured")
        for accept in (ACTIVITY_JSON, "text/html")
    ]
    assert not any("Hidden" in text for text in everywhere)


async def test_a_withdrawn_work_is_a_tombstone_with_410(site: Site) -> None:
    await site.stage.flows.publishing.withdraw(site.ana, site.work.id)
    uri = f"https://art.test/works/{site.work.id}"
    answer = await site.get(uri)
    assert answer.status == 410
    assert answer.headers["Content-Type"] == f"{ACTIVITY_JSON}; charset=utf-8"
    document = await answer.json(content_type=None)
    assert (document["id"], document["type"]) == (uri, "Tombstone")
    assert (await site.get(uri, "text/html")).status == 410


async def test_numbers_that_are_nothing_are_not_found(site: Site) -> None:
    for number in ("0", "1", "9" * 19, "99999999999999999999"):
        assert (await site.get(f"/works/{number}")).status == 404
        assert (await site.get(f"/posts/{number}")).status == 404


async def test_a_comment_answers_as_a_note_and_a_remote_one_does_not(site: Site) -> None:
    flows = site.stage.flows
    post = await flows.commenting.comment(site.ana, site.work.id, "Mine")
    note = await site.document(post.uri)
    assert (note["id"], note["inReplyTo"]) == (
        post.uri,
        f"https://art.test/works/{site.work.id}",
    )
    bob = Peer("bob")
    actor = await site.stage.meet(bob)
    remote = bob.note(inReplyTo=note["inReplyTo"])
    site.stage.net.serve(remote["id"], remote)
    kept = await flows.remote.keep_note(await flows.remote.note(remote["id"]), actor)
    assert (await site.get(f"/posts/{kept.id}")).status == 404


# Pictures for other servers


async def test_an_attachment_is_as_large_as_its_file_and_within_what_peers_may_have(
    site: Site,
) -> None:
    files = (picture(4000, 1000, (9, 9, 90)), "Wide"), (picture(2000, 3001, (9, 90, 9)), "High")
    work = await site.stage.upload(site.ana, Draft(title="Large"), *files)
    await site.stage.drain()
    hung = await site.stage.read(lambda tx: tx.works.by_id(work.id))
    assert hung.state is WorkState.HUNG
    note = await site.document(f"/works/{work.id}")
    assert [(one["width"], one["height"]) for one in note["attachment"]] == [
        (2880, 720),
        (1919, 2880),
    ]
    limit = site.stage.flows.house.now.policy.renditions.peer
    for one, kept in zip(note["attachment"], hung.pictures, strict=True):
        assert max(one["width"], one["height"]) <= limit
        answer = await site.get(one["url"], "*/*", **{"User-Agent": "http.rb/5.1 (Mastodon/4.4)"})
        assert answer.status == 200
        assert answer.headers["Content-Type"] == one["mediaType"] == "image/jpeg"
        (federated,) = (
            rendition
            for rendition in kept.renditions
            if (rendition.name, rendition.format) == (RenditionName.FEDERATED, ImageFormat.JPEG)
        )
        assert len(await answer.read()) == federated.bytes
        assert (federated.width, federated.height) == (one["width"], one["height"])
