"""The doctor: finds what is there, says what to do about what is not, and gives no secret away."""

import json
import pathlib

import pytest

from toprouter_nb import doctor
from toprouter_nb.local.weights import SMOLLM2
from toprouter_nb.settings import Settings
from toprouter_nb.testing import Fault, Hang, ScriptedGateway

KEY = "sk-canary-0123456789abcdefXYZ9"


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path, monkeypatch):
    """Take key, proxies and cached weights of this machine away."""
    for name in ("TOPROUTER_API_KEY", "TOPROUTER_BASE_URL", "TOPROUTER_LOCAL_GGUF", *doctor._PROXIES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("TOPROUTER_CACHE_DIR", str(tmp_path))


def look(settings=None):
    """Return the findings by name, as (is_ok, text)."""
    return {finding.name: finding[1:] for finding in doctor.report(settings)}


def test_everything_is_looked_at_in_order():
    """The report has these findings, each once, and every one has a text."""
    with ScriptedGateway([]) as gateway:
        findings = doctor.report(Settings(gateway.base_url, KEY))
    assert [finding.name for finding in findings] == [
        "Python",
        "toprouter_nb",
        "key",
        "gateway",
        "proxies",
        "local engine",
        "local weights",
        "text recognition",
        "keyring",
        "plots",
        "jupyterlab",
        "ipykernel",
        "ipywidgets",
        "anywidget",
        "Chromium",
    ]
    assert all(finding.text for finding in findings)


def test_key_and_gateway_are_found():
    """With a key and a gateway both are fine, and of the key only its end is shown."""
    with ScriptedGateway([], api_key=KEY) as gateway:
        findings = look(Settings(gateway.base_url, KEY))
    assert findings["key"] == (True, "from argument, ends in ...XYZ9")
    assert findings["gateway"][0] is True
    assert findings["gateway"][1].startswith(f"{gateway.base_url} lists 2 models (")
    assert KEY[:-4] not in json.dumps(findings)


def test_without_a_key_it_says_how_to_go_on():
    """No key is no fault: the finding names the ways on, and a silent gateway is none either."""
    with ScriptedGateway([]) as gone:
        pass
    findings = look(Settings(gone.base_url))
    assert findings["key"][0] is None
    assert "TOPROUTER_API_KEY" in findings["key"][1]
    assert 'model="local/smollm2-135m"' in findings["key"][1]
    assert findings["gateway"][0] is None


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (Fault(401, {"error": {"message": "bad key"}}), "bad key"),
        (Fault(200, "<html>", {"Content-Type": "text/html"}), "is no list of models"),
        (Hang(), "answer"),
    ],
)
def test_a_gateway_that_fails_with_a_key_is_a_fault(models, words):
    """With a key, a refusal, a web page or silence is a fault, told within seconds and in the package's own words."""
    with ScriptedGateway([], models=models) as gateway:
        is_ok, text = look(Settings(gateway.base_url, KEY, first_byte_seconds=0.3))["gateway"]
    assert is_ok is False
    assert text.startswith(f"{gateway.base_url}: ")
    assert words in text
    assert KEY not in text


def test_a_hurried_doctor_waits_five_seconds_at_most():
    """Long limits are shortened, short ones stay."""
    hurried = doctor._in_a_hurry(Settings("http://127.0.0.1:1", idle_seconds=2))
    assert (hurried.connect_seconds, hurried.first_byte_seconds, hurried.idle_seconds) == (5, 5, 2)


def test_settings_that_cannot_be_used_are_a_finding(monkeypatch):
    """A bad address or a malformed key is told as a fault, and the rest is looked at all the same."""
    monkeypatch.setenv("TOPROUTER_BASE_URL", "http://example.com")
    findings = look()
    assert findings["settings"][0] is False
    assert "Python" in findings
    assert "Chromium" in findings
    with ScriptedGateway([]) as gateway:
        monkeypatch.setenv("TOPROUTER_BASE_URL", gateway.base_url)
        monkeypatch.setenv("TOPROUTER_API_KEY", "sk-two words of a key")
        findings = look()
    assert findings["key"][0] is False
    assert "two words" not in findings["key"][1]


def test_proxies_are_named_without_their_password(monkeypatch):
    """Every proxy of the environment is named, whatever its capitals; a login in it is hidden."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    assert doctor._proxies().text == "https_proxy=http://[hidden]@proxy.example:3128; no_proxy=localhost"


def test_weights_are_missing_damaged_or_there(tmp_path, monkeypatch):
    """Each state of the model's file is told apart; looking changes nothing."""
    assert doctor._weights().text == f"not fetched yet: the first use fetches 93 MB to {tmp_path}"
    kept = tmp_path / SMOLLM2.file_name
    kept.write_bytes(b"half of it")
    finding = doctor._weights()
    assert (finding.is_ok, finding.text) == (None, f"{kept} is damaged; the first use fetches it again")
    assert kept.read_bytes() == b"half of it"
    monkeypatch.setenv("TOPROUTER_LOCAL_GGUF", str(tmp_path / "none.gguf"))
    assert doctor._weights().is_ok is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [("flags\t\t: fpu sse2 avx avx2 bmi1\n", True), ("flags\t\t: fpu sse2 avx\n", False), ("nothing here\n", None)],
)
def test_the_processor_is_asked_for_avx2(text, expected, tmp_path, monkeypatch):
    """On Linux with an x86-64 processor the flag decides; elsewhere nothing is claimed."""
    monkeypatch.setattr(doctor.platform, "system", lambda: "Linux")
    monkeypatch.setattr(doctor.platform, "machine", lambda: "x86_64")
    file = tmp_path / "cpuinfo"
    file.write_text(text)
    assert doctor._has_avx2(file) is expected
    assert doctor._has_avx2(tmp_path / "missing") is None
    monkeypatch.setattr(doctor.platform, "machine", lambda: "arm64")
    assert doctor._has_avx2(file) is None


def test_what_is_not_installed_comes_with_the_command():
    """A missing package, extra or browser is no fault, and its text says how to get it."""
    assert doctor._package("no-such-package") == ("no-such-package", None, "not installed: pip install no-such-package")
    finding = doctor._extra("plots", "no-such-package", "plot", "draws figures")
    assert finding == ("plots", None, "not installed: pip install 'toprouter_nb[plot]' draws figures")
    assert doctor._chromium(lambda _name: None) == ("Chromium", None, "not found: only the browser tests need it")
    assert doctor._chromium(lambda name: f"/bin/{name}").text == "/bin/chromium"


def test_looking_writes_nothing(tmp_path):
    """The cache folder is as empty afterwards as it was before."""
    with ScriptedGateway([]) as gateway:
        look(Settings(gateway.base_url))
    assert list(pathlib.Path(tmp_path).iterdir()) == []
