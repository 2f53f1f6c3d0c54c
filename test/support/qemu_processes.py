"""The QEMUs of a test, as /proc shows them."""

import pathlib


def processes(prefix):
    """@return for each name that begins with the prefix, which is cut off, the process ids of the live QEMUs with that -name"""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            name = words[words.index(b"-name") + 1].decode()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError, IndexError):
            continue  # another program, or one that has just ended
        if name.startswith(prefix) and state not in "ZX":
            found.setdefault(name[len(prefix) :], []).append(int(entry.name))
    return found
