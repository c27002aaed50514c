# SPDX-License-Identifier: Apache-2.0
"""How accurate a Mamba2 model is in each profile: loss on a text, errors by tensor, and what the papers compare."""
