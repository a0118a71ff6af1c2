"""Words for people: links in plain text, dates, counts, and foreign HTML made harmless.

Law: everything here returns text that is safe to put between tags; all of it is pure.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import nh3
from markupsafe import Markup, escape

from federation.untangling import untangled
from server.model import Millis
from web.views import EmojiView

_KIB = 1_024
_MIB = 1_048_576
_GIB = 1_073_741_824
_MAX_SHOWN_CHARACTERS = 48  # of an address in running text; the whole stands in href
_MAX_AMONG_OTHERS = 10_000  # characters of HTML in a thread or feed; a post alone is shown whole
_LONGEST_ENTITY = 12
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")  # instances there have no TLS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_REMOTE_TAGS = {
    *("p", "br", "a", "em", "strong", "b", "i", "s", "del", "u", "code", "pre"),
    *("blockquote", "ul", "ol", "li", "ruby", "rt", "rp"),
}
# Every class of repetition is bounded or excludes what may follow it: linear on hostile text.
_LINKABLE = re.compile(
    r"""(?<!\w)(?P<url>https?://[^\s<>"'`{}|\\^]+)
    | (?<![\w@/.])@(?P<user>\w[\w.-]{0,63})
      @(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_EMOJI_OR_TAG = re.compile(r"""<(?:"[^"]*"|[^">])*>|:(?P<code>\w(?:[\w-]{0,62}\w)?):""", re.ASCII)
_NO_XML = "\ufffe\uffff"
_MAX_EMOJIS = 50  # in one text
_EMOJI = Markup(
    '<img class="emoji" src="{}" alt=":{}:" title=":{}:" width="20" height="20" loading="lazy"'
    ' decoding="async" referrerpolicy="no-referrer">'
)
_TAG = re.compile(r"(?<![\w&/#])#(\w{1,100})")


def linkify(text: str) -> Markup:
    """Return plain text as paragraphs, with addresses, #tags and @user@host as links.

    Only http and https become links; everything else is escaped and shown as it is.
    """
    paragraphs = re.split(r"\n[ \t]*\n\s*", text.replace("\r\n", "\n").strip())
    return Markup().join(
        Markup("<p>{}</p>").format(linkify_line(paragraph)) for paragraph in paragraphs if paragraph
    )


def linkify_line(text: str) -> Markup:
    """Return plain text with links but without paragraphs; line ends become `<br>`."""
    parts: list[Markup] = []
    end = 0
    for match in _LINKABLE.finditer(text):
        parts.append(_with_tags(text[end : match.start()]))
        parts.append(_link_of(match))
        end = match.end()
    parts.append(_with_tags(text[end:]))
    return Markup().join(parts).replace("\n", Markup("<br>\n"))


def remote_html(html: str, *, is_whole: bool = False) -> Markup:
    """Return HTML from elsewhere with everything gone that is not plain prose.

    It was sanitised on arrival; this second time guards against rows that are older than a fix.
    Long texts end early unless `is_whole`: 200 of the longest answers would be a page of 40 MB.
    """
    if len(html) > _MAX_AMONG_OTHERS and not is_whole:
        html = f"{_start_of(html)} …"
    return Markup(  # noqa: S704 - nh3 has just made it safe
        nh3.clean(
            untangled(html),
            tags=_REMOTE_TAGS,
            attributes={"*": {"lang"}, "a": {"href"}},  # a title could name another place
            url_schemes={"http", "https"},
            link_rel="nofollow noopener noreferrer",
        )
    )


def _start_of(html: str) -> str:
    """Return what long HTML begins with, without half a tag or half an entity at its end."""
    start = html[:_MAX_AMONG_OTHERS]
    tag = start.rfind("<")
    if ">" not in start[tag:]:
        start = start[:tag]
    entity = start.rfind("&", len(start) - _LONGEST_ENTITY)
    return start[:entity] if entity >= 0 and ";" not in start[entity:] else start


def with_emojis(text: str, emojis: Sequence[EmojiView]) -> Markup:
    """Return text, or HTML that was just made safe, with custom emoji as pictures.

    Only between tags, never inside one; capped, since each is a request to another server.
    """
    known = {emoji.shortcode: emoji.url for emoji in emojis if web_url(emoji.url)}
    safe = escape(text)
    if not known:
        return safe
    left = _MAX_EMOJIS

    def drawn(found: re.Match[str]) -> str:
        nonlocal left
        url = known.get(found["code"] or "", "")
        if not url or left == 0:
            return found.group()
        left -= 1
        return str(_EMOJI.format(url, found["code"], found["code"]))

    return Markup(_EMOJI_OR_TAG.sub(drawn, safe))  # noqa: S704 - safe before, and so is what is put in


def web_url(url: str) -> str:
    """Return `url` if it is http(s) or a path here, else "": for addresses that others gave us."""
    cleaned = url.strip()
    if cleaned.startswith("/") and not cleaned.startswith(("//", "/\\")):
        return cleaned
    return cleaned if cleaned.lower().startswith(("https://", "http://")) else ""


def date(at: Millis | None) -> Markup:
    """Return a day as `<time>`: 22 November 2026."""
    moment = _moment(at)
    return _time(moment, f"{_day(moment)}") if moment else Markup()


def plain_date(at: Millis) -> str:
    """Return a day in words, for the middle of a sentence; "" for what is no time."""
    moment = _moment(at)
    return _day(moment) if moment else ""


def plain_time(at: Millis) -> str:
    """Return a minute in words, for the middle of a sentence; "" for what is no time."""
    moment = _moment(at)
    return f"{_day(moment)}, {moment:%H:%M} UTC" if moment else ""


def short_date(at: Millis) -> str:
    """Return a day as a chart has room for it: 22 Nov."""
    return " ".join(part[:3] for part in plain_date(at).split(" ")[:2])


def date_and_time(at: Millis | None) -> Markup:
    """Return a minute as `<time>`: 22 November 2026, 16:59 UTC."""
    moment = _moment(at)
    return _time(moment, f"{_day(moment)}, {moment:%H:%M} UTC") if moment else Markup()


def plural(count: int, one: str, many: str = "") -> str:
    """Return `1 like`, `2 likes`, `1,200 likes`; `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def weight(size: int) -> str:
    """Return bytes as people count them."""
    if size < _MIB:
        return f"{max(1, size // _KIB):,} KB"
    unit, name = (_GIB, "GB") if size >= _GIB else (_MIB, "MB")
    return f"{size / unit:,.1f}".removesuffix(".0") + f" {name}"


def tag_path(tag: str) -> str:
    """Return the address of a tag's page."""
    return f"/tags/{quote(tag.casefold(), safe='')}"


def _link_of(match: re.Match[str]) -> Markup:
    """Return the link for one match, with what does not belong to it left as text."""
    if match["url"]:
        return _url_link(match["url"])
    return _mention_link(match["user"], match["host"])


def _url_link(raw: str) -> Markup:
    url = _without_trailing_punctuation(raw)
    shown = _shown_address(url)
    if not shown:
        return escape(raw)
    link = Markup('<a href="{}" rel="nofollow noopener noreferrer">{}</a>').format(url, shown)
    return link + escape(raw[len(url) :])


def _shown_address(url: str) -> str:
    """Return host and path, shortened; "" if this is no address that one should follow."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # such as an unclosed [ of an IPv6 address
        return ""
    if not host or "@" in parts.netloc:  # https://bank.example@evil.example/ deceives
        return ""
    shown = parts.netloc + url.split(parts.netloc, 1)[1].rstrip("/")
    if len(shown) <= _MAX_SHOWN_CHARACTERS:
        return shown
    return shown[: _MAX_SHOWN_CHARACTERS - 1] + "…"


def _without_trailing_punctuation(url: str) -> str:
    """Return `url` without the sentence's own full stop or bracket at its end."""
    while url:
        last = url[-1]
        closes_nothing = last in ")]" and url.count("(["[last == "]"]) < url.count(last)
        if last not in ".,;:!?*_" and not closes_nothing:
            break
        url = url[:-1]
    return url


def _mention_link(user: str, raw_host: str) -> Markup:
    host = raw_host.rstrip(".-")
    scheme = "http" if host.partition(":")[0] in _LOOPBACK_HOSTS else "https"
    user_name = user.rstrip(".-")
    if not host or user_name != user:
        return escape(f"@{user}@{raw_host}")
    link = Markup('<a href="{}://{}/@{}" rel="nofollow noopener">@{}@{}</a>').format(
        scheme, host, user_name, user_name, host
    )
    return link + escape(raw_host[len(host) :])


def _with_tags(text: str) -> Markup:
    """Return text between links, with tags in any script as links."""
    parts: list[Markup] = []
    end = 0
    for match in _TAG.finditer(text):
        parts.extend((escape(text[end : match.start()]), _tag_link(match[1])))
        end = match.end()
    parts.append(escape(text[end:]))
    return Markup().join(parts)


def _tag_link(tag: str) -> Markup:
    if tag.replace("_", "").isdigit() or not tag.strip("_"):  # "#1" counts, it does not tag
        return escape(f"#{tag}")
    return Markup('<a href="{}" rel="tag">#{}</a>').format(tag_path(tag), tag)


def _moment(at: Millis | None) -> datetime | None:
    """Return UTC, or None for no time and for times that no calendar holds."""
    if at is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=at)
    except OverflowError:
        return None


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _time(moment: datetime, words: str) -> Markup:
    stamp = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(stamp, words)


def for_xml(words: str) -> str:
    """Return text without what XML cannot hold at all (XML 1.0, 2.2)."""
    return "".join(one for one in words if one in "\t\n\r" or (one >= " " and one not in _NO_XML))
