#!/usr/bin/env python3
"""F2: kill -9 of sssd while a job of it runs, many times: after the restart on this host the job is taken over within 5
seconds, the pretend Instagram never sees a message twice, and none is told sent that it has not seen."""
import collections
import random
import time

import house

CALL_MS = 120  # how long Instagram takes for an answer: most kills fall into a call


def main():
    args = house.arguments(__doc__, [("--kills", {"type": int, "default": 25}), ("--seed", {"type": int, "default": 0}),
                                     ("--settle", {"type": int, "default": 0, "help": "seconds to wait until nothing is queued or in doubt"})])
    random_numbers = random.Random(args.seed or None)
    with house.Shop(args, {"SS_AUTH_ACCESS_LIFETIME": "4h"}) as shop:
        client = shop.owner()
        shop.connect(client)
        # A conversation's answers wait for one another, so each goes to a customer of its own.
        customers = [shop.sandbox.ask("POST", "customers", {"name": f"Cliente {number}"})["id"] for number in range(args.kills)]
        for customer in customers:
            shop.sandbox.ask("POST", "write", {"customer": customer, "text": "Oi, ainda tem?"})
        open_ones = house.wait_until(lambda: len(found := list(client.pages("/api/v1/conversations"))) == args.kills and found, 60, 0.2)
        shop.sandbox.ask("POST", "faults", {"route": "send", "times": -1, "latency_ms": CALL_MS, "only_latency": True})
        texts, taken, starts, paths = [], [], [], []
        for number in range(args.kills):
            text = f"resposta {number}"
            answer = client.post("/api/v1/messages", {"conversation": open_ones[number]["id"], "text": text})
            if answer.status != 202:
                house.finish("F2 jobs", False, f"a message was answered {answer.status} {answer.body[:200]!r}")
            texts.append(text)
            paths.append(f"/api/v1/messages/{answer.json['id']}")
            time.sleep(random_numbers.uniform(0, CALL_MS * 1.3 / 1000))
            shop.daemon.kill()
            client.close()
            left = {(row[0], row[1]) for row in shop.query("select id, owner from job where state = 'running'")}
            starts.append(shop.daemon.start())
            began = time.monotonic()
            gone = house.wait_until(lambda left=left: not left & {(row[0], row[1]) for row in shop.query(
                "select id, owner from job where state = 'running'")}, 20, 0.02)
            if left:
                taken.append(time.monotonic() - began if gone else 99.0)
        # What was in doubt is asked for, not sent again; what Instagram has never seen stays in doubt, and the seller is told.
        settled = house.wait_until(lambda: all(client.get(path).json["delivery"] in ("sent", "read", "failed", "unknown")
                                               for path in paths), args.settle, 0.5)
        deliveries = [client.get(path).json["delivery"] for path in paths]
        seen = collections.Counter(message["text"] for message in shop.sandbox.ask("GET", "messages")["messages"])
    twice = [text for text in texts if seen[text] > 1]
    missing = [text for text in texts if seen[text] == 0]
    untrue = [text for text, delivery in zip(texts, deliveries) if seen[text] == 0 and delivery in ("sent", "read")]
    held = not twice and not untrue and taken and max(taken) <= 5 and (settled or not args.settle)
    house.finish(f"F2 jobs ({args.storage})", bool(held),
                 f"{args.kills} kills, {len(taken)} amid a job: taken over at most {max(taken, default=99):.2f} s after ready, ready in at "
                 f"most {max(starts):.2f} s; {len(texts) - len(missing)} of {len(texts)} DMs seen, {len(twice)} twice, {len(untrue)} untrue; "
                 f"{dict(collections.Counter(deliveries))}")


main()
