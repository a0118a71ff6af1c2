"""The Resolver over the system's own: asked beside requests, never for one that waits."""

import asyncio
import socket
from collections.abc import Sequence

from server.ports import Resolver, Unreachable
from web.client import DNS_SECONDS

# Nothing is there, which is an answer; whatever else goes wrong is none.
_NOTHING = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class SystemResolver(Resolver):
    """Asks what the machine asks: hosts file, then its name servers."""

    async def names_of(self, address: str) -> Sequence[str]:
        """Return the name of an address, in a list, as the system knows one at most."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(DNS_SECONDS):
                name, _ = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD)
        except TimeoutError as cause:
            raise Unreachable(f"DNS did not say in time who {address} is.") from cause
        except socket.gaierror as cause:
            if cause.errno in _NOTHING:
                return []
            raise Unreachable(f"DNS did not say who {address} is.") from cause
        return [name.lower().rstrip(".")]

    async def addresses_of(self, name: str) -> Sequence[str]:
        """Return the addresses of a name."""
        try:
            async with asyncio.timeout(DNS_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(
                    name, None, type=socket.SOCK_STREAM
                )
                return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]
        except TimeoutError as cause:
            raise Unreachable(f"DNS did not say in time where {name} is.") from cause
        except socket.gaierror as cause:
            if cause.errno in _NOTHING:
                return []
            raise Unreachable(f"DNS did not say where {name} is.") from cause
        except (OSError, UnicodeError):
            return []
