#!/usr/bin/env python3
"""Draws a real session of qmp-shell with a real QEMU.

usage: picture.py PREFIX OUTPUT.svg      (PREFIX: where qmp-shell is installed)

The session is typed in a terminal, as transcript.py does it, and drawn while its last command shows a progress bar.
"""
import os
import re
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
import transcript  # noqa: E402

COLUMNS, ROWS = 116, 40
COMMAND = "qmp-shell --wrap qemu-system-x86_64 -M q35 -display none -device virtio-scsi-pci,id=scsi0"
LINES = [transcript.PROMPT + line for line in (
    "query-status",
    "blockdev-add driver=file filename=disk.img node-name=disk0",
    "device_add driver=scsi-hd drive=disk0 id=hd0 bus=scsi1.0",
    "device_add driver=scsi-hd drive=disk0 id=hd0 bus=scsi0.0",
    "blockdev-add driver=file filename=copy.img node-name=copy",
    "blockdev-mirror job-id=m0 device=disk0 target=copy sync=<Tab>",
    "blockdev-mirror job-id=m0 device=disk0 target=copy sync=full speed=16M",
    ":wait m0",
)]

WIDTH, HEIGHT, MARGIN, BAR = 8.4, 19, 16, 34  # pixels: of a cell, around the text, of the title bar
BACKGROUND, TITLE_BAR, TEXT, DIM = "#1b1f27", "#2a303c", "#d5dae3", "#8b95a7"
STYLES = {  # of ECMA-48
    "1": "font-weight:bold",
    "2": f"fill:{DIM}",
    "31": "fill:#f27983",
    "32": "fill:#9ccc78",
    "33": "fill:#e5c07b",
    "34": "fill:#6cb6ff",
    "36": "fill:#5cc8d7",
}


def session(prefix):
    """The rows that the terminal shows, each a list of cells."""
    with tempfile.TemporaryDirectory() as directory:
        for name in ("disk.img", "copy.img"):
            with open(Path(directory) / name, "wb") as image:
                image.truncate(64 << 20)
        environment = {**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
        terminal = transcript.Terminal(COMMAND, directory, transcript.environment_of(directory, environment), COLUMNS, ROWS)
        try:
            finished = transcript.converse(terminal, LINES)
            screen = terminal.screen
            if not finished or not terminal.read_until(lambda: re.search(r" [4-9]\d ?%", screen.text(screen.row))):
                sys.exit("picture: the session ended early")
            return screen.rows
        finally:
            terminal.end()


def spans(cells):
    """The row as SVG, one span for each run of cells with the same style."""
    runs = []
    for character, style in cells:
        if runs and runs[-1][1] == style:
            runs[-1][0].append(character)
        else:
            runs.append(([character], style))
    result = ""
    for characters, style in runs:
        text = escape("".join(characters))
        result += f'<tspan style="{STYLES[style]}">{text}</tspan>' if style in STYLES else text
    return result


def svg(rows):
    width = COLUMNS * WIDTH + 2 * MARGIN
    height = BAR + len(rows) * HEIGHT + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}">',
        "<title>A session of qmp-shell</title>",
        f'<rect width="{width:.0f}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
        f'<path d="M0 {BAR}V8a8 8 0 0 1 8-8H{width - 8:.0f}a8 8 0 0 1 8 8V{BAR}z" fill="{TITLE_BAR}"/>',
    ]
    for place, colour in enumerate(("#ee6a5f", "#f5bd4f", "#61c454")):
        lines.append(f'<circle cx="{20 + 20 * place}" cy="{BAR // 2}" r="6" fill="{colour}"/>')
    lines.append(f'<g fill="{TEXT}" font-size="14" '
                 'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace">')
    for number, cells in enumerate(rows):
        while cells and cells[-1][0] == " ":
            cells = cells[:-1]
        if cells:
            # The length keeps the columns in line, whatever the font.
            lines.append(f'<text x="{MARGIN}" y="{BAR + MARGIN + number * HEIGHT + 14}" xml:space="preserve" '
                         f'textLength="{len(cells) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs">{spans(cells)}</text>')
    return "\n".join(lines + ["</g>", "</svg>", ""])


def main():
    prefix, output = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    typed = [(character, "") for character in "$ " + COMMAND]
    rows = [typed, *session(prefix)]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(svg(rows))


main()
