"""Series as other servers read them, without anything around them."""

import json
from dataclasses import replace

import pytest

from federation import series_documents
from federation.series_documents import Shown
from federation.translate import CONTEXT, Document, Voice, note_of_work, with_context
from server.addresses import Addresses
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    ContentUsage,
    ImageFormat,
    Millis,
    PictureState,
    Preference,
    Rendition,
    RenditionName,
    Role,
    Series,
    SeriesId,
    Visibility,
    Work,
    WorkId,
)
from server.policy import STANDARD_NO_AI
from tests.contract.samples import picture, work

ADDRESSES = Addresses("https://art.test", "art.test")
AT = Millis(1_795_000_000_000)
ANA = Artist(ActorId(1), "ana", "Ana <Brook>", Role.ARTIST, AT)
BASE = "https://art.test/users/ana"
SERIES = Series(
    SeriesId(90), ANA.id, "birches", "Birches & <i>", "One.\n\nTwo.", None, None, AT, AT
)


def actor(uri: str, kind: ActorKind, handle: str) -> Actor:
    return Actor(
        id=ActorId(1),
        uri=uri,
        kind=kind,
        handle=handle,
        domain="art.test",
        name="",
        summary_html="",
        url=f"https://art.test/@{handle}",
        inbox=f"{uri}/inbox",
        shared_inbox="https://art.test/inbox",
        outbox=f"{uri}/outbox",
        followers_uri=f"{uri}/followers",
        is_local=True,
        key_id=f"{uri}#main-key",
        public_key_pem="PEM",
    )


OWNER = actor(BASE, ActorKind.PERSON, "ana")
SPEAKER = actor("https://art.test/series/90", ActorKind.GROUP, "ana_birches")
VOICE = Voice(ANA, OWNER, ContentUsage(train_ai=Preference.NO), STANDARD_NO_AI)


def cover(**fields: object) -> Work:
    renditions = tuple(
        Rendition(name, ImageFormat.JPEG, side, side, 9, "d")
        for name, side in (
            (RenditionName.TILE, 480),
            (RenditionName.PREVIEW, 800),
            (RenditionName.CARD, 1200),
            (RenditionName.FULL, 9000),
        )
    )
    shown = picture(7, 10, renditions=renditions)
    return replace(work(10, is_sensitive=False, pictures=(shown,)), **fields)  # type: ignore[arg-type]  # as given


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(one) for one in value), default=0)
    return 0


def documents() -> list[Document]:
    shown = Shown(SERIES, (WorkId(10), WorkId(12)), cover())
    series = series_documents.series_document(shown, VOICE, ADDRESSES, SPEAKER)
    group = series_documents.series_actor(shown, SPEAKER, VOICE, ADDRESSES)
    announce = series_documents.announce(SPEAKER, OWNER, WorkId(10), AT, ADDRESSES)
    return [
        series,
        group,
        announce,
        series_documents.series_list(OWNER, [SERIES]),
        series_documents.update(series, OWNER, f"{BASE}/series/90#updates/1"),
        series_documents.update(group, SPEAKER, f"{SPEAKER.uri}#updates/1"),
    ]


@pytest.mark.parametrize("document", documents(), ids=lambda one: str(one["type"]))
def test_no_document_is_too_deep_or_speaks_words_that_its_context_lacks(
    document: Document,
) -> None:
    whole = with_context(document)
    assert depth(whole) <= 8  # Pixelfed reads no deeper
    json.dumps(whole)
    declared = {word for entry in CONTEXT if isinstance(entry, dict) for word in entry}
    for word in ("series", "inSeries", "announces", "announcedBy", "orderType"):
        assert word in declared


@pytest.mark.parametrize(
    "hidden",
    [
        cover(is_sensitive=True),
        cover(pictures=()),
        cover(pictures=(picture(7, 10, state=PictureState.WAITING),)),
        None,
    ],
    ids=["sensitive", "no picture", "not ready", "empty"],
)
def test_a_cover_that_may_not_be_shown_is_left_out(hidden: Work | None) -> None:
    shown = Shown(SERIES, (), hidden)
    assert "image" not in series_documents.series_document(shown, VOICE, ADDRESSES)
    group = series_documents.series_actor(shown, SPEAKER, VOICE, ADDRESSES)
    assert not {"icon", "image"} & group.keys()


def test_a_series_names_its_works_in_order_and_whose_they_are() -> None:
    series = documents()[0]
    assert series["orderedItems"] == ["https://art.test/works/10", "https://art.test/works/12"]
    assert (series["totalItems"], series["type"]) == (2, "OrderedCollection")
    assert (series["id"], series["attributedTo"]) == (f"{BASE}/series/90", BASE)
    assert series["summary"] == "<p>One.</p><p>Two.</p>"
    assert series["name"] == "Birches & <i>"  # plain: whoever shows it escapes it
    assert series["contentUsage"] == "train-ai=n"
    assert series["image"]["url"].endswith("/preview.jpg")
    assert series["announcedBy"] == SPEAKER.uri


def test_the_actor_of_a_series_says_whose_it_is_with_escaped_words() -> None:
    group = documents()[1]
    assert group["summary"].endswith('<a href="https://art.test/@ana">Ana &lt;Brook&gt;</a></p>')
    assert (group["type"], group["announces"]) == ("Group", f"{BASE}/series/90")
    assert group["icon"]["url"].endswith("/tile.jpg")
    assert group["image"]["url"].endswith("/card.jpg")


def test_a_note_links_to_its_series_by_flat_addresses() -> None:
    note = note_of_work(
        work(10, visibility=Visibility.PUBLIC, pictures=()), VOICE, ADDRESSES, [SERIES]
    )
    assert note["inSeries"] == [f"{BASE}/series/90"]
    page = "https://art.test/@ana/series/birches"
    assert f'<a href="{page}"><em>Birches &amp; &lt;i&gt;</em></a>' in note["content"]
    assert "inSeries" not in note_of_work(work(10, pictures=()), VOICE, ADDRESSES)
