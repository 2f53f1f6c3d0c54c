#!/usr/bin/env python3
"""Draws the instructions that each client needs for one operation, from the table in test/benchmark/README.md.

usage: plot.py BENCHMARK_README OUTPUT.svg

The length of a bar is the ratio to the raw client, on a logarithmic scale.
"""
import math
import re
import sys
from pathlib import Path

WORK = ("command, one at a time", "command, 64 awaited at once", "event of 200 bytes", "connect to quit")
CLIENTS = {"coqmp": "#2f6fde", "Asio + Boost.JSON": "#8aa0bd", "qapi-rs": "#8aa0bd", "qemu.qmp": "#8aa0bd"}
REFERENCE = "raw"

LEFT, PLOT, RIGHT, TOP, BAR, GAP, GROUP_GAP = 150, 520, 130, 74, 18, 4, 34  # pixels
FIRST, LAST = 1, 10000  # the ends of the scale; 1 is the raw client


def table(text):
    """The rows of the table that has all the clients, as {work: {client: cell}}."""
    columns = None
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if {REFERENCE, *CLIENTS} <= set(cells):
            columns = cells
        elif columns and len(cells) != len(columns):
            break
        elif columns:
            rows[cells[0]] = dict(zip(columns, cells))
    if not set(WORK) <= set(rows):
        sys.exit(f"plot: the table lacks {', '.join(sorted(set(WORK) - set(rows)))}")
    return rows


def instructions(cell):
    """The first figure of `INSTRUCTIONS / ALLOCATIONS / SYSTEM CALLS`; nothing if it was not measured."""
    match = re.match(r"([\d.,]+)( M)?( /|$)", cell)
    return float(match[1].replace(",", "")) * (1e6 if match[2] else 1) if match else None


def x_of(ratio):
    return LEFT + PLOT * math.log(ratio / FIRST) / math.log(LAST / FIRST)


def svg(rows):
    group = len(CLIENTS) * (BAR + GAP) + GROUP_GAP
    width, bottom = LEFT + PLOT + RIGHT, TOP + len(WORK) * group
    height = bottom + 44
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui,-apple-system,\'Segoe UI\',\'DejaVu Sans\',sans-serif" font-size="13">',
        "<title>Instructions of the client for one operation, relative to a raw client</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="#fff" stroke="#d5dae3"/>',
        f'<text x="20" y="28" font-size="15" font-weight="bold" fill="#1b1f27">'
        "Instructions of the client for one operation</text>",
        f'<text x="20" y="48" fill="#5b6575">as a multiple of a raw client, which only sends bytes and counts line ends; '
        "logarithmic scale</text>",
    ]
    ratio = FIRST
    while ratio <= LAST:
        lines.append(f'<path d="M{x_of(ratio):.1f} {TOP}V{bottom}" stroke="#e3e7ee"/>')
        lines.append(f'<text x="{x_of(ratio):.1f}" y="{bottom + 20}" text-anchor="middle" fill="#5b6575">{ratio:,} ×</text>')
        ratio *= 10
    for place, work in enumerate(WORK):
        top = TOP + place * group
        lines.append(f'<text x="20" y="{top + 18}" font-weight="bold" fill="#1b1f27">{work}</text>')
        raw = instructions(rows[work][REFERENCE])
        for number, (client, colour) in enumerate(CLIENTS.items()):
            y = top + 28 + number * (BAR + GAP)
            weight = ' font-weight="bold"' if number == 0 else ""
            lines.append(f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end" fill="#1b1f27"{weight}>{client}</text>')
            value = instructions(rows[work][client])
            if value is None:
                lines.append(f'<text x="{LEFT + 8}" y="{y + 13}" fill="#5b6575">not measured</text>')
                continue
            end = x_of(value / raw)
            lines.append(f'<rect x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
            lines.append(f'<text x="{end + 8:.1f}" y="{y + 13}" fill="#1b1f27"{weight}>{value / raw:,.0f} × '
                         f'<tspan fill="#5b6575" font-weight="normal">({value:,.0f})</tspan></text>')
    return "\n".join(lines + ["</svg>", ""])


def main():
    source, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(svg(table(source.read_text())))


main()
