"""What a peer on Fedify understands of ours, and what it may not see."""

import json

from server.drafts import Draft
from server.model import AiLabel, TargetId, Visibility
from tests.interop.fedify import Document
from tests.interop.scene import DOOR, ROOFS, Scene


async def test_a_work_for_followers_is_shown_to_their_signature_alone(scene: Scene) -> None:
    draft = Draft(title="Sketches", visibility=Visibility.FOLLOWERS)
    uri = scene.work_uri(await scene.hang(draft, DOOR))
    assert await scene.cleo.look_up(uri) is None
    await scene.cleo_follows()
    shown = await scene.cleo.look_up(uri)
    assert (shown["to"], shown["id"]) == (f"{scene.ana_uri}/followers", uri)
    stranger = await scene.fedify.open("dora")
    assert await stranger.look_up(uri) is None
    assert await scene.cleo.walk(f"{scene.ana_uri}/outbox") == []


async def test_what_is_withdrawn_or_never_was_is_nothing(scene: Scene) -> None:
    work = await scene.hang(Draft(title="Gone soon"), DOOR)
    await scene.here.flows.publishing.withdraw(scene.ana, work.id)
    gone = await scene.cleo.look_up(scene.work_uri(work))
    assert gone in (None, {"id": scene.work_uri(work), "type": "Tombstone"})
    assert await scene.cleo.look_up(f"{scene.here.url}/users/nobody") is None
    assert await scene.cleo.look_up(f"@nobody@{scene.here.config.instance.domain}") is None


async def test_an_artist_is_found_by_id_page_and_name(scene: Scene) -> None:
    domain = scene.here.config.instance.domain
    ana = await scene.cleo.look_up(scene.ana_uri)
    said = {name: ana[name] for name in ("type", "preferredUsername", "name", "url")}
    assert said == {
        "type": "Person",
        "preferredUsername": "ana",
        "name": "ana",
        "url": f"{scene.here.url}/@ana",
    }
    assert ana["publicKey"]["owner"] == scene.ana_uri
    assert ana["endpoints"] == {"sharedInbox": f"{scene.here.url}/inbox"}
    assert (ana["discoverable"], ana["manuallyApprovesFollowers"]) == (True, False)
    for name in (f"@ana@{domain}", f"acct:ana@{domain}", f"{scene.here.url}/@ana"):
        assert (await scene.cleo.look_up(name))["id"] == scene.ana_uri
    found = await scene.fedify.do("finger", what=f"acct:ana@{domain}")
    assert found["subject"] == f"acct:ana@{domain}"
    assert scene.ana_uri in [link.get("href") for link in found["links"]]


async def test_the_server_itself_is_an_application(scene: Scene) -> None:
    server = await scene.cleo.look_up(f"{scene.here.url}/actor")
    assert (server["type"], server["inbox"]) == ("Application", f"{scene.here.url}/inbox")
    assert await scene.cleo.walk(server["outbox"]) == []


async def test_a_work_reads_the_same_wherever_it_stands(scene: Scene) -> None:
    await scene.cleo_follows()
    draft = Draft(
        title="Blue hour",
        caption="Over the roofs",
        tags=("oil",),
        year="2026",
        is_sensitive=True,
        sensitive_reason="Heights",
    )
    work = await scene.hang(draft, ROOFS, DOOR)
    (create,) = await scene.got("Create")
    note: Document = create["object"]
    assert [_described(one) for one in note["attachment"]] == [
        ("Image", "image/jpeg", 2880, 1920, "Roofs"),
        ("Image", "image/jpeg", 300, 900, "A door"),
    ]
    assert (note["type"], note["sensitive"], note["summary"]) == ("Note", True, "Heights")
    assert "Blue hour" in note["content"]
    assert "Over the roofs" in note["content"]
    assert (note["tag"]["type"], note["tag"]["name"]) == ("Hashtag", "#oil")
    assert (note["to"], note["cc"]) == ("as:Public", f"{scene.ana_uri}/followers")
    assert note["attributedTo"] == create["actor"] == scene.ana_uri
    assert note["url"].startswith(f"{scene.here.url}/@ana/{work.id}")

    (said,) = await scene.cleo.walk(f"{scene.ana_uri}/outbox")
    (featured,) = await scene.cleo.walk(f"{scene.ana_uri}/featured")
    looked_up = bare(await scene.cleo.look_up(scene.work_uri(work)))
    assert said["object"] == featured == looked_up == note
    assert (await scene.cleo.look_up(note["url"]))["id"] == note["id"]


async def test_followers_are_counted_and_comments_listed(scene: Scene) -> None:
    await scene.cleo_follows()
    followers = await scene.cleo.look_up(f"{scene.ana_uri}/followers")
    assert (followers["type"], followers["totalItems"]) == ("OrderedCollection", 1)
    assert (await scene.cleo.look_up(f"{scene.ana_uri}/following"))["totalItems"] == 0
    work = await scene.hang(Draft(title="Talk"), DOOR)
    commenting = scene.here.flows.commenting
    comment = await commenting.comment(scene.ana, TargetId(work.id), "Ask me anything")
    (answer,) = await scene.cleo.walk(f"{scene.work_uri(work)}/replies")
    assert (answer["id"], answer["inReplyTo"]) == (comment.uri, scene.work_uri(work))
    assert "Ask me anything" in answer["content"]


async def test_nodeinfo_is_understood(scene: Scene) -> None:
    _, _, links = await scene.here.get("/.well-known/nodeinfo", "application/json")
    for link in json.loads(links)["links"]:
        if "/ns/schema/2." in link["rel"]:
            _, _, body = await scene.here.get(link["href"], "application/json")
            read = await scene.fedify.do("nodeinfo", document=json.loads(body))
            assert read["software"]["name"] == "fixatif"
            assert read["protocols"] == ["activitypub"]
            assert read["usage"]["users"]["total"] == 1


def bare(document: Document) -> Document:
    """Return a fetched work without the proof that it carries by itself."""
    return {name: value for name, value in document.items() if name != "proof"}


def _described(picture: Document) -> tuple[str, str, int, int, str]:
    return (
        picture["type"],
        picture["mediaType"],
        picture["width"],
        picture["height"],
        picture["name"],
    )


async def test_what_machines_may_do_costs_no_reader_the_document(scene: Scene) -> None:
    await scene.cleo_follows()
    draft = Draft(title="Licensed", ai_label=AiLabel.ASSISTED, licence="cc-by-nc")
    work = await scene.hang(draft, DOOR, ROOFS)
    (create,) = await scene.got("Create")
    note = create["object"]
    assert [one["type"] for one in note["attachment"]] == ["Image", "Image"]
    assert bare(await scene.cleo.look_up(scene.work_uri(work))) == note
    for uri in (scene.ana_uri, f"{scene.here.url}/actor"):
        assert (await scene.cleo.look_up(uri))["id"] == uri
    _, headers, body = await scene.here.get(f"/works/{work.id}")
    said = json.loads(body)
    assert said["contentUsage"] == headers["Content-Usage"] == "train-ai=n, ai-use=n"
    assert said["licenseUrl"] == "https://creativecommons.org/licenses/by-nc/4.0/"
    assert said["attachment"][0]["license"] == "Attribution-NonCommercial"
