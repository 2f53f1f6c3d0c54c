"""The daemon under test, its fake and its real machines, and the states that they must have."""

import json
import os
import select
import signal
import subprocess
import sys
import time

import guests
from coqmpd_process import Coqmpd
from qemu_processes import processes

import fakes

LIMIT = 120  # seconds for what has no limit of its own
RIGHT_WITHIN = 1.0  # seconds


class Broken(Exception):
    """What was expected, and what was seen."""


class Fleet:
    def __init__(self, coqmpd, folder):
        self.folder = folder
        self.prefix = f"load{os.getpid()}-"
        self.daemon = Coqmpd(coqmpd, folder, LIMIT)
        self.client = None
        self.next_id = 0
        self.expected = {}  # by name: state, reason and liveness, as query-machines shows them
        self.fakes = None

    # ---- Machines ----

    def begin_fakes(self, count):
        (self.folder / "fakes").mkdir()
        command = [sys.executable, fakes.__file__, self.folder / "fakes", str(count)]
        self.fakes = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.fakes.stdout.readline()
        (self.folder / "machines/fake.toml").write_text(f"observe = '{self.folder}/fakes/*.qmp'\n")
        for number in range(count):
            is_silent = number in fakes.NEVER_GREET
            self.expected[fake(number)] = ("defined", None, "gone") if is_silent else ("running", None, "responsive")

    def tell_fakes(self, **wish):
        """@return how many commands the fakes have received until now, and how many bytes they have sent"""
        self.fakes.stdin.write(json.dumps(wish).encode() + b"\n")
        self.fakes.stdin.flush()
        return json.loads(self.fakes.stdout.readline())

    def define(self, name, guest, *arguments):
        guests.write(guest, self.folder / f"{name}.img")
        words = ["-name", self.prefix + name, "-M", "pc,accel=tcg", "-m", "32", "-display", "none", "-nodefaults"]
        words += ["-drive", f"if=ide,format=raw,snapshot=on,file={self.folder}/{name}.img", *arguments]
        restart = "[restart]\nmost = 1000000\nfirst_pause = '50ms'\nlongest_pause = '100ms'\n"
        shutdown = "[shutdown]\nbudget = '2s'\nrepeat = '1s'\n"
        (self.folder / "machines" / f"{name}.toml").write_text(f"arguments = {json.dumps(words)}\n{restart}{shutdown}")
        self.expected[name] = ("defined", None, "gone")

    def pids(self):
        """The process ids of the real machines, which the daemon has not been asked for."""
        return {name: ids for name, ids in processes(self.prefix).items()}

    # ---- The operator ----

    def begin(self):
        self.client = self.daemon.begin()

    def end(self, number):
        self.client.socket.close()
        return self.daemon.end(number)

    def ask(self, command, **arguments):
        self.next_id += 1
        self.client.send(execute=command, arguments=arguments, id=self.next_id)
        deadline = time.monotonic() + LIMIT
        while True:
            select.select([self.client], [], [], max(0, deadline - time.monotonic()))
            messages, is_open = self.client.read()
            for each in messages:
                if each.get("id") == self.next_id:
                    if "return" not in each:
                        raise Broken(f"{command} {arguments}: {each}")
                    return each["return"]
            if not is_open or time.monotonic() > deadline:
                raise Broken(f"{command} {arguments}: no answer")

    def wrong(self):
        """@return sentences about the machines whose state is not what it must be"""
        seen = {each["name"]: (each["state"], each.get("reason"), each["liveness"]) for each in self.ask("query-machines")}
        result = [f"{name} is {seen.get(name)}, not {wanted}" for name, wanted in self.expected.items() if seen.get(name) != wanted]
        return result + [f"{name} is not expected" for name in seen.keys() - self.expected.keys()]

    def time_until_right(self, limit=LIMIT):
        """@return the seconds until all states are right"""
        start = time.monotonic()
        while problems := self.wrong():
            if time.monotonic() - start > limit:
                more = f", and {len(problems) - 3} more" if len(problems) > 3 else ""
                raise Broken(f"after {limit} s: {'; '.join(problems[:3])}{more}")
        return time.monotonic() - start

    # ---- The end ----

    def finish(self):
        """Ends everything that was started, whatever state it is in."""
        if self.daemon.is_running():
            self.daemon.end(signal.SIGKILL)
        for ids in self.pids().values():
            for each in ids:
                os.kill(each, signal.SIGKILL)
        if self.fakes is not None:
            self.fakes.kill()
            self.fakes.wait()


def fake(number):
    """The name of a machine that was found by the pattern of fake.toml."""
    return f"fake.{number:04}"
