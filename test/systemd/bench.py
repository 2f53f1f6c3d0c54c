"""What the scenarios share: units of a booted systemd, their journal, and guests of one sector."""

import json
import os
import pathlib
import select
import subprocess
import time

import guests

BENCH = pathlib.Path("/bench")
LIMIT = 30  # seconds for each wait


class Failed(Exception):
    """What was expected, and what was seen."""


def run(*command, check=True):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2 * LIMIT)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return done


def expect(condition, text):
    if not condition:
        raise Failed(text)


def expect_output(console, text):
    """Waits until a guest has written this to its console."""
    follower = subprocess.Popen(["tail", "--follow", "--bytes=+1", console], stdout=subprocess.PIPE)
    ready, _, _ = select.select([follower.stdout], [], [], LIMIT)
    seen = os.read(follower.stdout.fileno(), len(text)).decode() if ready else ""
    follower.kill()
    follower.wait()
    expect(seen == text, f'{console}: the guest wrote "{seen}", not "{text}"')


class Journal:
    """The lines that a unit's programs and systemd write about it, from now on, each read once."""

    def __init__(self, unit):
        self.unit = unit
        self.seen = []
        cursor = run("journalctl", "--lines=0", "--show-cursor", "--quiet").stdout.partition("cursor: ")[2].strip()
        self.process = subprocess.Popen(
            ["journalctl", "--follow", "--output=json", f"--unit={unit}"]
            + ([f"--after-cursor={cursor}", "--lines=all"] if cursor else ["--lines=all"]),
            stdout=subprocess.PIPE,
        )
        self.rest = b""

    def expect(self, text):
        """Waits for a line with this text after those that were expected earlier."""
        deadline = time.monotonic() + LIMIT
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                message = json.loads(line).get("MESSAGE") or ""
                message = message if isinstance(message, str) else bytes(message).decode(errors="replace")
                self.seen.append(message)
                if text in message:
                    return message
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            block = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not block:
                lines = "\n    ".join(self.seen[-25:])
                raise Failed(f'the journal of {self.unit} has no line with "{text}":\n    {lines}')
            self.rest += block


class Unit:
    def __init__(self, name):
        self.name = name
        self.journal = Journal(name)

    def property(self, name):
        return run("systemctl", "show", f"--property={name}", "--value", self.name).stdout.strip()

    def expect(self, **properties):
        for name, wanted in properties.items():
            seen = self.property(name)
            expect(seen == wanted, f"{self.name}: {name} is {seen}, not {wanted}")

    def add_settings(self, text):
        """Adds a drop-in, as `systemctl edit` does."""
        folder = pathlib.Path(f"/etc/systemd/system/{self.name}.d")
        folder.mkdir(exist_ok=True)
        (folder / f"{len(list(folder.iterdir()))}.conf").write_text(text)
        run("systemctl", "daemon-reload")

    def processes(self, program):
        """The process ids of the unit's processes that run this program."""
        group = pathlib.Path("/sys/fs/cgroup") / self.property("ControlGroup").lstrip("/")
        ids = [int(each) for path in group.rglob("cgroup.procs") for each in path.read_text().split()]
        return [each for each in ids if pathlib.Path(f"/proc/{each}/comm").read_text().strip() == program[:15]]

    def start(self):
        run("systemctl", "start", self.name)

    def stop(self):
        run("systemctl", "stop", self.name)


class Machine(Unit):
    """A unit made of the template qemu@.service, and its guest."""

    def __init__(self, name, guest, arguments="", options=""):
        super().__init__(f"qemu@{name}.service")
        self.image = BENCH / f"{name}.img"
        self.console = BENCH / f"{name}.console"
        guests.write(guest, self.image)
        self.console.touch()
        self.output = subprocess.Popen(["tail", "--follow", "--bytes=+1", self.console], stdout=subprocess.PIPE).stdout.fileno()
        folder = pathlib.Path("/etc/coqmp/qemu")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.env").write_text(
            "QEMU=qemu-system-x86_64\n"
            "QEMU_ARGUMENTS=-M pc,accel=tcg -m 32 -display none -nodefaults "
            f"-drive if=ide,format=raw,snapshot=on,file={self.image} -debugcon file:{self.console} {arguments}\n"
        )
        if options:
            self.add_settings(
                f"[Service]\nExecStart=\nExecStart=/usr/local/bin/qmp-run --name %i {options} -- ${{QEMU}} $QEMU_ARGUMENTS\n"
            )

    def expect_output(self, text):
        """Waits until the guest has written this to its console."""
        ready, _, _ = select.select([self.output], [], [], LIMIT)
        seen = os.read(self.output, len(text)).decode() if ready else ""
        expect(seen == text, f'{self.name}: the guest wrote "{seen}", not "{text}"')

    def qemu(self):
        processes = self.processes("qemu-system-x86_64")
        expect(len(processes) == 1, f"{self.name}: there are {len(processes)} QEMUs")
        return processes[0]
