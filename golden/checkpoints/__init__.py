# SPDX-License-Identifier: Apache-2.0
"""Hugging Face checkpoint directories, read and written strictly."""

from golden.checkpoints.directory import Checkpoint, expect, load, read_config, save

__all__ = ["Checkpoint", "expect", "load", "read_config", "save"]
