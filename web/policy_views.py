"""One frozen value per page template about the house rules.

Law: as in `views`.
"""

from dataclasses import field

from server.model import Millis
from server.values import dataclass
from web.admin_views import AuditLineView
from web.views import FormView, OptionView


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as a sentence, with where it stands."""

    number: int  # among all, from 0
    name: str
    sentence: str
    because: str = ""
    is_shadow: bool = False
    is_first: bool = False  # of its door
    is_last: bool = False
    so_far: str = ""  # of a shadow: what it would have done


@dataclass(frozen=True, slots=True)
class DoorRules:
    """The rules of one door."""

    door: str
    title: str
    rows: tuple[RuleRow, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseRulesPage:
    """admin_policy.html: what is in force."""

    version: int = 0
    since: Millis = Millis(0)
    author: str = ""
    reason: str = ""
    doors: tuple[DoorRules, ...] = ()
    general: tuple[str, ...] = ()  # sentences about all else
    draft_at: Millis | None = None  # an unfinished draft of the reader's


@dataclass(frozen=True, slots=True)
class DraftPage:
    """admin_policy_draft.html: rules, settings and text of a draft."""

    doors: tuple[DoorRules, ...] = ()
    text: FormView = field(default_factory=FormView)  # `toml`: the whole of it
    based_on: int = 0
    newer: int = 0  # a version that was applied since; 0 = none
    is_changed: bool = False
    problem: str = ""  # what is wrong with the text
    problem_line: int = 0
    problem_text: str = ""  # that line
    form: FormView = field(default_factory=FormView)  # the settings
    preferences: tuple[OptionView, ...] = ()
    local_ai: tuple[OptionView, ...] = ()
    remote_ai: tuple[OptionView, ...] = ()
    modes: tuple[OptionView, ...] = ()
    presets: tuple[OptionView, ...] = ()
    concerns: tuple[str, ...] = ()
    proofs: tuple[OptionView, ...] = ()  # that visitors may be asked for


@dataclass(frozen=True, slots=True)
class ConditionField:
    """One condition in the form of a rule. `shape`: choices, lines, days or yes-no."""

    kind: str
    label: str
    hint: str = ""
    shape: str = "lines"
    options: tuple[OptionView, ...] = ()
    chosen: tuple[str, ...] = ()
    error: str = ""

    @property
    def name(self) -> str:
        """Name of its fields."""
        return f"when-{self.kind}"


@dataclass(frozen=True, slots=True)
class RulePage:
    """admin_policy_rule.html: the form of one rule."""

    door: str = "web"
    title: str = ""
    number: str = ""  # "" = a new one
    form: FormView = field(default_factory=FormView)
    conditions: tuple[ConditionField, ...] = ()
    actions: tuple[OptionView, ...] = ()


@dataclass(frozen=True, slots=True)
class TableView:
    """A table of a dry run; `more` rows were left out."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class ImpactView:
    """parts/impact.html: what a change would do."""

    days: int = 7
    summary: str = ""
    refusal: str = ""  # why it cannot be applied at all
    warnings: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    severed: TableView | None = None
    severed_count: int = 0
    restored: TableView | None = None
    tables: tuple[TableView, ...] = ()  # those where something changes
    samples: TableView | None = None


@dataclass(frozen=True, slots=True)
class LookPage:
    """admin_policy_look.html: a dry run, and the form that applies the change."""

    title: str = ""
    impact: ImpactView = field(default_factory=ImpactView)
    version: int = 0  # that it was compared with
    newer: int = 0  # applied since the draft was begun; 0 = none
    difference: tuple[AuditLineView, ...] = ()
    action: str = "/admin/policy/draft/apply"
    look_url: str = "/admin/policy/draft/look"
    back_url: str = "/admin/policy/draft"
    button: str = "Put in force"
    domain: str = ""  # to be typed, where many follows would be cut
    looked: str = ""  # what stands for the draft that was looked at
    form: FormView = field(default_factory=FormView)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the history."""

    number: int
    at: Millis
    author: str
    reason: str
    difference: tuple[AuditLineView, ...] = ()
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class PolicyHistoryPage:
    """admin_policy_history.html: every version, newest first."""

    rows: tuple[VersionRow, ...] = ()
