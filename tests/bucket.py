"""A real S3-compatible server for tests: OpenStack Swift, started once a process, on loopback."""

import atexit
import getpass
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from storage.s3 import Bucket

REGION = "us-east-1"
KEY, SECRET = "test:tester", "testing"
_PARTS = ("account", "container", "object")
_PATIENCE_SECONDS = 60
_RINGS = """
import json, sys
from swift.common.ring import RingBuilder
folder, ports = sys.argv[1], json.loads(sys.argv[2])
for part, port in ports.items():
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk",
        "weight": 1.0, "replication_ip": "127.0.0.1", "replication_port": port, "meta": ""})
    ring.rebalance()
    ring.get_ring().save(f"{folder}/{part}.ring.gz")
"""
_HEAD = """[DEFAULT]
devices = {folder}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
user = {user}
workers = 0
disable_fallocate = true
log_level = ERROR
[pipeline:main]
pipeline = {pipeline}
"""
_FILTERS = ("catch_errors", "listing_formats", "s3api", "tempauth", "bulk", "slo")
_OPTIONS = {
    "s3api": f"location = {REGION}\n",
    "tempauth": "user_test_tester = testing .admin\nuser_test_guest = guessing\n",
}


@cache
def endpoint() -> str:
    """Return the server's address; it stops when this process exits."""
    folder = Path(tempfile.mkdtemp(prefix="fixatif-bucket-"))
    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n"
    )
    ports = {part: _free_port() for part in (*_PARTS, "proxy")}
    subprocess.run(
        [sys.executable, "-c", _RINGS, folder, _json({part: ports[part] for part in _PARTS})],
        check=True,
        capture_output=True,
    )
    started = [_start(folder, part, port) for part, port in ports.items()]
    atexit.register(_stop, started, folder)
    _await(ports["proxy"], folder)
    return f"http://127.0.0.1:{ports['proxy']}"


def bucket(name: str, secret_key: str = SECRET, access_key: str = KEY) -> Bucket:
    """Return a bucket of this name there, which may not exist yet."""
    return Bucket(endpoint(), name, REGION, access_key, secret_key)


def _start(folder: Path, part: str, port: int) -> "subprocess.Popen[bytes]":
    is_proxy = part == "proxy"
    pipeline = " ".join((*(_FILTERS if is_proxy else ()), f"{part}-server"))
    head = _HEAD.format(folder=folder, port=port, user=getpass.getuser(), pipeline=pipeline)
    app = f"[app:{part}-server]\nuse = egg:swift#{part}\n"
    app += "account_autocreate = true\n" if is_proxy else ""
    filters = "".join(
        f"[filter:{name}]\nuse = egg:swift#{name}\n{_OPTIONS.get(name, '')}"
        for name in (_FILTERS if is_proxy else ())
    )
    settings = folder / f"{part}.conf"
    settings.write_text(head + app + filters)
    program = Path(sys.executable).parent / f"swift-{part}-server"
    with (folder / f"{part}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", program, settings],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _await(port: int, folder: Path) -> None:
    """Wait until the server answers; say what it said where it never does."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = "\n".join(log.read_text() for log in folder.glob("*.log"))
    raise TimeoutError(f"Swift did not start:\n{said}")


def _stop(started: "list[subprocess.Popen[bytes]]", folder: Path) -> None:
    for process in started:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _json(ports: Mapping[str, int]) -> str:
    return str(dict(ports)).replace("'", '"')
