// SPDX-License-Identifier: Apache-2.0
// Exits with the value of a Verilated toy_counter after seven cycles.
extern "C" unsigned long long toy_run(int cycles);

int main() { return static_cast<int>(toy_run(7)); }
