"""Settings: a bad one stops the start with its name and what is expected."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

import msgspec
import pytest

from server.config import Config, first_text, load, parse
from server.errors import Invalid

HERE = Path("/srv/art")
GOOD = '[instance]\ndomain = "art.example"\n'


def read(text: str, environment: Mapping[str, str] | None = None) -> Config:
    return parse(text, environment or {}, folder=HERE)


def refusal(text: str, environment: Mapping[str, str] | None = None) -> str:
    with pytest.raises(Invalid) as refused:
        read(text, environment)
    assert "\n" not in refused.value.message
    return refused.value.message


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("", "instance.domain", "is missing"),
        ("[instance]\n", "instance.domain", "is missing"),
        (GOOD + "colour = 1\n", "instance.colour", "is no setting;"),
        (GOOD + "[kitchen]\nsink = 1\n", "kitchen", "is no setting;"),
        (GOOD + "[server]\nprot = 1\n", "server.prot", "did you mean 'port'?"),
        (GOOD + '[server]\nport = "8400"\n', "server.port", "must be a whole number"),
        (GOOD + "[server]\nport = 65536\n", "server.port", "between 0 and 65535"),
        (GOOD + "[server]\nport = -1\n", "server.port", "between 0 and 65535"),
        (GOOD + "[gate]\ntrials = 9\n", "gate.trials", "between 10 and 50000"),
        (GOOD + "[gate]\ntrials = 50001\n", "gate.trials", "between 10 and 50000"),
        (GOOD + "[server]\ntrusted_proxies = 1\n", "server.trusted_proxies", "must be a list"),
        (GOOD + '[server]\ntrusted_proxies = ["me"]\n', "server.trusted_proxies", "not 'me'"),
        (GOOD + "server = 1\n", "instance.server", "is no setting"),
        ("server = 1\n" + GOOD, "server", "must be a section of its own"),
        (GOOD + 'languages = ["English"]\n', "instance.languages", "not 'English'"),
        (GOOD + "[media]\nmax_upload_bytes = 0\n", "media.max_upload_bytes", "between 1 and"),
        (GOOD + '[database]\nurl = "mysql://a/b"\n', "database.url", "sqlite:/// or postgresql://"),
        (GOOD + '[media]\nstore = "tape"\n', "media.store", 'must be "disk" or "s3"'),
        (GOOD + "[media]\nmax_video_bytes = -1\n", "media.max_video_bytes", "between 0 (none)"),
        (GOOD + "[media]\nmax_shots_bytes = -1\n", "media.max_shots_bytes", "between 0 and"),
        (GOOD + "[media]\nmax_upload_bytes = 1.5\n", "media.max_upload_bytes", "a whole number"),
        (GOOD + '[policy]\npreset = "lax"\n', "policy.preset", '"strict-studio"'),
        (GOOD + '[log]\nlevel = "loud"\n', "log.level", '"warning"'),
        (GOOD + 'registration = "open"\n', "instance.registration", '"invite"'),
        (GOOD + "languages = [1]\n", "instance.languages", "a list, each of it text"),
        (
            GOOD + "[federation]\nallow_private_addresses = 1\n",
            "federation.allow_private_addresses",
            "must be true or false",
        ),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(text: str, key: str, expected: str) -> None:
    said = refusal(text)
    assert said.startswith("config.toml: ")
    assert f"'{key}" in said
    assert expected in said


def choices() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return every setting that is one of a few words, with those."""
    return [
        (section.name, field.name, get_args(field.type))
        for section in msgspec.structs.fields(Config)
        if isinstance(section.type, type) and issubclass(section.type, msgspec.Struct)
        for field in msgspec.structs.fields(section.type)
        if get_origin(field.type) is Literal
    ]


def test_settings_with_choices_are_found() -> None:
    assert ("instance", "registration") in [(section, key) for section, key, _ in choices()]


@pytest.mark.parametrize(("section", "key", "words"), choices())
def test_a_choice_that_there_is_not_is_answered_with_those_there_are(
    section: str, key: str, words: tuple[str, ...]
) -> None:
    line = f'{key} = "other"\n'
    from_file = refusal(GOOD + (line if section == "instance" else f"[{section}]\n{line}"))
    from_environment = refusal(GOOD, {f"FIXATIF__{section}__{key}".upper(): "other"})
    for said in (from_file, from_environment):
        assert all(f'"{word}"' in said for word in words)
        assert said.endswith(".")


@pytest.mark.parametrize(
    "domain",
    ["", "Art.Example", "art example", "art.example/", "-art.example", ".example", "ärt.example"],
)
def test_a_domain_that_is_no_host_name_is_refused(domain: str) -> None:
    assert "'instance.domain' must be a host name" in refusal(f'[instance]\ndomain = "{domain}"\n')


@pytest.mark.parametrize(
    "base_url",
    [
        "http://art.example",
        "http://192.168.1.5:8400",
        "http://127.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "ftp://art.example",
        "art.example",
        "https://art.example/gallery",
        "https://art.example?x",
        "https://ana@art.example",
        "https://art.example:lots",
        "http://[::1",
        "https://",
    ],
)
def test_a_base_url_that_is_not_https_on_a_host_is_refused(base_url: str) -> None:
    assert "'instance.base_url' must " in refusal(f'{GOOD}base_url = "{base_url}"\n')


@pytest.mark.parametrize("text", ["instance", "[instance", '[instance]\ndomain = "a', "\x00"])
def test_a_file_that_is_no_toml_is_refused(text: str) -> None:
    assert "config.toml is not valid TOML" in refusal(text)


def test_the_folder_cannot_be_set() -> None:
    assert "'folder' is not a setting" in refusal(f'folder = "/"\n{GOOD}')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIXATIF__SERVER__PROT", "1"),
        ("FIXATIF__SERVER", "1"),
        ("FIXATIF__KITCHEN__SINK", "1"),
        ("FIXATIF__FOLDER__X", "1"),
        ("FIXATIF__SERVER__PORT", "eighty"),
        ("FIXATIF__FEDERATION__ALLOW_PRIVATE_ADDRESSES", "perhaps"),
        ("FIXATIF__POLICY__PRESET", "lax"),
    ],
)
def test_a_bad_environment_variable_is_refused_by_its_name(name: str, value: str) -> None:
    assert refusal(GOOD, {name: value}).startswith(f"{name} ")


def test_a_file_that_is_absent_or_unreadable_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="run 'fixatif init' first"):
        load(tmp_path / "config.toml", {})
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="cannot be read"):
        load(tmp_path / "config.toml", {})
    with pytest.raises(Invalid, match=r"is a folder: name the file in it, .*/config\.toml"):
        load(tmp_path, {})


def test_the_environment_overrides_the_file() -> None:
    config = read(
        GOOD + "[server]\nport = 1\n",
        {
            "FIXATIF__SERVER__PORT": "9000",
            "FIXATIF__SERVER__TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2",
            "FIXATIF__FEDERATION__ALLOW_PRIVATE_ADDRESSES": "true",
            "FIXATIF__INSTANCE__NAME": "Art, mostly",
            "FIXATIF_OTHER": "is not ours",
        },
    )
    assert config.server.port == 9_000
    assert config.server.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert config.federation.allow_private_addresses is True
    assert config.name == "Art, mostly"


def test_paths_start_at_the_files_own_folder() -> None:
    config = read(GOOD)
    assert config.database_url == "sqlite:////srv/art/data/fixatif.db"
    assert config.media_path == HERE / "data" / "media"
    absolute = read(GOOD + '[database]\nurl = "sqlite:////var/a.db"\n[media]\npath = "/var/m"\n')
    assert absolute.database_url == "sqlite:////var/a.db"
    assert absolute.media_path == Path("/var/m")


@pytest.mark.parametrize(
    ("domain", "base_url", "expected"),
    [
        ("art.example", "", "https://art.example"),
        ("art.example", "https://studio.art.example", "https://studio.art.example"),
        ("127.0.0.1:8401", "http://127.0.0.1:8401", "http://127.0.0.1:8401"),
        ("[::1]:8401", "http://[::1]:8401", "http://[::1]:8401"),
        ("localhost:8401", "http://localhost:8401", "http://localhost:8401"),
    ],
)
def test_what_a_first_start_writes_is_read_back(domain: str, base_url: str, expected: str) -> None:
    config = read(first_text(domain=domain, base_url=base_url, host="", port=0, data="data"))
    assert config.base_url == expected
    is_local = base_url.startswith("http:")
    assert config.federation.allow_private_addresses is is_local
    assert config.server.port == (8_401 if is_local else 8_400)
