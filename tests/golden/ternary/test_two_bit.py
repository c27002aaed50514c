# SPDX-License-Identifier: Apache-2.0
"""Two-bit packing is that of transformers, in both directions, and knows no fourth value."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.ternary.two_bit import pack, packed_rows, unpack
from tests.golden.ternary.geometry import random_trits


@pytest.fixture(scope="module")
def bitnet() -> Any:
    """The module of transformers; importing it takes seconds, which no single example should pay."""
    from transformers.integrations import bitnet

    return bitnet


@given(st.integers(1, 12), st.integers(1, 30), st.integers(0, 2**31))
def test_equals_transformers(bitnet: Any, quarter: int, columns: int, seed: int) -> None:
    """pack and unpack give what pack_weights and unpack_weights of integrations/bitnet.py give, and are inverse."""
    q = random_trits(seed, 4 * quarter, columns)
    with torch.compiler.set_stance("force_eager"):
        packed = bitnet.pack_weights(q.clone())
        assert torch.equal(pack(q), packed)
        assert torch.equal(unpack(packed), bitnet.unpack_weights(packed, torch.int8))
    assert torch.equal(unpack(packed), q)


def test_every_byte() -> None:
    """Each of the 81 legal bytes survives; each of the 175 with a code 3 is refused, with the row it stands for."""
    legal = 0
    for byte in range(256):
        codes = [byte >> 2 * i & 3 for i in range(4)]
        packed = torch.tensor([[byte]], dtype=torch.uint8)
        if 3 in codes:
            with pytest.raises(InputError, match=f"row {codes.index(3)}, column 0 has the code 3"):
                unpack(packed)
            continue
        legal += 1
        assert unpack(packed).flatten().tolist() == [code - 1 for code in codes]
        assert torch.equal(pack(unpack(packed)), packed)
    assert legal == 81


def test_bad_input_is_named() -> None:
    """Rows that do not fit, foreign types and values are refused."""
    with pytest.raises(InputError, match="of 6 rows: expected a multiple of 4"):
        packed_rows(6)
    with pytest.raises(InputError, match=r"float32 \[4, 2\], expected int8"):
        pack(torch.zeros(4, 2))
    with pytest.raises(InputError, match=r"weights in 0\.\.2, expected -1, 0 and 1"):
        pack(torch.tensor([[0], [1], [2], [0]], dtype=torch.int8))
    with pytest.raises(InputError, match=r"int8 \[4, 2\], expected uint8"):
        unpack(torch.zeros(4, 2, dtype=torch.int8))
