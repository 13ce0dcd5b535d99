#!/usr/bin/env python3
"""L3: 5,000 idle keep-alive connections from 50 addresses; new clients are served and memory stays
flat. Then one address more opens too many: what is above its cap is closed, and nobody else notices."""
import resource

import common

EXTRA = [
    (("--connections",), {"type": int, "default": 5000}),
    (("--addresses",), {"type": int, "default": 50}),
    (("--cap",), {"type": int, "default": 2000, "help": "http.connections_per_address"}),
    (("--megabytes",), {"type": int, "default": 64, "help": "how much the server may grow"}),
]


def greedy(args, count):
    """How many of `count` connections from one address are served."""
    served, held = 0, []
    for _ in range(count):
        try:
            connection = common.connect(args, "127.0.1.9")
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            served += common.status_of(connection.recv(4096)) == 200
            held.append(connection)
        except OSError:
            pass
    return served


def main():
    args = common.arguments(__doc__, EXTRA)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = common.memory_kib(args.pid) if args.pid else 0
    idle, refused = [], 0
    for number in range(args.connections):
        try:
            connection = common.connect(args, f"127.0.0.{2 + number % args.addresses}")
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            refused += common.status_of(connection.recv(4096)) != 200
            idle.append(connection)
        except OSError:
            refused += 1
    probes = common.Probes(args, per_second=40)
    probes.start()
    probes.join_after(200)
    grown = (common.memory_kib(args.pid) - before) / 1024 if args.pid else 0.0
    each = grown * 1024 / max(1, len(idle))
    served = greedy(args, args.cap + 50)
    held = probes.held() and grown <= args.megabytes and refused == 0 and served == args.cap
    common.finish("L3 idle flood", held, f"{served} of {args.cap + 50} from one address served; {len(idle)} idle, {refused} refused, {probes}, grew {grown:.1f} MiB ({each:.1f} KiB each)")


main()
