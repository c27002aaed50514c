# SPDX-License-Identifier: Apache-2.0
"""Excerpts in the form of Vivado's text reports, written for tests; no Vivado made them, and no figure is real."""

RULE = "-" * 60


def header(command: str, design: str = "mamba2_accel_u280_wrapper", state: str = "Fully Placed") -> str:
    return f"""Copyright 1986-2022 Xilinx, Inc. All Rights Reserved.
{RULE}
| Tool Version : Vivado v.2023.2 (lin64) Build 4029153 Fri Oct 13 20:13:54 MDT 2023
| Date         : Fri Jan  2 10:00:00 2026
| Host         : somewhere running 64-bit Linux
| Command      : {command}
| Design       : {design}
| Device       : xcu280-fsvh2892-2L-e
| Speed File   : -2L
| Design State : {state}
{RULE}

"""


ULTRASCALE = """1. CLB Logic
+----------------------------+--------+-------+------------+-----------+-------+
|          Site Type         |  Used  | Fixed | Prohibited | Available | Util% |
+----------------------------+--------+-------+------------+-----------+-------+
| CLB LUTs*                  | 500000 |     0 |          0 |   1303680 | 38.35 |
|   LUT as Logic             | 480000 |     0 |          0 |   1303680 | 36.82 |
| CLB Registers              | 520000 |     0 |          0 |   2607360 | 19.94 |
|   Register as Flip Flop    | 520000 |     0 |          0 |   2607360 | 19.94 |
+----------------------------+--------+-------+------------+-----------+-------+
3. BLOCKRAM
| Site Type      | Used  | Fixed | Prohibited | Available | Util% |
| Block RAM Tile | 410.5 |     0 |          0 |      2016 | 20.36 |
|   RAMB36/FIFO* |   400 |     0 |          0 |      2016 | 19.84 |
| URAM           |    96 |     0 |          0 |       960 | 10.00 |
5. A later table that names the same cells for another purpose
| Site Type     | Used | Fixed | Prohibited | Available | Util% |
| CLB Registers |    1 |     0 |          0 |         2 | 50.00 |
4. ARITHMETIC
| Site Type | Used | Fixed | Prohibited | Available | Util% |
| DSPs      |  800 |     0 |          0 |      9024 |  8.87 |
7. Primitives
| Ref Name | Used | Functional Category |
| CLB LUTs |    7 |                 LUT |
"""
SERIES7 = """1. Slice Logic
| Site Type       | Used  | Fixed | Available | Util% |
| Slice LUTs      | 12345 |     0 |    433200 |  2.85 |
| Slice Registers | 23456 |     0 |    866400 |  2.71 |
2. Memory
| Site Type      | Used | Fixed | Available | Util% |
| Block RAM Tile |   12 |     0 |      1470 |  0.82 |
3. DSP
| Site Type | Used | Fixed | Available | Util% |
| DSPs      |   34 |     0 |      3600 |  0.94 |
"""
TIMING = f"""{RULE}
| Design Timing Summary
| ---------------------
{RULE}

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints  \
THS Total Endpoints     WPWS(ns)     TPWS(ns)  TPWS Failing Endpoints  TPWS Total Endpoints
    -------      -------  ---------------------  -------------------      -------      -------  ---------------------  \
-------------------     --------     --------  ----------------------  --------------------
     -0.125       -3.500                     42               123456        0.010        0.000                      0  \
             123456        1.100        0.000                       0                 65432


Timing constraints are not met.

Clock       Waveform(ns)         Period(ns)      Frequency(MHz)
-----       ------------         ----------      --------------
ap_clk      {{0.000 2.222}}        4.444           225.023
  ref_100   {{0.000 5.000}}        10.000          100.000
"""
POWER = """1. Summary
+--------------------------+--------------+
| Total On-Chip Power (W)  | 38.265       |
|   FPGA Power (W)         | 29.490       |
|   HBM Power (W)          | 8.775        |
| Design Power Budget (W)  | Unspecified* |
| Dynamic (W)              | 27.677       |
| Device Static (W)        | 10.588       |
| Junction Temperature (C) | 52.5         |
| Confidence Level         | Low          |
+--------------------------+--------------+
"""
PLACED = header("report_utilization -file util_placed.rpt -pb util_placed.pb") + ULTRASCALE
ROUTED = header("report_timing_summary -max_paths 10 -file timing_routed.rpt", state="Routed") + TIMING
WATTS = header("report_power -file power_routed.rpt", state="routed") + POWER
