# SPDX-License-Identifier: Apache-2.0
"""`krait vectors` on the units of an integer profile: made from the zoo's model, checked, compared, refused."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from golden import vectors
from harness import bundles
from tests.command import Krait, Ran


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundles.make_mamba2("lightmamba-w4a4", out=tmp_path_factory.mktemp("bundles"))


def reseal(source: Path, folder: Path, name: str) -> Path:
    """A copy whose tensor `name` is off by one, with hashes and folder's name made right again."""
    good = vectors.load_units(source)
    wrong = good.tensors[name].clone()
    wrong.view(-1)[0] += 1
    tensors = {**good.tensors, name: wrong}
    m = good.manifest
    return vectors.write_units(
        folder,
        "wrong",
        family=m.family,
        profile=m.profile,
        choices=m.choices,
        shape=m.shape,
        origin=m.origin,
        seed=m.seed,
        revision=m.revision,
        cases=m.cases,
        tensors=tensors,
    )


def test_made_again_it_is_the_same(made: Path, krait: Krait) -> None:
    """The command writes the bundle that was written before: the float model is quantized to the same integers."""
    ran = krait("vectors", "make", "--profile", "lightmamba-w4a4", "--out", made.parent)
    assert ran == Ran(0, f"{made}\n", "")
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_check_and_diff(made: Path, krait: Krait, tmp_path: Path) -> None:
    """A good bundle passes and equals itself; a result that is off by one fails with case, tensor, index and values."""
    ran = krait("vectors", "check", made)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{made.name}: ")
    assert krait("vectors", "diff", made, made).out == "no difference\n"
    wrong = reseal(made, tmp_path, "m2_norm.random.saturation.y")
    ran = krait("vectors", "check", wrong)
    assert ran.code == 1
    assert "case m2_norm.random.saturation: tensor m2_norm.random.saturation.y: index [0, 0]: golden " in ran.err
    ran = krait("vectors", "diff", made, wrong)
    assert ran.code == 1
    assert "tensor m2_norm.random.saturation.y: 1 of " in ran.out


def test_the_model_reads_text(made: Path) -> None:
    """The model's case has the zoo model's shape and its prompt is the start of the held-out text."""
    bundle = vectors.load_units(made)
    case = next(each for each in bundle.manifest.cases if each.name == "m2_model.text")
    assert (case.parameters["d_model"], case.parameters["n_layer"]) == (128, 4)
    prompt = bytes(bundle.tensors[case.inputs["tokens"]].tolist())
    assert Path(bundles.ZOO / "heldout.txt").read_bytes().startswith(prompt)


def test_damage_is_refused(made: Path, krait: Krait, tmp_path: Path) -> None:
    """Changed tensors, a cut file and an edited manifest are the input's fault, in one line that names the file."""
    for kind in ("tensor", "cut", "manifest"):
        broken = tmp_path / kind / made.name
        broken.mkdir(parents=True)
        for path in made.iterdir():
            (broken / path.name).write_bytes(path.read_bytes())
        file = broken / (vectors.MANIFEST if kind == "manifest" else vectors.TENSORS)
        if kind == "tensor":
            tensors = load_file(file)
            next(iter(tensors.values())).view(-1)[0] ^= 1
            save_file(tensors, file)
        elif kind == "cut":
            file.write_bytes(file.read_bytes()[:-9])
        else:
            file.write_text(json.dumps(json.loads(file.read_text()) | {"profile": "quamba-w4a8"}))
        ran = krait("vectors", "check", broken)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert str(broken) in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "nosuch"], ["'nosuch'", "lightmamba-w4a4"]),
        (["--profile", "quamba-w4a8", "--model", "bitnet-tiny"], ["'bitnet-tiny'", "mamba2-tiny"]),
        (["--profile", "quamba-w4a8", "--shape", "8x8"], ["--model", "--shape"]),
        (["--profile", "quamba-w4a8", "--set", "hadamard"], ["'hadamard'", "CHOICE=VALUE"]),
        (["--profile", "quamba-w4a8", "--set", "weight_bits=3"], ["weight_bits", "3"]),
        (["--model", "bitnet-tiny", "--set", "hadamard=off"], ["--set", "--profile"]),
    ],
    ids=lambda value: " ".join(value) if value[0].startswith("--") else None,
)
def test_a_wrong_argument_is_refused(arguments: list[str], words: list[str], krait: Krait, tmp_path: Path) -> None:
    """Unknown profiles, models and settings: exit code 2, one line, no output."""
    ran = krait("vectors", "make", *arguments, "--out", tmp_path)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    for word in words:
        assert word in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_of_units_is_no_benchmark(made: Path, krait: Krait, tmp_path: Path) -> None:
    """A board replays kernel starts: units are refused by their kind, as they are with a kernel's configuration."""
    for arguments in (["bench", "--bundle", made, "--out", tmp_path], ["vectors", "check", made, "--config", "sim"]):
        ran = krait(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "kind: found 'units'" in ran.err
