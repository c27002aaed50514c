// SPDX-License-Identifier: Apache-2.0
//
// axi_mem_api - C API of the simulation memory: krait_mem_step is called from sim_axi_mem.sv (DPI), the rest from
// Python through ctypes. Functions return 0, or -1 with the reason in krait_mem_error().
#include <cstring>
#include <map>

#include "axi_mem.h"

using krait::AxiMem;
using krait::AxiPort;

namespace {

std::map<int, AxiMem*>& registry() {
    static std::map<int, AxiMem*> mems;
    return mems;
}

std::string& lastError() {
    static std::string text;
    return text;
}

int fail(const std::string& text) {
    lastError() = text;
    return -1;
}

// Calls `action` for one port, or for all with port = -1.
template <class Action>
int eachPort(int id, int port, Action action) {
    AxiMem* mem = krait::findMem(id);
    if (!mem) return fail("no simulation memory " + std::to_string(id));
    if (port < -1 || port >= mem->ports())
        return fail("no port " + std::to_string(port) + "; there are " + std::to_string(mem->ports()));
    for (int p = 0; p < mem->ports(); ++p)
        if (port == -1 || port == p) action(mem->port(p));
    return 0;
}

bool bit(uint64_t mask, int i) { return mask >> i & 1; }

void setBit(uint64_t* mask, int i, bool value) { *mask |= static_cast<uint64_t>(value) << i; }

template <class T>
T slice(const uint32_t* words, int index) {  // element `index` of a packed vector of T
    T value;
    std::memcpy(&value, reinterpret_cast<const char*>(words) + static_cast<size_t>(index) * sizeof(T), sizeof(T));
    return value;
}

// Byte strobes of port p: `bytes` bits from bit p * bytes.
uint64_t strobes(const uint32_t* words, int p, int bytes) {
    uint64_t mask = 0;
    std::memcpy(&mask, reinterpret_cast<const char*>(words) + static_cast<size_t>(p) * static_cast<size_t>(bytes) / 8,
                static_cast<size_t>(bytes) / 8);
    return mask;
}

}  // namespace

AxiMem* krait::findMem(int id) {
    auto found = registry().find(id);
    return found == registry().end() ? nullptr : found->second;
}

extern "C" {

const char* krait_mem_error() { return lastError().c_str(); }

int krait_mem_declare(int id, int ports, int port_bytes) {
    if (ports < 1 || ports > krait::kMaxPorts) return fail("ports: " + std::to_string(ports) + ", expected 1..64");
    if (port_bytes < 8 || port_bytes > krait::kMaxPortBytes || (port_bytes & (port_bytes - 1)))
        return fail("port bytes: " + std::to_string(port_bytes) + ", expected 8, 16, 32 or 64");
    AxiMem*& mem = registry()[id];
    if (!mem) mem = new AxiMem(ports, port_bytes);
    if (mem->ports() != ports || mem->portBytes() != port_bytes) return fail("memory declared with another shape");
    return 0;
}

// One rising edge for all ports. Returns 0, or -1 when the master broke an AXI rule (see krait_mem_violation).
int krait_mem_step(int id, unsigned char rst, const uint32_t* araddr, const uint32_t* arlen, uint64_t arvalid,
                   uint64_t rready, const uint32_t* awaddr, const uint32_t* awlen, uint64_t awvalid,
                   const uint32_t* wdata, const uint32_t* wstrb, uint64_t wlast, uint64_t wvalid, uint64_t bready,
                   uint64_t* arready, uint32_t* rdata, uint64_t* rresp_lo, uint64_t* rresp_hi, uint64_t* rlast,
                   uint64_t* rvalid, uint64_t* awready, uint64_t* wready, uint64_t* bresp_lo, uint64_t* bresp_hi,
                   uint64_t* bvalid) {
    *arready = *rresp_lo = *rresp_hi = *rlast = *rvalid = *awready = *wready = *bresp_lo = *bresp_hi = *bvalid = 0;
    AxiMem* mem = krait::findMem(id);
    if (!mem) return -1;
    const int bytes = mem->portBytes();
    if (rst) mem->reset();
    int status = 0;
    for (int p = 0; p < mem->ports(); ++p) {
        AxiPort& port = mem->port(p);
        const size_t lane = static_cast<size_t>(p) * static_cast<size_t>(bytes);
        if (!rst) {
            const krait::PortIn in{slice<uint64_t>(araddr, p), slice<uint64_t>(awaddr, p), slice<uint8_t>(arlen, p),
                                   slice<uint8_t>(awlen, p), bit(arvalid, p), bit(rready, p), bit(awvalid, p),
                                   bit(wvalid, p), bit(wlast, p), bit(bready, p),
                                   reinterpret_cast<const uint8_t*>(wdata) + lane, strobes(wstrb, p, bytes)};
            port.step(in, mem->cycles);
            if (!port.violation.empty()) status = -1;
        }
        setBit(arready, p, port.out.arready);
        setBit(rvalid, p, port.out.rvalid);
        setBit(rlast, p, port.out.rlast);
        setBit(rresp_lo, p, port.out.rresp & 1);
        setBit(rresp_hi, p, port.out.rresp >> 1);
        setBit(awready, p, port.out.awready);
        setBit(wready, p, port.out.wready);
        setBit(bvalid, p, port.out.bvalid);
        setBit(bresp_lo, p, port.out.bresp & 1);
        setBit(bresp_hi, p, port.out.bresp >> 1);
        std::memcpy(reinterpret_cast<uint8_t*>(rdata) + lane, port.rdata, static_cast<size_t>(bytes));
    }
    if (!rst) ++mem->cycles;
    return status;
}

// First broken AXI rule of any port, or "".
const char* krait_mem_violation(int id) {
    AxiMem* mem = krait::findMem(id);
    for (int p = 0; mem && p < mem->ports(); ++p)
        if (!mem->port(p).violation.empty()) return mem->port(p).violation.c_str();
    return "";
}

int krait_mem_ports(int id) {
    AxiMem* mem = krait::findMem(id);
    return mem ? mem->ports() : fail("no simulation memory " + std::to_string(id));
}

int krait_mem_port_bytes(int id) {
    AxiMem* mem = krait::findMem(id);
    return mem ? mem->portBytes() : fail("no simulation memory " + std::to_string(id));
}

uint64_t krait_mem_cycles(int id) {
    AxiMem* mem = krait::findMem(id);
    return mem ? mem->cycles : 0;
}

int krait_mem_attach(int id, int port, uint64_t base, uint64_t size) {
    bool done = true;
    const int found = eachPort(id, port, [&](AxiPort& p) { done = p.attach(base, size) && done; });
    return found || done ? found : fail("cannot map " + std::to_string(size) + " bytes");
}

uint8_t* krait_mem_data(int id, int port) {
    AxiMem* mem = krait::findMem(id);
    return mem && port >= 0 && port < mem->ports() ? mem->port(port).data() : nullptr;
}

int krait_mem_clear(int id) {
    return eachPort(id, -1, [](AxiPort& p) { p.clear(); });
}

// Resets the gaps of the port; krait_mem_gap adds them.
int krait_mem_timing(int id, int port, uint32_t latency, double rate, uint32_t turnaround, uint32_t queue_depth) {
    if (!(rate > 0.0 && rate <= 1.0)) return fail("rate must be in (0, 1] beats a cycle");
    if (!queue_depth) return fail("queue depth must be at least 1");
    return eachPort(id, port, [&](AxiPort& p) {
        p.timing = krait::Timing();
        p.timing.latency = latency;
        p.timing.rate = rate;
        p.timing.turnaround = turnaround;
        p.timing.queue_depth = queue_depth;
    });
}

int krait_mem_gap(int id, int port, int refresh, uint32_t period, uint32_t cycles, uint32_t phase) {
    if (cycles && cycles >= period) return fail("a gap must be shorter than its period");
    return eachPort(id, port, [&](AxiPort& p) {
        (refresh ? p.timing.refresh : p.timing.page) = {period, cycles, phase};
    });
}

// channel: 0 AR, 1 R, 2 AW, 3 W, 4 B, -1 all. kind: krait::Stall::Kind.
int krait_mem_stall(int id, int port, int channel, int kind, double probability, uint32_t busy, uint32_t idle) {
    if (channel < -1 || channel >= krait::kChannels || kind < 0 || kind > krait::Stall::Always)
        return fail("unknown channel or kind of stall");
    if (kind == krait::Stall::Burst && !idle) return fail("a burst stall needs idle >= 1; use kind `always`");
    return eachPort(id, port, [&](AxiPort& p) {
        for (int c = 0; c < krait::kChannels; ++c)
            if (channel == -1 || channel == c)
                p.stall[c] = {static_cast<krait::Stall::Kind>(kind), probability, busy, idle};
    });
}

int krait_mem_seed(int id, uint64_t seed) {
    return eachPort(id, -1, [&](AxiPort& p) { p.seed(seed); });
}

int krait_mem_inject(int id, int port, int write, uint64_t first, uint64_t last, int resp, uint64_t nth) {
    if (resp != krait::kSlvErr && resp != krait::kDecErr) return fail("resp must be 2 (SLVERR) or 3 (DECERR)");
    return eachPort(id, port, [&](AxiPort& p) {
        p.injects.push_back({write != 0, first, last, static_cast<uint8_t>(resp), nth, 0});
    });
}

int krait_mem_inject_clear(int id) {
    return eachPort(id, -1, [](AxiPort& p) { p.injects.clear(); });
}

// Order of the values: Python's harness.sim.mem.PortCounters.
int krait_mem_counters(int id, int port, uint64_t* values) {
    if (port < 0) return fail("counters: name one port");
    return eachPort(id, port, [&](AxiPort& p) {
        const krait::Counters& c = p.counters;
        const uint64_t all[] = {c.read_bursts, c.read_beats, c.write_bursts, c.write_beats,
                                c.read_blocked, c.errors, c.turnaround, p.deliverable(),
                                c.first_read, c.last_read, c.first_deliverable, c.last_deliverable};
        std::memcpy(values, all, sizeof all);
    });
}

int krait_mem_clear_counters(int id) {
    return eachPort(id, -1, [](AxiPort& p) { p.clearCounters(); });
}

// Forget a violation, so that the next one is reported (resets of tests that provoke one).
int krait_mem_clear_violation(int id) {
    return eachPort(id, -1, [](AxiPort& p) { p.violation.clear(); });
}

}  // extern "C"
