"""Each scorer says what it promises, in bounded time, and an answer that cannot be scored is an error, not a zero."""

import time

import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ParameterError
from toprouter_nb.experiment.scorers.function import read_scorers
from toprouter_nb.experiment.scorers.quantities import read_numbers

S = tr.scorers


def score(scorer, answer, reference=None):
    """Return the number a scorer gives an answer."""
    given = scorer({"answer": answer, "reference": reference})
    return float(given["value"] if isinstance(given, dict) else given)


@pytest.mark.parametrize(
    ("scorer", "answer", "reference", "expected"),
    [
        (S.exact(), " Paris\n", "Paris", 1),
        (S.exact(), "paris", "Paris", 0),
        (S.exact(ignore_case=True), "STRASSE", "Straße", 1),
        (S.exact(), "Gro\u0308ße", "Größe", 1),
        (S.exact(), "42", 42, 1),
        (S.exact(), "b", ["a", "b"], 1),
        (S.exact(), "", "x", 0),
        (S.contains(), "It is Paris.", "Paris", 1),
        (S.contains(), "It is 140.", "14", 1),
        (S.contains(whole_words=True), "It is 140.", "14", 0),
        (S.contains(whole_words=True), "It is 14.", "14", 1),
        (S.contains(whole_words=True), "C++ it is", "C++", 1),
        (S.contains("sorry", ignore_case=True), "Sorry, no.", None, 1),
        (S.contains(), "a or c", ["b", "c"], 1),
        (S.regex(r"^\d+$"), "so:\n42\nok", None, 1),
        (S.regex(r"PARIS", ignore_case=True), "paris", None, 1),
        (S.regex(r"Answer: (\w+)", group=1), "Answer: Rome. No! Answer: Paris", "Paris", 1),
        (S.regex(r"Answer: (?P<city>\w+)", group="city"), "Answer: Rome", "Paris", 0),
        (S.regex(r"Answer: (\w+)", group=1), "I do not know.", "Paris", 0),
        (S.similarity(), "The cat sat.", "the  CAT sat.", 1),
        (S.similarity(), "abc", "xyz", 0),
        (S.similarity(), "", "x", 0),
        (S.similarity(passing=0.5), "The cat sat.", ["dogs", "The cat sat"], pytest.approx(11 / 156**0.5)),
        (S.numeric(), "2 + 2 = 4", "4", 1),
        (S.numeric(), "It is 1,234.50 dollars", 1234.5, 1),
        (S.numeric(), "It is \u22125", "-5", 1),
        (S.numeric(), "5kg", 5, 1),
        (S.numeric(), "none", 5, 0),
        (S.numeric(tol=0.01), "about 3.14", "3.1416", 1),
        (S.numeric(tol=0.001), "about 3.14", "3.1416", 0),
        (S.numeric(relative=0.1), "110", "100", 1),
        (S.numeric(relative=0.09), "110", "100", 0),
        (S.numeric(which="first"), "4, not 5", "4", 1),
        (S.numeric(which="only"), "4, not 5", "4", 0),
        (S.numeric(which="only"), "4", "4", 1),
        (S.numeric(), "0.1", 0.1, 1),
        (S.numeric(), "12345678901234567890123456789012345678901", "12345678901234567890123456789012345678902", 0),
        (S.numeric(), "1e99999999999999999999", "5", 0),
        (S.numeric(), "1e400000000", "5", 0),
        (S.numeric(), "9" * 100_000, "5", 0),
        (S.json_schema({"type": "object"}), '{"a": 1}', None, 1),
        (S.json_schema({"type": "object"}), 'Here:\n```json\n{"a": 1}\n```\nDone.', None, 1),
        (S.json_schema({"type": "object"}, fenced=False), '```json\n{"a": 1}\n```', None, 0),
        (S.json_schema({"type": "object"}), "[1]", None, 0),
        (S.json_schema({"type": "object"}), "no JSON", None, 0),
        (S.json_schema({"type": "array"}), "[" * 200_000, None, 0),
        (S.json_schema({"pattern": "^a+$"}), '"aaa"', None, 1),
    ],
)
def test_a_scorer_gives_what_it_promises(scorer, answer, reference, expected):
    """Right, wrong and odd answers get the score the documentation says."""
    assert score(scorer, answer, reference) == expected


def test_similarity_is_symmetric_and_between_zero_and_one():
    """Exchanging answer and reference changes nothing."""
    texts = ["The cat sat.", "A cat sits", "Katze", "", "aaaa", "sat cat the"]
    for one in texts:
        for other in texts:
            assert score(S.similarity(), one, other) == score(S.similarity(), other, one)
            assert 0 <= score(S.similarity(), one, other) <= 1


def test_similarity_takes_linear_time():
    """A million characters take well under three seconds."""
    began = time.perf_counter()
    assert score(S.similarity(), "the cat sat " * 80_000, "a cat sits " * 80_000) > 0.3
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("make", [S.exact, S.contains, S.numeric, S.similarity])
def test_no_reference_is_an_error(make):
    """An answer that cannot be compared gets no score: the scorer says what is missing."""
    with pytest.raises(ParameterError) as caught:
        score(make(), "4", None)
    message = "This prompt has no reference to compare with. Add a column reference to the prompts."
    assert str(caught.value) == message


def test_a_reference_that_is_no_number_is_an_error():
    """`numeric` does not guess."""
    with pytest.raises(ParameterError) as caught:
        score(S.numeric(), "4", "four")
    assert str(caught.value) == "The reference 'four' is not one number."


@pytest.mark.parametrize(
    "scorer",
    [S.regex(r"^(a|a)*$(?<=b)", seconds=0.2), S.regex(r"(a|aa)+$", group=1, seconds=0.2)],
    ids=["search", "group"],
)
def test_a_catastrophic_pattern_is_stopped(scorer):
    """A pattern that would run for years ends within its time, as that row's error."""
    began = time.perf_counter()
    with pytest.raises(ParameterError) as caught:
        score(scorer, "a" * 5_000 + "!", "a")
    assert str(caught.value).startswith("The pattern took longer than 0.2 s on this answer.")
    assert time.perf_counter() - began < 2


def test_a_catastrophic_pattern_in_a_schema_is_stopped():
    """The keyword `pattern` is bounded too."""
    with pytest.raises(ParameterError, match=r"The pattern took longer than 1 s on this answer\."):
        score(S.json_schema({"pattern": r"^(a|a)*$(?<=b)"}), f'"{"a" * 5_000}!"')


def test_the_schema_says_what_is_wrong():
    """The details name the place and the rule; a schema never fetches what it refers to."""
    scorer = S.json_schema({"properties": {"age": {"type": "integer"}}})
    given = scorer({"answer": '{"age": "old"}'})
    assert given == {"value": 0.0, "passed": False, "problem": "$.age: 'old' is not of type 'integer'"}
    with pytest.raises(ParameterError, match="The schema refers to what is not in it: "):
        score(S.json_schema({"$ref": "https://example.com/schema.json"}), "1")
    assert S.json_schema({"type": "object"}).version != S.json_schema({"type": "array"}).version


def test_numbers_are_read_as_they_are_written():
    """Signs, thousands, exponents and units are read; versions, dates and names are not numbers."""
    text = "-5 +3 1,000,000 .5 2.50 6e-3 7km 50% (8) 1.2.3 B12 v2 1,23 3."
    expected = ["-5", "3", "1000000", "0.5", "2.50", "0.006", "7", "50", "8", "3"]
    assert [str(number) for number in read_numbers(text)] == expected


def test_reading_numbers_takes_linear_time():
    """Digits, commas and signs without end are passed over in well under two seconds."""
    began = time.perf_counter()
    for text in ("1" * 200_000, "1," * 100_000, "111," * 50_000, "-" * 200_000, "1e" * 100_000, "." * 200_000):
        read_numbers(text)
    assert time.perf_counter() - began < 2


def test_a_function_becomes_a_scorer():
    """With and without brackets, named after the function or otherwise, and still callable with a row."""

    @tr.scorer
    def plain(row):
        """Say whether it is short."""
        return len(row.answer) < 5

    @tr.scorer(version="2b", name="other")
    def named(row):
        return 0.5

    assert (plain.name, plain.version, plain.__doc__) == ("plain", "1", "Say whether it is short.")
    assert (named.name, named.version, repr(named)) == ("other", "2b", "Scorer('other', version=2b)")
    assert plain({"answer": "yes"}) is True


def test_scorers_are_read_in_any_form():
    """A list, one alone, and those that need nothing as they are; options are part of the name."""
    names = [s.name for s in read_scorers([S.exact, S.contains("x", ignore_case=True), S.numeric(tol=1e-6)])]
    assert names == ["exact", "contains(text='x', ignore_case=True)", "numeric(tol=1e-06)"]
    assert [s.name for s in read_scorers(S.exact)] == ["exact"]
    assert [s.name for s in read_scorers(S.regex("a", group=None))] == ["regex('a')"]
    assert read_scorers([]) == []


async def waits(row):
    """Score nothing."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: read_scorers([S.regex]), "scorers.regex needs pattern: write scorers.regex(pattern=...)."),
        (lambda: read_scorers([len]), "'len' is no scorer. Put @scorer(version=1) above the function."),
        (lambda: read_scorers(["exact"]), "'exact' is no scorer. See toprouter_nb.scorers."),
        (
            lambda: read_scorers([S.exact, S.exact()]),
            "Two scorers have the name 'exact'. Give one another with @scorer(name=...).",
        ),
        (lambda: tr.scorer(lambda: 1), "<lambda> cannot be called with a row alone: def f(row): ..."),
        (lambda: tr.scorer(version=1.5)(len), "A scorer's version is a number or a text, not 1.5."),
        (lambda: tr.scorer(name="")(len), "A scorer's name is a text of 1 to 200 printable characters, not ''."),
        (lambda: S.regex("("), "The pattern '(' is no regular expression: missing ) at position 1."),
        (lambda: S.regex(""), "A pattern is a text that is not empty, not ''."),
        (lambda: S.regex("a", group=1), "The pattern has no group 1. It has 0."),
        (lambda: S.numeric(tol=-1), "tol is a number of 0 or more, not -1."),
        (lambda: S.numeric(which="all"), "which is 'last', 'first' or 'only', not 'all'."),
        (lambda: S.similarity(passing=2), "passing is a score from 0 to 1, not 2."),
        (
            lambda: S.contains(" "),
            "scorers.contains looks for a text that is not empty, or for the reference when none is given.",
        ),
        (lambda: S.json_schema([]), "A JSON schema is a dict, not list."),
        (
            lambda: S.json_schema({"type": "int"}),
            "The JSON schema is none, at $.type: 'int' is not valid under any of the given schemas.",
        ),
    ],
)
def test_what_is_no_scorer_is_refused_early(make, message):
    """A mistake is a typed error when the scorer is made, before a call is paid."""
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


def test_a_coroutine_is_no_scorer():
    """A function that would have to be awaited is refused."""
    with pytest.raises(ParameterError, match=r"A scorer is a plain function of a row, not <function waits"):
        tr.scorer(waits)


def test_a_missing_library_is_said(monkeypatch):
    """The message names the extra to install."""
    monkeypatch.setitem(__import__("sys").modules, "jsonschema", None)
    with pytest.raises(ParameterError) as caught:
        S.json_schema({})
    assert str(caught.value) == "scorers.json_schema needs jsonschema: pip install 'toprouter_nb[schema]'."
