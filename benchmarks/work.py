"""One process, one client, one workload: does the work, checks every answer, prints one line of JSON.

Knows nothing of the other clients. Run by `run`, which gives the address of the replay server:

    python work.py WORKLOAD CLIENT BASE_URL
"""

import asyncio
import gc
import json
import statistics
import sys
import time
from pathlib import Path

import replay
from clients import CLIENTS, versions

BURST_DELTAS = 20_000
EVENT_BYTES = 4 * 2**20
STREAMS, PACED_DELTAS = 1_000, 200
CALLS, LANES, PLAIN_WORDS = 2_000, 64, 60
HELD_DELTAS, WARM_CALLS, COLD_CALLS = 5, 60, 15


def burst(make, address):
    """CPU of one reply of 20,000 deltas, each its own HTTP chunk."""
    _read(make(f"{address}/burst-20"))
    seconds, count = _timed_read(make(f"{address}/burst-{BURST_DELTAS}"), time.process_time)
    return {"cpu_us_per_delta": seconds / count * 1e6}


def event(make, address):
    """Seconds for one event of 4 MiB, and of 8."""
    _read(make(f"{address}/burst-20"))
    once, _ = _timed_read(make(f"{address}/event-{EVENT_BYTES}"), time.perf_counter)
    twice, _ = _timed_read(make(f"{address}/event-{2 * EVENT_BYTES}"), time.perf_counter)
    return {"seconds_8_mib": twice, "ratio_2n_to_n": twice / once}


def first(make, address):
    """Time to the first text, and of a whole short call, on a kept connection; what the server waits is left out."""
    client = make(f"{address}/held-{HELD_DELTAS}")
    return _latencies([_timed_call(client) for _ in range(WARM_CALLS)][10:])


def cold(make, address):
    """The same with a new client and a new connection for each call, in a process that is warm."""
    _timed_call(make(f"{address}/held-{HELD_DELTAS}"))

    def call():
        begun = time.perf_counter_ns()
        client = make(f"{address}/held-{HELD_DELTAS}")
        return _timed_call(client, begun)

    return _latencies([call() for _ in range(COLD_CALLS)])


async def burst_async(make, address):
    await _read_async(make(f"{address}/burst-20"))
    client = make(f"{address}/burst-{BURST_DELTAS}")
    gc.collect()
    begun = time.process_time()
    texts = [text async for text in client.stream()]
    seconds = time.process_time() - begun
    assert texts == replay.words(BURST_DELTAS)
    return {"cpu_us_per_delta": seconds / BURST_DELTAS * 1e6}


async def many(make, address):
    """1,000 paced streams at once: wall time to ideal, lag of each delta, memory of the whole process."""
    client = make(f"{address}/paced-{PACED_DELTAS}")
    await _lags(make(f"{address}/paced-2"))
    gc.collect()
    begun, begun_cpu = time.perf_counter(), time.process_time()
    all_lags = await asyncio.gather(*[_lags(client.lane()) for _ in range(STREAMS)])
    wall, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    lags = sorted(lag for one in all_lags for lag in one)
    assert len(lags) == STREAMS * PACED_DELTAS
    return {
        "wall_to_ideal": wall / (PACED_DELTAS * replay.PERIOD_SECONDS),
        "p99_lag_ms": lags[len(lags) * 99 // 100] / 1e6,
        "cpu_us_per_delta": cpu / len(lags) * 1e6,
        "peak_mb": peak_mb(),
    }


async def short(make, address):
    """2,000 plain calls in 64 lanes: CPU of a call."""
    lanes = [make(f"{address}/plain-{PLAIN_WORDS}")]
    lanes += [lanes[0].lane() for _ in range(LANES - 1)]
    left = iter(range(CALLS + LANES))
    expected = "".join(replay.words(PLAIN_WORDS))

    async def run(lane, calls):
        for _ in calls:
            assert await lane.complete() == expected

    await asyncio.gather(*[run(lane, [next(left)]) for lane in lanes])
    gc.collect()
    begun, begun_wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*[run(lane, left) for lane in lanes])
    cpu, wall = time.process_time() - begun, time.perf_counter() - begun_wall
    return {"cpu_us_per_call": cpu / CALLS * 1e6, "calls_per_second": CALLS / wall}


def peak_mb():
    """Return the peak memory of this process in MB; None where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), None)


def _read(client):
    return "".join(client.stream())


async def _read_async(client):
    return "".join([text async for text in client.stream()])


def _timed_read(client, clock):
    gc.collect()
    begun = clock()
    texts = list(client.stream())
    seconds = clock() - begun
    assert texts == replay.words(len(texts)) or set("".join(texts)) == {"x"}
    return seconds, len(texts)


def _timed_call(client, begun=None):
    """Return nanoseconds from the sending of the first delta to its text, and of the call without the wait."""
    begun = begun or time.perf_counter_ns()
    texts = client.stream()
    sent = int(next(texts))
    lag = time.monotonic_ns() - sent
    rest = list(texts)
    ended = time.perf_counter_ns()
    assert rest[1:] == replay.words(HELD_DELTAS - 1)
    return lag, ended - begun - int(rest[0])


async def _lags(client):
    return [time.monotonic_ns() - int(text) async for text in client.stream()]


def _latencies(calls):
    lags, whole = zip(*calls, strict=True)
    return {"first_text_us": statistics.median(lags) / 1e3, "call_us": statistics.median(whole) / 1e3}


WORKLOADS = {
    "burst": (burst, burst_async),
    "event": (event, None),
    "first": (first, None),
    "cold": (cold, None),
    "many": (None, many),
    "short": (None, short),
}


def main():
    """Do what the arguments say, and print the figures."""
    workload, name, address = sys.argv[1:]
    name, _, kind = name.partition(":")
    is_async = kind == "async"
    make, run = CLIENTS[name][is_async], WORKLOADS[workload][is_async]
    figures = asyncio.run(run(make, address)) if is_async else run(make, address)
    print(json.dumps({**figures, "versions": versions(name)}))


if __name__ == "__main__":
    main()
