"""Views for every page template: full ones with given words in every place, and empty ones."""

from typing import Any

from server.ending import Closing, ClosingState
from server.model import AiLabel, Counts, Millis, NotificationKind, PictureState, WorkState
from server.portraits import PortraitKind
from web import admin_views as governed
from web import dealing_views as dealing
from web import delivery_views as delivery
from web import desk_views as desk
from web import evidence_views as came
from web import held_views as held
from web import list_views as of_lists
from web import page_views as pages
from web import peer_views as neighbours
from web import people_views as people
from web import person_views as persons
from web import policy_views as ruled
from web import series_views as of_series
from web import severed_views as cut
from web import talk_views as of_talk
from web.charts import bars
from web.likeness_views import LikenessPage
from web.shot_views import CaseShotView, ShotEditView, ShotsForm, ShotView, VideoView
from web.styleguide import styleguide
from web.views import (
    ActorView,
    CommentView,
    CreditView,
    DealingsView,
    EmojiView,
    FollowButtonView,
    FormView,
    LinkView,
    OptionView,
    OptionVotesView,
    PagerView,
    PictureView,
    PlaceView,
    PollView,
    PostView,
    QuoteView,
    ReactionsView,
    SourceView,
    TileView,
)

DAY = Millis(1_795_305_600_000)
PLACEHOLDER = "data:image/webp;base64,UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

FILMS = (
    VideoView("video/mp4", 16, 9, "/v", poster_url="/p", size="2 MB"),
    VideoView("video/mp4", 16, 9, "", "/c", asks_work=False, poster_url="/p", size="2 MB"),
    VideoView("video/mp4", 16, 9, "", "/c", asks_work=True, poster_url="/p", size="2 MB"),
    VideoView("video/mp4", 16, 9, "", "/c", asks_work=True, poster_url="", size="2 MB"),
    VideoView("video/webm", 16, 9, poster_url="/p", size="2 MB"),
    VideoView("video/webm", 16, 9, size="2 MB"),
)
CHART = bars("Machines", [("22 Nov", 3, 4), ("23 Nov", 0, 0)], "3 and 4.")
OPTIONS = (OptionView("none", "No", "Not at all."), OptionView("generated", "Yes"))


def picture(words: str = "A heron", ratio: tuple[int, int] = (3, 2), **more: object) -> PictureView:
    width, height = ratio[0] * 400, ratio[1] * 400
    values: dict[str, object] = {
        "alt": words,
        "width": width,
        "height": height,
        "jpeg": (SourceView("/media/k/view.jpg", width),),
        "avif": (SourceView("/media/k/preview.avif", 800), SourceView("/media/k/view.avif", width)),
        "placeholder": PLACEHOLDER,
        "focal_x": 0.5,
        "focal_y": -0.25,
    }
    return PictureView(**{**values, **more})  # type: ignore[arg-type]  # a builder for tests


def house_rules(words: str, form: FormView) -> dict[str, object]:
    """Return the pages of the house rules, full."""
    row = ruled.RuleRow(0, words, words, words, is_shadow=True, is_first=True, so_far=words)
    doors = (ruled.DoorRules("web", "Pages", (row, ruled.RuleRow(1, "b", words))),)
    table = ruled.TableView(words, ("A", "B"), ((words, words),), more=3)
    lines = (governed.AuditLineView(words, "added"), governed.AuditLineView(words))
    impact = ruled.ImpactView(30, words, "", (words,), (words,), table, 11, table, (table,), table)
    fields = tuple(
        ruled.ConditionField(kind, words, words, shape, OPTIONS, chosen, words)
        for kind, shape, chosen in (
            ("class", "choices", ("none",)),
            ("peer", "lines", (words, "b")),
            ("younger_than_days", "days", ("7",)),
            ("sensitive", "yes-no", ("generated",)),
        )
    )
    return {
        "admin_policy.html": ruled.HouseRulesPage(3, DAY, words, words, doors, (words,), DAY),
        "admin_policy_draft.html": ruled.DraftPage(
            doors,
            form,
            2,
            3,
            True,
            words,
            4,
            words,
            form,
            *(OPTIONS, OPTIONS, OPTIONS, OPTIONS, OPTIONS),
            (words,),
            OPTIONS,
        ),
        "admin_policy_rule.html": ruled.RulePage("web", words, "1", form, fields, OPTIONS),
        "admin_policy_look.html": ruled.LookPage(
            words, impact, 3, 4, lines, domain="a.example", form=form
        ),
        "admin_policy_history.html": ruled.PolicyHistoryPage(
            (
                ruled.VersionRow(2, DAY, words, words, lines, is_current=True),
                ruled.VersionRow(1, DAY, words, words, lines),
            )
        ),
    }


def samples(words: str) -> dict[str, object]:
    """Return one full view per template, with `words` wherever somebody else's text may stand."""
    actor = ActorView(words, f"@{words}@b.example", "https://b.example/@a")
    local = ActorView(words, "@ada@atelier.example", "/@ada", "/media/i/tile.jpg", is_local=True)
    remote = picture(
        words,
        is_remote=True,
        avif=(),
        placeholder="",
        jpeg=(SourceView("https://b.example/1.jpg", 1200),),
    )
    unsized = picture(words, (0, 0), is_remote=True, avif=())
    tile = TileView("/@ada/1-x", words, picture(words), words, badge=words)
    veiled = TileView("/@ada/2-x", words, picture(words), words, is_sensitive=True, warning=words)
    pager = PagerView("/?before=7", 24, 312)
    form = FormView(
        {"title": words, "text": words, "alt-7": words, "caption": words, "address": words},
        {
            "title": words,
            "alt-7": "Too long.",
            "": words,
            "address": "No such server.",
            "ai_label": "Say it.",
            "pictures": "None came.",
            "handle": "Taken.",
        },
    )
    reactions = ReactionsView(
        Counts(1, 2, 1_200),
        "/l",
        "/b",
        has_liked=True,
        emoji_action="/e",
        emojis=(("🎨", 3), (words, 1)),
        own_emoji="🎨",
        choices=("🎨", "✨"),
    )
    follow = FollowButtonView("/f", "/u", "pending")
    dealings = DealingsView(words, "/actors/7/block", "/report?actor=7")
    follow_line = of_lists.FollowLine(words, words)
    impact = of_lists.ImpactView(
        (of_lists.MovedLine(words, "refused", words),),
        (words,),
        (follow_line,),
        12,
        (follow_line,),
        1,
        (words,),
        words,
        (words,),
        domain="atelier.example",
    )
    entry = of_lists.EntryRow(words, "refused", words, words, (words,), "limited", is_public=True)
    list_row = of_lists.ListRow(
        *(7, words, "/l", words, (words, words), 1, "/d", words, f"https://x.example/{words}"),
        *(DAY, words),
        down="8 7",
    )
    missed = (delivery.MissedView(words, words, DAY),)
    bare_row = held.HeldRow("", "", DAY, DAY, "", "", "", "")
    held_row = held.HeldRow(
        *(words, f"@{words}@b.example", DAY, DAY, words, words),
        let_in_action="/admin/held/1/let-in",
        drop_action="/admin/held/1/drop",
        excerpt=words,
        pictures=2,
        source=LinkView(words, "https://b.example/1"),
    )
    reported = dealing.ReportRow(
        "/admin/reports/1", DAY, actor, local, words, 2, words, outcome=words
    )
    emojis = (EmojiView("blob", "https://b.example/blob.png"), EmojiView(words, words))
    quote = QuoteView(actor, "/posts/3", words, f"<p>{words}</p>", "", words, remote, emojis)
    poll = PollView(
        (OptionVotesView(words, 3, 75), OptionVotesView("No", 1, 25)),
        is_multiple=True,
        closes_at=DAY,
        voters=4,
        answer=LinkView(words, "https://b.example/1"),
    )
    talk: dict[str, Any] = {"emojis": emojis, "poll": poll, "quote": quote, "note": words}
    comment = CommentView(
        id=9,
        author=actor,
        content_html=f"<p>{words}</p>",
        published_at=DAY,
        url="/posts/9",
        depth=5,
        edited_at=DAY,
        warning=words,
        pictures=(remote,),
        delete_action="/d",
        reply_url="/posts/9",
        dealings=dealings,
        **talk,
    )
    second = CommentView(10, local, "<p>Yes</p>", DAY, "/posts/10")
    post = PostView(
        author=actor,
        url="https://b.example/1",
        published_at=DAY,
        title=words,
        content_html=f"<p>{words}</p>",
        text=words,
        warning=words,
        is_sensitive=True,
        pictures=(remote, unsized),
        boosted_by=local,
        reactions=reactions,
        comment_url="/c",
        ai_note=words,
        origin=LinkView(words, "https://b.example/1"),
        is_private=True,
        **talk,
    )
    own = QuoteView(local, "/@ada/1-x", words, text=words, picture=picture(words))
    quoting = PostView(actor, "/posts/4", DAY, quote=own, emojis=emojis)
    linking = PostView(actor, "/posts/5", DAY, quoted=LinkView(words, "https://b.example/2"))
    card = pages.ArtistCardView(local, words, (tile, veiled))
    row = pages.PersonRow(actor, DAY, "/a", "/r", "/x", "/b", dealings=dealings)
    in_case = (
        CaseShotView(words, DAY, "/s.jpg", "/v", words, words, words, words),
        CaseShotView(words, DAY, "/s.jpg", "", words),
        CaseShotView(words, DAY),
    )
    return {
        "home.html": pages.HomePage((tile, veiled), (card,), pager),
        "browse.html": pages.BrowsePage(words, words, (tile,), (card,), pager),
        "portfolio.html": pages.PortfolioPage(
            local, "https://atelier.example/users/ada", words, ((words, words),), (tile,), pager,
            "/@ada.atom", series=(tile, veiled), moved_to=LinkView(words, "https://b.example/@a"),
            banner_url="/b.jpg", banner_alt=words,
            dealings=dealings,
        ),
        "work.html": pages.WorkPage(
            local, words, (picture(words), picture(words, (1, 9), larger_url="/zoom/1")),
            "https://atelier.example/works/1", "2026", words, words, (words, "Öl"),
            AiLabel.ASSISTED, is_sensitive=True, warning=words, hung_at=DAY, edited_at=DAY,
            visibility_note=words, shown_px=1280, larger_px=2048, reactions=reactions,
            comments=(comment, second), comment_action="/works/1/comments", comment_form=form,
            previous=LinkView(words, "/@ada/0"), next=LinkView("", "/@ada/3"), edit_url="/e",
            dealings=dealings,
            places=(PlaceView(LinkView(words, "/@ada/series/x"), 2, 3, LinkView(words, "/@ada/0"),
                              LinkView(words, "/@ada/3")),
                    PlaceView(LinkView(words, "/@ada/series/y"), 1, 1)),
            credits=(CreditView(words, words),), is_signed=True, asks_proof=True, asks_work=True,
            shots=(
                ShotView(words, words, picture(words, larger_url="/l", moving_url="/m"),
                         declares=words),
                *(ShotView(words, words, video=one) for one in FILMS),
            ),
        ),
        "upload.html": desk.UploadPage(
            form, "image/jpeg", "JPEG", 50, 40, 100, 1280, OPTIONS, OPTIONS,
            series=(OptionView("7", words),),
        ),
        "edit.html": desk.EditPage(
            words, "/@ada/1", form,
            (desk.PictureEditView(7, picture(words), file_name=words, kept=(words,),
                written=(desk.WordView(words, words),)),
             desk.PictureEditView(8, None, PictureState.REFUSED, words),
             desk.PictureEditView(9, None, PictureState.WAITING)),
            "/studio/works/1", "/studio/works/1/withdraw", OPTIONS, OPTIONS, WorkState.FAILED,
            shots=ShotsForm(
                "/studio/works/1/process",
                (ShotEditView(17, words, "2 MB", picture=picture(words)),
                 ShotEditView(18, words, "2 MB", is_waiting=True),
                 ShotEditView(19, words, "2 MB", problem=words),
                 ShotEditView(20, words, "2 MB", is_video=True, has_poster=True,
                              picture=picture(words), open_url="/v"),
                 ShotEditView(21, words, "2 MB", is_video=True, open_url="/v")),
                FormView({"alt-17": words}, {"alt-17": words, "shots": words}),
                "image/png,video/mp4", "image/png", 20, "64 MB", "100 MB", "2 GB",
            ),
        ),
        "preparation.html": desk.PreparationPage(
            words, words,
            tuple(
                desk.StepView(str(i), words, words, state, 1, 3)
                for i, state in enumerate(PictureState)
            ),
            "/e", 1, words, False, "/studio/works/1/progress/events", "/@ada/1-x", "/r",
        ),
        "withdraw.html": desk.WithdrawPage(words, "/w", "/e", tile, Counts(3, 1, 1)),
        "studio.html": desk.StudioPage(
            tuple(
                desk.StudioWorkView(
                    words, "/e", state, "/@ada/1", picture(words), visibility="Public", ready=1,
                    total=3, missing_alt=2, problem=words, retry_action="/retry", hung_at=DAY,
                    is_pinned=True, pin_action="/unpin",
                    missed=missed,
                )
                for state in WorkState
            ),
            pager, "/@ada",
        ),
        "login.html": pages.LoginPage(form, words),
        "setup.html": pages.SetupPage(words, form),
        "followfrom.html": pages.InteractPage(words, "like", words, form, "https://a.example/1"),
        "person.html": persons.PersonPage(
            actor, LinkView(words, "/x"), f"<p>{words}</p>", (words,), LinkView(words, "/x"),
            follow,
            DealingsView(words, "/actors/7/unblock", "/report?actor=7", is_blocked=True),
            is_asked=True, pinned=(post,), posts=(post,), pager=pager,
            shelves=(
                persons.ShelfView(
                    words, LinkView(words, "/x"), 3, f"<p>{words}</p>", picture(words),
                    (
                        persons.ShelfWorkView("/posts/1", words, picture(words)),
                        persons.ShelfWorkView("/posts/2", words),
                    ),
                    FollowButtonView("/elsewhere/series/1/follow", ""),
                ),
            ),
        ),
        "nobody.html": persons.NobodyPage(words, words),
        "policy.html": pages.PolicyPage(
            3, DAY, (pages.DoorView(words, ((words, words),)),), ((words, 1280),), words, words,
            words, (words,), ((3, DAY), (2, DAY)), (pages.SignalView(words, words, words),),
            (LinkView("robots.txt", "/robots.txt"),),
        ),
        "about.html": pages.AboutPage(local, words, 3, 41),
        "home_feed.html": pages.FeedPage((post,), pager, query=words, problem=words),
        "notifications.html": pages.NotificationsPage(
            tuple(
                pages.NotificationView(
                    kind, DAY, None if kind is NotificationKind.WORK_FAILED else actor,
                    LinkView(words, "/x"), f"<p>{words}</p>", is_unread=True, emoji=words,
                    dealings=dealings,
                )
                for kind in NotificationKind
            ),
            pager, read_action="/read",
        ),
        "followers.html": pages.FollowersPage((row,), (row,), (row,), pager),
        "settings.html": pages.SettingsPage(
            "@ada@atelier.example", form, form, artist=local, max_megabytes=64,
            portraits=(
                pages.PortraitEditView(PortraitKind.AVATAR, "/a", "/a.jpg", picture(words)),
                pages.PortraitEditView(PortraitKind.BANNER, "/b", "/b.jpg", picture(words)),
            ),
            portrait_form=FormView({"alt-banner": words}, {"avatar": words}),
        ),
        "post.html": pages.PostPage(
            post, LinkView(words, "/x"), (comment,), "/c", form, delete_action="/d",
            dealings=dealings,
        ),
        "blocks.html": dealing.BlocksPage((dealing.BlockedRow(actor, "/u", DAY),), pager),
        "report.html": dealing.ReportPage(actor, 7, 9, words, words, form, "/back"),
        "held.html": held.HeldPage((held_row, bare_row), pager),
        "severed.html": cut.SeveredPage(
            (
                cut.SeveredGroup(
                    words,
                    (
                        cut.SeveredRow(words, words, is_theirs=True, words=words, ids="7"),
                        cut.SeveredRow(words, words, is_theirs=False, words=words, ids="8"),
                    ),
                    "7 8",
                ),
            ),
            pager, problem=words,
        ),
        "reports.html": dealing.ReportsPage((reported,), "mine", pager),
        "admin.html": governed.AdminPage((governed.AdminSection(words, "/admin/x", words, words),)),
        "audit.html": governed.AuditPage(
            (
                governed.AuditRow(
                    DAY, words, "closed the report", words, words,
                    (
                        governed.AuditLineView(words, "removed"),
                        governed.AuditLineView(words, "added"),
                        governed.AuditLineView("", "place"),
                        governed.AuditLineView(words),
                    ),
                ),
            ),
            pager, "report.closed", (("report.closed", "closed the report"),),
        ),
        "peers.html": neighbours.PeersPage(
            (neighbours.PeerRow(words, "/admin/federation/x.example", words, words, DAY, words),),
            words, pager, "/admin/federation/y.example", words,
        ),
        "peer.html": neighbours.PeerPage(
            words, "/admin/federation/x.example", words, words, DAY, ((words, "1,000"),), DAY,
            trouble=words, failures=3, policy=(words, words), checked_at=DAY, document=words,
            follows=(neighbours.FollowRow(words, words, words),), follows_left=3,
            decisions=(neighbours.DecisionRow(words, 1_000, DAY),), tiers=OPTIONS, form=form,
            action="/admin/federation/x.example/word", ask_action="/ask",
            ahead=neighbours.LookAhead(
                words, words, words, (neighbours.FollowRow(words, words, words),),
                (neighbours.FollowRow(words, words, words),), (words,), "atelier.example",
            ),
        ),
        **house_rules(words, form),
        "federation.html": delivery.FederationPage(
            (delivery.CountsRow(words, 1_000, 2, 3),), DAY,
            (delivery.HostRow(words, words, 3, DAY, DAY, DAY),),
            (delivery.HostRow(words, words, 40, DAY, dead_at=DAY),),
            (delivery.BuriedRow(7, words, words, 16, DAY),), most=1,
        ),
        "case.html": dealing.CasePage(
            reported, "/admin/reports/1", (tile, veiled), (post,),
            (dealing.ThingRow(1, words, "/@ada/1", is_hidden=True),
             dealing.ThingRow(2, words, "/@ada/2", is_gone=True)),
            missing=2, is_forwarded=True, accused_url="/admin/people/1", server_url="/s",
            notice=dealing.NoticeView(words, words, words, words, words, words),
            notes=(dealing.CaseNoteRow(words, words, DAY),
                   dealing.CaseNoteRow("", words, DAY, is_deed=True)),
            earlier=(reported,), answer=words, answered_at=DAY, reason=words, note=words,
            closed_at=DAY, about_machines=words, evidence=("/cases/1/0.jpg",), appeal=words,
            shots=in_case,
            appealed_at=DAY, judged_by=words,
            note_form=FormView({"words": words}, {"words": words}),
        ),
        "concern.html": dealing.ConcernPage(
            DAY, is_accused=True, outcome=words, reason=words, closed_at=DAY, words=words,
            claimant=words, things=(dealing.ThingRow(1, words, "/@ada/1", is_hidden=True),),
            action="/a", form=FormView({"words": words}, {"words": words}),
            about_machines=words, evidence=("/cases/1/0.jpg",), appeal_action="/b",
            shots=in_case, points_to_shots=True,
            label_action="/c", labels=OPTIONS, accept="image/png", most_pictures=6, answer=words,
        ),
        "contest.html": dealing.ContestPage(
            words, words, "/a", "/studio", FormView({"words": words}, {"words": words}),
            accept="image/png", most_pictures=6, shots=3,
        ),
        "likeness.html": LikenessPage(
            tile.picture, words, "/@ada/1", actor, tile.picture, "/@ben/1", is_fine=True,
            server=words, action="/likenesses/1", form=FormView({"text": words}, {"text": words}),
        ),
        "moving.html": dealing.MovingPage(
            f"@{words}@atelier.example", (dealing.AliasRow(words, "https://b.example/a"),),
            alias_form=FormView({"former": words}, {"former": words}),
            move_form=FormView({"target": words}, {"target": words, "password": words}),
        ),
        "comment.html": of_talk.CommentPage(
            words, "/c", FormView({"text": words, "quote": words}, {"quote": words}),
            cancel_url="/x",
        ),
        "leaving.html": dealing.LeavingPage(
            f"@{words}@atelier.example", 7, form=FormView({}, {"password": words})
        ),
        "error.html": pages.ErrorPage(404, words, words, words, LinkView(words, "/"), "r-1"),
        "gone.html": pages.GonePage(words, local),
        "styleguide.html": styleguide(),
        "series.html": of_series.SeriesPage(
            words, local, 9, words, (tile, veiled), pager, "https://atelier.example/series/1",
            f"@{words}@atelier.example", follow,
        ),
        "series_list.html": of_series.SeriesListPage(
            (of_series.SeriesRowView(words, "/e", words, "/@ada/series/x", picture(words)),)
        ),
        "series_new.html": of_series.SeriesNewPage(form),
        "series_edit.html": of_series.SeriesEditPage(
            words, form, "/studio/series/1",
            (of_series.SeriesWorkView(7, words, words, picture(words)),
             of_series.SeriesWorkView(8, words)),
            "/add", "/delete", "/@ada/series/x", open_action="/follow",
            open_form=FormView({"name": words}, {"name": words}), handle_start="ada_",
            domain="atelier.example",
        ),
        "series_add.html": of_series.SeriesAddPage(
            words, "/add", "/back",
            (of_series.SeriesWorkView(7, words, words, picture(words)),
             of_series.SeriesWorkView(8, words)),
            pager,
        ),
        "series_delete.html": of_series.SeriesDeletePage(words, "/d", "/b", 3, words, 1),
        "requests.html": of_talk.RequestsPage(
            (of_talk.RequestRow(words, actor, DAY, LinkView(words, "/@ada/1-x"), f"<p>{words}</p>",
                                words, emojis, LinkView(words, "https://b.example/1"),
                                "/a", "/r", "/w"),),
            pager=pager,
        ),
        "messages.html": of_talk.MessagesPage((post, quoting, linking), pager),
        "watermark.html": desk.WatermarkPage(
            FormView({"text": words}, {"text": words, "logo": words}), OPTIONS, OPTIONS, 60,
            has_logo=True, sample_url="/settings/watermark/sample.jpg",
        ),
        "invites.html": people.InvitesPage(
            (people.InviteRow("artist", words, "open", 2, DAY, words, (local,), "/revoke"),
             people.InviteRow("artist", words, "used up", 0, DAY)),
            pager, FormView({"note": words}, {"note": words, "days": words}), OPTIONS, 3,
            f"https://atelier.example/invite/{words}", is_all=True,
        ),
        "invite.html": people.InvitePage("moderator", "/invite/x", form),
        "lists.html": of_lists.ListsPage(
            (list_row, of_lists.ListRow(8, words, "/l", words, (), 2, is_in_force=False, up="8 7")),
            (of_lists.ExcludeRow(words, words, 0, DAY),), FormView({"domain": words},
            {"domain": words}), OPTIONS, is_closed=True,
        ),
        "list_new.html": of_lists.ListNewPage(
            FormView({"url": words}, {"url": words}), FormView({"text": words}, {"file": words}),
            (words, words), OPTIONS, OPTIONS,
        ),
        "list.html": of_lists.ListPage(
            list_row, (entry,), pager, FormView({"name": words}, {"name": words}),
            is_subscribed=True, settle_action="/s", fetch_action="/f",
        ),
        "list_draft.html": of_lists.ListDraftPage(
            words, "/l", DAY, (entry, entry), (entry,), (entry,), 300, 1, 1, (words,), impact,
            FormView({"excludes": words}, {"excludes": words, "typed": words}), (words,),
            apply_action="/a", discard_action="/d",
        ),
        "list_change.html": of_lists.ListChangePage(
            words, words, words, "/c", "/l", (("what", words),), impact,
            FormView({"reason": words}, {"typed": words}),
        ),
        "list_own.html": of_lists.OwnListPage(
            (entry,), "/d", words, is_published=True, is_there=True,
            feed_url=f"https://a.example/{words}", csv_url=f"https://a.example/{words}.csv",
            form=FormView({"domain": words}, {"domain": words}), severities=OPTIONS,
            labels=OPTIONS, chosen_labels=(words,), pager=pager,
        ),
        "list_mode.html": of_lists.ModePage(
            is_closed=True, impact=impact, let_in=3, form=FormView({}, {"typed": words})
        ),
        "apply.html": people.ApplyPage(
            FormView({"name": words, "links": words}, {"words": words, "pictures": words}),
        ),
        "apply_status.html": people.ApplyStatusPage(
            DAY, "accepted", words, words, f"/invite/{words}"
        ),
        "applications.html": people.ApplicationsPage(
            (people.ApplicationRow(words, words, (words, "https://b.example"), words, DAY,
                                   ("/admin/people/applications/1/0.jpg",), "/a", "/d"),),
            pager, words, words, FormView({}, {"": words}),
        ),
        "house_text.html": people.HouseTextPage(
            words, (people.PartView(words, (words, words), (words,)),
                    people.PartView(words, (words,), is_missing=True)),
            "/rules", 2, DAY, is_old=True, versions=((2, DAY), (1, DAY)), fill_url="/admin/texts",
        ),
        "transparency.html": people.TransparencyPage(((words, words, 3),), ((words, 3, words),)),
        "came.html": came.CamePage(
            3, 4, CHART, ((words, "3", "4"),), (came.WorkCameView(words, "/@a/1", 3, 4, words),),
            ((words, words, "3", "4"),), (came.HolderView(words, 3, DAY),),
            (came.LookView(words, "/@a/1", 3),),
        ),
        "crawlers.html": came.CrawlersPage(
            FormView({"price": words, "currency": words}, {"price": words, "currency": words}),
            30, 3, 4, words, words, words, words, CHART, ((words, "3", "4"),), (words,) * 7,
            ((words,) * 7,), ((words, words, "3", "4"),), *(((words,) * 5,),) * 3,
        ),
        "texts.html": people.TextsPage(
            FormView({"rules": words}, {"rules": words, "age": words}), 3, DAY, words,
            (people.HouseTextPage(words, (people.PartView(words, (words,), (words,)),), "/rules"),),
        ),
        "closing.html": people.ClosingPage(
            words, DAY, words, words, is_open=True, form=FormView({"target": words},
            {"target": words}),
        ),
        "farewell.html": Closing(ClosingState.CLOSED, DAY, DAY, words, words),
        "takedown.html": people.TakedownPage(
            OPTIONS, FormView({"words": words}, {"words": words, "": words, "kind": words}),
            contact=words,
        ),
        "takedown_status.html": people.TakedownStatusPage(
            DAY, (words, "https://atelier.example/works/1"), 2, words, words, words, DAY
        ),
        "people.html": people.PeoplePage(
            (people.MemberRow(local, "/admin/people/1", "artist", is_silenced=True),
             people.MemberRow(actor, "/admin/people/2", is_suspended=True)),
            "elsewhere", words, pager,
        ),
        "member.html": people.MemberPage(
            local, is_here=True, role="artist", joined_at=DAY, works=3, followers=1, note=words,
            inviter=local, silenced_at=DAY, suspended_at=DAY, cases=(reported,), roles=OPTIONS,
            silence_action="/s", suspend_action="/h", role_action="/r", invites_action="/i",
            end_action="/e", ends_at=DAY, end_form=FormView({}, {"end_password": words}),
            form=FormView({"reason": words}, {"reason": words}),
            role_form=FormView({}, {"password": words}),
            invites_form=FormView({"count": words}, {"count": words}),
        ),
    }  # fmt: skip


def empty_samples() -> dict[str, object]:
    """Return each template's view with as little in it as may be."""
    actor = ActorView("", "@a@b.example", "")
    post = PostView(actor, "", DAY)
    bare = picture("", (0, 0), placeholder="", avif=())
    none = FormView()
    return {
        "home.html": pages.HomePage(),
        "browse.html": pages.BrowsePage("#tag"),
        "portfolio.html": pages.PortfolioPage(actor, "https://a.example/u"),
        "work.html": pages.WorkPage(actor, "", (bare,), "https://a.example/works/1"),
        "upload.html": desk.UploadPage(none, "", "", 1, 1, 1, 800, (), ()),
        "edit.html": desk.EditPage("", "", none, (), "/e", "/w", (), (), is_draft=True),
        "preparation.html": desk.PreparationPage("", "", (), "/e"),
        "withdraw.html": desk.WithdrawPage("", "/w", "/e"),
        "studio.html": desk.StudioPage(),
        "login.html": pages.LoginPage(),
        "setup.html": pages.SetupPage("t"),
        "followfrom.html": pages.InteractPage("https://a.example/u"),
        "person.html": persons.PersonPage(actor, LinkView("b.example", "https://b.example/")),
        "nobody.html": persons.NobodyPage("@x@y"),
        "policy.html": pages.PolicyPage(1, DAY, (), (), "", ""),
        "about.html": pages.AboutPage(),
        "home_feed.html": pages.FeedPage(),
        "notifications.html": pages.NotificationsPage(),
        "followers.html": pages.FollowersPage(),
        "settings.html": pages.SettingsPage(
            "@a@b",
            artist=actor,
            portraits=tuple(pages.PortraitEditView(kind, "/p") for kind in PortraitKind),
        ),
        "post.html": pages.PostPage(post),
        "blocks.html": dealing.BlocksPage(),
        "report.html": dealing.ReportPage(actor, 7),
        "reports.html": dealing.ReportsPage(),
        "held.html": held.HeldPage(),
        "severed.html": cut.SeveredPage(),
        "admin.html": governed.AdminPage(),
        "admin_policy.html": ruled.HouseRulesPage(),
        "admin_policy_draft.html": ruled.DraftPage(),
        "admin_policy_rule.html": ruled.RulePage(),
        "admin_policy_look.html": ruled.LookPage(),
        "admin_policy_history.html": ruled.PolicyHistoryPage(),
        "audit.html": governed.AuditPage(),
        "peers.html": neighbours.PeersPage(),
        "peer.html": neighbours.PeerPage(
            "x.example",
            "/admin/federation/x.example",
            "Neutral",
            "nobody said anything about it",
            is_met=False,
            tiers=OPTIONS,
            action="/word",
        ),
        "federation.html": delivery.FederationPage(),
        "case.html": dealing.CasePage(
            dealing.ReportRow("/admin/reports/1", DAY, None, None),
            "/admin/reports/1",
            outcomes=OPTIONS,
            may_forward=True,
        ),
        "concern.html": dealing.ConcernPage(DAY, is_accused=False, answer="x"),
        "contest.html": dealing.ContestPage("Heron", "A mark.", "/a", "/studio"),
        "likeness.html": LikenessPage(
            picture("A heron"), "Heron", "/@ada/1", actor, None, "", is_trusted=True
        ),
        "moving.html": dealing.MovingPage(
            "@a@b", moved_to=LinkView("@b@c", "https://c.example/@b"), again_from=DAY
        ),
        "comment.html": of_talk.CommentPage("Edit", "/c", may_quote=False),
        "leaving.html": dealing.LeavingPage("@a@b", ends_at=DAY),
        "error.html": pages.ErrorPage(500, "Something broke", "It is our fault."),
        "gone.html": pages.GonePage(),
        "styleguide.html": styleguide(),
        "series.html": of_series.SeriesPage("Birches", actor, 0),
        "series_list.html": of_series.SeriesListPage(),
        "series_new.html": of_series.SeriesNewPage(),
        "series_edit.html": of_series.SeriesEditPage(
            "Birches", none, "/s", (), "/a", "/d", address="@ada_birches@a.example"
        ),
        "series_add.html": of_series.SeriesAddPage("Birches", "/a", "/b"),
        "series_delete.html": of_series.SeriesDeletePage("Birches", "/d", "/b"),
        "requests.html": of_talk.RequestsPage(is_decided=True),
        "messages.html": of_talk.MessagesPage(),
        "watermark.html": desk.WatermarkPage(),
        "invites.html": people.InvitesPage(left=0, is_closed=True),
        "invite.html": people.InvitePage("reader", "/invite/x"),
        "lists.html": of_lists.ListsPage(),
        "list_new.html": of_lists.ListNewPage(),
        "list.html": of_lists.ListPage(of_lists.ListRow(7, "x", "/l", "x", (), 1)),
        "list_draft.html": of_lists.ListDraftPage("x", "/l", DAY),
        "list_change.html": of_lists.ListChangePage("x", "x", "x", "/c", "/l"),
        "list_own.html": of_lists.OwnListPage(),
        "list_mode.html": of_lists.ModePage(is_closed=False),
        "apply.html": people.ApplyPage(closed="By invitation."),
        "apply_status.html": people.ApplyStatusPage(DAY, "declined"),
        "applications.html": people.ApplicationsPage(),
        "house_text.html": people.HouseTextPage("Rules", (), "/rules"),
        "transparency.html": people.TransparencyPage(),
        "came.html": came.CamePage(),
        "crawlers.html": came.CrawlersPage(FormView()),
        "texts.html": people.TextsPage(),
        "closing.html": people.ClosingPage("@a@b"),
        "farewell.html": Closing(ClosingState.CLOSED, DAY, DAY, "", ""),
        "takedown.html": people.TakedownPage((), hides=False),
        "takedown_status.html": people.TakedownStatusPage(DAY, ()),
        "people.html": people.PeoplePage(show="elsewhere"),
        "member.html": people.MemberPage(actor, is_here=False, server_url="/admin/federation/b"),
    }
