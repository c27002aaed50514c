# SPDX-License-Identifier: Apache-2.0
"""Coverage closure: batches of random starts that are led to the bins that are still empty."""
