# daemon.py - the real ipsecd in a network namespace of its own: started, asked, watched, stopped.
# SPDX-License-Identifier: ISC
"""ipsecd runs with --kernel none; it is asked as ipsec-ctl asks, one JSON object a
line over its control socket."""

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from peer import GUARD_S, Failed

SANITIZER = re.compile(rb"(ERROR|WARNING): (Address|Leak|Thread|Memory)Sanitizer|runtime error:")


class Request:
    """One request to the control socket: its records, then its verdict."""

    def __init__(self, path, method, **params):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(GUARD_S)
        self.socket.connect(path)
        self.socket.sendall(json.dumps({"method": method, "params": params}).encode() + b"\n")
        self.rest = b""
        self.records = []
        self.said = None

    def next(self):
        while b"\n" not in self.rest:
            more = self.socket.recv(65536)
            if not more:
                raise Failed("the control socket closed without a verdict")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)

    def pending(self):
        """There is no verdict yet."""
        while not self.said and (b"\n" in self.rest
                                 or select.select([self.socket], [], [], 0)[0]):
            self.take(self.next())
        return not self.said

    def take(self, record):
        if "ok" in record:
            self.said = record
        else:
            self.records.append(record)

    def verdict(self):
        """{"ok": true}, or false with code and error."""
        while not self.said:
            self.take(self.next())
        self.socket.close()
        return self.said


class Daemon:
    def __init__(self, binary, config, files):
        self.binary = binary
        self.secrets = [data for name, data in files.items() if name.endswith(".psk")]
        self.root = tempfile.mkdtemp(prefix="hostile-")
        self.control = self.root + "/run/ipsecd/control.sock"
        os.makedirs(self.root + "/etc/ipsecd")
        for name, data in files.items():
            path = f"{self.root}/etc/ipsecd/{name}"
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
                out.write(data)
        with open(self.root + "/etc/ipsecd/ipsecd.yaml", "w", encoding="ascii") as out:
            out.write(config)
        self.log_path = self.root + "/log"
        self.log_at = 0
        with open(self.log_path, "wb") as log:
            # Its own group: a terminal's ^C is ours alone.
            self.process = subprocess.Popen(
                [binary, "--root", self.root, "--kernel", "none", "-f"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                     "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=32",
                     "UBSAN_OPTIONS": "print_stacktrace=1"})
        end = time.monotonic() + GUARD_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise Failed("ipsecd does not start: " + self.log_text())
            time.sleep(0.01)

    def answers(self):
        """It does when all sockets are there: its own is made first, and listened to later."""
        try:
            self.records("status")
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True

    def log_text(self):
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "backslashreplace")

    def new_lines(self):
        """What it has written since it was last asked."""
        with open(self.log_path, "rb") as log:
            log.seek(self.log_at)
            data = log.read()
        self.log_at += len(data)
        return data

    def ask(self, method, **params):
        return Request(self.control, method, **params)

    def records(self, method, **params):
        request = self.ask(method, **params)
        verdict = request.verdict()
        if not verdict["ok"]:
            raise Failed(f"{method}: {verdict}")
        return request.records

    def all_sas(self, peer):
        """Its IKE SAs, but for those that only linger."""
        for record in self.records("status"):
            if record.get("peer") == peer:
                return record["ike"]
        raise Failed(f"no peer {peer} in the status")

    def sas(self, peer):
        """Those that are up."""
        return [sa for sa in self.all_sas(peer) if sa["state"] == "established"]

    def children(self, peer):
        return [child for sa in self.sas(peer) for child in sa["children"]
                if child["state"] == "up"]

    def check(self):
        """Alive, nothing reported by a sanitizer, nothing raw in its log; the new lines."""
        if self.process.poll() is not None:
            raise Failed(f"ipsecd has ended with {self.process.returncode}:\n"
                         + self.log_text()[-3000:])
        lines = self.new_lines()
        if SANITIZER.search(lines):
            raise Failed("a sanitizer's report:\n" + lines.decode("utf-8", "backslashreplace"))
        for secret in self.secrets:
            if secret in lines:
                raise Failed("a secret in the log")
        for octet in lines:
            if octet != 10 and not 32 <= octet < 127:
                raise Failed(f"octet {octet:#x} in the log: {lines!r}")
        return lines.decode("ascii")

    def forgets(self, begun, owners):
        """What is half-open or lingers goes by itself, half a minute later.
        owners: the case of each initiator's SPI, and when it was over."""
        time.sleep(max(0, begun + 60 - time.monotonic()))
        left = self.records("list", what="sas")
        now = time.monotonic()
        old = [f"{sa['state']} of {owners[sa['spi_i']][0]}" for sa in left
               if sa["spi_i"] in owners and now - owners[sa["spi_i"]][1] > 45]
        if old:
            raise Failed(f"{len(old)} IKE SAs do not go: " + ", ".join(old[:20]))

    def stop(self):
        """SIGTERM; it must end well, and have leaked nothing."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(GUARD_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("ipsecd does not end") from None
        lines = self.new_lines()
        if status != 0 or SANITIZER.search(lines):
            raise Failed(f"ipsecd ended with {status}:\n" + lines.decode("utf-8", "replace")[-3000:])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def clear(self):
        shutil.rmtree(self.root, ignore_errors=True)
