# SPDX-License-Identifier: Apache-2.0
"""The regression runner: which simulations, in parallel, and what became of them."""
