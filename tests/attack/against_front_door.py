#!/usr/bin/env python3
"""against_front_door.py PROGRAM ATTACK [options]: starts the program, runs one attack against it, stops it."""
import pathlib
import re
import subprocess
import sys


def main():
    program, attack, *options = sys.argv[1:]
    server = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    try:
        target = re.search(r"[\d.]+:\d+$", server.stdout.readline().strip())[0]
        script = pathlib.Path(__file__).with_name(attack + ".py")
        result = subprocess.run([sys.executable, script, target, "--pid", str(server.pid), *options], check=False)
        alive = server.poll() is None
    finally:
        server.terminate()
        code = server.wait(30)
    if not alive or code != 0:
        print(f"the server ended with {code}")
    sys.exit(result.returncode or (0 if alive and code == 0 else 1))


main()
