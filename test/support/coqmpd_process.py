"""One coqmpd with directories of its own, for the tests in Python."""

import os
import signal
import socket
import subprocess

from qmp_lines import Lines


class Coqmpd:
    """The files of its machines are in FOLDER/machines, its sockets in FOLDER/run, and its log is FOLDER/log."""

    def __init__(self, program, folder, limit):
        self.program = program
        self.folder = folder
        self.limit = limit  # seconds for a notification
        self.process = None
        for each in ("machines", "run", "state"):
            (folder / each).mkdir()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(folder / "notify"))
        self.notify.settimeout(limit)

    def begin(self):
        """Starts it, and returns when it is ready. @return a client of its control socket that has negotiated"""
        environment = {
            "PATH": os.environ["PATH"],
            "RUNTIME_DIRECTORY": str(self.folder / "run"),
            "STATE_DIRECTORY": str(self.folder / "state"),
            "NOTIFY_SOCKET": str(self.folder / "notify"),
        }
        self.forget_notifications()
        with open(self.folder / "log", "ab") as log:
            command = [self.program, "--config", self.folder]
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=log)
        self.expect("READY=1")
        client = Lines(self.folder / "run/control.sock")
        client.send(execute="qmp_capabilities")
        return client

    def expect(self, line):
        """Waits for a notification with this line."""
        while line.encode() not in self.notify.recv(4096).split(b"\n"):
            pass

    def forget_notifications(self):
        """Those of its past: of a daemon that was killed, or of changes since the last start or reload."""
        self.notify.setblocking(False)
        try:
            while self.notify.recv(4096):
                pass
        except BlockingIOError:
            pass
        self.notify.settimeout(self.limit)

    def reload(self):
        """Makes it read all files again, and returns when it has."""
        self.forget_notifications()
        self.process.send_signal(signal.SIGHUP)
        self.expect("RELOADING=1")
        self.expect("READY=1")

    def end(self, number):
        """Ends it with a signal. @return its exit status"""
        self.process.send_signal(number)
        return self.process.wait(self.limit * 2)

    def is_running(self):
        return self.process is not None and self.process.poll() is None
