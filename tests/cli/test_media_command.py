"""Files of works from the shell: counted, checked, and moved into a bucket that is then served."""

import asyncio
import json
import secrets
from pathlib import Path

from storage.s3 import Bucket, BucketStore, open_bucket
from tests.bucket import KEY, REGION, SECRET, endpoint
from tests.cli.program import Done, Place, fixatif, quickly

PICTURE = Path(__file__).parents[1] / "fixtures" / "images" / "formats" / "progressive.jpg"


def media(place: Place, *words: str, extra: dict[str, str] | None = None) -> Done:
    return quickly("media", *words, "--config", place.config, extra=extra)


def publish(place: Place, extra: dict[str, str] | None = None) -> Done:
    words = ("publish", "ana", PICTURE, "--title", "Sea", "--alt", "The sea.")
    return fixatif(*words, "--config", place.config, cwd=place.folder, extra=extra)


def bucket_settings() -> dict[str, str]:
    """Make a bucket; return the environment that describes it."""
    name = f"test-{secrets.token_hex(8)}"
    asyncio.run(_made(Bucket(endpoint(), name, REGION, KEY, SECRET)))
    said = {"ENDPOINT": endpoint(), "BUCKET": name, "ACCESS_KEY": KEY, "SECRET_KEY": SECRET}
    return {f"FIXATIF__MEDIA__{key}": value for key, value in said.items()}


async def _made(place: Bucket) -> None:
    store = open_bucket(place)
    assert isinstance(store, BucketStore)
    await store._ask("create_bucket")
    await store.close()


def test_a_move_to_where_everything_is_already_is_refused(place: Place) -> None:
    done = media(place, "move", "--to", "disk")
    assert (done.status, done.out) == (1, "")
    assert 'media.store is "disk"' in done.err


def test_a_move_to_a_bucket_that_no_setting_describes_is_refused(place: Place) -> None:
    done = media(place, "move", "--to", "s3")
    assert done.status == 1
    assert "no bucket in the settings" in done.err


def test_half_a_bucket_in_the_settings_is_refused_by_the_missing_ones_name(place: Place) -> None:
    done = media(place, "usage", extra={"FIXATIF__MEDIA__BUCKET": "pictures"})
    assert done.status == 1
    assert "'media.endpoint' is missing" in done.err


def test_a_bucket_is_never_spoken_to_in_clear_text_across_a_network(place: Place) -> None:
    extra = bucket_settings() | {"FIXATIF__MEDIA__ENDPOINT": "http://s3.example"}
    done = media(place, "usage", extra=extra)
    assert done.status == 1
    assert "must be an https address" in done.err


def test_files_are_counted_checked_and_moved_to_a_bucket_that_serves_them(place: Place) -> None:
    assert publish(place).status == 0
    counted = json.loads(media(place, "usage", "--json").out)
    assert counted["needed"] >= 4
    assert counted["spare"] == 0
    files = counted["needed"]
    assert media(place, "clean", "--dry-run").out == "0 files would be deleted, 0 bytes\n"
    assert media(place, "verify").out == f"{files} files read, 0 with a fault\n"
    extra = bucket_settings()
    moved = media(place, "move", "--to", "s3", extra=extra)
    assert moved.status == 0, moved.err
    assert moved.out.startswith(f"{files} files copied, 0 were there already\n")
    assert 'media.store = "s3"' in moved.out
    again = media(place, "move", "--to", "s3", extra=extra)
    assert again.out.startswith(f"0 files copied, {files} were there already\n")
    in_bucket = extra | {"FIXATIF__MEDIA__STORE": "s3"}
    assert json.loads(media(place, "usage", "--json", extra=in_bucket).out) == counted
    assert publish(place, in_bucket).status == 0
    assert media(place, "verify", extra=in_bucket).status == 0
    (disk,) = [one for one in place.folder.rglob("media") if one.is_dir()]
    next(one for one in disk.rglob("*") if one.is_file()).write_bytes(b"rot")
    broken = media(place, "verify")
    assert broken.status == 1
    assert "damaged" in broken.out
    assert "backup" in broken.err


def test_doctor_looks_into_the_bucket(place: Place) -> None:
    extra = bucket_settings() | {"FIXATIF__MEDIA__STORE": "s3"}
    words = ("doctor", "--json", "--config", place.config)
    found = json.loads(fixatif(*words, cwd=place.folder, extra=extra).out)
    (finding,) = [one for one in found if one["name"] == "bucket"]
    assert finding["level"] == "ok"
    wrong = fixatif(*words, cwd=place.folder, extra=extra | {"FIXATIF__MEDIA__SECRET_KEY": "x"})
    (finding,) = [one for one in json.loads(wrong.out) if one["name"] == "bucket"]
    assert finding["level"] == "wrong"
    assert "refuses our key" in finding["message"]
