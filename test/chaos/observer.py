"""What an observer sees without the help of the daemon: processes in /proc, and a monitor of its own for each QEMU."""

import time

from qmp_lines import Lines

ON_PURPOSE = ("guest-shutdown", "host-signal", "host-qmp-quit")
SETTLED = 3  # seconds after which a command or a start has had its effect


class Watched:
    """One machine as the observer sees it, and what the daemon must do and not do with it."""

    def __init__(self, name, monitor, report, note):
        self.note = note
        self.name = name
        self.path = monitor
        self.report = report
        self.process = None
        self.monitor = None
        self.is_paused_by_us = False
        self.resumed = 0  # how often we have sent cont: a stop that is answered later does not count
        self.must_stay_down = None  # the reason, or None
        self.ended = None  # the reason of its last SHUTDOWN
        self.ended_at = 0.0
        self.asked_at = 0.0  # when an operator last asked for a start
        self.started_at = 0.0
        self.daemon_since = 0.0  # QEMU connects to a new daemon within a second, and the daemon misses what happens before
        self.starts = 0
        self.events = 0

    def see_processes(self, ids):
        if len(ids) > 1:
            self.report(f"{self.name} has {len(ids)} QEMUs at once: {ids}")
        new = ids[0] if ids else None
        if new != self.process:
            was_running = self.process is not None
            self.forget_monitor()
            self.is_paused_by_us = False
            self.process = new
            if was_running:
                self.see_end()
            if new is not None:
                self.starts += 1
                self.started_at = time.monotonic()
        if new is not None and self.must_stay_down:
            self.report(f"{self.name} was started as process {new}, although {self.must_stay_down}")
            self.must_stay_down = None
        if new is not None and self.monitor is None:
            self.connect()

    def see_end(self):
        """Nothing restarts it if it was ended on purpose, if the daemon was connected, and no operator has just asked for a start."""
        now = time.monotonic()
        self.note(f"observer: {self.name} has ended, {self.ended}")
        if self.ended in ON_PURPOSE and now - max(self.asked_at, self.started_at, self.daemon_since) > SETTLED:
            self.must_stay_down = f"it had ended because of {self.ended}"
            self.ended_at = now
        self.ended = None

    def lose_daemon(self):
        """The daemon has ended: the next one cannot know what this one had no time to record."""
        if self.must_stay_down and time.monotonic() - self.ended_at < SETTLED and self.must_stay_down.startswith("it had ended"):
            self.must_stay_down = None

    def find_daemon(self):
        """The next daemon is running. It does not know what happened while there was none."""
        if self.monitor is not None:
            self.read()
        self.ended = None
        self.daemon_since = time.monotonic()

    def connect(self):
        try:
            self.monitor = Lines(self.path)
        except OSError:
            return  # not yet listening: tried again with the next look at the processes
        self.monitor.send(execute="qmp_capabilities")

    def forget_monitor(self):
        if self.monitor is not None:
            self.monitor.socket.close()
            self.monitor = None

    def read(self):
        messages, is_open = self.monitor.read()
        for each in messages:
            if each.get("id") == f"pause {self.resumed}":
                self.is_paused_by_us = "return" in each
            elif each.get("event") == "RESUME" and self.is_paused_by_us:
                self.report(f"{self.name} was resumed, although a client had paused it")
                self.is_paused_by_us = False
            elif each.get("event") == "SHUTDOWN":
                self.ended = each["data"]["reason"]
            self.events += "event" in each
        if not is_open:
            self.forget_monitor()

    def pause(self):
        self.monitor.send(execute="stop", id=f"pause {self.resumed}")

    def resume(self):
        self.is_paused_by_us = False
        self.resumed += 1
        self.monitor.send(execute="cont")
