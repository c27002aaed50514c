// SPDX-License-Identifier: Apache-2.0
//
// The clock of a design in cocotb's main program: the input KRAIT_CLOCK of the top changes every KRAIT_CLOCK_HALF_PS,
// first to high. cocotb's own clock does the same through VPI: a timed callback, a deferred write and a further
// evaluation of the model for each edge, which cost a bulk simulation a quarter of its time.
//
// What Python sees stays as it was: timers of that moment come first, then whoever waits for the edge, who finds the
// outputs of the cycle before, then the model runs.
#pragma once

#include <verilated.h>
#include <verilated_vpi.h>

#include <algorithm>
#include <cstdint>

#include "Vtop.h"

class KraitClocked final : public Vtop {
    static inline KraitClocked* s_top = nullptr;

public:
    explicit KraitClocked(const char* name) : Vtop(name) {
        KRAIT_CLOCK = 0;  // inputs, too, begin with random values
        s_top = this;
    }
    static void toggle() { s_top->KRAIT_CLOCK ^= 1; }
};

// VerilatedVpi with the clock's next edge among the deadlines. Waiting signals are compared after something may have
// changed them and not at each of the four places in a loop of the main program.
class KraitVpi final {
    static inline QData s_edge = KRAIT_CLOCK_HALF_PS;
    static inline bool s_changed = true;

public:
    static QData cbNextDeadline() { return std::min(VerilatedVpi::cbNextDeadline(), s_edge); }
    static bool callCbs(uint32_t reason) {
        // Those of a region of this time stand in their list by now; those of a time may still have to be moved there.
        const bool region = reason == cbReadWriteSynch || reason == cbReadOnlySynch;
        if (region && !VerilatedVpi::hasCbs(reason)) return false;
        const bool called = VerilatedVpi::callCbs(reason);
        s_changed |= called;
        return called;
    }
    static void callTimedCbs() {
        callCbs(cbAfterDelay);
        if (VL_TIME_Q() < s_edge) return;
        s_edge += KRAIT_CLOCK_HALF_PS;
        KraitClocked::toggle();
        s_changed = true;
    }
    static bool callValueCbs() { return s_changed && (s_changed = VerilatedVpi::callValueCbs()); }
    static void doInertialPuts() {
        VerilatedVpi::doInertialPuts();
        s_changed |= VerilatedVpi::evalNeeded();
    }
    static void clearEvalNeeded() {  // the model has just run
        VerilatedVpi::clearEvalNeeded();
        s_changed = true;
    }
    static bool evalNeeded() { return VerilatedVpi::evalNeeded(); }
};

#define Vtop KraitClocked
#define VerilatedVpi KraitVpi
