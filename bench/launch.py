"""Start a command again and again and tell what each took: `python -I -S launch.py REPETITIONS COMMAND ARG...`.

Prints lines of `WALL_SECONDS CPU_SECONDS PEAK_KIB STATUS`. A process inherits the peak memory of the one that started it, so this
one imports next to nothing: what is told is a bare interpreter's at least.
"""

from __future__ import annotations

import os
import sys
import time


def main() -> None:
    command = sys.argv[2:]
    nothing = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nothing, descriptor) for descriptor in (0, 1, 2)]
    for _ in range(int(sys.argv[1])):
        start = time.perf_counter()
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - start
        print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


main()
