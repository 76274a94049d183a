"""A JupyterLab server in a process group of its own, and a notebook in it as a person would use it.

Knows nothing of the package under test; commands go through JupyterLab's own command registry, never its toolbars.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat

PROJECT = Path(__file__).parents[2]
START_SECONDS = 60
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_IDLE = """async () => {
  const widget = window.jupyterapp.shell.currentWidget;
  await widget.context.ready;
  const kernel = () => widget.sessionContext.session?.kernel;
  while (kernel()?.status !== 'idle') await new Promise(done => setTimeout(done, 50));
}"""
_RUN = """async index => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index;
  await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


class LabServer:
    """JupyterLab on a free loopback port, with scratch folders and a random token. A context manager.

    Parameters
    ----------
    folder
        An empty folder; `folder/root` is what the server shows.
    """

    def __init__(self, folder):
        self.root = folder / "root"
        self._folder = folder
        self._token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self):
        self.root.mkdir()
        self._write_settings()
        self._log = (self._folder / "log.txt").open("wb")
        self._process = subprocess.Popen(
            self._command(), env=self._environment(), stdout=self._log, stderr=self._log, start_new_session=True
        )
        self._wait()
        return self

    def __exit__(self, *_):
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._log.close()

    def address(self, name, face="lab/tree"):
        """Return the address of a notebook in a fresh workspace; the face "notebooks" is Notebook 7."""
        return f"http://127.0.0.1:{self.port}/{face}/{name}?reset&token={self._token}"

    def add_kernel(self, name, folder):
        """Offer another kernel: this environment's Python, with the ipykernel that is installed in `folder`."""
        place = self._folder / "jupyter_data_dir" / "kernels" / name
        place.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        path = os.pathsep.join([str(folder), str(PROJECT)])
        spec = {"argv": command, "display_name": name, "language": "python", "env": {"PYTHONPATH": path}}
        (place / "kernel.json").write_text(json.dumps(spec))

    def _command(self):
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.port,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.root_dir": self.root,
            "IdentityProvider.token": self._token,
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
            "LabApp.user_settings_dir": self._folder / "settings",
            "LabApp.workspaces_dir": self._folder / "workspaces",
        }
        return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]

    def _environment(self):
        scratch = {
            name: str(self._folder / name.lower())
            for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME")
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "TOPROUTER"))}
        return kept | scratch | {"PYTHONPATH": str(PROJECT)}

    def _write_settings(self):
        folder = self._folder / "settings" / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True)
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        (folder / "notification.jupyterlab-settings").write_text(json.dumps(quiet))

    def _wait(self):
        end = time.monotonic() + START_SECONDS
        address = f"http://127.0.0.1:{self.port}/api/status?token={self._token}"
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(address, timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        message = f"JupyterLab did not start: {(self._folder / 'log.txt').read_text()[-2000:]}"
        raise RuntimeError(message)


class Notebook:
    """One notebook in one browser page.

    Life: `open`, `run` cells, look, `save`, `reopen`, `shut_down`.
    """

    def __init__(self, lab, page, name):
        self._lab = lab
        self.page = page
        self._face = "lab/tree"
        self.path = lab.root / name

    def open(self, cells, *, theme=None, kernel="python3", face="lab/tree"):
        """Write the notebook with these cells and open it; `theme` is "dark" or "contrast"."""
        self._face = face
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        made.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        nbformat.write(made, self.path)
        self.reopen()
        self.page.evaluate(_IDLE)
        if theme:
            self.set_theme(theme)

    def reopen(self):
        """Load the page anew."""
        self.page.goto(self._lab.address(self.path.name, self._face))
        self.page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.context?.isReady")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell")

    def set_theme(self, theme):
        """Switch JupyterLab's theme."""
        name = {"dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast", "light": "JupyterLab Light"}
        self.page.evaluate(
            "name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name[theme]
        )
        light = "true" if theme == "light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")

    def hide_side(self):
        """Close the side panel, to leave the notebook the whole width."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")

    def run(self, index, *, wait=True):
        """Run one cell; with `wait`, until it is done."""
        if wait:
            self.page.evaluate(_RUN, index)
        else:
            self.page.evaluate(f"index => {{ ({_RUN})(index); }}", index)

    def interrupt(self):
        """Interrupt the kernel, as the Stop button of the toolbar does."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')")

    def output(self, index):
        """Return the locator of a cell's whole output area."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".jp-Cell-outputWrapper")

    def save(self):
        """Save, and return the file's content."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        return nbformat.read(self.path, as_version=4)

    def shut_down(self):
        """End the kernel, if there is one."""
        self.page.evaluate("async () => { await window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown(); }")
