"""Routes: how the clients of a check reach a QEMU of their own, directly or through a proxy."""
import json
import os
import pathlib
import select
import socket
import subprocess

from checks import DIALS

MACHINE = ["-M", "none", "-nodefaults", "-display", "none", "-S"]
MACHINE_WITH_A_PROCESSOR = ["-M", "isapc", "-accel", "tcg", *MACHINE[2:]]


def start(command, **options):
    """Starts a program that the kernel ends if this process dies."""
    return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, command)], **options)


def endpoint(address):
    """The address in the form that the proxy's command line takes."""
    return "unix:" + address if isinstance(address, str) else f"tcp:{address[0]}:{address[1]}"


class OtherMonitor:
    """A second monitor of the same QEMU, on its standard input and output: it does what others do to a machine."""

    def __init__(self, qemu):
        self.qemu = qemu
        if "QMP" not in self._message():  # QEMU greets when all its monitors exist
            raise RuntimeError("QEMU did not greet")
        self.execute("qmp_capabilities")

    def execute(self, name, **arguments):
        self.qemu.stdin.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        self.qemu.stdin.flush()
        while "event" in (answer := self._message()):
            pass
        return answer["return"]

    def _message(self):
        line = self.qemu.stdout.readline()
        if not line:
            raise RuntimeError("QEMU ended early; its standard error is above")
        return json.loads(line)


class Route:
    """One QEMU, and a way to it. `addresses` and then open(): clients that listen must do so in between."""

    def __init__(self, directory, qemu, proxy, side, transport, wrap=False):
        self.directory, self.program, self.proxy_program = pathlib.Path(directory), qemu, proxy
        self.side, self.transport, self.wrap = side, transport, wrap
        self.machine = MACHINE
        self.qemu = self.proxy = self.other = None
        self._addresses = []

    def addresses(self, count=1):
        """The addresses for this many clients. All that dial a proxy use the same one, which is what a proxy is for."""
        number = 1 if self.proxy_program and self.side == DIALS else count
        self._addresses = self._free_addresses([f"client{index}" for index in range(number)])
        return self._addresses * (count // number)

    @property
    def address(self):
        """The address of the first client."""
        return self._addresses[0]

    def open(self):
        """Starts QEMU, and the proxy. Clients that dial may do so when this returns."""
        monitors = [str(self.directory / "upstream")] if self.proxy_program else self._addresses
        waits = ",server=on,wait=off" if self.proxy_program or self.side == DIALS else ",server=off"
        options = [option for address in monitors for option in ("-qmp", endpoint(address) + waits)]
        self.qemu = start([self.program, *self.machine, *options, "-qmp", "stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.other = OtherMonitor(self.qemu)
        if self.proxy_program:
            self._start_proxy(endpoint(monitors[0]))

    def launcher(self):
        """The program for a client that launches QEMU by itself, as if it were QEMU."""
        if not self.proxy_program:
            return self.program
        os.environ.update(QEMU=self.program, QMP_PROXY=self.proxy_program, QMP_PROXY_LOG=str(self.directory / "log"),
                          QMP_PROXY_WRAPS=str(int(self.wrap)))
        return str(pathlib.Path(__file__).parent / "qemu_behind_proxy")

    def free_address(self):
        """An address for a client that launches QEMU by itself."""
        return self._free_addresses(["monitor"])[0]

    def close(self):
        """Ends QEMU. The proxy notices that and ends, too."""
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait()
        if self.proxy and self.proxy.wait() not in (0, 3):
            raise RuntimeError(f"the proxy exited with status {self.proxy.returncode}")

    def _free_addresses(self, names):
        if self.transport == "unix":
            return [str(self.directory / name) for name in names]
        ports = [socket.create_server(("127.0.0.1", 0)) for _ in names]
        addresses = [port.getsockname() for port in ports]
        for port in ports:
            port.close()
        return addresses

    def _start_proxy(self, upstream):
        option = "--listen" if self.side == DIALS else "--dial"
        command = [self.proxy_program, upstream]
        for address in self._addresses:
            command += [option, endpoint(address), "--policy", "all"]
        # The proxy says when it listens, as it does to a service manager.
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(str(self.directory / "notify"))
        self.proxy = start(command, stdin=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": ready.getsockname()})
        ended = os.pidfd_open(self.proxy.pid)
        while ready in select.select([ready, ended], [], [])[0]:
            if b"READY=1" in ready.recv(4096).split(b"\n"):
                break
        else:
            raise RuntimeError("the proxy ended before it was ready")
        os.close(ended)
        ready.close()
