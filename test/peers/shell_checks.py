"""Checks with qmp-shell and the other programs of scripts/qmp, in a terminal and with a pipe."""
import os
import pathlib
import pty
import re
import subprocess
import sys

from checks import DIALS, LAUNCHES, check
from routes import MACHINE, MACHINE_WITH_A_PROCESSOR, start

PROMPTS = (b"(QEMU) ", b"TRANS> ")


def program(name, *arguments):
    """The command line of one of QEMU's scripts, which find QEMU's modules by themselves."""
    return [sys.executable, str(pathlib.Path(os.environ["PEERS"]) / "scripts/qmp" / name), *arguments]


def address(route):
    """The address that a program can dial, in the form that these programs take."""
    where = route.addresses()[0]
    route.open()
    return where if isinstance(where, str) else f"{where[0]}:{where[1]}"


def environment(route):
    return {**os.environ, "HOME": str(route.directory), "TERM": "dumb"}


def comparable(text):
    """The text without times, and with plain line ends."""
    return re.sub(r"""(['"])timestamp\1: \{[^}]*\}""", "TIME", text.replace("\r", ""))


class Terminal:
    """A program in a terminal."""

    def __init__(self, route, command):
        self.controller, terminal = pty.openpty()
        self.process = start(["setsid", "--ctty", *command], stdin=terminal, stdout=terminal, stderr=terminal, cwd=route.directory,
                             env=environment(route))
        os.close(terminal)
        self.transcript = b""

    def wait_for(self, *endings):
        """Waits until the output since the last call ends like this, or the program has ended."""
        seen = b""
        while not seen.endswith(endings):
            try:
                seen += os.read(self.controller, 4096)
            except OSError:  # the terminal has no program any more
                self.transcript += seen
                raise AssertionError(f"the program ended: {self.text()}") from None
        self.transcript += seen

    def type(self, keys):
        os.write(self.controller, keys)

    def run(self, line):
        self.type(line.encode() + b"\n")
        self.wait_for(*PROMPTS)

    def end(self):
        """Types the end-of-file key (Ctrl-D). Returns the exit status."""
        self.type(b"\x04")
        self.rest()
        return self.process.wait()

    def rest(self):
        try:
            while os.read(self.controller, 4096):
                pass
        except OSError:
            pass

    def text(self):
        return comparable(self.transcript.decode())


def session(route, options, lines):
    """What a user who types these lines sees, and the exit status of the shell."""
    terminal = Terminal(route, program("qmp-shell", *options, address(route)))
    terminal.wait_for(*PROMPTS)
    for line in lines:
        terminal.run(line)
    return [terminal.text(), terminal.end()]


@check(DIALS, quick=True)
def typed(route):
    """Commands, errors, events, which an empty line shows, and a transaction."""
    seen = session(route, [], ["query-status", "no-such-command", "qom-list path=/", "not a command", "cont", "stop", "",
                               "device_del id=nothing", "blockdev-add driver=null-co node-name=n0 size=4096", "transaction(",
                               "blockdev-snapshot-internal-sync device=n0 name=s", ")", "query-named-block-nodes flat=true"])
    assert "Connected to QEMU" in seen[0] and "'RESUME'" in seen[0] and "CommandNotFound" in seen[0] and seen[1] == 0
    return seen


@check(DIALS)
def verbose_and_pretty(route):
    seen = session(route, ["-v", "-p"], ["query-version", "no-such-command", "qom-get path=/machine property=type"])
    assert '    "return": ' in seen[0] and '"execute": "query-version"' in seen[0]
    return seen


@check(DIALS, quick=True)
def completion(route):
    """The names come from query-commands."""
    terminal = Terminal(route, program("qmp-shell", address(route)))
    terminal.wait_for(*PROMPTS)
    terminal.type(b"query-vers\t")
    terminal.wait_for(b"query-version")
    terminal.run("")
    assert '"return": {"qemu": ' in terminal.text()
    return [terminal.text(), terminal.end()]


@check(DIALS)
def human_monitor(route):
    route.machine = MACHINE_WITH_A_PROCESSOR
    seen = session(route, ["-H"], ["info version", "info status", "no-such-command", "cpu 0", "info registers", "info qom-tree"])
    assert "VM status: paused (prelaunch)" in seen[0]
    return seen


@check(DIALS, quick=True)
def piped(route):
    """The shell reads its commands from a pipe, as in a script."""
    done = subprocess.run(program("qmp-shell", address(route)), input="query-status\ncont\nquery-status\n", text=True,
                          stdout=subprocess.PIPE, env=environment(route), check=True)
    assert '"prelaunch"' in done.stdout and '"status": "running"' in done.stdout
    return comparable(done.stdout)


@check(DIALS)
def quit(route):
    """The shell says what QEMU said; what it prints at its own end depends on which of the two was faster."""
    terminal = Terminal(route, program("qmp-shell", address(route)))
    terminal.wait_for(*PROMPTS)
    terminal.run("quit")
    terminal.end()
    assert route.qemu.wait() == 0
    return terminal.text()


@check(DIALS)
def after_the_end(route):
    """A shell dials a QEMU that has just ended."""
    where = address(route)
    route.close()
    done = subprocess.run(program("qmp-shell", where), input="", text=True, stderr=subprocess.PIPE, env=environment(route), check=False)
    assert "Couldn't connect" in done.stderr and done.returncode == 1
    return done.returncode


@check(LAUNCHES, quick=True, transports=("unix",))
def wrapped(route):
    """qmp-shell-wrap launches QEMU, which dials it."""
    terminal = Terminal(route, program("qmp-shell-wrap", "--", route.launcher(), *MACHINE))
    terminal.wait_for(*PROMPTS)
    for line in ("query-status", "cont", "stop", "", "no-such-command", "quit"):
        terminal.run(line)
    terminal.end()
    text = terminal.text()
    assert "'STOP'" in text and '"prelaunch"' in text
    return text


@check(DIALS, quick=True)
def object_tools(route):
    """qom-list, qom-get, qom-set and qom-tree, one after the other."""
    where = address(route)
    seen = []
    for name, *arguments in (("qom-list", "/"), ("qom-list", "/nowhere"), ("qom-get", "/machine.type"), ("qom-get", "/machine.nothing"),
                             ("qom-set", "/machine.type", "x"), ("qom-tree", "/machine")):
        done = subprocess.run(program(name, "--socket", where, *arguments), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, check=False)
        seen.append([done.returncode, done.stdout, done.stderr])
    assert [each[0] == 0 for each in seen] == [True, False, True, False, False, True] and "machine/" in seen[0][1]
    return seen
