"""The limits that no bot of this kind gets past: the web server answering a constant, and the encoder's forward pass alone.

Usage: python -m benchmarks.floor serve PORT      (a constant, by Sanic, as Rasa runs it)
       python -m benchmarks.floor encode COUNT    (prints the milliseconds of each text, as JSON)
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import json
import subprocess
import sys
import time
from itertools import islice

from benchmarks.bots import Running
from benchmarks.figures import Times, timed
from benchmarks.running import environment, free_port
from benchmarks.talk import WEB, messages
from hypnic.yamlfile import ROOT

WARM_UP = 50
REPLY = [{"text": " ".join(["word"] * 60), "buttons": [{"title": "More", "payload": "/more"}] * 3, "custom": {"kind": "chat"}}]


def constant() -> Running:
    """A server that answers every message with the same reply of a usual size."""
    port = free_port()
    return Running([[sys.executable, "-m", "benchmarks.floor", "serve", str(port)]], port)


def encoding(count: int) -> Times:
    """The time of the encoder for one text after the other, in a process of its own. Raises subprocess.SubprocessError."""
    command = [sys.executable, "-m", "benchmarks.floor", "encode", str(count)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, check=True, timeout=300)
    return Times(tuple(json.loads(done.stdout.splitlines()[-1])))


def serve(port: int) -> None:
    """Answer until ended."""
    from sanic import Sanic, response
    from sanic.request import Request
    from sanic.response import HTTPResponse

    app = Sanic("constant", configure_logging=False)

    @app.post(WEB)
    async def answer(request: Request) -> HTTPResponse:
        json.loads(request.body)
        return response.json(REPLY)

    app.run("127.0.0.1", port, access_log=False)


def encode(count: int) -> list[float]:
    """Milliseconds of each of so many texts, after a warm-up. All differ, so that none comes from the encoder's memory."""
    from bot.nlu.encoder import encoder

    model, times = encoder(), []
    for text in islice(messages("encoder"), WARM_UP + count):
        begun = time.perf_counter()
        model.encode([text])
        times.append(timed(begun))
    return times[WARM_UP:]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        print(json.dumps(encode(int(sys.argv[2]))))
