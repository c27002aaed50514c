# SPDX-License-Identifier: Apache-2.0
"""Text from mamba2_accel: starts of a small model on the simulated board against golden, and what is refused."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from boards.drivers import KernelError
from boards.drivers.model_accel import Best
from boards.mamba2_generate import Session
from boards.model_generate import Figures, compare
from boards.sim.open import open_board
from golden.errors import CheckError, InputError
from golden.mamba2.accel import start
from golden.mamba2.accel.arguments import argument_error, build_of
from golden.mamba2.accel.outcome import outcome
from golden.mamba2.accel.start import Run, plan
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer import profile, store, synthetic
from golden.mamba2.published import published
from golden.spec import load_config
from golden.spec.gen.mamba2_accel import ErrorCode
from golden.untokenize import untokenizer

SHAPE = Mamba2Config(d_model=64, n_layer=2, vocab_size=256, d_state=16, headdim=16, ngroups=1)
SIM = load_config("mamba2_accel", "sim")
PROMPT, MORE = [3, 250, 17, 0, 99, 1, 2], [8, 30, 31]
ROOM = Run(8, 6, tap_point=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("models") / "small"
    synthetic.write(path, SHAPE, profile.load(SIM.profile))
    return path


@pytest.fixture(scope="module")
def model(folder):
    return store.load(folder, resident=True)


@contextmanager
def session(model, laid):
    with open_board("sim", "sim", "ideal", "mamba2_accel") as board, board.kernel.arena(laid.arena_bytes):
        yield Session(board.kernel, model, laid)


def streamed(states_on_chip):
    """Room in a configuration that keeps all states on chip, or none."""
    return SIM if states_on_chip else replace(SIM, state_depth=0)


@pytest.mark.parametrize("on_chip", [True, False])
def test_texts_and_taps_equal_golden(model, on_chip) -> None:
    """A model is loaded once; prompts, a text that goes on, and captured residuals give golden's outcome."""
    laid = plan(model, streamed(on_chip), ROOM)
    assert laid.arguments.mem_first == (SHAPE.n_layer if on_chip else 0)
    first = outcome(model, PROMPT, 5, SIM)
    follow = [first.tokens[-1], *MORE]
    second = outcome(model, follow, 4, SIM, first.states)
    with session(model, laid) as on:
        assert tuple(best.token for best in on.stream(PROMPT, 5)) == first.tokens
        found = list(on.stream(follow, 4, keep=True))
        assert [list(best.value) for best in found] == second.value.tolist()
        assert tuple(best.token for best in found) == second.tokens
        tapped = laid.start(Run(len(PROMPT), 5, tap_point=2))
        on.kernel.write_region(tapped, "tok", start.token_beats(PROMPT, SIM))
        assert tuple(best.token for best in on.kernel.stream(tapped)) == first.tokens
        assert torch.equal(on.kernel.taps(tapped), first.streams[1])
        figures = Figures(on.kernel.counters(), SIM.clock_mhz)
    assert figures.step_cycles == (figures.counters.cycles - figures.counters.first_token) / 4
    assert all("[simulated]" in line for line in figures.lines())


def test_errors_of_the_kernel_name_the_argument(model) -> None:
    """A start that the kernel refuses says which argument was wrong; the next start is good."""
    laid = plan(model, SIM, ROOM)
    with session(model, laid) as on:
        good = on.laid
        on.laid = _Careless(replace(laid.arguments, prompt=3, generate=1, d_state=12))
        with pytest.raises(KernelError, match=r"BAD_D_STATE.*d_state is 12, expected a multiple of 8") as caught:
            list(on.stream([1, 2, 3], 1))
        assert caught.value.exit_code == 2
        on.laid = good
        assert [best.token for best in on.stream(PROMPT, 2)] == list(outcome(model, PROMPT, 2, SIM).tokens)


class _Careless:
    """A plan that checks nothing."""

    def __init__(self, arguments) -> None:
        self.arguments = arguments

    def start(self, run):
        return self.arguments


def test_a_difference_is_named() -> None:
    """Step, both tokens, both records of logits."""
    index, value = tuple(range(8)), tuple(range(80, 0, -10))
    compare(0, (index, value), Best(index, value))
    with pytest.raises(CheckError, match=r"token 7: golden chose 0, board 9.*golden 0:80 1:70.*board 9:80 1:70"):
        compare(7, (index, value), Best((9, *index[1:]), value))
    with pytest.raises(CheckError, match="board 0:81"):
        compare(7, (index, value), Best(index, (81, *value[1:])))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"d_model": 512}, "d_model is 512, expected a multiple of 8 up to 256"),
        ({"n_layer": 110}, "n_layer is 110: 2200 groups of histories, at most 2048"),
        ({"n_layer": 256}, "expected 1 .. 255"),
        ({"d_state": 128}, "d_state is 128, expected a multiple of 8, .* up to 64"),
        ({"headdim": 128}, "headdim is 128 and d_inner 128"),
        ({"headdim": 4}, "heads are 32|headdim is 4"),
        ({"ngroups": 4}, "ngroups is 4, expected 1 .. 2"),
        ({"vocab_size": 7}, "vocabulary is 7, expected 8"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused(change, words) -> None:
    """The message has the dimension, what it is, the configuration's limit."""
    with pytest.raises(InputError, match=words):
        start.fits(replace(SHAPE, **change), SIM, Run(1, 1))


@pytest.mark.parametrize("run", [Run(0, 1), Run(1, 1 << 24), Run(1 << 24, 1), Run(1, 2, raw=True)])
def test_an_illegal_run_is_refused(run) -> None:
    with pytest.raises(InputError, match=r"prompt is .* and tokens to generate"):
        start.fits(SHAPE, SIM, run)


def test_a_run_beyond_the_room_is_refused(model) -> None:
    laid = plan(model, SIM, ROOM)
    with pytest.raises(InputError, match="region out needs 7 wide beats, the plan has 6"):
        laid.start(Run(8, 7))
    with pytest.raises(InputError, match="configuration sim_w8a8 has profile fastmamba-w8a8"):
        plan(model, load_config("mamba2_accel", "sim_w8a8"), ROOM)


@pytest.mark.parametrize("name", ["u280", "vck190", "vc709"])
def test_states_of_the_largest_model_are_cut_to_fit(name) -> None:
    """Chunks fit the queue of states, none of all cuts that fit has fewer beats, regions do not overlap, all legal."""
    cfg, shape = load_config("mamba2_accel", name), published("mamba2-2.7b")
    p = profile.load(cfg.profile)
    laid = start.lay_out(shape, p, (1, 1), cfg, Run(100, 100))
    assert laid.state.beats <= cfg.s_depth
    fitting = [each for each in start.layout.state_shapes(shape, p, cfg) if each.beats <= cfg.s_depth]
    assert laid.state.chunks * laid.state.beats == min(each.chunks * each.beats for each in fitting)
    ends = [
        at + laid.beats[region] * cfg.port_bytes
        for at, region in zip(laid.arguments.offsets, start.REGIONS, strict=True)
    ]
    assert all(end <= at for end, at in zip(ends, [*laid.arguments.offsets[1:], laid.arena_bytes], strict=True))
    assert argument_error(replace(laid.arguments, bases=(0,) * cfg.ports), build_of(cfg)) is ErrorCode.NONE


def test_bytes_become_text_as_they_come(tmp_path) -> None:
    """A character is given with its last byte; what is no UTF-8 or steers a terminal is replaced."""
    take = untokenizer(256, tmp_path)
    assert [take(byte, False) for byte in "aé".encode()] == ["a", "", "é"]
    assert [take(byte, False) for byte in (0xFF, 0x1B, 0x0A)] == ["�", "�", "\n"]
    assert take(0xC3, True) == "�"


# ---- the command


def test_the_command_generates(krait, folder, model) -> None:
    """Prompt, the text of golden's tokens, the figures; nothing on standard error."""
    code, out, err = krait("generate", "--model", folder, "--prompt", "Hi é", "-n", 6, "--memory", "ideal")
    assert (code, err) == (0, "")
    tokens = outcome(model, list("Hi é".encode()), 6, SIM).tokens
    take = untokenizer(256, folder)
    text = "".join(take(token, at == 5) for at, token in enumerate(tokens))
    assert out.startswith(f"Hi é{text}\n")
    assert "6 tokens, each equal to the golden model's" in out
    assert "cycles a token" in out
    assert "at 200 MHz [simulated]" in out
    assert "stalls of the cycles" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--prompt", ""], ["--prompt: is empty"]),
        (["--prompt", "a\udc80"], ["--prompt: character 1 is not UTF-8"]),
        ([], ["Missing option '--prompt'"]),
        (["--prompt", "a", "-n", "0"], ["'-n'", "greater than or equal to 1"]),
        (["--prompt", "a", "-n", 1 << 24], ["tokens to generate 16777216", "expected 1 .. 16777215"]),
        (["--prompt", "a", "--board", "nosuch"], ["'nosuch'", "sim:<board>"]),
        (["--prompt", "a", "--board", "sim:nosuch"], ["'nosuch'", "u280"]),
        (["--prompt", "a", "--profile", "nosuch"], ["'nosuch'", "lightmamba-w4a4"]),
        (["--prompt", "a", "--profile", "quamba-w4a8"], ["quamba-w4a8", "fastmamba-w8a8, lightmamba-w4a4"]),
        (["--prompt", "a", "--config", "u280"], ["'u280'", "sim, sim_w8a8"]),
        (["--prompt", "a", "--config", "sim", "--profile", "fastmamba-w8a8"], ["sim is of profile lightmamba-w4a4"]),
        (["--prompt", "a", "--memory", "fast"], ["'fast'", "model or ideal"]),
        (["--prompt", "a", "--model", "nosuch"], ["'nosuch'", "mamba2-tiny"]),
    ],
)
def test_a_wrong_argument_is_refused(arguments, words, krait) -> None:
    """One line with what was found and what is expected, exit code 2, no output."""
    code, out, err = krait("generate", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert err.startswith("krait: ")
    for word in words:
        assert word in err


def test_an_integer_model_keeps_its_profile(krait, folder) -> None:
    code, out, err = krait("generate", "--prompt", "a", "--model", folder, "--profile", "fastmamba-w8a8")
    assert (code, out) == (2, "")
    assert "the integer model is of lightmamba-w4a4" in err
