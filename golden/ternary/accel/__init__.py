# SPDX-License-Identifier: Apache-2.0
"""What `ternary_accel` reads and what it takes at least; README.md in this folder."""
