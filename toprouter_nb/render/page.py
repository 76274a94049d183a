"""A whole HTML page around a piece of ours, for files that are opened without Jupyter.

Knows nothing of files; the page forbids itself everything but its own style and pictures.
"""

from .fragment import Html, escape

# Defence in depth: even if something slipped through, the page could not run, fetch or send anything.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_page(title: str, body: Html) -> Html:
    """Return a complete page.

    Examples
    --------
    >>> render_page("A <b>", Html("<p>x</p>")).count("<b>")
    0
    """
    return Html(
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>body{margin:2rem auto;max-width:52rem;padding:0 1rem}"
        "@media (prefers-color-scheme: dark){body{background:#15191e}}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
