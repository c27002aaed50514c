# SPDX-License-Identifier: Apache-2.0
"""Test plans: what is to be shown of each design, joined to the tests, proofs and records that show it."""
