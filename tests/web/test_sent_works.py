"""What the form of a work says once it is sent."""

import pytest

from server.model import SeriesId
from web.fields import Fields
from web.pages.sent_works import focus_in, series_in


@pytest.mark.parametrize(
    ("left", "top", "focus"),
    [
        ("50", "50", (0.0, 0.0)),
        ("0", "0", (-1.0, 1.0)),
        ("100", "100", (1.0, -1.0)),
        ("12,5", "50", (-0.75, 0.0)),
        ("250", "250", (1.0, -1.0)),
        ("", "", (0.0, 0.0)),
        ("-3", "nan", (0.0, 0.0)),
        ("1.2.3", "99999999", (0.0, 0.0)),
    ],
)
def test_a_focus_is_per_cent_and_the_middle_where_nothing_usable_was_typed(
    left: str, top: str, focus: tuple[float, float]
) -> None:
    assert focus_in(Fields([("left", left), ("top", top)]), "left", "top") == focus


def test_a_series_that_the_form_did_not_show_keeps_its_work() -> None:
    sent = Fields([("series-shown", "1"), ("series-shown", "2"), ("series-2", "on")])
    kept = series_in(sent, (SeriesId(1), SeriesId(3)))
    assert kept == (3, 2)


def test_a_series_that_is_ticked_but_was_not_shown_is_not_taken() -> None:
    sent = Fields([("series-shown", "x"), ("series-9", "on")])
    assert series_in(sent, ()) == ()
