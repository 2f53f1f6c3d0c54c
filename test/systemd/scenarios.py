"""All scenarios, in the order in which they run."""

import hosts
import machines

SCENARIOS = [
    machines.stop_waits_for_the_guest,
    machines.a_guest_that_ignores_its_power_button_ends_within_its_budget,
    machines.a_panicked_guest_is_restarted,
    machines.a_guest_that_its_owner_shut_down_stays_down,
    machines.a_guest_that_reboots_is_started_again,
    machines.a_machine_that_does_not_start_is_not_tried_again,
    machines.a_quit_from_outside_is_no_failure,
    machines.a_killed_qemu_is_restarted,
    machines.qemu_ends_with_a_killed_qmp_run,
    machines.a_silent_qemu_is_killed_if_its_owner_wants_that,
    machines.a_silent_qemu_is_left_alone_otherwise,
    hosts.a_killed_daemon_costs_no_machine,
    hosts.a_killed_daemon_learns_what_happened_meanwhile,
    hosts.a_restarted_daemon_costs_no_machine,
    hosts.the_daemon_restarts_what_panicked_and_not_what_its_owner_shut_down,
    hosts.an_operator_cannot_stop_the_unit_that_shuts_guests_down,
    hosts.a_host_that_goes_down_asks_all_guests,
    machines.a_host_that_goes_down_asks_the_guest,
]

QUICK = [
    machines.stop_waits_for_the_guest,
    machines.a_panicked_guest_is_restarted,
    machines.a_guest_that_its_owner_shut_down_stays_down,
    hosts.a_killed_daemon_costs_no_machine,
    hosts.a_host_that_goes_down_asks_all_guests,
    machines.a_host_that_goes_down_asks_the_guest,
]


def look_back(bench):
    return machines.look_back(bench) + hosts.look_back(bench)
