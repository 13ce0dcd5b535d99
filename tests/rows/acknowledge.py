#!/usr/bin/env python3
"""W3 and W4: 200 signed webhooks a second are acknowledged and shown quickly; a body of 1,000 events of which one is
malformed is acknowledged, 999 events are in the timeline and the bad one is in the journal, raw; unknown fields and events
are kept. Figures are printed; slow is a failure only beyond ten times the bar, because machines differ."""
import base64
import json
import threading
import time

import house

BARS = {"single p99": 50.0, "batch p99": 250.0, "inbox p99": 1000.0}  # milliseconds


def watch_inbox(shop, token, seen, done):
    """Notes when each message is first in the answer of GET /messages, newest first."""
    client = shop.client(token)
    while not done.is_set():
        answer = client.get("/api/v1/messages?limit=100")
        now = time.monotonic()
        for item in answer.json["items"] if answer.status == 200 else []:
            seen.setdefault(item["external_id"], now)
        time.sleep(0.02)


def singles(shop, token, per_second, seconds):
    """Open loop over 8 connections: (milliseconds to the acknowledgement, to the inbox), ids without a 200."""
    sent, acks, refused = {}, [], []
    seen, done, lock = {}, threading.Event(), threading.Lock()
    watcher = threading.Thread(target=watch_inbox, args=(shop, token, seen, done))
    watcher.start()
    count, threads = per_second * seconds, 8
    begin = time.monotonic() + 0.2

    def send(number):
        client = shop.client()
        for index in range(number, count, threads):
            due = begin + index / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            mid = f"m_single_{index}"
            body = house.webhook_body([house.text_event(mid, f"61{index % 40:04}", int(time.time() * 1000), f"pedido {index}")])
            answer = client.webhook(body)
            took = time.monotonic() - due  # from when it was due: waiting for a slow one before it counts
            with lock:
                sent[mid] = due
                acks.append(took * 1000)
                if answer.status != 200:
                    refused.append(f"{mid}: {answer.status}")
    house.in_parallel(threads, send)
    house.wait_until(lambda: all(mid in seen for mid in list(sent)[-50:]), 20)
    done.set()
    watcher.join()
    inbox = [(seen[mid] - due) * 1000 for mid, due in sent.items() if mid in seen]
    return acks, inbox, refused, sent


def batches(shop, rounds):
    client, times, mids = shop.client(), [], []
    for number in range(rounds):
        ids = [f"m_batch_{number}_{index}" for index in range(1000)]
        at = int(time.time() * 1000)
        body = house.webhook_body([house.text_event(mid, f"62{index % 50:04}", at + index, "do lote") for index, mid in enumerate(ids)])
        began = time.monotonic()
        answer = client.webhook(body)
        times.append((time.monotonic() - began) * 1000)
        if answer.status == 200:
            mids += ids
    return times, mids


def mixed_body():
    """1,000 items, one not an object, one of an unknown kind with unknown fields beside, and an unknown change."""
    at = int(time.time() * 1000)
    events = [house.text_event(f"m_mixed_{index}", "630001", at + index, "no meio") for index in range(999)]
    events[10] |= {"a_field_of_2031": {"x": [1, 2]}}
    events.insert(500, "MALFORMED-500")
    unknown = {"sender": {"id": "630001"}, "recipient": {"id": house.BUSINESS}, "timestamp": at + 2000, "hologram": {"id": "HOLOGRAM-1"}}
    body = json.loads(house.webhook_body(events))
    body["entry"].append({"id": house.BUSINESS, "time": at, "messaging": [unknown]})
    body["entry"].append({"id": house.BUSINESS, "time": at, "changes": [{"field": "telepathy", "value": {"id": "TELEPATHY-1"}}]})
    return json.dumps(body).encode()


def journal(shop):
    """(problems, state, body, reasons) of the entries with problems, as the database has them."""
    joined = "string_agg(p.reason, '; ')" if shop.storage == "postgres" else "group_concat(p.reason, '; ')"
    rows = shop.query(f"select w.problems, w.state, w.body_base64, {joined} from webhook w join webhook_problem p on "
                      "p.webhook_id = w.id group by w.problems, w.state, w.body_base64")
    return [(int(row[0]), row[1], base64.b64decode(row[2]), row[3]) for row in rows]


def isolated(shop, client):
    """What is wrong after the mixed body; nothing when all is kept."""
    body = mixed_body()
    answer = shop.client().webhook(body)
    wrong = [] if answer.status == 200 else [f"the mixed body was answered {answer.status}"]

    def stored():
        return [item for item in client.pages("/api/v1/messages?limit=100") if item["external_id"].startswith("m_mixed_")]
    shop.drained()
    found = stored()
    if len(found) != 999 or len({item["external_id"] for item in found}) != 999:
        wrong.append(f"{len(found)} of 999 are in the timeline")
    rows = [row for row in journal(shop) if row[2] == body]
    if len(rows) != 1 or rows[0][1] != "processed" or b"MALFORMED-500" not in rows[0][2] or rows[0][0] < 1:
        wrong.append(f"the journal shows {[(row[0], row[1], row[3]) for row in rows]}")
    unknown = [item for item in client.pages("/api/v1/messages?limit=100") if item["kind"] == "unsupported"]
    return wrong, len(found), rows[0][3] if rows else "", len(unknown)


def main():
    args = house.arguments(__doc__, [("--seconds", {"type": int, "default": 6}), ("--rate", {"type": int, "default": 200}),
                                     ("--batches", {"type": int, "default": 10})])
    with house.Shop(args) as shop:
        client = shop.owner()
        shop.connect(client)
        acks, inbox, refused, sent = singles(shop, client.token, args.rate, args.seconds)
        shop.drained()
        times, mids = batches(shop, args.batches)
        shop.drained(120)
        stored = [item["external_id"] for item in client.pages("/api/v1/messages?limit=100")]
        wanted = [*sent, *mids]
        lost = set(wanted) - set(stored)
        twice = len(stored) - len(set(stored))
        wrong, whole, reason, unknown = isolated(shop, client)
    figures = {"single p99": house.percentile(acks, 0.99), "batch p99": house.percentile(times, 0.99),
               "inbox p99": house.percentile(inbox, 0.99)}
    slow = [f"{name} {value:.0f} ms is beyond ten times {BARS[name]:.0f}" for name, value in figures.items() if value > 10 * BARS[name]]
    held = not (lost or twice or refused or wrong or slow) and len(mids) == args.batches * 1000 and unknown >= 1
    words = f"{len(acks)} at {args.rate}/s: ack p50 {house.percentile(acks, 0.5):.1f} p99 {figures['single p99']:.1f} ms, " \
            f"inbox p50 {house.percentile(inbox, 0.5):.0f} p99 {figures['inbox p99']:.0f} ms; {len(times)} bodies of 1,000: ack p50 " \
            f"{house.percentile(times, 0.5):.0f} p99 {figures['batch p99']:.0f} ms; {len(lost)} lost, {twice} twice; " \
            f"mixed: {whole} of 999 shown, set aside: {reason}, {unknown} unknown kept"
    house.finish(f"W3 W4 acknowledge ({args.storage})", held, "; ".join([words, *refused[:3], *wrong, *slow]))


main()
