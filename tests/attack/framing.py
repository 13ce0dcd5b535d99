#!/usr/bin/env python3
"""H1: 24 malformed requests; each is answered 4xx or 5xx within 50 ms, once, and closed."""
import re
import time

import common


def cases(path):
    def post(headers, body=b""):
        return f"POST {path} HTTP/1.1\r\nHost: x\r\n".encode() + headers + b"\r\n" + body

    chunked = b"Transfer-Encoding: chunked\r\n"
    return [
        ("length and chunked", post(b"Content-Length: 5\r\n" + chunked, b"0\r\n\r\n")),
        ("two lengths", post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello")),
        ("length with a sign", post(b"Content-Length: +5\r\n", b"hello")),
        ("length with a letter", post(b"Content-Length: 5x\r\n", b"hello")),
        ("negative length", post(b"Content-Length: -5\r\n")),
        ("huge length", post(b"Content-Length: 99999999999999999999\r\n")),
        ("unknown coding", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n")),
        ("space before the colon", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n")),
        ("chunked is not last", post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n")),
        ("chunk size 0x5", post(chunked, b"0x5\r\nhello\r\n0\r\n\r\n")),
        ("negative chunk size", post(chunked, b"-5\r\nhello\r\n0\r\n\r\n")),
        ("chunk size above 64 bits", post(chunked, b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n")),
        ("chunk without its CRLF", post(chunked, b"5\r\nhelloXX0\r\n\r\n")),
        ("no Host", b"GET /health/live HTTP/1.1\r\n\r\n"),
        ("two Hosts", b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("folded field", post(b"A: b\r\n c\r\n")),
        ("NUL in a field", post(b"A: b\0c\r\n")),
        ("bare LF", b"GET /health/live HTTP/1.1\nHost: x\n\n"),
        ("bare CR", b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\rB: c\r\n\r\n"),
        ("HTTP/0.9", b"GET /health/live\r\n"),
        ("unknown version", b"GET /health/live HTTP/3.7\r\nHost: x\r\n\r\n"),
        ("field without a colon", post(b"nonsense\r\n")),
        ("2,000 fields", post(b"A: b\r\n" * 2000)),
        ("authority as target", b"GET example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
    ]


def main():
    args = common.arguments(__doc__)
    good, bad, slowest = 0, [], 0.0
    rows = cases(args.path)
    for name, data in rows:
        connection = common.connect(args)
        began = time.monotonic()
        # The second request must not be answered: that would be a smuggled one.
        connection.sendall(data + b"GET /health/live HTTP/1.1\r\nHost: smuggled\r\n\r\n")
        answer = b""
        connection.settimeout(2)
        closed = False
        try:
            while piece := connection.recv(65536):
                answer += piece
            closed = True
        except ConnectionError:
            closed = True
        except OSError:
            pass
        took = time.monotonic() - began
        connection.close()
        slowest = max(slowest, took)
        status = common.status_of(answer)
        if 400 <= status < 600 and status != 500 and closed and took <= 0.05 and len(re.findall(rb"HTTP/1\.1 \d{3} ", answer)) == 1:
            good += 1
        else:
            bad.append(f"{name} (status {status}, closed {closed}, {took * 1000:.0f} ms)")
    words = f"{good} of {len(rows)}, slowest {slowest * 1000:.0f} ms" + ("; " + ", ".join(bad) if bad else "")
    common.finish("H1 framing", not bad, words)


main()
