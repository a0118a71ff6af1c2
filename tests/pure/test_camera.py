"""How a photograph was taken: what is read, what never passes, and how it is said."""

from fractions import Fraction
from typing import Any

import pytest

from server.camera import NOTHING, Camera, named_facts, read_camera, sentence, tags_of

MAIN = {0x010F: "Canon", 0x0110: "Canon EOS R5"}
SETTINGS = {
    0x829A: Fraction(1, 250),
    0x829D: Fraction(28, 10),
    0x8827: 400,
    0x920A: Fraction(35),
    0xA434: "RF35mm F1.8",
}
ALL = Camera("Canon", "Canon EOS R5", "RF35mm F1.8", "1/250", "2.8", "400", "35")


def test_camera_and_settings_are_read_said_and_written_alike() -> None:
    assert read_camera(MAIN, SETTINGS) == ALL
    assert sentence(ALL) == "Canon EOS R5, RF35mm F1.8, 35 mm, f/2.8, 1/250 s, ISO 400"
    assert dict(named_facts(ALL))["FNumber"] == "2.8"
    assert read_camera(*tags_of(ALL)) == ALL


def test_nothing_else_can_pass() -> None:
    owner, serial, place, time = 0xA430, 0xA431, 0x8825, 0x9003
    hostile = {owner: "Ana", serial: "SN-1", place: {1: "N"}, time: "2026:01:01 10:00:00"}
    assert read_camera(MAIN | hostile, hostile) == Camera("Canon", "Canon EOS R5")
    assert set(tags_of(ALL)[0]) | set(tags_of(ALL)[1]) == {*MAIN, *SETTINGS}


@pytest.mark.parametrize(
    ("tag", "value", "field"),
    [
        (0x829A, "1/250", "exposure"),
        (0x829A, Fraction(0), "exposure"),
        (0x829A, Fraction(-1, 250), "exposure"),
        (0x829A, Fraction(123_457, 123_456_789), "exposure"),  # a message in a number
        (0x829D, float("nan"), "aperture"),
        (0x829D, 10**30, "aperture"),
        (0x8827, Fraction(1, 3), "sensitivity"),
        (0x8827, (), "sensitivity"),
        (0x920A, None, "focal_length"),
        (0xA434, 7, "lens"),
    ],
)
def test_odd_values_are_left_out(tag: int, value: Any, field: str) -> None:
    assert getattr(read_camera({}, {tag: value}), field) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (Fraction(1, 8_000), "1/8000"),
        (Fraction(10, 2_500), "1/250"),
        (Fraction(1, 3), "1/3"),
        (Fraction(3, 10), "0.3"),
        (Fraction(6, 10), "0.6"),
        (Fraction(8, 10), "0.8"),  # never "1/1"
        (Fraction(5, 2), "2.5"),
        (30, "30"),
    ],
)
def test_exposures_are_said_as_cameras_say_them(seconds: Any, said: str) -> None:
    assert read_camera({}, {0x829A: seconds}).exposure == said


def test_names_are_short_and_printable() -> None:
    found = read_camera({0x010F: "  A\x00B\n" + "C" * 500, 0x0110: b"\xff\xfeX"}, {})
    assert found.make.startswith("A B C")
    assert len(found.make) == 80
    assert "\ufffd" in found.model
    assert sentence(NOTHING) == ""
    assert sentence(Camera(make="Leica", model="M6")) == "Leica M6"


@pytest.mark.parametrize(
    ("number", "said"),
    [(Fraction(95, 100), "0.95"), (Fraction(28, 10), "2.8"), (8, "8"), (Fraction(1, 1_000), "")],
)
def test_apertures_are_said_as_cameras_say_them(number: Any, said: str) -> None:
    assert read_camera({}, {0x829D: number}).aperture == said
