"""Lists of servers are read whole or not at all; what is wrong is named by row."""

import codecs
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.blocklist_csv import write_csv
from server.blocklist_text import Asked, answer, decode_answer, encode_task, read_list
from server.errors import Invalid
from server.lists import (
    MAX_ROWS,
    BrokenList,
    ListEntry,
    ListFormat,
    ListKind,
    Severity,
)

US = ("studio.art.example", "studio.art.example:8443")
BLOCK = Asked(ListKind.BLOCK, US)
ALLOW = Asked(ListKind.ALLOW, US)
HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def read(text: str | bytes, asked: Asked = BLOCK) -> dict[str, ListEntry]:
    data = text if isinstance(text, bytes) else text.encode()
    return {entry.domain: entry for entry in read_list([data], asked).entries}


def refusal(text: str | bytes, asked: Asked = BLOCK) -> str:
    with pytest.raises(BrokenList) as broken:
        read(text, asked)
    return broken.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        (HEAD + "https://bad.example,suspend\n", "Row 2: https://bad.example is an address"),
        (HEAD + "ok.example,suspend\n\n192.0.2.1,suspend\n", "Row 4: 192.0.2.1 is an IP address"),
        (HEAD + "ex***le.org,suspend\n", "Row 2: ex\\*\\*\\*le.org is hidden with stars"),
        (HEAD + "bad.example,destroy\n", "Row 2: The severity is destroy"),
        (HEAD + "bad.example,\n", "Row 2: The severity is nothing"),
        (HEAD + "bad.example,suspend,maybe\n", "Row 2: reject_media is maybe"),
        (HEAD + 'bad.example,suspend,,,"never closed\n', "Row 2: This is no proper CSV"),
        (HEAD + "bad.example,suspend,,,a, b, and c,true\n", "Row 2: It has 8 cells where 6"),
        (HEAD + f"bad.example,suspend,,,{'x' * 6_000}\n", "Row 2: A comment has 6,000"),
        (HEAD + f"bad.example,suspend,,,{'x' * 10_000_000}\n", "Row 2: .*field larger"),
        ("#severity,#public_comment\nsuspend,x\n", "Row 1: No column is called domain"),
        ("#domain,#severity,domain\na.example,suspend,b.example\n", "Row 1: Two columns"),
        ("bad.example,what,is,this\n", "Row 1: The first row names no columns"),
        (HEAD + "a.example,suspend\nA.example,silence\n", "Row 3: a.example is silence here and"),
        (HEAD + "studio.art.example,suspend\n", "Row 2: studio.art.example is this instance"),
        (HEAD + "art.example,silence\n", "Row 2: art.example is this instance, or the domain"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "a web page and no list"),
        ("  <html>", "a web page and no list"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "no text"),
        (b"PK\x03\x04\0\0\0\0", "no text"),
        ("bad.example\0,suspend", "no text"),
        ("bücher.example".encode("latin-1"), "not in UTF-8"),
        ("[]", "empty"),
        ('["bad.example"]', "Row 1: It is no object"),
        ('[{"domain": 7}]', "Row 1: domain is no text"),
        ('[{"domain": "bad.example", "reject_media": "yes"}]', "Row 1: reject_media is neither"),
        ('[{"severity": "suspend"}]', "Row 1: There is no domain"),
        ('[{"domain": "bad.example"', "no proper JSON"),
        ("[" * 100_000, "no proper JSON"),
        ('{"orderedItems": [{"type": "Praise", "entityKey": "a.example"}]}', "Row 1: Praise is no"),
        ("{}", "no FIRES collection"),
        ('{"error": "Not found"}', "no FIRES collection"),
        ("b" * 20_000_001, "more than 20 MB"),
    ],
)
def test_a_broken_list_gives_nothing_and_says_where_and_what_to_do(
    text: str | bytes, words: str
) -> None:
    with pytest.raises(BrokenList, match=words) as broken:
        read(text)
    assert broken.value.message.startswith("Nothing was taken.")
    assert len(broken.value.message) < 400


def test_more_rows_than_are_read_are_refused_and_the_most_is_said() -> None:
    rows = "".join(f"n{number}.example,suspend\n" for number in range(2 * MAX_ROWS))
    assert "more than 100,000 rows" in refusal(HEAD + rows)


def test_the_largest_list_that_is_read_is_read() -> None:
    rows = "".join(f"n{number}.example,suspend\n" for number in range(MAX_ROWS))
    assert len(read(HEAD + rows)) == MAX_ROWS


def test_every_broken_row_is_counted_and_the_first_twenty_are_named() -> None:
    with pytest.raises(BrokenList) as broken:
        read(HEAD + "com,suspend\n" * 50)
    assert broken.value.count == 50
    assert [problem.row for problem in broken.value.problems] == list(range(2, 22))
    assert "(49 more rows are wrong.)" in broken.value.message


def test_mastodons_own_export_is_read() -> None:
    found = read(
        HEAD + 'bad.example,suspend,true,true,"Scrapes, sells",false\n'
        "loud.example,silence,false,false,,true\nnamed.example,noop,false,false,,false\n"
    )
    assert found["bad.example"] == ListEntry(
        "bad.example",
        Severity.SUSPEND,
        "Scrapes, sells",
        reject_media=True,
        reject_reports=True,
    )
    assert [one.severity for one in found.values()] == ["suspend", "silence", "noop"]


@pytest.mark.parametrize(
    "text",
    [
        "bad.example\nloud.example\n",
        "# What we block\nbad.example\n\n# and\nloud.example",
        "domain\nbad.example\nloud.example\n",
        "#domain\r\nbad.example\r\nloud.example\r\n",
        "domain,severity,public_comment\nbad.example,suspend,x\nloud.example,suspend,\n",
        "public_comment;domain;severity\nx;bad.example;suspend\n;loud.example;suspend\n",
        "Severity\tDomain\nsuspend\tbad.example\nSUSPEND\tloud.example\n",
        "bad.example,suspend\nloud.example,suspend,false,false,x,false\n",
        '"domain","severity"\n"bad.example","suspend"\n"loud.example","suspend"\n',
        '[{"domain": "bad.example"}, {"domain": "loud.example", "severity": "suspend"}]',
        '\n [{"domain": "BAD.example.", "comment": null}, {"domain": "loud.example"}]',
    ],
)
def test_the_shape_may_differ_the_meaning_is_the_same(text: str) -> None:
    found = read(text)
    assert {one.domain: one.severity for one in found.values()} == {
        "bad.example": Severity.SUSPEND,
        "loud.example": Severity.SUSPEND,
    }


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "#domain\r\nbücher.example".encode(),
        codecs.BOM_UTF16_LE + "#domain\r\nbücher.example".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "#domain\r\nbücher.example".encode("utf-16-be"),
    ],
)
def test_what_spreadsheets_save_is_read(data: bytes) -> None:
    assert list(read(data)) == ["xn--bcher-kva.example"]


def test_a_quoted_comment_may_hold_lines_commas_and_quotes() -> None:
    comment = 'Two\nlines, and "quotes"'
    found = read(HEAD + f'bad.example,suspend,,,"{comment.replace(chr(34), chr(34) * 2)}",\n')
    assert found["bad.example"].public_comment == comment


def test_rows_count_as_an_editor_counts_lines_even_after_long_comments() -> None:
    text = HEAD + 'bad.example,suspend,,,"three\nlines\nhere",\ncom,suspend\n'
    assert "Row 5: com has no dot" in refusal(text)


def test_what_is_said_twice_is_taken_once_and_told() -> None:
    reading = read_list([(HEAD + "a.example,suspend\na.example,suspend\n").encode()], BLOCK)
    assert len(reading.entries) == 1
    assert reading.remarks == ("Row 3: a.example stood in row 2 already.",)


def test_stars_before_a_name_mean_all_beneath_it_and_that_is_told() -> None:
    reading = read_list([b"#domain\n*.example.org\n"], BLOCK)
    assert [one.domain for one in reading.entries] == ["example.org"]
    assert "taken as example.org and all beneath" in reading.remarks[0]


def test_hidden_rows_are_left_out_where_somebody_says_so() -> None:
    asked = Asked(ListKind.BLOCK, US, leaves_out_hidden=True)
    for text in (
        HEAD + "ex***le.org,suspend\nbad.example,suspend\n",
        '[{"domain": "ex***le.org", "digest": "0"}, {"domain": "bad.example"}]',
    ):
        reading = read_list([text.encode()], asked)
        assert [one.domain for one in reading.entries] == ["bad.example"]
        assert "hidden with stars and is left out" in reading.remarks[0]


def test_our_own_domain_is_no_problem_where_it_is_kept_out_of_the_list() -> None:
    asked = Asked(ListKind.BLOCK, US, excludes=("art.example",))
    assert read(HEAD + "art.example,suspend\nbad.example,suspend\n", asked)


def test_a_list_to_allow_does_not_block() -> None:
    assert read("good.example\n", ALLOW)["good.example"].severity is Severity.ACCEPT
    assert "the row says suspend" not in refusal(HEAD + "good.example,suspend\n", ALLOW)
    assert "The row says suspend" in refusal(HEAD + "good.example,suspend\n", ALLOW)


def test_what_a_list_asks_for_and_is_not_done_here_is_told() -> None:
    reading = read_list([(HEAD + "a.example,noop,true\n").encode()], BLOCK)
    assert "write a rule for it" in reading.remarks[0]


def change(kind: str, domain: str, policy: str = "", **more: Any) -> dict[str, Any]:
    rest = {"recommendedPolicy": policy} if policy else {}
    return {"type": kind, "entityKind": "domain", "entityKey": domain, **rest, **more}


def dataset(*changes: dict[str, Any]) -> bytes:
    return json.dumps({"type": "OrderedCollection", "orderedItems": changes}).encode()


def test_a_dataset_says_what_holds_after_all_its_changes() -> None:
    found = read(
        dataset(
            change("Recommendation", "a.example", "drop"),
            change("Recommendation", "b.example", "reject"),
            change("Recommendation", "c.example", "filter", recommendedFilters=["reject-media"]),
            change("Recommendation", "d.example", "accept"),
            change("Advisory", "e.example", labels=["https://fires.example/labels/ai-scraper"]),
            change("Retraction", "b.example"),
            change("Tombstone", "never.example"),
            change("Recommendation", "a.example", "filter", comment="Better now"),
            change("Recommendation", "https://x.example/@a", "drop", entityKind="actor"),
        )
    )
    assert {one.domain: one.severity.value for one in found.values()} == {
        "a.example": "silence",
        "c.example": "silence",
        "d.example": "accept",
        "e.example": "noop",
    }
    assert found["e.example"].labels == ("ai-scraper",)
    assert found["c.example"].reject_media
    assert found["a.example"].public_comment == "Better now"


def test_a_dataset_comes_in_pages() -> None:
    pages = [dataset(change("Recommendation", f"{name}.example", "drop")) for name in "ab"]
    assert [one.domain for one in read_list(pages, BLOCK).entries] == ["a.example", "b.example"]


def test_an_unknown_recommendation_is_refused_by_row() -> None:
    assert "Row 1: It recommends explode" in refusal(
        dataset(change("Recommendation", "a.example", "explode"))
    )


def test_labels_have_an_end() -> None:
    many = [f"label-{number}" for number in range(1_000)]
    assert "too many labels" in refusal(dataset(change("Advisory", "a.example", labels=many)))


def test_a_format_that_is_asked_for_is_not_guessed() -> None:
    asked = Asked(ListKind.BLOCK, US, ListFormat.FIRES)
    assert "no FIRES collection" in refusal('[{"domain": "a.example"}]', asked)
    asked = Asked(ListKind.BLOCK, US, ListFormat.FEDIBLOCKHOLE)
    assert "no list in JSON" in refusal('{"orderedItems": []}', asked)


def test_the_export_says_nothing_private_and_runs_no_formula() -> None:
    text = write_csv(
        [ListEntry("a.example", Severity.SUSPEND, "=1+1", "they threatened us", ("ai-scraper",))]
    )
    assert "threatened" not in text
    assert ",=" not in text


def entries_or_sentence(data: bytes, asked: Asked) -> tuple[ListEntry, ...] | str:
    try:
        return read_list([data], asked).entries
    except Invalid as problem:
        return problem.message


_LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=10)
_ENTRIES = st.lists(
    st.builds(
        ListEntry,
        domain=_LABEL.map(lambda label: f"{label}.example"),
        severity=st.sampled_from([Severity.SUSPEND, Severity.SILENCE, Severity.NOOP]),
        public_comment=st.text(
            st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=60
        ).map(str.strip),
        reject_media=st.booleans(),
        reject_reports=st.booleans(),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda one: one.domain,
)


@settings(deadline=None)
@given(_ENTRIES)
def test_what_is_written_is_read_back(entries: list[ListEntry]) -> None:
    assert [*read(write_csv(entries)).values()] == entries


@settings(deadline=None)
@given(_ENTRIES, st.randoms())
def test_the_order_of_columns_and_line_ends_change_nothing(
    entries: list[ListEntry], random: Any
) -> None:
    names = ["domain", "severity", "reject_media", "reject_reports"]
    plain = [one for one in entries if not one.public_comment]
    if not plain:
        return
    random.shuffle(names)
    lines = [",".join(names)] + [
        ",".join(str(getattr(one, name)).lower() for name in names) for one in plain
    ]
    for end in ("\n", "\r\n", "\r"):
        assert [*read(end.join(lines)).values()] == plain


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda text: text.encode())))
def test_whatever_comes_in_a_list_comes_out_or_a_sentence(data: bytes) -> None:
    for kind in ListKind:
        entries = entries_or_sentence(data, Asked(kind, US))
        assert isinstance(entries, str) or len({one.domain for one in entries}) == len(entries)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "entityKind",
                    "entityKey",
                    "labels",
                    "orderedItems",
                    "first",
                    "domain",
                    "severity",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(_JSON.filter(lambda value: isinstance(value, list | dict)))
def test_whatever_json_comes_a_list_comes_out_or_a_sentence(value: Any) -> None:
    found = entries_or_sentence(json.dumps(value).encode(), BLOCK)
    assert isinstance(found, str | tuple)


def test_a_child_process_answers_as_the_reader_does() -> None:
    asked = Asked(ListKind.BLOCK, US)
    good = (HEAD + "bad.example,suspend,,,Scrapes,\n").encode()
    assert decode_answer(answer(encode_task([good], asked))) == read_list([good], asked)
    with pytest.raises(BrokenList, match="Row 1"):
        decode_answer(answer(encode_task([b"com\n"], asked)))
