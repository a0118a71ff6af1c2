"""Settings: TOML, typed, overridden by the environment, checked before anything starts.

A key that is not known or a value that cannot be meant stops the start with the key's
name and what is expected. `config.example.toml` shows every key with its default.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from server.errors import Invalid
from server.setting_words import told, wanted

ENVIRONMENT_PREFIX = "FIXATIF__"
_LONGEST_SPREAD_SECONDS = 3_600
_MOST_GIGABYTES = 1_000_000  # a day: more than any line carries
_LEAST_TRIALS, _MOST_TRIALS = 10, 50_000  # the most: a quarter of a minute of a desk's machine
_MOST_COMPARED_MIB = 1_000_000  # a day: a terabyte
_MOST_APPLICATIONS = 1_000  # a day: nobody reads more
_MOST_UPLOAD_BYTES = 4 * 1024**3  # a file: more than any picture that is read here
_MOST_SHOTS_BYTES = 1024**4  # of one artist: a terabyte
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)  # RFC 5646, 2.1
_IN_PATH = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")  # of `media.proxy_path`


class Instance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who this instance is. `domain` can never change once others know it."""

    domain: str
    base_url: str = ""
    name: str = ""
    description: str = ""
    contact: str = ""
    languages: tuple[str, ...] = ("en",)
    registration: Literal["invite", "closed", "applications"] = "invite"


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the program itself listens."""

    host: str = "127.0.0.1"
    port: int = 8400
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`sqlite:///path` (relative to the config file) or `postgresql://…`."""

    url: str = "sqlite:///data/fixatif.db"


class Media(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where originals and renditions are kept."""

    store: Literal["disk", "s3"] = "disk"
    path: str = "data/media"
    proxy_path: str = ""
    endpoint: str = ""
    bucket: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = ""
    patience_seconds: int = 30
    max_upload_bytes: int = 67_108_864
    max_video_bytes: int = 104_857_600
    max_shots_bytes: int = 2_147_483_648
    credentials: bool = True


class Federation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How we talk to other servers. The first two exist for test networks."""

    allow_private_addresses: bool = False
    ca_file: str = ""
    user_agent_suffix: str = ""
    spread_seconds: int = 30
    compared_mib_per_day: int = 200


class People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people come, and what becomes of legal notices."""

    applications_per_day: int = 10
    hide_on_notice: bool = True


class Gate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gate does beside the policy. `daily_gigabytes`: 0 for no brake."""

    daily_gigabytes: int = 0
    trials: int = 5_000


class PolicySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first version of the policy; later ones live in the database."""

    preset: Literal["strict-studio", "standard-no-ai", "open"] = "standard-no-ai"


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting. `folder` is where relative paths start: the config file's own."""

    instance: Instance
    server: Server = Server()
    database: Database = Database()
    media: Media = Media()
    federation: Federation = Federation()
    people: People = People()
    gate: Gate = Gate()
    policy: PolicySettings = PolicySettings()
    log: Log = Log()
    folder: Path = Path()

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash."""
        return self.instance.base_url.rstrip("/") or f"https://{self.instance.domain}"

    @property
    def name(self) -> str:
        """The instance's name for people."""
        return self.instance.name or self.instance.domain

    @property
    def database_url(self) -> str:
        """The database URL with an absolute path for SQLite."""
        scheme, _, path = self.database.url.partition(":///")
        if scheme != "sqlite":
            return self.database.url
        return f"sqlite:///{(self.folder / path).resolve()}"

    @property
    def crawlers_path(self) -> Path:
        """Where a crawler table of one's own lies: beside the settings."""
        return self.folder / "crawlers.json"

    @property
    def media_path(self) -> Path:
        """The absolute media folder."""
        return (self.folder / self.media.path).resolve()


_SECTIONS: Mapping[str, type[msgspec.Struct]] = {
    "instance": Instance,
    "server": Server,
    "database": Database,
    "media": Media,
    "federation": Federation,
    "people": People,
    "gate": Gate,
    "policy": PolicySettings,
    "log": Log,
}


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """Read and check a config file. Raise `Invalid` with the key's name and what is expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as absent:
        raise Invalid(
            f"There is no {path}: run 'fixatif init' first, or name one with --config."
        ) from absent
    except IsADirectoryError as folder:
        raise Invalid(
            f"{path} is a folder: name the file in it, {path / 'config.toml'}."
        ) from folder
    except (OSError, UnicodeDecodeError) as broken:
        raise Invalid(
            f"{path} cannot be read ({broken}): check its owner and encoding."
        ) from broken
    return parse(text, environment, folder=path.resolve().parent, source=str(path))


def parse(
    text: str, environment: Mapping[str, str], *, folder: Path, source: str = "config.toml"
) -> Config:
    """Read and check settings from TOML text; see `load`."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise Invalid(f"{source} is not valid TOML: {broken}.") from broken
    for name, value in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            _override(tree, name, value)
    if "folder" in tree:
        raise Invalid(f"{source}: 'folder' is not a setting: remove it.")
    try:
        config = msgspec.convert(tree, Config, strict=True)
    except msgspec.ValidationError as wrong:
        said = told(str(wrong), Config)
        raise Invalid(f"{source}: {said}; config.example.toml shows every setting.") from wrong
    return _checked(msgspec.structs.replace(config, folder=folder), source)


def first_text(*, domain: str, base_url: str, host: str, port: int, data: str) -> str:
    """Return the settings of a first start: only what differs from the defaults.

    `data` is the data folder as seen from the file's own. On a loopback address, other
    servers are on this machine too, so that private addresses are allowed.
    """
    parts = _split(base_url)
    is_local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    port = port or (max(_port_of(base_url), 0) if is_local else 0)
    folder = "" if data == "." else f"{data}/"
    lines = [
        "# Settings of this Fixatif instance: only what differs from the defaults.",
        "# config.example.toml in the documentation shows every setting.",
        "",
        "[instance]",
        "# It can never change once others know it.",
        f"domain = {_quoted(domain)}",
        *([f"base_url = {_quoted(base_url)}"] if base_url else []),
        *(["", "[server]"] if host or port else []),
        *([f"host = {_quoted(host)}"] if host else []),
        *([f"port = {port}"] if port else []),
        "",
        "[database]",
        f"url = {_quoted(f'sqlite:///{folder}fixatif.db')}",
        "",
        "[media]",
        f"path = {_quoted(f'{folder}media')}",
        *(["", "[federation]", "allow_private_addresses = true"] if is_local else []),
    ]
    return "\n".join(lines) + "\n"


def is_loopback(host: str) -> bool:
    """Say whether a host name or address, without brackets, never leaves this machine."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML basic string


def _override(tree: dict[str, Any], name: str, value: str) -> None:
    section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
    struct = _SECTIONS.get(section)
    kind = {f.name: f.type for f in msgspec.structs.fields(struct)}.get(key) if struct else None
    if kind is None:
        raise Invalid(
            f"{name} names no setting: it must read {ENVIRONMENT_PREFIX}SECTION__KEY; "
            "config.example.toml shows every setting."
        )
    parts = [part.strip() for part in value.split(",") if part.strip()]
    try:
        typed = msgspec.convert(parts if kind == tuple[str, ...] else value, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"{name} must be {wanted(kind)}, not '{value}'.") from wrong
    tree.setdefault(section, {})[key] = typed


def _checked(config: Config, source: str) -> Config:
    problem = _domain_problem(config.instance.domain) or _base_url_problem(config)
    if not problem and not 0 <= config.server.port <= 65_535:
        problem = "'server.port' must be between 0 and 65535"
    if not problem and not config.database.url.startswith(("sqlite:///", "postgresql://")):
        problem = "'database.url' must start with sqlite:/// or postgresql://"
    problem = problem or _proxies_problem(config.server) or _languages_problem(config.instance)
    problem = problem or _bucket_problem(config.media) or _proxy_path_problem(config.media)
    if not problem and not 0 < config.media.max_upload_bytes <= _MOST_UPLOAD_BYTES:
        problem = f"'media.max_upload_bytes' must be between 1 and {_MOST_UPLOAD_BYTES}"
    problem = problem or _shots_problem(config.media)
    if not problem and not 0 <= config.federation.spread_seconds <= _LONGEST_SPREAD_SECONDS:
        problem = f"'federation.spread_seconds' must be between 0 and {_LONGEST_SPREAD_SECONDS}"
    if not problem and not 0 <= config.federation.compared_mib_per_day <= _MOST_COMPARED_MIB:
        problem = f"'federation.compared_mib_per_day' must be between 0 and {_MOST_COMPARED_MIB}"
    if not problem and not 0 < config.people.applications_per_day <= _MOST_APPLICATIONS:
        problem = f"'people.applications_per_day' must be between 1 and {_MOST_APPLICATIONS}"
    if not problem and not 0 <= config.gate.daily_gigabytes <= _MOST_GIGABYTES:
        problem = f"'gate.daily_gigabytes' must be between 0 and {_MOST_GIGABYTES}"
    if not problem and not _LEAST_TRIALS <= config.gate.trials <= _MOST_TRIALS:
        problem = f"'gate.trials' must be between {_LEAST_TRIALS} and {_MOST_TRIALS}"
    if problem:
        raise Invalid(f"{source}: {problem}.")
    return config


def _proxies_problem(server: Server) -> str:
    for network in server.trusted_proxies:
        try:
            ip_network(network.strip(), strict=False)
        except ValueError:
            return (
                "'server.trusted_proxies' must be addresses or networks, such as 127.0.0.1 or "
                f"10.0.0.0/8, not '{network}'"
            )
    return ""


def _languages_problem(instance: Instance) -> str:
    for language in instance.languages:
        if not _LANGUAGE.fullmatch(language):
            return f"'instance.languages' must be codes such as en or pt-BR, not '{language}'"
    return ""


def _shots_problem(media: Media) -> str:
    if not 0 <= media.max_video_bytes <= _MOST_UPLOAD_BYTES:
        return f"'media.max_video_bytes' must be between 0 (none) and {_MOST_UPLOAD_BYTES}"
    if not 0 <= media.max_shots_bytes <= _MOST_SHOTS_BYTES:
        return f"'media.max_shots_bytes' must be between 0 and {_MOST_SHOTS_BYTES}"
    return ""


def _bucket_problem(media: Media) -> str:
    """Check what is said of a bucket, also where it is not in use yet: files may be moved there."""
    given = (media.endpoint, media.bucket, media.access_key, media.secret_key)
    if media.store != "s3" and not any(given):
        return ""
    for name in ("endpoint", "bucket", "access_key", "secret_key"):
        if not getattr(media, name):
            return f"'media.{name}' is missing: a bucket needs all four"
    if media.patience_seconds < 1:
        return "'media.patience_seconds' must be at least 1"
    parts = _split(media.endpoint)
    is_local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        return "'media.endpoint' must be an https address, such as https://s3.example"
    return ""


def _proxy_path_problem(media: Media) -> str:
    path = media.proxy_path
    if not path:
        return ""
    if media.store != "disk":
        return "'media.proxy_path' is for pictures in a folder: leave it empty with a bucket"
    parts = path.split("/")
    is_plain = len(parts) > 2 and not parts[0] and not parts[-1]
    if not is_plain or not all(set(part) <= _IN_PATH and part for part in parts[1:-1]):
        return "'media.proxy_path' must begin and end with a slash, such as /_pictures/"
    return ""


def _domain_problem(domain: str) -> str:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789.-:[]")
    if not domain or set(domain) - allowed or domain.startswith(("-", ".")):
        return (
            "'instance.domain' must be a host name in lower case such as gallery.example.org "
            f"(with :port on a loopback address), not '{domain}'"
        )
    return ""


def _base_url_problem(config: Config) -> str:
    parts = _split(config.base_url)
    is_bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    if not is_bare or not parts.hostname or _port_of(config.base_url) < 0:
        return "'instance.base_url' must be an address without a path, such as https://example.org"
    if parts.scheme == "https":
        return ""
    if parts.scheme == "http" and is_loopback(parts.hostname):
        return ""
    return "'instance.base_url' must start with https:// (plain http only for 127.0.0.1)"


def _port_of(url: str) -> int:
    """Return the port in a URL, 0 where there is none, -1 where it is no port."""
    try:
        return _split(url).port or 0
    except ValueError:
        return -1


def _split(url: str) -> SplitResult:
    """Split a URL; one that cannot be split has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
