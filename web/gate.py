"""What kind of visitor asks, and whether the policy lets them in: microseconds, before all else.

Gathers facts from the request alone; `server.visitors` classifies, `server.policy` decides.
"""

from dataclasses import dataclass

from aiohttp import web

from federation.content_types import wants_activity
from server.house import House
from server.policy import decide
from server.rules import Door, Refuse, WebFacts
from server.visitors import Crawlers, VisitorFacts, classify
from web.keys import DOOR_FACTS, VISITOR_CLASS
from web.middleware import Refusal


@dataclass(frozen=True, slots=True)
class Gate:
    """The web door."""

    house: House
    crawlers: Crawlers
    policy_url: str

    def __call__(self, request: web.Request) -> Refusal | None:
        """Set the visitor's class; return a refusal where the policy says no."""
        user_agent = request.headers.get("User-Agent", "")
        visitor = classify(
            VisitorFacts(
                user_agent=user_agent,
                path=request.path,
                accepts_activity=wants_activity(request.headers.get("Accept", "")),
            ),
            self.crawlers,
        )
        request[VISITOR_CLASS] = visitor
        facts = WebFacts(visitor=visitor, user_agent=user_agent, path=request.path)
        request[DOOR_FACTS] = facts
        decision = decide(Door.WEB, facts, self.house.now.compiled)
        if isinstance(decision, Refuse):
            return Refusal(f"{decision.reason} The whole policy: {self.policy_url}")
        return None
