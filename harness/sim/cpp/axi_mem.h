// SPDX-License-Identifier: Apache-2.0
//
// axi_mem - simulation memory behind AXI4 ports: one store, one timing model and one set of stall knobs a port.
//
// The Verilog side (sim_axi_mem.sv) samples all ports at a rising edge, calls AxiMem::step once and registers what
// it returns. Everything is counted in clock cycles; Python converts nanoseconds.
#ifndef KRAIT_AXI_MEM_H
#define KRAIT_AXI_MEM_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace krait {

constexpr int kMaxPorts = 64;
constexpr int kMaxPortBytes = 64;
constexpr unsigned kWriteBuffer = 512;  // beats accepted and not yet committed; holds two longest bursts

enum class Channel { AR = 0, R = 1, AW = 2, W = 3, B = 4 };
constexpr int kChannels = 5;

enum Resp : uint8_t { kOkay = 0, kSlvErr = 2, kDecErr = 3 };

// When a channel must not offer ready (AR, AW, W) or a new valid (R, B).
struct Stall {
    enum Kind { None = 0, Random = 1, Alternate = 2, Burst = 3, Always = 4 };
    Kind kind = None;
    double probability = 0;  // Random: share of the cycles that stall
    uint32_t busy = 0;       // Burst: stalled for `busy` cycles, then free for `idle` cycles
    uint32_t idle = 1;
};

// Cycles in which the channel stands still: `cycles` of every `period`, starting `phase` cycles in; 0 = none.
struct Gap {
    uint32_t period = 0, cycles = 0, phase = 0;
    bool closed(uint64_t now) const { return cycles && (now + phase) % period < cycles; }
};

// A memory channel. The ideal one: rate 1, no gap, no turnaround; reads and writes then do not share the data bus.
struct Timing {
    uint32_t latency = 1;       // cycles from an accepted AR to its first R beat, and from the last W beat to B
    double rate = 1.0;          // beats a cycle outside the gaps
    uint32_t turnaround = 0;    // idle cycles when the data bus changes direction
    uint32_t queue_depth = 32;  // outstanding AR (and AW) bursts
    Gap page, refresh;          // short gaps between bursts, long ones for refresh
    bool shared() const { return rate < 1.0 || page.cycles || refresh.cycles || turnaround; }
    bool closed(uint64_t now) const { return page.closed(now) || refresh.closed(now); }
};

struct Inject {
    bool write;
    uint64_t first, last;  // byte addresses of beats, inclusive
    uint8_t resp;
    uint64_t nth;  // answer only the nth hit with the error; 0 = every hit
    uint64_t hits;
};

struct Counters {
    uint64_t read_bursts = 0, read_beats = 0, write_bursts = 0, write_beats = 0;
    uint64_t read_blocked = 0;  // cycles with R valid and not ready
    uint64_t errors = 0;        // beats answered with an error response
    uint64_t turnaround = 0;    // cycles lost to a change of direction
    uint64_t first_read = 0, last_read = 0;  // cycle of the first and last R beat
    uint64_t first_deliverable = 0, last_deliverable = 0;  // `deliverable` at those cycles
};

// What one port's master drives at a rising edge.
struct PortIn {
    uint64_t araddr, awaddr;
    unsigned arlen, awlen;
    bool arvalid, rready, awvalid, wvalid, wlast, bready;
    const uint8_t* wdata;
    uint64_t wstrb;
};

// What the memory drives after that edge (registered).
struct PortOut {
    bool arready = false, rvalid = false, rlast = false, awready = false, wready = false, bvalid = false;
    uint8_t rresp = 0, bresp = 0;
};

class AxiPort {
public:
    AxiPort(int index, int bytes);
    ~AxiPort();
    AxiPort(const AxiPort&) = delete;
    AxiPort& operator=(const AxiPort&) = delete;

    bool attach(uint64_t base, uint64_t size);  // allocate `size` zero bytes at device address `base`
    void clear();                               // the store reads zero again
    void reset();
    void seed(uint64_t value);
    void step(const PortIn& in, uint64_t now);
    void clearCounters();

    uint8_t* data() const { return store_; }
    uint64_t base() const { return base_; }
    uint64_t size() const { return size_; }
    uint64_t deliverable() const { return deliverable_ >> 32; }

    PortOut out;
    uint8_t rdata[kMaxPortBytes] = {};
    Timing timing;
    Stall stall[kChannels];
    std::vector<Inject> injects;
    Counters counters;
    std::string violation;  // first broken AXI rule

private:
    struct Read { uint64_t addr; unsigned left; uint64_t ready; };
    struct Write { uint64_t addr; unsigned beats, done; uint8_t resp; uint64_t end; };
    struct Beat { uint64_t addr, strb; uint8_t resp; uint8_t data[kMaxPortBytes]; };
    struct Answer { unsigned beats; uint8_t resp; uint64_t end, ready; };
    struct Held { bool valid = false; uint64_t addr = 0; unsigned len = 0; };

    bool stalled(Channel channel, uint64_t now);
    void rule(const char* channel, const char* text, uint64_t addr);
    void checkAddress(const char* channel, Held& held, bool valid, bool ready, uint64_t addr, unsigned len);
    void arbitrate(uint64_t now);
    bool takeToken(bool write);
    void stepAr(const PortIn& in, uint64_t now);
    void stepR(const PortIn& in, uint64_t now);
    void stepAw(const PortIn& in, uint64_t now);
    void stepW(const PortIn& in, uint64_t now);
    void stepB(const PortIn& in, uint64_t now);
    void acceptWriteBeat(const PortIn& in);
    void commit(unsigned beats);
    bool contains(uint64_t addr) const;
    uint8_t response(bool write, uint64_t addr);
    bool wantsRead(uint64_t now) const;

    const int index_;
    const int bytes_;
    uint8_t* store_ = nullptr;
    uint64_t base_ = 0, size_ = 0;
    uint64_t rng_ = 1;
    Held ar_held_, aw_held_;

    std::deque<Read> reads_;
    std::deque<Write> writes_;    // AW accepted, W beats missing
    std::deque<Beat> beats_;      // W beats accepted, not committed
    std::deque<Answer> answers_;  // bursts complete, B not given
    unsigned w_expected_ = 0;     // beats that accepted AWs still wait for
    uint64_t w_accepted_ = 0, w_drained_ = 0;

    // Data bus of a modelled channel.
    uint64_t credit_ = 0, deliverable_ = 0;  // 32.32 beats
    bool writing_ = false;
    uint32_t turn_ = 0, waited_ = 0;
};

class AxiMem {
public:
    AxiMem(int ports, int port_bytes);
    ~AxiMem();
    int ports() const { return static_cast<int>(ports_.size()); }
    int portBytes() const { return port_bytes_; }
    AxiPort& port(int p) { return *ports_[static_cast<size_t>(p)]; }
    void reset();
    uint64_t cycles = 0;  // edges seen outside reset

private:
    int port_bytes_;
    std::vector<AxiPort*> ports_;
};

// The memory with this number, or null.
AxiMem* findMem(int id);

}  // namespace krait

#endif
