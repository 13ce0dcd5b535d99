#!/usr/bin/env python3
"""D1: a 2xx means durable. sssd on SQLite takes webhooks, answers, posts and pictures while every write, sync, rename and
answer is recorded in one order. Then the power is cut, again and again, at a point of that record: what was synced is on
the disk, of the rest some whole, some in part, some not. The database opens, is sound, and holds what was answered 2xx
before the cut; at each answer also with nothing on the disk but what was synced."""
import collections
import hashlib
import itertools
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct
import tempfile
import threading
import time

import house

HEAD = struct.Struct("=cIQI")
SECTOR = 512


class File:
    """Its synced content, and what was written since."""

    def __init__(self, content=b""):
        self.synced, self.pending = bytearray(content), []

    @staticmethod
    def apply(content, operation):
        what, at, data = operation
        if what == "T":
            if at < len(content):
                del content[at:]
            else:
                content.extend(bytes(at - len(content)))
            return
        if at > len(content):
            content.extend(bytes(at - len(content)))
        content[at:at + len(data)] = data

    def sync(self):
        for operation in self.pending:
            self.apply(self.synced, operation)
        self.pending.clear()

    def after_power_cut(self, dice):
        """With `dice`, each unsynced write is whole, lost or torn between sectors; without, all are lost."""
        content = bytearray(self.synced)
        for what, at, data in self.pending if dice else []:
            chance = dice.random()
            if chance < 0.4:
                self.apply(content, (what, at, data))
            elif chance < 0.7 and what == "W":
                for start in range(0, len(data), SECTOR):
                    if dice.random() < 0.5:
                        self.apply(content, (what, at + start, data[start:start + SECTOR]))
        return content


class Disk:
    """A folder as the disk has it. Names are as durable as the last sync of their folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.numbers, self.files, self.names, self.pending = {}, {}, {}, collections.defaultdict(list)
        self.seen = {}  # path -> file, as the running program sees it
        self.folders = {str(self.folder)} | {str(path) for path in self.folder.rglob("*") if path.is_dir()}
        for path in self.folder.rglob("*"):
            if path.is_file() and not path.name.endswith("-shm"):
                self.names[str(path)] = self.seen[str(path)] = File(path.read_bytes())

    def take(self, what, number, at, data):
        if what == "F":
            path = os.path.normpath(data.decode())
            self.numbers[number] = path
            if at or (path not in self.seen and path not in self.folders):
                self.seen[path] = File()
                self.link(path, self.seen[path])
        elif what in "WT":
            self.seen[self.numbers[number]].pending.append((what, at, data))
        elif what == "S":
            path = self.numbers[number]
            if path in self.seen:
                self.seen[path].sync()
            else:
                for name, file in self.pending.pop(path, []):
                    self.settle(self.names, name, file)
        elif what == "R":
            old, new = map(os.path.normpath, data.decode().split("\0"))
            self.seen[new] = self.seen.pop(old)
            self.link(old, None)
            self.link(new, self.seen[new])
        elif what == "D":
            self.folders.add(os.path.normpath(data.decode()))
        elif what == "U":
            path = os.path.normpath(data.decode())
            self.seen.pop(path, None)
            self.link(path, None)

    def link(self, path, file):
        self.pending[str(pathlib.Path(path).parent)].append((path, file))

    @staticmethod
    def settle(names, path, file):
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file

    def after_power_cut(self, dice, into):
        """Writes what is left below `into`."""
        names = dict(self.names)
        for changes in self.pending.values() if dice else []:
            for path, file in changes[:dice.randint(0, len(changes))]:
                self.settle(names, path, file)
        for path, file in names.items():
            if path.endswith("-shm"):
                continue  # memory, made anew by whoever opens the database
            place = into / pathlib.Path(path).relative_to(self.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.after_power_cut(dice))


def entries(path):
    with open(path, "rb") as file:
        while head := file.read(HEAD.size):
            what, number, at, size = HEAD.unpack(head)
            yield what.decode(), number, at, file.read(size)


def missing(folder, promises):
    """What was acknowledged and is not there; or the damage."""
    database = sqlite3.connect(folder / "social-selling.db")
    try:
        if (verdict := database.execute("pragma integrity_check").fetchone()[0]) != "ok":
            return [verdict]
        have = {"webhook": {row[0] for row in database.execute("select body_sha256 from webhook")},
                "message": {row[0] for row in database.execute("select id from message")},
                "post": {row[0] for row in database.execute("select id from post")},
                "media": dict(database.execute("select id, blob from media"))}
        lost = [f"{kind} {key}" for kind, key in promises if key not in have[kind]]
        for kind, key in promises:
            if kind == "media" and key in have["media"]:
                name = have["media"][key]
                blob = folder / "media" / name
                if not blob.is_file() or hashlib.sha256(blob.read_bytes()).hexdigest() != name.replace("/", ""):
                    lost.append(f"the bytes of media {key}")
        return lost
    except sqlite3.DatabaseError as error:
        return [str(error)]
    finally:
        database.close()


def work(shop, client, token, seconds):
    """Asks for things of four kinds at once; what each request id promised once it was answered 2xx."""
    account = client.get("/api/v1/accounts").json["items"][0]["id"]
    conversation = client.get("/api/v1/conversations").json["items"][0]["id"]
    picture = house.Client(shop.sandbox.port).get("/cdn/vitrine.jpg").body
    first = client.call("POST", "/api/v1/media", picture, {"Content-Type": "image/jpeg"}).json["id"]
    promises, until = {}, time.monotonic() + seconds
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))

    def webhook(mine, number):
        body = house.webhook_body([house.text_event(f"d1.{number}", "17840000000000099", int(time.time() * 1000), f"oi {number}")])
        answer = mine.call("POST", "/webhooks/instagram", body, {"X-Hub-Signature-256": house.sign(body)})
        return answer, "webhook", hashlib.sha256(body).hexdigest()

    def created(kind, path, body, content_type="application/json"):
        def ask(mine, number):
            answer = mine.call("POST", path, body(number), {"Content-Type": content_type})
            return answer, kind, answer.json.get("id") if answer.status else None
        return ask

    def keep_asking(ask):
        mine = shop.client(token)
        for number in itertools.count(1):
            answer, kind, key = ask(mine, number)
            if 200 <= answer.status < 300:
                promises[answer.headers["X-Request-Id"]] = kind, key
            if time.monotonic() > until:
                return

    kinds = (webhook,
             created("message", "/api/v1/messages", lambda number: {"conversation": conversation, "text": f"n {number}"}),
             created("post", "/api/v1/posts", lambda number: {"account": account, "media": first, "at": at}),
             created("media", "/api/v1/media", lambda number: picture + number.to_bytes(4, "big"), "image/jpeg"))
    threads = [threading.Thread(target=keep_asking, args=(ask,)) for ask in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return promises


def main():
    args = house.arguments(__doc__, [("--cuts", {"type": int, "default": 500}), ("--seconds", {"type": float, "default": 2.0}),
                                     ("--seed", {"type": int, "default": 0}), ("--starts", {"type": int, "default": 3})])
    dice = random.Random(args.seed or None)
    with house.Shop(args) as shop, tempfile.TemporaryDirectory(prefix="ss-cut-", dir="/dev/shm") as spare:
        spare = pathlib.Path(spare)
        client = shop.owner()
        shop.connect(client)
        shop.sandbox.ask("POST", "write", {"customer": shop.sandbox.ask("GET", "state")["customers"][0]["id"], "text": "Oi"})
        house.wait_until(lambda: client.get("/api/v1/conversations").json["items"])
        shop.daemon.stop()
        disk, record = Disk(shop.folder), spare / "record"
        shop.environment |= {"LD_PRELOAD": str(shop.programs / "ss_faulty_disk.so"), "FAULTY_DISK_FOLDER": str(shop.folder),
                             "FAULTY_DISK_RECORD": str(record)}
        shop.daemon.start()
        client.close()
        promises = work(shop, client, client.token, args.seconds)
        shop.daemon.kill()
        for name in ("LD_PRELOAD", "FAULTY_DISK_FOLDER", "FAULTY_DISK_RECORD"):
            del shop.environment[name]

        everything = list(entries(record))
        answers = {at: found[1].decode() for at, (what, _, _, data) in enumerate(everything) if what == "A" and
                   (found := re.search(rb"\r\nX-Request-Id: (\S+)\r\n", data)) and found[1].decode() in promises}
        syncs = sum(what == "S" for what, *_ in everything)
        at_answers = set(dice.sample(sorted(answers), min(len(answers), args.cuts // 2)))
        anywhere = collections.Counter(dice.randrange(len(everything)) for _ in range(args.cuts - len(at_answers)))
        starts = set(dice.sample(sorted(anywhere), min(args.starts, len(anywhere))))
        owed, wrong, cuts = [], [], 0
        for at, entry in enumerate(everything):
            if at in answers:
                owed.append(promises[answers[at]])
            disk.take(*entry)
            for how in [None] * (at in at_answers) + [dice] * anywhere[at]:
                image = spare / "image"
                disk.after_power_cut(how, image)
                cuts += 1
                wrong += [f"cut after {at} of {len(everything)}: {one}" for one in missing(image, owed)]
                if how and at in starts:
                    wrong += starts_from(shop, image)
                shutil.rmtree(image)
        kinds = collections.Counter(kind for kind, _ in promises.values())
    unseen = len(promises) - len(answers)
    house.finish("D1 durable", not wrong and not unseen and cuts >= args.cuts and len(kinds) == 4,
                 f"{len(promises)} answers 2xx {dict(kinds)}, {syncs} syncs, {len(everything)} events; power cut {cuts} times, {len(at_answers)} "
                 f"of them at an answer with nothing unsynced left: {len(wrong)} losses {wrong[:3]}; {len(starts)} images started by sssd")


def starts_from(shop, image):
    """The real daemon takes an image as its state; what it complains of."""
    for name in ("social-selling.db", "social-selling.db-wal", "social-selling.db-shm"):
        (shop.folder / name).unlink(missing_ok=True)
        if (image / name).exists():
            shutil.copy(image / name, shop.folder / name)
    shutil.rmtree(shop.folder / "media", ignore_errors=True)
    if (image / "media").exists():
        shutil.copytree(image / "media", shop.folder / "media")
    try:
        shop.daemon.start()
        ready = house.wait_until(lambda: shop.client().get("/health/ready").status == 200, 10)
        shop.daemon.kill()
        return [] if ready else ["sssd is not ready on an image"]
    except RuntimeError as error:
        return [str(error)]


main()
