"""Checks with QEMUMonitorProtocol, QEMU's synchronous client, as QEMU's own tests use it."""
import asyncio
import tempfile

from checks import DIALS, check, names, without_timestamps
from qemu.qmp import ExecuteError, QMPError
from qemu.qmp.legacy import QEMUMonitorProtocol

# QEMU 8.2 renamed cmd() to cmd_raw() and command() to cmd().
cmd_raw = getattr(QEMUMonitorProtocol, "cmd_raw", QEMUMonitorProtocol.cmd)
command = getattr(QEMUMonitorProtocol, "command", QEMUMonitorProtocol.cmd)


def connected(route):
    """A client that is connected in the way of the route, and its greeting."""
    address = route.addresses()[0]
    monitor = QEMUMonitorProtocol(address, server=route.side != DIALS, nickname="check")
    route.open()
    return monitor, monitor.connect() if route.side == DIALS else monitor.accept(None)


@check(quick=True)
def greeting(route):
    monitor, greeting = connected(route)
    assert greeting["QMP"]["version"]["qemu"]["major"] >= 7
    monitor.close()
    return greeting


@check(quick=True)
def raw_commands(route):
    """Whole replies, errors too; neither the command nor the reply has an id, unless one is given."""
    monitor, _ = connected(route)
    answers = [cmd_raw(monitor, "query-status"), cmd_raw(monitor, "qom-list", {"path": "/"}), cmd_raw(monitor, "no-such-command"),
               monitor.cmd_obj({"execute": "query-name", "id": "an id"}), monitor.cmd_obj({"exec-oob": "query-yank"}),
               monitor.cmd_obj({"execute": "qom-list", "arguments": {"path": "/nowhere"}})]
    assert [list(answer) for answer in answers] == [["return"], ["return"], ["error"], ["return", "id"], ["return"], ["error"]]
    monitor.close()
    return answers


@check(quick=True)
def commands(route):
    """Values, and errors as exceptions."""
    monitor, _ = connected(route)
    with monitor:
        answers = [command(monitor, "query-status"), command(monitor, "qom-get", path="/machine", property="type")]
        for name, arguments in (("no-such-command", {}), ("qom-get", {"path": "/machine", "property": "nothing"})):
            try:
                command(monitor, name, **arguments)
                raise AssertionError(f"{name} succeeded")
            except ExecuteError as error:
                answers.append([error.error_class, str(error)])
    return answers


@check(quick=True)
def events(route):
    """All ways to get events: with and without waiting, one or all of them, and forgetting them."""
    monitor, _ = connected(route)
    seen = [monitor.pull_event(), monitor.get_events()]
    assert seen == [None, []]
    command(monitor, "cont")
    seen += monitor.get_events()
    route.other.execute("stop")
    seen.append(monitor.pull_event(wait=True))
    assert names(seen[2:]) == ["RESUME", "STOP"]
    command(monitor, "cont")
    monitor.clear_events()
    seen.append(monitor.pull_event())
    assert seen[-1] is None
    try:
        monitor.pull_event(wait=0.05)
        raise AssertionError("there was an event")
    except asyncio.TimeoutError:
        pass
    monitor.close()
    return [each and without_timestamps(each) for each in seen]


@check(quick=True, transports=("unix",))
def descriptors(route):
    monitor, _ = connected(route)
    with tempfile.TemporaryFile() as file:
        monitor.send_fd_scm(file.fileno())
        answers = [cmd_raw(monitor, "getfd", {"fdname": "file"}), cmd_raw(monitor, "closefd", {"fdname": "file"})]
    assert answers == [{"return": {}}] * 2
    monitor.close()
    return answers


@check(DIALS)
def a_client_returns(route):
    """One client connects several times, like a script that runs again and again."""
    monitor, _ = connected(route)
    monitor.close()
    answers = []
    for _ in range(10):
        monitor = QEMUMonitorProtocol(route.address)
        answers.append([monitor.connect(), cmd_raw(monitor, "query-name")])
        monitor.close()
    assert answers == [answers[0]] * 10
    return answers


@check(quick=True)
def quit(route):
    monitor, _ = connected(route)
    answer = cmd_raw(monitor, "quit")
    seen = without_timestamps(monitor.get_events())
    assert [answer, names(seen)] == [{"return": {}}, ["SHUTDOWN"]]
    assert route.qemu.wait() == 0
    for use in (lambda: cmd_raw(monitor, "query-name"), monitor.close):
        try:
            use()
            raise AssertionError("the client has not noticed the end")
        except (QMPError, EOFError, ConnectionError):
            pass  # which one depends on the moment
    return [answer, seen]
