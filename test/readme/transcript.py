"""Runs a transcript in a terminal, as a user would, and compares it with what the terminal shows.

A line `$ COMMAND` is passed to a shell. The lines after it, up to the next such line, are what the terminal then shows: a line that
begins with the prompt `(QEMU) ` is typed and followed by Enter, and every other line is output. If a typed line ends with `<Tab>`,
Tab is pressed instead of Enter: the shell clears the line, lists the candidates and shows the line again, and the next typed line of
the transcript continues it.

Times of day and QEMU's version are not compared. QEMU's events (lines that begin with a time) may arrive a moment earlier or later
than in the transcript, so they are compared with each other, in order, and all other lines are compared without them.
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
PATIENCE = 120  # seconds, so that a hang becomes a message that shows the screen
BLANK = (" ", "")


class Screen:
    """What a terminal shows, including all rows that have scrolled out of it. A cell is a character and its style."""

    def __init__(self, columns=COLUMNS, rows=ROWS):
        self.columns, self.height = columns, rows
        self.rows, self.row, self.column, self.style = [[]], 0, 0, ""

    def text(self, row):
        return "".join(character for character, _ in self.rows[row])

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
                self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
            elif piece >= " ":
                for character in piece:
                    self.put(character)

    def padded(self):
        """The cells of the current row, which reach at least to the cursor."""
        line = self.rows[self.row]
        return line + [BLANK] * (self.column - len(line))

    def put(self, character):
        if self.column >= self.columns:
            self.move(self.row + 1)
            self.column = 0
        line = self.padded()
        self.rows[self.row] = line[:self.column] + [(character, self.style)] + line[self.column + 1:]
        self.column += 1

    def move(self, row):
        self.row = max(0, row)
        while len(self.rows) <= self.row:
            self.rows.append([])

    def obey(self, final, parameters):
        count = max(1, int(parameters)) if parameters.isdigit() else 1
        kind = int(parameters) if parameters.isdigit() else 0
        line = self.padded()
        top = max(0, len(self.rows) - self.height)
        if final == "A":
            self.move(max(top, self.row - count))
        elif final == "B":
            self.move(self.row + count)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif final == "D":
            self.column = max(0, self.column - count)
        elif final == "G":
            self.column = count - 1
        elif final == "K":
            self.rows[self.row] = (line[:self.column], [BLANK] * self.column + line[self.column:], [])[min(kind, 2)]
        elif final == "J" and kind == 0:
            self.rows[self.row] = line[:self.column]
            del self.rows[self.row + 1:]
        elif final == "P":
            self.rows[self.row] = line[:self.column] + line[self.column + count:]
        elif final == "@":
            self.rows[self.row] = line[:self.column] + [BLANK] * count + line[self.column:]
        elif final == "H":
            self.move(top)
            self.column = 0
        elif final == "m":
            self.style = "" if kind == 0 else parameters


class Terminal:
    """A command in a terminal."""

    def __init__(self, command, directory, environment, columns=COLUMNS, rows=ROWS):
        self.screen, self.pending = Screen(columns, rows), ""
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.chdir(directory)
                os.execvpe("bash", ["bash", "-e", "-c", command], environment)
            finally:
                os._exit(127)

    def read_until(self, is_reached):
        """Reads until the condition holds (True) or the command has ended (False)."""
        deadline = time.monotonic() + PATIENCE
        while not is_reached():
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            try:
                part = os.read(self.master, 65536)
            except OSError:  # EIO: all processes with the terminal open have ended
                return False
            text = self.pending + self.decoder.decode(part)
            self.pending = re.search(r"(\x1b(\[[0-?]*[ -/]*)?)?\Z", text).group()  # an incomplete escape sequence
            self.screen.write(text[:len(text) - len(self.pending)])
        return True

    def type(self, keys):
        os.write(self.master, keys.encode())

    def shows(self, text, below=-1):
        """Whether the cursor is right after this text, on a row below the given one. (To the right of the cursor is a hint.)"""
        screen = self.screen
        shown = screen.text(screen.row).ljust(len(text))[:len(text)]
        return screen.row > below and screen.column == len(text) and shown == text

    def end(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.master)


def converse(terminal, lines):
    """Types the typed lines. Returns False if the command ended before the last of them."""
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
    return True


def environment_of(directory, environment):
    """An environment with a home of its own, so that neither the settings nor the history of the real user matter."""
    return {**environment, "HOME": str(directory), "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def normalized(line):
    line = re.sub(r"^\d\d:\d\d:\d\d\.\d{6} ", "TIME ", line)
    line = re.sub(r"QEMU \d+(\.\d+)+( \([^)]*\))?", "QEMU VERSION", line)
    return line.rstrip()


def differences(expected, shown):
    result = []
    for kind, is_kind in (("lines", lambda line: not line.startswith("TIME ")), ("events", lambda line: line.startswith("TIME "))):
        result += difflib.unified_diff([line for line in expected if is_kind(line)], [line for line in shown if is_kind(line)],
                                       f"{kind} of the transcript", f"{kind} on the terminal", lineterm="", n=1)
    return result


def check(content, directory, environment):
    """Describes what is wrong, one problem in each line; "" if nothing is."""
    steps = []
    for line in content.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    problems = []
    for command, lines in steps:
        terminal = Terminal(command, directory, environment_of(directory, environment))
        try:
            if not converse(terminal, lines):
                problems.append("it ended early")
            terminal.read_until(lambda: False)
        except TimeoutError:
            problems.append(f"nothing more was printed for {PATIENCE} s")
        finally:
            terminal.end()
        shown = [normalized(terminal.screen.text(row)) for row in range(len(terminal.screen.rows))]
        while shown and not shown[-1]:
            shown.pop()
        problems += differences([normalized(line) for line in lines if not line.endswith("<Tab>")], shown)
        if problems:
            return "\n".join([f"$ {command}", *problems, ""])
    return ""
