"""Runs a program on a terminal of its own: what it wrote goes to standard output.

terminal.py [AT:KEYS | AT:ROWSxCOLUMNS]... -- PROGRAM ARGUMENT...

At AT seconds the keys are pressed, or the terminal takes another size. The exit status is the
program's; after CSILINK_TEST_PATIENCE seconds it is killed, and the status is 99.
"""
import fcntl, os, pty, re, select, struct, sys, termios, time

split = sys.argv.index("--")
actions = [(float(a.split(":", 1)[0]), a.split(":", 1)[1]) for a in sys.argv[1:split]]
program = sys.argv[split + 1:]
patience = float(os.environ.get("CSILINK_TEST_PATIENCE", "60"))


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


child, fd = pty.fork()
if child == 0:
    time.sleep(0.1)  # until the terminal has its size
    os.execv(program[0], program)
resize(fd, 24, 100)
start = time.monotonic()
while time.monotonic() - start < patience:
    while actions and time.monotonic() - start >= actions[0][0]:
        action = actions.pop(0)[1]
        size = re.fullmatch(r"(\d+)x(\d+)", action)
        if size:
            resize(fd, int(size[1]), int(size[2]))
        else:
            os.write(fd, action.encode())
    if not select.select([fd], [], [], 0.02)[0]:
        continue
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b""
    if not data:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
os.kill(child, 9)
sys.exit(99)
