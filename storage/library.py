"""Everything kept in the database, on whichever engine its address names."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from server.neighbours import Neighbours
from server.ports import Library, Transaction
from server.repositories.accounts import Actors, Artists, Departures, Portraits
from server.repositories.elsewhere import Elsewhere
from server.repositories.evidence import Comers, Proofs, SignalLedger, Tidings
from server.repositories.feed import Feeds
from server.repositories.house import AuditLog, Authorities, HeldThings, Policies
from server.repositories.jobs import Jobs
from server.repositories.ledgers import EnvelopeRows, Severances, VisitRows
from server.repositories.people import Applications, Cases, HouseTexts, Invites, Reports, TheEnd
from server.repositories.posts import Posts
from server.repositories.relations import Blocks, Reactions, Relations, Requests
from server.repositories.servers import Lists, Peers
from server.repositories.told import Activities, Notifications
from server.repositories.works import AllSeries, Likenesses, Shots, Works
from server.values import dataclass
from storage.activities import activities_in
from storage.actors import actors_in
from storage.applications import applications_in
from storage.artists import artists_in
from storage.audit import audit_in
from storage.authorities import authorities_in
from storage.blocks import blocks_in
from storage.cases import cases_in
from storage.closing import closing_in
from storage.comers import comers_in
from storage.database import Connection, Engine
from storage.departures import departures_in
from storage.elsewhere import elsewhere_in
from storage.engines import open_engine
from storage.envelopes import envelopes_in
from storage.feed import feeds_in
from storage.held import held_in
from storage.house_texts import house_texts_in
from storage.invites import invites_in
from storage.jobs import jobs_in
from storage.ledger import ledger_in
from storage.likenesses import likenesses_in
from storage.lists import lists_in
from storage.migrate import check_schema
from storage.neighbours import neighbours_in
from storage.notifications import notifications_in
from storage.peers import peers_in
from storage.policies import policies_in
from storage.portraits import portraits_in
from storage.posts import posts_in
from storage.proofs import proofs_in
from storage.reactions import reactions_in
from storage.relations import relations_in
from storage.reports import reports_in
from storage.requests import requests_in
from storage.series import series_in
from storage.severances import severances_in
from storage.shots import shots_in
from storage.tidings import tidings_in
from storage.visits import visits_in
from storage.works import works_in

T = TypeVar("T")


def open_library(url: str) -> Library:
    """Return the library at `url` (see `open_engine`); connections open when first needed.

    Raise `Invalid` where the address names no database. Close it, or the program never exits.
    """
    return _Library(open_engine(url))


def transaction_on(connection: Connection) -> Transaction:
    """Return every repository on one connection."""
    return _Transaction(connection)


@dataclass(frozen=True, slots=True)
class _Library:
    _engine: Engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self._engine.writing() as connection:
            yield _Transaction(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        async with self._engine.reading() as connection:
            yield _Transaction(connection)

    async def join(self, deed: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._engine.join(lambda connection: deed(_Transaction(connection)))

    async def look(self, deed: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._engine.look(lambda connection: deed(_Transaction(connection)))

    async def check(self) -> None:
        async with self._engine.reading() as connection:
            await check_schema(connection)

    async def close(self) -> None:
        await self._engine.close()


@dataclass(frozen=True, slots=True)
class _Transaction:
    _connection: Connection

    @property
    def artists(self) -> Artists:
        return artists_in(self._connection)

    @property
    def actors(self) -> Actors:
        return actors_in(self._connection)

    @property
    def works(self) -> Works:
        return works_in(self._connection)

    @property
    def shots(self) -> Shots:
        return shots_in(self._connection)

    @property
    def likenesses(self) -> Likenesses:
        return likenesses_in(self._connection)

    @property
    def posts(self) -> Posts:
        return posts_in(self._connection)

    @property
    def feeds(self) -> Feeds:
        return feeds_in(self._connection)

    @property
    def relations(self) -> Relations:
        return relations_in(self._connection)

    @property
    def reactions(self) -> Reactions:
        return reactions_in(self._connection)

    @property
    def activities(self) -> Activities:
        return activities_in(self._connection)

    @property
    def notifications(self) -> Notifications:
        return notifications_in(self._connection)

    @property
    def policies(self) -> Policies:
        return policies_in(self._connection)

    @property
    def authorities(self) -> Authorities:
        return authorities_in(self._connection)

    @property
    def audit(self) -> AuditLog:
        return audit_in(self._connection)

    @property
    def envelopes(self) -> EnvelopeRows:
        return envelopes_in(self._connection)

    @property
    def visits(self) -> VisitRows:
        return visits_in(self._connection)

    @property
    def severances(self) -> Severances:
        return severances_in(self._connection)

    @property
    def ledger(self) -> SignalLedger:
        return ledger_in(self._connection)

    @property
    def comers(self) -> Comers:
        return comers_in(self._connection)

    @property
    def proofs(self) -> Proofs:
        return proofs_in(self._connection)

    @property
    def tidings(self) -> Tidings:
        return tidings_in(self._connection)

    @property
    def held(self) -> HeldThings:
        return held_in(self._connection)

    @property
    def jobs(self) -> Jobs:
        return jobs_in(self._connection)

    @property
    def requests(self) -> Requests:
        return requests_in(self._connection)

    @property
    def blocks(self) -> Blocks:
        return blocks_in(self._connection)

    @property
    def reports(self) -> Reports:
        return reports_in(self._connection)

    @property
    def series(self) -> AllSeries:
        return series_in(self._connection)

    @property
    def elsewhere(self) -> Elsewhere:
        return elsewhere_in(self._connection)

    @property
    def lists(self) -> Lists:
        return lists_in(self._connection)

    @property
    def neighbours(self) -> Neighbours:
        return neighbours_in(self._connection)

    @property
    def peers(self) -> Peers:
        return peers_in(self._connection)

    @property
    def invites(self) -> Invites:
        return invites_in(self._connection)

    @property
    def applications(self) -> Applications:
        return applications_in(self._connection)

    @property
    def portraits(self) -> Portraits:
        return portraits_in(self._connection)

    @property
    def departures(self) -> Departures:
        return departures_in(self._connection)

    @property
    def cases(self) -> Cases:
        return cases_in(self._connection)

    @property
    def texts(self) -> HouseTexts:
        return house_texts_in(self._connection)

    @property
    def closing(self) -> TheEnd:
        return closing_in(self._connection)
