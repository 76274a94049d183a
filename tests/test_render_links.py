"""Every link says where it leads."""

import pytest

from toprouter_nb.render import links
from toprouter_nb.render.markdown import render_markdown

LINK = '<a href="{0}" title="{0}" referrerpolicy="no-referrer" target="_blank" rel="noopener noreferrer">{1}</a>'


@pytest.mark.parametrize("address", ["https://a.test", "HTTP://a.test/x", "mailto:me@a.test"])
def test_three_schemes_are_links(address):
    """Links to http, https and mailto are links."""
    assert links.is_safe(address)
    assert 'rel="noopener noreferrer"' in render_markdown(f"[x]({address})")


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//evil.test", "/a", "a.md", "#x", "file:///x", "ftp://x.test", "https:", "https:///x"],
)
def test_other_addresses_stay_text(address):
    """Whatever else stands where an address does is shown as it was written, and leads nowhere."""
    assert not links.is_safe(address)
    assert render_markdown(f"[x]({address})") == f'<p dir="auto">[x]({address})</p>\n'


@pytest.mark.parametrize(
    ("text", "address", "is_misleading"),
    [
        ("the docs", "https://docs.test/", False),
        ("docs.test", "https://docs.test/a", False),
        ("https://docs.test/a", "https://docs.test/a", False),
        ("https://docs.test/b", "https://docs.test/a", False),
        ("DOCS.test", "https://docs.test", False),
        ("bank.test", "https://evil.test", True),
        ("bank\uff0etest", "https://evil.test", True),
        ("bank\u3002test", "https://evil.test", True),
        ("go to bank.test now", "https://evil.test", True),
        ("https://bank.test@evil.test/", "https://bank.test@evil.test/", True),
        ("bank.test", "https://bank.test@evil.test/", True),
        ("me@bank.test", "mailto:thief@evil.test", True),
        ("me@bank.test", "mailto:me@bank.test", False),
        ("mailto:me@bank.test", "mailto:me@bank.test", False),
        ("192.168.0.1", "https://evil.test", True),
        ("version 1.2.3", "https://evil.test", False),
        ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/", False),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com/", "https://xn--80ak6aa92e.com/", True),
    ],
)
def test_text_that_reads_like_another_address(text, address, is_misleading):
    """A text that names an address is held against the one it leads to."""
    assert links.misleads(text, address) is is_misleading


def test_a_misleading_link_names_its_host():
    """The true host stands behind the link."""
    html = render_markdown("[bank.test](https://evil.test/x)")
    link = LINK.format("https://evil.test/x", "bank.test")
    assert html == f'<p dir="auto">{link} <span class="tr-host">(evil.test)</span></p>\n'


def test_bare_addresses_are_links_without_the_sentence():
    """An address in a text is a link; the full stop and the bracket after it are not."""
    html = render_markdown("(see https://a.test/b_(c)?x=1&y=2).")
    shown = "https://a.test/b_(c)?x=1&amp;y=2"
    assert html == f'<p dir="auto">(see {LINK.format(shown, shown)}).</p>\n'


def test_remote_images_are_labelled_links():
    """A remote image becomes a link with its description and host; no image element is made."""
    html = render_markdown("![a chart](https://evil.test/p.png)")
    link = LINK.format("https://evil.test/p.png", "Image: a chart")
    assert html == f'<p dir="auto">{link} <span class="tr-host">(evil.test)</span></p>\n'


def test_an_image_inside_a_link_is_its_label():
    """A linked image keeps the link's address, and names its host where the description reads like another."""
    html = render_markdown("[![bank.test](https://i.test/x.png)](https://evil.test/)")
    link = LINK.format("https://evil.test/", "Image: bank.test")
    assert html == f'<p dir="auto">{link} <span class="tr-host">(evil.test)</span></p>\n'


def test_a_picture_address_is_no_link():
    """A data: address may be a picture, never a place to go."""
    assert render_markdown("[x](data:image/png;base64,AAAA)") == '<p dir="auto">x</p>\n'


def test_broken_addresses_have_no_host():
    """An address that no browser could open has the empty host."""
    assert links.host("https://[::1") == ""
