"""What the attack scripts share: the target, its memory, probes, the summary line.

Every script is called `SCRIPT HOST:PORT [options]`, prints one summary line and exits 0 (held) or 1.
The path probed is /health/live; POSTs go to --path (default /echo).
"""
import argparse
import http.client
import os
import re
import socket
import sys
import threading
import time


def arguments(about, extra=()):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("target", help="HOST:PORT")
    parser.add_argument("--path", default="/echo", help="a path that takes POST")
    parser.add_argument("--pid", type=int, default=0, help="the server's process, for its memory; 0: find it by its port")
    for names, options in extra:
        parser.add_argument(*names, **options)
    args = parser.parse_args()
    host, _, port = args.target.rpartition(":")
    args.host, args.port = host or "127.0.0.1", int(port)
    args.pid = args.pid or pid_of(args.port)
    return args


def pid_of(port):
    """The process that listens on a port of this machine, or 0."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as rows:
            for row in rows.readlines()[1:]:
                part = row.split()
                if part[3] == "0A" and int(part[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(part[9])
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                for fd in os.listdir(f"/proc/{entry}/fd"):
                    match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{entry}/fd/{fd}"))
                    if match and match[1] in inodes:
                        return int(entry)
            except OSError:
                continue
    return 0


def memory_kib(pid, key="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="ascii") as rows:
        return int(re.search(rf"^{key}:\s+(\d+)", rows.read(), re.M)[1])


def reset_peak(pid):
    """Starts VmHWM anew (proc(5): clear_refs)."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def connect(args, source=None, timeout=5.0):
    return socket.create_connection((args.host, args.port), timeout=timeout, source_address=(source, 0) if source else None)


def read_status(connection, timeout=5.0):
    """The status of one answer and the seconds until it closed (None: it stayed open); status 0: no answer."""
    connection.settimeout(timeout)
    began, data = time.monotonic(), b""
    try:
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            data += piece
    except (TimeoutError, socket.timeout):
        return status_of(data), None
    except ConnectionError:
        pass
    return status_of(data), time.monotonic() - began


def cut_after(args, first, piece, pace):
    """Sends `first`, then `piece` every `pace` seconds until the server answers or closes; the seconds it took (at most 30)."""
    began = time.monotonic()
    with connect(args, timeout=pace) as connection:
        try:
            connection.sendall(first)
            while time.monotonic() - began < 30:
                try:
                    connection.recv(4096)
                    break
                except (TimeoutError, socket.timeout):
                    connection.sendall(piece)
        except ConnectionError:
            pass
    return time.monotonic() - began


def status_of(data):
    match = re.match(rb"HTTP/1\.1 (\d{3}) ", data)
    return int(match[1]) if match else 0


class Probes(threading.Thread):
    """GET /health/live on a new connection each time, `per_second` times a second, until stop()."""

    def __init__(self, args, per_second=4.0):
        super().__init__(daemon=True)
        self.args, self.pause, self.done = args, 1.0 / per_second, threading.Event()
        self.good, self.all, self.slowest = 0, 0, 0.0

    def run(self):
        while not self.done.wait(self.pause):
            began = time.monotonic()
            status = 0
            try:
                client = http.client.HTTPConnection(self.args.host, self.args.port, timeout=5)
                client.request("GET", "/health/live")
                status = client.getresponse().status
                client.close()
            except (OSError, http.client.HTTPException):
                pass
            self.all += 1
            self.good += status == 200
            self.slowest = max(self.slowest, time.monotonic() - began)

    def stop(self):
        self.done.set()
        self.join()
        return self

    def join_after(self, count):
        while self.all < count and self.is_alive():
            self.done.wait(self.pause)
        return self.stop()

    def held(self, limit=0.1):
        return self.all > 0 and self.good == self.all and self.slowest <= limit

    def __str__(self):
        return f"probes {self.good}/{self.all}, slowest {self.slowest * 1000:.0f} ms"


def finish(name, held, words):
    print(f"{name}: {'held' if held else 'FAILED'}: {words}")
    sys.exit(0 if held else 1)
