"""In a real kernel: an interrupt leaves the local server alone, and a killed kernel takes it along."""

import pytest
from jupyter_client.manager import KernelManager
from processes import wait_until_gone

START = """
from toprouter_nb.local import address
from toprouter_nb.local.household import process_owner
import json, urllib.request
base_url, key = address("local/smollm2-135m")
def ask(**fields):
    body = {"model": "local/smollm2-135m", "messages": [{"role": "user", "content": "Tell me a long story."}]} | fields
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + key}
    request = urllib.request.Request(base_url + "/chat/completions", json.dumps(body).encode(), headers)
    return urllib.request.urlopen(request)
print(process_owner().child_pid)
"""
STREAM = "for line in ask(stream=True): print('streaming', flush=True)"
WAIT = "print('waiting', flush=True); ask()"
AGAIN = "print(ask(max_tokens=1).status, process_owner().child_pid)"


@pytest.fixture
def kernel():
    """Start a kernel; return its manager and a client."""
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def said(client):
    """Return the next thing the kernel prints, or the name of the error a cell ends with."""
    while True:
        message = client.get_iopub_msg(timeout=30)
        content = message["content"]
        if message["msg_type"] == "stream" and content["text"].strip():
            return content["text"].split()
        if message["msg_type"] == "error":
            return [content["ename"]]


def said_at_last(client):
    """Return the last thing the kernel says before it is idle."""
    words = []
    while True:
        message = client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "error":
            words = [message["content"]["ename"]]
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return words


def test_interrupts_and_the_end_of_a_kernel(kernel):
    """Interrupted while streaming and while waiting, the same server answers on; killed, the kernel takes it along."""
    manager, client = kernel
    client.execute(START)
    pid = said(client)[0]
    for cell in (STREAM, WAIT):
        said_at_last(client)
        client.execute(cell)
        said(client)
        manager.interrupt_kernel()
        assert said_at_last(client) == ["KeyboardInterrupt"]
        client.execute(AGAIN)
        assert said(client) == ["200", pid]
    manager.provisioner.process.kill()
    wait_until_gone(int(pid), seconds=3)
