"""The leanest script that makes the files of a picture: Pillow, each size from the one before.

`python -m benchmarks.support.plain_pillow FILE FOLDER` writes what `server.imaging` makes of a
JPEG, at the same sizes and qualities, and prints its seconds, CPU and peak memory as JSON. It
trusts its input: no bounds, no colour profile kept, no placeholder, no blurhash.
"""

import json
import resource
import sys
import time
from pathlib import Path

from PIL import Image

_SIDES = {"large": 2048, "view": 1280, "preview": 800, "tile": 480}
_FEDERATED_PIXELS = 8_294_400
_CARD = (1200, 630)


def main() -> None:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    started = time.perf_counter()
    with Image.open(source) as image:
        width, height = image.size
        factor = min(1.0, (_FEDERATED_PIXELS / (width * height)) ** 0.5)
        size = int(width * factor), int(height * factor)
        image.draft("RGB", size)
        page = _resized(image.convert("RGB"), size)
    _jpeg(page, folder / "federated.jpg")
    for name, side in _SIDES.items():
        factor = side / max(width, height)
        page = _resized(page, (round(width * factor), round(height * factor)))
        page.save(folder / f"{name}.avif", quality=63, speed=8, subsampling="4:4:4", max_threads=1)
        _jpeg(page, folder / f"{name}.jpg")
        if name == "view":
            _jpeg(_card(page), folder / "card.jpg")
    used = resource.getrusage(resource.RUSAGE_SELF)
    said = {
        "seconds": time.perf_counter() - started,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
    }
    print(json.dumps(said))


def _card(page: Image.Image) -> Image.Image:
    factor = min(_CARD[0] / page.width, _CARD[1] / page.height)
    inside = _resized(page, (round(page.width * factor), round(page.height * factor)))
    card = Image.new("RGB", _CARD, (119, 119, 119))
    card.paste(inside, ((_CARD[0] - inside.width) // 2, (_CARD[1] - inside.height) // 2))
    return card


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _jpeg(image: Image.Image, path: Path) -> None:
    image.save(path, quality=86, subsampling="4:4:4", progressive=True, optimize=True)


if __name__ == "__main__":
    main()
