"""An instance behind a proxy that runs the file of deploy/, but for names, ports and folders."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from server import config as settings
from server.main import opened
from server.model import WorkId
from server.pipeline import new_media_key
from server.shots import Shot, ShotId, Video
from server.videos import VideoType
from tests.cli.program import PASSWORD, Place, fixatif, free_port, running, until
from tests.films import webm

DEPLOY = Path(__file__).parents[2] / "deploy"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
BROWSER = {
    "User-Agent": FIREFOX,
    "Accept": "text/html, image/jpeg",
    "Accept-Language": "en",
    "Sec-Fetch-Site": "same-origin",
}
PROGRAMS = {"nginx": "nginx-light", "caddy": "caddy"}
_NGINX = """\
{user}
error_log {folder}/nginx-error.log;
pid {folder}/nginx.pid;
worker_processes 1;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    {text}
}}
"""
_CADDY = "{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\n{text}"
_WHOLE: Mapping[str, str] = {"nginx": _NGINX, "caddy": _CADDY}  # what surrounds a site elsewhere


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True, slots=True)
class Front:
    """An instance, and the port at which its proxy answers."""

    place: Place
    port: int
    work: str  # the path of its page

    def say(self, sent: bytes) -> bytes:
        """Send bytes as they are; return all that comes back."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        with plain, self._tls().wrap_socket(plain, server_hostname="localhost") as wire:
            wire.sendall(sent)
            found = b""
            with contextlib.suppress(ssl.SSLEOFError, ConnectionResetError):
                while part := wire.recv(65_536):
                    found += part
            return found

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask as a browser does; underscores in names of headers are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        wire = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self._tls())
        with contextlib.closing(wire):
            wire.request(method, path, headers={**BROWSER, **named})
            answer = wire.getresponse()
            return Answer(answer.status, tuple(answer.getheaders()), answer.read())

    def doctor(self) -> Mapping[str, tuple[str, str]]:
        """Return what the doctor finds, by name: level and words."""
        done = fixatif("doctor", "--json", cwd=self.place.folder)
        return {one["name"]: (one["level"], one["message"]) for one in json.loads(done.out)}

    def media(self, file: str) -> str:
        found = re.search(rb"/media/[0-9a-f]+", self.ask(self.work).body)
        assert found, "the work's page shows no picture"
        return f"{found[0].decode()}/{file}"

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.place.folder.parent / "cert.pem")


@contextlib.contextmanager
def founded(folder: Path) -> Iterator[Front]:
    """Found an instance with one work, and serve it; nothing stands in front of it yet."""
    _certify(folder)
    place, port = _found(folder)
    with running("serve", cwd=place.folder):
        until(lambda: _is_open(place.port))
        yield Front(place, port, _hang(place))


@contextlib.contextmanager
def proxied(kind: str, front: Front, *changes: tuple[str, str]) -> Iterator[Front]:
    """Put a proxy in front, by its file in deploy/ but for these changes."""
    if shutil.which(kind) is None:
        pytest.skip(f"{kind} is not installed: apt-get install {PROGRAMS[kind]}, then try again.")
    folder = front.place.folder.parent
    file = _written(kind, folder, front, changes)
    command = {
        "nginx": ["nginx", "-p", folder, "-c", file, "-g", "daemon off;"],
        "caddy": ["caddy", "run", "--config", file, "--adapter", "caddyfile"],
    }[kind]
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)}
        )
        try:
            until(lambda: process.poll() is not None or _is_open(front.port))
            assert process.poll() is None, (folder / f"{kind}.log").read_text()
            yield front
        finally:
            process.terminate()
            process.wait(30)


def _written(kind: str, folder: Path, front: Front, changes: Sequence[tuple[str, str]]) -> Path:
    """Write a proxy's file as deploy/ has it, with this machine's ports and folders in it."""
    media, inner = str(front.place.folder / "media"), f"127.0.0.1:{front.place.port}"
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    letters = "/etc/letsencrypt/live/art.example"
    by_kind: Mapping[str, tuple[tuple[str, str], ...]] = {
        "nginx": (
            *(("listen 80;", f"listen 127.0.0.1:{free_port()};"), ("listen [::]:80;", "")),
            *(("listen 443 ssl", f"listen 127.0.0.1:{front.port} ssl"),),
            *(("listen [::]:443 ssl http2;", ""), ("name art.example;", "name localhost;")),
            *((f"{letters}/fullchain.pem", cert), (f"{letters}/privkey.pem", key)),
            *(("127.0.0.1:8400", inner), ("/var/lib/fixatif/media/", f"{media}/")),
            ("Host $host;", f"Host $host:{front.port};"),  # no port stands there where it is 443
        ),
        "caddy": (
            ("art.example {", f"localhost:{front.port} {{\n\tbind 127.0.0.1\n\ttls {cert} {key}\n"),
            *(("127.0.0.1:8400", inner), ("/var/lib/fixatif/media", media)),
        ),
    }  # fmt: skip
    text = (DEPLOY / {"nginx": "nginx.conf", "caddy": "Caddyfile"}[kind]).read_text()
    for old, new in (*by_kind[kind], *changes):
        assert old in text, f"deploy/ has no {old!r} any more"
        text = text.replace(old, new)
    user = "" if os.geteuid() else "user root;"  # another one could not read a test's folder
    file = folder / f"{kind}.conf"
    file.write_text(_WHOLE[kind].format(folder=folder, text=text, user=user))
    return file


def _certify(folder: Path) -> None:
    """Make a certificate for localhost that the tests alone believe."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.DNSName("localhost")
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _found(folder: Path) -> tuple[Place, int]:
    port, inner = free_port(), free_port()
    place = Place(folder / "data", inner)
    base = f"https://localhost:{port}"
    made = fixatif(
        *("init", "--domain", f"localhost:{port}", "--base-url", base, "--port", str(inner)),
        *("--data", place.folder),
        cwd=folder,
    )
    assert (made.status, made.err) == (0, "")
    with place.config.open("a") as file:
        file.write('proxy_path = "/_pictures/"\n[federation]\nallow_private_addresses = true\n')
        file.write(f'ca_file = "{folder / "cert.pem"}"\n')
    words = ("account", "create", "ana", "--role", "owner", "--password-stdin")
    account = fixatif(*words, cwd=place.folder, stdin=f"{PASSWORD}\n")
    assert account.status == 0, account.err
    return place, port


def _hang(place: Place) -> str:
    file = place.folder.parent / "sea.jpg"
    Image.effect_noise((2_400, 1_600), 60).convert("RGB").save(file, quality=80)
    done = fixatif("publish", "ana", file, "--title", "Sea", "--alt", "Waves", cwd=place.folder)
    assert done.status == 0, done.err
    path = "/" + done.out.strip().partition("//")[2].partition("/")[2]
    until(lambda: b"/media/" in _page(f"{place.base_url}{path}"))
    asyncio.run(_film(place, path))
    return path


async def _film(place: Place, path: str) -> None:
    """Add a video of how the work was made; as long as two buffers of a proxy."""
    config = settings.load(place.config)
    async with opened(config) as instance:
        async with instance.seams.library.reading() as tx:
            work = await tx.works.by_id(WorkId(int(path.rpartition("/")[2].partition("-")[0])))
        assert work is not None
        kept = await instance.seams.media.put(webm() + bytes(70_000))
        film = Video(new_media_key(), VideoType.WEBM, kept.digest, kept.size, 640, 360)
        number, now = ShotId(instance.seams.clock.new_id()), instance.seams.clock.now()
        async with instance.seams.library.transaction() as tx:
            await tx.shots.put(Shot(number, work.id, work.artist_id, 0, "day", now, video=film))


def _page(url: str) -> bytes:
    request = urllib.request.Request(url, headers=BROWSER)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())
