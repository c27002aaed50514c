# SPDX-License-Identifier: Apache-2.0
"""Generated Python and documents; `make gen` writes them, a test keeps them fresh."""
