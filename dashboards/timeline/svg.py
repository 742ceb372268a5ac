#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws a report as a picture: python3 svg.py report.json [--conn ID] > timeline.svg

REPORT is what `wsitrace report --format json` prints, - for standard input. Each connection is a row on one time axis: how long
it lived, its handshake, its transactions with their phases, its websocket session, the protocols that were bound to it (the
thin strip below), and why it ended. Streams of HTTP/2 follow the connection that carries them. Every shape tells its times when the
pointer rests on it. The picture needs nothing but itself, and follows the reader's light or dark mode.
"""
import argparse
import html
import json
import sys

WIDTH, LABELS, MARGIN = 1000, 205, 16  # pixels
HEAD, ROW, BAR, STRIP = 64, 58, 20, 7
LETTER = 5.9  # width of one, on average, at 11 px; text that may not fit is left to the tooltip
MOST_ROWS = 40
MOST_PROTOCOLS = 7  # that have a colour of their own
MOST_BINDINGS = 400  # of one connection; more would be thinner than a pixel

STYLE = """
:root { --paper: #ffffff; --ink: #1d2733; --faint: #5d6b7a; --grid: #e4e9ef; --idle: #e2e8f0; --edge: #b6c2cf; --handshake: #f0b429;
  --waiting: #a9c3ee; --handler: #2f6fd0; --response: #78aaf0; --session: #3fa37a; --failed: #cf3d30; --on: #ffffff;
  --strip0: #8e7cc3; --strip1: #c98bb9; --strip2: #6fa8a0; --strip3: #b59f6b; --strip4: #5b6ea8; --strip5: #b8705a; --strip6: #7d9a4f;
  --others: #98a4b0; }
@media (prefers-color-scheme: dark) { :root { --paper: #10161d; --ink: #e3e9f0; --faint: #93a1b0; --grid: #232d38; --idle: #2a3542;
  --edge: #4a5866; --handshake: #d99f1c; --waiting: #45669c; --handler: #4d8ff0; --response: #2f62ab; --session: #37906b;
  --failed: #f0695c; --on: #ffffff; --strip0: #7a68b3; --strip1: #a9699a; --strip2: #4f8a82; --strip3: #94804f; --strip4: #5f76bb;
  --strip5: #a86450; --strip6: #6b8640; --others: #6b7885; } }
text { font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); }
.title { font-size: 15px; font-weight: 600; } .name { font-size: 12px; font-weight: 600; } .faint { fill: var(--faint); }
.on { fill: var(--on); } .paper { fill: var(--paper); } .grid { stroke: var(--grid); }
.life { fill: var(--idle); stroke: var(--edge); stroke-width: .7; }
.cut { stroke: var(--paper); stroke-width: 2; stroke-dasharray: 3 3; }
.handshake { fill: var(--handshake); } .waiting { fill: var(--waiting); } .handler { fill: var(--handler); }
.response { fill: var(--response); } .session { fill: var(--session); }
.failed { fill: var(--failed); }
.end { stroke: var(--ink); stroke-width: 1.6; } .strip0 { fill: var(--strip0); } .strip1 { fill: var(--strip1); }
.strip2 { fill: var(--strip2); } .strip3 { fill: var(--strip3); } .strip4 { fill: var(--strip4); } .strip5 { fill: var(--strip5); }
.strip6 { fill: var(--strip6); } .others { fill: var(--others); }
"""
LEGEND = [("life", "open, idle"), ("handshake", "handshake"), ("waiting", "request waits"), ("handler", "handler works"),
          ("response", "response"), ("failed", "aborted or refused"), ("session", "websocket session")]


class Unusable(Exception):
    """The input is no report, or has not what was asked for."""


def escaped(text):
    """TEXT for XML: what cannot be printed becomes a replacement character."""
    return html.escape("".join(c if c.isprintable() else "\ufffd" for c in str(text)))


def span(duration_ns):
    """A duration as people say it."""
    for unit_ns, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if duration_ns >= unit_ns:
            return f"{duration_ns / unit_ns:.3g} {unit}"
    return f"{duration_ns:.0f} ns"


def read_report(name):
    try:
        with sys.stdin if name == "-" else open(name, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError) as error:
        raise Unusable(f"{name}: {error} (give what wsitrace report --format json prints)") from error
    if not isinstance(report, dict) or not str(report.get("schema", "")).startswith("wsitrace.report/"):
        raise Unusable(f"{name}: no report of wsitrace (give what wsitrace report --format json prints)")
    return report


def chosen(report, wanted):
    """The connection WANTED and its streams; without it all of class client. Streams come after what carries them."""
    everything = sorted(report["connections"], key=lambda c: c["id"])
    if wanted is not None:
        carrier = [c for c in everything if c["id"] == wanted]
        if not carrier:
            raise Unusable(f"--conn {wanted}: no such connection in the report (it has {len(everything)})")
        return carrier + [c for c in everything if c["parent"] == wanted]
    clients = [c for c in everything if c["class"] == "client"]
    known = {c["id"] for c in clients}
    rows = []
    for connection in clients:
        if connection["parent"] not in known:
            rows += [connection] + [c for c in clients if c["parent"] == connection["id"]]
    return rows


def times_of(value):
    """Every *_ns in VALUE that is a time and not a duration."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("_ns") and isinstance(inner, int) and name != "handshake_ns":
                yield inner
            elif isinstance(inner, (dict, list)):
                yield from times_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from times_of(inner)


class Axis:
    """From nanoseconds since the program's start to pixels."""

    def __init__(self, first_ns, last_ns):
        self.first_ns, self.last_ns = first_ns, max(last_ns, first_ns + 1)
        self.left, self.right = LABELS + MARGIN, WIDTH - MARGIN

    def x(self, at_ns):
        share = (at_ns - self.first_ns) / (self.last_ns - self.first_ns)
        return self.left + min(max(share, 0), 1) * (self.right - self.left)

    def ticks(self):
        """Round times, some eight of them, since the left end."""
        whole = self.last_ns - self.first_ns
        step = 1
        while whole / step > 8:
            step = step * 5 // 2 if str(step)[0] == "2" else step * 2
        return range(0, whole + 1, step)


class Picture:
    def __init__(self, axis):
        self.axis, self.parts, self.used = axis, [], set()

    def add(self, part):
        self.parts.append(part)

    def text(self, x, y, text, cls="", anchor="start"):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" class="{cls}" text-anchor="{anchor}">{escaped(text)}</text>')

    def box(self, cls, since_ns, until_ns, top, height, tip, least=1.5):
        """A shape over a span of time, at least LEAST pixels wide. Its left and right end."""
        left, right = self.axis.x(since_ns), self.axis.x(until_ns)
        right = max(right, left + least)
        self.used.add(cls)
        self.add(f'<rect class="{cls}" x="{left:.2f}" y="{top:.1f}" width="{right - left:.2f}" height="{height}" rx="1.5">'
                 f"<title>{escaped(tip)}</title></rect>")
        return left, right


def from_to(axis, since_ns, until_ns):
    start = f"{(since_ns - axis.first_ns) / 1e9:.6f}".rstrip("0").rstrip(".")
    return f"at {start} s, for {span(max(until_ns - since_ns, 0))}"


def phases(transaction, end_ns):
    """(class, name, since, until) of a transaction, in order."""
    at_ns = transaction["requested_ns"]
    names = {"handled_ns": ("waiting", "waits for its handler"), "responded_ns": ("handler", "handler"),
             "completed_ns": ("response", "response")}
    if transaction["handled_ns"] is None:
        names["responded_ns"] = ("waiting", "waits for the response")
        if transaction["responded_ns"] is None:
            names["completed_ns"] = ("handler", "works")
    elif transaction["responded_ns"] is None:
        names["completed_ns"] = ("handler", "handler")
    for member, (cls, name) in names.items():
        until_ns = transaction[member]
        if member == "completed_ns" and until_ns is None:
            until_ns = end_ns
        if until_ns is not None and until_ns >= at_ns:
            yield cls, name, at_ns, until_ns
            at_ns = until_ns


def request_text(transaction):
    method = transaction["method"] or "request"
    words = [method if method != "GET" else "", transaction["path"] or "", str(transaction["status"] or "")]
    text = " ".join(word for word in words if word) or method
    return text if transaction["outcome"] in ("completed", "upgraded") else f"{text} {transaction['outcome']}"


def fitting(text, pixels):
    """TEXT, shortened if that helps, or nothing."""
    letters = int(pixels / LETTER)
    return text if len(text) <= letters else text[:letters - 1] + "…" if letters >= 6 else ""


def draw_transactions(picture, connection, top, end_ns):
    ends = []
    for transaction in connection["transactions"]:
        until_ns = transaction["completed_ns"] if transaction["completed_ns"] is not None else end_ns
        failed = transaction["outcome"] in ("aborted", "rejected")
        whole = f"transaction {transaction['index']}: {request_text(transaction)}"
        drawn = list(phases(transaction, end_ns)) or [("handler", "works", transaction["requested_ns"], until_ns)]
        for place, (cls, name, since_ns, phase_end_ns) in enumerate(drawn):
            if failed and place == len(drawn) - 1:
                cls = "failed"  # the phase in which it did
            tip = f"{whole}; {name} {from_to(picture.axis, since_ns, phase_end_ns)}"
            picture.box(cls, since_ns, phase_end_ns, top, BAR, tip, .8)
        left, right = picture.axis.x(transaction["requested_ns"]), picture.axis.x(until_ns)
        ends.append((left, max(right, left + 1.5), transaction))
    following = [left for left, _, _ in ends[1:]]
    following.append(picture.axis.x(connection["session"]["established_ns"]) if connection["session"] else picture.axis.right)
    for (left, right, transaction), next_left in zip(ends, following):
        text = request_text(transaction)
        inside = next((short for short in (text, text.rpartition(" ")[0]) if short and len(short) * LETTER <= right - left - 6), "")
        if inside:
            picture.text(left + 4, top + 14, inside, "on")
        elif beside := fitting(text, next_left - right - 8):
            picture.text(right + 4, top + 14, beside)


def draw_bindings(picture, connection, top, end_ns, colours):
    for binding in connection["bindings"][:MOST_BINDINGS]:
        until_ns = binding["dropped_ns"] if binding["dropped_ns"] is not None else end_ns
        if binding["protocol"] not in colours and len(colours) < MOST_PROTOCOLS:
            colours[binding["protocol"]] = f"strip{len(colours)}"
        when = from_to(picture.axis, binding["bound_ns"], until_ns)
        tip = f"bound to {binding['protocol']} {when}; {binding['cause'] or 'never dropped'}"
        picture.box(colours.get(binding["protocol"], "others"), binding["bound_ns"], until_ns, top, STRIP, tip, .8)


def handshake_end(connection, end_ns):
    """When the handshake was over; None where there was none, or none is known."""
    opened_ns, connected_ns = connection["opened_ns"], connection.get("connected_ns")
    tls = connection.get("tls") or {}
    if tls.get("handshake_ns") is not None:
        return (connected_ns if connected_ns is not None else opened_ns) + tls["handshake_ns"]
    if connection["origin"] == "outbound":
        return connected_ns if connected_ns is not None else end_ns
    return None


def draw_life(picture, connection, top, end_ns):
    opened_ns = connection["opened_ns"] if connection["opened_ns"] is not None else picture.axis.first_ns
    tip = f"connection {connection['id']} {from_to(picture.axis, opened_ns, end_ns)}"
    left, right = picture.box("life", opened_ns, end_ns, top, BAR, tip)
    for x, known in ((left, connection["opened_ns"] is not None), (right, connection["closed_ns"] is not None)):
        if not known:
            picture.add(f'<line class="cut" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + BAR}"/>')
    if connection["opened_ns"] is not None and (until_ns := handshake_end(connection, end_ns)) is not None:
        picture.box("handshake", opened_ns, until_ns, top, BAR, f"handshake {from_to(picture.axis, opened_ns, until_ns)}")
    return right


def end_text(connection):
    close = connection["close"]
    if connection["state"] != "closed":
        return f"still open ({connection['state']})"
    if not close:
        return "its end was not seen"
    if close["reason"] == "unknown":
        return "ended for an unknown reason"
    code = f" {close['ws_code']}" if close["ws_code"] else ""
    return f"{close['reason']}{code}" + (f", by {close['by']}" if close["by"] != "unknown" else "")


def draw_label(picture, connection, top, indent):
    x = MARGIN + 14 * indent
    role = connection["role"] or "role unknown"
    tls = " over TLS" if connection.get("tls") else ""
    picture.text(x, top + 11, f"{'└ ' if indent else ''}connection {connection['id']}: {role}{tls}", "name")
    where = connection.get("target") if connection["origin"] == "outbound" else connection["peer"]
    facts = [connection["origin"], where or connection["vhost"] or ""]
    picture.text(x, top + 25, fitting(", ".join(fact for fact in facts if fact), LABELS - 14 * indent), "faint")


def draw_row(picture, connection, top, last_ns, indent, colours):
    end_ns = connection["closed_ns"] if connection["closed_ns"] is not None else last_ns
    draw_label(picture, connection, top, indent)
    right = draw_life(picture, connection, top, end_ns)
    if session := connection["session"]:
        until_ns = session["closed_ns"] if session["closed_ns"] is not None else end_ns
        tip = f"session {session['protocol']} {from_to(picture.axis, session['established_ns'], until_ns)}"
        left, session_right = picture.box("session", session["established_ns"], until_ns, top, BAR, tip)
        if name := fitting(f"session: {session['protocol']}", session_right - left - 8):
            picture.text(left + 5, top + 14, name, "on")
    draw_transactions(picture, connection, top, end_ns)
    draw_bindings(picture, connection, top + BAR + 2, end_ns, colours)
    if connection["closed_ns"] is not None:
        picture.add(f'<line class="end" x1="{right:.1f}" y1="{top - 2}" x2="{right:.1f}" y2="{top + BAR + 2}"/>')
    text = end_text(connection)
    anchor = "end" if right - len(text) * LETTER > picture.axis.left else "start"
    picture.text(right, top + BAR + 22, text, "faint", anchor)


def draw_axis(picture, bottom):
    for tick in picture.axis.ticks():
        x = picture.axis.x(picture.axis.first_ns + tick)
        picture.add(f'<line class="grid" x1="{x:.1f}" y1="{HEAD - 12}" x2="{x:.1f}" y2="{bottom}"/>')
        picture.text(x, HEAD - 17, span(tick) if tick else "0", "faint", "middle")


def draw_legend(picture, y, colours):
    """What the colours mean that were used. The line below it."""
    x = MARGIN
    entries = [(cls, name, 12) for cls, name in LEGEND if cls in picture.used]
    entries += [(colour, f"bound to {protocol}", STRIP) for protocol, colour in colours.items()]
    entries += [("others", "bound to another protocol", STRIP)] if "others" in picture.used else []
    for cls, name, height in entries:
        width = 34 + len(name) * LETTER
        if x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + 19
        picture.add(f'<rect class="{cls}" x="{x:.1f}" y="{y + (12 - height) / 2}" width="12" height="{height}" rx="1.5"/>')
        picture.text(x + 17, y + 10, name, "faint")
        x += width
    return y + 19


def title_of(report, rows):
    process = report["process"]
    one = rows and all(c["parent"] == rows[0]["id"] for c in rows[1:])
    what = f"connection {rows[0]['id']}" if one else f"{len(rows)} connections"
    return f"{process['program']} (pid {process['pid']}), libwebsockets {process['lws_version'] or 'unknown'}: {what}"


def render(report, rows):
    """The SVG of ROWS, connections of REPORT."""
    shown = rows[:MOST_ROWS]
    times = list(times_of(shown)) or [0]
    axis = Axis(min(times), max(times))
    bottom = HEAD + len(shown) * ROW
    picture, colours = Picture(axis), {}
    picture.text(MARGIN, 22, title_of(report, rows), "title")
    draw_axis(picture, bottom)
    ids = {c["id"] for c in shown}
    for place, connection in enumerate(shown):
        draw_row(picture, connection, HEAD + place * ROW, axis.last_ns, connection["parent"] in ids, colours)
    below = draw_legend(picture, bottom + 6, colours)
    lost = report["loss"]["lost"]
    notes = [f"{len(rows) - len(shown)} more connections are not shown."] * (len(rows) > len(shown)) + \
            [f"{lost} events were lost: something may be missing."] * (lost > 0)
    for line, note in enumerate(notes):
        picture.text(MARGIN, below + 14 + 14 * line, note)
    height = below + 10 + 14 * len(notes)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img">\n<title>{escaped(title_of(report, rows))}</title>\n<style>{STYLE}</style>\n'
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n' + "\n".join(picture.parts) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("--conn", type=int, metavar="ID", help="only this connection and its streams")
    arguments = parser.parse_args()
    try:
        report = read_report(arguments.report)
        sys.stdout.write(render(report, chosen(report, arguments.conn)))
    except Unusable as unusable:
        print(f"wsitrace: {unusable}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
