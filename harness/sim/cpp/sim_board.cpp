// SPDX-License-Identifier: Apache-2.0
//
// sim_board - C API of the virtual board: one Verilated simulation top, called from Python through ctypes
// (harness/sim/model.py). One model for each loaded library.
#include <cstring>
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

// Accesses to `count` registers side by side, one bus access a word in ascending order, up to the first that is not
// answered with OKAY. They return its response, -1 for none within `limit` cycles, -2 when the model has ended itself;
// `done` tells how many were answered with OKAY.
int krait_board_write(uint32_t addr, const void* data, unsigned count, unsigned limit, unsigned* done) {
    int response = 0;
    for (*done = 0; *done < count; ++*done) {
        uint32_t word;
        std::memcpy(&word, static_cast<const char*>(data) + 4 * *done, 4);
        response = board->write(addr + 4 * *done, word, limit);
        if (board->dead()) response = -2;
        if (response) break;
    }
    return response;
}

int krait_board_read(uint32_t addr, void* data, unsigned count, unsigned limit, unsigned* done) {
    int response = 0;
    for (*done = 0; *done < count; ++*done) {
        uint32_t word;
        response = board->read(addr + 4 * *done, &word, limit);
        std::memcpy(static_cast<char*>(data) + 4 * *done, &word, 4);
        if (board->dead()) response = -2;
        if (response) break;
    }
    return response;
}

uint64_t krait_board_run(uint64_t limit, int stop_on_interrupt) { return board->run(limit, stop_on_interrupt != 0); }

// Advances at most `limit` cycles, or until the interrupt is high; returns 1 when it is, else 0, or -2 as above.
int krait_board_wait(uint64_t limit) {
    board->run(limit, true);
    return board->dead() ? -2 : board->interrupt();
}

uint64_t krait_board_cycles() { return board->cycles; }

int krait_board_interrupt() { return board->interrupt(); }

// The model ended itself: $fatal or $finish. Its last state stays readable, time stands still.
int krait_board_dead() { return board->dead(); }

}  // extern "C"
