"""One process: one client does one workload, and prints its figures as one line of JSON.

Knows nothing of the other clients. `run` starts it with the address of the replay server:

    python work.py WORKLOAD CLIENT ADDRESS
"""

import asyncio
import json
import sys

from body import body
from clients import CLIENTS, versions
from starts import imports, kernel
from streams import burst, burst_async, cold, event, first, many, short

WORKLOADS = {
    "burst": burst,
    "burst_async": burst_async,
    "event": event,
    "first": first,
    "cold": cold,
    "many": many,
    "short": short,
    "body": body,
    "imports": imports,
    "kernel": kernel,
}


def main():
    """Do what the arguments say."""
    workload, name, address = sys.argv[1:]
    work = WORKLOADS[workload]
    is_async = asyncio.iscoroutinefunction(work)
    make = CLIENTS[name][is_async]
    figures = asyncio.run(work(make, address)) if is_async else work(make, address)
    print(json.dumps({"figures": figures, "versions": versions(name)}))


if __name__ == "__main__":
    main()
