# SPDX-License-Identifier: Apache-2.0
"""Databases of any kind for tests: hypothesis draws them, and a small one by hand."""

from hypothesis import strategies as st

from harness.coverage.model import CODE, Database, Hits, Point, Run, join, of_run

TEXT = st.sampled_from(["", "a", "q[3]", "(go==1 && x[0]) => 1", "<one,two>", "é 'quoted' \"\\ %"])
CODE_POINTS = st.builds(
    Point, st.sampled_from(CODE), st.sampled_from(["common/a.v", "ternary/b.v"]), st.integers(1, 3), st.integers(0, 2),
    st.just(""), TEXT,
)  # fmt: skip
SIGNALS = st.builds(
    Point, st.sampled_from(["toggle", "fsm"]), st.just("common/a.v"), st.integers(1, 3), st.just(7), TEXT, TEXT
)
BINS = st.builds(
    Point, st.just("functional"), st.sampled_from(["Starts", "common/a.v"]), st.just(0), st.just(0),
    st.sampled_from(["p", "p_x_q"]), TEXT,
)  # fmt: skip
POINTS = st.one_of(CODE_POINTS.filter(lambda p: p.kind not in ("toggle", "fsm")), SIGNALS, BINS)
RUNS = st.builds(Run, st.sampled_from(["one", "two"]), st.integers(0, 2), st.sampled_from(["5a", "5b"]))
HITS = st.dictionaries(POINTS, st.integers(0, 9), max_size=6)


@st.composite
def databases(draw: st.DrawFn) -> Database:
    """Draw a database of a few runs; the same run may come in several, with other hits."""
    runs: dict[Run, Hits] = draw(st.dictionaries(RUNS, HITS, max_size=3))
    return join(of_run(run, hits) for run, hits in runs.items())


SOURCES = "0123456789abcdef"
LINE = Point("line", "common/toy.v", 4, 0, "", "")
IDLE_LINE = Point("line", "common/toy.v", 5, 0, "", "")
IF, ELSE = (Point("branch", "common/toy.v", 4, 5 + i, "", name) for i, name in enumerate(("if", "else")))
RISES = Point("toggle", "common/toy.v", 3, 9, "q", "[0]:0->1")
FALLS = Point("toggle", "common/toy.v", 3, 9, "q", "[0]:1->0")
ONE, MANY = (Point("functional", "Starts", 0, 0, "tiles", name) for name in ("one", "many"))
FIRST, SECOND = Run("first", 1, SOURCES), Run("second", 2, SOURCES)
ALL = (LINE, IDLE_LINE, IF, ELSE, RISES, FALLS, ONE, MANY)


def small() -> Database:
    """Return two runs that together leave a line, an edge and a bin open."""
    first = {LINE: 3, IF: 3, RISES: 1}
    second = {LINE: 2, ELSE: 2, RISES: 4, ONE: 1}
    nothing = dict.fromkeys(ALL, 0)
    return join([of_run(FIRST, nothing | first), of_run(SECOND, nothing | second)])
