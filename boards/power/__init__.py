# SPDX-License-Identifier: Apache-2.0
"""Power of boards: sensors as sources, a sampler, energy of benchmarks. What no sensor measures is n/a."""
