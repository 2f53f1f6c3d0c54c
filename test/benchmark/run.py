#!/usr/bin/env python3
"""Runs the benchmark: every figure beside a reference from the same run, interleaved, with its range.

usage: run.py PROGRAMS [--only NAME ...] [--rounds N] [--json FILE] [--peers DIRECTORY]

PROGRAMS is the folder with the benchmark's programs; `./dev bench` builds them and runs this. NAME is one of the sections
below. It reports figures and asserts nothing.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent
PROCESSORS = sorted(os.sched_getaffinity(0))


def pinned(processor):
    """Pins client and responder to a processor each, if there are two."""
    return (lambda: os.sched_setaffinity(0, {processor})) if len(PROCESSORS) > 1 else None


class Bench:
    def __init__(self, programs, rounds, peers):
        self.programs = pathlib.Path(programs)
        self.peers = peers
        self.rounds = rounds
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coqmp-bench-"))
        self.started = []
        self.results = {}
        self.socket = self.start_responder("responder.sock")

    def program(self, name):
        return str(self.programs / f"benchmark_{name}")

    def start_responder(self, name):
        return self.start(name, lambda descriptor: [self.program("responder"), str(descriptor)])

    def start(self, name, command):
        """Starts a server with a socket that listens already, so that no client has to wait for it. Returns the path."""
        path = str(self.folder / name)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen(4096)
            number = listening.fileno()
            self.started.append(
                subprocess.Popen(command(number), pass_fds=[number], preexec_fn=pinned(PROCESSORS[0])))
        return path

    def end(self):
        for process in self.started:
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder)

    def run(self, name, *arguments, socket=None, lines=False):
        """Runs a client and returns the figures that it prints, one JSON object per line."""
        command = [self.program(name), *([socket or self.socket] if socket != "" else []), *map(str, arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, preexec_fn=pinned(PROCESSORS[-1]))
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return found if lines else found[0]

    def run_python(self, *arguments, socket=None):
        """The same for QEMU's Python client."""
        command = [sys.executable, str(SOURCE / "python_client.py"), socket or self.socket, *map(str, arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, preexec_fn=pinned(PROCESSORS[-1]),
                              env={**os.environ, "PYTHONPATH": str(self.peers)})
        return json.loads(done.stdout)

    def interleaved(self, *runs):
        """Makes each run in turn, over and over, so that a disturbance affects all of them."""
        seen = [[] for _ in runs]
        for _ in range(self.rounds):
            for figures, one in zip(seen, runs):
                figures.append(one())
        return seen


def spread(figures):
    return f"{statistics.median(figures):.3g} ({min(figures):.3g} to {max(figures):.3g})"


def table(title, columns, rows):
    print(f"\n## {title}\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + " --- |" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)


WORK = {  # name: arguments with the number of operations as %, for wall time, for instructions
    "command, one at a time": ("commands 1 %", 20000, (1000, 3000)),
    "command, 8 awaited at once": ("commands 8 %", 80000, (1600, 4800)),
    "command, 64 awaited at once": ("commands 64 %", 192000, (6400, 19200)),
    "event of 200 bytes": ("events %", 200000, (2000, 20000)),
    "reply of 207 KB": ("schema %", 200, (4, 12)),
    "connect to quit": ("connect %", 2000, (50, 250)),
}


def arguments(work, count):
    return work.replace("%", str(count)).split()


def wall(bench):
    """The speed of each kind of work by the wall clock, relative to the raw client (1 is as fast)."""
    rows = []
    for name, (work, count, _) in WORK.items():
        clients = ["raw_client", "client"] + (["asio_client"] if work.startswith("commands") else [])
        raw, ours, *asio = bench.interleaved(*(lambda client=client: bench.run(client, *arguments(work, count))
                                               for client in clients))
        ratios = [a["wall"] / b["wall"] for a, b in zip(raw, ours)]
        of_asio = [a["wall"] / b["wall"] for a, b in zip(raw, *asio)] if asio else []
        each = statistics.median(one["wall"] for one in ours) / count * 1e6
        processor = statistics.median(one["processor"] for one in ours) / count * 1e6
        allocations = (ours[0]["allocations"]) / count
        bench.results[name] = {"ratio": statistics.median(ratios), "microseconds": each, "processor": processor,
                               "allocations": allocations}
        rows.append([name, spread(ratios), spread(of_asio) if of_asio else "", f"{each:.3g}", f"{processor:.3g}",
                     f"{allocations:.2f}"])
    table("Wall clock", ["work", "speed, raw client = 1", "Asio alone", "µs each", "µs of processor each", "allocations each"],
          rows)


def measured_by(tool, pattern, bench, name, work, count):
    command = [*tool, bench.program(name), bench.socket, *arguments(work, count)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(pattern, done.stderr, re.MULTILINE).group(1).replace(",", ""))


def costs(bench):
    """Instructions and system calls of one operation: the difference of two counts, so that the start of the program cancels out."""
    tools = {"instructions": (["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], r"Collected : (\d+)"),
             "system calls": (["strace", "-f", "-c", "-U", "calls,name"], r"^\s*(\d+) total")}
    rows = []
    for name, (work, _, (few, many)) in WORK.items():
        row = [name]
        for kind, (tool, pattern) in tools.items():
            for client in ("raw_client", "client"):
                low, high = (measured_by(tool, pattern, bench, client, work, count) for count in (few, many))
                each = (high - low) / (many - few)
                bench.results.setdefault(name, {})[f"{kind} of {client}"] = each
                row.append(f"{each:,.2f}" if each < 100 else f"{each:,.0f}")
        rows.append(row)
    table("Costs of one operation", ["work", "instructions: raw", "coqmp", "system calls: raw", "coqmp"], rows)


def fleet(bench):
    """Many sessions in one process."""
    rows = []
    for count in (100, 1000, 10000):
        commands = 200000
        raw, busy = bench.interleaved(lambda: bench.run("raw_client", "sessions", count, commands),
                                      lambda: bench.run("fleet", count, 2, "busy"))
        speed = [one["commands"] / one["work"]["wall"] for one in busy]
        ratios = [mine / (commands / other["wall"]) for mine, other in zip(speed, raw)]
        two = bench.run("fleet", count, 2, "busy", 2)
        paced = [bench.run("fleet", count, 4, "paced") for _ in range(bench.rounds)]
        bench.results[f"fleet of {count}"] = {
            "ratio": statistics.median(ratios), "commands per second": statistics.median(speed),
            "p99 paced": statistics.median(one["p99"] for one in paced), "resident": busy[0]["resident_per_session"]}
        rows.append([count, spread(ratios), f"{statistics.median(speed):,.0f}",
                     f"{two['commands'] / two['work']['wall']:,.0f}", f"{statistics.median(one['p99'] for one in busy):,.0f}",
                     spread([one["p99"] for one in paced]), f"{busy[0]['resident_per_session']:,}",
                     f"{statistics.median(one['connect']['wall'] for one in busy):.3f}"])
    table("Sessions in one process", ["sessions", "busy: speed, raw client = 1", "commands/s", "commands/s, two threads",
                                      "busy: p99, µs", "one a second: p99, µs", "bytes per idle session", "s to connect all"], rows)


def observed(bench):
    """Many idle machines under one supervisor."""
    rows = []
    for count in (1000, 10000):
        each = bench.run("observed", count, 5)
        bench.results[f"{count} observed machines"] = {"resident": each["resident_per_machine"], "wakeups in 5 s": each["wakeups"]}
        rows.append([f"{count:,}", f"{each['resident_per_machine']:,}", each["wakeups"], f"{each['connect']['wall']:.3f}"])
    table("Observed machines, idle", ["machines", "bytes for each", "wakeups in 5 s", "s until all run"], rows)


def neighbours(bench):
    """The effect of one silent or one flooding peer on the p99 of a thousand others."""
    flooding = bench.start_responder("flood.sock")
    alone, silent, flood = bench.interleaved(lambda: bench.run("fleet", 1000, 2, "busy")["p99"],
                                             lambda: bench.run("fleet", 1000, 2, "busy", "silent")["p99"],
                                             lambda: bench.run("fleet", 1000, 2, "busy", f"flood:{flooding}")["p99"])
    rows = [["none", spread(alone), ""]]
    for name, figures in (("one that is silent", silent), ("one that floods events", flood)):
        ratios = [mine / base for mine, base in zip(figures, alone)]
        bench.results[f"neighbour: {name}"] = statistics.median(ratios)
        rows.append([name, spread(figures), spread(ratios)])
    table("A thousand busy sessions and", ["one more", "p99 of the thousand, µs", "against none"], rows)


def start_qemu(bench, name):
    return bench.start(name, lambda descriptor: [
        "qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S",
        "-chardev", f"socket,id=monitor,fd={descriptor},server=on,wait=off", "-mon", "chardev=monitor,mode=control"])


def qemu(bench):
    """The round trip of `query-status` on a real QEMU, which reads its monitor one byte at a time."""
    path = start_qemu(bench, "qemu.sock")
    raw, asio, ours = bench.interleaved(*(lambda client=client: bench.run(client, "commands", 1, 2000, socket=path)
                                          for client in ("raw_client", "asio_client", "client")))
    against = lambda runs: [mine["wall"] / base["wall"] for base, mine in zip(raw, runs)]
    bench.results["qemu"] = statistics.median(against(ours))
    table("query-status on a real QEMU", ["client", "µs", "against raw", "bytes of a command"], [
        [name, spread([one["wall"] / 2000 * 1e6 for one in runs]), spread(against(runs)), 33]
        for name, runs in (("raw", raw), ("Asio alone", asio), ("coqmp", ours))])


def machines(bench):
    """The time from fork to the answer to qmp_capabilities."""
    reference, ours = bench.interleaved(lambda: bench.run("launch", "reference", 20, socket="", lines=True),
                                        lambda: bench.run("launch", "machine", 20, socket="", lines=True))
    middle = [[statistics.median(one["wall"] * 1e3 for one in run) for run in runs] for runs in (reference, ours)]
    ratios = [mine / base for base, mine in zip(*middle)]
    crowd = bench.run("launch", "crowd", 200, socket="")
    bench.results["machines"] = {"ratio": statistics.median(ratios), "200 at once": crowd["wall"]}
    table("Launching QEMU (-M none)", ["what", "ms", "against QEMU's own"], [
        ["a C program: fork to capabilities", spread(middle[0]), "1"],
        ["machine::async_start", spread(middle[1]), spread(ratios)],
        ["200 machines at once, from launch to the end of all", f"{crowd['wall'] * 1e3:.0f}", ""]])


def values(bench):
    """Decoding by execute_as() beside value_to(), a real QEMU's schema, and the memory of sessions."""
    count = 20000
    theirs, ours = bench.interleaved(lambda: bench.run("values", "value_to", count), lambda: bench.run("values", "execute_as", count))
    ratios = [mine["wall"] / base["wall"] for base, mine in zip(theirs, ours)]
    path = start_qemu(bench, "values.sock")
    schemas = [bench.run("values", "schema", 20, socket=path) for _ in range(bench.rounds)]
    heap = bench.run("values", "sessions", 500)
    bench.results["values"] = {"ratio": statistics.median(ratios), "schema": schemas[0]["memory"], **heap}
    table("Values, schema, sessions", ["what", ""], [
        ["execute_as() against execute() and value_to()", spread(ratios)],
        ["allocations each: value_to(), execute_as()",
         " ".join(f"{one[0]['allocations'] / count:.2f}" for one in (theirs, ours))],
        ["query_schema() of a real QEMU, ms", spread([one["work"]["wall"] / 20 * 1e3 for one in schemas])],
        ["a schema in memory, KB", f"{schemas[0]['memory'] / 1024:.0f}"],
        ["an idle session on the heap, bytes", heap["session"]],
        ["a reconnecting session above that, bytes", heap["reconnecting"] - heap["session"]]])


def compiling(bench):
    """The cost of compiling a user's file without optimisation, and the size of the library."""
    root = SOURCE.parent.parent
    command = ["g++", "-std=c++20", "-O0", f"-I{root / 'include'}", "-c", str(SOURCE / "user.cpp"), "-o", "/dev/null"]
    seconds, kilobytes = [], []
    for _ in range(bench.rounds):
        begin = time.monotonic()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit("user.cpp does not compile")
        seconds.append(time.monotonic() - begin)
        kilobytes.append(usage.ru_maxrss)
    library = next(bench.programs.parents[1].glob("src/libcoqmp.a"))
    stripped = bench.folder / "stripped"
    shutil.copy(bench.program("user"), stripped)
    subprocess.run(["strip", str(stripped)], check=True)
    bench.results["compiling"] = {"seconds": statistics.median(seconds), "megabytes": statistics.median(kilobytes) / 1024}
    table("Compiling", ["what", ""], [
        ["a file with one session and one coroutine, g++ -O0: seconds", spread(seconds)],
        ["the same: MB", spread([one / 1024 for one in kilobytes])],
        ["libcoqmp.a: KB", library.stat().st_size // 1024],
        ["that program, stripped: KB", stripped.stat().st_size // 1024]])


class Proxy:
    """A proxy in front of a monitor. Callgrind counts its instructions on request."""

    def __init__(self, bench, upstream, counted=False):
        self.socket = str(bench.folder / "proxy.sock")
        tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"] if counted else []
        self.process = subprocess.Popen([*tool, bench.program("proxy"), upstream, self.socket], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE if counted else None, text=True,
                                        preexec_fn=pinned(PROCESSORS[-1]))
        self.process.stdout.readline()

    def resident(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def end(self):
        """Returns what callgrind has counted."""
        _, report = self.process.communicate()
        return int(re.search(r"Collected : (\d+)", report).group(1)) if report else None


def waiting_client(bench, path, *work):
    """A client that has reported that it has negotiated. It ends by itself, or at the end of its standard input."""
    client = subprocess.Popen([bench.program("raw_client"), path, *map(str, work)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    client.stdout.readline()
    return client


def instructions_of_proxy(bench, work, counts, watchers=0):
    """The instructions of one operation, while some other clients do no more than listen."""
    totals = []
    for count in counts:
        proxy = Proxy(bench, bench.socket, counted=True)
        watching = [waiting_client(bench, proxy.socket, "watch", count) for _ in range(watchers)]
        bench.run("raw_client", *arguments(work, count), socket=proxy.socket)
        for each in watching:
            each.communicate()
        totals.append(proxy.end())
    return (totals[1] - totals[0]) / (counts[1] - counts[0])


def proxy(bench):
    """What a proxy adds: instructions, time on a real QEMU, memory for each client, and the effect of a client that floods."""
    alone = instructions_of_proxy(bench, "commands 1 %", (1000, 3000))
    many = instructions_of_proxy(bench, "commands 64 %", (1600, 6400))
    first, fifth = (instructions_of_proxy(bench, "events %", (500, 2500), watchers) for watchers in (0, 4))
    path = start_qemu(bench, "proxied.sock")
    between = Proxy(bench, start_qemu(bench, "upstream.sock"))
    direct, through = bench.interleaved(
        *(lambda path=path: bench.run("raw_client", "commands", 1, 2000, socket=path) for path in (path, between.socket)))
    ratios = [mine["wall"] / base["wall"] for base, mine in zip(direct, through)]
    quiet = [bench.run("raw_client", "latency", 1000, socket=between.socket) for _ in range(bench.rounds)]
    flood = subprocess.Popen([bench.program("raw_client"), between.socket, "commands", "64", "100000000"])
    beside = [bench.run("raw_client", "latency", 1000, socket=between.socket) for _ in range(bench.rounds)]
    flood.terminate()
    flood.wait()
    before = between.resident()
    clients = 1000
    idle = waiting_client(bench, between.socket, "idle", clients)
    memory = (between.resident() - before) / clients
    idle.communicate()
    between.end()
    bench.results["proxy"] = {"command alone": alone, "command of 64": many, "event": first, "event, each further client":
                              (fifth - first) / 4, "ratio": statistics.median(ratios), "memory": memory}
    table("A proxy", ["what", ""], [
        ["a command, one at a time: instructions", f"{alone:,.0f}"],
        ["a command, 64 awaited at once: instructions", f"{many:,.0f}"],
        ["an event of 200 bytes for one client: instructions", f"{first:,.0f}"],
        ["the same for each further client", f"{(fifth - first) / 4:,.0f}"],
        ["query-status on a real QEMU, time against a direct connection", spread(ratios)],
        ["p50 of one client, alone, µs", spread([one["p50"] for one in quiet])],
        ["p50 beside one that floods, µs", spread([one["p50"] for one in beside])],
        ["p99 of one client, alone, µs", spread([one["p99"] for one in quiet])],
        ["p99 beside one that floods, µs", spread([one["p99"] for one in beside])],
        ["bytes for an idle client", f"{memory:,.0f}"]])


def peers(bench):
    """QEMU's Python client beside ours, per operation. Its reader does not accept a line of 207 KB."""
    if not bench.peers:
        sys.exit("the section peers needs --peers DIRECTORY, see test/peers/fetch")
    rows = []
    for name, (work, count, _) in WORK.items():
        if work.startswith("schema"):
            continue
        few = count // 20
        ours, theirs = bench.interleaved(lambda: bench.run("client", *arguments(work, few))["wall"] / few * 1e6,
                                         lambda: bench.run_python(*arguments(work, few))["wall"] / few * 1e6)
        ratios = [slow / fast for slow, fast in zip(theirs, ours)]
        bench.results[f"qemu.qmp: {name}"] = statistics.median(ratios)
        rows.append([name, spread(ours), spread(theirs), spread(ratios)])
    path = start_qemu(bench, "peers.sock")
    ours, theirs = bench.interleaved(lambda: bench.run("client", "commands", 1, 1000, socket=path)["wall"] * 1e3,
                                     lambda: bench.run_python("commands", 1, 1000, socket=path)["wall"] * 1e3)
    rows.append(["query-status on a real QEMU (33 bytes, 50)", spread(ours), spread(theirs),
                 spread([slow / fast for slow, fast in zip(theirs, ours)])])
    table("QEMU's Python client", ["work", "coqmp, µs", "qemu.qmp, µs", "times as long"], rows)


SECTIONS = {each.__name__: each for each in (costs, wall, qemu, fleet, observed, neighbours, machines, values, compiling, proxy, peers)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=[name for name in SECTIONS if name != "peers"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--peers", type=pathlib.Path, help="the folder `python` in what test/peers/fetch has filled")
    wanted = parser.parse_args()
    bench = Bench(wanted.programs, wanted.rounds, wanted.peers)
    try:
        for name in wanted.only:
            SECTIONS[name](bench)
    finally:
        bench.end()
    if wanted.json:
        wanted.json.write_text(json.dumps(bench.results, indent=4) + "\n")
        print(f"\nAll of it is in {wanted.json}.")


if __name__ == "__main__":
    main()
