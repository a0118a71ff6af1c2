"""What has many tags is written well nested before a parser sees it; all else stays as it is."""

import re

import pytest

from federation.untangling import untangled
from federation.wording import plain, sanitised

PADDING = "<br>" * 130  # so many tags that the text is looked at
_ARTICLE = "".join(
    f'<h2>Part {n}</h2><p>Oil &amp; <em>ink</em>, <a href="https://far.test/{n}">seen</a>.'
    "<br>1 &lt; 2"
    '</p><ul><li>one</li><li><p>two</p><ol start="3"><li>three</li></ol></li></ul>'
    '<blockquote><p lang="de">Ja</p></blockquote><pre><code>x</code></pre>'
    for n in range(40)
)


def test_few_tags_stay_as_they_are() -> None:
    tangled = "<p><b>Oil<i></b></i><div>"
    assert untangled(tangled) == tangled


def test_a_long_article_says_what_it_said() -> None:
    assert untangled(_ARTICLE) == _ARTICLE


@pytest.mark.parametrize(
    ("tangled", "flat"),
    [
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<p><b>one<ul>two", "<p><b>one</b></p><ul>two</ul>"),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
        ("<ul><li>one<ul><li>two", "<ul><li>one<ul><li>two</li></ul></li></ul>"),
        ("<a href=/1>one<a href=/2>two", '<a href="/1">one</a><a href="/2">two</a>'),
        ("<h1>one<h2>two", "<h1>one</h1><h2>two</h2>"),
        ("</b>x</p>", "x"),
        ("<div><table><td>x</table></div>", "x"),
        ("<b a=1><!--</b>-->x", "<b>x</b>"),
        ("x<!--<b>", "x"),
        ("<script><b></script >x<style>y", "x"),
        ('<a title="</a>" HREF=\'/"\'>x', '<a href="/&quot;">x</a>'),
        ("1 < 2 <3", "1 &lt; 2 &lt;3"),
        ("x<p", "x<p></p>"),
        ("x<a href='", 'x<a href=""></a>'),
        ("<!doctype html><?php x?>x", "x"),
        ("<b>" * 50 + "x" + "</b>" * 50, "<b>" * 16 + "x" + "</b>" * 16),
    ],
)
def test_tags_are_closed_in_the_order_in_which_they_were_opened(tangled: str, flat: str) -> None:
    assert untangled(f"{PADDING}{tangled}") == f"{PADDING}{flat}"


@pytest.mark.parametrize(
    "bomb",
    [
        "<p>" + "".join(f"<b a={n}>" for n in range(8_000)) + "</p>" + "<p>x</p>" * 12_000,
        "<p>" + "<b>" * 14 + "<ul>x</ul>" * 19_000,
        "<ul><li>" * 25_000,
        "<b a=1><!--</b>--><p>" * 9_000,
        "<b a=1><template></b></template><p>x" * 5_000,
        "<div><object></div></object>" * 7_000,
        "<a<a" * 50_000,
    ],
)
def test_no_markup_grows_in_a_parser(bomb: str) -> None:
    """17 KB of formatting that nobody closed became 7 MB of HTML, in 250 MB of memory."""
    flat = untangled(bomb)
    assert len(flat) <= 2 * len(bomb)
    assert _deepest(flat) <= 16
    assert len(sanitised(bomb)) < 300_000
    assert len(plain(bomb)) < len(bomb)


def _deepest(html: str) -> int:
    """Return how many tags are open at most; fails where one is closed out of turn."""
    names: list[str] = []
    deepest = 0
    for slash, name in re.findall(r"<(/?)([a-z0-9]+)[^>]*>", html):
        if slash:
            assert names.pop() == name
        elif name != "br":
            names.append(name)
            deepest = max(deepest, len(names))
    assert not names
    return deepest
