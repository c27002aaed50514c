# SPDX-License-Identifier: Apache-2.0
"""Tiny language models trained here from scratch on text that every CPython installation contains."""
