"""What we send, field by field, so that every known server shows it; and what we make of HTML."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld

from federation import activities, portraits, translate, wording
from federation.addressing import PUBLIC
from federation.posts import post_from
from federation.translate import Voice
from federation.vocabulary import read_activity, read_actor, read_note
from server.addresses import Addresses
from server.camera import Camera
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    AiLabel,
    Artist,
    ContentUsage,
    ImageFormat,
    Millis,
    Picture,
    PictureId,
    PictureState,
    Post,
    PostId,
    Preference,
    Quote,
    Reaction,
    ReactionKind,
    Rendition,
    RenditionName,
    Role,
    TargetId,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.policy import STANDARD_NO_AI

ADDRESSES = Addresses("https://art.test", "art.test")
ANA = "https://art.test/users/ana"
NO_AI = ContentUsage(train_ai=Preference.NO, ai_use=Preference.NO)
CONTEXTS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "json-ld-contexts.json").read_bytes()
)["documents"]

ARTIST = Artist(ActorId(1), "ana", "Ana <3", Role.ARTIST, Millis(0), bio="Oil & ink")
ACTOR = Actor(
    id=ActorId(1),
    uri=ANA,
    kind=ActorKind.PERSON,
    handle="ana",
    domain="art.test",
    name="Ana <3",
    summary_html="",
    url="https://art.test/@ana",
    inbox=f"{ANA}/inbox",
    shared_inbox="https://art.test/inbox",
    outbox=f"{ANA}/outbox",
    followers_uri=f"{ANA}/followers",
    is_local=True,
    key_id=f"{ANA}#main-key",
    public_key_pem="PEM",
)
BOB = replace(
    ACTOR,
    id=ActorId(2),
    uri="https://peer.test/users/bob",
    handle="bob",
    domain="peer.test",
    url="",
    is_local=False,
)
VOICE = Voice(ARTIST, ACTOR, NO_AI, STANDARD_NO_AI)


def picture(place: int, **fields: Any) -> Picture:
    sizes = {RenditionName.VIEW: (1280, 853), RenditionName.FEDERATED: (2880, 1920)}
    return Picture(
        **{
            "id": PictureId(place + 10),
            "work_id": WorkId(7),
            "position": place,
            "alt": f"Alt <{place}>",
            "original_digest": "0" * 64,
            "original_type": "image/png",
            "original_name": "a.png",
            "original_bytes": 9,
            "state": PictureState.READY,
            "media_key": f"{place:040x}",
            "width": 6000,
            "height": 4000,
            "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
            "focal_x": 0.25,
            "focal_y": -0.5,
            "renditions": tuple(
                Rendition(name, kind, *size, 9, "0" * 64)
                for name, size in sizes.items()
                for kind in (ImageFormat.AVIF, ImageFormat.JPEG)
            ),
            **fields,
        }
    )


def work(pictures: int = 2, **fields: Any) -> Work:
    return Work(
        **{
            "id": WorkId(7),
            "artist_id": ARTIST.id,
            "state": WorkState.HUNG,
            "title": "Blue <hour>",
            "slug": "blue-hour",
            "caption": "Over & out.\nSee https://a.test/?a=1&b=2.\n\nEnd",
            "tags": ("Oil", "été"),
            "medium": "oil",
            "year": "2026",
            "is_sensitive": False,
            "sensitive_reason": "",
            "visibility": Visibility.PUBLIC,
            "ai_label": AiLabel.NONE,
            "content_usage": ContentUsage(),
            "is_quiet": False,
            "created_at": Millis(1_795_000_000_999),
            "hung_at": Millis(1_795_000_000_999),
            "edited_at": None,
            "withdrawn_at": None,
            "language": "en",
            "pictures": tuple(picture(place) for place in range(pictures)),
            **fields,
        }
    )


def note(**fields: Any) -> dict[str, Any]:
    return translate.note_of_work(work(**fields), VOICE, ADDRESSES)


def comment(**fields: Any) -> Post:
    return Post(
        **{
            "id": PostId(8),
            "uri": "https://art.test/posts/8",
            "actor_id": ARTIST.id,
            "is_local": True,
            "visibility": Visibility.UNLISTED,
            "content_html": "<p>Thanks</p><p>!</p>",
            "title": "",
            "url": "https://art.test/posts/8",
            "is_sensitive": False,
            "warning": "",
            "published_at": Millis(1_795_000_000_000),
            "edited_at": None,
            "in_reply_to_uri": "https://peer.test/notes/1",
            "reply_to_id": None,
            "work_id": None,
            **fields,
        }
    )


FOLLOW = activities.follow(ANA, BOB.uri, f"{ANA}/follows/1")
LIKE = Reaction(1, ReactionKind.LIKE, ARTIST.id, TargetId(9), f"{ANA}/likes/1", Millis(0))
BOOST = replace(LIKE, kind=ReactionKind.BOOST, uri=f"{ANA}/boosts/1")
EVERYTHING: dict[str, dict[str, Any]] = {
    "actor": portraits.actor_of(VOICE, ADDRESSES),
    "server actor": portraits.server_actor(ACTOR, ADDRESSES, "Art", NO_AI),
    "note": note(is_sensitive=True, ai_label=AiLabel.GENERATED, edited_at=Millis(9_000)),
    "create": activities.create(note(), "https://art.test/works/7/activity"),
    "update": activities.update(note(), "https://art.test/activities/1", Millis(0)),
    "update actor": activities.update_actor(
        portraits.actor_of(VOICE, ADDRESSES), ACTOR.followers_uri, "https://art.test/activities/2"
    ),
    "delete": activities.delete("https://art.test/works/7", ACTOR, "https://art.test/activities/3"),
    "comment": translate.note_of_post(comment(), ACTOR, BOB),
    "follow": FOLLOW,
    "accept": activities.answer("Accept", FOLLOW, BOB, "https://art.test/activities/4"),
    "undo": activities.undo(FOLLOW, "https://art.test/activities/5"),
    "like": activities.reaction(LIKE, ACTOR, "https://peer.test/1", BOB.uri, at=Millis(0)),
    "boost": activities.reaction(BOOST, ACTOR, "https://peer.test/1", BOB.uri, at=Millis(0)),
    "outbox": translate.collection(f"{ANA}/outbox", [note()], total=1, part_of=f"{ANA}/outbox"),
}


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(one) for one in value), default=0)
    return 0


@pytest.mark.parametrize("name", EVERYTHING)
def test_nothing_is_nested_more_deeply_than_pixelfed_reads(name: str) -> None:
    assert depth(translate.with_context(EVERYTHING[name])) <= 8


@pytest.mark.parametrize("name", [name for name in EVERYTHING if "actor" not in name])
def test_recipients_always_stand_in_arrays(name: str) -> None:
    found = [EVERYTHING[name], EVERYTHING[name].get("object")]
    for document in found:
        if isinstance(document, dict):
            for key in ("to", "cc"):
                assert isinstance(document.get(key, []), list), (name, key)


def load_context(url: str, _options: object) -> dict[str, Any]:
    return {"contextUrl": None, "documentUrl": url, "document": CONTEXTS[url]}


def names_in(document: Any) -> set[str]:
    """Return every property and type that stands in a document."""
    if isinstance(document, list):
        return set().union(*(names_in(one) for one in document))
    if not isinstance(document, dict):
        return set()
    found = {key for key in document if not key.startswith("@")} - {"contentMap"}
    inside = (v for k, v in document.items() if k not in {"@context", "contentMap"})
    return found | set().union(*(names_in(one) for one in inside))


def terms_in(expanded: Any) -> set[str]:
    if isinstance(expanded, list):
        return set().union(*(terms_in(one) for one in expanded))
    if not isinstance(expanded, dict):
        return set()
    own = {key for key in expanded if not key.startswith("@")}
    return own | set().union(*(terms_in(value) for value in expanded.values()))


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_term_has_a_meaning_in_json_ld(name: str) -> None:
    document = json.loads(json.dumps(translate.with_context(EVERYTHING[name])))
    seen: list[str] = []
    expanded = jsonld.expand(
        document,
        {
            "documentLoader": load_context,
            "on_property_dropped": seen.append,
            "expandContext": None,
        },
    )
    assert seen == []
    terms = terms_in(expanded)
    assert all(":" in term for term in terms)
    for known in names_in(document) - {"id", "type", "summary", "inReplyTo"}:
        has_it = any(term.rpartition("#")[2].rpartition("/")[2] == known for term in terms)
        is_elsewhere = any(term.endswith(_other_name(known)) for term in terms)
        assert has_it or is_elsewhere or _is_empty(document, known), known


def _other_name(name: str) -> str:
    return {"inbox": "ldp#inbox", "orderedItems": "#items"}.get(name, f":{name}")


def _is_empty(document: Any, name: str) -> bool:
    """Say whether a property only ever stands there without a value: expansion drops those."""
    if isinstance(document, list):
        return all(_is_empty(one, name) for one in document)
    if not isinstance(document, dict):
        return True
    own = document.get(name) in (None, [], "")
    return own and all(_is_empty(v, name) for k, v in document.items() if k != "@context")


def test_a_work_is_a_note_that_every_server_shows() -> None:
    document = note()
    assert document["id"] == "https://art.test/works/7"
    assert document["type"] == "Note"
    assert document["attributedTo"] == ANA
    assert document["published"] == "2026-11-18T11:06:40Z"
    assert document["url"] == "https://art.test/@ana/7-blue-hour"
    assert document["to"] == [PUBLIC]
    assert document["cc"] == [f"{ANA}/followers"]
    assert (document["sensitive"], document["summary"]) == (False, None)
    assert document["replies"] == "https://art.test/works/7/replies"
    assert document["contentMap"] == {"en": document["content"]}
    assert document["contentUsage"] == "train-ai=n, ai-use=n"
    assert document["xRobotsTag"] == "noai, noimageai, noarchive"
    assert "updated" not in document
    assert "digitalSourceType" not in document


def test_an_attachment_is_a_jpeg_within_what_every_server_takes() -> None:
    (one, _) = note()["attachment"]
    assert one == {
        "type": "Image",
        "mediaType": "image/jpeg",
        "url": f"https://art.test/media/{0:040x}/federated.jpg",
        "width": 2880,
        "height": 1920,
        "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
        "focalPoint": [0.25, -0.5],
        "name": "Alt <0>",
        "summary": "Alt <0>",
        "license": "All Rights Reserved",
        "contentUsage": "train-ai=n, ai-use=n",
        "xRobotsTag": "noai, noimageai, noarchive",
        "aiPolicy": "https://art.test/.well-known/ai-policy",
    }
    assert type(one["width"]) is int
    assert 6 <= len(one["blurhash"]) <= 164


@pytest.mark.parametrize(
    ("licence", "title", "url"),
    [
        ("", "All Rights Reserved", None),
        ("from a later version", "All Rights Reserved", None),
        (
            "cc-by-nc",
            "Attribution-NonCommercial",
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
    ],
)
def test_a_licence_is_a_title_on_pictures_and_an_address_on_the_work(
    licence: str, title: str, url: str | None
) -> None:
    given = replace(work(), licence=licence, ai_label=AiLabel.GENERATED)
    document = translate.note_of_work(given, VOICE, ADDRESSES)
    (one, _) = document["attachment"]
    assert one["license"] == title
    assert (document.get("licenseUrl"), one.get("licenseUrl")) == (url, url)
    assert document["digitalSourceType"] == one["digitalSourceType"]
    assert all(not isinstance(value, dict) for value in one.values())


def test_more_than_four_pictures_are_a_link_to_the_page() -> None:
    document = note(pictures=6)
    assert len(document["attachment"]) == 4
    assert ">+2 more</a>" in document["content"]
    assert "more</a>" not in note(pictures=4)["content"]


def test_a_picture_without_words_says_nothing_rather_than_an_empty_text() -> None:
    silent = replace(work(), pictures=(picture(0, alt=""),))
    (one,) = translate.note_of_work(silent, VOICE, ADDRESSES)["attachment"]
    assert "name" not in one
    assert "summary" not in one


def test_text_is_escaped_and_addresses_become_links() -> None:
    assert note()["content"] == (
        '<p><a href="https://art.test/@ana/7-blue-hour"><strong>Blue &lt;hour&gt;</strong></a>'
        ", 2026, oil</p>"
        '<p>Over &amp; out.<br>See <a href="https://a.test/?a=1&amp;b=2">'
        "https://a.test/?a=1&amp;b=2</a>.</p><p>End</p>"
        '<p><a href="https://art.test/tags/oil" class="mention hashtag" rel="tag">'
        "#<span>Oil</span></a> "
        '<a href="https://art.test/tags/%C3%A9t%C3%A9" class="mention hashtag" rel="tag">'
        "#<span>été</span></a></p>"
    )


@pytest.mark.parametrize(
    ("label", "ending"),
    [
        (AiLabel.ASSISTED, "compositeWithTrainedAlgorithmicMedia"),
        (AiLabel.GENERATED, "trainedAlgorithmicMedia"),
    ],
)
def test_what_a_machine_made_is_said_to_people_and_machines(label: AiLabel, ending: str) -> None:
    document = note(ai_label=label)
    assert document["digitalSourceType"].endswith(f"/{ending}")
    assert "AI" in document["content"]


def test_a_sensitive_work_brings_its_reason() -> None:
    assert note(is_sensitive=True)["summary"] == "Sensitive"
    assert note(is_sensitive=True, sensitive_reason="Nude")["summary"] == "Nude"


@pytest.mark.parametrize(
    ("visibility", "to", "cc"),
    [
        (Visibility.PUBLIC, [PUBLIC], [f"{ANA}/followers"]),
        (Visibility.UNLISTED, [f"{ANA}/followers"], [PUBLIC]),
        (Visibility.FOLLOWERS, [f"{ANA}/followers"], []),
    ],
)
def test_who_may_see_a_work_is_who_is_addressed(
    visibility: Visibility, to: list[str], cc: list[str]
) -> None:
    document = activities.create(note(visibility=visibility), "https://art.test/works/7/activity")
    assert (document["to"], document["cc"]) == (to, cc)
    assert (document["object"]["to"], document["object"]["cc"]) == (to, cc)


def test_our_own_reader_gets_everything_back() -> None:
    body = json.dumps(translate.with_context(EVERYTHING["create"])).encode()
    found = read_activity(body).note(f"{ANA}/followers")
    assert [one.alt for one in found.pictures] == ["Alt <0>", "Alt <1>"]
    assert found.hashtags == ("Oil", "été")
    assert found.audience is Visibility.PUBLIC
    assert found.heard.usage == "train-ai=n, ai-use=n"
    found = read_note(EVERYTHING["comment"], (), (), "")
    assert found.in_reply_to == "https://peer.test/notes/1"
    assert [one.uri for one in found.mentions] == [BOB.uri]
    actor = read_actor(EVERYTHING["actor"])
    assert (actor.handle, actor.inbox, actor.key_id) == ("ana", ACTOR.inbox, ACTOR.key_id)
    assert actor.summary_html == "<p>Oil &amp; ink</p>"


def test_an_actor_has_what_every_server_asks_of_it() -> None:
    document = EVERYTHING["actor"]
    assert document["publicKey"] == {"id": ACTOR.key_id, "owner": ANA, "publicKeyPem": "PEM"}
    assert document["endpoints"] == {"sharedInbox": "https://art.test/inbox"}
    for name in ("inbox", "outbox", "followers", "following", "featured"):
        assert document[name] == f"{ANA}/{name}"
    assert document["preferredUsername"] == "ana"
    assert document["manuallyApprovesFollowers"] is False


def test_a_comment_mentions_whom_it_answers() -> None:
    document = EVERYTHING["comment"]
    assert document["tag"] == [{"type": "Mention", "href": BOB.uri, "name": "@bob@peer.test"}]
    assert document["content"].startswith('<p><span class="h-card"><a href="https://peer.test/')
    assert document["content"].count("h-card") == 1
    assert BOB.uri in document["cc"]
    alone = translate.note_of_post(comment(), ACTOR, None)
    assert (alone["tag"], alone["content"]) == ([], "<p>Thanks</p><p>!</p>")


def test_what_is_undone_and_answered_stands_in_it_whole() -> None:
    assert EVERYTHING["undo"]["object"] == FOLLOW
    assert EVERYTHING["accept"]["object"] == FOLLOW
    assert EVERYTHING["accept"]["to"] == [ANA]


def test_a_deletion_carries_a_tombstone() -> None:
    assert EVERYTHING["delete"]["object"] == {
        "id": "https://art.test/works/7",
        "type": "Tombstone",
    }


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<script>x()</script>", ""),
        ("<style>p{}</style><p>a</p>", "<p>a</p>"),
        ('<p onclick="x()" style="a">b</p>', "<p>b</p>"),
        ('<img src="https://a.test/pixel.png" onerror="x()">', ""),
        ('<a href="javascript:x()">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'),
        ('<a href="data:text/html,x">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'),
        (
            '<a href="https://a.test" rel="me" target="_top">a</a>',
            '<a href="https://a.test" rel="nofollow noopener noreferrer">a</a>',
        ),
        ("<iframe src=x></iframe><form><input></form>", ""),
        ('<svg><a href="javascript:x">a</a></svg>', ""),
        ("<p>a<br>b</p><ul><li>c</li></ul>", "<p>a<br>b</p><ul><li>c</li></ul>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<p>unclosed <em>markup", "<p>unclosed <em>markup</em></p>"),
        ("<!-- x --><p>a</p>", "<p>a</p>"),
    ],
)
def test_markup_from_elsewhere_is_cleaned(dirty: str, clean: str) -> None:
    assert wording.sanitised(dirty) == clean
    assert wording.sanitised(clean) == clean


def test_how_a_photograph_was_taken_is_said_beside_the_pictures_where_its_artist_wants_it() -> None:
    camera = Camera("Canon", "EOS R5", exposure="1/250")
    one = work()
    taken = replace(one, pictures=(replace(one.pictures[0], camera=camera),), shows_camera=True)
    document = translate.note_of_work(taken, VOICE, ADDRESSES)
    assert document["exifData"] == [
        {"type": "PropertyValue", "name": "Make", "value": "Canon"},
        {"type": "PropertyValue", "name": "Model", "value": "EOS R5"},
        {"type": "PropertyValue", "name": "ExposureTime", "value": "1/250"},
    ]
    assert "exifData" not in document["attachment"][0]
    assert depth(translate.with_context(document)) <= 8
    hidden = replace(taken, shows_camera=False)
    assert "exifData" not in translate.note_of_work(hidden, VOICE, ADDRESSES)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (f"<p>See</p>{wording.quote_line(Quote('https://far.test/1'))}", "<p>See</p>"),
        ('<p>See</p><p lang="en" class="a quote-inline">RE: <a href="x">x</a></p>', "<p>See</p>"),
        ('See<span class="quote-inline"><br><br>RE: <a href="x">x</a></span>', "See"),  # Misskey
        ('<p class="quote-inlined">RE</p>', '<p class="quote-inlined">RE</p>'),
        ('<p class="quote-inline">RE<p>and more</p>', '<p class="quote-inline">RE<p>and more</p>'),
    ],
)
def test_the_line_for_servers_that_know_no_quotes_is_left_out(sent: str, shown: str) -> None:
    assert wording.without_quote_line(sent) == shown


@pytest.mark.parametrize(("quote_uri", "shown"), [("https://far.test/1", ""), ("", "<p>RE: x</p>")])
def test_that_line_goes_only_where_the_quote_is_known(quote_uri: str, shown: str) -> None:
    line = '<p class="quote-inline">RE: x</p>'
    note = read_note(
        {
            "id": "https://peer.test/1",
            "type": "Note",
            "attributedTo": BOB.uri,
            "to": [PUBLIC],
            "content": line,
            "quote": quote_uri or None,
        }
    )
    assert post_from(note, BOB, None, new_id=1, now=Millis(1)).content_html == shown
