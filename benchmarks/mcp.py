#!/usr/bin/env python3
"""200 agents at once: calls over MCP against the same operations over REST, and the server's memory before and after.

usage: mcp.py --rekor PATH [--sessions 200] [--calls 20] [--rounds 3] [--operation get|list|sql|write|all] [--era older|modern] [--target 1.3]

Each session is one connection that is kept: `initialize`, then its calls with the session's id, each sent when the one before was
answered; of the modern era, which has no sessions, `server/discover` and then calls that say all about themselves. The same number
of connections then does the same over REST. The client is one thread that writes requests made beforehand and looks only
at status and length, so that most of the processor is the server's. Rounds of both take turns; p50 and p99 are of all rounds
together. Ends with 1 if a call fails or a ratio is above the target."""
import argparse, json, os, selectors, shutil, socket, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "jsonbench"))
from run import OWNER, Server

DOCUMENTS = 2_000
SQL = "SELECT data.status.:String AS status, count() AS n FROM documents WHERE collection = 'rows' AND deleted = false GROUP BY status ORDER BY status"
# An operation by name: method, path and body of REST; tool and arguments of MCP. `{n}` is the number of the call.
OPERATIONS = {
    "get": (("GET", "/v1/bench/documents/rows/d{n}", None), ("manage_document", {"action": "get", "document_id": "d{n}"})),
    "list": (("POST", "/v1/bench/documents/rows/query", {"limit": 20}), ("manage_document", {"action": "list", "limit": 20})),
    "sql": (("POST", "/v1/bench/sql", {"query": SQL}), ("sql_query", {"query": SQL})),
    "write": (
        ("POST", "/v1/bench/documents/rows", {"external_id": "w{n}", "data": {"n": 1, "status": "new"}}),
        ("manage_document", {"action": "upsert", "external_id": "w{n}", "data": {"n": 1, "status": "new"}}),
    ),
}


def http(method, path, body, more=()):
    text = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {OWNER}", "Content-Type: application/json", *more, f"Content-Length: {len(text)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text


# Stands in a request for the id of its session, and is as long.
SESSION = b"0" * 64
MODERN = "2026-07-28"


def mcp(method, params, number, era):
    more = ["Accept: application/json, text/event-stream"]
    if era == "modern":
        about = {"protocolVersion": MODERN, "clientInfo": {"name": "benchmark", "version": "1"}, "clientCapabilities": {}}
        params = params | {"_meta": {f"io.modelcontextprotocol/{key}": value for key, value in about.items()}}
        more += [f"MCP-Protocol-Version: {MODERN}", f"Mcp-Method: {method}"] + ([f"Mcp-Name: {params['name']}"] if "name" in params else [])
    elif method != "initialize":
        more += ["MCP-Protocol-Version: 2025-11-25", f"Mcp-Session-Id: {SESSION.decode()}"]
    return http("POST", "/mcp", {"jsonrpc": "2.0", "id": number, "method": method, "params": params}, more)


def filled(value, n):
    return json.loads(json.dumps(value).replace("{n}", str(n % DOCUMENTS)))


def requests(face, operation, session, calls, era="older"):
    """What one session sends, in its order; the first is not counted."""
    (method, path, body), (tool, arguments) = OPERATIONS[operation]
    numbers = [session * calls + call for call in range(calls)]
    if face == "rest":
        return [http("GET", "/health/live", None)] + [http(method, path.replace("{n}", str(n % DOCUMENTS)), body and filled(body, n)) for n in numbers]
    greeting = ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}})
    if era == "modern":
        greeting = ("server/discover", {})
    whole = {"database_id": "bench", **arguments}
    if tool == "manage_document":
        whole["collection"] = "rows"
    return [mcp(*greeting, 0, era)] + [mcp("tools/call", {"name": tool, "arguments": filled(whole, n)}, n + 1, era) for n in numbers]


class Session:
    def __init__(self, port, sent):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent, self.at, self.buffer, self.id = sent, 0, b"", SESSION

    def send(self):
        sent = self.sent[self.at].replace(SESSION, self.id, 1)
        self.began = time.perf_counter()
        self.socket.sendall(sent)

    def receive(self):
        """The body of an answer that is complete, else None."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise RuntimeError("the server closed a connection")
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
        if length is None:
            raise RuntimeError(f"an answer without a length: {head!r}")
        if len(body) < length:
            return None
        self.buffer = b""
        if self.at == 0:
            ids = [line[16:] for line in head.split(b"\r\n") if line.lower().startswith(b"mcp-session-id: ")]
            self.id = ids[0] if ids else SESSION
        if not head.startswith(b"HTTP/1.1 20") or b'"isError":true' in body or b'"error":{"code"' in body:
            raise RuntimeError(f"a call failed: {head[:60]!r} {body[:300]!r}")
        return body


def run(port, face, operation, sessions, calls, era="older"):
    """Latencies of all calls in ms, and the seconds they took together."""
    open_sessions = [Session(port, requests(face, operation, n, calls, era)) for n in range(sessions)]
    selector, latencies, open_count = selectors.DefaultSelector(), [], sessions
    for session in open_sessions:
        selector.register(session.socket, selectors.EVENT_READ, session)
        session.send()
    began = time.perf_counter()
    while open_count:
        for key, _ in selector.select():
            session = key.data
            if session.receive() is None:
                continue
            if session.at:
                latencies.append((time.perf_counter() - session.began) * 1e3)
            session.at += 1
            if session.at < len(session.sent):
                session.send()
            else:
                selector.unregister(session.socket)
                session.socket.close()
                open_count -= 1
    return latencies, time.perf_counter() - began


def rss_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def at(latencies, share):
    return sorted(latencies)[min(int(len(latencies) * share), len(latencies) - 1)]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--rekor", required=True)
    a.add_argument("--sessions", type=int, default=200)
    a.add_argument("--calls", type=int, default=20)
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--operation", choices=[*OPERATIONS, "all"], default="all")
    a.add_argument("--era", choices=["older", "modern"], default="older")
    a.add_argument("--target", type=float, default=1.3)
    a = a.parse_args()
    scratch = tempfile.mkdtemp(prefix="rekor-bench-")
    server = Server(a.rekor, os.path.join(scratch, "data"))
    failed = False
    try:
        server.request("POST", "/v1/databases", {"id": "bench", "name": "Benchmark"})
        server.request("POST", "/v1/databases/bench/previews", {"name": "setup"})
        server.request("PUT", "/v1/bench--setup/collections/rows", {"json_schema": {"type": "object"}})
        server.request("POST", "/v1/databases/bench/promote", {"from": "bench--setup"})
        for start in range(0, DOCUMENTS, 1000):
            operations = [{"type": "upsert_document", "collection": "rows", "id": f"d{n}", "data": {"n": n, "status": ["draft", "sent", "paid"][n % 3], "customer": f"customer {n % 50}"}} for n in range(start, start + 1000)]
            server.request("POST", "/v1/bench/batch", {"operations": operations})
        names = list(OPERATIONS) if a.operation == "all" else [a.operation]
        for name in names:
            # Once to fill caches and arenas: what stays then is the base.
            for face in ("rest", "mcp"):
                run(server.port, face, name, a.sessions, a.calls, a.era)
        time.sleep(2)
        base = rss_mib(server.process.pid)
        print(f"{a.sessions} sessions, {a.calls} calls each, {a.era} era, {a.rounds} rounds; memory {base:.0f} MiB")
        print(f"{'':8}{'REST p50':>10}{'p99':>9}{'MCP p50':>10}{'p99':>9}{'p50 ratio':>11}{'p99 ratio':>11}{'REST/s':>9}{'MCP/s':>8}{'memory after':>14}")
        for name in names:
            found = {"rest": ([], []), "mcp": ([], [])}
            for _ in range(a.rounds):
                for face, (latencies, seconds) in found.items():
                    some, took = run(server.port, face, name, a.sessions, a.calls, a.era)
                    latencies.extend(some)
                    seconds.append(took)
            p = {face: (at(latencies, 0.5), at(latencies, 0.99)) for face, (latencies, _) in found.items()}
            rate = {face: len(latencies) / sum(seconds) for face, (latencies, seconds) in found.items()}
            ratios = [mine / other for mine, other in zip(p["mcp"], p["rest"])]
            failed = failed or max(ratios) > a.target
            time.sleep(2)
            after = rss_mib(server.process.pid)
            print(f"{name:8}{p['rest'][0]:8.1f}ms{p['rest'][1]:7.1f}ms{p['mcp'][0]:8.1f}ms{p['mcp'][1]:7.1f}ms{ratios[0]:11.2f}{ratios[1]:11.2f}{rate['rest']:9.0f}{rate['mcp']:8.0f}{after:10.0f} MiB")
    finally:
        server.kill()
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
