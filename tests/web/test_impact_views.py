"""What a dry run shows: who is meant in each row."""

from server.impact import CrawlerImpact, Impact, Replay, RuleImpact
from server.rules import Door
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


def test_rules_that_only_log_stand_in_the_table_of_all_rules_whatever_they_meet() -> None:
    rows = (
        RuleImpact(Door.INBOUND, "No far", "hold", 0, 5, is_logged=True),
        RuleImpact(Door.INBOUND, "Nobody", "refuse", 0, 0, is_logged=True),
        RuleImpact(Door.INBOUND, "", "allow", 9, 9),
    )
    [table] = impact_view(Impact(1, 7, replay=Replay(by_rule=rows))).tables
    assert table.rows == (
        ("No far", "arriving", "would be logged: waits for a moderator", "0", "5"),
        ("Nobody", "arriving", "would be logged: refused", "0", "0"),
    )
