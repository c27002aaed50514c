// SPDX-License-Identifier: Apache-2.0
//
// Waves of a window of time for cocotb's main program: VerilatedFstC, but only from +krait_waves_from to
// +krait_waves_to (ns), and no further once the file has +krait_waves_bytes. Without them all is written.
#pragma once

#include <sys/stat.h>
#include <verilated.h>
#include <verilated_fst_c.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "Vtop.h"

class KraitWaves final : public VerilatedFstC {
    static constexpr uint64_t PS = 1000;  // of a nanosecond; models count in ps
    static constexpr unsigned LOOK = 1024;  // dumps between two looks at the file's size
    const uint64_t m_from = argument("krait_waves_from=", 0);
    const uint64_t m_to = argument("krait_waves_to=", UINT64_MAX / PS);
    const uint64_t m_bytes = argument("krait_waves_bytes=", UINT64_MAX);
    std::string m_file;
    unsigned m_dumps = 0;
    bool m_full = false;

    static uint64_t argument(const char* name, uint64_t otherwise) {
        const char* const found = Verilated::commandArgsPlusMatch(name);
        return found && *found ? std::strtoull(found + 1 + std::strlen(name), nullptr, 10) : otherwise;
    }

    bool full() {
        struct stat file;
        if (!m_full && m_dumps++ % LOOK == 0 && !stat(m_file.c_str(), &file))
            m_full = static_cast<uint64_t>(file.st_size) > m_bytes;
        return m_full;
    }

public:
    void open(const char* name) override {
        m_file = name;
        VerilatedFstC::open(name);
    }
    void dump(uint64_t ps) {
        if (ps / PS >= m_from && ps / PS <= m_to && !full()) VerilatedFstC::dump(ps);
    }
};

#define VerilatedFstC KraitWaves
