# SPDX-License-Identifier: Apache-2.0
"""The truth: number formats, registers, configurations and PyTorch golden models. Imports no other krait package."""
