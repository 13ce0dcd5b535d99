#!/usr/bin/env python3
"""L4: what takes hundreds of megabytes elsewhere before any log-in: each is refused with its status, within 16 MiB;
and the memory is given back."""
import gzip
import time

import common

MEBI = 1024 * 1024


def push(args, first, piece, count):
    """Sends `first`, then `piece` up to `count` times or until the server has enough; status and seconds to the answer."""
    connection = common.connect(args)
    connection.settimeout(5)
    began = time.monotonic()
    answered = None
    try:
        connection.sendall(first)
        for _ in range(count):
            connection.setblocking(False)
            try:
                answered = connection.recv(4096)
                break
            except BlockingIOError:
                pass
            finally:
                connection.settimeout(5)
            connection.sendall(piece)
    except OSError:
        pass
    took = time.monotonic() - began
    if answered is None:
        try:
            answered = connection.recv(4096)
        except OSError:
            answered = b""
        took = time.monotonic() - began
    connection.close()
    return common.status_of(answered), took


def attacks(args):
    post = f"POST {args.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
    bomb = gzip.compress(bytes(300 * MEBI))
    return [
        ("200 MB header line", 431, b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: ", b"a" * MEBI, 200),
        ("4 M headers", 431, b"GET /health/live HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n" * 40_000, 100),
        ("endless chunks", 413, post + b"Transfer-Encoding: chunked\r\n\r\n", (b"10000\r\n" + b"a" * 65536 + b"\r\n") * 16, 300),
        ("endless tiny chunks", 413, post + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 10_000, 300),
        ("gzip bomb", 415, post + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode(), bomb, 1),
        ("300 MB length", 413, post + f"Content-Length: {300 * MEBI}\r\n\r\n".encode(), b"a" * MEBI, 300),
        ("200 MB target", 414, b"GET /", b"a" * MEBI, 200),
    ]


def kept(pid, start):
    """What the process holds above `start` KiB, in MiB, at the latest five seconds later, and the seconds until then."""
    began = time.monotonic()
    while True:
        rest, waited = (common.memory_kib(pid) - start) / 1024, time.monotonic() - began
        if rest <= 2 or waited > 5:
            return rest, waited
        time.sleep(0.05)


def main():
    args = common.arguments(__doc__, [(("--megabytes",), {"type": int, "default": 16, "help": "how much the server may grow"})])
    if not args.pid:
        common.finish("L4 memory", False, "the server's process was not found; give --pid")
    words, held, start = [], True, common.memory_kib(args.pid)
    for name, wanted, first, piece, count in attacks(args):
        before = common.memory_kib(args.pid)
        common.reset_peak(args.pid)
        status, took = push(args, first, piece, count)
        grown = (common.memory_kib(args.pid, "VmHWM") - before) / 1024
        good = status == wanted and grown <= args.megabytes
        held = held and good
        words.append(f"{name} {status} {took * 1000:.0f} ms +{grown:.1f} MiB{'' if good else ' <- wanted ' + str(wanted)}")
    rest, waited = kept(args.pid, start)
    words.append(f"{rest:+.1f} MiB {waited:.1f} s later")
    common.finish("L4 memory", held and rest <= 2, "; ".join(words))


main()
