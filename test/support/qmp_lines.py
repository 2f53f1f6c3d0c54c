"""A client of a monitor for the tests in Python."""

import errno
import json
import socket


class Lines:
    """A stream of JSON lines that never blocks."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.rest = b""
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.socket.setblocking(False)

    def fileno(self):
        return self.socket.fileno()

    def send(self, **message):
        try:
            self.socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as problem:
            if problem.errno not in (errno.EPIPE, errno.ECONNRESET, errno.EAGAIN):
                raise

    def read(self):
        """@return the messages that have arrived, and whether more can come"""
        is_open = True
        try:
            while block := self.socket.recv(1 << 16):
                self.rest += block
            is_open = False
        except BlockingIOError:
            pass
        except ConnectionError:
            is_open = False
        *lines, self.rest = self.rest.split(b"\n")
        return [json.loads(each) for each in lines if each.strip()], is_open
