"""The flows that handlers call, each under one typed key. `server.main` fills them in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from federation.asking import Asking
from federation.inbox import Inbox
from federation.interaction import Interaction
from federation.remote import Remote
from server.accounts import Accounts
from server.addresses import Addresses
from server.clock import Clock
from server.config import Config
from server.following import Following
from server.house import House
from server.model import Actor
from server.notifications import Notifications
from server.ports import MediaStore
from server.publishing import Publishing
from server.reactions import Reactions
from server.signals import SignalUrls
from server.viewing import Viewing
from server.visitors import Crawlers
from web.assets import StaticFiles
from web.csrf import FormGuard
from web.limits import RateLimiter
from web.render import Renderer


@dataclass(frozen=True, slots=True)
class Flows:
    """Everything that the web asks of the rooms behind it."""

    config: Config
    addresses: Addresses
    clock: Clock
    house: House
    signal_urls: SignalUrls
    crawlers: Crawlers
    accounts: Accounts
    publishing: Publishing
    viewing: Viewing
    following: Following
    reactions: Reactions
    notifications: Notifications
    media: MediaStore
    inbox: Inbox
    remote: Remote
    asking: Asking
    interaction: Interaction
    server_actor: Actor
    renderer: Renderer
    static: StaticFiles
    forms: FormGuard
    limits: RateLimiter
    is_ready: Callable[[], Awaitable[None]]  # raises `Unavailable`
    version: str
    is_development: bool = False


FLOWS = web.AppKey("flows", Flows)


def flows(request: web.Request) -> Flows:
    """Return the flows of the application that got this request."""
    return request.app[FLOWS]
