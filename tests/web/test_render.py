"""The policy that goes with a page fits the page's bytes; words become links without harm."""

import base64
import hashlib
import io
import re
import time

import pytest
from jinja2 import UndefinedError
from PIL import Image

from server.model import Millis
from tests.web.page_samples import samples
from web import page_views as pages
from web import text
from web.assets import StaticFiles
from web.render import Renderer, Sheet, content_security_policy, ratio, surround
from web.views import ActorView, InstanceView, PictureView, SourceView, TileView

INSTANCE = InstanceView("Atelier", "atelier.example", "https://atelier.example")
PLACEHOLDER = "data:image/webp;base64,UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(INSTANCE, StaticFiles.from_folder())


def a_picture(width: int = 1200, height: int = 800, placeholder: str = PLACEHOLDER) -> PictureView:
    return PictureView(
        "A heron", width, height, (SourceView("/media/k/view.jpg", 1200),), placeholder=placeholder
    )


def home(*pictures: PictureView) -> pages.HomePage:
    return pages.HomePage(tuple(TileView("/x", "x", picture) for picture in pictures))


def directive(csp: str, name: str) -> str:
    return next(part for part in csp.split("; ") if part.startswith(name + " "))


def test_a_view_of_another_template_is_refused(renderer: Renderer) -> None:
    with pytest.raises((UndefinedError, AttributeError)):
        renderer.page("work.html", view=pages.LoginPage())


@pytest.mark.parametrize(
    "placeholder",
    [
        "data:image/webp;base64,AAAA);}</style><script>alert(1)</script>",
        "data:image/svg+xml;base64,AAAA",
        "https://tracker.example/x.png",
        "data:image/webp;base64," + "A" * 5000,
        "data:image/webp;base64,AA A",
        "data:image/webp;base64,AAAA\n",
    ],
)
def test_a_placeholder_that_is_no_small_picture_is_left_out(
    renderer: Renderer, placeholder: str
) -> None:
    page = renderer.page("home.html", view=home(a_picture(placeholder=placeholder)))
    assert b"--ph" not in page.body
    assert b"tracker" not in page.body


@pytest.mark.parametrize(("mode", "rules"), [("RGB", 1), ("RGBA", 0)])
def test_nothing_shines_through_a_transparent_picture(
    renderer: Renderer, mode: str, rules: int
) -> None:
    out = io.BytesIO()
    Image.new(mode, (8, 6)).save(out, "WEBP", quality=20)
    placeholder = "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
    page = renderer.page("home.html", view=home(a_picture(placeholder=placeholder)))
    assert page.body.count(b"--ph") == rules


def test_a_link_around_a_picture_keeps_its_description_for_screen_readers(
    renderer: Renderer,
) -> None:
    text_of = renderer.page("work.html", view=samples("A heron")["work.html"]).body.decode()
    links = re.findall(r'<a class="whole__zoom".*?</a>', text_of, re.DOTALL)
    assert links
    for link in links:
        assert "aria-label" not in link
        assert 'alt="A heron"' in link
        assert "See this picture larger</span></a>" in link


def test_the_hash_in_the_policy_is_that_of_the_emitted_style(renderer: Renderer) -> None:
    page = renderer.page("home.html", view=home(a_picture(), a_picture(300, 900)))
    [style] = re.findall(rb"<style>(.*?)</style>", page.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert directive(page.csp, "style-src") == f"style-src 'self' 'sha256-{digest}'"
    assert PLACEHOLDER.encode() in style


def test_a_page_without_pictures_has_no_style_and_the_strict_policy(renderer: Renderer) -> None:
    page = renderer.page("login.html", view=pages.LoginPage())
    assert b"<style" not in page.body
    assert page.csp == (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def test_equal_frames_share_a_class_and_none_comes_late() -> None:
    sheet = Sheet()
    assert sheet.frame(a_picture()) == sheet.frame(a_picture())
    assert sheet.frame(a_picture(300, 900)) != sheet.frame(a_picture())
    assert sheet.css.count("{") == 2
    with pytest.raises(RuntimeError):
        sheet.frame(a_picture(10, 10))


def test_only_pages_with_remote_pictures_may_load_them(renderer: Renderer) -> None:
    remote = PictureView("", 0, 0, (SourceView("https://b.example/1.jpg", 900),), is_remote=True)
    local = renderer.page("home.html", view=home(a_picture()))
    page = renderer.page("home.html", view=home(remote))
    assert directive(local.csp, "img-src") == "img-src 'self' data:"
    assert directive(page.csp, "img-src") == "img-src 'self' data: https:"
    assert b'referrerpolicy="no-referrer"' in page.body


def test_only_forms_that_lead_to_another_server_may_redirect_there(renderer: Renderer) -> None:
    page = renderer.page("followfrom.html", view=pages.InteractPage("https://a.example/u"))
    assert directive(page.csp, "form-action") == "form-action 'self' https:"


def test_plain_http_is_allowed_only_where_the_instance_itself_has_no_tls() -> None:
    sheet = Sheet()
    sheet.remote_pictures()
    loopback = InstanceView("A", "127.0.0.1:8401", "http://127.0.0.1:8401")
    assert "http:" in directive(content_security_policy(loopback, sheet), "img-src").split()
    assert "http:" not in directive(content_security_policy(INSTANCE, sheet), "img-src").split()


def test_a_media_host_of_its_own_may_be_shown() -> None:
    instance = InstanceView("A", "a.example", "https://a.example", media_origin="https://m.example")
    csp = content_security_policy(instance, Sheet())
    assert directive(csp, "img-src") == "img-src 'self' data: https://m.example"


@pytest.mark.parametrize(
    ("size", "expected"),
    [((300, 200), 1.5), ((0, 0), 1.5), ((-5, 3), 1.5), ((10**9, 1), 20.0), ((1, 10**9), 0.05)],
)
def test_a_ratio_can_always_be_drawn(size: tuple[int, int], expected: float) -> None:
    assert ratio(a_picture(*size)) == expected


def test_every_template_compiles(renderer: Renderer) -> None:
    assert renderer.compile_all() > 24


@pytest.mark.parametrize(
    ("value", "expected"), [("mid", "mid"), ("", ""), ('"><script>', ""), ("MID", "")]
)
def test_a_surround_is_one_of_three(value: str, expected: str) -> None:
    assert surround(value) == expected


@pytest.mark.parametrize(
    ("words", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("data:text/html,x ftp://a.b", "<p>data:text/html,x ftp://a.b</p>"),
        ("https://", "<p>https://</p>"),
        ("http://[::1", "<p>http://[::1</p>"),
        ("https://bank.example@evil.example/", "<p>https://bank.example@evil.example/</p>"),
        ("mail me@home.example", "<p>mail me@home.example</p>"),
        ("number #1 and #2026", "<p>number #1 and #2026</p>"),
        ("a&#39;b C#major", "<p>a&amp;#39;b C#major</p>"),
        ("", ""),
    ],
)
def test_what_is_no_link_stays_words(words: str, html: str) -> None:
    assert str(text.linkify(words)) == html


@pytest.mark.parametrize(
    ("words", "href", "shown"),
    [
        ("see https://a.example/b.", "https://a.example/b", "a.example/b"),
        ("(https://a.example/x_(y))", "https://a.example/x_(y)", "a.example/x_(y)"),
        ("https://a.example/?q=1&b=2", "https://a.example/?q=1&amp;b=2", "a.example/?q=1&amp;b=2"),
        ("#Kohle!", "/tags/kohle", "#Kohle"),
        ("#Öl_bild", "/tags/%C3%B6l_bild", "#Öl_bild"),
        ("by @ada@b.example.", "https://b.example/@ada", "@ada@b.example"),
        ("@ada@127.0.0.1:8402", "http://127.0.0.1:8402/@ada", "@ada@127.0.0.1:8402"),
        ("HTTPS://A.example", "HTTPS://A.example", "A.example"),
    ],
)
def test_addresses_tags_and_people_become_links(words: str, href: str, shown: str) -> None:
    html = str(text.linkify(words))
    assert html.count("<a ") == 1
    assert f'href="{href}"' in html
    assert f">{shown}</a>" in html


def test_quotes_cannot_leave_the_attribute() -> None:
    html = str(text.linkify("""https://a.example/"onmouseover="alert(1)"""))
    assert 'href="https://a.example/"' in html
    assert "&#34;onmouseover=&#34;" in html


def test_long_addresses_are_shown_short() -> None:
    html = str(text.linkify("https://a.example/" + "x" * 90))
    assert "…</a>" in html
    assert "x" * 90 + '"' in html


def test_blank_lines_part_paragraphs_and_line_ends_stay() -> None:
    assert str(text.linkify("a\r\nb\n\n\nc")) == "<p>a<br>\nb</p><p>c</p>"


@pytest.mark.parametrize("piece", ["#", "@a", "@a@", "https://", "((", "a.", "#1", "@a@b.", "\n"])
def test_hostile_repetition_takes_no_longer_than_its_length(piece: str) -> None:
    began = time.process_time()
    text.linkify(piece * (40_000 // len(piece)))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("start", "shown"),
    [("<p>", "<p>"), ("<p>&amp;", "<p>&amp;"), ('<a href="', ""), ("&am", ""), ("& ", "")],
)
def test_a_long_text_ends_at_neither_half_a_tag_nor_half_an_entity(start: str, shown: str) -> None:
    padding = "x" * (9_999 - len(start))
    html = f"{padding}{start}y;{'z' * 10}"
    told = str(text.remote_html(html))
    assert told.startswith(f"{padding}{shown}")
    assert told.removesuffix("</p>").endswith(" …")
    assert "z" not in told
    assert str(text.remote_html(f"{padding}ok", is_whole=True)) == f"{padding}ok"


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p onclick=x>a<script>b</script></p>", "<p>a</p>"),
        ('<a href="javascript:x">a</a>', '<a rel="nofollow noopener noreferrer">a</a>'),
        ('<img src=x onerror=y><b>c</b><p style="x">d</p>', "<b>c</b><p>d</p>"),
        ("<style>p{}</style><form><input></form>", ""),
    ],
)
def test_foreign_html_is_made_plain(html: str, safe: str) -> None:
    assert str(text.remote_html(html)) == safe


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("javascript:alert(1)", ""),
        (" JavaScript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
        ("/\\evil.example", ""),
        ("mailto:a@b", ""),
        ("/@ada", "/@ada"),
        ("https://a.example/", "https://a.example/"),
        ("", ""),
    ],
)
def test_only_web_addresses_are_led_to(url: str, safe: str) -> None:
    assert text.web_url(url) == safe


def test_a_remote_actors_strange_address_is_no_link(renderer: Renderer) -> None:
    actor = ActorView("Eve", "@eve@b.example", "javascript:alert(1)")
    view = pages.FollowersPage(followers=(pages.PersonRow(actor),))
    assert b"javascript:" not in renderer.page("followers.html", view=view).body


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (Millis(0), "1 January 1970"),
        (Millis(1_795_305_600_000), "22 November 2026"),
        (Millis(-1), "31 December 1969"),
    ],
)
def test_days_are_words_for_people_and_stamps_for_machines(at: Millis, words: str) -> None:
    html = str(text.date(at))
    assert f">{words}</time>" in html
    assert re.match(r'<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ">', html)


@pytest.mark.parametrize("at", [None, Millis(10**18), Millis(-(10**18)), Millis(10**40)])
def test_times_outside_the_calendar_are_not_shown(at: Millis | None) -> None:
    assert not text.date(at)
    assert not text.date_and_time(at)


def test_counts_agree_with_their_nouns() -> None:
    assert text.plural(0, "like") == "0 likes"
    assert text.plural(1, "like") == "1 like"
    assert text.plural(1200, "reply", "replies") == "1,200 replies"


def test_static_files_have_immutable_addresses_and_old_ones_are_not_kept() -> None:
    files = StaticFiles.from_folder()
    css = files.find("fixatif.css")
    assert css
    assert files.url("fixatif.css") == f"/static/fixatif.css?v={css.version}"
    assert "immutable" in files.cache_control(css, css.version)
    assert "immutable" not in files.cache_control(css, "older")
    assert files.find("../render.py") is None
    assert css.content_type == "text/css; charset=utf-8"


def test_styles_and_scripts_stay_small() -> None:
    files = StaticFiles.from_folder()
    sizes = {name: files.find(name) for name in ("fixatif.css", "fixatif.js")}
    css, script = sizes["fixatif.css"], sizes["fixatif.js"]
    assert css
    assert script
    assert len(css.gzipped) <= 15_000
    assert len(script.gzipped) <= 4_096
