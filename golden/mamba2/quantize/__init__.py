# SPDX-License-Identifier: Apache-2.0
"""From a float Mamba2 model and a calibration text to an integer model.

1. `rotation`: the residual stream is rotated by a random-sign block Hadamard matrix, folded into embedding, in_proj,
   out_proj and head, together with the norms' weights and the scale of the stream (`prepare`).
2. Layer by layer (`layer`), on what the integer layers before make of the calibration text (`streams`): in_proj, then
   the parameters of convolution and SSM, corrected so that the integer functions are right on average (`fit`), then
   out_proj; at last the head. A linear layer and the norm before it are one `site`: the norm's constant weight moves
   the matrix into the middle of its scales.
3. A matrix (`linears`) aims at the float model's results, gets the scales of least squared error (`scales`), and is
   rounded with compensation of its errors (`gptq`).
"""

from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.run import Progress, quantize

__all__ = ["Options", "Progress", "quantize"]
