# SPDX-License-Identifier: Apache-2.0
"""Records in, HTML, Markdown and JSON out."""
