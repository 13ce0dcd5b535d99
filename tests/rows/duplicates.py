#!/usr/bin/env python3
"""D2: 10,000 events, each sent five times over eight connections, shuffled, in bodies of 1 to 1,000: exactly one message
each, one conversation for each customer, every conversation in the order of the events' time."""
import collections
import datetime
import queue
import random
import time

import house

SENDINGS = 5


def bodies(events, random_numbers):
    """Every event SENDINGS times, in any order, cut into bodies of 1 to 1,000; each repeated event in another body."""
    cut = []
    for _ in range(SENDINGS):
        shuffled = random_numbers.sample(events, len(events))
        while shuffled:
            # As many small bodies as large ones.
            size = min(len(shuffled), int(10 ** random_numbers.uniform(0, 3)))
            cut.append(house.webhook_body(shuffled[:size]))
            del shuffled[:size]
    random_numbers.shuffle(cut)
    return cut


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def main():
    args = house.arguments(__doc__, [("--events", {"type": int, "default": 10_000}), ("--customers", {"type": int, "default": 100}),
                                     ("--connections", {"type": int, "default": 8}), ("--seed", {"type": int, "default": 20261123})])
    random_numbers = random.Random(args.seed)
    began = int(time.time() * 1000) - 3_600_000
    events = [house.text_event(f"m_{number}", f"61{number % args.customers:06}", began + number * 300, f"pedido {number}")
              for number in range(args.events)]
    waiting = queue.Queue()
    for body in bodies(events, random_numbers):
        waiting.put(body)
    sent, refused = waiting.qsize(), []
    with house.Shop(args) as shop:
        client = shop.owner()
        shop.connect(client)
        start = time.monotonic()

        def send(_):
            mine = shop.client()
            while True:
                try:
                    body = waiting.get_nowait()
                except queue.Empty:
                    return
                while (status := mine.webhook(body).status) == 503:  # as Meta does: again, later
                    time.sleep(0.05)
                if status != 200:
                    refused.append(status)
        house.in_parallel(args.connections, send)
        acknowledged = time.monotonic() - start
        finished = shop.drained(180)
        took = time.monotonic() - start
        found = collections.Counter(item["external_id"] for item in client.pages("/api/v1/messages?limit=100"))
        conversations = list(client.pages("/api/v1/conversations?limit=100"))
        customers = collections.Counter(row["contact"]["external_id"] for row in conversations)
        unordered = 0
        for row in conversations:
            timeline = list(client.pages(f"/api/v1/conversations/{row['id']}/messages?limit=100"))
            times = [milliseconds(item["at"]) for item in timeline]
            wanted = sorted((event["timestamp"] for event in events if event["sender"]["id"] == row["contact"]["external_id"]), reverse=True)
            unordered += times not in (wanted, wanted[::-1])
    lost = sum(event["message"]["mid"] not in found for event in events)
    more = sum(found.values()) - len(found)
    held = finished and not refused and not lost and not more and len(found) == args.events and not unordered and \
        len(customers) == args.customers and max(customers.values()) == 1
    house.finish(f"D2 duplicates ({args.storage})", held,
                 f"{args.events} events {SENDINGS} times in {sent} bodies over {args.connections} connections: {len(found)} messages, {lost} lost, "
                 f"{more} twice, {len(conversations)} conversations of {args.customers} customers, {unordered} out of order; "
                 f"acknowledged in {acknowledged:.1f} s, in the inbox after {took:.1f} s {refused[:3] or ''}".rstrip())


main()
