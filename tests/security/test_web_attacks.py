"""Attacks on the web side. Each test is one that somebody will try; none may succeed."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from federation.wording import sanitised
from server.accounts import Profile
from server.drafts import Draft, PictureEdit
from server.model import PostId, TargetId, Work
from tests.flows.artists import PASSWORD, SMALL
from tests.security.gallery import (
    Browser,
    Gallery,
    a_gallery,  # noqa: F401 - fixture
    open_gallery,
)
from tests.security.harmless import Suspicious, check_harmless
from web.text import remote_html

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = (
    '"><script>alert(1)</script><img src=x onerror=alert(2)>\'"`'
    "</title></textarea></style><svg/onload=alert(3)>{{7*7}}"
)
LINES = f'{HOSTILE}\njavascript:alert(4) https://evil.example/"onclick=alert(5)// #tag"onx=1 @a@b"c'


async def hang_hostile(gallery: Gallery) -> Work:
    """Hang a work of cy's whose every word is an attack."""
    cy, _ = await gallery.studio.viewing.artist("cy")
    work = await gallery.studio.hung(cy)
    profile = Profile(HOSTILE[:80], LINES, approves_follows=False)
    await gallery.studio.accounts.edit_profile(cy, profile)
    return await gallery.studio.publishing.edit(
        cy,
        work.id,
        Draft(
            title=HOSTILE,
            caption=LINES,
            medium=HOSTILE[:120],
            year=HOSTILE[:120],
            sensitive_reason=HOSTILE[:120],
            is_sensitive=True,
            language='en" onload="x',
        ),
        [PictureEdit(work.pictures[0].id, LINES)],
    )


async def test_no_word_of_an_artist_runs_in_anybodys_browser(gallery: Gallery) -> None:
    work = await hang_hostile(gallery)
    cy, _ = await gallery.studio.viewing.artist("cy")
    post = await gallery.studio.commenting.comment(cy, TargetId(work.id), LINES)
    public = f"/@cy/{work.id}-{work.slug}"
    own = ("/studio", f"/studio/works/{work.id}", f"/studio/works/{work.id}/withdraw", "/settings")
    for who, paths in (
        (gallery.stranger(), ("/", "/artists", "/@cy", public, f"/posts/{post.id}")),
        (await gallery.member("cy"), ("/", "/@cy", public, f"/posts/{post.id}", *own)),
    ):
        for path in paths:
            answer = await who.get(path)
            assert answer.status == 200, path
            assert "alert(1)" in answer.text or path == "/settings", path
            check_harmless(answer)
    await gallery.studio.publishing.withdraw(cy, work.id)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" jAvA\tscript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<a href="https://a.example" onclick="alert(1)" style="position:fixed">x</a>',
        '<form action="https://evil.example"><input name=password></form>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        "<style>*{background:url(https://evil.example)}</style>",
        "<math><mtext><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<base href="https://evil.example/">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        "<p><![CDATA[<script>alert(1)</script>]]></p>",
        '<p class="card" id="main">x</p>',
    ],
)
async def test_no_word_from_elsewhere_runs(gallery: Gallery, html: str) -> None:
    for cleaned in (sanitised(html), str(remote_html(html))):
        parser = Suspicious()
        parser.feed(cleaned)
        assert parser.found == []
        assert not re.search(r"<(form|input|style|meta|img|link)|class=|id=", cleaned)
    studio = gallery.studio
    hostile = await studio.stranger(
        "eve", name=HOSTILE, summary_html=html, url="javascript:alert(1)"
    )
    async with studio.library.transaction() as tx:
        said = replace(
            gallery.comment,
            actor_id=hostile.id,
            id=PostId(studio.clock.new_id()),
            uri=f"https://far.example/notes/{studio.clock.new_id()}",
            url="javascript:alert(1)",
            content_html=html,
            warning=HOSTILE,
        )
        post_id = await tx.posts.put(said)
    await studio.befriend(gallery.bea.id, hostile.id)
    await studio.befriend(hostile.id, gallery.bea.id)
    bea = await gallery.member("bea")
    for path in (gallery.page("public"), f"/posts/{post_id}", "/home", "/followers"):
        answer = await bea.get(path)
        assert answer.status == 200, path
        check_harmless(answer)
    async with studio.library.transaction() as tx:
        await tx.posts.remove(post_id)
        await tx.relations.remove(gallery.bea.id, hostile.id)
        await tx.relations.remove(hostile.id, gallery.bea.id)


@pytest.mark.parametrize(
    "path",
    [
        "/interact?uri={x}&intent={x}",
        "/login?next={x}",
        "/?told={x}&before={x}",
        "/nope/{x}",
        "/@{x}",
        "/tags/{x}",
        "/setup?t={x}",
        "/.well-known/webfinger?resource={x}",
        "/static/{x}",
    ],
)
async def test_nothing_in_an_address_runs(gallery: Gallery, path: str) -> None:
    hostile = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    for browser in (gallery.stranger(), await gallery.member()):
        answer = await browser.get(path.format(x=hostile))
        if "html" in answer.headers.get("Content-Type", ""):
            check_harmless(answer)
        else:
            assert "<script" not in answer.text or "json" in answer.headers["Content-Type"]


async def test_what_was_typed_wrongly_comes_back_as_words(gallery: Gallery) -> None:
    browser = gallery.stranger()
    await browser.open_form()
    fields = {"handle": HOSTILE, "password": HOSTILE, "next": HOSTILE}
    check_harmless(await browser.post("/login", fields))
    member = await gallery.member("cy")
    check_harmless(await member.post("/settings/profile", {"name": HOSTILE * 3, "bio": LINES}))
    check_harmless(await member.get("/home/follow?q=%22%3E%3Cscript%3E"))
    check_harmless(await gallery.stranger().post("/interact", {"uri": HOSTILE, "address": HOSTILE}))


@pytest.mark.parametrize(
    "name",
    [
        '"><script>alert(1)</script>.jpg',
        "../../etc/passwd",
        "a\\b\\c.jpg",
        "x" * 900,
        "\u202egpj.exe",
        ".htaccess",
        "con.jpg;.html",
    ],
)
async def test_a_file_name_is_words_and_never_a_path(gallery: Gallery, name: str) -> None:
    member = await gallery.member("cy")
    before = {path for path in gallery.studio.folder.parent.rglob("*") if path.is_file()}
    answer = await member.upload(SMALL, name, title="Named")
    assert answer.status == 303, answer.text
    after = {path for path in gallery.studio.folder.parent.rglob("*") if path.is_file()}
    for new in after - before:
        assert re.fullmatch("[0-9a-f]{64}", new.name)
        assert gallery.studio.folder in new.parents
    page = await member.get(answer.location)
    check_harmless(page)
    assert "passwd" not in page.text or "../" not in page.text


@pytest.mark.parametrize(
    "path", ["/settings/password", "/logout", "/settings/profile", "/login", "/studio/upload"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_another_site_sends_no_form_even_with_the_token(
    gallery: Gallery, path: str, headers: dict[str, str]
) -> None:
    member = await gallery.member()
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    assert (await member.post(path, {"name": "Owned"}, **named)).status == 403
    assert (await member.get("/settings")).status == 200


async def test_a_token_of_another_session_is_worth_nothing(gallery: Gallery) -> None:
    ana, bea, stranger = (
        await gallery.member("ana"),
        await gallery.member("bea"),
        gallery.stranger(),
    )
    for token in (
        bea.csrf,
        await stranger.open_form(),
        "",
        ana.csrf[:-1],
        ana.csrf + "x",
        "\udcff",
    ):
        forged = Browser(ana.session, ana.base, ana.cookies, csrf="")
        body = b"csrf=" + token.encode(errors="surrogateescape") + b"&name=Owned"
        answer = await forged.ask(
            "POST",
            "/settings/profile",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            data=body,
        )
        assert answer.status in {403, 422}
    assert (await gallery.studio.viewing.artist("ana"))[0].name == "Ana"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
async def test_a_form_of_a_kind_that_sites_may_send_unasked_is_refused(
    gallery: Gallery, kind: str
) -> None:
    member = await gallery.member()
    body = f"csrf={member.csrf}&name=Owned".encode()
    answer = await member.ask(
        "POST", "/settings/profile", headers={"Content-Type": kind}, data=body
    )
    assert answer.status in {403, 422}


@pytest.mark.parametrize(
    "where",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/ok\r\nSet-Cookie: a=b",
        "///evil.example",
        "http://[",
        "/%0d%0aX: y/../..//evil.example",
    ],
)
async def test_sign_in_leads_nobody_to_another_site(gallery: Gallery, where: str) -> None:
    browser = gallery.stranger()
    await browser.open_form()
    fields = {"handle": "bea", "password": PASSWORD, "next": where}
    answer = await browser.post("/login", fields)
    assert answer.status in {303, 422}
    if answer.status == 303:
        assert re.match(r"/(?![/\\])", answer.location)
        assert not [one for one in answer.headers.getall("Set-Cookie") if one.startswith("a=")]
    gallery.studio.clock.move(60_000)


@pytest.mark.parametrize(
    "referer",
    ["https://evil.example/", "http://[", "//evil.example", "javascript:x", "http://127.0.0.1/"],
)
async def test_a_deed_leads_back_to_our_own_pages_alone(gallery: Gallery, referer: str) -> None:
    member = await gallery.member("bea")
    work = gallery.works["public"].id
    for _ in range(2):
        answer = await member.post(f"/deeds/{work}/like", Referer=referer)
        assert (answer.status, answer.location.partition("#")[0]) == (303, "/home")
    right = await member.post(f"/deeds/{work}/like", Referer=gallery.base + gallery.page("public"))
    assert right.location.partition("#")[0] == gallery.page("public")
    await member.post(f"/deeds/{work}/like")


async def test_a_session_that_an_attacker_chose_is_not_taken_over(gallery: Gallery) -> None:
    browser = gallery.stranger()
    await browser.open_form()
    name = gallery.instance.flows.forms.cookies.session_name
    browser.cookies[name] = "chosen-by-the-attacker"
    await browser.open_form()
    answer = await browser.post("/login", {"handle": "bea", "password": PASSWORD})
    assert answer.status == 303
    assert browser.cookies[name] != "chosen-by-the-attacker"
    fixed = gallery.stranger()
    fixed.cookies[name] = "chosen-by-the-attacker"
    assert (await fixed.get("/studio")).status == 303


async def test_signing_out_ends_the_session_on_the_server(gallery: Gallery) -> None:
    member = await gallery.member("bea")
    kept = dict(member.cookies)
    assert (await member.post("/logout")).location == "/"
    stolen = gallery.stranger()
    stolen.cookies = kept
    assert (await stolen.get("/studio")).status == 303


async def test_guessing_passwords_is_slowed_down_by_network_and_by_account(
    tmp_path: Path,
) -> None:
    async with open_gallery(tmp_path, proxies='"127.0.0.1"') as gallery:
        browser = gallery.stranger()
        await browser.open_form()

        async def guess(handle: str, forwarded: str) -> int:
            fields = {"handle": handle, "password": "a wrong password"}
            return (await browser.post("/login", fields, X_Forwarded_For=forwarded)).status

        one_network = [await guess(f"nobody{n}", "198.51.100.7") for n in range(12)]
        assert one_network == [403] * 10 + [429] * 2
        # what a visitor writes before the proxy's own entry counts for nothing
        assert await guess("nobody", "203.0.113.9, 198.51.100.7") == 429
        assert await guess("nobody", "198.51.100.200") == 429
        spellings = ("bea", "BEA", "@bea", " bea", "bea@x{}", "@Bea@evil{}.example")
        many = [
            await guess(spellings[n % len(spellings)].format(n), f"10.{n}.0.1") for n in range(24)
        ]
        assert many == [403] * 20 + [429] * 4
        right = {"handle": "bea", "password": PASSWORD}
        assert (await browser.post("/login", right, X_Forwarded_For="10.99.0.1")).status == 429
        gallery.studio.clock.move(60_000)
        assert (await browser.post("/login", right, X_Forwarded_For="10.99.0.1")).status == 303


@pytest_asyncio.fixture(name="secure", scope="module", loop_scope="module")
async def a_secure_gallery(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gallery]:
    """Open an instance that lives behind TLS, and trusts no proxy."""
    folder = tmp_path_factory.mktemp("secure")
    async with open_gallery(folder, base_url="https://art.example", domain="art.example") as made:
        yield made


async def test_cookies_are_for_this_host_over_tls_and_not_for_scripts(secure: Gallery) -> None:
    browser = secure.stranger()
    form = await browser.get("/login")
    token = re.search(r'name="csrf" value="([^"]+)"', form.text)
    assert token is not None
    browser.csrf = token[1]
    signed_in = await browser.post("/login", {"handle": "bea", "password": PASSWORD})
    assert signed_in.status == 303
    for answer in (form, signed_in):
        for line in answer.headers.getall("Set-Cookie"):
            assert line.startswith("__Host-")
            for flag in ("HttpOnly", "Secure", "Path=/", "SameSite=Lax"):
                assert flag in line
            assert "Domain" not in line
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_forwarded_addresses_count_for_nothing_without_a_trusted_proxy(
    secure: Gallery,
) -> None:
    browser = secure.stranger()
    await browser.open_form()
    statuses = []
    for number in range(13):
        fields = {"handle": f"nobody{number}", "password": "a wrong password"}
        answer = await browser.post("/login", fields, X_Forwarded_For=f"10.{number}.0.1")
        statuses.append(answer.status)
    assert 429 in statuses
    secure.studio.clock.move(3_600_000)


@pytest.mark.parametrize(
    "host", ["evil.example", "art.example.evil.example", "art.example:80@evil.example", ""]
)
async def test_a_forged_host_changes_no_address_that_we_say(secure: Gallery, host: str) -> None:
    for path in (
        "/",
        "/@ana",
        secure.page("public"),
        "/robots.txt",
        "/.well-known/nodeinfo",
        "/login",
    ):
        headers = {
            "Host": host,
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example",
        }
        answer = await secure.stranger().ask("GET", path, headers=headers)
        assert answer.status == 200
        assert "evil.example" not in answer.text + str(answer.headers)
    wrong = await secure.stranger().ask(
        "GET", f"/@ana/{secure.works['public'].id}", headers={"Host": "evil.example"}
    )
    assert wrong.location == secure.page("public")
