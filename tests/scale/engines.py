"""Real engines for the tests of several processes: PostgreSQL and nginx of the system, started on loopback ports of their own,
and the servers of Hypnic one by one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, environment, free_port, wait_for

TEMPLATES = sorted((ROOT / "deploy" / "nginx").glob("*.template"))
PG = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def missing() -> str:
    """Which engines this system lacks; "" when all are there."""
    lacks = [name for name, found in (("PostgreSQL", PG), ("nginx", NGINX)) if not found]
    if os.getuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        lacks.append("the user postgres")
    return " and ".join(lacks)


class Postgres:
    """A cluster of PostgreSQL in a folder of its own. As root it runs as the user postgres, which it insists on."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hypnic-pg-"))
        self.port = free_port()
        self.url = f"postgresql://hypnic@127.0.0.1:{self.port}/postgres"
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as = {"user": "postgres", "group": "postgres"}
        self._run("initdb", "-D", self.folder / "data", "-U", "hypnic", "-A", "trust", "-N")

    def _run(self, program: str, *given: object) -> None:
        command = [str(PG[-1] / program), *map(str, given)]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, **self._as)

    def start(self) -> None:
        """Returns when it takes connections."""
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "-w", "start")

    def stop(self, how: str = "fast") -> None:
        """fast hangs up on everybody, immediate is as good as a power cut."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")

    def remove(self) -> None:
        """End it and delete everything."""
        subprocess.run(
            [str(PG[-1] / "pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop"], capture_output=True, cwd="/", **self._as
        )
        shutil.rmtree(self.folder, ignore_errors=True)


class Part:
    """One server of Hypnic, without a supervisor."""

    def __init__(self, log: Path, *command: str, **values: object) -> None:
        self.command, self.log, self.values = command, log, values
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    def chat(cls, folder: Path, model: Path, **values: object) -> Part:
        part = cls(folder / "chat.log", "bot.server", str(model), **values)
        part.values = {"PORT": part.port, **values}
        return part

    @classmethod
    def actions(cls, folder: Path) -> Part:
        part = cls(folder / "actions.log", "bot.action_server")
        part.values = {"HYPNIC_ACTION_PORT": part.port}
        return part

    @property
    def alive(self) -> str:
        """The address that answers when it is ready."""
        path = "webhooks/web/health" if self.command[0] == "bot.server" else "health"
        return f"http://127.0.0.1:{self.port}/{path}"

    def start(self) -> Part:
        """Does not wait."""
        env = environment(SANIC_PROXIES_COUNT=1, **self.values)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", *self.command], cwd=ROOT, env=env, stdout=log, stderr=log)
        return self

    def ready(self, seconds: float = 120) -> None:
        """Wait until it answers."""
        wait_for(lambda: fetched(self.alive), seconds, f"{self.command[0]} is not ready")

    def stop(self, sign: int = signal.SIGTERM) -> None:
        """Ask it to end, or kill it; wait for the end."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(sign)
            self.process.wait(30)


class Nginx:
    """nginx with the configuration of deploy/nginx, for these servers."""

    def __init__(self, folder: Path, chats: list[Part], actions: list[Part]) -> None:
        self.folder = folder / "nginx"
        self.folder.mkdir()
        self.port, self.actions_port = free_port(), free_port()
        own = string.Template("".join(path.read_text() for path in TEMPLATES)).safe_substitute(
            CHAT_LISTEN=f"127.0.0.1:{self.port}",
            ACTIONS_LISTEN=f"127.0.0.1:{self.actions_port}",
            CHAT_SERVERS=" ".join(f"server 127.0.0.1:{part.port} fail_timeout=2s;" for part in chats),
            ACTION_SERVERS=" ".join(f"server 127.0.0.1:{part.port};" for part in actions),
        )
        (self.folder / "hypnic.conf").write_text(own.replace("/dev/stdout", f"{self.folder}/access.log"))
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; "
            f"events {{ worker_connections 1024; }} http {{ {temporary} include {self.folder}/hypnic.conf; }}\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it listens."""
        command = [str(NGINX), "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(self.folder / "nginx.conf")]
        subprocess.run([*command, "-t"], check=True)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: listens(self.port), 10, "nginx does not listen")

    def stop(self) -> None:
        """Once started."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def access(self) -> str:
        """What it logged so far."""
        return (self.folder / "access.log").read_text()


def fetched(url: str) -> bool:
    """Whether there is a good answer."""
    try:
        with urllib.request.urlopen(url, timeout=8) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pause(seconds: float) -> None:
    """Let the others go on."""
    time.sleep(seconds)
