"""Which part of a file a request wants."""

import pytest

from web.ranges import Part, Unsatisfiable, part_of


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999-"])
def test_a_part_that_is_not_there_is_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        part_of(header, 10)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "items=0-1",
        "bytes=a-b",
        "bytes=+1-2",
    ],
)
def test_what_is_no_single_part_means_the_whole_file(header: str) -> None:
    assert part_of(header, 10) is None


@pytest.mark.parametrize(
    ("header", "part", "said"),
    [
        ("bytes=0-", Part(0, 10), "bytes 0-9/10"),
        ("bytes=0-0", Part(0, 1), "bytes 0-0/10"),
        ("bytes=4-7", Part(4, 4), "bytes 4-7/10"),
        ("bytes=4-700", Part(4, 6), "bytes 4-9/10"),
        ("bytes=-3", Part(7, 3), "bytes 7-9/10"),
        ("bytes=-300", Part(0, 10), "bytes 0-9/10"),
    ],
)
def test_one_part_is_given(header: str, part: Part, said: str) -> None:
    assert part_of(header, 10) == part
    assert part.said(10) == said
