"""Whether a browser would run anything of an answer."""

import re
from html.parser import HTMLParser

from tests.security.gallery import Answer


class Suspicious(HTMLParser):
    """Finds what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self._tag = tag
        is_data = known.get("type") == "application/ld+json"
        if tag == "script" and not is_data and not (known.get("src") or "").startswith("/static/"):
            self.found.append(f"<script {known}>")
        if tag in {"iframe", "object", "embed", "base", "svg", "math"}:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            scheme = re.sub(r"[\x00-\x20]", "", value or "").lower()
            is_link = name in {"href", "src", "action", "formaction", "xlink:href", "content"}
            runs = scheme.startswith(("javascript:", "vbscript:", "data:text"))
            if name.startswith("on") or name in {"style", "srcdoc"} or (is_link and runs):
                self.found.append(f"<{tag} {name}={value}>")


def check_harmless(answer: Answer) -> None:
    parser = Suspicious()
    parser.feed(answer.text)
    assert parser.found == []
    csp = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in csp
    assert "script-src 'self'" in csp
