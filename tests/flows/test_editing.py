"""What an artist may change of a work, and how titles and tags are read."""

import pytest

from server.drafts import Draft, PictureEdit, read_tags, slug_of
from server.errors import Invalid, NotFound
from server.model import Visibility, WorkId
from server.promises import Deed
from tests.flows.artists import (  # noqa: F401 - fixtures
    MINUTE,
    OTHER,
    SMALL,
    Studio,
    a_pool,
    a_studio,
    edits_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_edit_of_a_hung_work_promises_an_update(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    studio.clock.move(MINUTE)
    changed = await studio.publishing.edit(
        ana, work.id, Draft(title="Hase", tags=("hare",), is_sensitive=True), edits_of(work)
    )
    assert (changed.title, changed.slug, changed.tags) == ("Hase", "hase", ("hare",))
    assert (changed.edited_at, changed.hung_at) == (studio.clock.now(), work.hung_at)
    [said] = await studio.said()
    assert (said.deed, said.actor_id, said.target_id) == (Deed.WORK_EDITED, ana.id, work.id)


async def test_pictures_are_described_ordered_and_focused_by_an_edit(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, OTHER)
    first, second = work.pictures
    changed = await studio.publishing.edit(
        ana,
        work.id,
        Draft(),
        [PictureEdit(second.id, " A hare ", -0.5, 0.25), PictureEdit(first.id, "", 7.0, -7.0)],
    )
    assert [one.id for one in changed.pictures] == [second.id, first.id]
    assert [one.alt for one in changed.pictures] == ["A hare", ""]
    focal = [(one.focal_x, one.focal_y) for one in changed.pictures]
    assert focal == [(-0.5, 0.25), (1.0, -1.0)]
    assert [one.media_key for one in changed.pictures] == [second.media_key, first.media_key]
    assert all(one.renditions for one in changed.pictures)


async def test_an_edit_never_takes_the_last_picture_nor_another_works(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work, other = await studio.hung(ana), await studio.hung(ana)
    for edits in ([], edits_of(other)):
        with pytest.raises(Invalid, match="at least one picture"):
            await studio.publishing.edit(ana, work.id, Draft(), edits)
    assert (await studio.work(work.id)).pictures == work.pictures


async def test_a_refused_edit_changes_nothing(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    with pytest.raises(Invalid):
        await studio.publishing.edit(
            ana, work.id, Draft(title="New"), [PictureEdit(work.pictures[0].id, "x" * 1_001)]
        )
    assert await studio.work(work.id) == work
    assert await studio.deeds() == []


@pytest.mark.parametrize(
    ("now", "wanted", "is_refused"),
    [
        (Visibility.PUBLIC, Visibility.FOLLOWERS, True),
        (Visibility.UNLISTED, Visibility.FOLLOWERS, True),
        (Visibility.PUBLIC, Visibility.DRAFT, True),
        (Visibility.UNLISTED, Visibility.DRAFT, True),
        (Visibility.FOLLOWERS, Visibility.DRAFT, True),
        (Visibility.FOLLOWERS, Visibility.PUBLIC, True),
        (Visibility.FOLLOWERS, Visibility.UNLISTED, True),
        (Visibility.PUBLIC, Visibility.DIRECT, True),
        (Visibility.PUBLIC, Visibility.UNLISTED, False),
        (Visibility.UNLISTED, Visibility.PUBLIC, False),
        (Visibility.FOLLOWERS, Visibility.FOLLOWERS, False),
        (Visibility.DRAFT, Visibility.FOLLOWERS, False),
    ],
)
async def test_who_may_see_a_hung_work_changes_only_where_no_copy_would_linger(
    studio: Studio, now: Visibility, wanted: Visibility, *, is_refused: bool
) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana, now)
    edit = studio.publishing.edit(ana, work.id, Draft(visibility=wanted), edits_of(work))
    if not is_refused:
        assert (await edit).visibility is wanted
        return
    with pytest.raises(Invalid) as refused:
        await edit
    assert refused.value.field == "visibility"


async def test_others_cannot_touch_a_work(studio: Studio) -> None:
    ana, eve = await studio.artist("ana"), await studio.artist("eve")
    work = await studio.hung(ana)
    publishing = studio.publishing
    for attempt in (
        publishing.edit(eve, work.id, Draft(), edits_of(work)),
        publishing.add_pictures(eve, work.id, []),
        publishing.withdraw(eve, work.id),
        publishing.try_again(eve, work.id),
        publishing.withdraw(ana, WorkId(1)),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await studio.work(work.id) == work


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("", ()),
        ("  ,;  ", ()),
        ("oil", ("oil",)),
        ("oil, #sea sky", ("oil", "sea", "sky")),
        ("#a;#b;c", ("a", "b", "c")),
        ("##twice", ("twice",)),
        ("Öl 海 море", ("Öl", "海", "море")),
        ("Sea sea SEA sky", ("Sea", "sky")),
        ("#", ()),
        ("a\n\tb", ("a", "b")),
        ("straße STRASSE", ("straße",)),
        ("<b>", ("<b>",)),
    ],
)
async def test_what_was_typed_is_read_as_tags(typed: str, tags: tuple[str, ...]) -> None:
    assert read_tags(typed) == tags


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("", ""),
        ("Hare in the Moonlight", "hare-in-the-moonlight"),
        ("  Ärger & Öl!  ", "arger-ol"),
        ("月光の兎", ""),
        ("Étude № 3", "etude-no-3"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("%00\r\nSet-Cookie: a=b", "00-set-cookie-a-b"),
        ("---", ""),
        ("x" * 200, "x" * 60),
        ("a" * 59 + " b", "a" * 59),
        ("🐇", ""),
        ("兎 rabbit", "rabbit"),
    ],
)
async def test_a_title_becomes_the_readable_part_of_an_address(title: str, slug: str) -> None:
    assert slug_of(title) == slug
