# SPDX-License-Identifier: Apache-2.0
"""`krait new-dut`: a folder that verifies somebody else's stream module."""
