#!/usr/bin/env python3
"""L2: slow headers, slow bodies and slow readers, 1,000 each (slowhttptest), while everybody else is served within 100 ms;
one who dawdles over the header, or sends a body at 20 bytes a second, is cut off within 10 seconds."""
import resource
import shutil
import subprocess
import threading

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
    words, held = [], True
    for name, options in kinds.items():
        probes = common.Probes(args)
        command = ["slowhttptest", "-c", str(args.connections), "-r", "1000", "-i", "10", "-l", str(args.seconds), "-p", "3", *options]
        attack = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cut = []
        dawdler = threading.Thread(target=lambda: cut.append(common.cut_after(args, *slow[name], 0.5)) if name in slow else None)
        dawdler.start()
        probes.start()
        try:
            attack.wait(args.seconds + 15)
        except subprocess.TimeoutExpired:
            attack.kill()
        probes.stop()
        dawdler.join()
        held = held and probes.held() and all(seconds <= 11 for seconds in cut) and len(cut) == (name in slow)
        words.append(f"{name}: {probes}" + "".join(f", a slow one cut off after {seconds:.1f} s" for seconds in cut))
    common.finish("L2 slow clients", held, "; ".join(words))


main()
