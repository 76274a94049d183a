"""Strategies that draw parts and turns of every kind."""

from hypothesis import strategies as st

from toprouter_nb.parts import IMAGE_TYPES, ImagePart, TextPart
from toprouter_nb.turns import Turn

texts = st.text().map(TextPart)
addresses = st.text(min_size=1).map(lambda text: ImagePart(url=f"https://example.com/{text}"))
pictures = st.builds(
    lambda data, media_type, note: ImagePart(data=data, media_type=media_type, width=4, height=3, note=note),
    st.binary(),
    st.sampled_from(IMAGE_TYPES),
    st.text(),
)
parts = st.one_of(texts, addresses, pictures)
roles = st.sampled_from(["system", "user", "assistant"])
turns = st.builds(Turn, roles, st.lists(parts, min_size=1, max_size=4), st.booleans())
