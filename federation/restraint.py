"""How much strangers may make us ask: anybody can send a name, and each name costs a look-up.

Law: bounded, per site. Endless subdomains of one domain (CVE-2022-46405) and endless accounts
of one host come to an end here; both are told to try again, which honest servers do. All of
it is in memory: a restart costs an attacker's patience, nothing else.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field

from federation.sites import site_of
from server.clock import Clock
from server.errors import Unavailable
from server.model import Millis
from server.values import dataclass

NEW_HOSTS = 30  # of one site; hosting companies give each customer's server a subdomain
WINDOW = Millis(600_000)  # ten minutes; Mastodon lets 10 hosts of one site through in it
BURST = 600  # look-ups of one host at once: a work that a large server shows its members
PER_SECOND = 3  # afterwards; 10,000 new admirers an hour
_SITES_KEPT = 5_000
_HOSTS_KEPT = 20_000  # some 10 MiB together


@dataclass(slots=True)
class _Host:
    left: float
    at: Millis


@dataclass(slots=True)
class Restraint:
    """Counts look-ups, and says when it is enough."""

    clock: Clock
    _hosts: OrderedDict[str, _Host] = field(default_factory=OrderedDict)  # lately asked
    _met: OrderedDict[str, dict[str, Millis]] = field(default_factory=OrderedDict)  # by site

    def ask(self, host: str) -> None:
        """Count one look-up at `host` (an authority). Raises `Unavailable` above the limits."""
        if host not in self._hosts:
            self._meet(host)
        self._take(host)

    def _meet(self, host: str) -> None:
        """Count a host that was not asked lately to its site's account."""
        site, now = site_of(_name_of(host)), self.clock.now()
        met = _lately(self._met.get(site, {}), now)
        if host not in met and len(met) >= NEW_HOSTS:
            raise Unavailable(f"Too many new servers under {site} at once; try again later.")
        met[host] = now
        self._met[site] = met
        self._met.move_to_end(site)
        while len(self._met) > _SITES_KEPT:
            self._met.popitem(last=False)

    def _take(self, host: str) -> None:
        now = self.clock.now()
        known = self._hosts.get(host) or _Host(BURST, now)
        passed = max(0, now - known.at) / 1_000  # the clock may have been set back
        known.left, known.at = min(BURST, known.left + passed * PER_SECOND), now
        self._hosts[host] = known
        self._hosts.move_to_end(host)
        while len(self._hosts) > _HOSTS_KEPT:
            self._hosts.popitem(last=False)
        if known.left < 1:
            raise Unavailable(f"{host} was asked too often in a short time; try again later.")
        known.left -= 1


def _lately(met: Mapping[str, Millis], now: Millis) -> dict[str, Millis]:
    return {host: at for host, at in met.items() if now - at < WINDOW}


def _name_of(authority: str) -> str:
    """Return an authority's host without its port."""
    return authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
