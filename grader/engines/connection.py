"""Joining a Ray cluster, and what may go wrong there in words that say what to do."""

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any, Final

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from grader.engines.choosing import ADDRESS, ALONE
from grader.errors import InputError, MachineError

CPUS: Final = 1  # a slot: its judge waits while its worker works
ANSWER_S: Final = 5.0  # for a cluster's port to open

_START: Final = (
    "start one with 'ray start --head' (on further machines: 'ray start --address=HOST:6379'), "
    "name one with --address HOST:6379, or give --address local for a cluster of this machine alone"
)


def join(address: str | None) -> bool:
    """Connect this process to the cluster there; False if it is connected already.

    Without an address: to the one that RAY_ADDRESS names, else to one that runs on this machine; `local`
    starts one for as long as this process is connected. Raises InputError or MachineError.
    """
    if ray.is_initialized():
        return False
    place = address or os.environ.get(ADDRESS) or "auto"
    if "://" in place:
        raise InputError(
            f"the address {place!r} is one for Ray's client, which the grader does not use: "
            "run it on a machine of the cluster, and give HOST:PORT of 'ray start --head'"
        )
    if place not in (ALONE, "auto"):
        _knock(place)
    try:
        with _kept():
            ray.init(
                address=place,
                include_dashboard=False if place == ALONE else None,
                log_to_driver=False,
                configure_logging=False,
                logging_level=logging.ERROR,
            )
    except KeyboardInterrupt:
        ray.shutdown()  # what it has started ends with it
        raise
    except (ConnectionError, ValueError, RuntimeError, AssertionError) as e:
        where = "on this machine" if place == "auto" else f"at {place!r}"
        reason = " ".join(str(e).split())[:300]
        raise MachineError(
            f"no Ray cluster can be joined {where}: {_START}; one with a token wants that token here, too "
            f"(RAY_AUTH_TOKEN_PATH, or ~/.ray/auth_token) (Ray says: {reason})"
        ) from e
    # Of a node that dies Ray prints 25 lines on stderr, and has no setting for that: the engine says it in
    # one. Where a later Ray has another name for it, it prints them.
    ray._private.worker.print_to_stdstream = _unheard  # noqa: SLF001
    return True


def _unheard(*_: object, **__: object) -> None:
    pass


def leave() -> None:
    """Disconnect; a cluster that `join` has started ends."""
    with _kept():
        ray.shutdown()


def nodes() -> list[dict[str, Any]]:
    """The nodes that are alive, as Ray describes them."""
    return [node for node in ray.nodes() if node["Alive"]]


def on(node: dict[str, Any]) -> NodeAffinitySchedulingStrategy:
    """Where something is to run that must run on this node."""
    return NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)


def room(share: float) -> int:
    """How many slots the nodes have room for, if nobody else uses them; raises MachineError if for none."""
    room = 0
    for node in nodes():
        slots = int(node["Resources"].get("CPU", 0) // CPUS)
        if share:
            slots = min(slots, int(node["Resources"].get("GPU", 0) / share + 1e-9))
        room += slots
    if room == 0:
        needed = "a CPU and a GPU" if share else "a CPU"
        raise MachineError(
            f"no node of the cluster has {needed} for slots ({stock()}): start nodes that have, "
            "with 'ray start --address=HOST:6379' on each machine"
        )
    return room


def stock() -> str:
    """What the cluster has, in words."""
    total, free = ray.cluster_resources(), ray.available_resources()
    counts = [f"{free.get(kind, 0):g} of {total.get(kind, 0):g} {kind}s are free" for kind in ("CPU", "GPU")]
    return f"{len(nodes())} nodes, {', '.join(counts)}"


def _knock(place: str) -> None:
    """Raise MachineError, at once, where nothing answers: Ray would try for a minute, and end the process."""
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"--address {place!r}: expected HOST:PORT, such as 10.0.0.5:6379, or 'local'")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
    except (OSError, OverflowError) as e:
        why = str(getattr(e, "strerror", None) or e).lower()
        raise MachineError(f"no Ray cluster answers at {place!r} ({why}): {_START}") from e


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """What Ray would change in this process stays as it is: how signals are handled.

    And Ray tells the nodes to import from the working folder, too, where students' files may lie: for the
    time being it is a folder in which only root can write.
    """
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {name: signal.getsignal(name) for name in names}
    try:
        with contextlib.chdir("/"):
            yield
    finally:
        with contextlib.suppress(ValueError):  # not the main thread: then Ray could not change them either
            for name, handler in handlers.items():
                signal.signal(name, handler)
