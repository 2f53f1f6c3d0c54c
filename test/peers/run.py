#!/usr/bin/env python3
"""Runs QEMU's own Python client, legacy client, machine and shell unchanged, directly and through a proxy, and compares what they see.

usage: run.py [quick] [NAME ...] --modules DIRECTORY [--proxy PROGRAM [--wrap]] [--qemu PROGRAM]

Each check runs in a process of its own with a QEMU of its own, first directly, then through the proxy. Its outcome must be the same,
except for times. It has a time limit, and may leave no process behind. NAME is a check or the beginning of its name. `quick` leaves
out slow checks and TCP. Needs the modules that `fetch` puts into DIRECTORY, and nothing else.
"""
import argparse
import ctypes
import difflib
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
import checks  # noqa: E402
from routes import Route  # noqa: E402

SET_PARENT_DEATH_SIGNAL, SET_CHILD_SUBREAPER = 1, 36
GRACE = 10  # seconds until the last process of a check must have ended


class Runner:
    def __init__(self, wanted):
        self.wanted = wanted
        self.passed = self.failed = 0
        # Processes whose parent has gone become ours, so that none is overlooked.
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # Blocked, it can be waited for, with a time limit.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        # So that the temporary directory is removed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    def run(self):
        for each in checks.ALL:
            if self.wanted.names and not any(each.name.startswith(name) for name in self.wanted.names):
                continue
            if self.wanted.quick and not each.quick:
                continue
            for transport in ("unix",) if self.wanted.quick else each.transports:
                for side in each.sides:
                    self.compare(each, side, transport)
        print(f"peers: {self.passed} passed, {self.failed} failed")
        return 0 if self.passed and not self.failed else 1

    def compare(self, each, side, transport):
        direct, complaint = self.attempt(each, None, side, transport, "direct")
        self.report(each, f"{side}, {transport}, direct", complaint)
        ways = [False] if self.wanted.proxy else []
        if self.wanted.wrap and side == checks.LAUNCHES:
            ways.append(True)
        for wrap in ways:
            through, complaint = self.attempt(each, self.wanted.proxy, side, transport, "proxy", wrap)
            if not complaint and through != direct:
                complaint = "\n".join(difflib.unified_diff(lines(direct), lines(through), "direct", "through the proxy", n=2, lineterm=""))
            self.report(each, f"{side}, {transport}, {'wrapped by the proxy' if wrap else 'through the proxy'}", complaint)

    def report(self, each, way, complaint):
        seconds = time.monotonic() - self.start
        if complaint:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'FAIL' if complaint else 'ok'}\t{each.name:40} {way}, {seconds:.1f} s", flush=True)
        if complaint:
            print("\n".join("\t" + line[:300] for line in complaint.splitlines()[-60:]), flush=True)

    def attempt(self, each, proxy, side, transport, name, wrap=False):
        """Returns the outcome, and what is wrong, if anything is."""
        self.start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="peers-") as directory:
            route = Route(directory, self.wanted.qemu, proxy, side, transport, wrap)
            process = os.fork()
            if process == 0:
                in_child(each, route, directory)
            ended = self.wait_for_children(each.seconds, process)
            if ended is None:
                os.killpg(process, signal.SIGKILL)
                complaint = f"it took more than {each.seconds} s"
            else:
                complaint = None if ended == 0 else f"it ended with status {ended}"
            left = self.end_of_children(0 if complaint else GRACE)
            log = pathlib.Path(directory, "log").read_text(errors="replace")
            if complaint or left:
                return None, log + (complaint or f"it left processes behind: {', '.join(left)}")
            return json.loads(pathlib.Path(directory, "outcome").read_text()), None

    @staticmethod
    def wait_for_children(seconds, process=None):
        """Waits for this process, or for all. Returns its exit status, or None if time is up."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                while (ended := os.waitpid(-1, os.WNOHANG))[0] not in (0, process):
                    pass
            except ChildProcessError:
                return 0
            if process and ended[0] == process:
                return os.waitstatus_to_exitcode(ended[1])
            if not signal.sigtimedwait({signal.SIGCHLD}, max(0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                return None

    def end_of_children(self, seconds):
        """Kills all processes that have not ended within this time. Returns their names."""
        if self.wait_for_children(seconds) == 0:
            return []
        names = []
        while children := pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            for child in children:
                names.append(pathlib.Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")[:100])
                os.kill(int(child), signal.SIGKILL)
                os.waitpid(int(child), 0)
        return names


def in_child(each, route, directory):
    """Runs a check, and exits."""
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    log = os.open(f"{directory}/log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = 1
    try:
        outcome = each.run(route)
        route.close()
        pathlib.Path(directory, "outcome").write_text(json.dumps(outcome))
        status = 0
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def lines(outcome):
    return json.dumps(outcome, indent=1, sort_keys=True).splitlines()


def executable(name):
    """The path of a program from anywhere: some checks change their directory."""
    found = shutil.which(name)
    if not found:
        raise argparse.ArgumentTypeError(f"there is no program {name}")
    return os.path.abspath(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="checks, or beginnings of their names; quick: only the quick ones")
    parser.add_argument("--modules", type=pathlib.Path, required=True, help="the directory that fetch has filled")
    parser.add_argument("--proxy", type=executable, help="the proxy to compare with a direct connection")
    parser.add_argument("--wrap", action="store_true", help="also let the proxy launch QEMU by itself")
    parser.add_argument("--qemu", type=executable, default="qemu-system-x86_64")
    wanted = parser.parse_args()
    wanted.quick = "quick" in wanted.names
    wanted.names = [name for name in wanted.names if name != "quick"]
    modules = wanted.modules.resolve()
    os.environ["PEERS"] = str(modules)
    sys.path.insert(0, str(modules / "python"))
    for name in ("client_checks", "legacy_checks", "machine_checks", "shell_checks"):
        __import__(name)
    sys.exit(Runner(wanted).run())


main()
