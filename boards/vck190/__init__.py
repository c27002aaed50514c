# SPDX-License-Identifier: Apache-2.0
"""VCK190: checks around PYNQ's own `VersalDevice`."""
