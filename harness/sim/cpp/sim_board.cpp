// SPDX-License-Identifier: Apache-2.0
//
// sim_board - C API of the virtual board: one Verilated simulation top, called from Python through ctypes
// (harness/sim/model.py). One model for each loaded library.
#include <memory>

#include "sim_bfm.h"

namespace {
std::unique_ptr<krait::Bfm> board;
}

extern "C" {

// Creates the model, in reset; a model that was there is destroyed first.
void krait_board_create(int random_reset, int seed) {
    board.reset();
    board.reset(new krait::Bfm(random_reset, seed));
}

void krait_board_destroy() { board.reset(); }

void krait_board_reset(unsigned cycles) { board->reset(cycles); }

// Register accesses return the response, -1 for none within `limit` cycles, -2 when the model has ended itself.
int krait_board_write(uint32_t addr, uint32_t data, unsigned limit) {
    const int response = board->write(addr, data, limit);
    return board->dead() ? -2 : response;
}

int krait_board_read(uint32_t addr, uint32_t* data, unsigned limit) {
    const int response = board->read(addr, data, limit);
    return board->dead() ? -2 : response;
}

uint64_t krait_board_run(uint64_t limit, int stop_on_interrupt) { return board->run(limit, stop_on_interrupt != 0); }

uint64_t krait_board_cycles() { return board->cycles; }

int krait_board_interrupt() { return board->interrupt(); }

// The model ended itself: $fatal or $finish. Its last state stays readable, time stands still.
int krait_board_dead() { return board->dead(); }

}  // extern "C"
