"""Every query finds its rows by an index, on both engines."""

from collections.abc import Awaitable, Callable
from typing import LiteralString

import pytest

from server.acts import AuditId
from server.arrivals import ApplicationId, InviteId
from server.comers import WorkVisit
from server.dealings import ReportId, RequestId
from server.holdings import HeldId
from server.likeness import ResemblanceId, Verdict
from server.lists import ListId
from server.model import (
    ActivityId,
    ActorId,
    Follow,
    FollowState,
    JobId,
    JobKind,
    KeyAlgorithm,
    Millis,
    NotificationKind,
    PictureId,
    PostId,
    ReactionKind,
    SeriesId,
    TargetId,
    TicketPurpose,
    Visibility,
    WorkId,
)
from server.passages import Cause, CauseKind, Envelope, Severance, VisitKey, VisitSum
from server.permits import InteractionKind
from server.ports import Transaction
from server.rules import Door, InboundFacts
from server.series_elsewhere import SeriesElsewhereId
from server.shots import ShotId
from server.visitors import VisitorClass
from storage.database import Connection, Row, Value
from storage.engines import open_engine
from storage.library import transaction_on
from tests.contract.samples import NOW, work

SERIES = SeriesId(1)
ME, WORK, POST, TARGET = ActorId(1), WorkId(1), PostId(1), TargetId(1)
SEEN = (Visibility.PUBLIC, Visibility.UNLISTED)
LIKENESS = ResemblanceId(1)
ACCEPTED = FollowState.ACCEPTED
QUOTE = InteractionKind.QUOTE
ENVELOPE = Envelope(InboundFacts(peer="x"), "allow", "", at=NOW)
VISITS = VisitSum(VisitKey(9, Door.WEB, VisitorClass.VISITOR), 1, 1, 0)
CAME = WorkVisit(9, VisitorClass.DATASET, "x", 1, 1, 1, media_key="0" * 40)
SEVERANCE = Severance(
    9, Follow(ME, ME, ACCEPTED, "x", NOW), Cause(CauseKind.WORD, 1), "", severed_at=NOW
)
# What may be read whole: a handful of rows, or a list that came in as a parameter.
SMALL = (
    "json_each", "level", "due", "crowd", "named", "target", "policies", "placed", "subquery",
    "residents", "CONSTANT ROW", "house_texts", "ledger_heads",
)  # fmt: skip

QUERIES: list[tuple[str, Callable[[Transaction], Awaitable[object]]]] = [
    ("lists_pkey", lambda tx: tx.lists.by_id(ListId(1))),
    ("lists_name_key", lambda tx: tx.lists.by_name("x")),
    ("lists_own", lambda tx: tx.lists.own()),
    ("list_entries_list_id_domain_key", lambda tx: tx.lists.entries(ListId(1), after="a", limit=9)),
    ("list_entries_by_severity", lambda tx: tx.lists.counts()),
    ("list_entries_of_domain", lambda tx: tx.lists.naming(["a"])),
    ("list_entries_list_id_domain_key", lambda tx: tx.lists.change(ListId(1), drop=["a"])),
    ("list_drafts_pkey", lambda tx: tx.lists.draft(ListId(1))),
    ("list_excludes_list_id_domain_key", lambda tx: tx.lists.include(ListId(1), "a")),
    ("list_excludes_list_id_domain_key lists_pkey", lambda tx: tx.lists.remove(ListId(1))),
    ("list_events_pkey", lambda tx: tx.lists.events(after=1)),
    ("ledger_of_subject", lambda tx: tx.ledger.latest("x")),
    ("ledger_of_subject", lambda tx: tx.ledger.of_subject("x")),
    ("ledger_number_key", lambda tx: tx.ledger.unsealed()),
    ("ledger_number_key", lambda tx: tx.ledger.chain(after=5)),
    ("ledger_heads_pkey", lambda tx: tx.ledger.heads()),
    ("ledger_salts_pkey", lambda tx: tx.ledger.salt_if_any(ME)),
    ("ledger_end_pkey", lambda tx: tx.ledger.end()),
    ("work_visits_pkey", lambda tx: tx.comers.visits_of_artist(ME, 5)),
    ("work_visits_pkey", lambda tx: tx.comers.visits_of_work(WORK)),
    ("work_visits_given", lambda tx: tx.comers.visits_given(5)),
    ("work_visits_by_day", lambda tx: tx.comers.sweep(5)),
    ("closer_looks_pkey", lambda tx: tx.comers.looks_of_artist(ME, 5)),
    ("closer_looks_pkey", lambda tx: tx.comers.looks_of_work(WORK)),
    ("closer_looks_by_day", lambda tx: tx.comers.sweep_looks(5)),
    ("spent_sums_until", lambda tx: tx.proofs.sweep(NOW)),
    ("tidings_by_time", lambda tx: tx.tidings.of_others(1, NOW)),
    ("tidings_by_time", lambda tx: tx.tidings.sweep(NOW)),
    ("copies_of_work", lambda tx: tx.comers.copies_of_work(WORK)),
    ("copies_of_work", lambda tx: tx.comers.holders(ME)),
    ("traffic_price_pkey", lambda tx: tx.comers.price()),
    ("visits_pkey", lambda tx: tx.visits.by_class(5)),
    ("pictures_by_media_key former_keys_media_key_key", lambda tx: tx.comers.add_visits([CAME])),
    ("case_evidence_report_id_position_key", lambda tx: tx.cases.shown(ReportId(1), 0)),
    ("case_evidence_report_id_position_key", lambda tx: tx.cases.count_shown(ReportId(1))),
    (
        "case_evidence_report_id_position_key reports_closed",
        lambda tx: tx.cases.forget_shown(NOW),
    ),
    ("likenesses_pkey pictures_of_work", lambda tx: tx.likenesses.of_work(WORK)),
    (
        "likenesses_pkey likeness_bands_band_picture_id_key",
        lambda tx: tx.likenesses.near([1, 2, 3]),
    ),
    (
        "likenesses_pkey pictures_pkey works_pkey pictures_of_work",
        lambda tx: tx.likenesses.of_pictures([PictureId(1)]),
    ),
    ("pictures_pkey likenesses_pkey", lambda tx: tx.likenesses.unknown(after=PictureId(1))),
    ("resemblances_pkey pictures_pkey", lambda tx: tx.likenesses.resemblance(LIKENESS)),
    ("resemblances_pkey", lambda tx: tx.likenesses.settle(LIKENESS, Verdict.FINE)),
    ("artists_handle_folded_key", lambda tx: tx.artists.by_handle("x")),
    ("artists_handle_folded_key", lambda tx: tx.artists.page(after_handle="x")),
    ("signing_keys_by_actor", lambda tx: tx.artists.key_of(ME)),
    ("signing_keys_by_actor", lambda tx: tx.artists.drop_keys(ME, but=["x"])),
    ("signing_keys_by_actor", lambda tx: tx.artists.lacking_key(KeyAlgorithm.ED25519)),
    ("sessions_token_hash_key", lambda tx: tx.artists.session("x", NOW)),
    ("sessions_by_artist", lambda tx: tx.artists.end_sessions_of(ME)),
    ("tickets_token_hash_key", lambda tx: tx.artists.use_ticket("x", TicketPurpose.SETUP, NOW)),
    ("sessions_by_end tickets_by_end", lambda tx: tx.artists.sweep(NOW)),
    ("actors_uri_key", lambda tx: tx.actors.by_uri("x")),
    ("actors_by_key_id", lambda tx: tx.actors.by_key_id("x")),
    ("actors_by_address", lambda tx: tx.actors.by_address("x", "y")),
    ("actors_by_inbox", lambda tx: tx.actors.at_inbox("x")),
    ("actors_pkey", lambda tx: tx.actors.many([ME])),
    (
        "posts_of_actor notifications_about_actor notifications_about_target reactions_to_target",
        lambda tx: tx.actors.mark_gone(ME, NOW),
    ),
    ("works_pkey", lambda tx: tx.works.many([WORK])),
    ("works_hung_by_artist", lambda tx: tx.works.of_artist(ME, SEEN, before=WORK)),
    ("works_in_studio", lambda tx: tx.works.in_studio(ME, before=WORK)),
    ("works_pkey", lambda tx: tx.works.of_all(before=WORK)),
    ("works_public", lambda tx: tx.works.newest(before=WORK)),
    ("work_tags_by_tag works_pkey", lambda tx: tx.works.tagged("oil", before=WORK)),
    ("work_tags_of_work", lambda tx: tx.works.update(work(1, tags=()))),
    ("works_hung_by_artist works_pkey", lambda tx: tx.works.latest([ME])),
    ("works_hung_by_artist", lambda tx: tx.works.neighbours(work(1), SEEN)),
    ("works_hung_by_artist", lambda tx: tx.works.count(ME, SEEN)),
    ("works_pinned", lambda tx: tx.works.pinned(ME, SEEN)),
    ("work_tags_of_work", lambda tx: tx.works.tags_of(ME)),
    ("works_by_hanging", lambda tx: tx.works.count_active(NOW)),
    ("works_by_quote_approval", lambda tx: tx.works.quoting("x")),
    ("portraits_media_key_key", lambda tx: tx.portraits.by_media_key("x")),
    ("portraits_pkey", lambda tx: tx.portraits.of_artist(ME)),
    ("pictures_by_media_key", lambda tx: tx.works.by_media_key("x")),
    ("shots_of_work", lambda tx: tx.shots.of_works([WORK])),
    ("shots_by_key", lambda tx: tx.shots.by_video_key("x")),
    ("former_videos_pkey", lambda tx: tx.shots.was_video("x")),
    ("shots_of_artist pictures_of_shot", lambda tx: tx.shots.bytes_of(ME)),
    ("pictures_of_shot", lambda tx: tx.shots.remove_picture(ShotId(1))),
    ("shots_pkey", lambda tx: tx.shots.remove(ShotId(1))),
    ("shots_by_digest", lambda tx: tx.works.digests_in_use(["x"])),
    (
        "pictures_by_original renditions_by_digest artists_by_watermark_logo shots_by_digest",
        lambda tx: tx.works.digests(after="x"),
    ),
    (
        "pictures_by_original renditions_by_digest artists_by_watermark_logo portraits_by_digest",
        lambda tx: tx.works.digests_in_use(["x"]),
    ),
    ("renditions_picture_id_position_key", lambda tx: tx.works.remove_picture(PictureId(1))),
    ("posts_uri_key", lambda tx: tx.posts.by_uri("x")),
    ("posts_in_thread", lambda tx: tx.posts.thread(WORK, after=POST)),
    ("posts_answering", lambda tx: tx.posts.replies_to(TARGET, after=POST)),
    ("posts_answering", lambda tx: tx.posts.count_replies_to(TARGET)),
    (
        "follows_of_follower works_hung_by_artist posts_in_feeds reactions_boosts",
        lambda tx: tx.feeds.stretch(ME, before=TARGET),
    ),
    ("follows_of_followee", lambda tx: tx.feeds.shows_boosts_of(ME)),
    (
        "follows_follower_id_followee_id_key",
        lambda tx: tx.feeds.show_boosts(ME, ME, is_on=False),
    ),
    ("posts_pkey", lambda tx: tx.feeds.note_brought(POST, NOW)),
    ("posts_pkey", lambda tx: tx.feeds.note_boosted(TARGET, NOW)),
    ("activities_pkey", lambda tx: tx.activities.stands(ActivityId(1))),
    (
        "posts_brought posts_answering reactions_to_target works_quoting",
        lambda tx: tx.feeds.sweep(NOW, NOW, limit=9),
    ),
    ("posts_local", lambda tx: tx.posts.count_local()),
    ("post_readers_of_reader", lambda tx: tx.posts.messages(ME, before=POST)),
    ("posts_answering", lambda tx: tx.posts.private_answers(POST, ME)),
    ("posts_by_quote_approval", lambda tx: tx.posts.quoting("https://far.example/a")),
    ("", lambda tx: tx.requests.of(QUOTE, "x", TARGET)),
    ("requests_to_target", lambda tx: tx.requests.by_actor(QUOTE, ME, TARGET)),
    ("requests_of_artist", lambda tx: tx.requests.waiting(ME, before=RequestId(9))),
    ("requests_of_artist", lambda tx: tx.requests.approved(ME, before=RequestId(9))),
    ("requests_of_artist", lambda tx: tx.requests.count_waiting(ME)),
    ("requests_waiting", lambda tx: tx.requests.outdated(NOW, limit=9)),
    (
        "posts_answering reactions_to_target notifications_about_target",
        lambda tx: tx.posts.remove(POST),
    ),
    ("follows_follower_id_followee_id_key", lambda tx: tx.relations.follow(ME, ME)),
    ("follows_by_uri", lambda tx: tx.relations.follow_by_uri("x")),
    ("follows_of_followee", lambda tx: tx.relations.followers(ME, ACCEPTED, before=NOW)),
    ("follows_of_follower", lambda tx: tx.relations.following(ME, ACCEPTED, before=NOW)),
    ("follows_of_followee", lambda tx: tx.relations.count_followers(ME)),
    ("follows_of_follower", lambda tx: tx.relations.count_following(ME)),
    ("follows_of_followee", lambda tx: tx.relations.follower_uris(ME, before=NOW)),
    ("follows_of_follower", lambda tx: tx.relations.following_uris(ME, before=NOW)),
    ("follows_of_followee", lambda tx: tx.relations.followers_on(ME, "https://far.example/")),
    ("follows_of_followee", lambda tx: tx.relations.local_followers(ME)),
    ("follows_of_followee", lambda tx: tx.relations.follower_inboxes(ME)),
    ("follows_of_followee", lambda tx: tx.relations.has_local_follower(ME)),
    ("reactions_by_uri", lambda tx: tx.reactions.by_uri("x")),
    ("reactions_to_target", lambda tx: tx.reactions.of_target(TARGET, ReactionKind.LIKE)),
    (
        "reactions_to_target posts_in_thread posts_answering",
        lambda tx: tx.reactions.counts([TARGET]),
    ),
    ("reactions_actor_id_target_id_kind_key", lambda tx: tx.reactions.of_actor(ME, [TARGET])),
    ("reactions_with_emoji", lambda tx: tx.reactions.emojis([TARGET])),
    ("reactions_", lambda tx: tx.reactions.own_emojis(ME, [TARGET])),
    ("", lambda tx: tx.reactions.of(ReactionKind.LIKE, ME, TARGET)),  # two indexes fit
    ("words_domain_key", lambda tx: tx.neighbours.word_of("x")),
    ("peer_policies_host_key", lambda tx: tx.neighbours.policy_of("x")),
    ("peer_policies_known", lambda tx: tx.neighbours.claims()),
    ("peer_policies_host_key", lambda tx: tx.neighbours.page(after="x", search="y")),
    ("peer_policies_due", lambda tx: tx.neighbours.due_policies(NOW, met_since=NOW)),
    ("peer_numbers_host_key", lambda tx: tx.neighbours.numbers(["x", "y"])),
    ("peer_numbers_pkey", lambda tx: tx.neighbours.host_numbered(5)),
    ("activities_incoming", lambda tx: tx.neighbours.speakers(NOW)),
    ("actors_uri_key", lambda tx: tx.neighbours.is_companion("https://far.example/")),
    ("actors_uri_key", lambda tx: tx.neighbours.follows_with("https://far.example/")),
    ("envelopes_of_peer", lambda tx: tx.neighbours.decisions_on("x", NOW)),
    (
        "actors_uri_key follows_of_follower posts_of_actor copies_host_work_id_key",
        lambda tx: tx.neighbours.counts_with("https://far.example/", "far.example"),
    ),
    (
        "copies_of_work actors_by_address",
        lambda tx: tx.neighbours.inboxes_with_copy(WORK),
    ),
    ("held_pkey", lambda tx: tx.held.by_id(HeldId(1))),
    ("held_actor_uri_kind_subject_key", lambda tx: tx.held.of("x", "post", "y")),
    ("held_waiting", lambda tx: tx.held.waiting(before=HeldId(9))),
    ("held_waiting", lambda tx: tx.held.count_waiting()),
    ("held_pkey activities_pkey", lambda tx: tx.held.drop(HeldId(1))),
    ("held_pkey", lambda tx: tx.held.remove(HeldId(1))),
    ("held_actor_uri_kind_subject_key", lambda tx: tx.held.take_back("x", "y")),
    ("held_by_time activities_pkey held_pkey", lambda tx: tx.held.sweep(NOW)),
    (
        "actors_uri_key held_actor_uri_kind_subject_key follows_of_followee follows_of_follower",
        lambda tx: tx.actors.met(["x"]),
    ),
    ("audit_pkey", lambda tx: tx.audit.page(before=AuditId(9))),
    ("audit_of_act", lambda tx: tx.audit.page(act="report.closed", before=AuditId(9))),
    ("blocks_blocker_id_blocked_id_key", lambda tx: tx.blocks.between(ME, ME)),
    ("blocks_", lambda tx: tx.blocks.among(ME, [ME])),  # any of theirs: all are narrow
    ("blocks_blocker_id_blocked_id_key", lambda tx: tx.blocks.of(ME, ME)),
    ("blocks_by_uri", lambda tx: tx.blocks.by_uri("x")),
    ("blocks_by_time", lambda tx: tx.blocks.by(ME, before=NOW)),
    ("blocks_of_blocked", lambda tx: tx.actors.mark_gone(ME, NOW)),
    ("artists_handle_folded_key", lambda tx: tx.artists.search("x")),
    ("actors_restrained", lambda tx: tx.actors.restrained(before=ME)),
    ("actors_by_handle", lambda tx: tx.actors.search("x", after=ME)),
    ("actors_by_address", lambda tx: tx.actors.search("x", "far.example", after=ME)),
    ("actors_pkey", lambda tx: tx.actors.restrain(ME, silenced_at=NOW, suspended_at=None)),
    ("reports_pkey", lambda tx: tx.reports.hold(ReportId(1))),
    ("reports_assigned", lambda tx: tx.reports.assigned("mo")),
    ("reports_closed", lambda tx: tx.reports.outcomes_since(NOW)),
    ("reports_by_time", lambda tx: tx.reports.count_notices_since(NOW)),
    ("case_notes_of_report", lambda tx: tx.cases.notes(ReportId(1))),
    ("withheld_by_report", lambda tx: tx.cases.withheld_by(ReportId(1))),
    ("withheld_by_time", lambda tx: tx.cases.count_withheld_since(NOW)),
    ("notices_by_sender", lambda tx: tx.cases.count_notices_of("x")),
    ("notices_by_sender reports_pkey", lambda tx: tx.cases.forget_senders(NOW)),
    ("notices_by_sender withheld_by_report", lambda tx: tx.cases.count_withheld_for("x")),
    ("cleared_target_id_report_id_key", lambda tx: tx.cases.cleared([TARGET])),
    ("notices_token_hash_key", lambda tx: tx.cases.notice_by_token("x")),
    ("reports_closed", lambda tx: tx.cases.forget_notices(NOW)),
    ("notifications_", lambda tx: tx.notifications.drop(ME, NotificationKind.CASE, TARGET)),
    ("house_texts_pkey", lambda tx: tx.texts.newest()),
    ("house_texts_pkey", lambda tx: tx.texts.history()),
    ("reports_of_accused", lambda tx: tx.reports.about(ME)),
    ("invites_token_hash_key", lambda tx: tx.invites.by_token("x")),
    ("invites_pkey", lambda tx: tx.invites.page(before=InviteId(9))),
    ("invites_by_maker", lambda tx: tx.invites.page(ME, before=InviteId(9))),
    ("invite_guests_of_invite", lambda tx: tx.invites.guests([InviteId(1)])),
    ("invites_by_end invites_revoked applications_by_invite", lambda tx: tx.invites.sweep(NOW)),
    ("applications_token_hash_key", lambda tx: tx.applications.by_token("x")),
    ("applications_waiting", lambda tx: tx.applications.waiting()),
    ("applications_waiting", lambda tx: tx.applications.count_waiting()),
    ("applications_by_time", lambda tx: tx.applications.count_since(NOW)),
    ("application_samples", lambda tx: tx.applications.samples(ApplicationId(1))),
    (
        "applications_decided applications_by_time",
        lambda tx: tx.applications.sweep(decided_before=NOW, made_before=NOW),
    ),
    ("reports_open", lambda tx: tx.reports.page(before=ReportId(9))),
    ("reports_pkey", lambda tx: tx.reports.page(is_open=False, before=ReportId(9))),
    ("reports_by_time", lambda tx: tx.reports.count_from("x", NOW)),
    ("artists_with_sizes", lambda tx: tx.artists.sizes()),
    ("policy_drafts_pkey", lambda tx: tx.policies.draft(ME)),
    ("policies_pkey", lambda tx: tx.policies.version(1)),
    ("artists_staff", lambda tx: tx.artists.staff()),
    ("actors_pkey", lambda tx: tx.actors.mark_moved(ME, "x", since=NOW, at=NOW)),
    ("posts_of_actor", lambda tx: tx.posts.hide(ME, ME, is_hidden=True)),
    ("posts_featured", lambda tx: tx.posts.featured(ME)),
    ("requests_of_a", lambda tx: tx.requests.forget(ME, ME)),
    ("notifications_about_actor", lambda tx: tx.notifications.forget(ME, ME)),
    ("activities_pkey", lambda tx: tx.activities.by_id(ActivityId(1))),
    ("activities_dedupe_key", lambda tx: tx.activities.forget("x", "y")),
    ("activities_dedupe_key", lambda tx: tx.activities.was_forgotten("x", "y")),
    ("activities_dedupe_key", lambda tx: tx.activities.holds("x")),
    ("notifications_of_artist", lambda tx: tx.notifications.page(ME, before=9)),
    ("notifications_unread", lambda tx: tx.notifications.count_unread(ME)),
    ("notifications_unread", lambda tx: tx.notifications.mark_read(ME, 9, NOW)),
    ("people_looked_at_pkey", lambda tx: tx.elsewhere.person(ME)),
    ("people_looked_at_pkey", lambda tx: tx.elsewhere.forget(ME)),
    (
        "people_looked_at_last actors_pkey follows_of_followee people_looked_at_pkey",
        lambda tx: tx.elsewhere.sweep(NOW, limit=9),
    ),
    ("series_elsewhere_of_actor", lambda tx: tx.elsewhere.series_of(ME)),
    ("series_elsewhere_of_actor", lambda tx: tx.elsewhere.keep_only(ME, [])),
    ("series_elsewhere_pkey", lambda tx: tx.elsewhere.series(SeriesElsewhereId(1))),
    ("series_elsewhere_pkey", lambda tx: tx.elsewhere.remove_series(SeriesElsewhereId(1))),
    ("series_elsewhere_uri_key", lambda tx: tx.elsewhere.series_at("x")),
    ("posts_in_feeds", lambda tx: tx.elsewhere.posts_of(ME, ME)),
    ("posts_in_feeds posts_pkey", lambda tx: tx.elsewhere.posts_of(ME, ME, before=POST)),
    ("posts_uri_key", lambda tx: tx.elsewhere.posts_at(ME, ME, ["x"])),
    ("series_artist_id_slug_key", lambda tx: tx.series.by_slug(ME, "x")),
    ("series_artist_id_slug_key", lambda tx: tx.series.of_artist(ME)),
    ("series_by_actor", lambda tx: tx.series.by_actor(ME)),
    ("series_pkey", lambda tx: tx.series.hold(SERIES)),
    (
        "series_artist_id_slug_key series_works_in_order works_pkey",
        lambda tx: tx.series.shown(ME, SEEN),
    ),
    ("series_works_of_work series_pkey", lambda tx: tx.series.of_works([WORK])),
    ("series_works_in_order", lambda tx: tx.series.works(SERIES)),
    ("series_works_in_order works_pkey", lambda tx: tx.series.visible(SERIES, SEEN)),
    ("works_pkey", lambda tx: tx.series.entries(SERIES, SEEN)),
    ("series_works_series_id_work_id_key", lambda tx: tx.series.added_at(SERIES, WORK)),
    ("series_works_series_id_work_id_key", lambda tx: tx.series.drop(SERIES, WORK)),
    ("policies_pkey", lambda tx: tx.policies.history()),
    (
        "jobs_leased jobs_waiting jobs_waiting_in_queue jobs_running_in_queue",
        lambda tx: tx.jobs.claim(NOW, lease_until=NOW, limit=3, kinds=(JobKind.SAY,)),
    ),
    ("jobs_leased jobs_waiting", lambda tx: tx.jobs.due_kinds(NOW)),
    ("jobs_pkey", lambda tx: tx.jobs.retry(JobId(1), NOW)),
    ("jobs_by_state", lambda tx: tx.jobs.counts()),
    ("jobs_buried", lambda tx: tx.jobs.buried()),
    ("jobs_falling_due", lambda tx: tx.jobs.oldest_due(Millis(1))),
    ("jobs_falling_due", lambda tx: tx.jobs.next_run_at()),
    ("jobs_falling_due", lambda tx: tx.jobs.waiting()),
    ("jobs_leased", lambda tx: tx.jobs.running()),
    (
        "jobs_running_in_queue jobs_waiting_in_queue",
        lambda tx: tx.jobs.add(
            JobKind.DELIVER, b"{}", job_id=JobId(1), run_at=NOW, queue="x", priority=6
        ),
    ),
    ("jobs_pkey", lambda tx: tx.jobs.done(JobId(1))),
    ("jobs_waiting_in_queue", lambda tx: tx.jobs.hasten(["x"], NOW)),
    ("jobs_buried_in_queue jobs_behind", lambda tx: tx.jobs.retry_all(["x"], NOW)),
    ("jobs_behind jobs_running_in_queue", lambda tx: tx.jobs.mend()),
    ("jobs_buried", lambda tx: tx.jobs.sweep(JobId(1))),
    ("envelopes_pkey", lambda tx: tx.envelopes.add([ENVELOPE])),
    ("envelopes_pkey", lambda tx: tx.envelopes.page(NOW, after=(9, 9))),
    ("envelopes_pkey", lambda tx: tx.envelopes.count(NOW)),
    ("envelopes_in_shadow", lambda tx: tx.envelopes.in_shadow(NOW, after=(9, 9))),
    ("envelopes_pkey", lambda tx: tx.envelopes.sweep(NOW)),
    ("visits_pkey", lambda tx: tx.visits.add([VISITS])),
    ("visits_pkey", lambda tx: tx.visits.page(9, after=VISITS)),
    ("visits_in_shadow", lambda tx: tx.visits.in_shadow(9)),
    ("visits_pkey", lambda tx: tx.visits.bytes_of(9)),
    ("visits_pkey", lambda tx: tx.visits.sweep(9)),
    (
        "follows_follower_id_followee_id_key actors_pkey",
        lambda tx: tx.severances.across(after=(ME, ME)),
    ),
    (
        "follows_follower_id_followee_id_key",
        lambda tx: tx.severances.suspend([]),
    ),
    ("severances_pkey", lambda tx: tx.severances.put(SEVERANCE)),
    (
        "follows_follower_id_followee_id_key",
        lambda tx: tx.severances.lift(SEVERANCE, SEVERANCE.follow),
    ),
    ("follows_follower_id_followee_id_key", lambda tx: tx.severances.end(SEVERANCE)),
    ("severances_pkey", lambda tx: tx.severances.by_ids([9])),
    ("severances_follower_id_followee_id_key", lambda tx: tx.severances.of_pair(ME, ME)),
    ("severances_pkey actors_pkey", lambda tx: tx.severances.page(before=9)),
    ("severances_suspended", lambda tx: tx.severances.due(NOW)),
    ("severances_pkey actors_pkey", lambda tx: tx.severances.suspended(after=9)),
    ("severances_pkey", lambda tx: tx.severances.remove([9])),
    ("severances_by_time follows_follower_id_followee_id_key", lambda tx: tx.severances.sweep(NOW)),
    (
        "severances_of_followee severances_follower_id_followee_id_key",
        lambda tx: tx.actors.mark_gone(ME, NOW),
    ),
    ("follows_of_followee", lambda tx: tx.relations.believed_followers(ME)),
    ("peers_host_key", lambda tx: tx.peers.by_host("x")),
    ("peers_host_key", lambda tx: tx.peers.many(["x"])),
    ("peers_failing", lambda tx: tx.peers.failing()),
    ("peers_dead", lambda tx: tx.peers.dead()),
    ("undelivered_to_target", lambda tx: tx.peers.undelivered([TARGET])),
    ("undelivered_to_target", lambda tx: tx.peers.forget_undelivered("x", TARGET)),
    ("undelivered_by_time", lambda tx: tx.peers.sweep(NOW)),
    (
        "actors_departed",
        lambda tx: tx.departures.departed("x"),
    ),
    (
        "works_in_studio works_withdrawn posts_of_actor posts_in_thread posts_answering",
        lambda tx: tx.departures.acquaintances(ME),
    ),
    ("works_in_studio works_withdrawn", lambda tx: tx.departures.erase_works(ME)),
    (
        "activities_said post_readers_of_reader notifications_of_artist",
        lambda tx: tx.departures.erase_person(ME, "x", but="y"),
    ),
    ("jobs_by_state", lambda tx: tx.departures.has_deliveries([ME])),
    ("signing_keys_by_actor", lambda tx: tx.departures.drop_keys([ME])),
    (
        "activities_outgoing activities_incoming",
        lambda tx: tx.activities.sweep(outgoing_before=NOW, incoming_before=NOW),
    ),
]


class _Explained:
    """Passes every statement on, after asking for its plan."""

    def __init__(self, connection: Connection, explain: LiteralString) -> None:
        self._connection = connection
        self._explain = explain
        self.plans: list[str] = []

    async def fetch_one(self, sql: LiteralString, /, **params: Value) -> Row | None:
        await self._ask(sql, params)
        return await self._connection.fetch_one(sql, **params)

    async def fetch_all(self, sql: LiteralString, /, **params: Value) -> list[Row]:
        await self._ask(sql, params)
        return await self._connection.fetch_all(sql, **params)

    async def execute(self, sql: LiteralString, /, **params: Value) -> int:
        await self._ask(sql, params)
        return await self._connection.execute(sql, **params)

    async def _ask(self, sql: LiteralString, params: dict[str, Value]) -> None:
        rows = await self._connection.fetch_all(self._explain + sql, **params)
        column = "detail" if "QUERY PLAN" in self._explain else "QUERY PLAN"
        self.plans += [row[column] for row in rows]


async def _plans(
    url: str, call: Callable[[Transaction], Awaitable[object]], *, in_order: bool = False
) -> list[str]:
    """Ask for the plans of `call`. `in_order`: without bitmaps, which would want a sort.

    Elsewhere PostgreSQL needs them for an OR; without, it walks small tables it has just counted.
    """
    engine = open_engine(url)
    try:
        async with engine.writing() as connection:
            explain: LiteralString = "EXPLAIN QUERY PLAN "
            if url.startswith("postgresql"):
                await connection.execute("SET LOCAL enable_seqscan = off")
                if in_order:
                    await connection.execute("SET LOCAL enable_bitmapscan = off")
                explain = "EXPLAIN "
            explained = _Explained(connection, explain)
            await call(transaction_on(explained))
        return explained.plans
    finally:
        await engine.close()


@pytest.mark.parametrize(("index", "call"), QUERIES)
async def test_a_query_uses_its_index(
    database_url: str, index: str, call: Callable[[Transaction], Awaitable[object]]
) -> None:
    plans = await _plans(database_url, call)
    text = "\n".join(plans)
    # Of several indexes PostgreSQL takes one or the other as its counts of nearly empty tables
    # change under it; that it takes one at all is what counts there.
    wanted = [] if database_url.startswith("postgresql") else index.split()
    for name in wanted:
        assert name in text or name.endswith(("_key", "_pkey")), text
    walked = [
        line
        for line in plans
        if ((line.startswith("SCAN ") and "USING" not in line) or "Seq Scan on " in line)
        and not any(small in line for small in SMALL)
    ]
    assert walked == [], text


@pytest.mark.parametrize(
    "call",
    [
        lambda tx: tx.works.of_artist(ME, SEEN, before=WORK),
        lambda tx: tx.works.in_studio(ME, before=WORK),
        lambda tx: tx.works.newest(before=WORK),
        lambda tx: tx.posts.thread(WORK, after=POST),
        lambda tx: tx.posts.replies_to(TARGET, after=POST),
        lambda tx: tx.notifications.page(ME, before=9),
        lambda tx: tx.artists.page(after_handle="x"),
        lambda tx: tx.jobs.buried(),
        lambda tx: tx.jobs.next_run_at(),
    ],
)
async def test_a_page_comes_in_order_from_its_index_without_sorting(
    database_url: str, call: Callable[[Transaction], Awaitable[object]]
) -> None:
    first = (await _plans(database_url, call, in_order=True))[-12:]
    assert not any("TEMP B-TREE" in line or "Sort" in line for line in first), first
