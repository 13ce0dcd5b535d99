#!/usr/bin/env python3
"""F13: a job that crashes its worker is quarantined after three crashes and blocks nobody; the crash report names it. The
crash is a real one: SIGSEGV in the thread that runs the job (here the fetching of a customer's profile)."""
import ctypes
import os
import pathlib
import signal

import house

KIND = "contact.profile"
TGKILL = {"x86_64": 234, "aarch64": 131}[os.uname().machine]


def worker_of(process):
    """The one thread that runs jobs."""
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        if (task / "comm").read_text().strip() == "job worker":
            return int(task.name)
    raise RuntimeError("sssd has no job worker")


def main():
    args = house.arguments(__doc__)
    libc = ctypes.CDLL(None, use_errno=True)
    with house.Shop(args, {"SS_JOBS_WORKERS": "1"}) as shop:
        client = shop.owner()
        shop.connect(client)
        shop.sandbox.ask("POST", "faults", {"route": "customer", "times": -1, "latency_ms": 3000, "only_latency": True})
        poison, other = (shop.sandbox.ask("POST", "customers", {"name": name})["id"] for name in ("Veneno", "Outra"))
        shop.sandbox.ask("POST", "write", {"customer": poison, "text": "Oi"})
        of_kind = f"select id, state, attempts, last_error from job where kind = '{KIND}' order by id limit 1"
        crashes, codes = 0, []
        for _ in range(4):
            row = house.wait_until(lambda: [row for row in shop.query(of_kind) if row[1] in ("running", "dead")], 30)
            if not row or row[0][1] == "dead":
                break
            process = shop.daemon.process.pid
            libc.syscall(TGKILL, process, worker_of(process), int(signal.SIGSEGV))
            codes.append(shop.daemon.wait())
            client.close()
            crashes += 1
            shop.daemon.start()
        shop.sandbox.ask("DELETE", "faults")
        quarantined = house.wait_until(lambda: [row for row in shop.query(of_kind) if row[1] == "dead"], 10)
        shop.sandbox.ask("POST", "write", {"customer": other, "text": "Tem azul?"})
        found = house.wait_until(lambda: [item for item in client.get("/api/v1/conversations").json["items"]
                                          if item["preview"] == "Tem azul?"], 20)
        served = bool(found) and client.post("/api/v1/messages", {"conversation": found[0]["id"], "text": "Tem!"}).status == 202
        sent = served and house.wait_until(lambda: any(message["text"] == "Tem!" for message in
                                                       shop.sandbox.ask("GET", "messages")["messages"]), 20)
    held = crashes == 3 and set(codes) == {-signal.SIGSEGV} and quarantined and "crashed its worker" in quarantined[0][3] and sent
    house.finish(f"F13 poison ({args.storage})", bool(held),
                 f"{crashes} crashes, ended by {sorted(set(codes))}; the job is {quarantined}; another customer's answer sent: {bool(sent)}")



main()
