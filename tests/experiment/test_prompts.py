"""Whatever holds prompts becomes the same frame, and what is wrong with it is said before a call is made."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

import toprouter_nb as tr
from toprouter_nb.errors import ImageError, ParameterError
from toprouter_nb.experiment.prompts import read_prompts

ROWS = [
    {"id": "q1", "prompt": "What is 2 + 2?", "reference": "4", "cluster": "sums", "level": "easy"},
    {"id": "q2", "prompt": "What is 007 as text?", "reference": "007", "cluster": "sums", "level": "NA"},
    {"id": "q3", "prompt": 'Größe, in "quotes"\nand two lines?', "reference": "ja", "cluster": "words", "level": ""},
]


def written(folder, suffix):
    """Write the rows as a file of that kind and return its path."""
    path = folder / f"prompts{suffix}"
    if suffix == ".csv":
        pd.DataFrame(ROWS).to_csv(path, index=False, encoding="utf-8-sig")
    elif suffix == ".parquet":
        pd.DataFrame(ROWS).to_parquet(path)
    else:
        path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n\n", encoding="utf-8")
    return path


def test_a_long_field_is_read_and_nobodys_limit_is_lowered(tmp_path):
    """A prompt of half a megabyte is one, and a limit that somebody raised further stays where it was."""
    (tmp_path / "long.csv").write_text(f"prompt\n{'word ' * 100_000}\n")
    before = csv.field_size_limit(2**30)
    try:
        assert len(tr.load_prompts(tmp_path / "long.csv")["prompt"][0]) == 500_000
        assert csv.field_size_limit() == 2**30
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".ndjson", ".parquet"])
def test_every_kind_of_file_gives_the_same_frame(tmp_path, suffix):
    """A CSV, JSON lines and Parquet give what the list of dicts gives: texts stay texts, other columns stay."""
    path = written(tmp_path, suffix)
    expected = tr.load_prompts(ROWS)
    pd.testing.assert_frame_equal(tr.load_prompts(path), expected)
    pd.testing.assert_frame_equal(tr.load_prompts(str(path)), expected)
    pd.testing.assert_frame_equal(tr.load_prompts(pd.DataFrame(ROWS, index=[5, 6, 5])), expected)
    assert expected["reference"].tolist() == ["4", "007", "ja"]
    assert list(expected.columns) == ["id", "prompt", "reference", "cluster", "level"]


def test_a_frame_is_read_again_as_it_is():
    """What `load_prompts` gave can be passed to it, and to a grid, unchanged."""
    frame = tr.load_prompts(ROWS)
    pd.testing.assert_frame_equal(tr.load_prompts(frame), frame)
    assert [prompt.id for prompt in tr.Grid(frame[1:], "a/b").prompts] == ["q2", "q3"]


def test_ids_come_from_what_is_said():
    """Without ids, a prompt keeps its name wherever it stands; without clusters, it is its own."""
    first = tr.load_prompts(["Name a tree.", "Name a sea."])
    second = tr.load_prompts(["Name a star.", "Name a sea.", "¿?"])
    assert first["id"].tolist()[1] == second["id"].tolist()[1]
    assert first["id"].str.match(r"name-a-\w+-[0-9a-f]{8}$").all()
    assert second["id"].tolist()[2].startswith("prompt-")
    assert first["cluster"].tolist() == first["id"].tolist()
    assert first["reference"].tolist() == [None, None]


def test_gaps_are_none():
    """What pandas holds as missing is no reference, and the prompt stands for itself."""
    frame = pd.DataFrame({"prompt": ["a", "b", "c"], "reference": [np.nan, None, pd.NA], "cluster": ["x", None, "x"]})
    prompts = read_prompts(frame)
    assert [prompt.reference for prompt in prompts] == [None] * 3
    assert [prompt.cluster for prompt in prompts] == ["x", prompts[1].id, "x"]


def test_conversations_are_prompts():
    """A list of turns or of message dicts that ends with the user's is one prompt; a system message is added once."""
    spoken = [
        [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "?"},
        ],
        [tr.system("Be brief."), tr.user("Name a tree.")],
        "Name a sea.",
    ]
    frame = tr.load_prompts(spoken, system="You are terse.")
    turns = [prompt.turns for prompt in read_prompts(frame)]
    assert turns[0] == (tr.system("You are terse."), tr.user("Hi"), tr.assistant("Hello."), tr.user("?"))
    assert turns[1] == tuple(spoken[1])
    assert turns[2] == (tr.system("You are terse."), tr.user("Name a sea."))


def test_a_template_is_filled_from_the_columns():
    """Fields become values, doubled braces stay, and braces inside a value are never read."""
    table = [{"word": "{tree}", "n": 3, "to": "German"}]
    frame = tr.load_prompts(table, template="Say {word} {n} times in {{{to}}}", system="Speak {to}.", reference="word")
    assert frame.loc[0, "prompt"] == (tr.system("Speak German."), tr.user("Say {tree} 3 times in {German}"))
    assert frame.loc[0, "reference"] == "{tree}"
    assert list(frame.columns) == ["id", "prompt", "reference", "cluster", "word", "n", "to"]


def test_images_follow_the_text(tmp_path):
    """A column of images is sent behind the text: arrays, several, none; in a file, paths beside it."""
    pixels = np.zeros((4, 6), dtype=np.uint8)
    part = tr.image(pixels)
    table = pd.DataFrame({"prompt": ["a", "b", "c"], "photo": [pixels, [pixels, "https://example.com/x.png"], None]})
    turns = [prompt.turns[-1] for prompt in read_prompts(tr.load_prompts(table, images="photo"))]
    assert turns == [
        tr.user("a", part),
        tr.user("b", part, tr.image("https://example.com/x.png")),
        tr.user("c"),
    ]
    (tmp_path / "dot.png").write_bytes(part.data)
    (tmp_path / "table.csv").write_text("prompt,photo\na,dot.png\nb,\n")
    frame = tr.load_prompts(tmp_path / "table.csv", images=["photo"])
    assert [len(prompt.turns[-1].images) for prompt in read_prompts(frame)] == [1, 0]


def test_an_image_outside_of_the_folder_is_not_read(tmp_path):
    """A table from somebody else cannot name files elsewhere on this machine."""
    folder = tmp_path / "table"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(tr.image(np.zeros((2, 2), dtype=np.uint8)).data)
    for name in ("../secret.png", str(tmp_path / "secret.png")):
        (folder / "table.csv").write_text(f"prompt,photo\na,{name}\n")
        with pytest.raises(ImageError, match=r"Prompt 1, photo: .* lies outside of the table's folder"):
            tr.load_prompts(folder / "table.csv", images="photo")


def test_a_sample_is_the_same_for_a_seed():
    """`n` takes so many rows by chance, in the order of the source; more than there are takes all."""
    source = [f"Name {number}." for number in range(50)]
    sample = tr.load_prompts(source, n=7, seed=3)["prompt"].tolist()
    assert sample == tr.load_prompts(source, n=7, seed=3)["prompt"].tolist()
    assert sample == sorted(sample, key=source.index)
    assert sample != tr.load_prompts(source, n=7, seed=4)["prompt"].tolist()
    assert len(tr.load_prompts(source, n=80)) == 50


def test_parquet_without_pyarrow_is_said(tmp_path, monkeypatch):
    """The message names the extra to install."""
    path = written(tmp_path, ".parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ParameterError) as caught:
        tr.load_prompts(path)
    assert str(caught.value) == "Parquet files need pyarrow: pip install 'toprouter_nb[parquet]'."


FILES = {
    "ragged.csv": ("prompt,reference\na\n", "ragged.csv, line 2 has 1 fields where the first line names 2."),
    "twice.csv": ("prompt,prompt\na,b\n", "twice.csv has two columns of one name. Give each column its own."),
    "empty.csv": ("", "empty.csv holds no prompts."),
    "quote.csv": ('prompt\n"a\n', "quote.csv is damaged at line 2: unexpected end of data."),
    "latin.csv": (b"prompt\nGr\xf6\xdfe\n", "latin.csv is not in UTF-8. Save it as UTF-8, or read it with pandas and"),
    "list.jsonl": ('{"prompt": "a"}\n[1]\n', "list.jsonl, line 2 is no JSON object. Each line is one, such as"),
    "deep.jsonl": ("[" * 100_000, "deep.jsonl, line 1 is no JSON object. Each line is one, such as"),
    "not.parquet": ("PAR1", "not.parquet is no Parquet file that can be read: "),
    "table.xlsx": ("x", "table.xlsx is no table that can be read: use .csv, .jsonl, .ndjson, .parquet, or pass"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_a_typed_error(tmp_path, name):
    """The message names the file, the line and the way on."""
    content, message = FILES[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ParameterError) as caught:
        tr.load_prompts(tmp_path / name)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("What is 2 + 2?", {}, "Prompts themselves come in a list; made ones are called 'demo/arithmetic'"),
        ("nul\0.csv", {}, "nul\\x00.csv is no path: it has a null byte."),
        (7, {}, "Prompts come from a DataFrame, the path of a .csv, .jsonl or .parquet file, a list, or 'demo/NAME'; "),
        ("no such.csv", {}, "no such.csv cannot be read: No such file or directory."),
        ("demo/haiku", {}, "There are no prompts demo/haiku. There are: arithmetic, dates, json, letters, sorting, un"),
        (["a", " "], {}, "Prompt 2 is empty. Give each prompt a text, or leave the row out."),
        (["a", None], {}, "Prompt 2 is empty. Give each prompt a text, or leave the row out."),
        (["a", 7], {}, "Prompt 2 is a text, a Turn, or a list of turns or message dicts, not int."),
        (["a", "b", "a"], {}, "Prompts 1 and 3 say the same (a-"),
        ([*ROWS, ROWS[1] | {"prompt": "x"}], {}, "Prompts 2 and 4 have the same id (q2). Give each its own id."),
        ([{"id": " ", "prompt": "a"}], {}, "Prompt 1 has the id ' '. An id is a text of 1 to 200 printable characters"),
        ([{"id": 1.5, "prompt": "a"}], {}, "Prompt 1 has the id 1.5. An id is a text of 1 to 200 printable"),
        ([{"role": "user", "content": "a"}], {}, "A list of messages is one prompt. Put it into a list of prompts: "),
        ([[{"role": "assistant", "content": "a"}]], {}, "Prompt 1 ends with the assistant. The last turn of a prompt "),
        ([[{"role": "judge", "content": "a"}]], {}, "Prompt 1: "),
        ([[3]], {}, "Prompt 1: a list of turns holds Turn or message dicts, not int."),
        ([[]], {}, "Prompt 1 is empty. The last turn of a prompt is the user's."),
        ([{"word": "a"}], {}, "There is no column 'prompt'. Columns are: word. Name the prompt's column 'prompt', or "),
        (
            ["a"],
            {"reference": "gold"},
            "There is no column 'gold'. Columns are: prompt. Pass one of them as reference=.",
        ),
        (["a"], {"images": "photo"}, "There is no column 'photo'. Columns are: prompt. Pass one of them as images=."),
        (
            ROWS,
            {"template": "{promt}"},
            "There is no column 'promt'. Columns are: id, prompt, reference, cluster, level",
        ),
        (ROWS, {"template": "{prompt"}, "The template has a brace alone, near '{prompt'. Write {column}, or double a "),
        (ROWS, {"template": 5}, "A template is a text with {column} in it, not 5."),
        ([{"a": 1}, {"a": None}], {"template": "{a}"}, "Prompt 2 has nothing in the column 'a', which its template "),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            {},
            "The columns of prompts have texts as names, each once, not [",
        ),
        (["a"], {"n": 0}, "n must be a whole number of 1 or more, not 0."),
        (["a"], {"seed": -1}, "seed must be a whole number from 0 to 4,294,967,295, not -1."),
    ],
)
def test_what_is_no_prompt_is_refused_early(source, options, message):
    """Each mistake is a typed error that names the prompt or the column and says what to do."""
    with pytest.raises(ParameterError) as caught:
        tr.load_prompts(source, **options)
    assert message in str(caught.value)
