"""From a page's view to its bytes and the Content-Security-Policy that fits exactly these bytes.

Law: no nonce, no inline script, no `style=""`. What a page needs beyond the strict policy (its
own rules for picture ratios, remote pictures, forms that lead to another server) is recorded by
the macro that needs it, while it renders, in the page's `Sheet`; nothing else opens the policy.
"""

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.robots import TRAP_PATH
from server.values import dataclass
from web import text
from web.assets import StaticFiles
from web.views import (
    HeadView,
    InstanceView,
    NoticeView,
    PictureView,
    Surround,
    ViewerView,
)

_TEMPLATES = Path(__file__).parent / "templates"
_PLACEHOLDER = re.compile(r"data:image/(?:webp|png|jpeg);base64,[A-Za-z0-9+/]+={0,2}", re.ASCII)
_MAX_PLACEHOLDER_CHARACTERS = 2_000  # 83 is usual; more would only bloat the page
_HEAD_CHARACTERS = 28  # 21 bytes: as far as the flags of an extended WebP (RFC 9649, 2.7)
_WEBP_ALPHA = 0x10
_MIN_RATIO, _MAX_RATIO = 0.05, 20.0  # beyond, a picture is a line; the tile's crop is in the CSS
_UNKNOWN_RATIO = 1.5  # of remote pictures whose size their server did not say


@dataclass(frozen=True, slots=True)
class Page:
    """A finished answer; `csp` is the value of Content-Security-Policy."""

    body: bytes
    csp: str
    content_type: str = "text/html; charset=utf-8"


class Sheet:
    """What one page turns out to need, collected while it renders.

    The layout renders the page's content before its head, reads `css` there, and thereby closes
    the sheet: a rule that came later would be missing from the hash, so it raises instead.
    """

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}  # rule → class name
        self._is_closed = False
        self.shows_remote_pictures = False
        self.shows_previews = False
        self.leads_elsewhere = False
        self.listens = False
        self.works = False
        self.plays_videos = False
        self._names = 0

    def name(self) -> str:
        """Return an id that nothing else on this page has: of a field that a page has often."""
        self._names += 1
        return f"n{self._names}"

    def frame(self, picture: PictureView) -> str:
        """Return the class that gives a picture its ratio, size, focal point and placeholder."""
        if picture.is_remote:
            self.shows_remote_pictures = True
        rule = _frame_rule(picture)
        if rule not in self._classes:
            if self._is_closed:
                raise RuntimeError("A picture was drawn after the page's styles were written.")
            self._classes[rule] = f"f{len(self._classes)}"
        return self._classes[rule]

    def shape(self, width: int, height: int) -> str:
        """Return the class that gives something else than a picture its ratio."""
        return self.frame(PictureView("", width, height, ()))

    def remote_pictures(self) -> str:
        """Allow pictures from any https server on this page."""
        self.shows_remote_pictures = True
        return ""

    def previews(self) -> str:
        """Allow blob: pictures, which the upload page makes of files before they are sent."""
        self.shows_previews = True
        return ""

    def listening(self) -> str:
        """Allow the page's script to hear events from us."""
        self.listens = True
        return ""

    def working(self) -> str:
        """Allow the page's script to ask us for a sum, and a worker of ours to solve it."""
        self.works = self.listens = True
        return ""

    def videos(self) -> str:
        """Allow videos from us on this page."""
        self.plays_videos = True
        return ""

    def leading_forms(self) -> str:
        """Allow a form's answer to redirect to another server.

        Browsers check form-action again for the redirect, so 'self' would stop `/interact` (CSP
        Level 3, 4.2.3: Chromium does so, Firefox does not).
        """
        self.leads_elsewhere = True
        return ""

    @property
    def css(self) -> Markup:
        """Return the page's rules; nothing can be added afterwards."""
        self._is_closed = True
        return Markup("").join(  # made of checked numbers and base64 only
            Markup(f".{name}{{{rule}}}")  # noqa: S704 - as said
            for rule, name in self._classes.items()
        )


class Renderer:
    """Templates with this instance's name on them."""

    def __init__(
        self, instance: InstanceView, static: StaticFiles, *, is_development: bool = False
    ) -> None:
        self.instance = instance
        self.static = static
        self._environment = _environment(is_development=is_development)
        self._environment.globals.update(
            instance=instance,
            static_url=static.url,
            plural=text.plural,
            tag_path=text.tag_path,
            trap_path=TRAP_PATH,
        )

    def page(
        self,
        template: str,
        *,
        view: object,
        head: HeadView | None = None,
        viewer: ViewerView | None = None,
        notice: NoticeView | None = None,
        path: str = "",
        no_ai: bool | None = None,
        banner: NoticeView | None = None,
    ) -> Page:
        """Return the page that `template` makes of `view`, such as one of `web.page_views`.

        `path` is the request's path, to mark where in the menu we are; `no_ai` says whether
        the policy in force reserves against AI training, where that is known. Raises jinja2's
        UndefinedError where view and template do not belong together.
        """
        sheet = Sheet()
        body = self._environment.get_template(template).render(
            view=view,
            instance=self.instance if no_ai is None else replace(self.instance, no_ai=no_ai),
            head=head or HeadView(),
            viewer=viewer or ViewerView(),
            notice=notice,
            banner=banner,
            path=path,
            sheet=sheet,
        )
        return Page(body.encode(), content_security_policy(self.instance, sheet))

    def compile_all(self) -> int:
        """Compile every template, so that the first visitor need not wait; return how many."""
        names = self._environment.list_templates(extensions=["html"])
        for name in names:
            self._environment.get_template(name)
        return len(names)


def content_security_policy(instance: InstanceView, sheet: Sheet) -> str:
    """Return the policy for a page that needs what `sheet` recorded."""
    # http: only where this instance itself has no TLS, which settings allow on loopback alone.
    elsewhere = ("https:", "http:") if instance.base_url.startswith("http:") else ("https:",)
    pictures = ["'self'", "data:", *filter(None, [instance.media_origin])]
    pictures += elsewhere if sheet.shows_remote_pictures else ()
    pictures += ["blob:"] if sheet.shows_previews else []
    films = ["'self'", *filter(None, [instance.media_origin])]
    styles = ["'self'", *([_hash_source(str(sheet.css))] if sheet.css else [])]
    forms = ["'self'", *(elsewhere if sheet.leads_elsewhere else ())]
    return "; ".join(
        (
            "default-src 'none'",
            f"img-src {' '.join(pictures)}",
            *([f"media-src {' '.join(films)}"] if sheet.plays_videos else []),
            f"style-src {' '.join(styles)}",
            "script-src 'self'",
            *(["connect-src 'self'"] if sheet.listens else []),
            *(["worker-src 'self'"] if sheet.works else []),
            f"form-action {' '.join(forms)}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def surround(value: str) -> Surround:
    """Return the surround of that name; "" (as the system's light or dark) for any other."""
    match value:
        case "light" | "mid" | "dark":
            return value
        case _:
            return ""


def _environment(*, is_development: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=is_development,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        date=text.date,
        date_and_time=text.date_and_time,
        linkify=text.linkify,
        linkify_line=text.linkify_line,
        remote_html=text.remote_html,
        web_url=text.web_url,
        with_emojis=text.with_emojis,
        surround=surround,
        ratio=ratio,
        widest=lambda picture: max((source.width for source in picture.jpeg), default=0),
    )
    return environment


def ratio(picture: PictureView) -> float:
    """Return width by height, within what can be drawn."""
    if picture.width <= 0 or picture.height <= 0:
        return _UNKNOWN_RATIO
    return min(max(picture.width / picture.height, _MIN_RATIO), _MAX_RATIO)


def _frame_rule(picture: PictureView) -> str:
    rule = f"--ar:{ratio(picture):.4g}"
    if picture.width > 0:
        rule += f";--w:{picture.width:d}px"
    if picture.focal_x or picture.focal_y:
        rule += f";--fx:{_percent(picture.focal_x)};--fy:{_percent(-picture.focal_y)}"
    placeholder = picture.placeholder
    is_small = len(placeholder) <= _MAX_PLACEHOLDER_CHARACTERS
    if is_small and _PLACEHOLDER.fullmatch(placeholder) and not _is_see_through(placeholder):
        rule += f";--ph:url({placeholder})"
    return rule


def _is_see_through(placeholder: str) -> bool:
    """Say whether a checked data URI is a WebP with alpha: its picture would not cover it up."""
    head = base64.b64decode(placeholder.partition(",")[2][:_HEAD_CHARACTERS])
    return head[12:16] == b"VP8X" and bool(head[20] & _WEBP_ALPHA)


def _percent(focal: float) -> str:
    """Return -1 … 1 as 0% … 100%, as object-position counts."""
    return f"{min(max((focal + 1) * 50, 0), 100):.3g}%"


def _hash_source(css: str) -> str:
    digest = hashlib.sha256(css.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
