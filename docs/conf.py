"""How the documentation is built: the README, the notebooks and the docstrings, nothing written twice.

One command, from the top of the project: sphinx-build -W -c docs . site
"""

import json
import re

import toprouter_nb

project = "toprouter_nb"
author = "the toprouter_nb authors"
project_copyright = author
release = toprouter_nb.__version__

root_doc = "docs/index"
include_patterns = ["docs/*.md", "notebooks/*.ipynb", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

myst_heading_anchors = 3
# The notebooks' stored outputs are shown; that they are what running them gives is the tests' business.
nb_execution_mode = "off"
# An answer's plain text is the last resort; what the notebook shows is its HTML.
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "text/plain", 100)]

# Docstrings are numpydoc; a line such as "Returns:" in one is a sentence.
napoleon_google_docstring = False
napoleon_use_rtype = False
# A single backtick is code here, as in the messages of the package.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "inherited-members": True, "exclude-members": "with_traceback, add_note"}

html_theme = "furo"
html_title = f"toprouter_nb {release}"
html_show_sphinx = False


def setup(app):
    """Let the first page begin with the README, and the notebooks look as in a notebook."""
    app.connect("source-read", _put_readme_first)
    app.connect("source-read", _leave_blank_outputs_out)


def _put_readme_first(app, name, source):
    if name == root_doc:
        readme = (app.srcdir / "README.md").read_text()
        # The README's links are those of the folder above this page's.
        source[0] = re.sub(r"\]\((?!\w+:)", "](../", readme) + source[0]


def _leave_blank_outputs_out(_, name, source):
    """Leave out the emptied outputs in which replies had grown; a notebook shows them as nothing."""
    if name.startswith("notebooks/"):
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = [one for one in cell["outputs"] if any(one.get("data", {"": one}).values())]
        source[0] = json.dumps(notebook)
