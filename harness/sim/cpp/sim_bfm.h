// SPDX-License-Identifier: Apache-2.0
//
// sim_bfm - clock, reset and AXI4-Lite accesses of a Verilated simulation top (class Vtop) with the ports
// clk, rst_n, s_axi_control_* and interrupt. Shared by the virtual board and by the bare benchmark loop.
#ifndef KRAIT_SIM_BFM_H
#define KRAIT_SIM_BFM_H

#include <cstdint>
#include <memory>

#include "Vtop.h"
#include "verilated.h"

namespace krait {

// Idle cycles after reset, as a shell's interconnect leaves them: a kernel may pipeline its reset.
constexpr unsigned kAfterReset = 8;

class Bfm {
public:
    // `random_reset`: 0 zeros, 1 ones, 2 random values in registers without reset.
    Bfm(int random_reset, int seed) : context_(new VerilatedContext) {
        context_->randReset(random_reset);
        context_->randSeed(seed);
        context_->fatalOnError(false);  // $fatal ends the model, not the process that hosts it
        top_.reset(new Vtop(context_.get(), "top"));
    }
    ~Bfm() { top_->final(); }

    bool dead() const { return context_->gotFinish(); }
    bool interrupt() const { return top_->__SYM__interrupt; }  // Verilator renames what is a word of C++ or VHDL

    void tick() {
        top_->clk = 1;
        top_->eval();
        context_->timeInc(1);
        top_->clk = 0;
        top_->eval();
        context_->timeInc(1);
        ++cycles;
    }

    void reset(unsigned length) {
        idle();
        top_->clk = 0;
        top_->rst_n = 0;
        top_->eval();
        for (unsigned i = 0; i < length && !dead(); ++i) tick();
        top_->rst_n = 1;
        top_->eval();
        for (unsigned i = 0; i < kAfterReset && !dead(); ++i) tick();
    }

    // AXI4-Lite write; returns the response, or -1 when it took more than `limit` cycles.
    int write(uint32_t addr, uint32_t data, unsigned limit) {
        top_->s_axi_control_awaddr = addr;
        top_->s_axi_control_awvalid = 1;
        top_->s_axi_control_wdata = data;
        top_->s_axi_control_wstrb = 15;
        top_->s_axi_control_wvalid = 1;
        top_->s_axi_control_bready = 1;
        for (unsigned i = 0; i < limit && !dead(); ++i) {
            top_->eval();
            const bool aw = top_->s_axi_control_awvalid && top_->s_axi_control_awready;
            const bool w = top_->s_axi_control_wvalid && top_->s_axi_control_wready;
            const bool b = top_->s_axi_control_bvalid;
            const int resp = top_->s_axi_control_bresp;
            tick();
            if (aw) top_->s_axi_control_awvalid = 0;
            if (w) top_->s_axi_control_wvalid = 0;
            if (b) {
                idle();
                return resp;
            }
        }
        idle();
        return -1;
    }

    // AXI4-Lite read; same results as write.
    int read(uint32_t addr, uint32_t* data, unsigned limit) {
        top_->s_axi_control_araddr = addr;
        top_->s_axi_control_arvalid = 1;
        top_->s_axi_control_rready = 1;
        for (unsigned i = 0; i < limit && !dead(); ++i) {
            top_->eval();
            const bool ar = top_->s_axi_control_arvalid && top_->s_axi_control_arready;
            const bool r = top_->s_axi_control_rvalid;
            const int resp = top_->s_axi_control_rresp;
            *data = top_->s_axi_control_rdata;
            tick();
            if (ar) top_->s_axi_control_arvalid = 0;
            if (r) {
                idle();
                return resp;
            }
        }
        idle();
        return -1;
    }

    // Advances at most `limit` cycles, or until the interrupt is high; returns the cycles advanced.
    uint64_t run(uint64_t limit, bool stop_on_interrupt) {
        uint64_t done = 0;
        while (done < limit && !(stop_on_interrupt && interrupt()) && !dead()) {
            tick();
            ++done;
        }
        return done;
    }

    uint64_t cycles = 0;

private:
    void idle() {
        top_->s_axi_control_awvalid = 0;
        top_->s_axi_control_wvalid = 0;
        top_->s_axi_control_bready = 0;
        top_->s_axi_control_arvalid = 0;
        top_->s_axi_control_rready = 0;
    }

    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vtop> top_;
};

}  // namespace krait

#endif
