"""One frozen value per page template about lists of servers.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.views import FormView, OptionView, PagerView

_NO_FORM = FormView()


@dataclass(frozen=True, slots=True)
class FollowLine:
    """A follow that is cut, or comes back: who follows whom."""

    follower: str
    followed: str


@dataclass(frozen=True, slots=True)
class MovedLine:
    """A server that would stand differently."""

    domain: str
    before: str  # in words
    after: str


@dataclass(frozen=True, slots=True)
class ImpactView:
    """What a change does: shown before it is made. Lists are cut at `most`; counts are not."""

    moved: tuple[MovedLine, ...] = ()
    moved_words: tuple[str, ...] = ()  # how many stand how
    severed: tuple[FollowLine, ...] = ()
    severed_count: int = 0
    restored: tuple[FollowLine, ...] = ()
    restored_count: int = 0
    warnings: tuple[str, ...] = ()
    lately: str = ""  # what the last days' traffic would have met
    peers: tuple[str, ...] = ()  # the same, server by server
    most: int = 50
    domain: str = ""  # "" = it need not be typed


_NO_IMPACT = ImpactView()


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list among the others. Places begin at 1."""

    id: int
    name: str
    url: str
    kind_words: str
    counts: tuple[str, ...]
    place: int
    draft_url: str = ""
    draft_words: str = ""
    source: str = ""  # its address
    fetched_at: Millis | None = None
    problem: str = ""
    is_in_force: bool = True
    up: str = ""  # the order with it one place further up, "" where it is first
    down: str = ""


@dataclass(frozen=True, slots=True)
class ExcludeRow:
    """A domain that is kept out."""

    domain: str
    where: str
    list_id: int
    at: Millis


@dataclass(frozen=True, slots=True)
class ListsPage:
    """lists.html. Sends `what`, `list`, `domain`, `order` to `change_action`."""

    rows: tuple[ListRow, ...] = ()
    excludes: tuple[ExcludeRow, ...] = ()
    form: FormView = _NO_FORM
    lists: tuple[OptionView, ...] = ()  # to keep a domain out of
    is_closed: bool = False  # only with servers on a list
    change_action: str = "/admin/blocklists/change"


@dataclass(frozen=True, slots=True)
class ListNewPage:
    """list_new.html: subscribe, upload or paste."""

    subscribe_form: FormView = _NO_FORM
    import_form: FormView = _NO_FORM
    problems: tuple[str, ...] = ()  # of the list, row by row
    kinds: tuple[OptionView, ...] = ()
    formats: tuple[OptionView, ...] = ()
    subscribe_action: str = "/admin/blocklists/subscribe"
    import_action: str = "/admin/blocklists/import"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """What a list says of one domain."""

    domain: str
    words: str
    reason: str = ""
    private: str = ""
    labels: tuple[str, ...] = ()
    was: str = ""  # what it said before
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """list.html: one list, how it is taken in, and what it says."""

    row: ListRow
    entries: tuple[EntryRow, ...] = ()
    pager: PagerView | None = None
    form: FormView = _NO_FORM
    is_subscribed: bool = False
    settle_action: str = ""
    fetch_action: str = ""
    change_action: str = "/admin/blocklists/change"


@dataclass(frozen=True, slots=True)
class ListDraftPage:
    """list_draft.html: a new version and what it does. Sends `made`, `exclude`, `excludes`."""

    name: str
    back_url: str
    made_at: int
    added: tuple[EntryRow, ...] = ()
    changed: tuple[EntryRow, ...] = ()
    removed: tuple[EntryRow, ...] = ()
    added_count: int = 0
    changed_count: int = 0
    removed_count: int = 0
    remarks: tuple[str, ...] = ()
    impact: ImpactView = _NO_IMPACT
    form: FormView = _NO_FORM
    chosen: tuple[str, ...] = ()  # domains that are left out so far
    most: int = 200  # rows of each kind
    apply_action: str = ""
    discard_action: str = ""


@dataclass(frozen=True, slots=True)
class ListChangePage:
    """list_change.html: any other change, looked at before it is made."""

    title: str
    words: str
    do: str  # on the button
    action: str
    back_url: str
    hidden: tuple[tuple[str, str], ...] = ()
    impact: ImpactView = _NO_IMPACT
    form: FormView = _NO_FORM


@dataclass(frozen=True, slots=True)
class OwnListPage:
    """list_own.html: what we say ourselves."""

    entries: tuple[EntryRow, ...] = ()
    draft_url: str = ""
    draft_words: str = ""
    is_published: bool = False
    is_there: bool = False  # something was ever said
    feed_url: str = ""
    csv_url: str = ""
    form: FormView = _NO_FORM
    severities: tuple[OptionView, ...] = ()
    labels: tuple[OptionView, ...] = ()
    chosen_labels: tuple[str, ...] = ()
    pager: PagerView | None = None
    say_action: str = "/admin/blocklists/own"
    unsay_action: str = "/admin/blocklists/own/unsay"
    publish_action: str = "/admin/blocklists/own/publish"
    export_url: str = "/admin/blocklists/own/export"


@dataclass(frozen=True, slots=True)
class ModePage:
    """list_mode.html: with everybody, or only with servers that were let in."""

    is_closed: bool
    impact: ImpactView = _NO_IMPACT
    let_in: int = 0  # how many domains lists and words let in
    form: FormView = _NO_FORM
    action: str = "/admin/blocklists/mode"
