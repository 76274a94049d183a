"""What a run costs this machine: CPU a call, memory, and the time until a resumed run makes its first new call.

    python benchmarks/experiment.py                     # all of it, about five minutes
    python benchmarks/experiment.py calls --lanes 64    # some of it

A stub on this machine answers every call after 50 ms, in a process of its own. CPU is that of the client's process:
requests, answers, keys, rate control, rows and their commits, all in. Each measurement is a process of its own.
"""

import argparse
import asyncio
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

REPLY_SECONDS = 0.05
_BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "maker/model-1",
        "provider": "Stub",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "The answer is 42."}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 6, "total_tokens": 18},
    }
).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_LIST = b'{"data":[{"id":"maker/model-1","pricing":{"prompt":"0.000001","completion":"0.000002"}}]}'
_MODELS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_LIST), _LIST)


class _Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head, self._left = b"", 0

    def data_received(self, data):
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = b""
            if head.startswith(b"GET"):
                self._transport.write(_MODELS)
                return
            lower = head.lower()
            place = lower.index(b"content-length:") + 15
            self._left = int(lower[place:].split(b"\r\n", 1)[0]) - len(rest)
        if self._left <= 0:
            self._left = 0
            self._loop.call_later(REPLY_SECONDS, self._transport.write, _ANSWER)


async def serve():
    """Serve on a free port of this machine, and print it."""
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _study(address, folder, prompts, repeats):
    import toprouter_nb as tr

    texts = [{"id": str(place), "prompt": f"What is {place} + {place}?"} for place in range(prompts)]
    grid = tr.Grid(texts, models=["maker/model-1"], params={"max_tokens": 20}, repeats=repeats)
    return tr.Experiment("bench", grid, dir=folder, base_url=address, api_key="sk-benchmark-0123456789")


def run_ours(address, calls, lanes, budget):
    """Run a grid and return CPU seconds and calls a second; a first small run warms up."""
    with tempfile.TemporaryDirectory() as folder:
        _study(address, pathlib.Path(folder) / "warm", 100, 2).run(concurrency=lanes, display=False)
        study = _study(address, folder, calls // 10, 10)
        cpu, wall = time.process_time(), time.monotonic()
        run = study.run(concurrency=lanes, budget_usd=budget, display=False)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        assert run.state.done == calls, run
    return cpu, wall


def run_openai(address, calls, lanes):
    """Make the same calls with the OpenAI SDK's async client, one client for all lanes, as its documentation has it."""
    from openai import AsyncOpenAI

    async def work(count):
        client = AsyncOpenAI(base_url=address, api_key="sk-benchmark-0123456789")
        numbers = iter(range(count))

        async def lane():
            for place in numbers:
                messages = [{"role": "user", "content": f"What is {place} + {place}?"}]
                answer = await client.chat.completions.create(
                    model="maker/model-1", messages=messages, max_tokens=20, seed=place
                )
                assert answer.choices[0].message.content == "The answer is 42."

        await asyncio.gather(*(lane() for _ in range(lanes)))
        await client.close()

    asyncio.run(work(200))
    cpu, wall = time.process_time(), time.monotonic()
    asyncio.run(work(calls))
    return time.process_time() - cpu, time.monotonic() - wall


def run_resume(cells):
    """Fill a run but for its last cell, and time a second start until its one call arrives."""
    from toprouter_nb.experiment.row import Row
    from toprouter_nb.experiment.run_keys import Keys
    from toprouter_nb.experiment.run_plan import Plan
    from toprouter_nb.experiment.store import Store
    from toprouter_nb.testing import ScriptedGateway

    arrived = []
    models = [{"id": "maker/model-1"}]
    folder = tempfile.TemporaryDirectory()
    with folder, ScriptedGateway(lambda _: arrived.append(time.monotonic()) or "42", models=models) as gateway:
        study = _study(gateway.base_url, folder.name, cells // 10, 10)
        study.path.mkdir(parents=True)
        store, keys = Store.create(study.path / "rows.sqlite"), Keys(gateway.base_url)
        Plan(study.grid, keys, gateway.base_url).lay(store)
        block = []
        for cell in study.grid:
            row_key, request_key = keys.of(cell)
            block.append(
                Row(
                    row_key=row_key,
                    request_key=request_key,
                    place=cell.index,
                    model=cell.model,
                    prompt_id=cell.prompt.id,
                    answer="42",
                    attempts=1,
                    repeat=cell.repeat,
                    cost_nano_usd=1,
                )
            )
            if len(block) == 5_000:
                store.add_rows(block[:-1] if cell.index + 1 == cells else block)
                block = []
        store.close()
        began = time.monotonic()
        run = study.run(display=False)
        assert len(arrived) == 1, arrived
        assert run.state.done == cells
        return arrived[0] - began


def _child(*words):
    done = subprocess.run(
        [sys.executable, __file__, "--child", *map(str, words)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _work(words):
    kind, *rest = words
    if kind == "ours":
        address, calls, lanes, budget = rest[0], int(rest[1]), int(rest[2]), float(rest[3]) or None
        cpu, wall = run_ours(address, calls, lanes, budget)
        print(json.dumps({"cpu_ms": 1e3 * cpu / calls, "per_second": calls / wall, "peak_mb": _peak_mb()}))
    elif kind == "openai":
        calls = int(rest[1])
        cpu, wall = run_openai(rest[0], calls, int(rest[2]))
        print(json.dumps({"cpu_ms": 1e3 * cpu / calls, "per_second": calls / wall, "peak_mb": _peak_mb()}))
    else:
        print(json.dumps({"seconds": run_resume(int(rest[0])), "peak_mb": _peak_mb()}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", default=["calls", "memory", "resume"])
    parser.add_argument("--lanes", type=int, nargs="+", default=[64, 200])
    parser.add_argument("--calls", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--child", nargs="+")
    options = parser.parse_args()
    if options.child:
        _work(options.child)
        return
    os.environ.pop("TOPROUTER_API_KEY", None)
    ledger = tempfile.TemporaryDirectory()
    os.environ["TOPROUTER_DATA_DIR"] = ledger.name
    stub = subprocess.Popen([sys.executable, __file__, "--child", "serve"], stdout=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{stub.stdout.readline().strip()}"
        _measure(options, address)
    finally:
        stub.terminate()
        ledger.cleanup()


def _measure(options, address):
    if "calls" in options.what:
        for lanes in options.lanes:
            for _ in range(options.rounds):
                ours = _child("ours", address, options.calls, lanes, 0)
                capped = _child("ours", address, options.calls, lanes, 100)
                theirs = _child("openai", address, options.calls, lanes)
                print(
                    f"{lanes} lanes: {ours['cpu_ms']:.3f} ms CPU a call ({capped['cpu_ms']:.3f} under a cap), "
                    f"{ours['per_second']:,.0f} calls/s; openai {theirs['cpu_ms']:.3f} ms, "
                    f"{theirs['per_second']:,.0f} calls/s; ratio {theirs['cpu_ms'] / ours['cpu_ms']:.1f}",
                    flush=True,
                )
    if "memory" in options.what:
        peaks = [_child("ours", address, calls, 200, 0)["peak_mb"] for calls in (1_000, 10_000, 100_000)]
        print("peak memory, MB, at 1,000 / 10,000 / 100,000 rows:", ", ".join(f"{peak:.0f}" for peak in peaks))
    if "resume" in options.what:
        found = _child("resume", 1_000_000)
        print(f"1,000,000 planned rows: first new call after {found['seconds']:.1f} s, peak {found['peak_mb']:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:] == ["--child", "serve"]:
        asyncio.run(serve())
    else:
        main()
