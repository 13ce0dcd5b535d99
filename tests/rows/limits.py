#!/usr/bin/env python3
"""L6: 100 log-ins at once from one address: exactly 5 pass in a minute, of 100 registrations exactly 3; the others are 429
with Retry-After and RateLimit headers. With --storage postgres over two daemons that share PostgreSQL and Redis. After a
restart of the daemon, and after a kill -9, the minute goes on: nobody passes."""
import house

OFFERED = 100


def is_proper_refusal(answer, limit):
    try:
        waits = 1 <= int(answer.headers["Retry-After"]) <= 60 and 0 <= int(answer.headers["RateLimit-Reset"]) <= 60
        told = int(answer.headers["RateLimit-Limit"]) == limit and int(answer.headers["RateLimit-Remaining"]) == 0
        return waits and told and answer.code == "limited" and bool(answer.json["request_id"])
    except (KeyError, TypeError, ValueError):
        return False


def burst(ports, limit, path, body_of):
    """How many passed, and which answers were neither a pass nor a proper refusal."""
    def ask(number):
        return house.Client(ports[number % len(ports)]).post(path, body_of(number))
    answers = house.in_parallel(OFFERED, ask)
    passed = [answer for answer in answers if answer.status in (200, 201)]
    odd = [answer for answer in answers if answer not in passed and not (answer.status == 429 and is_proper_refusal(answer, limit))]
    return len(passed), [f"{answer.status} {answer.body[:120]!r}" for answer in odd[:2]]


def main():
    args = house.arguments(__doc__)
    with house.Shop(args, sandbox=False) as shop:
        emails = [f"maria{number}@loja.example" for number in range(4)]
        for email in emails:
            shop.ssctl("user", "add", email, "--name", "Maria", "--password-stdin", stdin=house.PASSWORD + "\n")
        if args.storage == "postgres":
            shop.add_daemon().start()
        ports = [daemon.port for daemon in shop.daemons]
        words, held, rounds = [], True, 0

        def both(when, logins, registrations):
            nonlocal held, rounds
            rounds += 1
            row = rounds
            entered, odd = burst(ports, 5, "/api/v1/auth/login",
                                 lambda number: {"email": emails[number % len(emails)], "password": house.PASSWORD})
            made, more = burst(ports, 3, "/api/v1/auth/register",
                               lambda number: {"email": f"new{row}-{number}@loja.example", "password": house.PASSWORD})
            held = held and (entered, made) == (logins, registrations) and not odd + more
            words.append(f"{when}: {entered} log-ins and {made} registrations of {OFFERED} passed {' '.join(odd + more)}".rstrip())

        both(f"{len(ports)} daemon{'s' if len(ports) > 1 else ''}", 5, 3)
        for daemon in shop.daemons:
            daemon.stop()
            daemon.start()
        both("after a restart", 0, 0)
        for daemon in shop.daemons:
            daemon.kill()
            daemon.start()
        both("after kill -9", 0, 0)
    house.finish(f"L6 limits ({args.storage})", held, "; ".join(words))


main()
