# SPDX-License-Identifier: Apache-2.0
"""The pyuvm environment: agents, register model, sequences, predictor, scoreboard, coverage, tests."""
