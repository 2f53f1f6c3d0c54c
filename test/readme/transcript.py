"""Runs a transcript in a terminal, as a user would, and compares what it shows with what the transcript says.

A line `$ COMMAND` is given to a shell. The lines after it, up to the next such line, are what the terminal shows then: a line that
begins with the prompt `(QEMU) ` is typed and then Enter, and every other line is output. At the end of a line `<Tab>` is typed instead
of Enter: the shell clears the line, shows what can follow, and the line again; the next line of the transcript goes on with it.

Times of the day and QEMU's version are not compared. QEMU's events (lines that begin with a time) may come a moment earlier or later
than in the transcript: they are compared with each other, in their order, and all other lines are compared without them.
"""
import codecs
import difflib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

PROMPT = "(QEMU) "
COLUMNS, ROWS = 160, 50
PATIENCE = 120  # seconds: it turns a hang into a message that shows the screen


class Screen:
    """What a terminal shows, with all that has been scrolled out of it."""

    def __init__(self):
        self.rows, self.row, self.column = [""], 0, 0

    def write(self, text):
        for piece in re.findall(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\a]*\a|\x1b.|[\x00-\x1f]|[^\x00-\x1f]+", text, re.DOTALL):
            if piece.startswith("\x1b["):
                self.obey(piece[-1], piece[2:-1])
            elif piece == "\r":
                self.column = 0
            elif piece == "\n":
                self.move(self.row + 1)
            elif piece == "\b":
                self.column = max(0, self.column - 1)
            elif piece == "\t":
                self.column = min(COLUMNS - 1, self.column // 8 * 8 + 8)
            elif piece >= " ":
                for character in piece:
                    self.put(character)

    def put(self, character):
        if self.column >= COLUMNS:
            self.move(self.row + 1)
            self.column = 0
        line = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def move(self, row):
        self.row = max(0, row)
        while len(self.rows) <= self.row:
            self.rows.append("")

    def obey(self, final, parameters):
        count = max(1, int(parameters)) if parameters.isdigit() else 1
        kind = int(parameters) if parameters.isdigit() else 0
        line = self.rows[self.row].ljust(self.column)
        top = max(0, len(self.rows) - ROWS)
        if final == "A":
            self.move(max(top, self.row - count))
        elif final == "B":
            self.move(self.row + count)
        elif final == "C":
            self.column = min(COLUMNS - 1, self.column + count)
        elif final == "D":
            self.column = max(0, self.column - count)
        elif final == "G":
            self.column = count - 1
        elif final == "K":
            self.rows[self.row] = (line[:self.column], " " * self.column + line[self.column:], "")[min(kind, 2)]
        elif final == "J" and kind == 0:
            self.rows[self.row] = line[:self.column]
            del self.rows[self.row + 1:]
        elif final == "P":
            self.rows[self.row] = line[:self.column] + line[self.column + count:]
        elif final == "@":
            self.rows[self.row] = line[:self.column] + " " * count + line[self.column:]
        elif final == "H":
            self.move(top)
            self.column = 0


class Terminal:
    """A command in a terminal."""

    def __init__(self, command, directory, environment):
        self.screen, self.pending = Screen(), ""
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
                os.chdir(directory)
                os.execvpe("bash", ["bash", "-e", "-c", command], environment)
            finally:
                os._exit(127)

    def read_until(self, is_reached):
        """Reads until that is so (True), or the command has ended (False)."""
        deadline = time.monotonic() + PATIENCE
        while not is_reached():
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            try:
                part = os.read(self.master, 65536)
            except OSError:  # EIO: all processes with the terminal open have ended
                return False
            text = self.pending + self.decoder.decode(part)
            self.pending = re.search(r"(\x1b(\[[0-?]*[ -/]*)?)?\Z", text).group()  # an escape sequence that is cut
            self.screen.write(text[:len(text) - len(self.pending)])
        return True

    def type(self, keys):
        os.write(self.master, keys.encode())

    def shows(self, text, below=-1):
        """Whether the cursor is behind that text, on a row below that one. (What is right of the cursor is a hint.)"""
        screen = self.screen
        return screen.row > below and screen.column == len(text) and screen.rows[screen.row].ljust(len(text))[:len(text)] == text

    def end(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.master)


def converse(terminal, lines):
    """Types what the lines say. False if the command ended before the last of it."""
    typed, below = "", -1
    for line in lines:
        if not line.startswith(PROMPT):
            continue
        text, tab = re.fullmatch(r"(.*?)(<Tab>)?", line).groups()
        if not terminal.read_until(lambda: terminal.shows(PROMPT + typed, below)):
            return False
        terminal.type(text[len(PROMPT + typed):])
        if not terminal.read_until(lambda: terminal.shows(text)):
            return False
        below = terminal.screen.row
        terminal.type("\t" if tab else "\r")
        typed = text[len(PROMPT):] if tab else ""
    terminal.read_until(lambda: False)
    return True


def normalized(line):
    line = re.sub(r"^\d\d:\d\d:\d\d\.\d{6} ", "TIME ", line)
    line = re.sub(r"QEMU \d+(\.\d+)+( \([^)]*\))?", "QEMU VERSION", line)
    return line.rstrip()


def differences(expected, shown):
    result = []
    for kind, is_kind in (("lines", lambda line: not line.startswith("TIME ")), ("events", lambda line: line.startswith("TIME "))):
        result += difflib.unified_diff([line for line in expected if is_kind(line)], [line for line in shown if is_kind(line)],
                                       f"{kind} of the transcript", f"{kind} that were shown", lineterm="", n=1)
    return result


def check(content, directory, environment):
    """What is wrong, in lines; "" if nothing is."""
    steps = []
    for line in content.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    # A home of its own, so that neither the settings nor the history of the real user matter.
    environment = {**environment, "HOME": str(directory), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    problems = []
    for command, lines in steps:
        terminal = Terminal(command, directory, environment)
        try:
            if not converse(terminal, lines):
                problems.append("it ended early")
        except TimeoutError:
            problems.append(f"nothing more came for {PATIENCE} s")
        finally:
            terminal.end()
        shown = [normalized(line) for line in terminal.screen.rows]
        while shown and not shown[-1]:
            shown.pop()
        problems += differences([normalized(line) for line in lines if not line.endswith("<Tab>")], shown)
        if problems:
            return "\n".join([f"$ {command}", *problems, ""])
    return ""
