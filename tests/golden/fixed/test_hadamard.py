# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.hadamard: the transform is a product with Sylvester's matrix, whose square is n times the identity."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.errors import InputError
from golden.fixed import block_of, transform


def sylvester(n: int) -> Tensor:
    """[n, n] int64 by its definition: H_1 = [1], H_2n = [[H_n, H_n], [H_n, -H_n]]."""
    h = torch.ones(1, 1, dtype=torch.int64)
    while len(h) < n:
        h = torch.cat((torch.cat((h, h), 1), torch.cat((h, -h), 1)), 0)
    return h


def random(seed: int, *shape: int) -> Tensor:
    return torch.randint(-(2**31), 2**31, shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("block", [1, 2, 4, 8, 64, 1024])
def test_it_is_the_product_with_sylvesters_matrix(block: int) -> None:
    """Unit vectors give the rows of H in natural order; H = H^T and H H = block I."""
    h = transform(torch.eye(block, dtype=torch.int64), block)
    assert torch.equal(h, sylvester(block))
    assert torch.equal(h, h.T)
    assert torch.equal(transform(h, block), block * torch.eye(block, dtype=torch.int64))


@given(st.integers(0, 6), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**31))
def test_blocks_are_transformed_by_themselves(log: int, blocks: int, batch: int, seed: int) -> None:
    """Each consecutive block of the last axis is multiplied by H, on full int32 inputs without overflow."""
    block = 1 << log
    x = random(seed, batch, 2, blocks * block)
    expected = (x.reshape(batch, 2, blocks, block) @ sylvester(block)).reshape(x.shape)
    assert torch.equal(transform(x, block), expected)


def test_int32_limits_do_not_overflow() -> None:
    """1024 times -2^31 sums to -2^41, whatever integer type comes in."""
    x = torch.full((1024,), -(2**31), dtype=torch.int32)
    assert transform(x, 1024).tolist() == [-(2**41)] + [0] * 1023


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_floats_keep_their_type(dtype: torch.dtype) -> None:
    """On floats of small integers it is exact too, and twice is block times the input."""
    x = torch.arange(24, dtype=dtype).reshape(2, 12)
    y = transform(x, 4)
    assert y.dtype == dtype
    assert torch.equal(y.to(torch.int64), transform(x.to(torch.int64), 4))
    assert torch.equal(transform(y, 4), 4 * x)


@pytest.mark.parametrize(("width", "limit", "expected"), [(768, 1024, 256), (1536, 1024, 512), (2560, 1024, 512)])
def test_block_sizes_of_published_models(width: int, limit: int, expected: int) -> None:
    """256 and 512 for 130M, 512 for the in_proj of 2.7B."""
    assert block_of(width, limit) == expected


@given(st.integers(1, 2**20), st.integers(1, 2**12))
def test_block_is_the_largest_that_divides(width: int, limit: int) -> None:
    """block_of is the largest power of two that divides the width and is at most the limit."""
    assert block_of(width, limit) == max(1 << k for k in range(21) if width % (1 << k) == 0 and 1 << k <= limit)


@pytest.mark.parametrize(("n", "block"), [(12, 8), (12, 3), (12, 0), (12, -4), (2, 4)])
def test_other_blocks_are_refused(n: int, block: int) -> None:
    with pytest.raises(InputError, match="expected a power of two"):
        transform(torch.zeros(n), block)


@pytest.mark.parametrize(("width", "limit"), [(0, 8), (8, 0), (-8, 8)])
def test_other_widths_are_refused(width: int, limit: int) -> None:
    with pytest.raises(InputError, match="expected at least 1"):
        block_of(width, limit)
