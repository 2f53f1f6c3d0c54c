#!/usr/bin/env python3
"""Many fake QEMUs in one process, each with a monitor of its own.

usage: fakes.py FOLDER COUNT          (the monitors are FOLDER/0000.qmp, FOLDER/0001.qmp, ...)

The first ten are silent: half of them do not even greet, the others answer until they are told to be silent. Reads commands, each a
line of JSON, from standard input, and answers each with a line of JSON: {"pause": [7, 8]}, {"resume": [7]}, {"flood": true} (number 10
sends events as fast as they are read), {"silence": true}, {"count": true} (how many commands were received, and how much was sent).
"""

import json
import pathlib
import resource
import selectors
import socket
import sys

NEVER_GREET = range(0, 5)
FALL_SILENT = range(5, 10)
FLOODING = 10

VERSION = {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "fake"}
DECODER = json.JSONDecoder()
TIME = {"seconds": 1781234567, "microseconds": 123456}
FLOOD = b"".join(
    json.dumps({"timestamp": TIME, "event": "RTC_CHANGE", "data": {"offset": number, "qom-path": "/machine/rtc"}}).encode() + b"\r\n"
    for number in range(600)
)


class Fake:
    def __init__(self, number, folder, fakes):
        self.number = number
        self.fakes = fakes
        self.is_running = True
        self.client = None
        self.rest = ""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(folder / f"{number:04}.qmp"))
        self.socket.listen(1)
        fakes.selector.register(self.socket, selectors.EVENT_READ, self.accept)

    def accept(self):
        connection, _ = self.socket.accept()
        if self.client is not None:
            self.leave()
        connection.setblocking(False)
        self.client = connection
        self.fakes.selector.register(connection, selectors.EVENT_READ, self.read)
        if self.number not in NEVER_GREET:
            self.write({"QMP": {"version": VERSION, "capabilities": ["oob"]}})

    def leave(self):
        self.fakes.selector.unregister(self.client)
        self.client.close()
        self.client = None
        self.rest = ""
        if self.number == FLOODING:
            self.fakes.flood = FLOOD  # the next client gets events from their beginning

    def read(self):
        try:
            block = self.client.recv(1 << 16)
        except BlockingIOError:
            return  # a new client has just taken the place of the one that sent something
        except ConnectionError:
            block = b""
        if not block:
            return self.leave()
        self.rest += block.decode()
        while self.rest:  # there need not be a line end between two commands
            try:
                command, end = DECODER.raw_decode(self.rest)
            except json.JSONDecodeError:
                break  # a part of one
            self.rest = self.rest[end:].lstrip()
            self.execute(command)

    def execute(self, command):
        self.fakes.commands += 1
        if self.fakes.is_silent and self.number in FALL_SILENT:
            return
        name = command.get("execute") or command.get("exec-oob")
        if name == "query-status":
            status = "running" if self.is_running else "paused"
            answer = {"return": {"status": status, "singlestep": False, "running": self.is_running}}
        elif name in ("qmp_capabilities", "query-yank"):
            answer = {"return": {}}
        else:
            answer = {"error": {"class": "CommandNotFound", "desc": f"The command {name} has not been found"}}
        if "id" in command:
            answer["id"] = command["id"]
        self.write(answer)

    def write(self, message):
        self.send(json.dumps(message).encode() + b"\r\n")

    def send(self, text):
        """Sends all of it. Only the flood can fill the socket, and its reader goes on reading."""
        if self.number == FLOODING:
            text = self.fakes.take_rest_of_event() + text
        self.client.setblocking(True)
        try:
            self.client.sendall(text)
        except ConnectionError:
            return  # read() sees it, too
        self.client.setblocking(False)
        self.fakes.bytes += len(text)

    def change(self, is_running):
        self.is_running = is_running
        if self.client is not None:
            self.write({"timestamp": TIME, "event": "RESUME" if is_running else "STOP"})


class Fakes:
    def __init__(self, folder, count):
        self.selector = selectors.DefaultSelector()
        self.commands = 0
        self.bytes = 0
        self.is_silent = False
        self.is_flooding = False
        self.flood = FLOOD  # what the flooding one sends next
        self.all = [Fake(number, folder, self) for number in range(count)]
        self.selector.register(sys.stdin.buffer.raw, selectors.EVENT_READ, self.obey)
        self.is_wanted = True

    def obey(self):
        line = sys.stdin.buffer.raw.readline()
        if not line:
            self.is_wanted = False
            return
        wish = json.loads(line)
        for number in wish.get("pause", []):
            self.all[number].change(False)
        for number in wish.get("resume", []):
            self.all[number].change(True)
        if "flood" in wish:
            self.is_flooding = wish["flood"]
        if "silence" in wish:
            self.is_silent = wish["silence"]
        print(json.dumps({"commands": self.commands, "bytes": self.bytes}), flush=True)

    def take_rest_of_event(self):
        """An event whose beginning has been sent must be sent to its end, whatever comes next."""
        if self.flood is FLOOD:
            return b""
        rest, line_end, following = self.flood.partition(b"\n")
        self.flood = following or FLOOD
        return rest + line_end

    def send_flood(self):
        """Sends as much as the socket takes. @return whether it took anything"""
        client = self.all[FLOODING].client
        if client is None:
            return False
        try:
            sent = client.send(self.flood)
        except (BlockingIOError, ConnectionError):
            return False
        self.bytes += sent
        self.flood = self.flood[sent:] or FLOOD
        return True

    def run(self):
        while self.is_wanted:
            patience = None
            if self.is_flooding:
                patience = 0 if self.send_flood() else 0.001
            for key, _ in self.selector.select(patience):
                key.data()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    fakes = Fakes(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
    print("{}", flush=True)
    fakes.run()


if __name__ == "__main__":
    main()
