// SPDX-License-Identifier: Apache-2.0
//
// bare_main - the yardstick of the virtual board: a plain C++ loop around the same Verilated top, bus accesses and
// memory, without Python. Reads a script (harness/bench/sim_speed.py), runs it, prints "<cycles> <seconds>".
//
// Script, one command a line, numbers in C notation:
//   attach PORT BASE SIZE | timing PORT LATENCY RATE TURNAROUND DEPTH | gap PORT REFRESH PERIOD CYCLES PHASE
//   load PORT OFFSET FILE | write ADDRESS VALUE (now) | argument ADDRESS VALUE (before each start) | start COUNT
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "axi_mem.h"
#include "sim_bfm.h"

extern "C" {
int krait_mem_attach(int id, int port, uint64_t base, uint64_t size);
int krait_mem_timing(int id, int port, uint32_t latency, double rate, uint32_t turnaround, uint32_t queue_depth);
int krait_mem_gap(int id, int port, int refresh, uint32_t period, uint32_t cycles, uint32_t phase);
}

double sc_time_stamp() { return 0; }

namespace {

constexpr uint32_t kCtrl = 0, kIsr = 0xC, kErrorRegister = 0x68;
constexpr unsigned kLimit = 10000;
constexpr uint64_t kRunLimit = 1ull << 40;
using Argument = std::pair<uint32_t, uint32_t>;

[[noreturn]] void die(const std::string& why) {
    std::fprintf(stderr, "bare_main: %s\n", why.c_str());
    std::exit(3);
}

uint64_t number(std::istringstream& words) {
    std::string word;
    words >> word;
    return std::stoull(word, nullptr, 0);
}

double real(std::istringstream& words) {
    double value = 0;
    words >> value;
    return value;
}

void load(int port, uint64_t offset, const std::string& path) {
    krait::AxiPort& memory = krait::findMem(0)->port(port);
    std::ifstream file(path, std::ios::binary);
    if (!file || !file.read(reinterpret_cast<char*>(memory.data() + offset), 1)) die("cannot read " + path);
    file.read(reinterpret_cast<char*>(memory.data() + offset + 1), static_cast<std::streamsize>(memory.size() - offset - 1));
}

void start(krait::Bfm& bfm, const std::vector<Argument>& arguments, uint64_t count) {
    const uint64_t before = bfm.cycles;
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < count; ++i) {
        uint32_t value = 0;
        for (const Argument& argument : arguments) bfm.write(argument.first, argument.second, kLimit);
        bfm.write(kCtrl, 1, kLimit);
        bfm.run(kRunLimit, true);
        if (bfm.read(kCtrl, &value, kLimit) || !(value & 2)) die("the kernel did not finish");
        bfm.write(kIsr, 1, kLimit);
        if (bfm.read(kErrorRegister, &value, kLimit) || value) die("the kernel reports an error");
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::printf("%llu %.6f\n", static_cast<unsigned long long>(bfm.cycles - before), seconds.count());
}

void execute(krait::Bfm& bfm, std::vector<Argument>& arguments, std::istringstream& words) {
    std::string verb;
    words >> verb;
    if (verb == "start") return start(bfm, arguments, number(words));
    const uint64_t first = number(words);
    const int port = static_cast<int>(first);
    if (verb == "attach") {
        const uint64_t base = number(words), size = number(words);
        if (krait_mem_attach(0, port, base, size)) die("cannot attach memory");
    } else if (verb == "timing") {
        const uint32_t latency = static_cast<uint32_t>(number(words));
        const double rate = real(words);
        const uint32_t turnaround = static_cast<uint32_t>(number(words)), depth = static_cast<uint32_t>(number(words));
        if (krait_mem_timing(0, port, latency, rate, turnaround, depth)) die("bad timing");
    } else if (verb == "gap") {
        const int refresh = static_cast<int>(number(words));
        const uint32_t period = static_cast<uint32_t>(number(words)), cycles = static_cast<uint32_t>(number(words));
        if (krait_mem_gap(0, port, refresh, period, cycles, static_cast<uint32_t>(number(words)))) die("bad gap");
    } else if (verb == "load") {
        const uint64_t offset = number(words);
        std::string path;
        words >> path;
        load(port, offset, path);
    } else if (verb == "write") {
        if (bfm.write(static_cast<uint32_t>(first), static_cast<uint32_t>(number(words)), kLimit)) die("write failed");
    } else if (verb == "argument") {
        arguments.emplace_back(static_cast<uint32_t>(first), static_cast<uint32_t>(number(words)));
    } else {
        die("unknown command " + verb);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) die("usage: bare_main SCRIPT");
    krait::Bfm bfm(2, 1);
    bfm.reset(16);
    std::ifstream script(argv[1]);
    if (!script) die(std::string("cannot read ") + argv[1]);
    std::vector<Argument> arguments;
    for (std::string line; std::getline(script, line);) {
        std::istringstream words(line);
        execute(bfm, arguments, words);
        if (bfm.dead()) die("the model ended itself");
    }
    return 0;
}
