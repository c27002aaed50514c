# SPDX-License-Identifier: Apache-2.0
"""Manifests of bitstreams that no tool built."""

from pathlib import Path

from boards import bitstream_manifest as manifests
from boards.overlay import file_hash


def write_beside(bitstream: Path) -> Path:
    """Write a manifest beside a bitstream; return the bitstream's path."""
    names = ("board", "kernel", "config", "config_hash", "part", "build_id", "revision", "time_utc")
    manifests.write(
        manifests.Manifest(
            **dict.fromkeys(names, "x"),
            format=manifests.FORMAT,
            inputs_sha256="0" * 64,
            rtl_sha256="0" * 64,
            dirty=False,
            tools={"vivado": "2025.2"},
            bitstream=bitstream.name,
            files={bitstream.name: file_hash(bitstream)},
        ),
        bitstream.parent,
    )
    return bitstream
