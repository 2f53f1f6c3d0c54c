"""qemu@.service and qmp-run: one machine, one unit. Each function is a scenario."""

import os
import select
import signal

import guests
from bench import Machine, expect, run


def stop_waits_for_the_guest():
    machine = Machine("patient", "power_button")
    machine.start()
    machine.expect_output("r")
    machine.stop()
    machine.expect_output("p")
    machine.journal.expect("Deactivated successfully")
    machine.expect(ActiveState="inactive")


def a_guest_that_ignores_its_power_button_ends_within_its_budget():
    machine = Machine("deaf", "idle", options="--timeout 2s")
    machine.start()
    machine.stop()
    machine.journal.expect("Deactivated successfully")
    machine.expect(ActiveState="inactive")


def a_panicked_guest_is_restarted():
    machine = Machine("panicking", "panic", "-device pvpanic", options="--timeout 2s")
    run("systemctl", "start", "--no-block", machine.name)
    machine.journal.expect("status=81")
    guests.write("idle", machine.image)
    machine.journal.expect("Started ")
    machine.expect(ActiveState="active", NRestarts="1")
    machine.stop()


def a_guest_that_its_owner_shut_down_stays_down():
    machine = Machine("finished", "power_off")
    run("systemctl", "start", "--no-block", machine.name)
    machine.journal.expect("Deactivated successfully")
    machine.expect(ActiveState="inactive")  # not "activating", as while a restart is due


def a_guest_that_reboots_is_started_again():
    machine = Machine("rebooting", "triple_fault", "-no-reboot", options="--timeout 2s")
    run("systemctl", "start", "--no-block", machine.name)
    machine.journal.expect("status=80")
    guests.write("idle", machine.image)
    machine.journal.expect("Started ")
    machine.expect(ActiveState="active", NRestarts="1")
    machine.stop()


def a_machine_that_does_not_start_is_not_tried_again():
    machine = Machine("wrong", "idle", "-device no-such-device")
    started = run("systemctl", "start", machine.name, check=False)
    expect(started.returncode != 0, "systemctl start did not fail")
    machine.journal.expect("no-such-device")
    machine.expect(Result="exit-code", ExecMainStatus="85", ActiveState="failed", NRestarts="0")


def a_quit_from_outside_is_no_failure():
    machine = Machine("ended", "idle", options="--timeout 2s")
    machine.start()
    os.kill(machine.qemu(), signal.SIGTERM)
    machine.journal.expect("received a request to quit")
    machine.journal.expect("Deactivated successfully")
    machine.expect(ActiveState="inactive")


def a_killed_qemu_is_restarted():
    machine = Machine("killed", "idle", options="--timeout 2s")
    machine.start()
    os.kill(machine.qemu(), signal.SIGKILL)
    machine.journal.expect("status=84")
    machine.journal.expect("Started ")
    machine.expect(ActiveState="active", NRestarts="1")
    machine.stop()


def qemu_ends_with_a_killed_qmp_run():
    machine = Machine("orphan", "idle", options="--timeout 2s")
    machine.start()
    first = os.pidfd_open(machine.qemu())
    os.kill(int(machine.property("MainPID")), signal.SIGKILL)
    machine.journal.expect("status=9/KILL")
    machine.journal.expect("Started ")
    expect(has_ended(first), "the QEMU of a killed qmp-run still runs beside the next one")
    machine.expect(ActiveState="active", NRestarts="1")
    machine.stop()


def a_silent_qemu_is_killed_if_its_owner_wants_that():
    machine = Machine("silent", "idle", options="--timeout 2s --kill-silent 2s")
    machine.start()
    os.kill(machine.qemu(), signal.SIGSTOP)
    machine.journal.expect("status=84")
    machine.journal.expect("Started ")
    machine.expect(ActiveState="active", NRestarts="1")
    machine.stop()


def a_silent_qemu_is_left_alone_otherwise():
    machine = Machine("paused", "idle", options="--timeout 2s")
    machine.add_settings("[Service]\nWatchdogSec=4s\n")
    machine.start()
    qemu = machine.qemu()
    os.kill(qemu, signal.SIGSTOP)
    machine.journal.expect("QEMU is not answering")
    # After this many more notifications, systemd would have missed one.
    notified = {machine.property("WatchdogTimestampMonotonic")}
    while len(notified) < 6:
        notified.add(machine.property("WatchdogTimestampMonotonic"))
        machine.expect(ActiveState="active", NRestarts="0")
    os.kill(qemu, signal.SIGCONT)
    machine.journal.expect("The guest is running")
    expect(machine.qemu() == qemu, "it is another QEMU")
    machine.stop()


def a_host_that_goes_down_asks_the_guest():
    """The machine still runs when this returns; then the host goes down. look_back() says what became of the guest."""
    machine = Machine("last", "power_button")
    machine.start()
    machine.expect_output("r")


def has_ended(pidfd):
    return bool(select.select([pidfd], [], [], 0)[0])


def look_back(bench):
    """After the host went down. @return what is wrong"""
    console = bench / "last.console"
    if console.exists() and console.read_text() != "rp":
        return [f'when the host went down, the guest wrote "{console.read_text()}", not "rp": it was not asked to shut down']
    return []
