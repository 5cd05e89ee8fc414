#!/usr/bin/env python3
"""Types into `rekor sql` on a pseudo terminal and reads what it shows.

Usage: drive.py BINARY SERVER_PROCESS; the environment says where the server is.
"""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

BINARY, SERVER = sys.argv[1], int(sys.argv[2])
CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self):
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="xterm")
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            os.execv(BINARY, [BINARY, "sql"])
        self.shown = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern, seconds=20):
        """Waits for a text; what came up to its end is not looked at again."""
        end = time.monotonic() + seconds
        while True:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown)
            found = re.search(pattern, plain)
            if found:
                self.shown = plain[found.end() :]
                return found
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                sys.exit(f"no {pattern!r} within {seconds} s, but:\n{plain}")
            try:
                self.shown += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                sys.exit(f"the shell ended before {pattern!r}:\n{plain}")

    def ends(self):
        """The exit code, when it has ended."""
        end = time.monotonic() + 10
        while time.monotonic() < end:
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    os.read(self.master, 65536)
                except OSError:
                    pass
        sys.exit("the shell did not end")


def processor_time():
    with open(f"/proc/{SERVER}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


shell = Terminal()
shell.expect(r"database shop; \\\? helps")
shell.expect("shop=> ")

# A statement of several lines, in a box.
shell.type("SELECT 6 * 7\n")
time.sleep(0.2)
shell.type("AS answer;\n")
shell.expect(r"┌─answer─┐\s+1\. │\s+42 │")
shell.expect("shop=> ")

# \G is Vertical, once.
shell.type("SELECT 1 AS x, 'y' AS y\\G\n")
shell.expect(r"Row 1:\s+──────\s+x: 1\s+y: y")
shell.expect("shop=> ")

# Commands.
shell.type("\\?\n")
shell.expect("Tab completes")
shell.type("\\d\n")
shell.expect("documents")
shell.expect("items")
shell.expect("shop=> ")
shell.type("\\d items\n")
shell.expect(r"data\.amount.*Int64")
shell.expect(r"data\.label.*String")
shell.expect("shop=> ")
shell.type("\\d documents\n")
shell.expect("external_id")
shell.expect("shop=> ")
shell.type("\\d nothing\n")
shell.expect("no collection nothing")
shell.type("\\f lowerUTF\n")
shell.expect("lowerUTF8")
shell.type("\\timing\n")
shell.expect("timing is on")
shell.type("SELECT 1;\n")
shell.expect(r"1 row in [0-9.]+ ms")
shell.expect("shop=> ")
shell.type("\\format csvwithnames\n")
shell.expect("shop=> ")
shell.type("SELECT 'a' AS x;\n")
shell.expect('"x"\\s+"a"')
shell.expect("shop=> ")
shell.type("\\set n 5\n")
shell.expect("shop=> ")
shell.type("SELECT {n:UInt8} + 1 AS six;\n")
shell.expect('"six"\\s+6')
shell.expect("shop=> ")
shell.type("\\nonsense\n")
shell.expect("no command")

# An error has a caret, and the shell goes on.
shell.type("SELECT 1 FORM numbers(1) x y;\n")
shell.expect(r"error: ")
shell.expect(r"\n +\^")
shell.expect("shop=> ")

# Completion: a table, a path, a function, a collection, a format.
shell.type("SELECT count() FROM docu" + TAB)
shell.expect("FROM documents")
shell.type(" WHERE data.am" + TAB)
shell.expect(r"data\.amount")
shell.type(" >= 1 AND collection = 'it" + TAB)
shell.expect("'items")
shell.type("' FORMAT JSONEachR" + TAB + ";\n")
shell.expect(r'\{"count\(\)":2\}')
shell.expect("shop=> ")
shell.type("SELECT lowerUTF" + TAB + "'Ä') AS l;\n")
shell.expect("ä")
shell.expect("shop=> ")

# Ctrl-C at the prompt forgets the line.
shell.type("SELECT nonsense")
time.sleep(0.1)
shell.type(CTRL_C)
shell.expect("shop=> ")

# Ctrl-C while a query runs cancels it on the server, whose processor is free soon after.
before = processor_time()
shell.type("SELECT sum(length(repeat(toString(number), 700))) FROM numbers(1000000);\n")
while processor_time() - before < 0.3:
    time.sleep(0.02)
shell.type(CTRL_C)
began = time.monotonic()
shell.expect("cancelled")
shell.expect("shop=> ")
if time.monotonic() - began > 1:
    sys.exit("cancelling took more than a second")
time.sleep(0.2)
stopped = processor_time()
time.sleep(0.5)
if processor_time() - stopped > 0.1:
    sys.exit(f"the server went on for {processor_time() - stopped} s after Ctrl-C")

# The history comes back, also in the next shell.
shell.type(UP)
shell.expect("numbers\\(1000000\\)")
shell.type(CTRL_C)
# Between two lines the terminal is not the editor's.
time.sleep(0.3)
shell.type(CTRL_D)
if shell.ends() != 0:
    sys.exit("the shell failed")
shell = Terminal()
shell.expect("shop=> ")
shell.type(UP)
shell.expect("numbers\\(1000000\\)")
shell.type(CTRL_C)
time.sleep(0.3)
shell.type("\\q\n")
if shell.ends() != 0:
    sys.exit("\\q failed")
