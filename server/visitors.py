"""What class a visitor is: pure, from the user agent and what the gate already knows.

The law: a user agent names a crawler only by a whole, case-sensitive word that stands
outside of every address in it. Fediverse servers write their own domain into their user
agent, and domains are called code.example, spider.social or devin.blog.
"""

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network

from server.errors import Invalid
from server.values import dataclass

MAX_AGENT_CHARACTERS = 512  # real ones stay below 300; a hostile one must not cost more

# An address runs to the next space, comma, semicolon, quote or bracket. `+` announces one
# even without a scheme ("+openai.com/bot"). Each branch begins at a word's edge only: a
# search from every letter would cost the square of a long word's length.
_ADDRESS = re.compile(
    r"""(?<![\w.-])[A-Za-z][\w.-]*://[^\s;,)"'<>]*|\+[^\s;,)"'<>]+|(?<![^\s(;,])[^\s(;,@]+@[^\s;,)]+"""
)
_PLAIN_WORD = re.compile(r"[\w!-]+")
_WORD = re.compile(r"[\w!-]+(?:\.[\w!-]+)*(?:/(?=\d))?")  # "GPTBot/" where a version follows
_BROWSERS = (
    *("Mozilla/", "Opera/", "Lynx/", "w3m/", "Links/", "Links (", "ELinks/", "ELinks ("),
    *("Dillo/", "NetSurf/", "Konqueror/", "Offpunk", "edbrowse/"),
)
# A browser calls itself no bot; CUBOT is a telephone, hence case-sensitive. The marks are
# parts of these words that are cheap to look for first.
_BOT_WORD = re.compile(r"(?:bot|Bot|[Cc]rawler|[Ss]pider|[Ss]craper|[Ff]etcher)(?![a-z])")
_BOT_MARKS = ("bot", "Bot", "rawler", "pider", "craper", "etcher")


class VisitorClass(StrEnum):
    """Who asks. Rules of the doors `web` and `media` are written in these words."""

    MEMBER = "member"  # signed in
    PEER = "peer"  # a valid HTTP signature
    PERSON = "person"  # a browser that gave a proof
    VISITOR = "visitor"  # a browser that has not
    SEARCH = "search"
    PREVIEW = "preview"  # link cards, and fediverse servers that fetch unsigned
    FEED = "feed"
    ARCHIVE = "archive"
    AI_TRAINING = "ai-training"
    AI_SEARCH = "ai-search"
    AI_USER = "ai-user"  # fetches for an assistant while its user waits
    DATASET = "dataset"
    SEO = "seo"
    TOOL = "tool"  # libraries and headless browsers
    FORGED = "forged"  # claims a crawler whose operator denies it, or walked into a trap
    UNKNOWN = "unknown"


# Where a user agent holds several names, the one that stands first here decides:
# "Mastodon/4.5 (http.rb/5.3)" is a fediverse server before it is a library.
_RANKS: Mapping[VisitorClass, int] = {
    name: rank
    for rank, name in enumerate(
        (
            VisitorClass.AI_TRAINING,
            VisitorClass.DATASET,
            VisitorClass.AI_SEARCH,
            VisitorClass.AI_USER,
            VisitorClass.ARCHIVE,
            VisitorClass.PREVIEW,
            VisitorClass.SEARCH,
            VisitorClass.FEED,
            VisitorClass.SEO,
            VisitorClass.TOOL,
        )
    )
}
CRAWLER_CLASSES = frozenset(_RANKS)
_BORROWED_NAMES = frozenset({VisitorClass.TOOL, VisitorClass.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Crawler:
    """One row of the crawler table."""

    token: str  # as robots.txt names it
    visitor_class: VisitorClass
    operator: str
    robots_only: bool = False  # a name for robots.txt that no request ever carries
    needs_version: bool = False  # an everyday word: it counts only as `Word/1`
    also: tuple[str, ...] = ()  # other spellings in real user agents
    ranges_url: str = ""  # JSON with the operator's published address ranges
    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # those ranges, as last brought here
    reverse_dns: tuple[str, ...] = ()  # suffixes of forward-confirmed names
    signers: tuple[str, ...] = ()  # hosts whose keys sign its requests (Web Bot Auth)


@dataclass(frozen=True, slots=True)
class Crawlers:
    """The table, ready to be searched. Made by `read_crawlers` only."""

    entries: tuple[Crawler, ...]
    source: str
    date: str  # ISO day on which the table was last checked
    by_word: Mapping[str, tuple[tuple[str, Crawler], ...]]  # first word → (whole name, its row)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a user agent says of itself."""

    visitor_class: VisitorClass
    crawler: Crawler | None = None  # the row that it names


@dataclass(frozen=True, slots=True)
class VisitorFacts:
    """What the gate knows about one request, before any rule is asked."""

    user_agent: str = ""
    path: str = "/"
    is_signed_in: bool = False
    has_peer_signature: bool = False  # verified, not merely present
    has_proof: bool = False  # passed the gate's proof for browsers
    is_forged: bool = False  # the named crawler's operator denies it, or a trap caught it
    is_disguised: bool = False  # says to be a browser, and does not ask as one, or as people do
    accepts_activity: bool = False  # asks for ActivityPub documents


def classify(facts: VisitorFacts, crawlers: Crawlers) -> VisitorClass:
    """Return the class of a visitor; costs microseconds, whatever the user agent holds."""
    return classify_claim(facts, claim_of(facts.user_agent, crawlers))


def classify_claim(facts: VisitorFacts, claim: Claim) -> VisitorClass:
    """Return the class of a visitor whose user agent was read already.

    What was proved goes before what is claimed: a session, then a signature. A crawler's
    own name goes before a browser's proof, which a headless browser can give as well.
    """
    if facts.is_signed_in:
        return VisitorClass.MEMBER
    if facts.has_peer_signature:
        return VisitorClass.PEER
    if facts.is_forged:
        return VisitorClass.FORGED
    claimed = claim.visitor_class
    if claimed is VisitorClass.VISITOR:
        if facts.has_proof:
            return VisitorClass.PERSON
        claimed = VisitorClass.TOOL if facts.is_disguised else claimed
    if claimed in _BORROWED_NAMES:
        return _class_by_errand(facts, claimed)
    return claimed


def claim_of(user_agent: str, crawlers: Crawlers) -> Claim:
    """Return what a user agent says of itself. Never a crawler that is robots-only."""
    words = without_addresses(user_agent)
    crawler = _strongest(_named(words, crawlers))
    if crawler is not None:
        return Claim(crawler.visitor_class, crawler)
    is_browser = words.startswith(_BROWSERS) and not _calls_itself_bot(words)
    return Claim(VisitorClass.VISITOR if is_browser else VisitorClass.UNKNOWN)


def crawler_in(user_agent: str, crawlers: Crawlers) -> Crawler | None:
    """Return the crawler that a user agent names, or None. Never one that is robots-only."""
    return _strongest(_named(without_addresses(user_agent), crawlers))


def without_addresses(user_agent: str) -> str:
    """Return the first part of a user agent with every web and mail address taken out."""
    cut = user_agent[:MAX_AGENT_CHARACTERS]
    may_hold_one = "://" in cut or "@" in cut or "+" in cut
    return _ADDRESS.sub(" ", cut) if may_hold_one else cut


def product_words(words: str) -> list[str]:
    """Return the words in a text, as `names_product` bounds them, in order."""
    return _PLAIN_WORD.findall(words)


def names_product(words: str, token: str) -> bool:
    """Whether `token` stands as a whole word, in this case, in `without_addresses(agent)`."""
    at = words.find(token)
    while at >= 0:
        end = at + len(token)
        if not _joins(words[at - 1 : at] if at else "") and not _joins(words[end : end + 1]):
            return True
        at = words.find(token, at + 1)
    return False


def read_crawlers(json_text: str) -> Crawlers:
    """Return the crawler table that a JSON text holds (`server/data/crawlers.json`).

    Raises `Invalid`, naming the entry, where a class is unknown or a name stands twice.
    """
    try:
        document = json.loads(json_text)
        entries = tuple(_crawler(row) for row in document["crawlers"])
        source, date = str(document["source"]), str(document["date"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise Invalid(
            f"This is no crawler table ({cause}); give it `source`, `date` and `crawlers`, "
            "as server/data/crawlers.json has them."
        ) from cause
    return build_crawlers(entries, source=source, date=date)


def build_crawlers(entries: Iterable[Crawler], *, source: str, date: str) -> Crawlers:
    """Return a table of these entries, ready to be searched; raises `Invalid` on a double name."""
    rows = tuple(entries)
    seen: set[str] = set()
    by_word: dict[str, tuple[tuple[str, Crawler], ...]] = {}
    for row in rows:
        for name in (row.token, *row.also):
            if name in seen:
                raise Invalid(f"The crawler {name} stands twice in the table; keep one of them.")
            seen.add(name)
            for word in _first_words(name, row):
                by_word[word] = (*by_word.get(word, ()), (name, row))
    return Crawlers(rows, source, date, by_word)


def _calls_itself_bot(words: str) -> bool:
    return any(mark in words for mark in _BOT_MARKS) and bool(_BOT_WORD.search(words))


def _class_by_errand(facts: VisitorFacts, claimed: VisitorClass) -> VisitorClass:
    """Say more of a nameless program by what it came for.

    Small feed readers, link cards and fediverse servers run on stock HTTP libraries, and
    a rule against tools must not break them.
    """
    if facts.path.endswith(".atom"):
        return VisitorClass.FEED
    if facts.path == "/oembed":
        return VisitorClass.PREVIEW
    return VisitorClass.UNKNOWN if facts.accepts_activity else claimed


def _named(words: str, crawlers: Crawlers) -> list[Crawler]:
    named = [
        (name, crawler)
        for word in crawlers.by_word.keys() & _WORD.findall(words)
        for name, crawler in crawlers.by_word[word]
        if " " not in name or names_product(words, name)
    ]
    # "Sogou Pic Spider/3.0" is no "Spider/3.0"
    parts = {part for name, _ in named if " " in name for part in name.split(" ")}
    return [crawler for name, crawler in named if name not in parts]


def _strongest(named: list[Crawler]) -> Crawler | None:
    return min(named, key=lambda crawler: _RANKS[crawler.visitor_class]) if named else None


def _joins(character: str) -> bool:
    """Whether a character next to a word makes it another word."""
    return character.isalnum() or character in {"_", "-", "!"}


def _first_words(name: str, row: Crawler) -> tuple[str, ...]:
    """Return the words, as `_WORD` finds them, under which a name is looked up."""
    if row.robots_only:
        return ()
    first = name.split(" ", 1)[0]
    return (f"{first}/",) if row.needs_version else (first, f"{first}/")


def _crawler(row: Mapping[str, object]) -> Crawler:
    token = row["token"]
    if not isinstance(token, str) or not token.strip():
        raise ValueError(f"{token!r} is no user agent token")
    visitor_class = VisitorClass(str(row["class"]))
    if visitor_class not in CRAWLER_CLASSES:
        raise ValueError(f"{token} cannot be of class {visitor_class}")
    return Crawler(
        token=token,
        visitor_class=visitor_class,
        operator=str(row.get("operator", "")),
        robots_only=row.get("robots_only") is True,
        needs_version=row.get("needs_version") is True,
        also=_texts(row.get("also")),
        ranges_url=str(row.get("ranges", "")),
        networks=tuple(ip_network(text) for text in _texts(row.get("networks"))),
        reverse_dns=_texts(row.get("reverse_dns")),
        signers=_texts(row.get("signers")),
    )


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(value)
