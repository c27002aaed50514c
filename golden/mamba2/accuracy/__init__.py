# SPDX-License-Identifier: Apache-2.0
"""How accurate a Mamba2 model is in each profile: loss on a text, errors by tensor, and what the papers compare."""

from golden.mamba2.accuracy.options import Options, Subject
from golden.mamba2.accuracy.quantized import cached
from golden.mamba2.accuracy.records import Evaluation, parse, read
from golden.mamba2.accuracy.run import evaluate
from golden.mamba2.accuracy.study import outlier_study

__all__ = ["Evaluation", "Options", "Subject", "cached", "evaluate", "outlier_study", "parse", "read"]
