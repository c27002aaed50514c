# SPDX-License-Identifier: Apache-2.0
"""How wide beats lie on a kernel's memory ports: every kernel sees its ports, in lockstep, as one wide memory."""

from typing import Protocol

import torch
from torch import Tensor

from golden.errors import InputError


class Ports(Protocol):
    """What striping needs of a kernel configuration (`golden.spec.KernelConfig` has it)."""

    @property
    def ports(self) -> int:
        """Memory ports."""

    @property
    def port_bytes(self) -> int:
        """PB: bytes of one port's beat."""

    @property
    def wide_bytes(self) -> int:
        """WIDE: bytes of one beat over all ports."""


def stripe(wide: Tensor, cfg: Ports) -> Tensor:
    """Wide beats as they lie in each port's memory.

    Args:
        wide: uint8 [beats, WIDE]; byte `b` of a beat belongs to port `b // PB`, PB bytes a port.
        cfg: the kernel's geometry.

    Returns:
        uint8 [ports, beats * PB].

    Raises:
        InputError: wrong dtype or width.
    """
    _check("wide beats", wide, (len(wide) if wide.ndim else 0, cfg.wide_bytes))
    return wide.reshape(-1, cfg.ports, cfg.port_bytes).transpose(0, 1).flatten(1)


def unstripe(striped: Tensor, cfg: Ports) -> Tensor:
    """Wide beats of the ports' memories, the inverse of `stripe`.

    Args:
        striped: uint8 [ports, beats * PB].
        cfg: the kernel's geometry.

    Returns:
        uint8 [beats, WIDE].

    Raises:
        InputError: wrong dtype, port count, or a length that is no whole number of beats.
    """
    beats = striped.shape[-1] // cfg.port_bytes if striped.ndim else 0
    _check("striped bytes", striped, (cfg.ports, beats * cfg.port_bytes))
    return striped.reshape(cfg.ports, beats, cfg.port_bytes).transpose(0, 1).flatten(1)


def _check(what: str, tensor: Tensor, shape: tuple[int, int]) -> None:
    if tensor.dtype != torch.uint8:
        raise InputError(f"{what} are {tensor.dtype}, expected {torch.uint8}")
    if tuple(tensor.shape) != shape:
        raise InputError(f"{what} have shape {tuple(tensor.shape)}, expected {shape}")
