// SPDX-License-Identifier: Apache-2.0
// C API of a Verilated toy_counter for ctypes: state at run(n) is START + n.
#include <memory>

#include "Vtop.h"

extern "C" unsigned long long toy_run(int cycles) {
    VerilatedContext context;
    Vtop top(&context);
    top.rst = 1;
    top.en = 1;
    for (int i = 0; i <= cycles; ++i) {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        top.rst = 0;
    }
    return top.value;
}
