"""robots.txt (RFC 9309), pure: what the rules enforce and what the preferences ask, in one file.

The law: a crawler obeys only the group that names it (2.2.1), so every group repeats every
line that matters. And what a crawler may not fetch has no preferences (aipref-attach-05, 3):
the pages that state the policy stay open in each group.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from server.model import ContentUsage, Preference
from server.policy import CompiledPolicy, Policy, compile_policy, decide
from server.rules import OPEN_PATHS, Action, Allow, Door, Refuse, WebFacts
from server.signals import SignalUrls, usage_text
from server.visitors import Crawler, Crawlers, VisitorClass

# Pages lead there by a link that no person sees; who follows it obeys nothing.
TRAP_PATH = "/nothing-here/"
# Nothing there is for crawlers: pages behind a session, and answers without end.
PRIVATE_PATHS = (
    *(TRAP_PATH, "/admin", "/api/", "/apply", "/home", "/interact", "/login", "/notifications"),
    *("/oauth/", "/search", "/settings", "/setup", "/studio"),
)
SLOW_SECONDS = 10  # Crawl-delay for those whom the policy throttles

_SIGNAL_NAMES: Mapping[Preference, str] = {Preference.YES: "yes", Preference.NO: "no"}
_RESERVATION = """\
# Art by people. What automated systems may do with it is said in each group below:
#   search    may it be found in a search engine, as a link with a short extract?
#   ai-input  may it be put into an AI system while that system answers (ai-use)?
#   ai-train  may AI models be trained or tuned with it (train-ai)?
# "yes" or "y" permits, "no" or "n" refuses, and what is not named is neither permitted nor
# refused by these lines."""
_RIGHTS = """\
# Every refusal in this file is an express reservation of rights, made by machine-readable
# means, under Article 4(3) of Directive (EU) 2019/790 on copyright in the Digital Single Market."""


class _Treatment(StrEnum):
    """How a group of crawlers is met."""

    REFUSED = "refused"
    SLOWED = "slowed"
    WELCOME = "welcome"


def robots_txt(
    policy: Policy, crawlers: Crawlers, urls: SignalUrls, disallow: Iterable[str] = PRIVATE_PATHS
) -> str:
    """Return robots.txt: a group for all, then one each for those who are met otherwise."""
    private = tuple(disallow)
    statements = _statements(policy.content_usage, urls)
    for_all, groups = _groups(policy, crawlers)
    sections = [
        _preamble(policy.content_usage, urls),
        _group(("*",), for_all, statements, private),
        *(_group(tokens, treatment, statements, private) for treatment, tokens in groups.items()),
    ]
    return "\n\n".join(sections) + "\n"


def is_disallowed(crawler: Crawler, policy: Policy | CompiledPolicy) -> bool:
    """Whether robots.txt tells this crawler to stay away, by name or with everyone."""
    compiled = policy if isinstance(policy, CompiledPolicy) else compile_policy(policy)
    treatment = _treatment(crawler.visitor_class, crawler.token, compiled)
    if not _is_named(crawler, treatment):
        treatment = _treatment(VisitorClass.UNKNOWN, "", compiled)
    return treatment is _Treatment.REFUSED


def _groups(
    policy: Policy, crawlers: Crawlers
) -> tuple[_Treatment, Mapping[_Treatment, tuple[str, ...]]]:
    """Return how everyone is met, and the names of those who are met otherwise."""
    compiled = compile_policy(policy)
    for_all = _treatment(VisitorClass.UNKNOWN, "", compiled)
    groups: dict[_Treatment, tuple[str, ...]] = {}
    for crawler in crawlers.entries:
        treatment = _treatment(crawler.visitor_class, crawler.token, compiled)
        if treatment is not for_all and _is_named(crawler, treatment):
            groups[treatment] = (*groups.get(treatment, ()), crawler.token)
    return for_all, groups


def _is_named(crawler: Crawler, treatment: _Treatment) -> bool:
    """Whether robots.txt names this crawler.

    Not where its name is an everyday word: many parsers look for names inside names, and
    "Spider" would shut out Baiduspider. And no library, where it is not refused altogether.
    """
    is_library = crawler.visitor_class is VisitorClass.TOOL
    return not crawler.needs_version and (treatment is _Treatment.REFUSED or not is_library)


def _treatment(visitor: VisitorClass, token: str, policy: CompiledPolicy) -> _Treatment:
    facts = WebFacts(visitor, user_agent=f"{token}/1.0" if token else "")
    decision = decide(Door.WEB, facts, policy)
    if isinstance(decision, Refuse) or _is_unwanted(visitor, policy.policy.content_usage):
        return _Treatment.REFUSED
    is_slowed = isinstance(decision, Allow) and decision.action is Action.THROTTLE
    return _Treatment.SLOWED if is_slowed else _Treatment.WELCOME


def _is_unwanted(visitor: VisitorClass, usage: ContentUsage) -> bool:
    """Whether the preferences refuse what this class comes for, whatever the rules enforce.

    `search=n` is not among them: a search engine must read a page to see its `noindex`.
    """
    if visitor in {VisitorClass.AI_TRAINING, VisitorClass.DATASET}:
        return usage.train_ai is Preference.NO
    if visitor in {VisitorClass.AI_SEARCH, VisitorClass.AI_USER}:
        return usage.ai_use is Preference.NO
    return False


def _preamble(usage: ContentUsage, urls: SignalUrls) -> str:
    is_reserved = Preference.NO in {usage.train_ai, usage.ai_use, usage.search}
    rights = (_RIGHTS,) if is_reserved else ()
    return "\n".join((_RESERVATION, *rights, f"# In full: {urls.policy}"))


def _statements(usage: ContentUsage, urls: SignalUrls) -> tuple[str, ...]:
    """Return the lines that each group repeats; none where nothing is stated."""
    text = usage_text(usage)
    if not text:
        return ()
    return (
        f"Content-Usage: {text}",
        f"Content-Signal: {_content_signal(usage)}",
        f"License: {urls.rsl}",
    )


def _content_signal(usage: ContentUsage) -> str:
    pairs = (("search", usage.search), ("ai-input", usage.ai_use), ("ai-train", usage.train_ai))
    return ", ".join(f"{name}={_SIGNAL_NAMES[value]}" for name, value in pairs if value)


def _group(
    agents: tuple[str, ...],
    treatment: _Treatment,
    statements: tuple[str, ...],
    private: tuple[str, ...],
) -> str:
    """Return one group. What is open stands first, for parsers that take the first match."""
    if treatment is _Treatment.REFUSED:
        paths = (*(f"Allow: {path}" for path in OPEN_PATHS), "Disallow: /")
    else:
        paths = (*(f"Disallow: {path}" for path in private), "Allow: /")
    delay = (f"Crawl-delay: {SLOW_SECONDS}",) if treatment is _Treatment.SLOWED else ()
    names = tuple(f"User-agent: {agent}" for agent in agents)
    return "\n".join((*names, *statements, *delay, *paths))
