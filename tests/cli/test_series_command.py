"""`publish --series`: works find their series by its title, and a new title begins one."""

from pathlib import Path

from PIL import Image

from server import config as settings
from server.main import opened
from tests.cli.program import Place, fixatif


async def test_works_go_into_the_series_that_is_named(place: Place, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "navy").save(tmp_path / "sea.jpg")
    for series, status in (("x" * 300, 1), ("Sea Pieces", 0), ("sea pieces", 0), ("sea-pieces", 0)):
        done = fixatif(
            *("publish", "ana", "sea.jpg", "--series", series, "--config", place.config),
            cwd=tmp_path,
        )
        assert done.status == status, done.err
        assert (done.err == "") is (status == 0)
    async with opened(settings.load(place.config, {})) as instance:
        (card,) = await instance.flows.series_rooms.cards(
            (await instance.flows.accounts.named("ana")).id, None
        )
    assert (card.series.title, card.series.slug, card.works) == ("Sea Pieces", "sea-pieces", 3)
