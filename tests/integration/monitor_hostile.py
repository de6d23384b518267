"""Raw HTTP at the monitor, as no well-behaved client sends it.

    monitor_hostile.py LAW PORT [--control] [--patience SECONDS]

Runs the function of that name, which asserts a law; ends with 0 where it holds. 127.0.0.1, .2, .3 ...
are addresses of this machine, so that one test is several clients.
"""
import argparse
import json
import random
import re
import select
import socket
import subprocess
import sys
import time

PORT, PATIENCE = 0, 20


def connect(source="127.0.0.1", port=None):
    s = socket.create_connection(("127.0.0.1", port or PORT), PATIENCE, (source, 0))
    s.settimeout(PATIENCE)
    return s


def until_closed(s):
    """All that comes until the server closes; fails where it does not."""
    data = b""
    try:
        while more := s.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


def raw(request, source="127.0.0.1"):
    """The whole answer to `request`, after which the client sends no more."""
    with connect(source) as s:
        try:
            s.sendall(request)
            time.sleep(0.01)  # an end that comes with the last byte is noticed at the time limit only
            s.shutdown(socket.SHUT_WR)
        except OSError:  # it has closed already
            pass
        return until_closed(s)


def status(answer):
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(match[1]) if match else None


def request(method, path, headers=(), body=b"", source="127.0.0.1"):
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{PORT}", "Connection: close", *headers]
    answer = raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body, source)
    head, _, rest = answer.partition(b"\r\n\r\n")
    fields = dict(l.split(": ", 1) for l in head.decode().split("\r\n")[1:])
    return status(answer), fields, rest


def post(body, headers=()):
    length = [f"Content-Length: {len(body)}"]
    if any(h.lower().startswith("transfer-encoding") for h in headers):
        length = []
    return request("POST", "/control", ["Content-Type: application/json", *length, *headers], body)


def serves(source="127.0.0.1"):
    code, fields, body = request("GET", "/metrics", source=source)
    assert code == 200 and b"csilink_monitor_streams" in body, (code, fields)


def metric(name):
    body = request("GET", "/metrics")[2].decode()
    return float(re.search(rf"^{name} (\S+)$", body, re.M)[1])


def becomes(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def crowds_come_and_go():
    """128 and more connections at once, opened and closed: it goes on serving."""
    for turn in range(30):
        crowd = []
        for _ in range(100 + 12 * turn):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", PORT))
            crowd.append(s)
        select.select([], crowd[-1:], [], 1)
        if turn % 3 == 1:
            for s in crowd:
                try:
                    s.send(b"GET /metrics HTTP/1.1\r\n\r\n"[:turn])
                except OSError:
                    pass
        for s in crowd:
            s.close()
        serves()
    becomes(lambda: metric("csilink_monitor_http_connections") <= 1)


def silence_locks_nobody_out():
    """Who fills its places with silent connections neither keeps others out nor itself."""
    held = [connect("127.0.0.3") for _ in range(200)]
    serves("127.0.0.4")
    serves("127.0.0.3")
    held += [connect(f"127.0.1.{i}") for i in range(1, 251) for _ in range(2)]
    serves("127.0.0.4")
    assert metric("csilink_monitor_http_connections") <= 256
    for s in held:
        s.close()


def slow_requests_end():
    """A request that is not whole in time is answered 408, however it is drawn out."""
    head = f"Host: 127.0.0.1:{PORT}\r\n".encode()
    starts = [b"", b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n" + head,
              b"POST /control HTTP/1.1\r\n" + head + b"Content-Length: 100\r\n\r\n"]
    slow = []
    for start in starts:
        s = connect("127.0.0.5")
        s.sendall(start)
        slow.append([s, b""])
    end = time.monotonic() + 3 * PATIENCE
    while any(s for s, _ in slow):
        assert time.monotonic() < end, "a slow request is still served"
        for pair, start in zip(slow, starts):
            s = pair[0]
            if not s:
                continue
            try:
                if start:
                    s.send(b"X")
                if select.select([s], [], [], 0)[0]:
                    more = s.recv(4096)
                    pair[1] += more
                    if not more:
                        pair[0] = None
            except (ConnectionResetError, BrokenPipeError):
                pair[0] = None
        serves()
        time.sleep(0.25)
    # One that was reset while it went on sending may have lost the answer on its way.
    codes = [status(answer) for _, answer in slow]
    assert codes[0] == 408 and all(code in (408, None) for code in codes), codes


def idle_connections_end():
    with connect() as s:
        s.sendall(f"GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n".encode())
        s.settimeout(3 * PATIENCE)
        answer = until_closed(s)
        assert status(answer) == 200 and answer.count(b"HTTP/1.1") == 1


def stream(source, headers=""):
    s = connect(source)
    s.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n{headers}\r\n".encode())
    return s, status(s.recv(4096))


def nobody_has_all_streams():
    first = [stream("127.0.0.6") for _ in range(20)]
    codes = sorted(code for _, code in first)
    assert codes == 8 * [200] + 12 * [503], codes
    other, code = stream("127.0.0.7")
    assert code == 200
    for s, _ in first:
        s.close()
    other.close()
    becomes(lambda: stream_and_close("127.0.0.6") == 200)


def stream_and_close(source):
    s, code = stream(source)
    s.close()
    return code


def slow_readers_end():
    """A page that does not read its events is disconnected; one that does is not."""
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.bind(("127.0.0.8", 0))
    slow.connect(("127.0.0.1", PORT))
    slow.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n".encode())
    good, code = stream("127.0.0.9")
    assert code == 200
    end = time.monotonic() + 6 * PATIENCE
    ended, events = metric("csilink_monitor_http_ended_total"), 0
    while metric("csilink_monitor_http_ended_total") == ended:
        assert time.monotonic() < end, "it is still served"
        events += good.recv(1 << 16).count(b"data: ")
    assert events > 5
    assert good.recv(1 << 16)
    slow.close()
    good.close()


def proxied_streams_are_the_readers():
    """Behind a proxy of this machine an address is the one that the proxy saw."""
    def some(forwarded, n):
        return [stream("127.0.0.1", f"X-Forwarded-For: {forwarded(i)}\r\n") for i in range(n)]
    held = some(lambda i: f"203.0.113.{i}, 192.0.2.1", 6)  # what stands before it proves nothing
    held += some(lambda i: f"203.0.113.{i}\r\nX-Forwarded-For: 192.0.2.1:{1000 + i}", 6)
    held += some(lambda i: "192.0.2.2", 4) + some(lambda i: "2001:db8::1", 4)
    codes = [code for _, code in held]
    assert codes == 8 * [200] + 4 * [503] + 8 * [200], codes
    for s, _ in held:
        s.close()


# What is sent, and the statuses that are right; None: closed without an answer.
HOST = b"Host: 127.0.0.1\r\n"
JSON = b"Content-Type: application/json\r\n"
MALFORMED = [
    (b"\r\n\r\n\r\n", {None, 400}),
    (b"GET\r\n\r\n", {None, 400, 505}),
    (b"GET /metrics\r\n\r\n", {None, 400, 505}),
    (b"GET /metrics HTTP/0.9\r\n\r\n", {None, 400, 505}),
    (b"GET /metrics HTTP/2.0\r\n\r\n", {None, 400, 505}),
    (b"GET /metrics HTTP/1.1\r\n\r\n", {400}),  # no Host
    (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", {403}),
    (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", {400}),
    (b"GET / a HTTP/1.1\r\n" + HOST + b"\r\n", {None, 400}),
    (b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    (b"GET /?sort=%0a HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    (b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n", {400}),
    (b"GET /% HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    (b"GET http://evil.example/ HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    (b"GET //metrics HTTP/1.1\r\n" + HOST + b"\r\n", {404}),
    (b"GET / HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n", {None, 400}),
    (b"GET / HTTP/1.1\r\n" + HOST + b": empty\r\n\r\n", {None, 200, 400}),  # a name of no letters
    (b"GET / HTTP/1.1\r\n" + HOST + b"a b: c\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\n" + HOST + b"X\x00Y: c\r\n\r\n", {None, 400}),
    (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x01b\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + 100000 * b"a" + b"\r\n\r\n", {None, 400, 413, 431}),
    (b"GET / HTTP/1.1\r\n" + HOST + 5000 * b"X: a\r\n" + b"\r\n", {None, 400, 413, 431}),
    (b"GET /" + 100000 * b"a" + b" HTTP/1.1\r\n" + HOST + b"\r\n", {None, 414}),
    (b"GET /?" + 5000 * b"a&" + b" HTTP/1.1\r\n" + HOST + b"\r\n", {None, 200, 414, 431}),
    (100000 * b"A" + b" / HTTP/1.1\r\n" + HOST + b"\r\n", {None, 400, 414, 431}),
    (bytes(range(256)) * 400, {None, 400}),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + 500 * b"\x00", {None, 400}),  # TLS
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {None, 400, 505}),
]
FRAMES = [  # of a POST: headers, body
    (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}", {400}),
    (b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}", {400}),
    (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n", {400}),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n", {400}),
    (b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n", {501}),
    (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n", {501}),
    (b"Content-Length : 2\r\n", b"{}", {400}),
    (b"Content-Length: -1\r\n", b"{}", {400}),
    (b"Content-Length: +2\r\n", b"{}", {400}),
    (b"Content-Length: 0x2\r\n", b"{}", {400}),
    (b"Content-Length: 2, 2\r\n", b"{}", {400}),
    (b"Content-Length:\r\n", b"{}", {400}),
    (b"Content-Length: 99999999999999999999999\r\n", b"{}", {413}),
    (b"Content-Length: 9999999999\r\n", b"{}", {413}),
    (b"Content-Length: 5000\r\n", 5000 * b" ", {413}),
    (b"Content-Length: 10\r\n", b"{}", {None, 400}),  # and no more comes
    (b"", b"", {400}),  # neither length nor body
    (b"Transfer-Encoding: chunked\r\n", b"x\r\n{}\r\n0\r\n\r\n", {400}),
    (b"Transfer-Encoding: chunked\r\n", b"-2\r\n{}\r\n0\r\n\r\n", {400}),
    (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}X0\r\n\r\n", {400}),
    (b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n{}", {400, 413}),
    (b"Transfer-Encoding: chunked\r\n", 100 * (b"64\r\n" + 100 * b" " + b"\r\n") + b"0\r\n\r\n",
     {413}),
]


def malformed_requests_are_refused():
    for sent, right in MALFORMED:
        code = status(raw(sent))
        code = None if code == 408 else code  # half a request, and no end of it
        assert code in right, (sent[:80], code, right)
        serves()
    for headers, body, right in FRAMES:
        code = status(raw(b"POST /control HTTP/1.1\r\n" + HOST + JSON + headers + b"\r\n" + body))
        code = None if code == 408 else code
        assert code in right, (headers, body[:40], code, right)
        serves()


def no_request_hides_in_another():
    """Where one parser could see a second request and another a body, there is one answer."""
    hidden = b"GET /metrics HTTP/1.1\r\n" + HOST + b"\r\n"
    n = str(len(hidden)).encode()
    for headers, body in [
            (b"Content-Length: 0\r\nContent-Length: " + n + b"\r\n", hidden),
            (b"Content-Length: " + n + b"\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + hidden),
            (b"Content-Length : " + n + b"\r\n", hidden),
            (b"Transfer-Encoding: xchunked\r\n", hidden),
            (b"Content-Length: 9999999\r\n", hidden)]:
        for method in (b"POST /control", b"GET /icon.svg"):
            answer = raw(method + b" HTTP/1.1\r\n" + HOST + JSON + headers + b"\r\n" + body)
            assert answer.count(b"HTTP/1.1 ") == 1 and 400 <= status(answer) < 600, answer[:200]


def a_nul_ends_its_line_alone():
    """What stands behind a NUL in a header is left out; the request gains nothing by it."""
    answer = raw(b"GET / HTTP/1.1\r\nHost: evil.example\x00Host: 127.0.0.1\r\n\r\n")
    assert status(answer) in (None, 400, 403), answer[:100]


def requests_may_follow_each_other():
    """Pipelined requests are answered in order, a body belongs to its own."""
    body = b'{"snr_db":'
    with connect() as s:
        s.sendall(b"GET /icon.svg HTTP/1.1\r\n" + HOST + b"\r\n" +
                  b"POST /control HTTP/1.1\r\n" + HOST + JSON +
                  f"Content-Length: {len(body)}\r\n\r\n".encode() + body +
                  b"HEAD /metrics HTTP/1.1\r\n" + HOST + b"\r\n" +
                  b"GET /none HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        codes = [int(c) for c in re.findall(rb"HTTP/1\.1 (\d{3}) ", until_closed(s))]
    assert codes == [200, 400, 200, 404], codes


PATHS = ["/", "/monitor.css", "/monitor.js", "/uPlot.js", "/uPlot.css", "/icon.svg", "/events",
         "/ues", "/csi?ue=1", "/metrics"]
SECURITY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}


def every_answer_is_guarded():
    for path in PATHS + ["/none", "/csi", "/csi?ue=x"]:
        fields = request("HEAD", path)[1]
        for name, value in SECURITY.items():
            assert fields[name] == value, (path, name, fields)
        policy = fields["Content-Security-Policy"]
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy, policy


def head_is_get_without_its_body():
    for path in PATHS + ["/none"]:
        code, fields, body = request("HEAD", path)
        assert body == b"", path
        if path == "/events":
            assert code == 200 and fields["Content-Type"] == "text/event-stream"
            continue
        got = request("GET", path)
        assert got[0] == code and got[1]["Content-Type"] == fields["Content-Type"], path
        if path not in ("/ues", "/metrics"):
            assert got[1]["Content-Length"] == fields["Content-Length"], path


def methods_are_named():
    for path in PATHS + ["/control"]:
        allow = "GET, HEAD, POST" if path == "/control" else "GET, HEAD"
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "get") + (
                () if path == "/control" else ("POST",)):
            code, fields, _ = request(method, path)
            assert code == 405 and fields["Allow"] == allow, (method, path, code, fields)
    assert request("DELETE", "/none")[0] == 404


def changes_are_one_json_object():
    for body in [b"", b"{", b"[]", b"5", b"null", b'{"snr_db":5}x', b'{"snr_db":5}{}',
                 b'{"snr_db":5}\0', b'\xef\xbb\xbf\xff{}', b'{"snr_db":1e999}', b'{"snr_db":-1e999}',
                 b'{"delay_ms":1e400}', b'{"ue":1e300}', b'{"snr_db":NaN}', b'{"snr_db":Infinity}',
                 b'{"snr_db":0x5}', b'{"snr_db":5,"snr_db":5}', b'{"group":"\xff"}',
                 b'{"group":"a\\u0000b"}', b'{"\xc3\xa9":5}', 2000 * b"[", b'{"a":' * 800,
                 b'{"' + 40 * b"\xc3\xa9" + b'":5}', b'{"snr_db":"' + 4000 * b"9" + b'"}']:
        code, _, answer = post(body)
        assert code == 400, (body[:60], code)
        assert json.loads(answer.decode())["error"], answer


def pictures_take_turns():
    """Who asks for four UEs all the time does not keep the fifth from anybody."""
    def hold():
        for ue in range(4):
            request("GET", f"/csi?ue={ue}", source="127.0.0.2")
        return request("GET", "/csi?ue=9", source="127.0.0.3")[0]
    hold()
    becomes(lambda: hold() == 200)


def mutations_are_survived():
    """Requests with bytes changed, left out and doubled."""
    seeds = [s for s, _ in MALFORMED if len(s) < 2000]
    seeds += [b"POST /control HTTP/1.1\r\n" + HOST + JSON + h + b"\r\n" + b for h, b, _ in FRAMES]
    seeds = [s for s in seeds if len(s) < 2000]
    choose = random.Random(13)
    for i in range(400):
        sent = bytearray(choose.choice(seeds))
        for _ in range(choose.randint(1, 8)):
            at = choose.randrange(len(sent))
            kind = choose.randrange(4)
            if kind == 0:
                sent[at] = choose.randrange(256)
            elif kind == 1 and len(sent) > 1:
                del sent[at:at + choose.randint(1, 4)]
                sent = sent or bytearray(b"G")
            elif kind == 2:
                sent[at:at] = sent[at:at + choose.randint(1, 30)]
            else:
                sent[at:at] = choose.choice([b"\r\n", b"\0", b":", b" ", b"%00", b"\r", b"\n"])
        answer = raw(bytes(sent))
        assert not answer or status(answer), (bytes(sent), answer[:100])
        if i % 40 == 0:
            serves()
    serves()


def descriptors_come_back():
    """Where the process has none left, connections wait, and are served when there are some."""
    crowd = []
    for _ in range(150):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", PORT))
        crowd.append(s)
    time.sleep(1)
    for s in crowd:
        s.close()
    becomes(answers)


def answers():
    try:
        serves()
        return True
    except (OSError, AssertionError):
        return False


def fresh_monitors_survive_a_crowd(program):
    """The first crowd of a monitor's life, many lives."""
    global PORT
    for _ in range(12):
        monitor = subprocess.Popen([program, "monitor", "--port", "0", "--telemetry",
                                    "ipc:///tmp/csilink-no-such-socket"], stderr=subprocess.PIPE)
        PORT = int(re.search(rb":(\d+)/", monitor.stderr.readline())[1])
        crowd = []
        for _ in range(128):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", PORT))
            crowd.append(s)
        time.sleep(0.2)
        for s in crowd:
            s.close()
        time.sleep(0.2)
        serves()
        monitor.terminate()
        assert monitor.wait(PATIENCE) == 0


def main():
    global PORT, PATIENCE
    parser = argparse.ArgumentParser()
    parser.add_argument("law")
    parser.add_argument("port")
    parser.add_argument("--patience", type=float, default=20)
    options = parser.parse_args()
    PATIENCE = options.patience
    if options.port.isdigit():
        PORT = int(options.port)
        globals()[options.law]()
    else:
        globals()[options.law](options.port)


main()
