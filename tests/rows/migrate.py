#!/usr/bin/env python3
"""O1 and O2, through ssctl: `migrate up` killed -9 at random moments, again and again, converges to the schema of an
undisturbed run; ten at once apply each step once; an edited applied step is refused."""
import json
import random
import re
import sqlite3
import subprocess
import time

import house


class Place:
    """Fresh databases of one engine, and ssctl on them."""

    def __init__(self, args):
        self.shop, self.count = house.Shop(args, sandbox=False), 0
        self.shop.ssctl("init", str(self.shop.folder))
        self.postgres = house.Postgres() if args.storage == "postgres" else None

    def fresh(self):
        self.count += 1
        self.name = self.postgres.database() if self.postgres else str(self.shop.folder / f"{self.count}.db")
        self.environment = self.shop.environment | {
            "SS_DATABASE_URL": self.postgres.url(self.name) if self.postgres else "sqlite:" + self.name}

    def start(self, *words):
        return subprocess.Popen([self.shop.programs / "ssctl", "--config", self.shop.config, *words], env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *words):
        process = self.start(*words)
        return process.communicate()[0], process.returncode

    def sql(self, text):
        if self.postgres:
            return self.postgres.sql(self.name, text).split("\n")
        database = sqlite3.connect(self.name)
        try:
            with database:
                return [str(row[0]) for row in database.execute(text).fetchall()]
        finally:
            database.close()

    def schema(self):
        if self.postgres:
            return self.postgres.dump(self.name)
        return sorted(self.sql("select type || name || coalesce(sql, '') from sqlite_schema where name not like 'sqlite_%'"))

    def close(self):
        if self.postgres:
            self.postgres.stop()
        self.shop.close()


def killed(place, rounds, reference, whole, random_numbers):
    """Kills before the run that is left alone; each round on a fresh database. Returns (kills, amid steps, what went wrong)."""
    kills, amid, wrong = 0, 0, []
    for number in range(rounds):
        place.fresh()
        for _ in range(random_numbers.randint(1, 4)):
            process = place.start("migrate", "up", "--lock-timeout", "30")
            time.sleep(random_numbers.uniform(0, whole * 1.1))
            if process.poll() is None:
                process.kill()
                kills += 1
            process.communicate()
        try:
            amid += 0 < int(place.sql("select count(*) from schema_ledger")[0]) < len(reference[1])
        except (sqlite3.Error, RuntimeError):
            pass  # killed before the first step
        out, code = place.run("migrate", "up", "--lock-timeout", "30")
        proof, verified = place.run("migrate", "verify")
        if code or verified or place.schema() != reference[0]:
            wrong.append(f"round {number}: up {code}, verify {verified}, same schema {place.schema() == reference[0]}: {out[-200:]} {proof[-200:]}")
    return kills, amid, wrong


def ten_at_once(place, reference):
    place.fresh()
    processes = [place.start("migrate", "up", "--json") for _ in range(10)]
    ends = [(process.communicate()[0], process.returncode) for process in processes]
    steps = [step["version"] for out, code in ends if code == 0 for step in json.loads(out[out.index("{"):]).get("steps", [])]
    workers = sum('"version"' in out and bool(json.loads(out[out.index("{"):]).get("steps")) for out, _ in ends)
    proof = place.run("migrate", "verify")[1]
    good = all(code == 0 for _, code in ends) and sorted(steps) == reference[1] and proof == 0 and place.schema() == reference[0]
    return good, f"10 at once: {sum(code == 0 for _, code in ends)} ended with 0, {workers} applied {len(steps)} steps"


def edited(place):
    """An applied step whose text was changed: every verb that would build on it refuses, and says which step."""
    place.fresh()
    place.run("migrate", "up", "--to", "3")
    place.sql("update schema_ledger set up_text = up_text || ' ', checksum = 'edited' where version = 2")
    out, code = place.run("migrate", "up")
    proof, verified = place.run("migrate", "verify")
    newest = place.sql("select max(version) from schema_ledger")[0]
    good = code != 0 and verified != 0 and re.search(r"\b2\b", out) is not None and newest == "3"
    return good, f"an edited step: up {code}, verify {verified} ({out.strip().splitlines()[0][:100] if out.strip() else ''})"


def main():
    args = house.arguments(__doc__, [("--rounds", {"type": int, "default": 25}), ("--seed", {"type": int, "default": 0})])
    place = Place(args)
    try:
        place.fresh()
        began = time.monotonic()
        out, code = place.run("migrate", "up", "--json")
        whole = time.monotonic() - began
        reference = (place.schema(), sorted(step["version"] for step in json.loads(out[out.index("{"):])["steps"]))
        kills, amid, wrong = killed(place, args.rounds, reference, whole, random.Random(args.seed or None))
        together, words = ten_at_once(place, reference)
        refused, more = edited(place)
    finally:
        place.close()
    held = code == 0 and not wrong and together and refused and kills >= args.rounds / 2
    house.finish(f"O1 O2 migrate ({args.storage})", held,
                 "; ".join([f"{args.rounds} rounds with {kills} kills ({amid} left between steps): {len(wrong)} did not converge", words, more,
                            *wrong[:2]]))


main()
