"""Avatar and banner as an artist chooses them, and as everybody sees them."""

import io
import json

import aiohttp
import pytest
from PIL import Image

from tests.security.gallery import Answer, Browser, Gallery, a_gallery  # noqa: F401 - fixture

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIVITY = "application/activity+json"


def picture(colour: str = "teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(file, "PNG")
    return file.getvalue()


async def send(
    browser: Browser, kind: str, body: bytes | None = None, *, csrf: str = "", **fields: str
) -> Answer:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("csrf", csrf or browser.csrf)
    if body is not None:
        form.add_field(kind, body, filename="me.png", content_type="image/png")
    for name, value in fields.items():
        form.add_field(name.replace("_", "-"), value)
    return await browser.ask("POST", f"/settings/{kind}", data=form)


async def test_a_stranger_and_a_form_without_its_token_change_nothing(gallery: Gallery) -> None:
    assert (await send(gallery.stranger(), "avatar", picture())).status in {303, 403}
    ana = await gallery.member()
    assert (await send(ana, "avatar", picture(), csrf="made-up")).status == 403
    assert (await gallery.instance.flows.accounts.named("ana")).avatar == ""


async def test_what_is_wrong_is_said_beside_the_field_and_words_are_kept(gallery: Gallery) -> None:
    ana = await gallery.member()
    for body, said in ((b"a list", "is a text file"), (b"", "is empty"), (None, "choose one")):
        answer = await send(ana, "banner", body, alt_banner="The <sea>")
        assert answer.status == 422
        assert said in answer.text
        assert 'id="banner-error"' in answer.text
        assert "The &lt;sea&gt;</textarea>" in answer.text
    assert (await gallery.instance.flows.accounts.named("ana")).banner == ""


async def test_an_avatar_and_a_banner_stand_where_an_artist_does(gallery: Gallery) -> None:
    ana, bea = await gallery.member(), await gallery.member("bea")
    wall, work = "/@ana", gallery.page("public")
    assert 'class="avatar avatar--large" aria-hidden' in (await ana.get(wall)).text
    assert (await send(ana, "avatar", picture(), left_avatar="20", top_avatar="80")).status == 303
    assert (await send(ana, "banner", picture("navy"), alt_banner="The sea")).status == 303
    artist = await gallery.instance.flows.accounts.named("ana")
    avatar, banner = f"/media/{artist.avatar}/avatar.jpg", f"/media/{artist.banner}/banner.jpg"
    stranger = gallery.stranger()
    shown = (await stranger.get(wall)).text
    assert f'src="{avatar}"' in shown
    assert f'src="{banner}" alt="The sea"' in shown
    assert f'src="{avatar}"' in (await stranger.get(work)).text
    comment = {"text": "I see"}
    about = gallery.works["public"].id
    assert (await ana.post(f"/deeds/{about}/comment", comment)).status == 303
    page = (await stranger.get(work)).text
    assert page.count(f'src="{avatar}"') == 2
    assert (await bea.post(f"/deeds/{about}/like")).status == 303
    settings = (await ana.get("/settings")).text
    assert f'src="{avatar}"' in settings
    assert 'name="left-avatar" type="number" inputmode="numeric" min="0" max="100"' in settings
    assert 'value="20"' in settings
    assert "/settings/avatar/whole.jpg" in settings
    person = json.loads((await stranger.get("/users/ana", Accept=ACTIVITY)).text)
    assert person["icon"]["url"].endswith(avatar)
    assert person["image"]["url"].endswith(banner)
    assert person["icon"]["mediaType"] == person["image"]["mediaType"] == "image/jpeg"
    finger = await stranger.get(f"/.well-known/webfinger?resource={person['id']}")
    assert avatar in finger.text


async def test_their_files_are_for_everybody_and_never_run(gallery: Gallery) -> None:
    ana = await gallery.member()
    assert (await send(ana, "avatar", picture())).status == 303
    artist = await gallery.instance.flows.accounts.named("ana")
    path = f"/media/{artist.avatar}/avatar.jpg"
    answer = await gallery.stranger("http.rb/5.1.1 (Mastodon/4.4.2; +https://far.example/)").get(
        path
    )
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Usage"] == "train-ai=n, ai-use=n"
    assert Image.open(io.BytesIO(answer.body)).size == (400, 400)
    crawler = await gallery.stranger("GPTBot/1.2").get(path)
    assert crawler.status == 403
    for wrong in (path.replace("avatar.jpg", "banner.jpg"), f"/media/{'0' * 40}/avatar.jpg"):
        assert (await gallery.stranger().get(wrong)).status == 404


async def test_the_uncut_picture_is_for_its_artist_alone(gallery: Gallery) -> None:
    ana = await gallery.member()
    assert (await send(ana, "avatar", picture())).status == 303
    whole = await ana.get("/settings/avatar/whole.jpg")
    assert Image.open(io.BytesIO(whole.body)).size == (600, 400)
    assert whole.headers["Cache-Control"] == "private, no-store"
    assert (await gallery.stranger().get("/settings/avatar/whole.jpg")).status == 303
    assert (await (await gallery.member("bea")).get("/settings/avatar/whole.jpg")).status == 404


async def test_taken_off_the_initials_stand_there_again(gallery: Gallery) -> None:
    ana = await gallery.member()
    assert (await send(ana, "avatar", picture())).status == 303
    old = (await gallery.instance.flows.accounts.named("ana")).avatar
    assert (await send(ana, "avatar", then="remove")).location.startswith("/settings?told=")
    assert 'class="avatar avatar--large" aria-hidden' in (await ana.get("/@ana")).text
    assert (await gallery.stranger().get(f"/media/{old}/avatar.jpg")).status == 404
