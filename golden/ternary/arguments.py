# SPDX-License-Identifier: Apache-2.0
"""Which arguments `tern_matvec` refuses, and with which error code: the law that the RTL's argument check must equal."""

from collections.abc import Iterable

from golden.spec.configs import KernelConfig
from golden.spec.gen.tern_matvec import MAX_ROW_TILES, ErrorCode


def argument_error(
    row_tiles: int, col_blocks: int, vectors: int, offsets: Iterable[int], bases: Iterable[int], cfg: KernelConfig
) -> ErrorCode:
    """Return the first broken rule in the order of the codes, NONE if the start is legal.

    Args:
        row_tiles, col_blocks, vectors: the counts as written to the registers.
        offsets: X_OFF, W_OFF, Y_OFF in bytes.
        bases: PORT_BASE of the ports that exist, in bytes.
    """
    if not 1 <= row_tiles <= MAX_ROW_TILES:
        return ErrorCode.BAD_ROW_TILES
    if col_blocks < 1 or col_blocks * max(vectors, 1) > cfg.x_slots:
        # With too many vectors as well, the vectors are to blame: the blocks alone would fit.
        if col_blocks < 1 or col_blocks > cfg.x_slots or vectors <= cfg.t_cols:
            return ErrorCode.BAD_COL_BLOCKS
    if not 1 <= vectors <= cfg.t_cols:
        return ErrorCode.BAD_VECTORS
    if any(value % cfg.port_bytes for value in (*offsets, *bases)):
        return ErrorCode.BAD_OFFSET
    return ErrorCode.NONE
