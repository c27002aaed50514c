// SPDX-License-Identifier: Apache-2.0
//
// Stands in for lz4's header where a machine has none: the two functions that Verilator's FST writer calls. The blocks
// are valid LZ4 and not smaller than their contents: one sequence of literals (lz4_Block_format.md of lz4/lz4: a token
// whose high half is the length, 15 and bytes of up to 255 where it is longer, then the literals).
#pragma once

#include <cstring>

static inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

static inline int LZ4_compress_default(const char* from, char* to, int size, int capacity) {
    if (size < 0 || capacity < LZ4_compressBound(size)) return 0;
    char* next = to;
    *next++ = static_cast<char>((size < 15 ? size : 15) << 4);
    if (size >= 15) {
        int rest = size - 15;
        for (; rest >= 255; rest -= 255) *next++ = static_cast<char>(255);
        *next++ = static_cast<char>(rest);
    }
    std::memcpy(next, from, size);
    return static_cast<int>(next - to) + size;
}
