"""Limits of machines under a systemd and a kernel with cgroup v2. Each function is a scenario."""

import json
import os
import pathlib
import signal
import socket

import bench
import hosts
from bench import Failed, Unit, expect, run

# Everything is emulated, perhaps twice.
bench.LIMIT = hosts.LIMIT = 300

OWN = pathlib.Path("/sys/fs/cgroup/system.slice/coqmpd.service")
WEB = OWN / "machines/web"
LIMITS = {"memory.max": str(256 << 20), "memory.swap.max": "0", "cpu.max": "50000 100000", "pids.max": "64"}
UNIT = pathlib.Path("/etc/systemd/system/coqmpd.service.d")


def version():
    return int(run("systemctl", "--version").stdout.split()[1])


class Host:
    """The daemon with one machine that has limits."""

    def __init__(self):
        hosts.FILES.mkdir(parents=True, exist_ok=True)
        (hosts.FILES / "web.toml").write_text(
            "arguments = ['-M', 'none', '-display', 'none', '-nodefaults']\n"
            "[shutdown]\nbudget = '5s'\nask_guest = false\n"
            "[limits]\nmemory = '256MiB'\nswap = '0B'\ncpus = 0.5\ntasks = 64\n"
            "[monitor]\npolicy = 'all'\n"
        )
        self.unit = Unit("coqmpd.service")
        run("systemctl", "start", "coqmpd")
        self.client = hosts.Client()
        self.client.execute("machine-start", name="web")
        self.client.await_state("web", "running")
        self.process = self.client.process("web")

    def await_daemon(self):
        self.unit.journal.expect("Started ")
        self.client = hosts.Client()

    def expect_limits(self):
        """It is still the same QEMU, and has its limits."""
        process = self.client.process("web")
        expect(process == self.process, f"QEMU was process {self.process}, and now it is {process}")
        processes = (WEB / "cgroup.procs").read_text().split()
        expect(processes == [str(self.process)], f"the processes in the machine's cgroup are {processes}")
        for name, wanted in LIMITS.items():
            seen = (WEB / name).read_text().strip()
            expect(seen == wanted, f"{name} is {seen}, not {wanted}")

    def finish(self):
        self.client.execute("machine-stop", name="web")
        run("systemctl", "stop", "coqmpd")


def limits_survive_the_daemon():
    host = Host()
    host.expect_limits()
    used = int((WEB / "memory.current").read_text())
    os.kill(int(host.unit.property("MainPID")), signal.SIGKILL)
    host.unit.journal.expect("status=9/KILL")
    host.await_daemon()
    host.expect_limits()
    print(f"      memory that counts: {used >> 10} KiB, and {int((WEB / 'memory.current').read_text()) >> 10} KiB after a restart")
    run("systemctl", "restart", "coqmpd")
    host.await_daemon()
    host.expect_limits()
    host.finish()


def limits_are_lifted_while_there_is_no_daemon():
    """Before systemd 254; a later one keeps them."""
    host = Host()
    host.expect_limits()
    run("systemctl", "stop", "coqmpd")
    passed_on = [(each / "cgroup.subtree_control").read_text().split() for each in (OWN, OWN / "machines")]
    if version() < 254:
        expect(passed_on == [[], []], f"the cgroups pass on {passed_on} when the daemon has ended")
    else:
        expect(all("memory" in each for each in passed_on), f"the cgroups pass on {passed_on} when the daemon has ended")
        expect((WEB / "memory.max").read_text().strip() == LIMITS["memory.max"], "the limit of memory has gone")
    expect(pathlib.Path(f"/proc/{host.process}").exists(), "QEMU has ended with the daemon")
    run("systemctl", "start", "coqmpd")
    host.client = hosts.Client()
    host.expect_limits()
    host.finish()


def a_daemon_starts_again_when_its_limits_could_not_be_lifted():
    """Without the lifting, systemd cannot start it: this shows that it is needed, and that the next try succeeds."""
    if version() >= 254:
        return
    host = Host()
    UNIT.mkdir(exist_ok=True)
    (UNIT / "broken.conf").write_text("[Service]\nExecStopPost=\n")
    run("systemctl", "daemon-reload")
    os.kill(int(host.unit.property("MainPID")), signal.SIGKILL)
    host.unit.journal.expect("status=219/CGROUP")
    (UNIT / "broken.conf").unlink()
    run("systemctl", "daemon-reload")
    host.await_daemon()
    host.expect_limits()
    host.finish()


def take_too_much(host):
    """Makes QEMU take more memory than its limit allows. @return what the daemon says about its end"""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(bench.LIMIT)
        client.connect("/run/coqmp/web.qmp")
        lines = client.makefile()
        lines.readline()
        client.sendall(b'{"execute": "qmp_capabilities"}')
        lines.readline()
        memory = {"qom-type": "memory-backend-ram", "id": "hog", "size": 1 << 30, "prealloc": True}
        client.sendall(json.dumps({"execute": "object-add", "arguments": memory}).encode())
        seen = host.client.await_state("web", "backing-off")
    host.client.await_state("web", "running")
    host.process = host.client.process("web")
    host.expect_limits()
    return seen


def a_machine_over_its_limit_is_killed_and_the_reason_is_known():
    host = Host()
    seen = take_too_much(host)
    expect(seen.get("reason") == "out-of-memory", f"the machine that was killed is {seen}")
    host.finish()


def a_machine_over_its_limit_is_killed_also_after_a_restart_of_the_daemon():
    """The daemon does not know the reason then, as it is not the parent of a QEMU that it has adopted."""
    host = Host()
    run("systemctl", "restart", "coqmpd")
    host.await_daemon()
    take_too_much(host)
    host.finish()


SCENARIOS = [
    limits_survive_the_daemon,
    limits_are_lifted_while_there_is_no_daemon,
    a_daemon_starts_again_when_its_limits_could_not_be_lifted,
    a_machine_over_its_limit_is_killed_and_the_reason_is_known,
    a_machine_over_its_limit_is_killed_also_after_a_restart_of_the_daemon,
]


def main():
    print(f"systemd {version()}, Linux {os.uname().release}", flush=True)
    failed = 0
    for each in SCENARIOS:
        try:
            each()
        except Exception as problem:  # whatever it is, the next scenario runs
            failed += 1
            kind = "" if isinstance(problem, Failed) else f"{type(problem).__name__}: "
            print(f"FAIL  {each.__name__}: {kind}{problem}", flush=True)
            run("systemctl", "kill", "--signal=KILL", "coqmpd", check=False)
            run("systemctl", "stop", "coqmpd", check=False)
        else:
            print(f"ok    {each.__name__}", flush=True)
    print(f"cgroups: {len(SCENARIOS) - failed} passed, {failed} failed", flush=True)


if __name__ == "__main__":
    main()
