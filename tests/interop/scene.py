"""The three servers of a test and who lives there, with the steps that many tests share."""

from dataclasses import dataclass

from federation.translate import timestamp
from server.drafts import Draft
from server.model import Actor, Artist, Millis, Work
from tests.interop.fedify import Document, Fedify, Someone
from tests.two_servers.instances import Town, settle
from tests.two_servers.test_walk import picture

DOOR = (picture(300, 900, (90, 9, 9)), "A door")
ROOFS = (picture(3000, 2000, (9, 40, 90)), "Roofs")


@dataclass(frozen=True)
class Scene:
    """Ana here, Bob there, both with us; Cleo on the other implementation."""

    here: Town
    there: Town
    fedify: Fedify
    ana: Artist
    bob: Artist
    cleo: Someone

    @property
    def ana_uri(self) -> str:
        return f"{self.here.url}/users/ana"

    @property
    def bob_uri(self) -> str:
        return f"{self.there.url}/users/bob"

    def moment(self, seconds: int) -> str:
        """Return a time in the near future, as documents write it."""
        return timestamp(Millis(self.here.clock.now() + seconds * 1000))

    def work_uri(self, work: Work) -> str:
        return str(self.here.flows.addresses.work(work.id))

    async def settled(self) -> None:
        """Let everything that was promised be delivered and done."""
        await settle(self.here, self.there)

    async def told(self) -> list[str]:
        """Return what Ana was notified of, oldest first."""
        await self.settled()
        return await self.here.told(self.ana)

    async def got(self, kind: str = "") -> list[Document]:
        """Return what Cleo's server verified of Ana's, oldest first."""
        await self.settled()
        return await self.fedify.got(self.ana_uri, kind)

    async def cleo_here(self) -> Actor:
        """Return Cleo as Ana's server knows her."""
        return await self.here.find(self.cleo.address)

    async def cleo_follows(self) -> Document:
        """Have Cleo follow Ana; return the Follow."""
        follow = await self.cleo.send(self.cleo.does("Follow", self.ana_uri), self.ana_uri)
        await self.settled()
        return follow

    async def ana_follows(self) -> None:
        """Have Ana follow Cleo, who accepts."""
        await self.here.flows.following.follow(self.ana, await self.cleo_here())
        (follow,) = await self.got("Follow")
        asked = {"type": "Follow", "id": follow["id"], "actor": self.ana_uri}
        asked["object"] = self.cleo.uri
        await self.cleo.send(self.cleo.does("Accept", asked), self.ana_uri)
        await self.settled()

    async def hang(self, draft: Draft, *files: tuple[bytes, str]) -> Work:
        """Have Ana hang a work, and everybody hear of it."""
        work = await self.here.upload(self.ana, draft, *files)
        await self.settled()
        return work
