"""Every page template, with full and with empty views: nothing raises, nothing unsafe comes out."""

import re
from html.parser import HTMLParser

import pytest
from page_samples import empty_samples, picture, samples

from web import page_views as pages
from web.assets import StaticFiles
from web.render import Page, Renderer
from web.views import (
    ActorView,
    CardView,
    HeadLink,
    HeadView,
    InstanceView,
    LinkView,
    NoticeView,
    PagerView,
    TileView,
    ViewerView,
)

HOSTILE = """"><script>alert('x')</script><img src=x onerror="alert(1)" style='x:y'>&amp;"""
NO_IDS_TWICE = "every id stands once"

INSTANCE = InstanceView(
    name="Atelier & Sons",
    domain="atelier.example",
    base_url="https://atelier.example",
    description="Drawings and prints from the north coast.",
    contact="hello@atelier.example",
    version="0.1.0",
)
MEMBER = ViewerView("ada", "Ada", csrf="token-123", is_artist=True, unread=3, surround="mid")
STRANGER = ViewerView()
TEMPLATES = sorted(samples("x"))
HEAD = HeadView(
    title=HOSTILE,
    description=HOSTILE,
    canonical="https://atelier.example/@ada/1-x",
    activity_url="https://atelier.example/works/1",
    signals_meta=(("robots", "noai, noimageai"), ("tdm-reservation", "1")),
    links=(HeadLink("license", "/rsl.xml", "application/rsl+xml", HOSTILE),),
    kind="article",
    card=CardView("https://atelier.example/media/k/card.jpg", 1200, 630, HOSTILE),
    creator="@ada@atelier.example",
    language="de",
    json_ld={"@type": "ImageObject", "name": HOSTILE},
    refresh_seconds=5,
)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(INSTANCE, StaticFiles.from_folder())


class Outline(HTMLParser):
    """What a test wants to know of a page."""

    VOID = frozenset(("meta", "link", "img", "input", "br", "source", "hr"))
    BLOCKS = frozenset(("p", "div", "form", "ul", "ol", "details", "section", "figure", "h1", "h2"))

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag in self.BLOCKS and "p" in self.open:
            self.faults.append(f"<{tag}> ends the <p> that it stands in, at {self.getpos()}")
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice: {names}")
        self.elements.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else, at {self.getpos()}")

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _, attrs in self.elements if "id" in attrs]

    def labelled(self) -> set[str]:
        return {
            str(attrs["for"]) for tag, attrs in self.elements if tag == "label" if "for" in attrs
        }


def rendered(renderer: Renderer, template: str, words: str = HOSTILE) -> Page:
    return renderer.page(
        template,
        view=samples(words)[template],
        head=HEAD,
        viewer=MEMBER,
        notice=NoticeView(words, "error", LinkView(words, "/x")),
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_hostile_words_stay_words(renderer: Renderer, template: str) -> None:
    outline = Outline(rendered(renderer, template).body.decode())
    scripts = [attrs for tag, attrs in outline.elements if tag == "script"]
    assert all("src" in attrs or attrs["type"] == "application/ld+json" for attrs in scripts)
    assert not [attrs for tag, attrs in outline.elements if attrs.get("src") == "x"]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("viewer", [MEMBER, STRANGER])
@pytest.mark.parametrize("kind", ["full", "empty"])
def test_no_page_needs_inline_styles_or_handlers(
    renderer: Renderer, template: str, viewer: ViewerView, kind: str
) -> None:
    view = (samples(HOSTILE) if kind == "full" else empty_samples())[template]
    outline = Outline(renderer.page(template, view=view, viewer=viewer).body.decode())
    for tag, attrs in outline.elements:
        assert "style" not in attrs, tag
        assert not [name for name in attrs if name.startswith("on")], tag
        assert not [v for v in attrs.values() if (v or "").lower().startswith("javascript:")], tag


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("kind", ["full", "empty"])
@pytest.mark.parametrize("viewer", [MEMBER, STRANGER])
def test_every_page_is_well_formed_and_can_be_used_by_keyboard_and_ear(
    renderer: Renderer, template: str, kind: str, viewer: ViewerView
) -> None:
    view = (samples("Heron") if kind == "full" else empty_samples())[template]
    outline = Outline(renderer.page(template, view=view, viewer=viewer).body.decode())
    assert not outline.faults
    assert not outline.open
    ids = outline.ids()
    assert sorted(set(ids)) == sorted(ids), NO_IDS_TWICE
    assert outline.headings.count(1) == 1
    assert outline.headings[0] == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps), outline.headings
    for tag, attrs in outline.elements:
        if tag == "img":
            assert "alt" in attrs
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attrs.get(name) or "").split()) <= set(ids), attrs
        if (tag in ("textarea", "select") or tag == "input") and attrs.get("type") not in (
            "hidden", "radio",
        ) and attrs.get("aria-hidden") != "true":  # fmt: skip
            assert attrs["id"] in outline.labelled(), attrs


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_form_that_changes_something_carries_the_csrf_token(
    renderer: Renderer, template: str
) -> None:
    html = rendered(renderer, template, "Heron").body.decode()
    for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
        assert 'name="csrf" value="token-123"' in form


def test_a_sensitive_tile_never_names_its_picture(renderer: Renderer) -> None:
    tile = TileView("/@ada/2", "Nude", picture(), is_sensitive=True, warning="Nudity")
    html = renderer.page("home.html", view=pages.HomePage((tile,))).body.decode()
    assert "/media/" not in html
    assert "Nudity" in html


def test_a_sensitive_work_waits_folded_and_is_not_fetched_with_or_without_scripts(
    renderer: Renderer,
) -> None:
    view = pages.WorkPage(
        ActorView("Ada", "@ada@a.example", "/@ada"), "Nude", (picture(),), "https://a.example/1",
        is_sensitive=True,
    )  # fmt: skip
    html = renderer.page("work.html", view=view).body.decode()
    stage = html[html.index('<details class="veil') : html.index("</details>\n</div>")]
    assert re.findall(r"<img [^>]*>", stage) == re.findall(r'<img [^>]*loading="lazy"[^>]*>', stage)
    assert '<picture><source media="(scripting: none)" srcset="data:image/gif' in stage
    assert '<noscript><p><a href="/media/k/view.jpg"' in stage


def test_the_first_picture_of_a_work_is_loaded_at_once(renderer: Renderer) -> None:
    view = pages.WorkPage(
        ActorView("Ada", "@ada@a.example", "/@ada"),
        "",
        (picture(), picture()),
        "https://a.example/1",
    )
    html = renderer.page("work.html", view=view).body.decode()
    first, second = re.findall(r"<img [^>]*>", html)
    assert 'fetchpriority="high"' in first
    assert 'loading="lazy"' in second
    assert 'width="1200" height="800"' in first
    assert "Untitled" in html


def test_the_pager_says_how_many_are_left(renderer: Renderer) -> None:
    def words(pager: PagerView) -> str:
        tile = TileView("/x", "x", picture())
        html = renderer.page("home.html", view=pages.HomePage((tile,), pager=pager)).body.decode()
        return re.sub(r"<[^>]+>", "", html[html.index('class="pager"') :].split("</nav>")[0])

    assert "Show 24 more (1,312 left)" in words(PagerView("/?before=1", 24, 1312))
    assert "Show the last 7" in words(PagerView("/?before=1", 24, 7))
    assert "Show the last one" in words(PagerView("/?before=1", 24, 1))
    assert "Show more" in words(PagerView("/?before=1", 24))


def test_the_head_says_the_signals_and_the_twin(renderer: Renderer) -> None:
    html = rendered(renderer, "work.html").body.decode()
    assert '<meta name="robots" content="noai, noimageai">' in html
    assert 'type="application/activity+json" href="https://atelier.example/works/1"' in html
    assert '<meta name="fediverse:creator" content="@ada@atelier.example">' in html
    assert '<html lang="de" data-surround="mid">' in html
    assert html.index("og:image") < html.index("</head>")


def test_the_no_ai_line_stands_on_every_page_of_a_place_that_reserves(renderer: Renderer) -> None:
    html = rendered(renderer, "login.html").body.decode()
    assert "may not be used to train AI" in html
