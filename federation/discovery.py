"""Documents by which others find us: WebFinger, host-meta, NodeInfo. Pure."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from federation.content_types import ACTIVITY_JSON, LD_JSON
from server.addresses import Addresses
from server.errors import Invalid
from server.model import Actor, ActorKind
from server.values import dataclass

Document = dict[str, Any]

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
INTENTS = "https://w3id.org/fep/3b86/"  # an activity's type follows
_PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
_AVATAR = "http://webfinger.net/rel/avatar"
# What can be done from here to something elsewhere, and what its template calls it (FEP-3b86).
_OFFERED = (
    ("Follow", "object"),
    ("Like", "object"),
    ("Announce", "object"),
    ("Create", "inReplyTo"),
    ("Object", "object"),
)
_MAX_RESOURCE = 2_048


@dataclass(frozen=True, slots=True)
class Account:
    """A WebFinger resource that is meant for us: a handle here, or one of our addresses."""

    handle: str = ""
    uri: str = ""
    is_server: bool = False  # the server itself (FEP-d556)


@dataclass(frozen=True, slots=True)
class Usage:
    """What NodeInfo counts. Never made up (FEP-0151)."""

    users: int
    posts: int
    comments: int
    active_month: int
    active_half_year: int


def read_resource(resource: str, addresses: Addresses) -> Account | None:
    """Read WebFinger's `resource`. None: well-formed, but not ours. Raise `Invalid`: malformed.

    Source: RFC 7033 section 4; `acct:` by RFC 7565. A leading @ is tolerated, as people type it.
    """
    if not resource or len(resource) > _MAX_RESOURCE:
        raise Invalid("Ask with resource=acct:name@domain or the address of an actor.")
    scheme, colon, rest = resource.partition(":")
    if not colon:
        raise Invalid("Ask with resource=acct:name@domain or the address of an actor.")
    if scheme.lower() == "acct":
        return _read_acct(rest, addresses)
    if scheme.lower() in {"http", "https"}:
        if not rest.startswith("//") or rest[2:3] in ("", "/", "?", "#"):
            raise Invalid("This address has no host: ask with a whole one.")
        if not addresses.is_ours(resource):
            return None
        uri = _in_our_spelling(resource, addresses)
        return Account(uri=uri, is_server=_is_root(uri, addresses))
    raise Invalid(f"'{scheme[:20]}:' is not understood: ask with acct: or https:.")


def _read_acct(rest: str, addresses: Addresses) -> Account | None:
    handle, at, domain = rest.removeprefix("@").rpartition("@")
    if not at or not handle or not domain or "/" in domain or not _is_plain(rest):
        raise Invalid("An account reads acct:name@domain.")
    host = urlsplit(addresses.base_url).netloc
    names = {addresses.domain.lower(), host.lower()}
    if domain.lower() not in names:
        return None
    is_server = handle.lower() in {*names, addresses.server_handle.lower()}
    return Account(handle=handle, is_server=is_server)


def _is_plain(text: str) -> bool:
    """Say whether a text is free of blanks and control characters."""
    return text.isprintable() and not any(letter.isspace() for letter in text)


def _in_our_spelling(uri: str, addresses: Addresses) -> str:
    """Return an address of ours as we write it: capitals in scheme and host mean nothing."""
    parts = urlsplit(uri)
    tail = uri.split("//", 1)[1][len(parts.netloc) :]
    return f"{addresses.base_url}{tail}"


def _is_root(uri: str, addresses: Addresses) -> bool:
    """Say whether an address of ours is the server's own: its root, or its actor."""
    parts = urlsplit(uri)
    is_plain = not parts.query and not parts.fragment
    return is_plain and (parts.path in {"", "/"} or uri == addresses.server_actor)


def webfinger(actor: Actor, addresses: Addresses, rels: Sequence[str] = ()) -> Document:
    """Return an actor's JRD; `rels` filters links (RFC 7033 section 4.3).

    The subject is what the account is called, whichever of its names was asked for.
    """
    links: list[Document] = [
        {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri},
        {"rel": "self", "type": LD_JSON, "href": actor.uri},
        {"rel": _PROFILE_PAGE, "type": "text/html", "href": actor.url},
    ]
    if actor.icon_url:
        links.append({"rel": _AVATAR, "type": "image/jpeg", "href": actor.icon_url})
    if actor.kind is not ActorKind.APPLICATION:  # the server itself has nobody who would act
        links += _ways_in(addresses)
    return {
        "subject": f"acct:{actor.address}",
        "aliases": [alias for alias in (actor.url, actor.uri) if alias],
        "links": [link for link in links if not rels or link["rel"] in rels],
    }


def _ways_in(addresses: Addresses) -> list[Document]:
    """Return where somebody from here acts on what is elsewhere."""
    base = f"{addresses.base_url}/authorize_interaction?uri="
    return [
        {"rel": SUBSCRIBE, "template": f"{base}{{uri}}"},
        *({"rel": f"{INTENTS}{verb}", "template": f"{base}{{{name}}}"} for verb, name in _OFFERED),
    ]


def webfinger_template(addresses: Addresses) -> str:
    """Return the address pattern that host-meta points to."""
    return f"{addresses.base_url}/.well-known/webfinger?resource={{uri}}"


def host_meta(addresses: Addresses) -> str:
    """Return host-meta as XRD (RFC 6415): Takahē and older servers ask it first."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template="{webfinger_template(addresses)}"/>'
        "</XRD>\n"
    )


def host_meta_json(addresses: Addresses) -> Document:
    """Return host-meta as JSON."""
    return {"links": [{"rel": "lrdd", "template": webfinger_template(addresses)}]}


def nodeinfo_links(addresses: Addresses) -> Document:
    """Return where NodeInfo is (FEP-f1d5), newest last, and the server actor (FEP-2677)."""
    schema = "http://nodeinfo.diaspora.software/ns/schema/"
    return {
        "links": [
            *(
                {"rel": f"{schema}{version}", "href": f"{addresses.base_url}/nodeinfo/{version}"}
                for version in ("2.0", "2.1")
            ),
            {
                "rel": "https://www.w3.org/ns/activitystreams#Application",
                "href": addresses.server_actor,
            },
        ]
    }


def nodeinfo(
    version: str, usage: Usage, *, software_version: str, name: str, description: str
) -> Document:
    """Return NodeInfo 2.0 or 2.1."""
    software = {"name": "fixatif", "version": software_version}
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {
            "users": {
                "total": usage.users,
                "activeMonth": usage.active_month,
                "activeHalfyear": usage.active_half_year,
            },
            "localPosts": usage.posts,
            "localComments": usage.comments,
        },
        "metadata": {"nodeName": name, "nodeDescription": description},
    }
