"""Types a line, a Tab and Enter into an interactive shell in which ptl-cert says what it was given, and prints what the
terminal shows until that has a word: drive.py SHELL SCRIPT LINE WORD."""

import os
import pty
import select
import sys
import time

shell, script, line, word = sys.argv[1:5]
start = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}[shell]
ready = {
    "bash": "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; source '%s'; ptl-cert() { echo \"<$*>\"; }; echo rea''dy\n",
    "zsh": "autoload -U compinit; compinit -u -D; source '%s'; compdef _ptl-cert ptl-cert; ptl-cert() { echo \"<$*>\"; }; echo rea''dy\n",
    "fish": "source '%s'; function ptl-cert; echo \"<$argv>\"; end; echo rea''dy\n",
}[shell] % script

pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb" if shell != "fish" else "vt100", HOME=os.path.dirname(script), LC_ALL="C.UTF-8")
    os.execvp(start[0], start)

seen = b""


def read_until(wanted, seconds):
    global seen
    end = time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break


os.write(terminal, ready.encode())
read_until(b"ready\r\n", 30)
seen = b""
os.write(terminal, line.encode() + b"\t")
# The shell asks the script before it reads on.
read_until(word.encode(), 1)
os.write(terminal, b"\n")
read_until(word.encode() + b">", 20)
sys.stdout.write(seen.decode(errors="replace"))
os.kill(pid, 9)
