// SPDX-License-Identifier: Apache-2.0
// The C++ side of toy_dpi, for DPI and for ctypes.
static int stored = 1;

extern "C" int toy_value() { return stored; }
extern "C" void toy_store(int value) { stored = value; }
