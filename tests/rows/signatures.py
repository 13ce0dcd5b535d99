#!/usr/bin/env python3
"""W1 and W2: forty wrong signatures of a webhook, none accepted, each counted; and Meta's handshake, only the exact one
answered, with the challenge as text and nothing else."""
import base64
import gzip
import hashlib
import hmac
import json
import socket
import time
import urllib.parse

import house


def wrong_signatures(body):
    """(name, headers, body): each must be refused."""
    right = house.sign(body)
    digest = right[7:]
    sha1 = hmac.new(house.SECRET, body, hashlib.sha1).hexdigest()
    sha512 = hmac.new(house.SECRET, body, hashlib.sha512).hexdigest()
    name = "X-Hub-Signature-256"
    flipped = bytearray(body)
    flipped[len(body) // 2] ^= 1
    last = bytearray(body)
    last[-1] ^= 1
    sealed = gzip.compress(body)
    reserialised = json.dumps(json.loads(body), separators=(",", ":")).encode()
    pretty = json.dumps(json.loads(body), indent=2).encode()
    resorted = json.dumps(json.loads(body), sort_keys=True).encode()
    one_bit = f"{int(digest, 16) ^ 1:064x}"
    first_bit = f"{int(digest, 16) ^ 1 << 255:064x}"
    cases = [("none", []), ("only sha1", [("X-Hub-Signature", "sha1=" + sha1)]),
             ("sha256 in the old header", [("X-Hub-Signature", right)]),
             ("an empty one", [(name, "")]), ("only the prefix", [(name, "sha256=")]), ("without the prefix", [(name, digest)]),
             ("truncated by one digit", [(name, right[:-1])]), ("half of it", [(name, right[:39])]), ("a digit more", [(name, right + "0")]),
             ("sha1 under the new name", [(name, "sha1=" + sha1)]), ("sha1's digest as sha256", [(name, "sha256=" + sha1)]),
             ("sha512", [(name, "sha512=" + sha512)]), ("sha512's digest as sha256", [(name, "sha256=" + sha512)]),
             ("another secret", [(name, house.sign(body, b"sandbox-app-secreT"))]),
             ("the empty secret", [(name, house.sign(body, b""))]),
             ("the verify token as secret", [(name, house.sign(body, house.VERIFY.encode()))]),
             ("a plain hash", [(name, "sha256=" + hashlib.sha256(body).hexdigest())]),
             ("secret and body hashed", [(name, "sha256=" + hashlib.sha256(house.SECRET + body).hexdigest())]),
             ("of the empty body", [(name, house.sign(b""))]), ("one bit of the signature", [(name, "sha256=" + one_bit)]),
             ("its first bit", [(name, "sha256=" + first_bit)]), ("upper-case prefix", [(name, "SHA256=" + digest)]),
             ("upper-case digits", [(name, "sha256=" + digest.upper())]), ("colon for equals", [(name, "sha256:" + digest)]),
             ("a space inside", [(name, "sha256= " + digest)]), ("in quotes", [(name, f'"{right}"')]),
             ("base64", [(name, "sha256=" + base64.b64encode(bytes.fromhex(digest)).decode())]),
             ("zeros", [(name, "sha256=" + "0" * 64)]), ("8 KB of digits", [(name, "sha256=" + "a" * 8000)]),
             ("two in one field", [(name, right + ", " + right)]),
             ("two headers, wrong then right", [(name, "sha256=" + "0" * 64), (name, right)]),
             ("two headers, right then wrong", [(name, right), (name, "sha256=" + "0" * 64)])]
    cases = [(title, headers, body) for title, headers in cases]
    signed = [(name, right)]
    return cases + [("re-serialised body", signed, reserialised), ("indented body", signed, pretty), ("sorted body", signed, resorted),
                    ("one bit of the body", signed, bytes(flipped)), ("its last bit", signed, bytes(last)),
                    ("a line end more", signed, body + b"\n"), ("a byte less", signed, body[:-1]),
                    ("no body", signed, b""), ("gzip, signed before", [*signed, ("Content-Encoding", "gzip")], sealed)]


def send(port, headers, body):
    """Status and seconds; by hand, so that a header may come twice."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"POST /webhooks/instagram HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in [("Content-Type", "application/json"), *headers])
        began = time.monotonic()
        connection.sendall(head.encode() + b"\r\n" + body)
        answer = connection.recv(65536)
        took = time.monotonic() - began
        return house.status_of(answer), took


def handshakes(port):
    """(name, query, the answer it must have: None is a refusal)."""
    long = "7" * 256
    good = {"hub.mode": "subscribe", "hub.verify_token": house.VERIFY, "hub.challenge": "1158201444"}
    changed = [("right", {}, "1158201444"), ("256 bytes", {"hub.challenge": long}, long), ("257 bytes", {"hub.challenge": long + "7"}, None),
               ("10 KB", {"hub.challenge": "7" * 10_240}, None), ("HTML", {"hub.challenge": "<script>alert(1)</script>"}, "text"),
               ("line ends", {"hub.challenge": "1\r\nSet-Cookie: a=b"}, None), ("empty challenge", {"hub.challenge": ""}, None),
               ("no challenge", {"hub.challenge": None}, None), ("no token", {"hub.verify_token": None}, None),
               ("empty token", {"hub.verify_token": ""}, None), ("wrong token", {"hub.verify_token": "sandbox-verify-tokeN"}, None),
               ("token and more", {"hub.verify_token": house.VERIFY + "x"}, None), ("token cut", {"hub.verify_token": house.VERIFY[:-1]}, None),
               ("token in capitals", {"hub.verify_token": house.VERIFY.upper()}, None),
               ("the app secret as token", {"hub.verify_token": house.SECRET.decode()}, None),
               ("no mode", {"hub.mode": None}, None), ("another mode", {"hub.mode": "unsubscribe"}, None)]
    client, wrong = house.Client(port), []
    for name, change, wanted in changed:
        query = {key: value for key, value in (good | change).items() if value is not None}
        answer = client.get("/webhooks/instagram?" + urllib.parse.urlencode(query))
        kind = answer.headers.get("Content-Type", "")
        if answer.status == 200:
            echo = answer.body.decode()
            fine = wanted is not None and kind.startswith("text/plain") and len(echo) <= 256 and \
                answer.headers.get("X-Content-Type-Options") == "nosniff" and echo == query.get("hub.challenge")
        else:
            challenge = query.get("hub.challenge", "")
            fine = wanted in (None, "text") and answer.status in (400, 403, 414) and kind.startswith("application/problem+json") and \
                (len(challenge) < 8 or challenge.encode() not in answer.body)
        if not fine:
            wrong.append(f"{name}: {answer.status} {kind} {answer.body[:80]!r}")
    return len(changed), wrong


def main():
    args = house.arguments(__doc__)
    with house.Shop(args, sandbox=False) as shop:
        client = shop.client()
        body = house.webhook_body([house.text_event("m_signed", "61", 1_700_000_000_000, "olá, tem girassol?")])
        rows = wrong_signatures(body)
        accepted, times, metered = [], [], 0
        for name, headers, sent in rows:
            status, took = send(shop.daemon.port, headers, sent)
            times.append(took * 1000)
            # 415 (an encoded body) and 431 (too long a field) are refused before the signature is looked at.
            metered += status == 401
            if status not in (401, 415, 431):
                accepted.append(f"{name}: {status}")
        counted = house.metric(client, "sss_webhooks_total", outcome="bad_signature")
        right, _ = send(shop.daemon.port, [("X-Hub-Signature-256", house.sign(body))], body)
        stored = house.metric(client, "sss_webhooks_total", outcome="stored")
        questions, wrong = handshakes(shop.daemon.port)
    held = not accepted and not wrong and counted == metered and right == 200 and stored == 1 and len(rows) >= 40
    words = f"{len(rows)} wrong signatures, {len(accepted)} accepted, typically {house.percentile(times, 0.5):.1f} ms, slowest " \
            f"{max(times):.1f} ms, {metered} refused by the signature and {counted:.0f} counted; the right one {right}; " \
            f"{questions} handshakes, {len(wrong)} wrong"
    house.finish("W1 W2 signatures", held, "; ".join([words, *accepted, *wrong]))


main()
