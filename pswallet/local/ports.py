"""Free TCP ports on this machine."""

import socket


def free_port(wanted: int, *, host: str = "127.0.0.1") -> int:
    """Return `wanted` if nothing listens there, else the next free port above it; 0 lets the system choose."""
    return _free(wanted, host)


def free_ports(wanted: int, count: int, *, host: str = "127.0.0.1") -> list[int]:
    """Return the next `count` free ports from `wanted` up."""
    found: list[int] = []
    for _ in range(count):
        found.append(_free(found[-1] + 1 if found else wanted, host))
    return found


def _free(wanted: int, host: str) -> int:
    for port in range(wanted, wanted + 200) if wanted else (0,):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port between {wanted} and {wanted + 199} on {host}")
