"""coqmpd.service and coqmp-guests.service: all machines of a host. Each function is a scenario."""

import json
import os
import pathlib
import signal
import socket

import guests
from bench import BENCH, LIMIT, Unit, expect, expect_output, run

FILES = pathlib.Path("/etc/coqmp/machines")


class Client:
    """A QMP client, of the daemon's control socket for example, connected before the first command, so that no event is missed."""

    def __init__(self, path="/run/coqmp/control.sock"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT)
        self.socket.connect(path)
        self.lines = self.socket.makefile()
        self.events = []
        json.loads(self.lines.readline())
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            message = json.loads(self.lines.readline())
            if "event" not in message:
                break
            self.events.append(message)
        expect("return" in message, f"{command} {arguments}: {message}")
        return message["return"]

    def await_state(self, name, state):
        """Waits until an event says that a machine has this state."""
        while True:
            message = self.events.pop(0) if self.events else json.loads(self.lines.readline())
            if message["event"] == "MACHINE_STATE_CHANGED" and message["data"]["name"] == name and message["data"]["state"] == state:
                return message["data"]

    def await_end(self):
        while self.lines.readline():
            pass

    def process(self, name):
        return self.execute("query-machine", name=name)["pid"]


class Host:
    """The daemon with its machines."""

    def __init__(self):
        FILES.mkdir(parents=True, exist_ok=True)
        self.unit = Unit("coqmpd.service")
        self.client = None

    def define(self, name, guest, arguments=(), top="", more=""):
        (BENCH / f"{name}.console").touch()
        (BENCH / f"{name}.console").chmod(0o666)
        guests.write(guest, BENCH / f"{name}.img")
        drive = f"if=ide,format=raw,snapshot=on,file={BENCH}/{name}.img"
        console = f"file:{BENCH}/{name}.console"
        words = ["-M", "pc,accel=tcg", "-m", "32", "-display", "none", "-nodefaults", "-drive", drive, "-debugcon", console]
        (FILES / f"{name}.toml").write_text(f"{top}arguments = {json.dumps([*words, *arguments])}\n{more}")

    def begin(self):
        """Starts the daemon, or makes it read the files again."""
        if self.unit.property("ActiveState") == "active":
            run("systemctl", "reload", "coqmpd")
        else:
            self.unit.add_settings("[Service]\nStandardError=append:/bench/daemon.log\n")
            run("systemctl", "start", "coqmpd", "coqmp-guests")
        self.client = Client()

    def start(self, name):
        self.client.execute("machine-start", name=name)
        self.client.await_state(name, "running")
        return self.client.process(name)


def a_killed_daemon_costs_no_machine():
    host = Host()
    host.define("busy", "triple_fault")  # an endless stream of events
    host.define("quiet", "idle")
    host.begin()
    before = [host.start(each) for each in ("busy", "quiet")]
    os.kill(int(host.unit.property("MainPID")), signal.SIGKILL)
    host.unit.journal.expect("status=9/KILL")
    host.unit.journal.expect("Started ")
    host.client = Client()
    after = [host.client.process(each) for each in ("busy", "quiet")]
    expect(before == after, f"the machines were processes {before}, and now they are {after}")
    host.client.execute("machine-stop", name="busy", timeout=2)
    host.client.execute("machine-stop", name="quiet", timeout=2)


def a_killed_daemon_learns_what_happened_meanwhile():
    """The guest switches itself off while there is no daemon."""
    host = Host()
    monitor = f"{BENCH}/brief.qmp"
    host.define("brief", "power_button", ["-qmp", f"unix:{monitor},server=on,wait=off"])
    host.begin()
    host.unit.add_settings("[Service]\nRestartSec=1h\n")
    host.start("brief")
    host.unit.expect(NFileDescriptorStore="1")
    expect_output(BENCH / "brief.console", "r")
    os.kill(int(host.unit.property("MainPID")), signal.SIGKILL)
    host.unit.journal.expect("status=9/KILL")
    qemu = Client(monitor)
    qemu.execute("system_powerdown")
    qemu.await_end()
    host.unit.add_settings("[Service]\nRestartSec=2s\n")
    run("systemctl", "restart", "coqmpd")  # now, and not after an hour; systemd keeps the store
    host.client = Client()
    state = host.client.execute("query-machine", name="brief")
    if state["state"] != "stopped":
        state = host.client.await_state("brief", "stopped")
    expect(state["reason"] == "guest-shutdown", f"the machine is {state}")
    host.unit.expect(NFileDescriptorStore="0")


def a_restarted_daemon_costs_no_machine():
    host = Host()
    host.define("lasting", "idle")
    host.begin()
    before = host.start("lasting")
    group = pathlib.Path(f"/proc/{before}/cgroup").read_text().strip()
    expect("/coqmpd.service/machines/" in group, f"the cgroup of QEMU is {group}")
    run("systemctl", "restart", "coqmpd")
    host.client = Client()
    expect(host.client.process("lasting") == before, "systemctl restart coqmpd started another QEMU")
    run("systemctl", "stop", "coqmpd")
    expect(pathlib.Path(f"/proc/{before}").exists(), "systemctl stop coqmpd ended a machine")
    run("systemctl", "start", "coqmpd")
    host.client = Client()
    expect(host.client.process("lasting") == before, "systemctl stop and start coqmpd started another QEMU")
    host.client.execute("machine-stop", name="lasting", timeout=2)


def the_daemon_restarts_what_panicked_and_not_what_its_owner_shut_down():
    host = Host()
    host.define("panicked", "panic", ["-device", "pvpanic"])
    host.define("finished", "power_off")
    host.begin()
    host.client.execute("machine-start", name="finished")
    host.client.await_state("finished", "stopped")
    host.client.execute("machine-start", name="panicked")
    host.client.await_state("panicked", "backing-off")
    guests.write("idle", BENCH / "panicked.img")
    host.client.await_state("panicked", "running")
    state = host.client.execute("query-machine", name="finished")
    expect(state["state"] == "stopped", f"the machine that its owner shut down is {state}")
    host.client.execute("machine-stop", name="panicked", timeout=2)


def an_operator_cannot_stop_the_unit_that_shuts_guests_down():
    host = Host()
    host.begin()
    expect(run("systemctl", "stop", "coqmp-guests", check=False).returncode != 0, "systemctl stop coqmp-guests was not refused")


def a_host_that_goes_down_asks_all_guests():
    """The machines still run when this returns; then the host goes down, and look_back() says what became of the guests."""
    host = Host()
    host.define("router", "power_button", more="[shutdown]\nrepeat = '1s'\n")
    host.define("web", "power_button", top="user = 'nobody'\nafter = ['router']\n", more="[shutdown]\nrepeat = '1s'\n")
    host.begin()
    host.start("router")
    host.start("web")


def look_back(bench):
    """After the host went down. @return what is wrong"""
    problems = []
    for machine in ("router", "web"):
        console = bench / f"{machine}.console"
        if console.exists() and console.read_text() != "rp":
            problems.append(f'when the host went down, {machine} wrote "{console.read_text()}", not "rp": it was not asked to shut down')
    log = (bench / "daemon.log").read_text() if (bench / "daemon.log").exists() else ""
    if "web: stopped" in log and log.index("web: stopped") > log.index("router: stopping"):
        problems.append("when the host went down, router was shut down before web, which was started after it")
    return problems
