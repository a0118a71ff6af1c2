"""The fediverse's security advisories as a checklist: what broke elsewhere, and what keeps it
from breaking here.

Each line names the tests in which the attack fails beside a control that succeeds, or says why
what it attacks is not here. Whoever builds such a part replaces the sentence by a test.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Line:
    """One advisory, or several with one root cause."""

    names: tuple[str, ...]
    lesson: str
    tests: tuple[str, ...] = ()  # module below tests/, "::", function
    absent: str = ""  # why there is nothing to attack here


def _line(names: str, lesson: str, *tests: str, absent: str = "") -> Line:
    return Line(tuple(names.split()), lesson, tests, absent)


_IDENTITY: Final = "security/test_ledger_identity.py::test_"
_AUDIENCE: Final = "security/test_ledger_audience.py::test_"
_FLOODS: Final = "security/test_ledger_floods.py::test_"
_FETCHING: Final = "security/test_ledger_fetching.py::test_"
_ACCOUNTS: Final = "security/test_ledger_accounts.py::test_"
_BENT: Final = "security/test_mutated_activities.py::test_"
_PLACES: Final = f"{_FETCHING}no_place_leads_to_an_address_that_is_nobodys"
_NO_PREVIEWS: Final = "No page that somebody links to is fetched or shown: there are no previews."
_NO_PROXY: Final = "Pictures from elsewhere are not fetched or passed on by this server."
_NO_IMPORT: Final = "Nothing is imported from archives that people upload."

LEDGER: Final = (
    # Mastodon
    _line(
        "CVE-2024-23832",
        "The id that was asked for was compared, not the one that came.",
        f"{_IDENTITY}a_document_speaks_for_the_id_that_it_gives_itself",
        "flows/test_remote.py::test_a_document_that_names_itself_elsewhere_is_refused",
    ),
    _line(
        "CVE-2024-25623",
        "Any JSON counted as ActivityPub, files that users had uploaded too.",
        f"{_IDENTITY}an_uploaded_file_is_nobody",
        f"{_ACCOUNTS}no_file_of_ours_speaks_as_an_actor",
        "flows/test_remote.py::test_a_document_of_another_type_is_no_actor",
    ),
    _line(
        "CVE-2024-37903",
        "An Update widened who may see a post.",
        f"{_AUDIENCE}no_later_word_widens_who_may_see_a_post",
        f"{_AUDIENCE}an_activity_for_everybody_makes_no_private_post_public",
    ),
    _line(
        "CVE-2023-36460",
        "Processing a picture wrote a file outside of its folder.",
        "security/test_web_attacks.py::test_a_file_name_is_words_and_never_a_path",
        "security/test_hidden_things.py::"
        "test_an_upload_is_what_its_bytes_are_and_is_never_served_as_anything_else",
    ),
    _line(
        "CVE-2023-36461",
        "Each piece had a deadline, the whole answer had none.",
        f"{_FLOODS}a_body_that_trickles_in_is_left",
        "web/test_client.py::test_a_server_that_never_ends_its_answer_is_left",
        "web/test_client.py::test_a_flood_of_interim_answers_ends_with_the_time",
    ),
    _line("CVE-2023-36459", "Cards of linked pages carried scripts.", absent=_NO_PREVIEWS),
    _line(
        "CVE-2023-36462",
        "Markup hid parts of a link.",
        f"{_ACCOUNTS}no_part_of_a_link_is_hidden",
    ),
    _line(
        "CVE-2023-42450",
        "What people typed became part of a request that the server made.",
        f"{_IDENTITY}nothing_in_an_address_changes_the_question_that_we_ask",
        "security/test_request_attacks.py::test_nobody_makes_us_ask_a_private_address",
    ),
    _line(
        "CVE-2023-42451",
        "Two spellings of a host were two hosts to one part and one to another.",
        f"{_IDENTITY}an_odd_spelling_of_a_host_makes_nobody_of_it",
        f"{_AUDIENCE}a_refused_server_finds_no_way_round_the_refusal",
    ),
    _line(
        "CVE-2023-42452",
        "Translated text was not cleaned.",
        absent="Nothing is translated by other services.",
    ),
    _line(
        "CVE-2022-46405",
        "Actors on endless subdomains, each leading to the next.",
        f"{_FLOODS}endless_subdomains_come_to_an_end",
        f"{_FLOODS}a_document_that_names_others_makes_us_ask_for_none_of_them",
        f"{_FLOODS}a_talk_without_end_is_not_followed_to_its_end",
        f"{_FLOODS}one_host_is_asked_at_a_bounded_pace",
    ),
    _line(
        "CVE-2022-24307",
        "Compacting hostile JSON-LD took minutes.",
        f"{_FLOODS}of_a_long_list_only_so_much_is_kept",
        "federation/test_ld_signatures.py::"
        "test_a_graph_that_takes_minutes_ends_its_child_after_two_seconds",
    ),
    _line(
        "CVE-2026-22245 GHSA-crr4 GHSA-xx55 GHSA-vwhj",
        "The list of private addresses lacked ranges, IPv4 inside IPv6 among them.",
        _PLACES,
        f"{_FETCHING}outside_of_test_networks_only_public_addresses_are_open",
        f"{_FETCHING}one_open_address_among_closed_ones_is_the_one_that_is_used",
        "web/test_client.py::test_a_name_that_rebinds_before_the_next_connection_is_checked_again",
        "web/test_client.py::test_the_socket_itself_refuses_what_slipped_past_the_checks",
    ),
    _line(
        "CVE-2026-46349 GHSA-chgx",
        "A signed document was read as another one by @graph, @included or @reverse.",
        "federation/test_ld_signatures.py::test_a_document_with_keywords_is_refused",
        "federation/test_ld_signatures.py::test_words_that_nobody_signed_are_not_believed",
        "federation/test_ld_signatures.py::test_what_is_believed_reads_as_it_was_sent",
        f"{_BENT}nothing_changes_but_what_belongs_to_whom_the_signature_names",
    ),
    _line(
        "CVE-2026-23961",
        "Who was suspended came in by another door.",
        f"{_AUDIENCE}a_refused_server_finds_no_way_round_the_refusal",
        "flows/test_apply.py::test_a_domain_refused_after_the_inbox_took_it_in_has_no_effect",
    ),
    _line(
        "CVE-2026-23963 GHSA-gg8q",
        "Names, lists and texts without a limit.",
        f"{_FLOODS}of_a_long_list_only_so_much_is_kept",
        f"{_FLOODS}of_a_long_profile_only_so_much_is_kept",
        f"{_FLOODS}a_mebibyte_is_the_most_that_is_taken_in",
    ),
    _line(
        "GHSA-ccpr",
        "An answer made for one reader was kept for the next.",
        f"{_AUDIENCE}an_answer_for_one_is_kept_for_nobody_else",
    ),
    _line("GHSA-rwcw", "A page's author could be claimed by anybody.", absent=_NO_PREVIEWS),
    _line(
        "GHSA-qrgq",
        "Markup that made the cleaner fail.",
        f"{_FLOODS}cleaning_takes_time_in_proportion_to_the_text",
        f"{_BENT}nothing_changes_but_what_belongs_to_whom_the_signature_names",
    ),
    _line(
        "CVE-2025-62175",
        "A stream stayed open when the right to it ended.",
        absent="Nothing is streamed: each answer ends, and each request is judged anew.",
    ),
    _line(
        "CVE-2026-22246",
        "Somebody's records could be had by their number.",
        f"{_ACCOUNTS}nobody_reads_anothers_notices_away",
        f"{_ACCOUNTS}nobody_sends_anothers_followers_away",
    ),
    _line(
        "CVE-2026-33869",
        "An agreement to one quote was used for the next.",
        f"{_IDENTITY}an_agreement_to_be_quoted_serves_one_post",
    ),
    _line(
        "CVE-2026-27468",
        "A service that nobody had confirmed was trusted.",
        absent="There are no auxiliary services (FASP) that could register here.",
    ),
    _line(
        "GHSA-gwhw",
        "One error for what is hidden, another for what is not there.",
        f"{_AUDIENCE}a_stranger_learns_from_no_answer_what_is_hidden",
        f"{_FETCHING}how_a_sender_could_not_be_reached_is_not_told",
        "security/test_hidden_things.py::test_what_is_hidden_answers_as_what_never_was",
    ),
    _line(
        "GHSA-x2rc",
        "Addresses of any scheme were shown as links.",
        f"{_IDENTITY}a_page_on_another_site_is_not_shown_as_ones_own",
        "security/test_web_attacks.py::test_no_word_from_elsewhere_runs",
    ),
    _line(
        "GHSA-5wxh",
        "An account's address was used without being read.",
        f"{_IDENTITY}a_handle_that_is_none_makes_no_actor",
        f"{_IDENTITY}an_odd_spelling_of_a_host_makes_nobody_of_it",
    ),
    # Pixelfed
    _line(
        "CVE-2024-25108",
        "Being signed in was taken for being allowed.",
        f"{_ACCOUNTS}nobody_changes_anothers_work_by_its_number",
        f"{_ACCOUNTS}nobody_fetches_anothers_original",
    ),
    _line(
        "CVE-2025-30741",
        "A follow that nobody had accepted showed what is for followers.",
        f"{_AUDIENCE}asking_to_follow_shows_nothing_that_is_for_followers",
        f"{_AUDIENCE}a_work_for_followers_is_fetched_by_accepted_ones_alone",
        f"{_AUDIENCE}a_work_for_followers_is_delivered_to_accepted_ones_alone",
        f"{_IDENTITY}a_follow_is_answered_by_whom_it_asked",
    ),
    _line(
        "pixelfed#6643",
        "Sending a follower away needed no right to do so.",
        f"{_ACCOUNTS}nobody_sends_anothers_followers_away",
    ),
    # Misskey
    _line(
        "CVE-2023-49079",
        "Signatures were not verified.",
        f"{_IDENTITY}a_signature_is_verified_and_not_only_read",
    ),
    _line(
        "CVE-2024-32983",
        "What was believed was not what had been signed.",
        "federation/test_ld_signatures.py::"
        "test_terms_that_change_places_are_believed_as_they_were_signed",
        "federation/test_ld_signatures.py::test_words_that_nobody_signed_are_not_believed",
    ),
    _line(
        "CVE-2024-52590 CVE-2024-52591",
        "After a redirect nobody looked where the answer came from.",
        f"{_IDENTITY}a_redirect_moves_no_id_to_another_server",
    ),
    _line(
        "CVE-2024-52592",
        "Anybody could Update a poll.",
        f"{_IDENTITY}only_its_author_changes_a_post",
    ),
    _line(
        "CVE-2024-52593",
        "A link to the original led to somebody else's page.",
        f"{_IDENTITY}a_page_on_another_site_is_not_shown_as_ones_own",
    ),
    _line("CVE-2024-49363", "The proxy for pictures asked itself, for ever.", absent=_NO_PROXY),
    _line("CVE-2025-46340", "Previews carried scripts and styles.", absent=_NO_PREVIEWS),
    _line(
        "CVE-2026-28431",
        "Deeds without a check of who does them.",
        f"{_ACCOUNTS}nobody_changes_anothers_work_by_its_number",
        f"{_ACCOUNTS}nobody_deletes_anothers_comment",
    ),
    _line(
        "CVE-2026-28432",
        "A way around the signature.",
        f"{_IDENTITY}a_signature_is_verified_and_not_only_read",
        f"{_BENT}nothing_changes_but_what_belongs_to_whom_the_signature_names",
    ),
    _line("CVE-2026-28433", "Somebody else's import could be used.", absent=_NO_IMPORT),
    # Fedify, and Lemmy's library
    _line(
        "CVE-2025-54888",
        "The deed was done before its actor was held against the key.",
        f"{_IDENTITY}a_key_speaks_for_its_owner_alone",
        f"{_BENT}nothing_changes_but_what_belongs_to_whom_the_signature_names",
    ),
    _line(
        "CVE-2025-23221",
        "WebFinger followed redirects without a count, and into private networks.",
        f"{_FLOODS}a_circle_of_redirects_is_left_after_three",
        _PLACES,
    ),
    _line(
        "CVE-2025-68475",
        "A pattern that took for ever on some markup.",
        f"{_FLOODS}cleaning_takes_time_in_proportion_to_the_text",
    ),
    _line("CVE-2025-25194", "WebFinger asked private addresses.", _PLACES),
    # PeerTube, BookWyrm, Manyfold
    _line(
        "CVE-2025-32946",
        "Anybody could change anybody's playlist.",
        f"{_IDENTITY}nobody_sorts_anothers_collections",
    ),
    _line(
        "CVE-2025-32947",
        "A collection that led to itself was read for ever.",
        f"{_FLOODS}a_collection_that_leads_to_itself_is_read_once",
        f"{_FLOODS}a_talk_without_end_is_not_followed_to_its_end",
    ),
    _line("CVE-2025-32948", "Making a playlist asked private addresses.", _PLACES),
    _line("CVE-2025-32949", "A small archive became a large one.", absent=_NO_IMPORT),
    _line(
        "CVE-2022-23644",
        "A cover was fetched from wherever it was said to be.",
        _PLACES,
    ),
    _line(
        "manyfold#6609",
        "The page for deeds from elsewhere asked private addresses.",
        _PLACES,
        "security/test_request_attacks.py::test_nobody_makes_us_ask_a_private_address",
    ),
    # Pleroma and Akkoma
    _line(
        "pleroma-2024.03 akkoma-2024.04",
        "Uploads on the server's own name were believed as its own words.",
        f"{_ACCOUNTS}no_file_of_ours_speaks_as_an_actor",
        f"{_IDENTITY}we_are_never_fetched_as_if_we_were_elsewhere",
        f"{_IDENTITY}nobody_has_our_own_words_sent_back_to_us",
    ),
    _line(
        "akkoma-2025.03",
        "A key id was remembered for whoever published it last.",
        f"{_IDENTITY}nobody_takes_anothers_key_id",
    ),
    # Without a number: mechanics that every server learnt the hard way
    _line(
        "deletions",
        "A server that shuts down deletes each of its actors at every inbox.",
        f"{_FLOODS}a_server_that_shuts_down_makes_us_ask_nothing",
        f"{_FLOODS}what_was_deleted_does_not_come_back_with_a_late_create",
        "flows/test_inbox.py::test_the_deletion_of_a_stranger_is_forgotten_without_a_fetch",
    ),
    _line(
        "repetitions",
        "The same activity arrives twice, at one moment or at several inboxes.",
        f"{_FLOODS}what_arrives_many_times_at_once_counts_once",
        f"{_IDENTITY}a_name_that_stands_twice_is_read_by_nobody",
    ),
    _line(
        "bodies",
        "Deep, huge and odd JSON ends a process or its memory.",
        f"{_FLOODS}depth_and_odd_numbers_are_refused_and_never_break_us",
        "web/test_client.py::test_a_bomb_does_not_go_off_in_memory",
        f"{_BENT}a_reader_answers_or_refuses_with_a_sentence",
    ),
)
