"""The fault cases of the ledger and the tests that inject them. This table is read by the test below: a
test that is renamed or dropped fails it.

F1 a process is killed (-9) at any moment: nothing acknowledged is lost, nothing is half there
    ledger/test_fault_kill test_a_killed_process_loses_nothing_and_the_next_goes_on
    ledger/test_fault_kill test_a_thousand_kills_lose_nothing
    ledger/test_append test_a_rolled_back_transaction_leaves_no_entry
    ledger/test_anchor test_a_crash_between_commit_and_anchor_is_made_good_at_the_start
F2 power cut, with torn and reordered writes
    ledger/test_fault_power test_no_power_cut_loses_what_was_acknowledged
    ledger/test_fault_power test_a_thousand_power_cuts_lose_nothing
    ledger/test_fault_power test_with_less_than_full_syncing_the_same_cuts_do_lose
F3 a sync fails, the disk is full: no acknowledgement, and whole afterwards
    ledger/test_fault_power test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room
    ledger/test_fault_power test_after_a_sync_that_failed_nothing_acknowledged_is_lost
F4 a phone's outbox sent again, twice, at the same time
    ledger/test_fault_histories test_an_outbox_sent_four_times_at_once_is_logged_once
    ledger/test_both_databases test_writers_at_the_same_time_leave_one_gapless_log
    ledger/test_append test_the_same_fact_again_gives_the_same_receipt
    ledger/test_append test_the_same_id_with_other_content_is_kept_as_equivocation
    services/test_scans test_sending_twice_is_answered_alike_and_done_once
F5 scans shuffled, partly missing, late
    ledger/test_fault_histories test_containers_may_arrive_in_any_order_between_each_other
    ledger/test_fault_histories test_a_history_may_arrive_in_any_order_at_all
    ledger/test_fault_histories test_an_act_whose_beginning_is_missing_is_kept_and_shown_until_it_is_there
    flows/test_walk_c test_scans_that_come_late_doubled_and_out_of_order_are_judged_by_what_they_say
    services/test_scans test_after_the_trip_is_back_a_late_scan_no_longer_counts
F6 the device's clock is days off, runs backwards, has the wrong zone
    ledger/test_fault_histories test_a_clock_that_is_wrong_changes_neither_order_nor_books
    services/test_scans test_a_phone_whose_clock_runs_ahead_is_told_so
F7 two drivers scan one container
    ledger/test_fault_histories test_of_two_drivers_at_one_container_exactly_one_has_it
    ledger/test_mass test_two_drivers_cannot_load_one_container
    services/test_scans test_two_phones_at_one_container_load_it_once
F8 an old backup is put back, an old copy goes into service
    ledger/test_anchor test_an_old_backup_that_was_put_back_is_refused
    ledger/test_anchor test_an_old_backup_that_grew_past_the_anchor_is_refused
    ledger/test_anchor test_the_right_backup_ends_the_refusal
    ledger/test_witness test_at_a_start_a_witness_that_saw_more_forbids_writing
    ledger/test_witness test_at_a_start_an_old_copy_is_found_out_though_its_own_checkpoint_was_cosigned
F9 two leaders
    ledger/test_fault_kill test_a_paused_leader_that_wakes_up_makes_no_fork
    ledger/test_anchor test_two_sealing_processes_make_one_line_of_checkpoints
    ledger/test_both_databases test_the_first_two_writers_of_an_empty_log_agree_on_its_beginning
    ledger/test_witness test_of_two_requests_at_once_one_wins
F10 a forged event, a wrong key, a revoked key, a key before its registration
    ledger/test_verify test_a_changed_mass_signed_with_another_key_fails_too
    ledger/test_verify test_an_unregistered_key_is_named
    ledger/test_keys test_a_revoked_key_signs_nothing_more
    ledger/test_keys test_what_a_revoked_key_signed_all_the_same_is_found
    ledger/test_wh_verify test_an_entry_that_the_key_did_not_sign
    ledger/test_wh_verify test_a_key_that_was_not_registered_before
    ledger/test_wh_verify test_a_device_key_on_p256_and_its_revocation
F11 flipped bits: entry, tile, checkpoint, posting, balance, index; in memory before signing
    ledger/test_fault_flips test_no_flipped_bit_changes_what_the_database_tells
    ledger/test_fault_flips test_changes_without_a_key_are_noticed_by_both_verifiers
    ledger/test_fault_flips test_two_thousand_changes_are_noticed_by_both_verifiers
    ledger/test_verify test_a_flipped_bit_is_located
    ledger/test_verify test_altered_books_are_located
    ledger/test_keys test_a_changed_tile_or_checkpoint_is_found
    ledger/test_integrating test_a_changed_leaf_is_not_signed_even_with_its_hash_left_alone
    ledger/test_wh_verify test_random_tampering_is_noticed
    ledger/test_wh_verify test_random_tampering_is_noticed_two_thousand_times
F12 the operator rewrites and signs again, without witnesses, with honest ones, with colluding ones
    ledger/test_anchor test_a_rewritten_beginning_is_a_fork
    ledger/test_proofs test_a_rewritten_history_has_no_proof
    ledger/test_witness test_a_rewritten_history_is_unprocessable
    ledger/test_wh_verify test_a_quorum_that_is_not_reached
    ledger/test_wh_verify test_a_rewritten_history_with_every_signature_is_caught_by_an_older_root
    ledger/test_wh_verify test_grams_changed_by_somebody_with_every_key
    ledger/test_wh_verify test_the_next_audit_notices_another_past
F13 a witness is down, slow, malicious, forgets its state
    ledger/test_witness test_a_witness_that_is_down_stops_nothing
    ledger/test_witness test_a_witness_that_talks_nonsense_stops_nothing
    ledger/test_fault_witness test_a_witness_that_drips_is_given_up
    ledger/test_fault_witness test_a_slow_witness_keeps_nobody_else_from_signing
    ledger/test_fault_witness test_a_witness_that_lost_its_memory_is_named_and_no_longer_believed
    ledger/test_fault_witness test_a_cosignature_for_another_tree_is_not_kept
F14 hostile input: sizes, depths, numbers, spellings
    ledger/test_fault_histories test_hostile_content_is_refused_in_bounded_time
    ledger/test_fault_histories test_two_hundred_thousand_labels_are_refused_in_bounded_time
    ledger/test_fault_histories test_two_spellings_of_one_text_are_one_fact
    ledger/test_canonical test_what_has_no_canonical_form_is_refused
    ledger/test_wh_verify test_bytes_that_are_not_canonical_json
    ledger/test_wh_verify test_files_that_are_no_bundles
    ledger/test_wh_verify test_members_that_overlap
    web/test_bad_input test_hostile_json_is_refused_with_a_problem_document
F15 erasure of personal data: the entry verifies, the value is in no file
    ledger/test_evidence_commands test_an_erased_name_is_in_no_file_any_more
    ledger/test_export test_erased_values_are_gone_and_the_entries_verify
    ledger/test_append test_the_leaf_verifies_after_the_personal_value_was_erased
F16 the rules change in the middle
    ledger/test_fault_golden test_the_old_entries_keep_their_bytes_root_and_books
    ledger/test_fault_golden test_rules_of_today_go_on_from_the_old_books
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


@cache
def names_in(name: str) -> frozenset[str]:
    parsed = ast.parse((TESTS / f"{name}.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(parsed) if isinstance(node, ast.FunctionDef))


def table() -> dict[str, list[tuple[str, str]]]:
    """Case -> (file, test)."""
    cases: dict[str, list[tuple[str, str]]] = {}
    for line in (__doc__ or "").splitlines():
        if line.startswith("F"):
            cases[line.split()[0]] = found = []
        elif line.startswith("    "):
            name, test = line.split()
            found.append((name, test))
    return cases


def test_every_fault_case_has_its_tests() -> None:
    cases = table()
    assert list(cases) == [f"F{number}" for number in range(1, 17)]
    assert all(cases.values())


def test_every_test_that_is_named_exists() -> None:
    missing = [
        f"{case}: {name} {test}"
        for case, tests in table().items()
        for name, test in tests
        if test not in names_in(name)
    ]
    assert missing == []
