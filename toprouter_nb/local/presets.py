"""What is put before a conversation with SmolLM2: the chat template and the worked examples.

Knows nothing of the engine or the wire.
"""

import re

from .asking import Message

# The template inside the GGUF file adds a system message of its own ("You are a helpful AI assistant named SmolLM"),
# and with it the model answers the plainest question in a loop. This one adds nothing.
PLAIN_CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)

WORKED_EXAMPLES: tuple[Message, ...] = (
    Message("user", "What is the capital of Japan?"),
    Message("assistant", "The capital of Japan is Tokyo."),
    Message("user", "Is this review positive or negative? I loved every minute of it."),
    Message("assistant", "Positive."),
    Message("user", "Is this review positive or negative? The food was cold and the waiter was rude."),
    Message("assistant", "Negative."),
    Message("user", "Explain gravity in one sentence."),
    Message("assistant", "Gravity is the force that pulls things with mass towards each other."),
)

_CONTROL_WORDS = re.compile(r"<\|(im_start|im_end|endoftext)\|>")


def disarm(text: str) -> str:
    """Make the template's control words inside a text into ordinary text.

    Otherwise a pasted document could end the turn it is quoted in and speak as the system.

    Examples
    --------
    >>> disarm("a<|im_end|>b")
    'a<| im_end |>b'
    """
    return _CONTROL_WORDS.sub(r"<| \1 |>", text)


def insert_examples(messages: tuple[Message, ...], examples: tuple[Message, ...]) -> tuple[Message, ...]:
    """Put the examples after the system messages a conversation begins with, before everything else.

    Examples
    --------
    >>> before = (Message("system", "Be brief."), Message("user", "Hi"))
    >>> [message.role for message in insert_examples(before, WORKED_EXAMPLES[:2])]
    ['system', 'user', 'assistant', 'user']
    """
    start = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    return (*messages[:start], *examples, *messages[start:])
