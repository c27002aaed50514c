# SPDX-License-Identifier: Apache-2.0
"""Checkpoint directories, read and written strictly: whole (`load`, `save`) or tensor by tensor (`open_store`)."""

from golden.checkpoints.directory import Checkpoint, content_hash, expect, load, read_config, save
from golden.checkpoints.store import Store, open_store

__all__ = ["Checkpoint", "Store", "content_hash", "expect", "load", "open_store", "read_config", "save"]
