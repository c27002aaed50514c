# SPDX-License-Identifier: Apache-2.0
"""Functional and code coverage in one UCIS database: merged, waived, judged, exported."""
