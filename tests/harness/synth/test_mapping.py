# SPDX-License-Identifier: Apache-2.0
"""Designs from Verilog to sums: what dissolves, what is counted how often, what the cache knows, how failures read."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.synth import mapping, yosys
from harness.synth.budget import Budget, failures
from harness.synth.cells import Resources
from harness.synth.elaborate import Design, elaborate
from harness.synth.mapping import summarize
from tests.rtl.dut import sources

SOURCE = """
module gates (input wire [7:0] a, output wire [7:0] y);
  assign y = a ^ {a[0], a[7:1]};
endmodule

module stage #(parameter W = 8) (input wire clk, input wire [W-1:0] d, output reg [W-1:0] q);
  always @(posedge clk) q <= d;
endmodule

module pair (input wire clk, input wire [7:0] d, output wire [7:0] q);
  wire [7:0] y;
  wire [7:0] z;
  gates u_gates (.a(d), .y(y));
  stage u_first (.clk(clk), .d(y), .q(z));
  stage #(.W(4)) u_low (.clk(clk), .d(~z[3:0] & z[7:4]), .q(q[3:0]));
  stage #(.W(4)) u_high (.clk(clk), .d(z[7:4]), .q(q[7:4]));
endmodule

module whole (input wire clk, input wire [15:0] d, output wire [15:0] q);
  pair u_a (.clk(clk), .d(d[7:0]), .q(q[7:0]));
  pair u_b (.clk(clk), .d(d[15:8]), .q(q[15:8]));
endmodule
"""


PLANTED = {
    "longer": ("~z[3:0] & z[7:4]", "z[3:0] & {4{^z}}"),
    "more": (".d(d[15:8])", ".d({d[15] & d[0], d[14:8]})"),
    "twice": ("  pair u_b ", "  pair u_extra (.clk(clk), .d(d[11:4]), .q(extra));\n  pair u_b "),
}
"""Errors by name: what is replaced in SOURCE, and by what."""
FOUND = {
    "longer": [
        "30 lut are 100.0% of 30, expected at most 80%",
        "a path of 2 levels in pair_longer, expected at most 1",
    ],
    "more": ["25 lut are 83.3% of 30, expected at most 80%"],
    "twice": ["36 lut are 120.0% of 30, expected at most 80%", "48 ff are 120.0% of 40, expected at most 80%"],
}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("synth")


@pytest.fixture(scope="module")
def design(work: Path) -> Design:
    (work / "whole.v").write_text(SOURCE)
    return elaborate([work / "whole.v"], "whole", work / "elaborated")


def test_modules_without_registers_dissolve(design: Design) -> None:
    """Gates become part of their parent; modules with registers stay, one entry for each set of parameters."""
    names = sorted(module.source_name for module in design.modules.values())
    assert names == ["pair", "stage", "stage", "whole"]
    counts = {(design.modules[name].source_name, n) for name, n in design.instances().items()}
    assert counts == {("whole", 1), ("pair", 2), ("stage", 2), ("stage", 4)}


def test_edits_elsewhere_leave_a_module_alone(design: Design, work: Path) -> None:
    """A module's text names no lines and no numbers of the whole design, or every edit would map all modules again."""
    extra = "\n\nmodule other (input wire clk, output reg [3:0] n);\n  always @(posedge clk) n <= n + 1;\nendmodule\n"
    more = SOURCE.replace("pair u_a", "wire [3:0] n;\n  other u_n (.clk(clk), .n(n));\n  pair u_a")
    (work / "more.v").write_text(extra + more)
    again = elaborate([work / "more.v"], "whole", work / "more")
    same = [name for name in design.modules if again.modules[name].text == design.modules[name].text]
    assert sorted(design.modules[name].source_name for name in same) == ["pair", "stage", "stage"]


def test_sums_and_paths(design: Design, work: Path) -> None:
    """Cells count once for each instance; a path through two modules has the levels of both."""
    summary = summarize(design, "xcup", work / "cache")
    assert summary.total == Resources(lut=2 * (8 + 4), ff=2 * (8 + 8))
    assert summary.slowest.source == "pair"
    assert summary.slowest.longest.levels == 1


def test_finished_modules_stay(design: Design, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second summary reads the cache; another family maps again."""
    first = summarize(design, "xcup", work / "cache")

    def refuse(script: str, folder: Path) -> None:
        raise CheckError("mapped again")

    monkeypatch.setattr(mapping, "run", refuse)
    assert summarize(design, "xcup", work / "cache") == first
    with pytest.raises(CheckError, match="stage: mapped again"):
        summarize(design, "xc7", work / "cache")


def test_modules_alone_are_the_same(design: Design, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a module takes does not depend on those that are mapped in the same run."""
    together = summarize(design, "xcup", work / "cache")
    monkeypatch.setattr(mapping, "BATCH", 1)
    alone = summarize(design, "xcup", work / "alone")
    figures = [(module.source, module.resources, module.pins, n) for module, n in together.modules]
    assert figures == [(module.source, module.resources, module.pins, n) for module, n in alone.modules]


ARRAYED = """
module turn #(parameter W = 1) (input wire [W-1:0] a, output wire [W-1:0] y);
  assign y = ~a;
endmodule

module turns #(parameter W = 1, parameter N = 1) (input wire [W-1:0] a, output wire [W-1:0] y);
  wire [W-1:0] x[0:N];
  assign x[0] = a;
  assign y = x[N];
  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_turns
      turn #(.W(W)) u_turn (.a(x[i]), .y(x[i+1]));
    end
  endgenerate
endmodule
"""


@pytest.mark.parametrize("params", [{}, {"W": 3, "N": 2}])
def test_a_top_keeps_its_name(params: dict[str, int], work: Path) -> None:
    """With parameters and without, the top has its name and its width, arrays of wires between instances included."""
    (work / "turns.v").write_text(ARRAYED)
    design = elaborate([work / "turns.v"], "turns", work / "turns", params)
    assert list(design.modules) == [design.top] == ["\\turns"]
    assert design.modules[design.top].source_name == "turns"
    assert f"  wire {'width 3 ' if params else ''}output" in design.modules[design.top].text


def test_a_fetch_of_a_whole_configuration_is_elaborated(work: Path) -> None:
    """A kernel's part is read with the parameters of a large configuration, its children with what follows."""
    params = {"WIDE_W": 1024, "PORT_BYTES": 64, "W_DEPTH": 512, "P_DEPTH": 128, "S_DEPTH": 512, "SLICE": 64}
    design = elaborate(sources("m2_fetch"), "m2_fetch", work / "fetch", params)
    counts = Counter({design.modules[name].source_name: n for name, n in design.instances().items()})
    assert counts["m2_fetch"] == counts["m2_fetch_state"] == counts["m2_fetch_rows"] == 1
    assert "wire width 1024 input" in design.modules[design.top].text


def test_failures_are_quoted(work: Path) -> None:
    """Yosys' error line is in the message."""
    with pytest.raises(CheckError, match=r"ERROR: .*no_such"):
        yosys.run("read_rtlil no_such.il", work / "bad")


def test_tail_of_a_run_without_error_line() -> None:
    """A run that dies without an error message is told by its status and its last lines."""
    text = yosys._reason(134, "\n".join(f"line {i}" for i in range(100)))
    assert "exit status 134" in text
    assert "line 99" in text
    assert "line 50" not in text


def test_budget(design: Design, work: Path) -> None:
    """More than 80 % of what the shell leaves, or a longer path than the board's, is a failure that names both."""
    summary = summarize(design, "xcup", work / "cache")
    room = Budget(Resources(lut=100, ff=100), 0.0, 1)  # type: ignore[arg-type]
    assert failures("toy", summary, room) == []
    full = Budget(Resources(lut=50, ff=40), 0.5, 0)  # type: ignore[arg-type]
    words = failures("toy", summary, full)
    assert [word for word in ("24 lut", "32 ff", "1 levels in pair") if any(word in line for line in words)] == [
        "24 lut",
        "32 ff",
        "1 levels in pair",
    ]


@pytest.fixture(scope="module")
def planted(work: Path) -> Design:
    """SOURCE once as it is and once with each error, its modules `pair` and `whole` renamed, under one top."""
    texts = [SOURCE.replace("output wire [15:0] q);", "output wire [15:0] q, output wire [7:0] extra);")]
    for name, (old, new) in PLANTED.items():
        assert texts[0].count(old) == 1
        own = texts[0].replace(old, new)[texts[0].index("module pair") :]
        texts.append(re.sub(r"\b(pair|whole)\b", rf"\1_{name}", own))
    wholes = ["whole", *(f"whole_{name}" for name in PLANTED)]
    ports = [f"  {top} u_{i} (.clk(clk), .d(d), .q(q[{16 * i}+:16]), .extra());" for i, top in enumerate(wholes)]
    header = f"module all (input wire clk, input wire [15:0] d, output wire [{16 * len(wholes) - 1}:0] q);"
    (work / "planted.v").write_text("\n".join([*texts, header, *ports, "endmodule\n"]))
    return elaborate([work / "planted.v"], "all", work / "planted")


@pytest.mark.parametrize("name", ["", *PLANTED])
def test_planted_errors_are_found(name: str, planted: Design, work: Path) -> None:
    """A longer path, one cell more and a module too many each break the budget that the design without them just
    keeps, and each is told in its own words; nothing else is.
    """
    summarize(planted, "xcup", work / "cache")  # all modules in one run of Yosys
    found = summarize(replace(planted, top=f"\\whole_{name}".rstrip("_")), "xcup", work / "cache")
    just = Budget(Resources(lut=30, ff=40), 0.0, 1)  # type: ignore[arg-type]
    assert failures("toy", found, just) == [f"toy: {text}" for text in FOUND.get(name, [])]
