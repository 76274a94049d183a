"""The workloads that stream from the replay server. Each checks every answer and returns its figures.

Knows nothing of which client it is handed, beyond the contract of `clients`.
"""

import array
import asyncio
import gc
import statistics
import subprocess
import sys
import time
from pathlib import Path

import replay

BURST_DELTAS = 20_000
EVENT_BYTES = 4 * 2**20
STREAMS, PACED_DELTAS = 1_000, 200
CALLS, LANES, PLAIN_WORDS = 2_000, 64, 60
HELD_DELTAS, WARM_CALLS, COLD_CALLS = 5, 60, 15


def burst(make, address):
    """CPU of one reply of 20,000 deltas, each its own HTTP chunk."""
    list(make(f"{address}/burst-20").stream())
    texts, seconds = _timed(make(f"{address}/burst-{BURST_DELTAS}"), time.process_time)
    assert texts == replay.words(BURST_DELTAS)
    return {"cpu_us_per_delta": seconds / BURST_DELTAS * 1e6}


async def burst_async(make, address):
    """Do what `burst` does, inside an event loop."""
    async for _ in make(f"{address}/burst-20").stream():
        pass
    client = make(f"{address}/burst-{BURST_DELTAS}")
    gc.collect()
    begun = time.process_time()
    texts = [text async for text in client.stream()]
    seconds = time.process_time() - begun
    assert texts == replay.words(BURST_DELTAS)
    return {"cpu_us_per_delta": seconds / BURST_DELTAS * 1e6}


def event(make, address):
    """Seconds for one event of 8 MiB, and their ratio to one of 4."""
    list(make(f"{address}/event-1000").stream())
    pairs = [(_timed_event(make, address, size), _timed_event(make, address, 2 * size)) for size in [EVENT_BYTES] * 3]
    once, twice = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    return {"seconds": twice, "ratio_2n_to_n": twice / once}


def first(make, address):
    """Time to the first text, and of a whole short call, on a kept connection; what the server waits is left out."""
    client = make(f"{address}/held-{HELD_DELTAS}")
    return _latencies([_timed_call(client, time.perf_counter_ns()) for _ in range(WARM_CALLS)][10:])


def cold(make, address):
    """The same with a new client and a new connection for each call, in a process that is warm."""
    calls = []
    for _ in range(COLD_CALLS):
        begun = time.perf_counter_ns()
        client = make(f"{address}/held-{HELD_DELTAS}")
        calls.append(_timed_call(client, begun))
    return _latencies(calls[1:])


async def many(make, address):
    """1,000 paced streams at once: wall time to ideal, lag of each delta, memory of the whole process."""
    lags = array.array("q")  # 8 bytes each, to leave the memory alone
    await _add_lags(make(f"{address}/paced-2"), lags)
    del lags[:]
    client = make(f"{address}/paced-{PACED_DELTAS}")
    gc.collect()
    begun, begun_cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*[_add_lags(client.lane(), lags) for _ in range(STREAMS)])
    wall, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    peak = _peak_mb()
    assert len(lags) == STREAMS * PACED_DELTAS
    return {
        "wall_to_ideal": wall / (PACED_DELTAS * replay.PERIOD_SECONDS),
        "p99_lag_ms": sorted(lags)[len(lags) * 99 // 100] / 1e6,
        "cpu_us_per_delta": cpu / len(lags) * 1e6,
        "added_mb": peak - _bare_peak_mb(),
    }


async def short(make, address):
    """2,000 plain calls in 64 lanes: CPU of a call."""
    lanes = [make(f"{address}/plain-{PLAIN_WORDS}")]
    lanes += [lanes[0].lane() for _ in range(LANES - 1)]
    expected = "".join(replay.words(PLAIN_WORDS))

    async def run(lane, calls):
        for _ in calls:
            assert await lane.complete() == expected

    await asyncio.gather(*[run(lane, [0]) for lane in lanes])
    gc.collect()
    calls = iter(range(CALLS))
    begun, begun_cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*[run(lane, calls) for lane in lanes])
    cpu, wall = time.process_time() - begun_cpu, time.perf_counter() - begun
    return {"cpu_us_per_call": cpu / CALLS * 1e6, "calls_per_second": CALLS / wall}


def _timed(client, clock):
    gc.collect()
    begun = clock()
    texts = list(client.stream())
    return texts, clock() - begun


def _timed_event(make, address, size):
    texts, seconds = _timed(make(f"{address}/event-{size}"), time.perf_counter)
    assert "".join(texts) == "x" * size
    return seconds


def _timed_call(client, begun):
    """Return nanoseconds from the sending of the first delta to its text, and of the call without the server's wait."""
    texts = client.stream()
    sent = int(next(texts))
    lag = time.monotonic_ns() - sent
    held, *rest = texts
    ended = time.perf_counter_ns()
    assert rest == replay.words(HELD_DELTAS - 1)
    return lag, ended - begun - int(held)


def _latencies(calls):
    lags, whole = zip(*calls, strict=True)
    return {"first_text_us": statistics.median(lags) / 1e3, "call_us": statistics.median(whole) / 1e3}


def _peak_mb():
    """Return the peak memory of this process, as Linux tells it."""
    return _megabytes(Path("/proc/self/status").read_text())


def _bare_peak_mb():
    """Return the peak memory of an interpreter that does nothing but say it."""
    statement = "print(open('/proc/self/status').read())"
    return _megabytes(subprocess.check_output([sys.executable, "-c", statement], text=True))


def _megabytes(status):
    return next(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM"))


async def _add_lags(client, lags):
    """Add the nanoseconds from the sending of each delta to its text."""
    async for text in client.stream():
        lags.append(time.monotonic_ns() - int(text))
