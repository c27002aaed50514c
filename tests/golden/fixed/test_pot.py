# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.pot: LightMamba's quantizer, equal to the scalar reference and to what its description promises."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.errors import InputError
from golden.fixed import Pot, bit_length, quantize
from tests.golden.fixed.scalar import pot_quant

INT32 = st.integers(-(2**31), 2**31 - 1)
SIZED = st.integers(0, 31).flatmap(lambda k: st.integers(-(1 << k), (1 << k) - 1))


def check(x: list[int], bits: int, group: int, max_shift: int = 15) -> None:
    pot = quantize(torch.tensor(x), bits, group, max_shift)
    size = group or len(x)
    expected = [pot_quant(x[i : i + size], bits, max_shift) for i in range(0, len(x), size)]
    assert pot.q.tolist() == [value for q, _ in expected for value in q]
    assert pot.s.tolist() == [s for _, s in expected]
    assert pot.group == group


@given(
    st.lists(st.one_of(INT32, SIZED), min_size=1, max_size=40), st.integers(2, 16), st.sampled_from([0, 1, 3, 8, 64])
)
def test_groups_equal_the_scalar_reference(x: list[int], bits: int, group: int) -> None:
    """Each group, the short last one too, is quantized as the scalar reference does it; group 0 is the whole axis."""
    check(x, bits, group)


@given(st.lists(INT32, min_size=8, max_size=8), st.sampled_from([4, 8]), st.integers(0, 31))
def test_the_largest_shift_is_a_parameter(x: list[int], bits: int, max_shift: int) -> None:
    """Shifts stop at max_shift, and what lies above saturates, as in the reference."""
    check(x, bits, 8, max_shift)


def adversarial() -> list[list[int]]:
    groups = [[0] * 8, [2**31 - 1] * 8, [-(2**31)] * 8, [2**31 - 1, -(2**31)] * 4, [1, -1] * 4]
    for k in range(31):
        for near in (-2, -1, 0, 1, 2):
            peak = min((1 << k) + near, 2**31 - 1)
            groups += [[peak] + [0] * 7, [0] * 7 + [-peak], [peak, -peak] * 4, [-peak, peak // 2, -peak // 3, 1] * 2]
    return groups


@pytest.mark.parametrize("bits", [2, 4, 8, 16])
def test_adversarial_groups_equal_the_scalar_reference(bits: int) -> None:
    """All zero, both int32 limits, maxima of +-2^k and beside them, alternating maxima: one batch, every group."""
    groups = adversarial()
    pot = quantize(torch.tensor(groups), bits)
    expected = [pot_quant(group, bits) for group in groups]
    assert pot.q.tolist() == [q for q, _ in expected]
    assert pot.s.squeeze(-1).tolist() == [s for _, s in expected]


@pytest.mark.parametrize("k", [7, 10, 20, 22])
def test_only_a_positive_power_of_two_clips(k: int) -> None:
    """A group maximum of exactly +2^k loses one LSB, -2^k none."""
    pot = quantize(torch.tensor([[1 << k] + [0] * 7, [-(1 << k)] + [0] * 7]), 8)
    assert pot.s.flatten().tolist() == [k - 7] * 2
    assert pot.value[:, 0].tolist() == [127 << (k - 7), -(1 << k)]


def test_rounding_is_half_up() -> None:
    """With s = 1, 253 and -253 lie midway; both go up."""
    pot = quantize(torch.tensor([253, -253, 255, 251, 0, 0, 0, 0]), 8)
    assert pot.s.tolist() == [1]
    assert pot.q.tolist() == [127, -126, 127, 126, 0, 0, 0, 0]


@given(st.lists(SIZED, min_size=1, max_size=30), st.sampled_from([0, 4, 8]), st.integers(4, 16))
def test_the_error_is_half_a_step(x: list[int], group: int, bits: int) -> None:
    """|value - x| <= 2^(s-1), and one step where +2^k clips, as long as the shift is not at its limit."""
    source = torch.tensor(x)
    pot = quantize(source, bits, group, 31)
    clipped = pot.q == (1 << (bits - 1)) - 1
    step = 1 << pot.shift
    assert bool(
        ((pot.value - source).abs() * 2 <= torch.where(clipped, 2 * step, step - (pot.shift == 0).long())).all()
    )


@pytest.mark.parametrize("shape", [(5,), (2, 12), (2, 3, 16), (1, 2, 3, 20)])
def test_leading_axes_are_a_batch(shape: tuple[int, ...]) -> None:
    """The last axis is quantized by itself, whatever stands before it, and strided input gives the same."""
    x = torch.randint(-(2**20), 2**20, shape, generator=torch.Generator().manual_seed(1))
    pot = quantize(x, 8)
    assert pot.s.shape == (*shape[:-1], -(-shape[-1] // 8))
    rows = [quantize(row, 8) for row in x.reshape(-1, shape[-1])]
    assert torch.equal(pot.q.reshape(-1, shape[-1]), torch.stack([row.q for row in rows]))
    strided = quantize(x.mT.contiguous().mT if x.dim() > 1 else x, 8)
    assert torch.equal(strided.value, pot.value)


def test_shift_repeats_over_the_group() -> None:
    """Element i has the shift of group i // group; the last group may be short; value is q << shift."""
    pot = Pot(torch.arange(1, 6), torch.tensor([1, 0, 3]), 2)
    assert pot.shift.tolist() == [1, 1, 0, 0, 3]
    assert pot.value.tolist() == [2, 4, 3, 4, 40]
    assert Pot(torch.arange(3), torch.tensor([2]), 0).shift.tolist() == [2, 2, 2]


def test_sums_of_62_bits_are_exact() -> None:
    """Nothing overflows up to 2^62: q << s is within half a step of x with shifts up to 31."""
    x = [2**62 - 1, -(2**62) + 1, 2**46, 3]
    check(x, 32, 1, 31)


def test_bit_length_is_pythons() -> None:
    """bit_length(x) = int.bit_length for 0, all 2^k and their neighbours."""
    x = sorted({max((1 << k) + near, 0) for k in range(63) for near in (-1, 0, 1)} - {1 << 63})
    assert bit_length(torch.tensor(x)).tolist() == [v.bit_length() for v in x]


def zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.int64)


@pytest.mark.parametrize(
    ("x", "bits", "group", "max_shift"),
    [
        (torch.zeros(8), 8, 8, 15),
        (zeros(0), 8, 8, 15),
        (zeros(2, 0), 8, 0, 15),
        (zeros(8), 1, 8, 15),
        (zeros(8), 33, 8, 15),
        (zeros(8), 8, -1, 15),
        (zeros(8), 8, 8, 32),
        (zeros(8), 8, 8, -1),
    ],
)
def test_illegal_arguments_are_refused(x: Tensor, bits: int, group: int, max_shift: int) -> None:
    with pytest.raises(InputError, match="expected"):
        quantize(x, bits, group, max_shift)


@pytest.mark.parametrize(
    ("q", "s", "group"),
    [
        (zeros(8), zeros(2), 8),
        (zeros(9), zeros(1), 8),
        (zeros(2, 8), zeros(1), 8),
        (zeros(8), torch.zeros(1), 8),
        (zeros(8).int(), zeros(1), 8),
        (zeros(8), zeros(2), 0),
    ],
)
def test_a_pair_that_does_not_fit_is_refused(q: Tensor, s: Tensor, group: int) -> None:
    """One shift a group, both int64."""
    with pytest.raises(InputError, match="expected"):
        Pot(q, s, group)
