"""The daemon under test with its machines, and the operator who uses its control socket."""

import datetime
import json
import os
import signal
import time

import guests
from coqmpd_process import Coqmpd
from observer import Watched
from qemu_processes import processes

LIMIT = 60  # seconds


class Host:
    def __init__(self, coqmpd, folder, report):
        self.folder = folder
        self.report = report
        self.prefix = f"chaos{os.getpid()}-"
        self.machines = {}
        self.pending = {}  # commands of the operator that have not been answered yet: (command, machine) by id
        self.answered = {}
        self.last_start = {}  # the id of the last command that starts a machine
        self.next_id = 0
        self.deaths = 0
        self.daemon = Coqmpd(coqmpd, folder, LIMIT)
        self.client = None
        (folder / "disk").mkdir()

    def define(self, name, guest, *arguments, more=""):
        guests.write(guest, self.folder / f"{name}.img")
        words = ["-name", self.prefix + name, "-M", "pc,accel=tcg", "-m", "32", "-display", "none", "-nodefaults"]
        words += ["-drive", f"if=ide,format=raw,snapshot=on,file={self.folder}/{name}.img"]
        words += ["-chardev", f"socket,id=observer,path={self.folder}/{name}.observer,server=on,wait=off"]
        words += ["-mon", "chardev=observer,mode=control", *arguments]
        restart = "[restart]\nmost = 1000000\nfirst_pause = '50ms'\nlongest_pause = '100ms'\n"
        shutdown = "[shutdown]\nbudget = '2s'\nrepeat = '1s'\n"
        text = f"arguments = {json.dumps(words)}\n{restart}{shutdown}{more}"
        (self.folder / "machines" / f"{name}.toml").write_text(text)
        self.machines[name] = Watched(name, self.folder / f"{name}.observer", self.report, self.note)

    def note(self, text):
        """Adds a line to the log of the daemon."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            log.write(f"{now[:-6]}Z chaos: {text}\n")

    # ---- The daemon ----

    def begin(self):
        self.client = self.daemon.begin()
        for machine in self.machines.values():
            machine.find_daemon()

    def end(self, number):
        """Ends the daemon with a signal. The result of a command that was not answered is unknown."""
        status = self.daemon.end(number)
        if number == signal.SIGTERM and status != 0:
            self.report(f"the daemon's exit status after SIGTERM is {status}")
        self.read_client()
        self.client.socket.close()
        self.pending.clear()
        self.deaths += 1
        for machine in self.machines.values():
            machine.lose_daemon()

    def ask(self, command, name=None, **arguments):
        self.next_id += 1
        self.pending[self.next_id] = (command, name)
        if name is not None:
            arguments["name"] = name
        if command in ("machine-start", "machine-restart"):
            self.last_start[name] = self.next_id
            self.machines[name].must_stay_down = None
            self.machines[name].asked_at = time.monotonic()
        self.client.send(execute=command, arguments=arguments, id=self.next_id)
        return self.next_id

    def read_client(self):
        messages, is_open = self.client.read()
        for each in messages:
            if "id" in each:
                command, name = self.pending.pop(each["id"])
                self.answered[each["id"]] = each
                if command == "machine-stop" and "return" in each and self.last_start.get(name, 0) < each["id"]:
                    self.machines[name].must_stay_down = "an operator had stopped it"
        return is_open

    # ---- Time ----

    def look(self):
        """Reads all that has happened."""
        for name, machine in self.machines.items():
            if machine.monitor is not None:
                machine.read()
        if not self.daemon.is_running():
            self.report(f"the daemon has ended by itself, with status {self.daemon.process.returncode}")
        self.read_client()
        found = processes(self.prefix)  # after the answer to a stop
        for name, machine in self.machines.items():
            machine.see_processes(found.get(name, []))

    def sources(self):
        return [each.monitor for each in self.machines.values() if each.monitor is not None] + [self.client]
