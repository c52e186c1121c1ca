#!/usr/bin/env python3
"""Draws docs/journey.svg from docs/picture/journey.txt: python3 docs/picture/journey.py"""
import html
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
BOX, GAP, HIGH, TOP = 250, 24, 96, 16
COLUMNS = 3

steps = []
for line in (HERE / "journey.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        steps.append([part.strip() for part in line.split("|")])

rows = -(-len(steps) // COLUMNS)
width = COLUMNS * BOX + (COLUMNS - 1) * GAP + 2 * TOP
height = rows * HIGH + (rows - 1) * (GAP + 12) + 2 * TOP
out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
    f'aria-labelledby="title">',
    '<title id="title">From a host name to a certificate that works: '
    + html.escape(", ".join(step[1] for step in steps)) + "</title>",
    "<style>"
    "text{font:14px system-ui,sans-serif;fill:#1f2328}.c{font:600 15px ui-monospace,monospace}.r{fill:#59636e;font-size:13px}"
    "rect{fill:#f6f8fa;stroke:#8c959f}.you rect{fill:#fff;stroke-dasharray:5 4}path{stroke:#59636e;fill:none;stroke-width:1.5}"
    "#head path{fill:#59636e;stroke:none}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.r{fill:#9198a1}rect{fill:#161b22;stroke:#656c76}"
    ".you rect{fill:#0d1117}path{stroke:#9198a1}#head path{fill:#9198a1}}"
    "</style>",
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z"/></marker></defs>',
]
for number, (command, what, left) in enumerate(steps):
    row, column = divmod(number, COLUMNS)
    x, y = TOP + column * (BOX + GAP), TOP + row * (HIGH + GAP + 12)
    out.append(f'<g class="{"you" if not command else "tool"}"><rect x="{x}" y="{y}" width="{BOX}" height="{HIGH}" rx="8"/>')
    head = f"ptl-cert {command}" if command else "you"
    out.append(f'<text class="c" x="{x + 16}" y="{y + 30}">{html.escape(head)}</text>')
    out.append(f'<text x="{x + 16}" y="{y + 54}">{html.escape(f"{number + 1}. {what}")}</text>')
    out.append(f'<text class="r" x="{x + 16}" y="{y + 78}">→ {html.escape(left)}</text></g>')
    if number + 1 < len(steps):
        if column + 1 < COLUMNS:
            out.append(f'<path d="M{x + BOX + 2} {y + HIGH / 2:g}h{GAP - 5}" marker-end="url(#head)"/>')
        else:
            middle = y + HIGH + (GAP + 12) / 2
            out.append(
                f'<path d="M{x + BOX / 2:g} {y + HIGH + 2}V{middle:g}H{TOP + BOX / 2:g}V{y + HIGH + GAP + 9}" '
                'marker-end="url(#head)"/>'
            )
out.append("</svg>")
(HERE.parent / "journey.svg").write_text("\n".join(out) + "\n")
