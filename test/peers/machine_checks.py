"""Checks with QEMUMachine, which launches QEMU itself and waits for its monitor, as QEMU's own tests do."""
import tempfile

from checks import LAUNCHES, check, without_timestamps
from qemu.machine import QEMUMachine
from qemu.machine.machine import AbnormalShutdown, VMLaunchFailure
from qemu.qmp import ExecuteError

ARGUMENTS = ["-M", "none", "-nodefaults", "-S"]
command = getattr(QEMUMachine, "command", None) or QEMUMachine.cmd  # QEMU 8.2 renamed it


def machine(route, *arguments, again=False, **options):
    if route.transport == "tcp" or again:
        options["monitor_address"] = route.free_address()
    return QEMUMachine(route.launcher(), [*ARGUMENTS, *arguments], base_temp_dir=str(route.directory), qmp_timer=60.0, **options)


@check(LAUNCHES, quick=True)
def life(route):
    """From launch to shutdown, with commands, errors and events."""
    with machine(route) as vm:
        vm.launch()
        assert vm.is_running()
        answers = [vm.qmp("query-status"), vm.qmp("qom-list", path="/"), vm.qmp("no-such-command"), command(vm, "query-version")]
        try:
            command(vm, "qom-get", path="/machine", property="nothing")
            raise AssertionError("the command succeeded")
        except ExecuteError as error:
            answers.append([error.error_class, str(error)])
        vm.qmp("cont")
        vm.qmp("stop")
        answers += without_timestamps([vm.event_wait("STOP"), *vm.get_qmp_events()])
        assert [each.get("event") for each in answers[-2:]] == ["STOP", "RESUME"]
    assert not vm.is_running() and vm.exitcode() == 0
    return answers


@check(LAUNCHES, quick=True)
def quit(route):
    """The user quits, and the machine's end is awaited."""
    with machine(route) as vm:
        vm.launch()
        answers = [vm.qmp("quit")]
        vm.wait()
        assert vm.exitcode() == 0
    return answers


@check(LAUNCHES)
def launched_again(route):
    with machine(route, again=True) as vm:
        answers = []
        for _ in range(3):
            vm.launch()
            answers.append(vm.qmp("query-status"))
            vm.shutdown()
            answers.append(vm.exitcode())
    assert answers[1::2] == [0] * 3
    return answers


@check(LAUNCHES, quick=True)
def killed(route):
    with machine(route) as vm:
        vm.launch()
        vm.kill()
        assert not vm.is_running()
    return vm.exitcode()


@check(LAUNCHES)
def dies(route):
    """Shutting down a machine that has died is an error."""
    vm = machine(route)
    vm.launch()
    vm._subp.kill()
    vm._subp.wait()
    try:
        vm.shutdown()
        raise AssertionError("the shutdown succeeded")
    except AbnormalShutdown:
        return vm.exitcode()


@check(LAUNCHES)
def fails(route):
    """QEMU's exit status and its message, when it does not like its arguments."""
    vm = machine(route, "-device", "no-such-device")
    vm._qmp_timer = 3.0  # QEMU 7.2's client does not notice the end of QEMU
    try:
        vm.launch()
        raise AssertionError("the launch succeeded")
    except VMLaunchFailure as failure:
        assert failure.exitcode == 1 and "no-such-device" in failure.output
        return failure.exitcode


@check(LAUNCHES, quick=True, transports=("unix",))
def descriptors(route):
    with machine(route) as vm, tempfile.TemporaryFile() as file:
        vm.launch()
        vm.send_fd_scm(fd=file.fileno())
        answers = [vm.qmp("getfd", fdname="file"), vm.qmp("closefd", fdname="file"), vm.qmp("closefd", fdname="file")]
        assert answers[:2] == [{"return": {}}] * 2 and "error" in answers[2]
    return answers


@check(LAUNCHES)
def two_machines(route):
    """Each has its own monitor."""
    with machine(route, "-name", "one") as one:
        one.launch()
        with tempfile.TemporaryDirectory(dir=route.directory) as directory:
            options = {"monitor_address": route.free_address()} if route.transport == "tcp" else {}
            with QEMUMachine(route.launcher(), [*ARGUMENTS, "-name", "two"], base_temp_dir=directory, **options) as two:
                two.launch()
                answers = [one.qmp("query-name"), two.qmp("query-name")]
    assert answers == [{"return": {"name": "one"}}, {"return": {"name": "two"}}]
    return answers
