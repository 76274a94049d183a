"""The caps of images: exact at the limit, and both sizes in the message."""

import pytest

from toprouter_nb.errors import ImageError
from toprouter_nb.images.caps import CAPS, check_file_bytes, check_pixels, check_sent


@pytest.mark.parametrize(
    ("check", "sizes"),
    [
        (check_file_bytes, (1,)),
        (check_file_bytes, (CAPS.file_bytes,)),
        (check_pixels, (1, 1)),
        (check_pixels, (CAPS.pixels, 1)),
        (check_pixels, (CAPS.side_pixels, CAPS.side_pixels)),
        (check_sent, (CAPS.sent_bytes, CAPS.side_pixels, CAPS.side_pixels)),
    ],
)
def test_what_is_at_the_limit_passes(check, sizes):
    """The largest size that is allowed is allowed."""
    assert check(*sizes) is None


@pytest.mark.parametrize(
    ("check", "sizes", "words"),
    [
        (check_file_bytes, (CAPS.file_bytes + 1,), "67,108,865 bytes, and at most 67,108,864"),
        (check_pixels, (8_001, 8_000), "8001x8000, which is 64,008,000 pixels, and at most 64,000,000"),
        (check_sent, (CAPS.sent_bytes + 1, 10, 10), "20,971,521 bytes, and at most 20,971,520"),
        (check_sent, (1, 8_001, 1), "8001x1, and at most 8,000"),
        (check_sent, (1, 1, 8_001), "1x8001, and at most 8,000"),
    ],
)
def test_one_more_is_refused_with_both_sizes(check, sizes, words):
    """One byte or pixel more is too large, and the message says how large it is and how large it may be."""
    with pytest.raises(ImageError, match=words) as caught:
        check(*sizes)
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize(
    ("check", "sizes"), [(check_file_bytes, (0,)), (check_pixels, (0, 1)), (check_pixels, (1, -1))]
)
def test_nothing_is_refused(check, sizes):
    """An image without bytes or without pixels is no image, which is not a matter of its size."""
    with pytest.raises(ImageError) as caught:
        check(*sizes)
    assert caught.value.kind == "bad_request"


def test_advised_side_grows_with_the_root_of_the_bytes():
    """Four times too many bytes ask for half the side."""
    with pytest.raises(ImageError, match="max_side=2000\\."):
        check_sent(4 * CAPS.sent_bytes, 4_000, 3_000)
