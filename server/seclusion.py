"""Takes the network away from a child process: it cannot make a socket any more, nor can threads.

Law: what is taken is never given back; a process of a kind that this does not know goes on as it
was (its libraries are told to stay off the network too). Sources: seccomp(2), <linux/filter.h>,
<linux/seccomp.h>, <linux/audit.h>.
"""

import ctypes
import errno
import platform
import struct
import sys
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_LOAD_WORD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANSWER: Final = 0x06  # BPF_RET | BPF_K
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_CALL_AT: Final = 0  # in struct seccomp_data
_ARCHITECTURE_AT: Final = 4
_FIRST_X32_CALL: Final = 0x40000000  # the same calls under other numbers (x86-64 alone)
_URING_SETUP: Final = 425  # a ring opens sockets without that call; one number everywhere
# machine → (AUDIT_ARCH_…, number of socket(2))
_MACHINES: Final = {
    "x86_64": (0xC000003E, 41),
    "aarch64": (0xC00000B7, 198),
    "riscv64": (0xC00000F3, 198),
}


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def leave_the_network() -> bool:
    """Make every later socket(2) of this thread and its own fail; say whether that is so."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    steps = _steps(*machine)
    program = _Program(len(steps), b"".join(steps))
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(kernel.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _steps(architecture: int, socket_call: int) -> list[bytes]:
    """Return the filter: other architectures, x32's calls, sockets and rings are refused."""
    return [
        _step(_LOAD_WORD, _ARCHITECTURE_AT),
        _step(_JUMP_IF_EQUAL, architecture, if_not=5),
        _step(_LOAD_WORD, _CALL_AT),
        _step(_JUMP_IF_AT_LEAST, _FIRST_X32_CALL, if_so=3),
        _step(_JUMP_IF_EQUAL, socket_call, if_so=2),
        _step(_JUMP_IF_EQUAL, _URING_SETUP, if_so=1),
        _step(_ANSWER, _ALLOW),
        _step(_ANSWER, _REFUSE),
    ]


def _step(code: int, value: int, *, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_so, if_not, value)
