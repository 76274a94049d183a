"""`%%tr` and `%tr` in a real shell, asking a real server over loopback."""

import math

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from toprouter_nb import Conversation, Reply, configure, image, record, replay, testing, usage_table
from toprouter_nb.errors import NotFoundError, ParameterError
from toprouter_nb.testing import Fault

PICTURE = image("https://example.com/a.png")


@pytest.fixture
def shell():
    """Give a shell with the extension in it."""
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "toprouter_nb")
    yield shell
    shell.run_line_magic("unload_ext", "toprouter_nb")


@pytest.fixture
def gateway():
    """Give a server that answers one, two, three, and is where questions go."""
    with testing.ScriptedGateway(["one", "two", "three"]) as gateway:
        configure(base_url=gateway.base_url, api_key="test", model="any/model", display="text")
        yield gateway


def asked(gateway, number=-1):
    """Return the body of one of the requests the server got."""
    return gateway.requests[number].json


def test_a_cell_asks_and_returns_its_reply(shell, gateway, capsys):
    """The text is asked with the variables in it, the reply streams to the output and is the cell's value."""
    shell.user_ns["topic"] = "tides"
    reply = shell.run_cell_magic("tr", "-t 0.5", "Explain {topic}.\n")
    assert isinstance(reply, Reply)
    assert asked(gateway)["messages"] == [{"role": "user", "content": "Explain tides."}]
    assert asked(gateway)["temperature"] == 0.5
    assert capsys.readouterr().out == "one\n"


def test_a_named_conversation_goes_on_where_it_was(shell, gateway):
    """Questions under one name follow each other, those under another do not; the last named is in use."""
    shell.run_cell_magic("tr", "-c tutor -m maker/one", "First")
    shell.run_cell_magic("tr", "-c other", "Else")
    shell.run_cell_magic("tr", "-c tutor -m maker/two", "Second")
    assert [turn["content"] for turn in asked(gateway)["messages"]] == ["First", "one", "Second"]
    assert [request.json["model"] for request in gateway.requests] == ["maker/one", "any/model", "maker/two"]
    assert shell.run_line_magic("tr", "show").model == "maker/one"


def test_a_variable_that_is_a_conversation_is_known_by_its_name(shell, gateway):
    """A chat made in Python and the magics speak in the same conversation."""
    shell.user_ns["mine"] = Conversation("any/model", display=False)
    shell.run_cell_magic("tr", "-c mine", "Hello")
    assert shell.user_ns["mine"].last.text == "one"


def test_the_reply_goes_to_a_variable(shell, gateway):
    """With --as the cell has no value of its own."""
    assert shell.run_cell_magic("tr", "--as answer", "Hello") is None
    assert shell.user_ns["answer"].text == "one"


def test_an_image_goes_along(shell, gateway):
    """A variable named by --image is a part of the question; a text is refused, with what to write."""
    shell.user_ns |= {"picture": PICTURE, "path": "cat.png"}
    shell.run_cell_magic("tr", "--image picture", "What is it?")
    assert asked(gateway)["messages"][0]["content"][1]["type"] == "image_url"
    with pytest.raises(ParameterError, match=r"--image path is the text 'cat\.png'\. For a file use pathlib\.Path"):
        shell.run_cell_magic("tr", "--image path", "What is it?")


def test_a_plain_request_is_asked_for(shell, gateway):
    """--no-stream asks for the reply in one piece."""
    shell.run_cell_magic("tr", "--no-stream", "Hello")
    assert not asked(gateway).get("stream")


@pytest.mark.parametrize(
    ("line", "cell"), [("", "{nothing}"), ("--zzz", "Hi"), ("", " \n"), ("-t 9", "Hi"), ("-c ?", "Hi")]
)
def test_a_mistake_leaves_no_trace(shell, gateway, line, cell):
    """Nothing is sent, and no conversation has begun."""
    with pytest.raises(ParameterError):
        shell.run_cell_magic("tr", f"--system Terse {line}", cell)
    assert not gateway.requests
    with pytest.raises(ParameterError, match="There is none yet"):
        shell.run_line_magic("tr", "show")


def test_a_failed_question_keeps_the_conversation_as_it_was(shell):
    """An error of the server is raised, and the system text of that cell is taken back."""
    with testing.ScriptedGateway(["one", Fault(404), "two"]) as gateway:
        configure(base_url=gateway.base_url, api_key="test", model="any/model", display="text")
        shell.run_cell_magic("tr", "--system Terse", "Hello")
        with pytest.raises(NotFoundError):
            shell.run_cell_magic("tr", "--system Wordy", "Hello")
        chat = shell.run_line_magic("tr", "show")
        assert (chat.system, len(chat.turns)) == ("Terse", 3)


def test_an_error_is_an_error_of_the_cell(shell, gateway):
    """A notebook that is run by itself stops at a magic that failed."""
    assert isinstance(shell.run_cell("%%tr --zzz\nHello").error_in_exec, ParameterError)


def test_a_mistake_on_the_line_is_told_without_the_lines_of_the_parser(shell, gateway):
    """The error is what was wrong and nothing else: no file of Python's own, no number of a line there."""
    with pytest.raises(ParameterError) as caught:
        shell.run_cell_magic("tr", "--zzz", "Hello")
    assert "self.error" not in "".join(caught.value._render_traceback_())


def test_help_prints_and_asks_nothing(shell, gateway, capsys):
    """%%tr --help and %tr help tell what there is; the second also where a cell has no text yet."""
    shell.run_cell_magic("tr", "--help", "anything")
    shell.run_line_magic("tr", "")
    printed = capsys.readouterr().out
    assert printed.count("--max-tokens N") == 4
    assert "%tr fork NAME NEW" in printed
    assert not gateway.requests


def test_the_line_keeps_conversations_in_order(shell, gateway, capsys):
    """Fork, undo, use, list and reset do what they say."""
    shell.run_cell_magic("tr", "-c tutor", "First")
    fork = shell.run_line_magic("tr", "fork tutor other")
    shell.run_cell_magic("tr", "", "Second")
    assert len(fork.turns) == 4
    shell.run_line_magic("tr", "undo 2 other")
    assert not fork.turns
    assert len(shell.run_line_magic("tr", "use tutor").turns) == 2
    frame = shell.run_line_magic("tr", "list")
    assert frame["name"].tolist() == ["tutor", "other"]
    assert frame["turns"].tolist() == [2, 0]
    assert frame["in_use"].tolist() == [True, False]
    assert len(shell.run_line_magic("tr", "usage tutor")) == 1
    shell.run_line_magic("tr", "reset tutor")
    with pytest.raises(ParameterError, match=r"There is no conversation named 'tutor'\. There are: other\."):
        shell.run_line_magic("tr", "use tutor")
    assert "'tutor' is forgotten" in capsys.readouterr().out


def test_what_had_a_name_before_is_kept(shell, gateway, tmp_path, capsys):
    """Fork and load put nothing out of reach, and every conversation has its name in the ledger, too."""
    shell.run_cell_magic("tr", "-c tutor", "First")
    path = str(tmp_path / "a chat.json")
    shell.run_line_magic("tr", f"save '{path}'")
    shell.run_cell_magic("tr", "-c tutor", "Second")
    loaded = shell.run_line_magic("tr", f'load "{path}" tutor')
    assert len(loaded.turns) == 2
    assert "What 'tutor' was before is 'tutor.before' now." in capsys.readouterr().out
    assert len(shell.run_line_magic("tr", "use tutor.before").turns) == 4
    frame = usage_table()
    assert frame["conversation_name"].tolist()[-2:] == ["tutor", "tutor"]


def test_undo_takes_a_number_and_a_name_in_any_order(shell, gateway):
    """What is no count of questions is told as such, and not looked for among the names."""
    for text in ("First", "Second", "Third"):
        shell.run_cell_magic("tr", "-c tutor", text)
    shell.run_line_magic("tr", "undo tutor 1")
    shell.run_line_magic("tr", "undo 1 tutor")
    assert len(shell.run_line_magic("tr", "show").turns) == 2
    for wrong in ("-1", "1.5", "0"):
        with pytest.raises(ParameterError, match=f"from 1 to 1, the questions asked, not '?{wrong}'?"):
            shell.run_line_magic("tr", f"undo {wrong}")


def test_files_are_named_by_variables_too(shell, gateway, tmp_path):
    """What is saved is loaded, and exported for reading, under a path with a {variable} in it."""
    shell.user_ns["folder"] = tmp_path
    shell.run_cell_magic("tr", "", "First")
    shell.run_line_magic("tr", "save {folder}/a.json")
    shell.run_line_magic("tr", "export {folder}/a.md")
    assert len(shell.run_line_magic("tr", "load {folder}/a.json other").turns) == 2
    assert "First" in (tmp_path / "a.md").read_text()
    with pytest.raises(ParameterError, match="export"):
        shell.run_line_magic("tr", "save {folder}/b.md")


def test_an_extension_that_is_loaded_anew_has_its_conversations(shell, gateway):
    """%reload_ext takes nothing away, and %load_ext a second time changes nothing."""
    shell.run_cell_magic("tr", "-c tutor", "First")
    for again in ("reload_ext", "load_ext"):
        shell.run_line_magic(again, "toprouter_nb")
    assert len(shell.run_line_magic("tr", "use tutor").turns) == 2
    assert shell.run_cell_magic("chat", "", "Second").text == "two"


def test_a_request_is_looked_into_without_a_trace(shell, gateway):
    """%tr xray expands what %%tr would expand, sends nothing and begins no conversation."""
    shell.user_ns["topic"] = "tides"
    assert "Explain tides" in repr(shell.run_line_magic("tr", "xray Explain {topic}"))
    assert not gateway.requests
    with pytest.raises(ParameterError, match="There is none yet"):
        shell.run_line_magic("tr", "show")


def test_branches_are_drawn(shell, gateway):
    """%tr tree shows what undo left."""
    shell.run_cell_magic("tr", "", "First")
    shell.run_line_magic("tr", "undo")
    shell.run_cell_magic("tr", "", "Second")
    assert len(shell.run_line_magic("tr", "tree").to_frame()) == 4


def test_an_interrupt_is_told_in_a_line(shell, gateway):
    """Ctrl+C on a terminal ends the cell without a wall of our own lines, and keeps what had arrived."""

    def interrupt(*_):
        raise KeyboardInterrupt

    shell.user_ns["interrupt"] = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        shell.run_cell_magic("tr", "", "{interrupt()}")
    assert caught.value._render_traceback_()[-1].startswith("KeyboardInterrupt: Stopped.")


def test_only_our_own_magics_are_taken_out(gateway):
    """What another extension put in their place since then stays."""
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "toprouter_nb")
    shell.register_magic_function(lambda line: "theirs", "line", "tr")
    shell.run_line_magic("unload_ext", "toprouter_nb")
    assert shell.run_line_magic("tr", "") == "theirs"
    assert shell.find_cell_magic("tr") is None


def test_a_lesson_answers_a_cell(shell, gateway, tmp_path):
    """A recorded cell is played again with neither key nor server."""
    with record(tmp_path / "lesson.jsonl"):
        shell.run_cell_magic("tr", "-c first", "Hello")
    with replay(tmp_path / "lesson.jsonl", speed=math.inf):
        assert shell.run_cell_magic("tr", "-c second", "Hello").text == "one"
        with pytest.raises(ParameterError, match="Hello"):
            shell.run_cell_magic("tr", "-c third", "Hallo")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lst", "%tr knows no command 'lst'. Did you mean list? To ask a question use %%tr."),
        ("use", "It is: %tr use NAME."),
        ("fork a", "It is: %tr fork NAME NEW."),
        ("undo 1 1", "It is: %tr undo [N] [NAME]."),
        ("undo a b", "It is: %tr undo [N] [NAME]."),
        ("use nobody", "There is no conversation named 'nobody'. There is none yet; %%tr begins one."),
    ],
)
def test_a_wrong_command_says_what_is_right(shell, line, message):
    """Unknown commands and missing words are told with what to type."""
    with pytest.raises(ParameterError) as caught:
        shell.run_line_magic("tr", line)
    assert str(caught.value) == message


def test_models_are_listed(shell, gateway):
    """%tr models is the table of tr.models, searched by words."""
    assert shell.run_line_magic("tr", "models scripted vision")["id"].tolist() == ["scripted/vision"]


def test_another_extensions_short_name_is_left_alone(gateway):
    """%%chat is taken only where nobody has it, and only ours is taken out again."""
    shell = InteractiveShell()
    shell.register_magic_function(lambda line, cell: "theirs", "cell", "chat")
    shell.run_line_magic("load_ext", "toprouter_nb")
    assert shell.run_cell_magic("chat", "", "Hello") == "theirs"
    shell.run_line_magic("unload_ext", "toprouter_nb")
    assert shell.find_cell_magic("chat") is not None
    assert shell.find_cell_magic("tr") is None


def test_the_short_name_asks_too(shell, gateway):
    """Where it is free, %%chat is %%tr."""
    assert shell.run_cell_magic("chat", "", "Hello").text == "one"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("%%tr --max", ["--max-tokens"]),
        ("%%tr -m scripted/vi", ["scripted/vision"]),
        ("%%tr -m local/smollm2-135m-", ["local/smollm2-135m-fewshot"]),
        ("%%tr -c tu", ["tutor"]),
        ("%%tr --image pic", ["picture"]),
        ("%tr un", ["undo"]),
        ("%tr use tu", ["tutor"]),
    ],
)
def test_tab_completes_options_names_and_model_ids(shell, gateway, typed, expected):
    """Tab offers what can stand there, whole and alone, also ids with a colon and a slash."""
    shell.run_line_magic("tr", "models")
    shell.run_cell_magic("tr", "-c tutor", "Hello")
    shell.user_ns["picture"] = PICTURE
    with provisionalcompleter():
        offered = [completion.text for completion in shell.Completer.completions(typed, len(typed))]
    assert [text for text in offered if text in expected] == expected
    assert len(offered) == len(expected)
