#!/usr/bin/env python3
"""L2: slow headers, slow bodies and slow readers, 1,000 each (slowhttptest), while everybody else is served within 100 ms;
one who dawdles over the header, or sends a body at 20 bytes a second, is cut off within 10 seconds."""
import concurrent.futures
import resource
import shutil
import subprocess

import common

EXTRA = [
    (("--seconds",), {"type": int, "default": 20, "help": "for each of the three"}),
    (("--connections",), {"type": int, "default": 1000}),
    (("--big",), {"default": "/big", "help": "a path with a large answer, for the slow readers"}),
]


def main():
    args = common.arguments(__doc__, EXTRA)
    if not shutil.which("slowhttptest"):
        common.finish("L2 slow clients", False, "slowhttptest is not installed")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    url = f"http://{args.host}:{args.port}"
    kinds = {
        "headers": ["-H", "-u", url + "/health/live"],
        "bodies": ["-B", "-u", url + args.path, "-s", "8192"],
        "readers": ["-X", "-u", url + args.big, "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "3"],
    }
    slow = {
        "headers": (b"GET /health/live HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n"),
        "bodies": (f"POST {args.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n".encode(), b"a" * 10),
    }
    words, held, pool = [], True, concurrent.futures.ThreadPoolExecutor()
    for name, options in kinds.items():
        probes = common.Probes(args)
        command = ["slowhttptest", "-c", str(args.connections), "-r", "1000", "-i", "10", "-l", str(args.seconds), "-p", "3", *options]
        attack = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        dawdler = pool.submit(common.cut_after, args, *slow[name], 0.5) if name in slow else None
        probes.start()
        try:
            attack.wait(args.seconds + 15)
        except subprocess.TimeoutExpired:
            attack.kill()
        probes.stop()
        held = held and probes.held()
        words.append(f"{name}: {probes}")
        if dawdler:
            held = held and dawdler.result() <= 11
            words.append(f"a slow one cut off after {dawdler.result():.1f} s")
    common.finish("L2 slow clients", held, "; ".join(words))


main()
