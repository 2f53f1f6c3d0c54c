#!/usr/bin/env python3
"""Does the same as client.cpp with QEMU's own Python client (qemu.qmp), which PYTHONPATH locates.

usage: python_client.py SOCKET commands WIDTH COUNT | events COUNT | connect COUNT
"""
import asyncio
import json
import resource
import sys
import time

from qemu.qmp import QMPClient


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Measurement:
    def __init__(self):
        self.processor = processor_time()
        self.wall = time.monotonic()

    def print(self):
        print(json.dumps({"wall": time.monotonic() - self.wall, "processor": processor_time() - self.processor}))


async def connected(socket):
    client = QMPClient("benchmark")
    await client.connect(socket)
    return client


async def run_commands(socket, width, count):
    client = await connected(socket)

    async def ask():
        for _ in range(count // width):
            await client.execute("query-status")

    measured = Measurement()
    await asyncio.gather(*(ask() for _ in range(width)))
    measured.print()
    await client.disconnect()


async def run_events(socket, count):
    client = await connected(socket)
    with client.listener() as events:
        measured = Measurement()
        flood = asyncio.create_task(client.execute("flood", {"count": count}))
        for _ in range(count):
            await events.get()
        measured.print()
        await flood
    await client.disconnect()


async def run_connect(socket, count):
    measured = Measurement()
    for _ in range(count):
        client = await connected(socket)
        await client.execute("quit")
        try:
            await client.disconnect()
        except EOFError:
            pass  # the peer was faster
    measured.print()


def main():
    socket, work, *numbers = sys.argv[1:]
    functions = {"commands": run_commands, "events": run_events, "connect": run_connect}
    asyncio.run(functions[work](socket, *map(int, numbers)))


main()
