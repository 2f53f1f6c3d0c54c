"""The list of checks.

A check is a function that uses QEMU's modules on a Route, as any program would. It asserts what must hold by itself, and returns what
its clients saw, as JSON: this must be the same through a proxy.
"""
import asyncio
import dataclasses
import inspect
from typing import Callable

# How a client meets its monitor.
DIALS, LISTENS, LAUNCHES = "dials", "listens", "launches"


@dataclasses.dataclass
class Check:
    name: str
    function: Callable
    sides: tuple
    quick: bool
    transports: tuple
    seconds: int

    def run(self, route):
        result = self.function(route)
        return asyncio.run(result) if inspect.iscoroutine(result) else result


ALL = []


def check(*sides, quick=False, transports=("unix", "tcp"), seconds=60):
    """Registers a function as the check MODULE.FUNCTION, without `_checks`."""
    def register(function):
        name = f"{function.__module__.removesuffix('_checks')}.{function.__name__}"
        ALL.append(Check(name, function, sides or (DIALS, LISTENS), quick, transports, seconds))
        return function
    return register


def without_timestamps(value):
    """Only an event has a timestamp at its top, but a list of messages is fine, too."""
    if isinstance(value, list):
        return [without_timestamps(each) for each in value]
    return {name: each for name, each in value.items() if name != "timestamp" or "event" not in value}


def names(events):
    return [event["event"] for event in events]
