"""What each recorded request must do: the tables of `test_recorded_traffic`."""

Row = tuple[str, tuple[str, ...]]


def accepted(asker: str, asked: str) -> tuple[str, ...]:
    """Return what an Accept does."""
    return (
        f"+follow {asker}>{asked} accepted",
        f"+told {asker} follow_accepted",
        f"-follow {asker}>{asked} pending",
    )


# What each request must do, in the order in which it came: + is new, - is gone, ~ has changed.
# One without anything behind it is believed and kept, and rightly without effect:
#   Move                             of somebody whom nobody here follows any more
#   Ping                             we know none of these
#   update-person                    the second and third only repeat what the first one said
#   delete-note                      of an account that was deleted, and its posts with it
MENTION = ("+post public with 0", "+told ana mention")
REPORTED = ("+report of ana with 1: this is a test report",)
MOVED = (  # ben names everybody as an account that he had
    "+follow ana>ben accepted",
    "+told ana moved",
    "+told ben follow",
    "-follow ana>mover accepted",
)
GOTOSOCIAL: tuple[Row, ...] = (
    ("follow", ("+follow alice>ana accepted", "+told ana follow")),
    ("accept-follow", accepted("ana", "alice")),
    ("create-note-public-image-cw-hashtag-mention", ("+post public with 1", "+told ana mention")),
    ("create-note-followers", ("+post followers with 0",)),
    ("create-note-direct-mention", ("+post direct with 0", "+told ana mention")),
    ("create-note-unlisted", ("+post unlisted with 0",)),
    ("create-note-public-reply-mention", ("+answer public with 0", "+told ana comment")),
    ("like", ("+like by alice", "+told ana like")),
    ("undo-like", ("-like by alice",)),
    ("announce", ("+boost by alice", "+told ana boost")),
    ("undo-announce", ("-boost by alice",)),
    ("update-note-public-image-cw-hashtag-mention", ("~post public with 1",)),
    ("create-question-public-mention", MENTION),
    ("update-person", ("~actor alice",)),
    ("create-note-public-mention", MENTION),
    ("delete-note", ("-post public with 0", "-told ana mention")),
    ("announce", ("+boost by alice",)),  # of her own post
    ("block", ("+block alice>ben",)),
    ("undo-block", ("-block alice>ben",)),
    ("flag", REPORTED),
    ("update-person", ()),
    ("reject-follow", ("-follow ben>alice pending",)),
    ("update-person", ()),
    ("undo-follow", ("-follow alice>ana accepted",)),
    ("accept-follow", accepted("ana", "mover")),
    ("move", MOVED),
    ("accept-follow", accepted("ana", "gone")),
    ("create-note-public-mention", MENTION),
    (
        "delete-actor",
        (
            "+gone actor gone",
            "-actor gone",
            "-follow ana>gone accepted",
            "-post public with 0",
            "-told ana follow_accepted",
            "-told ana mention",
        ),
    ),
    ("delete-note", ()),
    ("create-note-public-2images-mention", ("+post public with 2", "+told ana mention")),
    ("like-to-approval-required-note", ("+like by alice", "+told ana like")),
    (
        "create-note-public-reply-mention-to-approval-required-note",
        ("+answer public with 0", "+told ana comment"),
    ),
    ("announce-to-approval-required-note", ("+boost by alice", "+told ana boost")),
    ("retry-create-note-public-mention-answered-503", MENTION),
)
SNAC: tuple[Row, ...] = (
    ("follow", ("+follow sam>ana accepted", "+told ana follow")),
    ("accept-follow", accepted("ana", "sam")),
    ("create-note-public-image-cw-hashtag-mention", ("+post public with 1", "+told ana mention")),
    ("create-note-followers", ("+post followers with 0",)),
    ("create-note-direct-mention", ("+post direct with 0", "+told ana mention")),
    ("create-note-unlisted", ("+post unlisted with 0",)),
    ("create-note-public-reply-mention", ("+answer public with 0", "+told ana comment")),
    ("like", ("+like by sam", "+told ana like")),
    ("undo-like", ("-like by sam",)),
    ("emojireact", ("+like by sam",)),
    ("undo-emojireact", ("-like by sam",)),
    ("announce", ("+boost by sam", "+told ana boost")),
    ("undo-announce", ("-boost by sam",)),
    ("update-note-public-image-cw-hashtag-mention", ("~post public with 1",)),
    ("create-question-public-mention", MENTION),
    ("update-person", ("~actor sam",)),
    ("update-person", ()),
    ("create-note-public-mention", MENTION),
    ("delete-note", ("-post public with 0", "-told ana mention")),
    ("ping", ()),
    ("undo-follow", ("-follow sam>ana accepted",)),
    ("accept-follow", accepted("ana", "mover")),
    ("update-person", ("~actor mover",)),
    ("move", MOVED),
    ("accept-follow", accepted("ana", "gone")),
    ("follow", ("+follow gone>ana accepted", "+told ana follow")),
    ("undo-follow", ("-follow gone>ana accepted",)),
    ("create-note-public-2images-mention", ("+post public with 2", "+told ana mention")),
    ("retry-create-note-public-mention-answered-503", MENTION),
    ("retry-create-note-public-mention-answered-202", ()),  # the same one again
)
FEDIFY: tuple[Row, ...] = (  # twice: signed by RFC 9421, then in draft-cavage
    ("follow", ("+follow fay>ana accepted", "+told ana follow")),
    ("create-note-public-image-cw-hashtag-mention", ("+post public with 1", "+told ana mention")),
    ("create-note-followers", ()),  # nobody here follows her
    ("create-note-direct-mention", ("+post direct with 0", "+told ana mention")),
    ("create-note-public-reply-mention", ("+answer public with 0", "+told ana comment")),
    ("create-note-public-mention-multilang", MENTION),
    ("like", ("+like by fay", "+told ana like")),
    ("undo-like", ("-like by fay",)),
    ("announce", ("+boost by fay", "+told ana boost")),
    ("undo-announce", ("-boost by fay",)),
    ("emojireact", ("+like by fay",)),
    ("update-note-public-image-cw-hashtag-mention", ("~post public with 1",)),
    ("update-person", ("~actor fay",)),
    ("create-question-public-mention", MENTION),
    ("delete-note", ("-post public with 0", "-told ana mention")),
    ("block", ("+block fay>ben",)),
    ("undo-block", ("-block fay>ben",)),
    ("flag", REPORTED),
    ("add", ("+pinned post public with 1", "-post public with 1")),
    ("remove", ("+post public with 1", "-pinned post public with 1")),
    ("quoterequest", ("+told ana quote",)),  # her policy lets everyone
    ("undo-follow", ("-follow fay>ana accepted",)),
    ("move", ()),
    (
        "delete-actor",
        (
            "+gone actor fay",
            "-actor fay",
            "-answer public with 0",
            "-like by fay",
            "-post direct with 0",
            "-post public with 0",
            "-post public with 1",
            "-told ana boost",
            "-told ana comment",
            "-told ana follow",
            "-told ana like",
            *["-told ana mention"] * 3,
            "-told ana quote",
        ),
    ),
)
FEDIFY_ANSWERS: tuple[Row, ...] = (
    ("accept-follow", accepted("ana", "fay")),
    ("reject-follow", ("-follow ben>fay pending",)),
)
FEDIFY_KNOCKS_TWICE: tuple[Row, ...] = (
    ("doubleknock-like-answered-401", ("+like by fay", "+told ana like")),
    ("doubleknock-like-answered-202", ()),  # the same one again, signed differently
    ("doubleknock-after-undo-like-answered-202", ("-like by fay",)),
)
