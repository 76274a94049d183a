"""A comparison in a real kernel: rows that stay, and an interrupt that loses nothing."""

import pytest
from kernels import Kernel, shown_by

from toprouter_nb.testing import Hang, Script, ScriptedGateway


@pytest.fixture(scope="module")
def kernel():
    """Start one kernel for these tests."""
    with Kernel() as kernel:
        yield kernel


def configured(gateway):
    """Return the line that lets everything ask this server."""
    return f"import toprouter_nb as tr; tr.configure(base_url={gateway.base_url!r}, api_key='test');"


def test_each_prompt_leaves_a_row(kernel):
    """Prompt and answers stay as two outputs a row, the growing views are emptied, the value shows figures only."""
    with ScriptedGateway(lambda request: f"**{request.json['model']}** says yes.") as gateway:
        messages = kernel.run(f"{configured(gateway)} c = tr.compare(['One?', 'Two?'], ['m/a', 'm/b']); c")
    shown = [bundle for bundle in shown_by(messages) if bundle["text/plain"]]
    assert [bundle["text/plain"] for bundle in shown] == [
        "One?",
        "m/a: **m/a** says yes.\n\nm/b: **m/b** says yes.",
        "Two?",
        "m/a: **m/a** says yes.\n\nm/b: **m/b** says yes.",
        "Comparison(2 prompts, 2 models)",
    ]
    assert "<strong>m/a</strong> says yes." in shown[1]["text/html"]
    assert "<strong>" not in shown[-1]["text/html"]
    again = shown_by(kernel.run("c"))[-1]["text/html"]
    assert again.count("<strong>m/a</strong>") == 2


def test_an_interrupt_keeps_what_came(kernel):
    """The cell ends without an error; answers are partial, and prompts not asked yet say so."""
    with ScriptedGateway(lambda _request: Script(deltas=["half ", "an ", Hang()])) as gateway:
        kernel.send(f"{configured(gateway)} c = tr.compare(['One?', 'Two?'], ['m/a', 'm/b'])")
        kinds = []
        for kind, content in kernel.receive():
            kinds.append(kind)
            if "half an" in str(content.get("data", {}).get("text/html", "")) and kinds.count("interrupt") == 0:
                kinds.append("interrupt")
                kernel.interrupt()
    assert "interrupt" in kinds
    assert "error" not in kinds
    told = kernel.run("print([(answer.status, answer.text) for answer in c.answers])")[0][1]["text"]
    assert told == "[('stopped', 'half an '), ('stopped', 'half an '), ('not asked', ''), ('not asked', '')]\n"
