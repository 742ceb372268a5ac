# SPDX-License-Identifier: MIT
"""A connection of a report as lines that a person reads and two runs agree on: no ids, pointers, ports, fds or times.

    client accepted h1 vhost=app known_by=event
      1 GET /index.html HTTP/1.1 -> 200 by http, completed
      2 GET /dyn HTTP/1.1 -> 200 handled by dyn, pipelined (waited_in_socket), completed
      binding http, lws_http_transaction_completed
      session echo peer_code=1000
      client stream h2 ...              (what this connection carries, in order of birth, further in)
      closed peer_closed by peer, close_call "server socket svc fail"

What is left out is unknown (null), but for these, which are named when they are not there: a peer's address, TCP_INFO at the
close of a socket, who and why of a close. `pipelined` is told only when true: false and unknown may change places with the speed
of the machine. "by http" is the protocol of a transaction; "handled by": its callback was called for it.
"""


def _named(**facts):
    return "".join(f" {name}={value}" for name, value in facts.items() if value is not None)


def _head(connection):
    words = [connection["class"], connection["origin"]]
    if connection["role"]:
        words.append(connection["role"])
    moved = connection["opened_vhost"] if connection["opened_vhost"] != connection["vhost"] else None
    text = " ".join(words) + _named(vhost=connection["vhost"] or "none", opened_vhost=moved,
                                    known_by=connection["evidence"], target=_address(connection["target"]))
    if connection["origin"] == "stream" or connection["class"] != "client":
        return text
    if not connection["peer"]:
        text += " peer=none"
    elif connection["peer"].startswith("unix"):
        text += " peer=unix"
    return text if connection["tcp"] or connection["state"] != "closed" else text + " tcp=none"


def _address(text):
    """Without the port, which is another one in each run."""
    return text and text.rsplit(":", 1)[0]


def _tls(tls):
    resumed = {None: "", True: " resumed", False: " not resumed"}[tls["resumed"]]
    timed = "" if tls["handshake_ns"] is None else ", handshake timed"
    failure = f', failed "{tls["failure"]}"' if tls["failure"] else ""
    words = " ".join(word for word in (tls["version"], tls["cipher"]) if word)
    return f"tls {words or 'unknown'}" + _named(alpn=tls["alpn"], sni=tls["sni"], verify=tls["verify"]) + resumed + timed + failure


def _transaction(transaction):
    line = " ".join(transaction[key] or "?" for key in ("method", "path", "version"))
    if transaction["status"] is not None:
        line += f" -> {transaction['status']}"
    if transaction["protocol"]:
        line += f" {'by' if transaction['handled_ns'] is None else 'handled by'} {transaction['protocol']}"
    if transaction["pipelined"]:
        line += f", pipelined ({transaction['pipelined_evidence']})"
    return f"{transaction['index']} {line}, {transaction['outcome']}"


def _binding(binding):
    return f"binding {binding['protocol']}, {binding['cause'] or 'open'}"


def _session(session):
    ended = "" if session["closed_ns"] is not None else ", open"
    return f"session {session['protocol']}" + _named(peer_code=session["peer_code"], local_code=session["local_code"]) + ended


def _close(connection):
    close = connection["close"]
    if not close:
        return connection["state"]
    detail = f' "{close["detail"]}"' if close["detail"] else ""
    return f"closed {close['reason']} by {close['by']}, {close['evidence']}{detail}" + _named(ws_code=close["ws_code"])


def _lines(connection, children):
    yield _head(connection)
    inner = [_tls(connection["tls"])] if connection["tls"] and connection["origin"] != "stream" else []
    inner += [_transaction(transaction) for transaction in connection["transactions"]]
    inner += [_binding(binding) for binding in connection["bindings"]]
    if connection["session"]:
        inner.append(_session(connection["session"]))
    for child in sorted(children.get(connection["id"], []), key=lambda c: c["id"]):
        inner += _lines(child, children)
    inner.append(_close(connection))
    yield from ("  " + line for line in inner)


def render(connections):
    """The lines of CONNECTIONS, in the order given; a connection whose parent is among them is shown below it."""
    ids = {connection["id"] for connection in connections}
    children = {}
    for connection in connections:
        if connection["parent"] in ids:
            children.setdefault(connection["parent"], []).append(connection)
    lines = []
    for connection in connections:
        if connection["parent"] not in ids:
            lines += _lines(connection, children)
    return lines
