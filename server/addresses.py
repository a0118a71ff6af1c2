"""Our own addresses, made in one place. Pure. `docs` and other servers rely on their shape."""

from functools import lru_cache
from urllib.parse import quote, urlsplit

from server.model import (
    ActivityId,
    Actor,
    Millis,
    Picture,
    PostId,
    Rendition,
    SeriesId,
    Work,
    WorkId,
)
from server.values import dataclass

_UNTITLED = "untitled"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Addresses:
    """`base_url` has no trailing slash; `domain` stands behind the @ in handles."""

    base_url: str
    domain: str

    @property
    def server_actor(self) -> str:
        """The `Application` actor that signs what nobody in particular asks for."""
        return f"{self.base_url}/actor"

    @property
    def server_handle(self) -> str:
        """What the server's actor is called: our domain, without what no user name may hold.

        On a port of its own the colon becomes a dot: nobody reads `host:8443@host:8443`.
        """
        return self.domain.replace(":", ".")

    @property
    def shared_inbox(self) -> str:
        """One inbox for everyone here."""
        return f"{self.base_url}/inbox"

    @property
    def ai_policy(self) -> str:
        """Where machines read what they may do here."""
        return f"{self.base_url}/.well-known/ai-policy"

    def actor(self, handle: str) -> str:
        """Return an artist's actor id."""
        return f"{self.base_url}/users/{handle}"

    def portfolio(self, handle: str) -> str:
        """Return an artist's page."""
        return f"{self.base_url}/@{handle}"

    def work(self, work_id: WorkId) -> str:
        """Return a work's object id."""
        return f"{self.base_url}/works/{work_id}"

    def work_page(self, handle: str, work: Work) -> str:
        """Return a work's page."""
        return f"{self.base_url}/@{handle}/{work.id}-{work.slug or _UNTITLED}"

    def series_page(self, handle: str, slug: str) -> str:
        """Return a series' page."""
        return f"{self.portfolio(handle)}/series/{slug}"

    def series_actor(self, series_id: SeriesId) -> str:
        """Return the id of the actor by which a series can be followed."""
        return f"{self.base_url}/series/{series_id}"

    def post(self, post_id: PostId) -> str:
        """Return a local comment's object id and page."""
        return f"{self.base_url}/posts/{post_id}"

    def tag(self, tag: str) -> str:
        """Return the page of works with a tag."""
        return f"{self.base_url}/tags/{quote(tag.casefold())}"

    def authorization(self, request_id: int) -> str:
        """Return where an approved request's authorization stands (FEP-044f)."""
        return f"{self.base_url}/authorizations/{request_id}"

    def activity(self, activity_id: ActivityId | int) -> str:
        """Return an outgoing activity's id."""
        return f"{self.base_url}/activities/{activity_id}"

    def media(self, picture: Picture, rendition: Rendition) -> str:
        """Return a rendition's address."""
        return f"{self.base_url}/media/{picture.media_key}/{rendition.name}.{rendition.format}"

    def portrait(self, media_key: str, kind: str) -> str:
        """Return the address of an artist's avatar or banner, "" for no key."""
        return f"{self.base_url}/media/{media_key}/{kind}.jpg" if media_key else ""

    def is_ours(self, uri: str) -> bool:
        """Say whether an address is on this instance."""
        if uri.startswith(f"{self.base_url}/"):
            return True
        try:
            return _origin(uri) == _origin(self.base_url)
        except ValueError:  # such as an unclosed [ of an IPv6 address
            return False

    def shown_at(self, page: str) -> str:
        """Return the id of whose page an address is, an artist's or a work's; others as they are.

        What people copy is what their browser shows.
        """
        start = f"{self.base_url}/@"
        if not page.startswith(start):
            return page
        path = page.removeprefix(start).partition("#")[0].partition("?")[0]
        handle, _, rest = path.rstrip("/").partition("/")
        if not rest:
            return self.actor(handle.lower())
        number = rest.partition("-")[0]
        return f"{self.base_url}/works/{number}" if number.isdecimal() else page

    def local_part(self, uri: str, prefix: str) -> str:
        """Return what follows `prefix` ("/users/", say) in an address of ours, else ""."""
        start = f"{self.base_url}{prefix}"
        rest = uri.removeprefix(start) if uri.startswith(start) else ""
        return "" if "/" in rest else rest


def all_series_of(owner: Actor) -> str:
    """Return the id of the collection of an artist's series."""
    return f"{owner.uri}/series"


def series_of(owner: Actor, series_id: SeriesId) -> str:
    """Return a series' id as a collection; renaming it changes nothing."""
    return f"{owner.uri}/series/{series_id}"


def announce_of(speaker: Actor, work_id: WorkId, added_at: Millis) -> str:
    """Return the id of the Announce of a work by a series' actor; added anew, it is another one."""
    return f"{speaker.uri}/announces/{work_id}-{added_at}"


def _origin(uri: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port in one spelling (RFC 6454, 4). Raises `ValueError`."""
    scheme, _, rest = uri.partition("://")
    authority = rest.partition("/")[0]
    if not authority or not set("?#\\").isdisjoint(
        authority
    ):  # rare: where it ends is not so plain
        return _origin_at(uri)
    return _origin_at(f"{scheme}://{authority}/")


@lru_cache(maxsize=1_024)  # addresses are many, their servers few
def _origin_at(uri: str) -> tuple[str, str, int | None]:
    parts = urlsplit(uri)
    host = (parts.hostname or "").removesuffix(".")
    return parts.scheme, host, parts.port or _DEFAULT_PORTS.get(parts.scheme)
