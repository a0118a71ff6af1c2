"""What machines may do with a work, said in every form that a machine reads; pure.

The law: everything here derives from one `ContentUsage`, already tightened by artist and
work (`server.policy.tighten`), so that no two forms can contradict each other. robots.txt
stands in `server.robots`. Where a form cannot say exactly what the value says, it stays
silent rather than allow more.
"""

import html
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

import http_sf

from server.errors import Invalid
from server.model import AiLabel, ContentUsage, Preference
from server.policy import Policy
from server.rules import Action, Condition, ConditionKind
from server.values import dataclass

NAMESPACE = "urn:fixatif:ns#"  # of our own terms, until a permanent address is registered
ENFORCEMENT = f"{NAMESPACE}enforcesContentUsage"  # what a server actor claims (FEP-844e)
WELL_KNOWN = "/.well-known/ai-policy"
RSL_NAMESPACE = "https://rslstandard.org/rsl"
RSL_TYPE = "application/rsl+xml"
RSL_MAX_AGE_DAYS = 7
IMAGE_ENDINGS = ("avif", "gif", "jpeg", "jpg", "png", "tif", "tiff", "webp")

_PLUS = "http://ns.useplus.org/ldf/vocab/"
_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_MAX_USAGE_CHARACTERS = 1024  # a Content-Usage from outside; ours has 35

JsonObject: TypeAlias = dict[str, object]
Headers: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SignalUrls:
    """Absolute addresses that signals point to. Made by `signal_urls`."""

    base: str  # without a final slash
    policy: str  # the page for people
    tdm_policy: str  # the same for machines
    rsl: str
    contact: str


@dataclass(frozen=True, slots=True)
class ImageSigns:
    """What schema.org is told of one picture; "" where we do not know it."""

    page_url: str
    image_url: str
    width: int
    height: int
    title: str
    artist_name: str
    artist_url: str
    year: str = ""
    licence_url: str = ""
    ai_label: AiLabel = AiLabel.NONE


@dataclass(frozen=True, slots=True)
class PolicyStatement:
    """What `/.well-known/ai-policy` says beside the policy itself."""

    version: int
    updated: str  # ISO 8601, UTC
    instance_name: str
    contact_email: str = ""
    authority: str = ""  # certificate (PEM) under which pictures' Content Credentials are signed
    signs_pictures: bool = False  # now; those signed before stay


def signal_urls(base_url: str) -> SignalUrls:
    """Return the addresses below an instance's `base_url`; raises `Invalid` on a broken one."""
    base = base_url.rstrip("/")
    if (
        not base.startswith(("https://", "http://"))
        or not base.isprintable()
        or set(base) & set(' <>"')
    ):
        raise Invalid(f"{base_url!r} is no web address; write it like https://art.example.")
    return SignalUrls(
        base=base,
        policy=f"{base}/policy",
        tdm_policy=f"{base}{WELL_KNOWN}",
        rsl=f"{base}/rsl.xml",
        contact=f"{base}/about",
    )


def usage_text(usage: ContentUsage) -> str:
    """Return an AIPREF Dictionary with the set keys alone, "" where none is set (vocab-08, 6)."""
    pairs = (("train-ai", usage.train_ai), ("ai-use", usage.ai_use), ("search", usage.search))
    return ", ".join(f"{key}={value}" for key, value in pairs if value)


@lru_cache(maxsize=64)  # one work goes to thousands of hosts
def read_usage(text: str) -> ContentUsage:
    """Return what somebody else's Content-Usage says; what cannot be read counts as unset.

    Keys are lower case and values the tokens `y` and `n` (RFC 9651): a text "n", a bare key
    or an unknown key says nothing, and one broken member makes all of it unknown (vocab-08).
    """
    if len(text) > _MAX_USAGE_CHARACTERS:
        return ContentUsage()
    try:
        parsed = http_sf.parse(text.encode(), tltype="dictionary")
    except (http_sf.StructuredFieldError, ValueError):
        return ContentUsage()
    if not isinstance(parsed, dict):
        return ContentUsage()
    return ContentUsage(
        train_ai=_answer(parsed, "train-ai"),
        ai_use=_answer(parsed, "ai-use"),
        search=_answer(parsed, "search"),
    )


@lru_cache(maxsize=64)  # of a policy, artists and works there are few different ones
def headers(usage: ContentUsage, urls: SignalUrls) -> Headers:
    """Return the header lines for every answer about a work, pages and pictures alike.

    X-Robots-Tag is a line of its own and holds no colon: img2dataset takes what stands
    before the first colon for a crawler's name.
    """
    text = usage_text(usage)
    robots = ", ".join(robots_directives(usage))
    lines = (
        ("Content-Usage", text),
        ("tdm-reservation", tdm_reservation(usage)),
        ("tdm-policy", urls.tdm_policy if tdm_reservation(usage) == "1" else ""),
        ("X-Robots-Tag", robots),
        ("Link", f'<{urls.rsl}>; rel="license"; type="{RSL_TYPE}"' if text else ""),
    )
    return tuple((name, value) for name, value in lines if value)


def meta(usage: ContentUsage, urls: SignalUrls) -> str:
    """Return the same as HTML elements for a page's head, one a line."""
    reservation = tdm_reservation(usage)
    elements = (
        _meta("robots", ", ".join(robots_directives(usage))),
        _meta("tdm-reservation", reservation),
        _meta("tdm-policy", urls.tdm_policy if reservation == "1" else ""),
        f'<link rel="license" type="{RSL_TYPE}" href="{html.escape(urls.rsl)}">'
        if usage_text(usage)
        else "",
    )
    return "\n".join(element for element in elements if element)


def robots_directives(usage: ContentUsage) -> tuple[str, ...]:
    """Return the directives for X-Robots-Tag and the robots meta.

    `noai, noimageai` speak of training. `noarchive` keeps Bing from training and from
    answering with a page's text; since it forbids both, it yields to an express `y` to
    training. `search=n` is what `noindex` and `noimageindex` say.
    """
    forbids_training = usage.train_ai is Preference.NO
    forbids_use = usage.ai_use is Preference.NO and usage.train_ai is not Preference.YES
    return (
        *(("noai", "noimageai") if forbids_training else ()),
        *(("noarchive",) if forbids_training or forbids_use else ()),
        *(("noindex", "noimageindex") if usage.search is Preference.NO else ()),
    )


def tdm_reservation(usage: ContentUsage) -> str:
    """Return "1" where mining is reserved, "0" where it expressly is not, "" where unsaid.

    Both AI uses are mining (Directive 2019/790, Art. 4): one `n` reserves; "0" needs `y`
    for both, and no `n` for search, which "0" would give away as well.
    """
    if Preference.NO in {usage.train_ai, usage.ai_use}:
        return "1"
    both = usage.train_ai is Preference.YES and usage.ai_use is Preference.YES
    return "0" if both and usage.search is not Preference.NO else ""


def tdmrep_json(usage: ContentUsage, urls: SignalUrls) -> str:
    """Return `/.well-known/tdmrep.json`: an array even of one (W3C TDMRep, 6.1)."""
    reservation = tdm_reservation(usage)
    policy = {"tdm-policy": urls.tdm_policy} if reservation == "1" else {}
    entry = {"location": "/", "tdm-reservation": int(reservation or 0), **policy}
    return json.dumps([entry] if reservation else [], indent=2) + "\n"


def rsl_xml(usage: ContentUsage, urls: SignalUrls) -> str:
    """Return `/rsl.xml` (RSL 1.0) for the whole instance; media type `RSL_TYPE`."""
    permits, prohibits = (_rsl_tokens(usage, answer) for answer in (Preference.YES, Preference.NO))
    terms = (
        *([f'<permits type="usage">{permits}</permits>'] if permits else []),
        *([f'<prohibits type="usage">{prohibits}</prohibits>'] if prohibits else []),
    )
    licence = f"    <license>{''.join(terms)}</license>\n" if terms else ""
    holder = html.escape(urls.base.partition("://")[2])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rsl xmlns="{RSL_NAMESPACE}" max-age="{RSL_MAX_AGE_DAYS}">\n'
        '  <content url="/">\n'
        f"{licence}"
        f'    <copyright type="organization" contactUrl="{html.escape(urls.contact)}">'
        f"{holder}</copyright>\n"
        f"    <terms>{html.escape(urls.policy)}</terms>\n"
        "  </content>\n"
        "</rsl>\n"
    )


def ai_txt(usage: ContentUsage, urls: SignalUrls) -> str:
    """Return `/ai.txt`: robots.txt's grammar by file ending, for gatherers of training data."""
    verb = {Preference.NO: "Disallow", Preference.YES: "Allow"}.get(usage.train_ai)
    patterns = ("/", "*", *(f"*.{ending}" for ending in IMAGE_ENDINGS))
    lines = [f"{verb}: {pattern}" for pattern in patterns] if verb else []
    said = "This instance states no preference." if not verb else "For gathering training data:"
    return "\n".join([f"# {said} Terms: {urls.policy}", "User-Agent: *", *lines]) + "\n"


def ai_policy(policy: Policy, statement: PolicyStatement, urls: SignalUrls) -> JsonObject:
    """Return `/.well-known/ai-policy`, also served as `tdm-policy`: ODRL, then our own terms."""
    usage = policy.content_usage
    authority: JsonObject = {}
    if statement.authority:
        authority = {
            "signingAuthority": statement.authority,
            "signsPictures": statement.signs_pictures,
        }
    return {
        "@context": [
            "http://www.w3.org/ns/odrl.jsonld",
            "http://www.w3.org/ns/tdmrep.jsonld",
            "https://w3id.org/security/data-integrity/v1",  # the proof
            _own_terms(
                "contentUsage", "enforcement", "aiWorks", "renditions", "policyVersion", *authority
            )
            | {"updated": "http://purl.org/dc/terms/modified"},
        ],
        "@type": "Offer",
        "uid": urls.tdm_policy,
        "profile": "http://www.w3.org/ns/tdmrep",
        "assigner": _assigner(statement, urls),
        "permission": _permissions(usage, urls),
        "contentUsage": usage_text(usage),
        "enforcement": _enforcement(policy),
        "aiWorks": {"local": policy.ai_works.local.value, "remote": policy.ai_works.remote.value},
        "renditions": {
            "visitor": policy.renditions.visitor,
            "person": policy.renditions.person,
            "peer": policy.renditions.peer,
        },
        "policyVersion": statement.version,
        "updated": statement.updated,
        **authority,
    }


def activity_terms(usage: ContentUsage, policy_url: str) -> JsonObject:
    """Return the flat properties for a work, an attachment or an actor in ActivityPub."""
    text = usage_text(usage)
    terms = {
        "contentUsage": text,
        "xRobotsTag": ", ".join(robots_directives(usage)),  # FEP-5e53
        "aiPolicy": policy_url if text else "",
    }
    return {name: value for name, value in terms.items() if value}


def activity_context() -> JsonObject:
    """Return the `@context` entries that `activity_terms` needs."""
    return _own_terms("contentUsage", "xRobotsTag") | {
        "aiPolicy": {"@id": "fixatif:aiPolicy", "@type": "@id"},
        "implements": {
            "@id": "https://w3id.org/fep/844e#implements",
            "@type": "@id",
            "@container": "@set",
        },
    }


def plus_data_mining(usage: ContentUsage) -> str:
    """Return the URI for `plus:DataMining` in a picture's XMP.

    DMI-ALLOWED speaks for all mining, hence only where nothing is refused.
    """
    return _PLUS + _plus_key(usage)


def digital_source_type(label: AiLabel) -> str:
    """Return IPTC's URI for what the artist declared; "" where nothing follows from it."""
    return {
        AiLabel.NONE: "",  # painted, photographed or drawn: we do not know which
        AiLabel.ASSISTED: f"{_SOURCE_TYPE}compositeWithTrainedAlgorithmicMedia",
        AiLabel.GENERATED: f"{_SOURCE_TYPE}trainedAlgorithmicMedia",
    }[label]


def schema_org(signs: ImageSigns, usage: ContentUsage, urls: SignalUrls) -> JsonObject:
    """Return schema.org's ImageObject for one picture, as JSON-LD.

    Names are as people typed them: whoever puts it into a page escapes `<`.
    """
    described: JsonObject = {
        "@context": "https://schema.org",
        "@type": "ImageObject",
        "url": signs.page_url,
        "contentUrl": signs.image_url,
        "width": signs.width,
        "height": signs.height,
        "name": signs.title,
        "creator": {"@type": "Person", "name": signs.artist_name, "url": signs.artist_url},
        "creditText": signs.artist_name,
        "copyrightNotice": f"© {signs.year} {signs.artist_name}".replace("  ", " "),
        "license": signs.licence_url or urls.policy,
        "acquireLicensePage": signs.page_url,
        "digitalSourceType": digital_source_type(signs.ai_label),
        "usageInfo": urls.tdm_policy if usage_text(usage) else "",
    }
    return {name: value for name, value in described.items() if value}


def _answer(parsed: Mapping[str, object], key: str) -> Preference:
    """Return the answer of one member, which is a pair of value and parameters."""
    match parsed.get(key):
        case (http_sf.Token() as token, _) if str(token) in {"y", "n"}:
            return Preference(str(token))
        case _:
            return Preference.UNSET


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{html.escape(content)}">' if content else ""


def _rsl_tokens(usage: ContentUsage, answer: Preference) -> str:
    """Return the usage tokens, separated by spaces, of what has this answer (RSL 1.0)."""
    given = (usage.train_ai is answer, usage.ai_use is answer, usage.search is answer)
    if all(given):
        return "all"
    if given[0] and given[1]:
        return "ai-all"
    named = zip(("ai-train", "ai-input", "search"), given, strict=True)
    return " ".join(token for token, is_given in named if is_given)


def _plus_key(usage: ContentUsage) -> str:
    if usage.train_ai is Preference.NO:
        if usage.ai_use is not Preference.NO:
            return "DMI-PROHIBITED-GENAIMLTRAINING"
        is_hidden = usage.search is Preference.NO
        return "DMI-PROHIBITED" if is_hidden else "DMI-PROHIBITED-AIMLTRAINING"
    refuses_any = Preference.NO in {usage.ai_use, usage.search}
    is_allowed = usage.train_ai is Preference.YES and not refuses_any
    return "DMI-ALLOWED" if is_allowed else "DMI-UNSPECIFIED"


def _own_terms(*names: str) -> JsonObject:
    return {"fixatif": NAMESPACE, **{name: f"fixatif:{name}" for name in names}}


def _assigner(statement: PolicyStatement, urls: SignalUrls) -> JsonObject:
    mail = (
        {"vcard:hasEmail": f"mailto:{statement.contact_email}"} if statement.contact_email else {}
    )
    return {
        "uid": urls.base,
        "vcard:fn": statement.instance_name,
        **mail,
        "vcard:hasURL": urls.contact,
    }


def _permissions(usage: ContentUsage, urls: SignalUrls) -> list[JsonObject]:
    """Return who may mine: everyone, or, where it is reserved, who asked and got consent."""
    reservation = tdm_reservation(usage)
    mine: JsonObject = {"target": f"{urls.base}/", "action": "tdm:mine"}
    if reservation == "1":
        return [mine | {"duty": [{"action": "obtainConsent"}]}]
    return [mine] if reservation == "0" else []


def _enforcement(policy: Policy) -> JsonObject:
    """Return which visitors the rules in force refuse outright, for each door."""
    refused: dict[str, list[str]] = {}
    for rule in policy.rules:
        if rule.then is Action.REFUSE and not rule.shadow:
            refused.setdefault(rule.door, []).extend(_only_classes(rule.when))
    return {door: sorted(set(classes)) for door, classes in refused.items() if classes}


def _only_classes(when: tuple[Condition, ...]) -> tuple[str, ...]:
    """Return the classes of a rule that looks at nothing else."""
    is_by_class = len(when) == 1 and when[0].kind is ConditionKind.CLASS
    return when[0].values if is_by_class else ()
