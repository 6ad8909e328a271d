"""What a command says, and where: results on stdout, messages and progress on stderr."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from crawler.output import Output, one_line, printable

WORKING = """
import sys, time
from crawler.output import Output, SHOWN_AFTER
with Output().progress() as progress:
    time.sleep(SHOWN_AFTER + 0.05)
    for done in range(4):
        progress("pages read \\x1b[31m", done, 4)
        time.sleep(0.3)
    print("a result")
"""


def on_a_terminal(stdout: int) -> str:
    """What a terminal on stderr is sent while WORKING runs."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(
        [sys.executable, "-c", WORKING],
        stdout=stdout,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:  # the terminal's other side is closed: the process ended
        pass
    finally:
        os.close(ours)
    assert ran.wait() == 0
    return said.decode()


def test_progress_is_shown_on_a_terminal_and_results_stay_on_stdout(tmp_path: Path) -> None:
    with (tmp_path / "results").open("wb") as results:
        said = on_a_terminal(results.fileno())

    assert "pages read [31m" in said, "a page's control characters are taken out"
    assert "/4" in said
    assert (tmp_path / "results").read_text() == "a result\n"


def test_progress_is_silent_where_stderr_is_no_terminal() -> None:
    ran = subprocess.run([sys.executable, "-c", WORKING], capture_output=True, text=True, check=True)

    assert ran.stdout == "a result\n"
    assert ran.stderr == ""


def test_control_characters_of_a_page_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b]0;title\x07b\x9b31m\tc\u202e") == "a]0;titleb31m\tc\u202e"


def test_a_name_cannot_write_lines_of_its_own_or_turn_them_around() -> None:
    assert one_line("а б.warc.gz") == "а б.warc.gz"
    assert one_line("a\n✓ ok\r\x1b[31m\u202e\u2028\udcff") == "a\\n✓ ok\\r\\x1b[31m\\u202e\\u2028\\udcff"


def test_style_is_plain_where_colour_is_off() -> None:
    assert Output(color=False).style("x", "bad") == "x"
    assert Output(color=True).style("x", "bad") == "\x1b[1;31mx\x1b[0m"
