"""A whole shop for a script: a folder with its configuration, the real sssd on a port of its own (no proxy in front), the
pretend Instagram (`ssctl sandbox`), and PostgreSQL and Redis when asked for. Everything ends with the `with`."""
import argparse
import glob
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "attack"))
from common import finish, status_of  # noqa: E402,F401  as the attacks

SECRET = b"sandbox-app-secret"
VERIFY = "sandbox-verify-token"
PASSWORD = "girassol amarelo na janela"
BUSINESS = "17841400000000001"


def arguments(about, extra=()):
    """Every script: SCRIPT BIN-FOLDER [--storage sqlite|postgres] [options]."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("programs", type=pathlib.Path, help="the folder of sssd and ssctl")
    parser.add_argument("--storage", choices=["sqlite", "postgres"], default="sqlite", help="postgres: with Redis")
    for name, options in extra:
        parser.add_argument(name, **options)
    return parser.parse_args()


def wait_until(condition, seconds=20.0, pause=0.01):
    """The first true answer of `condition`, or the last false one after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(pause)


def percentile(numbers, part):
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def sign(body, secret=SECRET):
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def text_event(mid, customer, at_ms, text):
    return {"sender": {"id": customer}, "recipient": {"id": BUSINESS}, "timestamp": at_ms,
            "message": {"mid": mid, "text": text}}


def webhook_body(events):
    """One body with the events of `messaging`, as Meta sends them."""
    entry = {"id": BUSINESS, "time": int(time.time() * 1000), "messaging": events}
    return json.dumps({"object": "instagram", "entry": [entry]}).encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        try:
            return self.json.get("code", "")
        except (ValueError, AttributeError):
            return ""


class Client:
    """One kept-alive connection; not to be shared between threads. Status 0: no answer."""

    def __init__(self, port, token=None, timeout=30.0):
        self.port, self.token, self.timeout, self.connection = port, token, timeout, None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def call(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = "Bearer " + self.token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.request(method, path, body, headers)
            reply = self.connection.getresponse()
            answer = Answer(reply.status, reply.headers, reply.read())
            if reply.will_close:
                self.close()
            return answer
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(0, {}, b"")

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, headers=None):
        return self.call("POST", path, body if body is not None else {}, headers)

    def webhook(self, body):
        return self.call("POST", "/webhooks/instagram", body, {"X-Hub-Signature-256": sign(body)})

    def pages(self, path):
        """Every item of a list, page by page."""
        cursor, joint = "", "&" if "?" in path else "?"
        while True:
            answer = self.get(path + (f"{joint}cursor={urllib.parse.quote(cursor)}" if cursor else ""))
            if answer.status != 200:
                raise RuntimeError(f"GET {path}: {answer.status} {answer.body[:300]!r}")
            yield from answer.json["items"]
            cursor = answer.json.get("next")
            if not cursor:
                return


class Postgres:
    """A cluster of its own, on a socket in a temporary folder; root's is run as the user postgres."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-pg-"))
        self.folder.chmod(0o755)
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
        self.run("initdb", f"--pgdata={self.folder}/data", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8",
                 "--locale=C.UTF-8")
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=150 -c timezone=UTC"
        self.run("pg_ctl", "start", "--wait", "--silent", f"--pgdata={self.folder}/data", f"--log={self.folder}/log",
                 f"--options={options}")
        self.count = 0

    def run(self, program, *words):
        # A file, not a pipe: the server keeps what it inherits.
        with tempfile.TemporaryFile() as out:
            if subprocess.run([*self.user, f"{self.bin}/{program}", *words], stdout=out, stderr=out, cwd="/",
                              check=False).returncode:
                out.seek(0)
                raise RuntimeError(f"{program}: {out.read()[:500]!r}")
            out.seek(0)
            return out.read().decode()

    def sql(self, database, text):
        return self.run("psql", "-h", str(self.folder), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-qAtc", text)

    def dump(self, database):
        text = self.run("pg_dump", "-h", str(self.folder), "-U", "postgres", "-d", database, "--schema-only", "--no-owner")
        return "\n".join(line for line in text.splitlines() if not line.startswith(("--", "\\")))

    def database(self):
        self.count += 1
        name = f"shop_{self.count}"
        self.sql("postgres", f"create database {name}")
        return name

    def url(self, name):
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def stop(self):
        try:
            self.run("pg_ctl", "stop", "-m", "immediate", f"--pgdata={self.folder}/data")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    def __init__(self):
        for _ in range(20):
            self.port = random.randint(10_000, 31_999)
            self.process = subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                                             "--appendonly", "no", "--dir", "/tmp"], stdout=subprocess.PIPE, text=True)
            for line in self.process.stdout:
                if "Ready to accept connections" in line:
                    threading.Thread(target=self.process.stdout.read, daemon=True).start()
                    return
            self.process.wait()
        raise RuntimeError("redis-server does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Daemon:
    """sssd on a socket that outlives it, as systemd's socket units do: the port stays the same over restarts."""

    def __init__(self, shop):
        self.shop = shop
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.process = None
        self.log = open(shop.folder / f"sssd-{self.port}.log", "ab")  # noqa: SIM115

    def start(self):
        """Seconds until it is ready."""
        began = time.monotonic()
        number = self.socket.fileno()
        words = f'exec 3<&{number}; export LISTEN_FDS=1; LISTEN_PID=$$ exec "$0" "$@"'
        self.process = subprocess.Popen(["bash", "-c", words, str(self.shop.programs / "sssd"), "--config", self.shop.config],
                                        env=self.shop.environment, pass_fds=(number,), stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready on "):
            raise RuntimeError(f"sssd did not start: {line!r} {self.tail()}")
        return time.monotonic() - began

    def tail(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")[-2000:]

    def kill(self):
        self.process.kill()
        self.wait()

    def wait(self):
        code = self.process.wait(60)
        self.process.stdout.close()
        return code

    def stop(self):
        """Ends it as systemd does; its exit code."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.wait()


class Sandbox:
    def __init__(self, shop):
        self.process = subprocess.Popen([shop.programs / "ssctl", "--config", shop.config, "sandbox", "--port", "0"],
                                        env=shop.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        self.url = re.search(r"http://\S+", line)[0]
        self.port = int(self.url.rsplit(":", 1)[1])

    def ask(self, method, name, body=None):
        answer = Client(self.port).call(method, "/__sandbox/" + name, body)  # a kept one may have been closed meanwhile
        if answer.status != 200:
            raise RuntimeError(f"sandbox {name}: {answer.status} {answer.body!r}")
        return answer.json

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


class Shop:
    """`with Shop(args) as shop:`; settings by their environment name. With `sandbox=False` there is no Instagram."""

    def __init__(self, args, settings=None, sandbox=True):
        self.programs, self.storage = args.programs.resolve(), args.storage
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ss-rows-"))
        self.config = str(self.folder / "sssd.toml")
        self.postgres = self.redis = self.sandbox = None
        self.daemons = []
        self.environment = {"PATH": os.environ["PATH"]}
        self.settings, self.wants_sandbox = settings or {}, sandbox

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def open(self):
        self.ssctl("init", str(self.folder))
        daemon = self.add_daemon()
        self.environment |= {"SS_LOG_LEVEL": "error", "SS_LOG_FORMAT": "text", "SS_PUBLIC_URL": f"http://127.0.0.1:{daemon.port}",
                             "SS_INSTAGRAM_APP_ID": "990000000000001", "SS_INSTAGRAM_APP_SECRET": SECRET.decode(),
                             "SS_INSTAGRAM_VERIFY_TOKEN": VERIFY}
        if self.storage == "postgres":
            self.postgres, self.redis = Postgres(), Redis()
            self.database = self.postgres.database()
            self.environment["SS_DATABASE_URL"] = self.postgres.url(self.database)
            self.environment["SS_REDIS_URL"] = f"redis://127.0.0.1:{self.redis.port}"
        if self.wants_sandbox:
            self.sandbox = Sandbox(self)
            self.environment |= {"SS_INSTAGRAM_AUTHORIZE_URL": self.sandbox.url + "/oauth/authorize"}
            for name in ("API", "GRAPH", "UPLOAD"):
                self.environment[f"SS_INSTAGRAM_{name}_URL"] = self.sandbox.url
            self.sandbox.ask("POST", "webhook", {"retry_base_ms": 100})
        self.environment |= self.settings
        self.ssctl("migrate", "up")
        daemon.start()

    def close(self):
        for daemon in self.daemons:
            if daemon.process and daemon.process.poll() is None:
                daemon.kill()
            daemon.socket.close()
            daemon.log.close()
        for part in (self.sandbox, self.redis, self.postgres):
            if part:
                part.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_daemon(self):
        daemon = Daemon(self)
        self.daemons.append(daemon)
        return daemon

    @property
    def daemon(self):
        return self.daemons[0]

    @property
    def database_file(self):
        return self.folder / "social-selling.db"

    def ssctl(self, *words, stdin=""):
        done = subprocess.run([self.programs / "ssctl", *(["--config", self.config] if words[0] != "init" else []), *words],
                              env=self.environment, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"ssctl {' '.join(words)}: {done.returncode} {done.stdout}")
        return done.stdout

    def client(self, token=None):
        return Client(self.daemon.port, token)

    def owner(self, email="maria@loja.example"):
        """A user of a new workspace, logged in; the limits are the daemon's."""
        client = self.client()
        answer = client.post("/api/v1/auth/register", {"email": email, "password": PASSWORD, "name": "Maria", "workspace": "Loja"})
        if answer.status != 201:
            raise RuntimeError(f"register: {answer.status} {answer.body!r}")
        client.token = answer.json["access_token"]
        return client

    def connect(self, client):
        """The sandbox's account connected through its log-in pages; our id of it."""
        begun = client.post("/api/v1/accounts/connect")
        browser = Client(self.sandbox.port)
        page = browser.get(urllib.parse.urlsplit(begun.json["authorize_url"])._replace(scheme="", netloc="").geturl())
        back = urllib.parse.urlsplit(page.headers["location"])
        answer = self.client().call("GET", back._replace(scheme="", netloc="", fragment="").geturl(), None,
                                    {"Cookie": begun.headers["set-cookie"].split(";")[0]})
        if answer.status != 200:
            raise RuntimeError(f"connect: {answer.status} {answer.body!r}")
        return answer.json["account"]

    def query(self, sql):
        """Rows of the database itself, as lists of texts."""
        if self.storage == "postgres":
            return [line.split("|") for line in self.postgres.sql(self.database, sql).splitlines()]
        database = sqlite3.connect(f"file:{self.database_file}?mode=ro", uri=True, timeout=20)
        try:
            return [[str(value) for value in row] for row in database.execute(sql)]
        finally:
            database.close()

    def drained(self, seconds=60.0):
        """Waits until every webhook is processed; False when some still are not."""
        left = "select count(*) from job where kind = 'webhook.process' and state in ('queued', 'running')"
        return wait_until(lambda: self.query(left) == [["0"]], seconds, 0.05)


def metric(client, name, **labels):
    """The sum of a metric's series that carry these labels."""
    total = 0.0
    for line in client.get("/metrics").body.decode().splitlines():
        match = re.fullmatch(r"(\w+)(\{.*\})? (\S+)", line)
        if match and match[1] == name and all(f'{key}="{value}"' in (match[2] or "") for key, value in labels.items()):
            total += float(match[3])
    return total


def in_parallel(count, work):
    """Runs work(number) on `count` threads that begin together; the list of what they returned."""
    results, gate = [None] * count, threading.Barrier(count)

    def run(number):
        gate.wait()
        results[number] = work(number)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
