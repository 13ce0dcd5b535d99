#!/usr/bin/env python3
"""H3: the disk fails under every route: opening, reading, writing and syncing, from the first, the second, … call on. Every
answer that is an error is a problem document with a request id and nothing of our inside; the daemon lives, is ready again
when the disk is, and keeps what it acknowledged meanwhile."""
import errno
import itertools
import json
import mmap
import struct
import time

import house

KINDS = {"open": 1, "read": 2, "write": 4, "sync": 8}
ERRORS = {"open": errno.EMFILE, "read": errno.EIO, "write": errno.ENOSPC, "sync": errno.EIO}
# What belongs to us alone: places, statements, libraries, texts of exceptions.
INSIDE = ("/tmp", "social-selling.db", "sqlite", "soci::", "select ", "insert ", "update ", "delete from", ".cpp", ".hpp", "std::",
          "exception", "errno", "what()", "disk i/o", "terminate")


class Disk:
    """The numbers that sssd's files look at: armed, skip, error, hits."""

    def __init__(self, path):
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 16)

    def fail(self, kind, skip):
        self.shared[4:16] = struct.pack("=iii", skip, ERRORS[kind], 0)
        self.shared[0:4] = struct.pack("=i", KINDS[kind])

    def heal(self):
        """How many calls have failed."""
        self.shared[0:4] = bytes(4)
        return struct.unpack("=i", self.shared[12:16])[0]


def example(schema, number):
    """A valid value of an OpenAPI schema."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example(schema["properties"][name], number) for name in schema.get("required", [])}
    if kind == "array":
        return [example(schema.get("items", {}), number)]
    return {"integer": max(1, schema.get("minimum", 1)), "boolean": True, "number": 1.0}.get(kind, f"texto {number}")


class Requests:
    """Every route of the document with a request that would succeed."""

    def __init__(self, shop, client):
        self.shop, self.client, self.numbers = shop, client, itertools.count(1)
        account = shop.connect(client)
        customer = shop.sandbox.ask("GET", "state")["customers"][0]["id"]
        shop.sandbox.ask("POST", "write", {"customer": customer, "text": "Oi, ainda tem?"})
        conversation = house.wait_until(lambda: client.get("/api/v1/conversations").json["items"])[0]["id"]
        message = client.get(f"/api/v1/conversations/{conversation}/messages").json["items"][0]["id"]
        self.picture = house.Client(shop.sandbox.port).get("/cdn/vitrine.jpg").body
        upload = client.call("POST", "/api/v1/media", self.picture, {"Content-Type": "image/jpeg"})
        media = upload.json["id"]
        self.post_body = {"account": account, "media": media, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))}
        post = client.post("/api/v1/posts", self.post_body).json["id"]
        user = client.get("/api/v1/users").json["items"][0]["id"]
        client.post("/api/v1/auth/login", {"email": "maria@loja.example", "password": house.PASSWORD})
        session = next(item["id"] for item in client.get("/api/v1/auth/sessions").json["items"] if not item["is_current"])
        self.ids = {"accounts": account, "conversations": conversation, "messages": message, "media": media, "posts": post,
                    "users": user, "sessions": session, "api-keys": 999_999}
        self.conversation = conversation
        self.document = client.get("/api/openapi.json").json

    def is_well(self):
        """Ready, and what is written stays."""
        body, headers = self.body("POST", "/api/v1/webhooks/instagram", {})
        return self.client.get("/health/ready").status == 200 and \
            self.client.call("POST", "/api/v1/webhooks/instagram", body, headers).status == 200

    def routes(self):
        return [(method.upper(), path, operation) for path, methods in self.document["paths"].items()
                for method, operation in methods.items()]

    def address(self, path):
        parts = path.split("/")
        named = {"{file}": "index.html", "{expires}": str(int(time.time()) + 600), "{signature}": "A" * 43}
        return "/".join(named.get(part, str(self.ids.get(parts[at - 1], 1))) if part.startswith("{") else part
                        for at, part in enumerate(parts))

    def body(self, method, path, operation):
        number = next(self.numbers)
        if path.endswith("/webhooks/instagram") and method == "POST":
            at = int(time.time() * 1000)
            body = house.webhook_body([house.text_event(f"mid.{number}", "17840000000000099", at, f"oi {number}")])
            return body, {"X-Hub-Signature-256": house.sign(body)}
        if path == "/api/v1/media" and method == "POST":
            return self.picture + number.to_bytes(4, "big"), {"Content-Type": "image/jpeg"}
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return None, {}
        body = example(schema, number)
        known = {"email": f"pessoa{number}@loja.example", "password": house.PASSWORD, "current": house.PASSWORD,
                 "new": house.PASSWORD + str(number), "conversation": self.conversation, "scopes": ["messages:read"],
                 "text": f"resposta {number}", "confirm": "outra loja"}
        body = {name: known.get(name, value) for name, value in body.items()}
        if path == "/api/v1/posts" and method == "POST":
            body = dict(self.post_body)
        return json.dumps(body).encode(), {}


def complaint(answer):
    """What is wrong with an answer, or nothing."""
    if answer.status == 0:
        return "no answer"
    if answer.status < 400:
        return ""
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return f"{answer.status} is {answer.headers.get('Content-Type')}"
    problem = answer.json
    if not problem.get("request_id") or not problem.get("code") or problem.get("status") != answer.status:
        return f"incomplete: {answer.body[:200]!r}"
    text = answer.body.decode().lower()
    inside = [word for word in INSIDE if word in text]
    return f"tells {inside}: {answer.body[:300]!r}" if inside else ""


def main():
    args = house.arguments(__doc__, [("--hits", {"type": int, "default": 500}), ("--depth", {"type": int, "default": 12, "help": "from the first to so many calls on"})])
    settings = {"SS_AUTH_ACCESS_LIFETIME": "4h", "SS_AUTH_LOGIN_LIMIT": "100000", "SS_AUTH_REGISTRATION_LIMIT": "100000"}
    with house.Shop(args, settings) as shop:
        client = shop.owner()
        requests = Requests(shop, client)
        shop.daemon.stop()
        disk = Disk(shop.folder / "faults")
        shop.environment |= {"LD_PRELOAD": str(shop.programs / "ss_faulty_disk.so"), "FAULTY_DISK_FOLDER": str(shop.folder),
                             "FAULTY_DISK_CONTROL": str(shop.folder / "faults")}
        shop.daemon.start()
        client.close()
        wrong, kept, routes, hits, asked, refused, slowest = [], [], set(), 0, 0, 0, 0.0

        def points():
            """What deletes comes last; the others again until enough points were met."""
            deleting = [route for route in requests.routes() if route[0] == "DELETE"]
            others = [route for route in requests.routes() if route[0] != "DELETE"]
            for turn in range(4):
                if turn == 0 or hits < args.hits:
                    yield from itertools.product(others, KINDS, range(args.depth))
            yield from itertools.product(deleting, KINDS, range(args.depth))
        for (method, path, operation), kind, skip in points():
            if path.startswith("/api/v1/auth/logout") or (kind == "sync" and skip > 0):
                continue  # the session is needed; a sync that fails once has failed
            body, headers = requests.body(method, path, operation)
            if kind == "read":
                requests.is_well()  # what is written empties the readers' caches
            disk.fail(kind, skip)
            answer = client.call(method, requests.address(path), body, headers)
            hit = disk.heal()
            where = f"{method} {path}, {kind} {skip}"
            if bad := complaint(answer):
                wrong.append(f"{where}: {bad}")
            if method == "POST" and path in ("/api/v1/messages", "/api/v1/posts") and answer.status in (201, 202):
                kept.append(f"{path}/{answer.json['id']}")
            asked, hits, refused = asked + 1, hits + (hit > 0), refused + (answer.status >= 500)
            if hit:
                routes.add((method, path))
            if hit and kind == "sync":  # what the disk's cache holds is unknown: nothing is written until a restart
                shop.daemon.kill()
                shop.daemon.start()
                client.close()
            began = time.monotonic()
            if hit and not house.wait_until(lambda: requests.is_well(), 10, 0.05):
                wrong.append(f"{where}: not ready 10 s after the disk was well")
                break
            slowest = max(slowest, time.monotonic() - began)
        lost = [path for path in kept if client.get(path).status != 200]
    held = not wrong and not lost and hits >= args.hits
    house.finish("H3 failpoints", held,
                 f"{hits} of {asked} requests on {len(routes)} routes met a failing disk, {refused} were refused with 5xx; {len(wrong)} wrong "
                 f"answers {wrong[:3]}; well again after at most {slowest:.2f} s; {len(kept)} acknowledged meanwhile, {len(lost)} lost")


main()
