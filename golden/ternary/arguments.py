# SPDX-License-Identifier: Apache-2.0
"""Which arguments `tern_matvec` refuses, and with which error code: the law of the RTL's argument check."""

from collections.abc import Iterable

from golden.spec.configs import TernConfig
from golden.spec.gen.tern_matvec import MAX_ROW_TILES, ErrorCode


def argument_error(
    row_tiles: int, col_blocks: int, vectors: int, offsets: Iterable[int], bases: Iterable[int], cfg: TernConfig
) -> ErrorCode:
    """Return the first broken rule, NONE if the start is legal.

    The order is that of the codes, but for a product of blocks and vectors that needs more slots than there are: it
    counts as BAD_COL_BLOCKS, behind the rule for the vectors alone.

    Args:
        row_tiles, col_blocks, vectors: the counts as written to the registers.
        offsets: X_OFF, W_OFF, Y_OFF in bytes.
        bases: PORT_BASE of the ports that exist, in bytes.
        cfg: the kernel's configuration.
    """
    rules = (
        (1 <= row_tiles <= MAX_ROW_TILES, ErrorCode.BAD_ROW_TILES),
        (1 <= col_blocks <= cfg.x_slots, ErrorCode.BAD_COL_BLOCKS),
        (1 <= vectors <= cfg.t_cols, ErrorCode.BAD_VECTORS),
        (col_blocks * vectors <= cfg.x_slots, ErrorCode.BAD_COL_BLOCKS),
        (all(value % cfg.port_bytes == 0 for value in (*offsets, *bases)), ErrorCode.BAD_OFFSET),
    )
    return next((error for kept, error in rules if not kept), ErrorCode.NONE)
