"""Hashes are compared and found: whatever is near is found, whatever the index."""

import random

import pytest

from server.likeness import BITS, MAX_DISTANCE, bands, distance, nearest, probes
from server.likening import MAX_BYTES, Measure

CHANCE = random.Random(20_261_126)  # noqa: S311 - the same numbers each time
DAY = 86_400_000


def some_hash() -> str:
    return f"{CHANCE.getrandbits(BITS):064x}"


def altered(one: str, bits: int) -> str:
    changed = sum(1 << at for at in CHANCE.sample(range(BITS), bits))
    return f"{int(one, 16) ^ changed:064x}"


@pytest.mark.parametrize("bits", [0, 1, 16, 30, MAX_DISTANCE])
def test_what_is_near_is_always_found_under_one_of_its_bands(bits: int) -> None:
    for _ in range(200):
        kept = some_hash()
        sought = altered(kept, bits)
        assert distance(kept, sought) == bits
        assert set(bands(kept)) & set(probes([sought]))


def test_one_bit_in_every_band_and_a_second_in_all_but_one_is_the_worst_case() -> None:
    kept = some_hash()
    twice = sum(0b101 << 16 * band for band in range(15))
    sought = f"{int(kept, 16) ^ twice ^ (1 << 250):064x}"
    assert distance(kept, sought) == MAX_DISTANCE
    assert set(bands(kept)) & set(probes([sought]))


def test_a_hash_asks_for_few_bands() -> None:
    assert len(bands(some_hash())) == 16
    assert len(probes([some_hash()])) == 16 * 17


def test_the_nearest_attitude_counts() -> None:
    kept = some_hash()
    assert nearest((some_hash(), altered(kept, 3), some_hash()), kept) == 3


def test_one_server_has_a_quarter_of_a_days_measure_and_one_picture_eight_mebibytes() -> None:
    measure = Measure(per_day=100 << 20)
    assert measure.left("a.example", 0) == MAX_BYTES
    measure.spend("a.example", 24 << 20)
    assert measure.left("a.example", 0) == 1 << 20
    measure.spend("a.example", 1 << 20)
    assert measure.left("a.example", 0) == 0
    assert measure.left("b.example", 0) == MAX_BYTES
    for name in "bcde":
        measure.spend(f"{name}.example", 25 << 20)
    assert measure.left("f.example", DAY - 1) == 0
    assert measure.left("a.example", DAY) == MAX_BYTES


def test_a_measure_of_nothing_brings_nothing() -> None:
    assert Measure(per_day=0).left("a.example", 0) == 0
