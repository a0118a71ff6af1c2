"""Lists of servers taken in: by subscription, as a file, or pasted."""

from dataclasses import replace
from typing import Annotated

from aiohttp import web

from server.errors import FixatifError, Invalid, NotFound
from server.list_keeping import Wanted
from server.lists import MAX_BYTES, MAX_NAME, BrokenList, ListFormat, ListKind
from server.values import dataclass
from web.fields import Fields, Line, decode
from web.flows import flows
from web.forms import FilePart, UploadLimits, read_form, read_multipart
from web.list_answers import admin_of, answer, form_of, shelf_of
from web.list_present import ALL, FORMATS, KINDS, list_url
from web.list_views import ListNewPage
from web.respond import to

_UPLOAD = UploadLimits(
    max_fields=10, max_field_bytes=2_000_000, max_files=1, max_file_bytes=MAX_BYTES
)
_FORMAT_OF = {str(one): one for one in ListFormat}


@dataclass(frozen=True, slots=True)
class TakingForm:
    """How a list is taken in."""

    url: Annotated[str, Line("The address", 3_000)] = ""
    name: Annotated[str, Line("The name", MAX_NAME)] = ""
    kind: ListKind = ListKind.BLOCK
    format: Annotated[str, Line("The format", 20)] = ""
    leaves_out_hidden: bool = False

    @property
    def wanted(self) -> Wanted:
        """What the flow is told."""
        form = _FORMAT_OF.get(self.format)
        return Wanted(self.name, self.kind, form, self.leaves_out_hidden)


async def new(request: web.Request) -> web.StreamResponse:
    """Offer to subscribe to a list, to upload or to paste one."""
    admin_of(request)
    return await _new_page(request, ListNewPage())


async def subscribe(request: web.Request) -> web.StreamResponse:
    """Subscribe to a list."""
    sent = await read_form(request)
    try:
        asked = decode(TakingForm, sent)
        one = await flows(request).blocklists.subscribe(admin_of(request), asked.url, asked.wanted)
    except NotFound:
        raise
    except FixatifError as problem:
        view = ListNewPage(subscribe_form=form_of(sent, problem, "url"), problems=_rows_of(problem))
        return await _new_page(request, view, problem)
    return to(f"{ALL}/{one.id}/draft")


async def take_in(request: web.Request) -> web.StreamResponse:
    """Take in a list that is uploaded or pasted."""
    who, sent, data, filename = admin_of(request), Fields(()), b"", ""
    try:
        sent, data, filename = await _read_upload(request)
        asked = decode(TakingForm, sent)
        wanted = asked.wanted
        wanted = replace(wanted, name=wanted.name or filename.rpartition(".")[0])
        one = await flows(request).blocklists.take_in(who, data, wanted)
    except NotFound:
        raise
    except FixatifError as problem:
        view = ListNewPage(import_form=form_of(sent, problem, "file"), problems=_rows_of(problem))
        return await _new_page(request, view, problem)
    shelf = await shelf_of(request, who, one.id)
    return to(f"{ALL}/{one.id}/draft") if shelf.draft else to(list_url(one), "list-same")


async def _new_page(
    request: web.Request, view: ListNewPage, problem: FixatifError | None = None
) -> web.Response:
    whole = replace(view, kinds=KINDS, formats=FORMATS)
    return await answer(request, "list_new.html", whole, "Take in a list", problem)


async def _read_upload(request: web.Request) -> tuple[Fields, bytes, str]:
    """Return the fields, and the list: the file, or what was pasted."""
    pairs: list[tuple[str, str]] = []
    data, filename = bytearray(), ""
    async for part in read_multipart(request, _UPLOAD):
        if isinstance(part, FilePart):
            filename = part.filename
            async for chunk in part.chunks:
                data += chunk
        else:
            pairs.append((part.name, part.value))
    sent = Fields(pairs)
    pasted = sent.first("text")
    if data and pasted.strip():
        raise Invalid("Choose a file or paste a list, not both.", "file")
    if not data and not pasted.strip():
        raise Invalid("Choose a file, or paste a list.", "file")
    return sent, bytes(data) or pasted.encode(), filename


def _rows_of(problem: FixatifError) -> tuple[str, ...]:
    """Return what is wrong with a list row by row, where there is more than one."""
    if not isinstance(problem, BrokenList) or problem.count < 2:
        return ()
    more = problem.count - len(problem.problems)
    rest = (f"And {more:,} more.",) if more else ()
    return (*(str(one) for one in problem.problems), *rest)
