"""How a photograph was taken: the few EXIF fields that an artist may want to show. Pure.

The law: camera, lens and settings alone. Neither place nor time, serial number nor owner's name
can pass, since each field is read by itself and made anew (EXIF 3.0, 4.6.5 and 4.6.6).
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import msgspec

MAKE: Final = 0x010F
MODEL: Final = 0x0110
_EXPOSURE: Final = 0x829A
_APERTURE: Final = 0x829D
_SENSITIVITY: Final = 0x8827
_FOCAL_LENGTH: Final = 0x920A
_LENS: Final = 0xA434
SETTINGS: Final = (_EXPOSURE, _APERTURE, _SENSITIVITY, _FOCAL_LENGTH, _LENS)  # in the Exif IFD
_MAX_NAME: Final = 80
_MOST: Final = 10_000_000  # beyond it a number is an error or a hiding place
_SLOW: Final = Fraction(1, 4)  # seconds; from here on 0.6 is no longer told from 1/2 by a fraction
_FINEST: Final = 100_000  # denominators: 1/32,000 s is the shortest exposure that cameras have


class Camera(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a picture says of how it was taken. Texts are plain; "" and None: it does not say."""

    make: str = ""
    model: str = ""
    lens: str = ""
    exposure: str = ""  # seconds, as "1/250" or "2.5"
    aperture: str = ""  # the f-number, as "2.8"
    sensitivity: str = ""  # ISO, as "400"
    focal_length: str = ""  # millimetres, as "35"


NOTHING: Final = Camera()


def read_camera(main: Mapping[int, object], settings: Mapping[int, object]) -> Camera:
    """Return what EXIF's tables say; whatever is odd is left out."""
    sensitivity = settings.get(_SENSITIVITY)
    if isinstance(sensitivity, (tuple, list)):
        sensitivity = next(iter(sensitivity), None)
    iso = _fraction(sensitivity)
    return Camera(
        make=_name(main.get(MAKE)),
        model=_name(main.get(MODEL)),
        lens=_name(settings.get(_LENS)),
        exposure=_seconds(_fraction(settings.get(_EXPOSURE))),
        aperture=_decimal(_fraction(settings.get(_APERTURE))),
        sensitivity=str(int(iso)) if iso is not None and iso.denominator == 1 else "",
        focal_length=_decimal(_fraction(settings.get(_FOCAL_LENGTH))),
    )


def tags_of(camera: Camera) -> tuple[dict[int, object], dict[int, object]]:
    """Return EXIF's tables again: of the main directory, and of the Exif one."""
    main: dict[int, object] = {MAKE: camera.make, MODEL: camera.model}
    settings: dict[int, object] = {
        _LENS: camera.lens,
        _EXPOSURE: Fraction(camera.exposure) if camera.exposure else None,
        _APERTURE: Fraction(camera.aperture) if camera.aperture else None,
        _SENSITIVITY: int(camera.sensitivity) if camera.sensitivity else None,
        _FOCAL_LENGTH: Fraction(camera.focal_length) if camera.focal_length else None,
    }
    return (
        {tag: value for tag, value in main.items() if value},
        {tag: value for tag, value in settings.items() if value},
    )


def named_facts(camera: Camera) -> list[tuple[str, str]]:
    """Return EXIF's names and values, as FEP-ee3a says them to other servers."""
    facts = (
        ("Make", camera.make),
        ("Model", camera.model),
        ("LensModel", camera.lens),
        ("ExposureTime", camera.exposure),
        ("FNumber", camera.aperture),
        ("PhotographicSensitivity", camera.sensitivity),
        ("FocalLength", camera.focal_length),
    )
    return [(name, value) for name, value in facts if value]


def sentence(camera: Camera) -> str:
    """Return one line for people, "" where there is nothing to say."""
    has_make = camera.model.casefold().startswith(camera.make.casefold().split(" ")[0])
    name = camera.model if camera.make and has_make else f"{camera.make} {camera.model}".strip()
    facts = (
        name,
        camera.lens,
        f"{camera.focal_length} mm" if camera.focal_length else "",
        f"f/{camera.aperture}" if camera.aperture else "",
        f"{camera.exposure} s" if camera.exposure else "",
        f"ISO {camera.sensitivity}" if camera.sensitivity else "",
    )
    return ", ".join(filter(None, facts))


def _name(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    shown = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(shown.split())[:_MAX_NAME]


def _fraction(value: object) -> Fraction | None:
    """Return a number above nought, as exact as cameras are."""
    numerator, denominator = getattr(value, "numerator", None), getattr(value, "denominator", None)
    if not isinstance(numerator, int) or not isinstance(denominator, int) or denominator <= 0:
        return None
    found = Fraction(numerator, denominator)
    is_plain = 0 < found <= _MOST and found.denominator <= _FINEST
    return found if is_plain else None


def _seconds(value: Fraction | None) -> str:
    if value is None:
        return ""
    if value.numerator == 1 and value < 1:
        return str(value)
    return f"1/{round(1 / value)}" if value < _SLOW else _decimal(value)


def _decimal(value: Fraction | None) -> str:
    """Round as cameras do: f/0.95 and f/2.8. What would be nought is not said."""
    if value is None:
        return ""
    said = f"{float(value):.2f}" if value < 1 else f"{float(value):.1f}"
    return said.rstrip("0").rstrip(".") if float(said) else ""
