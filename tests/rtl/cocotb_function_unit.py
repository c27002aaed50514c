# SPDX-License-Identifier: Apache-2.0
"""A unit without handshake, combinational or a pipeline with clock enable: its law is a file of rows of port values.

The file: {"inputs": [port, ...], "outputs": [port, ...], "rows": [[value of each input, then of each output], ...]};
values may be negative. A row's outputs come as many enabled edges after its inputs as the header says, those that
"latency" names ({port: edges}) after so many. A pipeline has ports clk and en, which may have a bit for each stage.
"""

import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from tests.rtl.current_dut import current

DUT = current()


def drive(dut, ports, values) -> None:
    for port, value in zip(ports, values, strict=True):
        handle = getattr(dut, port)
        handle.value = value & ((1 << len(handle)) - 1)


def differences(dut, ports, values) -> list[str]:
    wrong = []
    for port, value in zip(ports, values, strict=True):
        handle = getattr(dut, port)
        expected = value & ((1 << len(handle)) - 1)
        if not handle.value.is_resolvable or int(handle.value) != expected:
            wrong.append(f"{port}: found {handle.value}, expected {expected:0{len(handle)}b}")
    return wrong


@cocotb.test()
@cocotb.parametrize(stall=[0.0, 0.4])
async def rows(dut, stall):
    """Every row's outputs follow from its inputs, as late as the header says; edges without en hold everything."""
    told = json.loads(Path(DUT.vectors).read_text())
    inputs, outputs = told["inputs"], told["outputs"]
    latency = int(DUT.contract.value("Latency", DUT.params))
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{stall}")
    clocked = hasattr(dut, "clk")
    assert clocked or latency == 0, "a unit without clock has no latency"
    if clocked:
        Clock(dut.clk, 10, unit="ns").start()
        await RisingEdge(dut.clk)
    edges = [told.get("latency", {}).get(port, latency) for port in outputs]
    inside: list[list[int]] = []
    behind = told["rows"][-1:] * max(edges)  # pushes the last rows out
    for index, row in enumerate(told["rows"] + behind):
        enabled = rng.random() >= stall or index >= len(told["rows"])
        drive(dut, inputs, row[: len(inputs)])
        if clocked:
            dut.en.value = (1 << len(dut.en)) - 1 if enabled else 0
            await FallingEdge(dut.clk)
        else:
            await Timer(1, unit="ns")
        seen = [*inside, row]
        for place, (port, after) in enumerate(zip(outputs, edges, strict=True), len(inputs)):
            if len(seen) > after:
                due = seen[-1 - after]
                wrong = differences(dut, [port], [due[place]])
                assert not wrong, f"inputs {due[: len(inputs)]}: {wrong[0]}"
        if clocked:
            await RisingEdge(dut.clk)
            inside = seen[-1 - max(edges) :] if enabled else inside
