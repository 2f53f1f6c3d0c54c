"""Checks with QMPClient, QEMU's asynchronous client."""
import asyncio
import os
import signal
import tempfile

from checks import DIALS, check, names, without_timestamps
from qemu.qmp import ExecInterruptedError, ExecuteError, QMPClient
from qemu.qmp.protocol import Runstate


class Recorder(QMPClient):
    """A client that keeps all messages that it receives."""

    def __init__(self, name="check"):
        super().__init__(name)
        self.received = []

    def _cb_inbound(self, msg):
        self.received.append(without_timestamps(dict(msg)))
        return super()._cb_inbound(msg)


async def connected(route, count=1, negotiate=True):
    """Clients that are connected in the way of the route."""
    clients = [Recorder() for _ in range(count)]
    addresses = route.addresses(count)
    for client, address in zip(clients, addresses):
        client.negotiate = negotiate
        if route.side != DIALS:
            await client.start_server(address)
    route.open()
    for client, address in zip(clients, addresses):
        await (client.connect(address) if route.side == DIALS else client.accept())
    return clients


async def attempt(client, name, arguments=None, oob=False):
    """What a command returns, or the class and the text of its error."""
    try:
        return {"return": await client.execute(name, arguments, oob=oob)}
    except ExecuteError as error:
        return {"error": [error.error_class, str(error)]}


async def end_of(client):
    """Waits until the client has noticed the end of its connection. How a killed QEMU ends it depends on what it had not read."""
    while client.runstate == Runstate.RUNNING:
        await client.runstate_changed()
    try:
        await client.disconnect()
    except (EOFError, ConnectionError):
        return "the end"
    raise AssertionError("the client has not noticed the end")


@check(quick=True)
async def greeting(route):
    client, = await connected(route)
    version = client.greeting.QMP.version["qemu"]
    assert set(version) == {"major", "minor", "micro"}
    assert client.greeting.QMP.capabilities == ["oob"]
    await client.disconnect()
    return client.received


@check(quick=True)
async def negotiation(route):
    """Before, during and after, with and without out-of-band commands."""
    client, = await connected(route, negotiate=False)
    early = await attempt(client, "query-status")
    assert early["error"][0] == "CommandNotFound"
    early_oob = await attempt(client, "query-yank", oob=True)
    unknown = await attempt(client, "qmp_capabilities", {"enable": ["telepathy"]})
    none = await attempt(client, "qmp_capabilities", {"enable": []})
    assert none == {"return": {}}
    again = await attempt(client, "qmp_capabilities")
    oob = await attempt(client, "query-yank", oob=True)
    assert "error" in oob
    await client.disconnect()
    return [early, early_oob, unknown, none, again, oob, client.received]


@check(quick=True)
async def out_of_band(route):
    client, = await connected(route)
    answers = [await attempt(client, "query-yank", oob=True), await attempt(client, "query-status", oob=True),
               await attempt(client, "no-such-command", oob=True)]
    assert "return" in answers[0] and "error" in answers[1]
    await client.disconnect()
    return answers


@check(quick=True)
async def execute(route):
    client, = await connected(route)
    commands = [("query-status", None), ("query-name", None), ("query-version", None), ("query-uuid", None), ("query-block", None),
                ("query-cpus-fast", None), ("qom-list", {"path": "/"}), ("qom-get", {"path": "/machine", "property": "type"}),
                ("query-fdsets", None), ("query-iothreads", None), ("query-jobs", None), ("stop", {}),
                ("human-monitor-command", {"command-line": "info version"})]
    answers = [await attempt(client, *command) for command in commands]
    assert answers[0]["return"]["status"] == "prelaunch"
    await client.disconnect()
    return answers


@check(quick=True)
async def errors(route):
    client, = await connected(route)
    commands = [("no-such-command", None), ("qom-list", None), ("qom-list", {"path": 1}), ("qom-list", {"path": "/", "extra": 1}),
                ("qom-list", {"path": "/nowhere"}), ("device_del", {"id": "nothing"}), ("blockdev-del", {"node-name": "nothing"}),
                ("blockdev-add", {"driver": "no-such-driver"}), ("object-add", {"qom-type": "no-such-type", "id": "o"}),
                ("transaction", {"actions": [{"type": "no-such-action", "data": {}}]}), ("job-cancel", {"id": "nothing"}),
                ("getfd", {"fdname": "no descriptor was sent"}), ("human-monitor-command", {"command-line": "no-such-command"})]
    answers = [await attempt(client, *command) for command in commands]
    assert answers[0]["error"] == ["CommandNotFound", "The command no-such-command has not been found"]
    await client.disconnect()
    return [answers, client.received]


@check(quick=True)
async def refused_messages(route):
    """Messages that are JSON, but not commands."""
    client, = await connected(route)
    messages = [{"execute": 1}, {"execute": None}, {"arguments": {}}, {"execute": "stop", "exec-oob": "stop"},
                {"execute": "stop", "arguments": []}, {"execute": "stop", "extra": 1}, {"exec-oob": {}}, {}]
    answers = [await client._raw(message) for message in messages]
    assert all("error" in answer for answer in answers)
    assert await attempt(client, "query-jobs") == {"return": []}
    await client.disconnect()
    return [dict(answer) for answer in answers]


@check(quick=True)
async def ids(route):
    """An id comes back as it was; without one, the reply has none."""
    client, = await connected(route)
    wanted = ["", " ", "1", "a" * 1000, "naïve \u20ac \U0001f600", "\"quoted\" \\ \t\n\u0001", "same", "same"]
    answers = [await client._raw({"execute": "query-name", "id": each}, assign_id=False) for each in wanted]
    assert [answer["id"] for answer in answers] == wanted
    without = await client._raw({"execute": "query-name"}, assign_id=False)
    assert "id" not in without
    await client.disconnect()
    return [dict(answer) for answer in (*answers, without)]


@check(quick=True)
async def pipelined(route):
    """More commands at once than QEMU queues."""
    client, = await connected(route)
    ended = []

    async def ask(number):
        answer = await attempt(client, "device_del", {"id": f"device{number}"})
        ended.append(number)
        return answer

    answers = await asyncio.gather(*(ask(number) for number in range(50)))
    assert [f"'device{number}'" in answer["error"][1] for number, answer in enumerate(answers)] == [True] * 50
    assert ended == list(range(50))
    await client.disconnect()
    return client.received


@check()
async def pipelined_out_of_band(route):
    """Out-of-band commands among others: each gets its own reply, whatever the order."""
    client, = await connected(route)
    yank = await attempt(client, "query-yank")
    answers = await asyncio.gather(*(attempt(client, "query-yank" if number % 2 else "query-name", oob=bool(number % 2))
                                     for number in range(40)))
    assert answers == [{"return": {}}, yank] * 20
    await client.disconnect()
    return answers


@check(quick=True)
async def events(route):
    """Events that the client's own commands cause come before the replies to these commands."""
    client, = await connected(route)
    with client.listener(("STOP", "RESUME")) as listener:
        for command in ("cont", "stop", "cont", "stop"):
            await client.execute(command)
        seen = names([await listener.get() for _ in range(4)])
    assert seen == ["RESUME", "STOP"] * 2
    await client.disconnect()
    return client.received


@check(quick=True)
async def events_of_others(route):
    client, = await connected(route)
    with client.listener() as listener:
        route.other.execute("cont")
        first = await listener.get()
        route.other.execute("stop")
        second = await listener.get()
    assert names([first, second]) == ["RESUME", "STOP"]
    await client.disconnect()
    return client.received


@check(quick=True)
async def events_before_the_negotiation(route):
    """QEMU sends no events to a client that has not negotiated."""
    watcher, late = await connected(route, 2, negotiate=False)
    await watcher.execute("qmp_capabilities")
    with watcher.listener() as listener:
        route.other.execute("cont")
        await listener.get()
    await late.execute("qmp_capabilities")
    with late.listener() as listener:
        route.other.execute("stop")
        await listener.get()
    assert [message.get("event") for message in late.received[1:]] == [None, "STOP"]
    await watcher.disconnect()
    await late.disconnect()
    return [watcher.received, late.received]


@check(quick=True)
async def schema(route):
    client, = await connected(route)
    entities = await client.execute("query-qmp-schema")
    commands = await client.execute("query-commands")
    assert len(entities) > 500 and {"name": "query-qmp-schema"} in commands
    await client.disconnect()
    return [entities, commands]


@check()
async def large_answers(route):
    """QMPClient reads no line over 256 KiB, so a proxy must not make them longer."""
    client, = await connected(route)
    answers = [await attempt(client, "qom-list-types", {"abstract": True}),
               await attempt(client, "device-list-properties", {"typename": "virtio-blk-pci"})]
    assert len(str(answers[0])) > 10000
    await client.disconnect()
    return answers


@check(quick=True)
async def large_arguments(route):
    client, = await connected(route)
    identifier = "\u20ac\U0001f600x" * 5000
    answers = await asyncio.gather(*(attempt(client, "device_del", {"id": f"{number}{identifier}"}) for number in range(3)))
    assert all(identifier in answer["error"][1] for answer in answers)
    await client.disconnect()
    return answers


@check(quick=True, transports=("unix",))
async def descriptors(route):
    """Descriptors travel ahead of their command, with a space, and QEMU has what was sent."""
    client, = await connected(route)
    answers = []
    with tempfile.TemporaryFile() as file:
        client.send_fd_scm(file.fileno())
        answers.append(await attempt(client, "getfd", {"fdname": "file"}))
        answers.append(await attempt(client, "closefd", {"fdname": "file"}))
        answers.append(await attempt(client, "closefd", {"fdname": "file"}))
        client.send_fd_scm(file.fileno())
        added = await client.execute("add-fd", {"fdset-id": 7, "opaque": "a file"})
        sets = await client.execute("query-fdsets")
        number = added["fd"]
        same = os.path.samestat(os.fstat(file.fileno()), os.stat(f"/proc/{route.qemu.pid}/fd/{number}"))
    assert same and added["fdset-id"] == 7 and sets[0]["fds"][0] == {"fd": number, "opaque": "a file"}
    answers.append(await attempt(client, "remove-fd", {"fdset-id": 7}))
    answers.append(await attempt(client, "getfd", {"fdname": "no descriptor was sent"}))
    assert [list(answer)[0] for answer in answers] == ["return", "return", "error", "return", "error"]
    await client.disconnect()
    return answers


@check(quick=True)
async def several_clients(route):
    """Each gets its own replies, though all use the same ids, and each sees every event once."""
    clients = await connected(route, 4)

    async def work(client, name):
        return [await attempt(client, "device_del", {"id": f"{name}-{number}"}) for number in range(25)]

    answers = await asyncio.gather(*(work(client, f"client{index}") for index, client in enumerate(clients)))
    for index, own in enumerate(answers):
        assert all(f"'client{index}-{number}'" in answer["error"][1] for number, answer in enumerate(own))
    for client in clients:
        with clients[0].listener() as listener:
            await client.execute("cont")
            await client.execute("stop")
            assert names([await listener.get(), await listener.get()]) == ["RESUME", "STOP"]
    for client in clients:  # behind this reply, there is nothing more to come
        await client.execute("query-name")
    counts = [[names(filter(lambda message: "event" in message, client.received)).count(name) for name in ("RESUME", "STOP")]
              for client in clients]
    assert counts == [[4, 4]] * 4
    for client in clients:
        await client.disconnect()
    return [answers, counts]


@check(DIALS, quick=True)
async def a_client_returns(route):
    """The same object connects again, and is greeted and answered like the first time."""
    client, = await connected(route)
    await client.execute("cont")
    await client.disconnect()
    await client.connect(route.address)
    status = await client.execute("query-status")
    assert status["running"]
    await client.disconnect()
    return client.received


@check(DIALS, quick=True)
async def a_client_leaves_in_mid_command(route):
    """The next client gets its own replies. (QEMU also sends it those of the first client; a proxy does not.)"""
    first, = await connected(route)
    commands = [asyncio.ensure_future(first.execute("query-name")) for _ in range(20)]
    await asyncio.sleep(0)  # so that each of them begins
    await first.disconnect()
    await asyncio.gather(*commands, return_exceptions=True)
    route.other.execute("query-name")
    second = Recorder()
    await second.connect(route.address)
    answers = [await attempt(second, "device_del", {"id": f"second{number}"}) for number in range(20)]
    assert all(f"'second{number}'" in answer["error"][1] for number, answer in enumerate(answers))
    await second.disconnect()
    return answers


@check(quick=True)
async def replies_to_one_that_left(route):
    """Replies to a client that has left go to no other client."""
    first, second = await connected(route, 2)
    route.qemu.send_signal(signal.SIGSTOP)
    commands = [asyncio.ensure_future(first.execute("query-name")) for _ in range(20)]
    await asyncio.sleep(0)  # so that each of them begins
    await first.disconnect()
    await asyncio.gather(*commands, return_exceptions=True)
    route.qemu.send_signal(signal.SIGCONT)
    for number in range(20):
        await attempt(second, "device_del", {"id": f"second{number}"})
    assert len(second.received) == 2 + 20
    await second.disconnect()
    return second.received


@check(quick=True)
async def quit(route):
    """SHUTDOWN, the reply, the end."""
    client, = await connected(route)
    await client.execute("quit")
    end = await end_of(client)
    assert [message.get("event") for message in client.received[-2:]] == ["SHUTDOWN", None]
    assert route.qemu.wait() == 0
    return [client.received, end]


@check(quick=True)
async def quit_of_another(route):
    """SHUTDOWN for all, and the end."""
    clients = await connected(route, 2)
    await clients[0].execute("quit")
    ends = [await end_of(client) for client in clients]
    assert clients[1].received[-1]["event"] == "SHUTDOWN"
    return [[client.received for client in clients], ends]


@check(quick=True)
async def killed(route):
    """A command is on its way when QEMU dies."""
    client, = await connected(route)
    route.qemu.send_signal(signal.SIGSTOP)
    command = asyncio.ensure_future(client.execute("query-status"))
    await client._outgoing.join()
    route.qemu.kill()
    try:
        await command
        raise AssertionError("a dead QEMU answered")
    except ExecInterruptedError as error:
        return [str(error), await end_of(client), client.received]
