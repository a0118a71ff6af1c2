"""Our own small static files, read once at start and answered from memory.

Law: nothing here comes from visitors, and a name that is not in the table does not exist.
"""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from server.values import dataclass

STATIC_FOLDER = Path(__file__).parent / "static"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
_VERSION_CHARACTERS = 16  # 64 bits of the file's SHA-256: no two versions of a file meet
_IMMUTABLE = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, max-age=0, must-revalidate"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file with everything that its answer needs."""

    name: str
    body: bytes
    gzipped: bytes  # for clients that accept it
    content_type: str
    version: str  # in its address
    etag: str  # quoted, as in the header


class StaticFiles:
    """The table of static files."""

    def __init__(self, files: Mapping[str, StaticFile]) -> None:
        self._files = files

    @classmethod
    def from_folder(cls, folder: Path = STATIC_FOLDER) -> "StaticFiles":
        """Read every file of a type that we serve."""
        paths = sorted(path for path in folder.iterdir() if path.suffix in _TYPES)
        return cls({path.name: _read(path) for path in paths})

    def find(self, name: str) -> StaticFile | None:
        """Return the file of that name, if there is one."""
        return self._files.get(name)

    def url(self, name: str) -> str:
        """Return its address, which changes with its bytes.

        Raises KeyError where a template names a file that does not exist.
        """
        return f"/static/{name}?v={self._files[name].version}"

    def cache_control(self, file: StaticFile, version: str) -> str:
        """Return Cache-Control for a request that asked for `version` (the query's `v`).

        Only the version that we have is immutable: after an upgrade an old page's request gets
        the new bytes, which must not be kept under the old address.
        """
        return _IMMUTABLE if version == file.version else _ASK_AGAIN


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    return StaticFile(
        name=path.name,
        body=body,
        gzipped=gzip.compress(body, mtime=0),
        content_type=_TYPES[path.suffix],
        version=digest[:_VERSION_CHARACTERS],
        etag=f'"{digest[:_VERSION_CHARACTERS]}"',
    )
