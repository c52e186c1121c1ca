//! `docs/security-tests.md`, made of one table.

use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Who attacks; what they try; what comes of it; the test that holds it.
type Row = (&'static str, &'static str, &'static str);

/// The attack list. The names are those of tests anywhere in the project.
pub(crate) const ROWS: &[(&str, &[Row])] = &[
    (
        "Other users of the machine",
        &[
            (
                "plant a link or a file in a folder that every user may write to, into which a key is then written",
                "nothing is written there",
                "nothing_is_written_to_a_folder_that_others_may_write_to",
            ),
            (
                "own the output folder, or one above it, and replace what root writes",
                "refused, with the owner's number",
                "nothing_is_written_to_a_folder_of_another_user",
            ),
            (
                "own, or be able to write to, the folder of a trust bundle, a schedule, a report or a manual page",
                "nothing is written there",
                "no_command_writes_a_file_where_another_user_could_exchange_it",
            ),
            (
                "plant a pipe, or a link to a device, where a file is to be written, to read it, or to exchange it for a link that root then writes through",
                "refused unless it is ours or root's and stands where a file would be written; nothing is written",
                "no_command_writes_into_a_pipe_that_another_user_owns_or_could_exchange",
            ),
            (
                "own such a pipe, or a link, in a folder that every user may write to",
                "refused, with the owner's number",
                "a_pipe_of_another_user_is_not_written_to",
            ),
            (
                "exchange a pipe for a link, a file or another pipe after it was looked at",
                "no link is followed, nothing is cut off or written",
                "what_is_no_longer_what_was_seen_is_neither_followed_nor_written_to",
            ),
            (
                "have a pipe or a device named as an output file, to hang us, fill memory or lose the device",
                "it is written to and stays what it is; a pipe that nothing reads from is an error",
                "a_pipe_stays_one_and_is_written_to_if_something_reads_from_it",
            ),
            (
                "keep a pipe open and read nothing, to have us wait for ever",
                "given up after 30 seconds in which nothing was read",
                "a_pipe_whose_reader_takes_nothing_is_given_up",
            ),
            (
                "the same with a device",
                "it stays one",
                "a_device_is_not_replaced",
            ),
            (
                "have root's `/dev/stdout` named as an output file while it is a file, to lose the link",
                "what is written arrives after what is there; the link stays",
                "what_is_written_to_a_descriptor_arrives_whatever_it_is",
            ),
            (
                "plant a finished staging folder with their own key in it",
                "it is not put in place",
                "a_stage_that_another_user_planted_is_not_finished_as_ours",
            ),
            (
                "replace the folder in which a set is prepared with a link to another folder, to have that one emptied",
                "refused; nothing is emptied",
                "a_link_where_a_set_is_prepared_is_not_followed",
            ),
            (
                "give a link the name of a lock file",
                "it is not followed",
                "a_link_with_the_name_of_a_lock_is_not_followed",
            ),
            (
                "create the staging folder first, with access for themselves",
                "refused",
                "a_stage_that_others_may_enter_is_not_used",
            ),
            (
                "offer a CRL cache of their own, in which nothing is revoked",
                "refused",
                "a_cache_of_another_user_is_not_relied_on",
            ),
            (
                "own a folder above the CRL cache, and put another cache in its place",
                "refused by readers and writers",
                "a_cache_below_a_folder_of_another_user_is_not_relied_on",
            ),
            (
                "own the folder of trust entries, or one above it, and put a root of their own there",
                "refused, with the owner's number; the root is not trusted",
                "trust_entries_in_a_folder_of_another_user_are_not_believed",
            ),
            (
                "have more CAs added to the trust store than are read, to lock its owner out",
                "nothing is added",
                "no_more_entries_are_added_than_are_read",
            ),
            (
                "fill the trust store with more entries than are read",
                "they can be listed and removed",
                "a_trust_store_with_too_many_entries_can_be_listed_and_emptied",
            ),
            (
                "write to a cache in a folder that the group or every user may write to",
                "refused by readers and writers",
                "a_cache_that_others_may_write_to_is_refused_by_readers_and_writers",
            ),
            (
                "replace one CRL in a cache",
                "that CRL is damaged and never used",
                "a_crl_that_others_may_write_to_is_damaged",
            ),
            (
                "exploit a process that runs with umask 000",
                "no file of ours is writable by others; keys are 0600",
                "nothing_of_ours_can_be_written_by_others_whatever_the_umask",
            ),
            (
                "own a link on the path to the output folder, to redirect it later",
                "refused, naming the link's owner",
                "a_link_of_another_user_on_the_way_to_a_folder_is_refused",
            ),
            (
                "own a lab's folder, and replace its state",
                "it is not changed",
                "a_lab_in_a_folder_of_another_user_is_not_changed",
            ),
            (
                "read a key while it is being written",
                "0600 from its first byte",
                "a_private_key_is_in_a_file_of_its_owner_from_the_first_byte",
            ),
            (
                "put a file in the way at any step of writing a pair",
                "nothing is overwritten, no half pair is left",
                "a_file_that_appears_at_any_step_is_not_overwritten_and_no_half_pair_is_left",
            ),
            (
                "run a second writer for the same name at the same time",
                "exactly one wins, with both files",
                "of_writers_at_the_same_time_exactly_one_wins_with_both_files",
            ),
            (
                "give a dangling link the name of an output file",
                "it counts as existing",
                "a_dangling_link_is_in_the_way_too",
            ),
            (
                "shorten a file while it is being read",
                "an error message and exit status 3, no crash",
                "a_file_that_gets_shorter_while_it_is_read_ends_in_a_sentence",
            ),
            (
                "put names with escape sequences or bidi marks into a folder that is read",
                "shown as escapes in every report",
                "no_report_of_any_command_holds_a_control_or_bidi_character",
            ),
            (
                "put bidi marks and control characters into what `serve` gives back",
                "every answer is JSON on one line, with the same id",
                "every_answer_of_serve_is_json_with_the_id_that_was_given",
            ),
            (
                "make a loop of links in a folder that is searched",
                "the search ends",
                "a_loop_of_links_ends_and_links_to_files_are_taken",
            ),
        ],
    ),
    (
        "A crash or a full disk at the worst moment",
        &[
            (
                "kill `csr` at any step",
                "both files or neither",
                "a_crash_at_any_step_of_writing_leaves_both_files_or_neither",
            ),
            (
                "kill `csr --replace` at any step",
                "the old pair, or both pairs",
                "a_crash_at_any_step_of_replacing_leaves_the_old_pair_or_both",
            ),
            (
                "kill a batch again and again",
                "no key is replaced, the batch completes",
                "a_batch_killed_again_and_again_replaces_no_key_and_completes",
            ),
            (
                "fill the disk at any step of `csr`",
                "what was there, or the whole pair",
                "a_full_disk_at_any_step_leaves_what_was_there_or_the_whole_pair",
            ),
            (
                "kill `crl update` or `crl import` at any step",
                "the cache opens, and never serves an older or unverified CRL",
                "whatever_is_killed_the_cache_opens_and_never_serves_an_older_or_unverified_crl",
            ),
            (
                "let the disk fail at any step of installing a CRL",
                "the old CRL or the new one",
                "a_disk_that_fails_at_any_step_leaves_the_old_crl_or_the_new_one",
            ),
            (
                "kill `crl export` at any step",
                "whole files; the next run completes",
                "a_process_that_dies_anywhere_leaves_whole_files_and_the_next_run_completes",
            ),
            (
                "let the disk fail once during `crl export`",
                "all old files or all new ones",
                "a_disk_that_refuses_once_leaves_all_old_files_or_all_new_ones",
            ),
            (
                "let the disk fail at any step of `accept`",
                "nothing is left",
                "an_acceptance_that_cannot_finish_leaves_nothing",
            ),
            (
                "accept a reply twice at the same time",
                "the second run is refused, and all four files of the first are there",
                "a_second_run_is_refused_while_the_first_is_writing",
            ),
            (
                "reply with a certificate of the sub CA for servers only",
                "the chain that is written is good for both ends",
                "the_chain_that_accept_and_export_write_is_good_for_both_ends",
            ),
            (
                "kill `accept` at any step",
                "every file is whole, and the next run continues from there",
                "an_acceptance_killed_at_any_step_is_finished_by_the_next_run",
            ),
            (
                "kill `lab init` at any step",
                "the lab is whole or absent, and can then be created",
                "a_lab_whose_making_is_killed_anywhere_is_whole_or_not_there",
            ),
            (
                "kill `lab sign` or `lab revoke` at any step",
                "the lab is either unchanged or changed in full",
                "a_lab_whose_change_is_killed_anywhere_is_as_it_was_or_changed",
            ),
            (
                "fail while a lab is created",
                "nothing is left",
                "an_empty_folder_is_taken_and_a_failed_founding_leaves_nothing",
            ),
            (
                "kill the weekly job, with all its processes, at any step from the fetch to the reload",
                "the server has the old CRLs or the new ones; the next job completes",
                "killing_the_weekly_job_at_any_step_leaves_the_old_set_or_the_new_one_and_the_next_job_completes",
            ),
            (
                "stop an export while its command runs",
                "the command is stopped too, with everything it started",
                "a_command_after_a_change_ends_with_the_run_that_started_it",
            ),
            (
                "kill it with SIGKILL",
                "the command ends a moment later",
                "a_command_after_a_change_does_not_outlive_a_run_that_is_killed",
            ),
            (
                "stop `doctor --run-test` while the server tests its configuration",
                "the test ends too",
                "a_servers_own_test_ends_with_the_run_that_started_it",
            ),
            (
                "kill a download in the middle",
                "nothing changes, the next run succeeds",
                "a_run_that_is_killed_in_the_middle_of_a_crl_changes_nothing_and_the_next_one_succeeds",
            ),
        ],
    ),
    (
        "The network",
        &[
            (
                "a client of the same CA whose RSA key contains a subjectAltName with the Spine Secure Proxy's name",
                "403 from every server that `export` configures",
                "each_server_lets_in_the_ssp_and_nobody_else",
            ),
            (
                "a second CN, or the Spine Secure Proxy's name in another attribute, at ingress-nginx",
                "403",
                "ingress_nginx_admits_a_client_by_its_only_cn_and_no_other",
            ),
            (
                "a certificate that names an address of the machine's own network, such as a metadata service",
                "it is not contacted: no known CA issued the certificate",
                "an_address_that_no_known_ca_wrote_into_a_certificate_is_not_asked",
            ),
            (
                "a certificate with a thousand distribution points",
                "only some are contacted, and the certificate is named",
                "a_certificate_with_a_thousand_points_has_some_of_them_asked_and_is_named",
            ),
            (
                "thousands of addresses that fail, to push real sources out of the history",
                "a source that ever had a CRL is kept",
                "a_source_that_ever_had_a_crl_is_not_forgotten_for_addresses_that_never_had_one",
            ),
            (
                "a server that sends a PKCS#12 file whose opening takes hours",
                "it is not opened",
                "a_pkcs12_file_that_a_server_sends_is_not_opened",
            ),
            (
                "a server that sends an archive",
                "it is not opened",
                "a_zip_that_a_server_sends_is_not_opened",
            ),
            (
                "a server that accepts the request and never answers",
                "given up after ten seconds",
                "a_server_that_takes_the_request_and_says_nothing_is_given_up_before_the_whole_time_is_over",
            ),
            (
                "a server that sends a few bytes at a time",
                "given up at the time limit",
                "a_server_that_drips_is_left_within_the_time_limit",
            ),
            (
                "a server whose download is slow, to keep other runs from the cache",
                "the cache is locked only while a CRL is installed",
                "a_download_that_is_slow_keeps_no_other_run_from_the_cache",
            ),
            (
                "an endless body",
                "cut at the size limit",
                "a_body_without_end_is_cut_at_the_size_limit",
            ),
            (
                "a compression bomb",
                "cut at the size limit",
                "a_gzip_bomb_is_cut_at_the_size_limit_too",
            ),
            ("an endless header", "refused", "an_endless_head_is_refused"),
            (
                "a server that answers with interim responses without end",
                "given up; a thousand of them are passed over",
                "interim_answers_without_end_are_given_up_and_a_thousand_are_not",
            ),
            ("a redirect loop", "stopped", "redirects_in_a_circle_end"),
            (
                "a redirect to a file",
                "refused",
                "a_redirect_to_a_file_is_not_followed",
            ),
            (
                "a redirect to this machine, or to its link's metadata service",
                "refused, unless the first address was one of them",
                "a_redirect_from_elsewhere_to_this_machine_or_its_link_is_not_followed",
            ),
            (
                "a redirect from https to http",
                "refused",
                "redirects_never_leave_the_web_and_never_lose_tls",
            ),
            (
                "a truncated CRL",
                "not installed",
                "a_body_that_ends_before_its_announced_length_is_no_crl",
            ),
            (
                "a CRL signed by another key in the CA's name",
                "refused",
                "a_crl_signed_with_another_key_in_the_cas_name_is_refused",
            ),
            (
                "a CRL signed by a CA that is expired or whose path is not valid",
                "refused",
                "a_ca_whose_path_is_not_valid_signs_no_crl_that_is_admitted",
            ),
            (
                "an older CRL, from before a revocation",
                "refused",
                "a_crl_made_before_the_installed_one_is_refused",
            ),
            (
                "a CRL of another partition at this address",
                "refused",
                "a_crl_of_another_partition_is_refused",
            ),
            (
                "a delta where the whole CRL is expected",
                "refused",
                "a_delta_where_the_certificate_names_the_whole_crl_is_refused",
            ),
            (
                "a login page instead of a CRL",
                "reported as a login page",
                "a_page_instead_of_a_crl_is_named_as_one",
            ),
            (
                "a user name and password in the address of a download, to be kept",
                "left out",
                "a_password_in_a_sources_url_is_not_remembered",
            ),
            (
                "a proxy variable that cannot be read, so that the proxy is bypassed",
                "refused",
                "a_proxys_variable_that_is_not_unicode_is_refused_and_not_gone_around",
            ),
            (
                "a host that sends an archive, or anything else, in place of a certificate to an inventory",
                "reported as not read; nothing is unpacked",
                "what_a_host_sends_instead_of_a_certificate_is_not_opened",
            ),
            (
                "a host that does not answer, so that its certificate is missing from an inventory",
                "named with the reason, and the exit status is 3",
                "a_host_that_sends_no_certificate_is_named_with_the_reason",
            ),
        ],
    ),
    (
        "Untrusted files",
        &[
            (
                "a PKCS#12 file that asks for endless key derivation",
                "refused before it is done",
                "a_pkcs12_that_asks_for_endless_work_is_refused",
            ),
            (
                "any of three dozen structures that a reader might scan repeatedly: extensions, names, BEGIN lines, escapes, lengths, members",
                "processor time and memory grow with its length and no faster",
                "what_an_input_costs_grows_with_its_length_and_no_faster",
            ),
            (
                "a pool of thousands of CAs with the issuer's name; stray quotes in a list of hosts",
                "the same",
                "what_a_pool_of_certificates_and_a_list_of_hosts_cost_grows_with_their_length",
            ),
            (
                "a CA or a CRL made of tens of thousands of constraints, policies, purposes, extensions or names, above or beside thousands of certificates",
                "what all of them cost grows with their number and no faster; what is too much is left undecided",
                "what_certificates_below_one_ca_cost_grows_with_their_number",
            ),
            (
                "unrelated certificates by the thousand, to have the signer of a CRL cost more than is spent on it and the revocation overlooked",
                "the question is left open",
                "a_crl_whose_signer_costs_too_much_to_judge_is_not_passed_over",
            ),
            (
                "certificates with the name of a CRL's signer by the dozen, or an expired one with its key, to have the signer overlooked",
                "the question is left open",
                "a_crl_whose_signer_costs_too_much_to_judge_is_not_passed_over",
            ),
            (
                "a certificate whose distribution points do not read, to have the CRL that lists it overlooked",
                "no CRL clears it",
                "a_certificate_whose_distribution_points_do_not_read_is_not_cleared_by_a_crl",
            ),
            (
                "encrypted keys that ask for more key derivation than is done, to have chance decide which of them are opened",
                "the first that fit are opened",
                "the_first_keys_that_fit_are_opened_in_whatever_order_they_are_read",
            ),
            (
                "a server that trusts CAs by the thousand",
                "some are named, the others counted",
                "of_very_many_cas_that_a_server_trusts_some_are_named_and_the_others_counted",
            ),
            (
                "a server's configuration of two servers on one line, to have the findings of one given to the other",
                "each has its own",
                "findings_of_two_servers_on_one_line_are_each_ones_own",
            ),
            (
                "a server's configuration that includes itself",
                "it is read once",
                "a_configuration_that_includes_itself_is_read_once",
            ),
            (
                "a few small files that include each other, or entities in entities, to be read for hours",
                "refused before; nothing is said of a part",
                "a_configuration_that_multiplies_itself_is_refused_and_not_half_examined",
            ),
            (
                "a server's configuration of thousands of sites",
                "the cost grows with their number and no faster",
                "what_a_configuration_costs_grows_with_the_number_of_its_servers",
            ),
            (
                "a chain of very many CAs, of one name and expired, that very many servers send",
                "judged once for all of them, and 16 are named",
                "what_a_chain_of_very_many_cas_costs_does_not_multiply_with_the_servers_that_send_it",
            ),
            (
                "a configuration of nginx with a page for refused certificates behind which any client comes through",
                "the page is reported; what export writes refuses such a client before its name counts",
                "a_page_for_refused_clients_serves_none_of_them_in_nginx_and_without_our_rule_doctor_warns_of_it",
            ),
            (
                "a condition of Apache that holds for every client, in a form that reads like one for the proxy alone",
                "only conjunctions of understood comparisons count",
                "an_apache_expression_restricts_only_where_the_comparison_has_to_hold",
            ),
            (
                "a delta CRL, or one with a critical extension, with which a server admits revoked clients",
                "doctor has the server's own rules say so",
                "crls_with_which_the_server_does_what_it_should_not_are_named",
            ),
            (
                "a server's configuration that names a pipe, to have us wait for ever",
                "the pipe is not opened",
                "a_pipe_that_a_configuration_names_is_not_opened",
            ),
            (
                "unreadable content among readable content",
                "it is reported, with its position and length",
                "one_long_word_of_base64_under_an_unknown_key_is_said_not_to_be_understood",
            ),
            (
                "an unreadable folder, to have those after it left out",
                "it is named; the others are read",
                "a_folder_that_may_not_be_looked_into_costs_no_other_its_files",
            ),
            (
                "a file whose name is a heading, a script and a terminal's command, in evidence that is handed in",
                "one line of text in every form; the command that repeats a check is quoted for the shell",
                "the_name_of_a_file_is_no_markup_in_any_evidence",
            ),
            (
                "a facts file whose hosts are formulas for a spreadsheet, or cells of a table",
                "refused: a host name is expected",
                "a_table_of_firewall_rules_has_no_formula_and_no_cell_of_its_own",
            ),
            (
                "a server's name with a line break, to be read as a finding",
                "shown on one line",
                "the_name_of_a_server_is_on_one_line",
            ),
            (
                "an archive that unpacks to more than it declares",
                "refused at the limit",
                "an_archive_that_unpacks_to_too_much_is_refused_whatever_it_says_of_itself",
            ),
            (
                "an archive with very many files",
                "refused before any is unpacked",
                "an_archive_of_too_many_files_is_refused_before_any_is_unpacked",
            ),
            (
                "a workbook of which many cells name one long text",
                "refused at the limit",
                "a_workbook_that_names_a_long_text_again_and_again_is_refused",
            ),
            (
                "a certificate with a field that does not read, to have it judged by the others",
                "what could be read is shown; it is never verified",
                "a_certificate_with_one_field_that_does_not_read_is_shown_and_never_verified",
            ),
            (
                "a CRL with a field that does not read",
                "it is never installed",
                "a_crl_with_one_field_that_does_not_read_is_shown_and_never_installed",
            ),
            (
                "an archive member with a path as its name",
                "the name is never a path; shown as escapes",
                "the_name_of_an_archives_member_is_never_a_path_and_is_shown_as_escapes",
            ),
            (
                "an endless file",
                "ends at the limit",
                "an_endless_device_ends_at_the_limit_of_a_stream",
            ),
            (
                "a file larger than the limit",
                "refused before it is read",
                "a_file_over_the_limit_is_refused_before_it_is_read",
            ),
            (
                "hundreds of versions of one CRL",
                "the newest answers; eight others are named and the rest counted",
                "of_many_versions_of_one_crl_the_newest_answers_and_a_few_others_are_named",
            ),
            (
                "a CRL with very many entries for one serial number",
                "refused; no index",
                "one_number_in_very_many_entries_is_refused",
            ),
            (
                "a CRL truncated anywhere",
                "refused",
                "a_crl_cut_off_anywhere_is_refused",
            ),
            (
                "an index whose bytes were changed",
                "it never changes an answer",
                "a_changed_byte_in_the_index_never_changes_an_answer",
            ),
            (
                "evidence that has nothing to do with the certificate",
                "it makes no bad answer good",
                "unrelated_crls_never_turn_a_bad_answer_good",
            ),
            (
                "octets that are not text",
                "they do not reach a terminal",
                "octets_that_are_no_text_do_not_reach_a_terminal",
            ),
            (
                "a newer certificate for the same names, to hide from an inventory that the installed one has expired",
                "named beside the expired one, which counts as before",
                "a_newer_certificate_for_the_same_names_is_named_and_changes_no_judgement",
            ),
            (
                "one certificate in every file of a large folder, to make an inventory grow",
                "one entry, with sixteen of its places and the number of the others",
                "the_same_certificate_in_many_places_is_one_entry_and_of_the_places_sixteen_are_kept",
            ),
            (
                "a pair left from the last renewal where the next one is to be, so that the old key stays in use unnoticed",
                "refused, and the file is named",
                "the_pair_of_the_certificate_in_use_is_no_next_pair",
            ),
            (
                "a changed request beside a certificate, to put something into the next request",
                "nothing is taken from a request whose signature is wrong",
                "a_request_whose_signature_is_wrong_puts_nothing_into_the_next_one",
            ),
        ],
    ),
    (
        "Secrets",
        &[
            (
                "read key bytes or a passphrase out of memory that was freed",
                "wiped on every path, by every command",
                "no_command_frees_key_bytes_without_wiping_them",
            ),
            (
                "the same, if the test itself misses it",
                "the test finds what is not wiped",
                "the_shim_finds_what_is_freed_without_being_wiped",
            ),
            (
                "have a private key, or a file with a password, given as a list of hosts, of serial numbers or as facts, to read it in a log",
                "what the file holds is named; no line of it is shown",
                "a_file_with_a_secret_that_is_given_by_mistake_is_not_printed",
            ),
            (
                "read the lab's lab keys",
                "readable by their owner alone",
                "lab_keys_are_for_their_owner_alone",
            ),
            (
                "pass an encrypted key off without its password",
                "a missing and a wrong password are distinguished",
                "a_missing_and_a_wrong_password_are_distinguished_and_the_algorithms_named",
            ),
        ],
    ),
];

fn page() -> String {
    let mut page = String::from(
        "# What is tested against attacks\n\nMade from the table in `tests/security/page.rs`; each row is a test that fails when it stops being true. The threat model is\nin [SECURITY.md](../SECURITY.md).\n",
    );
    for (who, rows) in ROWS {
        let _ = write!(
            page,
            "\n## {who}\n\n| attack | what comes of it | test |\n|---|---|---|\n"
        );
        for (attack, outcome, test) in *rows {
            let _ = writeln!(page, "| {attack} | {outcome} | `{test}` |");
        }
    }
    page
}

#[test]
fn the_page_of_security_tests_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security-tests.md");
    if std::env::var_os("PTL_CERT_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        page(),
        "PTL_CERT_BLESS=1 writes it anew"
    );
}

#[test]
fn every_attack_names_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    let mut folders: Vec<PathBuf> = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let rows = ROWS.iter().flat_map(|(_, rows)| *rows);
    let missing: Vec<&str> = rows
        .clone()
        .map(|(_, _, test)| *test)
        .filter(|test| !sources.contains(&format!("fn {test}()")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(rows.count() >= 60);
}
