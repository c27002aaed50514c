// SPDX-License-Identifier: Apache-2.0
//
// axi_mem - channel by channel behaviour of the simulation memory. The C API stands in axi_mem_api.cpp.
#include "axi_mem.h"

#include <sys/mman.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace krait {

namespace {
constexpr uint64_t kOne = 1ull << 32;
constexpr unsigned kWriteHigh = 64;  // buffered beats that are worth a change of direction
constexpr unsigned kDwell = 128;     // cycles of one direction while the other has a batch waiting
constexpr unsigned kMaxWait = 256;   // the same while it has less than a batch

uint64_t nextRandom(uint64_t& state) {  // splitmix64
    uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
}  // namespace

AxiPort::AxiPort(int index, int bytes) : index_(index), bytes_(bytes) { seed(0); }

AxiPort::~AxiPort() {
    if (store_) munmap(store_, size_);
}

// The mapping is sparse: pages that nobody touched cost nothing, so a board's gigabytes can be declared as they are.
bool AxiPort::attach(uint64_t base, uint64_t size) {
    if (store_) munmap(store_, size_);
    store_ = nullptr;
    base_ = size_ = 0;
    void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return false;
    store_ = static_cast<uint8_t*>(mapped);
    base_ = base;
    size_ = size;
    return true;
}

void AxiPort::clear() {
    if (store_) madvise(store_, size_, MADV_DONTNEED);
}

void AxiPort::reset() {
    out = PortOut();
    reads_.clear();
    writes_.clear();
    beats_.clear();
    answers_.clear();
    w_expected_ = 0;
    w_accepted_ = w_drained_ = 0;
    credit_ = 0;
    writing_ = false;
    turn_ = waited_ = 0;
    ar_held_ = aw_held_ = Held();
}

void AxiPort::seed(uint64_t value) {
    rng_ = value * 0x9E3779B97F4A7C15ull + static_cast<uint64_t>(index_) * 0xD1342543DE82EF95ull + 1;
    nextRandom(rng_);
}

void AxiPort::clearCounters() {
    counters = Counters();
    deliverable_ = 0;
    for (Inject& inject : injects) inject.hits = 0;
}

bool AxiPort::stalled(Channel channel, uint64_t now) {
    const Stall& s = stall[static_cast<int>(channel)];
    switch (s.kind) {
        case Stall::None: return false;
        case Stall::Random: return static_cast<double>(nextRandom(rng_) >> 11) * 0x1p-53 < s.probability;
        case Stall::Alternate: return (now & 1) != 0;
        case Stall::Burst: return now % (static_cast<uint64_t>(s.busy) + s.idle) < s.busy;
        case Stall::Always: return true;
    }
    return false;
}

void AxiPort::rule(const char* channel, const char* text, uint64_t addr) {
    if (!violation.empty()) return;
    char line[160];
    std::snprintf(line, sizeof line, "port %d %s: %s (address 0x%" PRIx64 ")", index_, channel, text, addr);
    violation = line;
}

// Rules of an address channel: held until taken, aligned to the port, inside 4 KiB.
void AxiPort::checkAddress(const char* channel, Held& held, bool valid, bool ready, uint64_t addr, unsigned len) {
    if (held.valid && !valid) rule(channel, "valid dropped before ready", held.addr);
    if (held.valid && valid && (held.addr != addr || held.len != len)) rule(channel, "changed before ready", addr);
    if (valid && addr % static_cast<unsigned>(bytes_)) rule(channel, "address not aligned to the port", addr);
    const uint64_t end = addr + static_cast<uint64_t>(len + 1) * static_cast<unsigned>(bytes_) - 1;
    if (valid && (addr >> 12) != (end >> 12)) rule(channel, "burst crosses 4 KiB", addr);
    held.valid = valid && !ready;
    held.addr = addr;
    held.len = len;
}

bool AxiPort::contains(uint64_t addr) const {
    return store_ && addr >= base_ && addr - base_ <= size_ - static_cast<unsigned>(bytes_);
}

uint8_t AxiPort::response(bool write, uint64_t addr) {
    uint8_t resp = contains(addr) ? kOkay : kDecErr;
    for (Inject& inject : injects) {
        if (inject.write != write || addr < inject.first || addr > inject.last) continue;
        ++inject.hits;
        if (inject.nth == 0 || inject.hits == inject.nth) resp = std::max(resp, inject.resp);
    }
    if (resp != kOkay) ++counters.errors;
    return resp;
}

bool AxiPort::wantsRead(uint64_t now) const { return !reads_.empty() && reads_.front().ready <= now + 1; }

// One cycle of a modelled data bus: credits, gap, direction. Writes are buffered and drained in batches, as memory
// controllers do, so that the turnaround is paid per batch and not per beat.
void AxiPort::arbitrate(uint64_t now) {
    const bool gap = timing.closed(now);
    if (!gap) {
        const uint64_t rate = static_cast<uint64_t>(timing.rate * static_cast<double>(kOne));
        credit_ = std::min(credit_ + rate, 2 * kOne);
        deliverable_ += rate;
    }
    if (!timing.shared()) {
        w_drained_ = w_accepted_;
        return;
    }
    if (gap) return;
    const uint64_t pending = w_accepted_ - w_drained_;
    const bool reads_wait = wantsRead(now);
    const bool other_waits = writing_ ? reads_wait : pending != 0;
    waited_ = other_waits ? waited_ + 1 : 0;
    const bool idle = writing_ ? pending == 0 : !reads_wait;  // nothing to do in this direction
    const bool batch = writing_ || pending >= kWriteHigh;
    if (other_waits && (idle || waited_ >= (batch ? kDwell : kMaxWait))) {
        writing_ = !writing_;
        waited_ = 0;
        turn_ = timing.turnaround;
    }
    if (turn_) {
        --turn_;
        ++counters.turnaround;
        credit_ = 0;
        return;
    }
    if (writing_ && pending && takeToken(true)) ++w_drained_;
}

bool AxiPort::takeToken(bool write) {
    if (!timing.shared()) return true;
    if (write != writing_ || turn_ || credit_ < kOne) return false;
    credit_ -= kOne;
    return true;
}

void AxiPort::stepAr(const PortIn& in, uint64_t now) {
    checkAddress("AR", ar_held_, in.arvalid, out.arready, in.araddr, in.arlen);
    if (in.arvalid && out.arready) {
        reads_.push_back({in.araddr, in.arlen + 1, now + std::max(timing.latency, 1u)});
        ++counters.read_bursts;
    }
    out.arready = reads_.size() < timing.queue_depth && !stalled(Channel::AR, now);
}

void AxiPort::stepR(const PortIn& in, uint64_t now) {
    if (out.rvalid && !in.rready) {
        ++counters.read_blocked;
        return;
    }
    if (out.rvalid) {
        if (!counters.read_beats) {
            counters.first_read = now;
            counters.first_deliverable = deliverable();
        }
        ++counters.read_beats;
        counters.last_read = now;
        counters.last_deliverable = deliverable();
    }
    out.rvalid = false;
    if (!wantsRead(now) || stalled(Channel::R, now)) return;
    if (timing.closed(now) || !takeToken(false)) return;
    Read& read = reads_.front();
    out.rvalid = true;
    out.rresp = response(false, read.addr);
    out.rlast = read.left == 1;
    if (out.rresp == kOkay) std::memcpy(rdata, store_ + (read.addr - base_), static_cast<size_t>(bytes_));
    else std::memset(rdata, 0xDB, static_cast<size_t>(bytes_));  // poison: must not reach a result
    read.addr += static_cast<unsigned>(bytes_);
    if (--read.left == 0) reads_.pop_front();
}

void AxiPort::stepAw(const PortIn& in, uint64_t now) {
    checkAddress("AW", aw_held_, in.awvalid, out.awready, in.awaddr, in.awlen);
    if (in.awvalid && out.awready) {
        writes_.push_back({in.awaddr, in.awlen + 1, 0, kOkay, 0});
        w_expected_ += in.awlen + 1;
        ++counters.write_bursts;
    }
    out.awready = writes_.size() + answers_.size() < timing.queue_depth && !stalled(Channel::AW, now);
}

void AxiPort::acceptWriteBeat(const PortIn& in) {
    Write& write = writes_.front();
    Beat beat;
    beat.addr = write.addr;
    beat.strb = in.wstrb;
    beat.resp = response(true, write.addr);
    std::memcpy(beat.data, in.wdata, static_cast<size_t>(bytes_));
    beats_.push_back(beat);
    write.resp = std::max(write.resp, beat.resp);
    write.addr += static_cast<unsigned>(bytes_);
    ++write.done;
    ++w_accepted_;
    --w_expected_;
    ++counters.write_beats;
    if (in.wlast != (write.done == write.beats)) rule("W", "wlast does not match the burst length", beat.addr);
    if (write.done < write.beats) return;
    answers_.push_back({write.beats, write.resp, w_accepted_, UINT64_MAX});
    writes_.pop_front();
}

void AxiPort::stepW(const PortIn& in, uint64_t now) {
    if (in.wvalid && out.wready) acceptWriteBeat(in);
    out.wready = w_expected_ > 0 && beats_.size() < kWriteBuffer && !stalled(Channel::W, now);
}

// Data reaches the store only when its response is given: a kernel that reports done before B leaves stale data.
void AxiPort::commit(unsigned beats) {
    for (; beats; --beats) {
        const Beat& beat = beats_.front();
        for (int i = 0; i < bytes_ && beat.resp == kOkay; ++i)
            if (beat.strb >> i & 1) store_[beat.addr - base_ + static_cast<unsigned>(i)] = beat.data[i];
        beats_.pop_front();
    }
}

void AxiPort::stepB(const PortIn& in, uint64_t now) {
    if (out.bvalid && !in.bready) return;
    out.bvalid = false;
    for (Answer& answer : answers_)
        if (answer.ready == UINT64_MAX && answer.end <= w_drained_) answer.ready = now + std::max(timing.latency, 1u);
    if (answers_.empty() || answers_.front().ready > now + 1 || stalled(Channel::B, now)) return;
    commit(answers_.front().beats);
    out.bvalid = true;
    out.bresp = answers_.front().resp;
    answers_.pop_front();
}

void AxiPort::step(const PortIn& in, uint64_t now) {
    stepAr(in, now);
    stepAw(in, now);
    stepW(in, now);
    arbitrate(now);
    stepR(in, now);
    stepB(in, now);
}

AxiMem::AxiMem(int ports, int port_bytes) : port_bytes_(port_bytes) {
    for (int p = 0; p < ports; ++p) ports_.push_back(new AxiPort(p, port_bytes));
}

AxiMem::~AxiMem() {
    for (AxiPort* port : ports_) delete port;
}

void AxiMem::reset() {
    for (AxiPort* port : ports_) port->reset();
}

}  // namespace krait
