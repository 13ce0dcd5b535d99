#!/usr/bin/env python3
"""L2: slow headers, slow bodies and slow readers, 1,000 each (slowhttptest), while everybody else is served within 100 ms."""
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
    words, held = [], True
    for name, options in kinds.items():
        probes = common.Probes(args)
        command = ["slowhttptest", "-c", str(args.connections), "-r", "1000", "-i", "10", "-l", str(args.seconds), "-p", "3", *options]
        attack = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        probes.start()
        try:
            attack.wait(args.seconds + 15)
        except subprocess.TimeoutExpired:
            attack.kill()
        probes.stop()
        held = held and probes.held()
        words.append(f"{name}: {probes}")
    common.finish("L2 slow clients", held, "; ".join(words))


main()
