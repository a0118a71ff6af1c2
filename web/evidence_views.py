"""One frozen value per page about who came.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.charts import ChartView
from web.views import FormView

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkCameView:
    """A work that machines came for."""

    title: str
    url: str
    refused: int
    answered: int
    names: str  # "GPTBot 12, CCBot 3"


@dataclass(frozen=True, slots=True)
class LookView:
    """A work that people opened large."""

    title: str
    url: str
    opened: int


@dataclass(frozen=True, slots=True)
class HolderView:
    """A server that holds copies."""

    host: str
    works: int
    last_at: Millis


@dataclass(frozen=True, slots=True)
class CamePage:
    """came.html: who came for an artist's works within a week."""

    refused: int = 0
    answered: int = 0
    chart: ChartView | None = None  # None: nobody came
    days: tuple[Row, ...] = ()
    works: tuple[WorkCameView, ...] = ()
    crawlers: tuple[Row, ...] = ()
    holders: tuple[HolderView, ...] = ()
    looks: tuple[LookView, ...] = ()


@dataclass(frozen=True, slots=True)
class CrawlersPage:
    """crawlers.html: what machines asked for, for those in charge."""

    form: FormView
    days: int = 7
    refused: int = 0
    answered: int = 0
    sent: str = ""
    spared: str = ""
    cost: str = ""  # spared, "" where no price was entered
    price: str = ""  # "0.01 EUR", "" where none was
    chart: ChartView | None = None
    by_day: tuple[Row, ...] = ()
    headings: Row = ()
    classes: tuple[Row, ...] = ()
    crawlers: tuple[Row, ...] = ()
    given_crawlers: tuple[Row, ...] = ()  # by addresses that were given to a server
    given_servers: tuple[Row, ...] = ()  # that signed
    given_programs: tuple[Row, ...] = ()  # that say no more of themselves
