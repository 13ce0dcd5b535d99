#!/usr/bin/env python3
"""against_sssd.py BIN-FOLDER ATTACK [options]: makes an installation in a temporary folder, runs one attack against the
real daemon's own port, stops it. Large answers are those of /api/docs, bodies go to the webhook."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def main():
    folder, attack, *options = sys.argv[1:]
    programs = pathlib.Path(folder)
    with tempfile.TemporaryDirectory(prefix="ss-attack-") as state:
        environment = {"PATH": os.environ["PATH"], "SS_HTTP_LISTEN": "127.0.0.1:0", "SS_LOG_LEVEL": "error"}
        config = f"{state}/sssd.toml"
        for words in (["init", state], ["--config", config, "migrate", "up"]):
            subprocess.run([programs / "ssctl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env={"PATH": os.environ["PATH"]})
        server = subprocess.Popen([programs / "sssd", "--config", config], stdout=subprocess.PIPE, text=True, env=environment)
        try:
            target = re.search(r"[\d.]+:\d+$", server.stdout.readline().strip())[0]
            script = pathlib.Path(__file__).with_name(attack + ".py")
            extra = ["--big", "/api/docs/swagger-ui-bundle.js"] if attack == "slow_clients" else []
            path = "/api/v1/auth/login" if attack == "memory" else "/webhooks/instagram"
            result = subprocess.run([sys.executable, script, target, "--pid", str(server.pid), "--path", path, *extra, *options],
                                    check=False)
            alive = server.poll() is None
        finally:
            server.terminate()
            code = server.wait(40)
        if not alive or code != 0:
            print(f"sssd ended with {code}")
        sys.exit(result.returncode or (0 if alive and code == 0 else 1))


main()
