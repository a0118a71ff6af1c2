"""What a dry run shows: who is meant in each row."""

from server.impact import CrawlerImpact, Impact, Replay
from server.visitors import VisitorClass
from web.impact_views import impact_view


def test_a_program_that_came_as_several_kinds_has_a_name_for_each() -> None:
    rows = tuple(
        CrawlerImpact(kind, "curl", 4, 100, 0, 0, 0)
        for kind in (VisitorClass.TOOL, VisitorClass.FEED, VisitorClass.UNKNOWN)
    )
    [table] = impact_view(Impact(1, 7, replay=Replay(crawlers=rows))).tables
    assert [row[0] for row in table.rows] == [
        "curl (automatic programs)",
        "curl (feed readers)",
        "curl (programs nobody knows)",
    ]
