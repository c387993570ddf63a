"""Draws charts in a process of its own, which ends when it has had nothing to do for a minute.

The drawing engine is a JavaScript engine: once it has drawn, its process holds some 65 MB more
and keeps them. Here they go back to the machine, and a crash in it hurts nobody.

A request is one line of JSON on standard input, `{"form": "svg" | "png", "spec", "config",
"scale"}`; its answer is one line on standard output, `{"drawn": base64}` or `{"error": text}`.
This file is run by its path and imports nothing of the package.
"""

import base64
import json
import select
import sys
from typing import BinaryIO

import vl_convert

IDLE_SECONDS = 60.0
_VEGA_LITE = "6.4"  # what the specs are written for


def draw(line: bytes) -> bytes:
    """The answer to one request, newline included. Never raises for a request that is wrong."""
    try:
        request = json.loads(line)
        # No address is allowed: a spec has its data in it, and nothing is fetched.
        if request["form"] == "png":
            drawn = vl_convert.vegalite_to_png(
                request["spec"],
                vl_version=_VEGA_LITE,
                config=request["config"],
                scale=request["scale"],
                allowed_base_urls=[],
            )
        else:
            drawn = vl_convert.vegalite_to_svg(
                request["spec"],
                vl_version=_VEGA_LITE,
                config=request["config"],
                allowed_base_urls=[],
            ).encode()
        answer = {"drawn": base64.b64encode(drawn).decode()}
    except (ValueError, TypeError, KeyError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    return json.dumps(answer).encode() + b"\n"


def serve(source: BinaryIO, target: BinaryIO, idle_seconds: float) -> None:
    """Answer one line after another until the input ends or nothing comes for a while."""
    while select.select([source], [], [], idle_seconds)[0]:
        line = source.readline()
        if not line:
            return
        target.write(draw(line))
        target.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer, IDLE_SECONDS)
