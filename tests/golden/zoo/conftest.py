# SPDX-License-Identifier: Apache-2.0
"""One thread for torch: such small products gain nothing from more, and lose where other tests run beside them."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
