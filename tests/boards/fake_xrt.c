// SPDX-License-Identifier: Apache-2.0
//
// fake_xrt - a stand-in for libxrt_coreutil.so: XRT's C functions as far as boards/u280/xrt.py uses them, over a kernel
// and memories that tests/boards/fake_xrt.py gives it. No card, no driver.
//
// Like XRT: null handles, -1 or all ones on failure with a code in errno; an xclbin is refused when it is none, is for
// another platform, or buffers are alive, and not loaded again when it is there already; a kernel opens once; registers want an exclusive kernel and whole words; a
// buffer lies in its bank, page by page, first fit, apart from its host side; sync copies the range that it is given.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANKS 32
#define PAGE 4096u
#define VBNV_AT 352   // struct axlf: offsets of m_header.m_platformVBNV and of m_header.uuid
#define UUID_AT 416
#define HEADER 432

typedef struct bo {
    struct bo *next;
    uint64_t address;
    size_t size;
    int bank;
    uint8_t *host;
} bo;

static struct { uint64_t base; size_t size; uint8_t *data; } banks[BANKS];
static uint32_t arguments[64];
static int groups[64], n_arguments;
static char card[32], platform[64], kernel_name[64], fail_name[64];
static uint32_t register_bytes;
static int fail_code, fail_skip, device_open, loaded, kernel_open;
static uint8_t uuid[16];
static bo *live;
static int (*read_register)(uint32_t, uint32_t *), (*write_register)(uint32_t, uint32_t);
static int (*configure)(const char *);

// ---- what the tests call

void fake_card(const char *bdf, const char *vbnv, int (*conf)(const char *), int (*rd)(uint32_t, uint32_t *),
               int (*wr)(uint32_t, uint32_t)) {
    snprintf(card, sizeof card, "%s", bdf);
    snprintf(platform, sizeof platform, "%s", vbnv);
    configure = conf, read_register = rd, write_register = wr;
}

void fake_kernel(const char *name, uint32_t bytes) {
    snprintf(kernel_name, sizeof kernel_name, "%s", name);
    register_bytes = bytes, n_arguments = 0;
    memset(banks, 0, sizeof banks);
}

// As `xrt-smi reset`: the next load configures the card.
void fake_reset(void) { loaded = 0; }

void fake_argument(uint32_t offset, int group) {
    arguments[n_arguments] = offset;
    groups[n_arguments++] = group;
}

void fake_bank(int bank, uint64_t base, size_t size, uint8_t *data) {
    banks[bank].base = base, banks[bank].size = size, banks[bank].data = data;
}

// The call of `function` after `skip` more of them fails with `code`; 0 for what XRT fails with without a code.
void fake_fail(const char *function, int code, int skip) {
    snprintf(fail_name, sizeof fail_name, "%s", function);
    fail_code = code, fail_skip = skip;
}

int fake_live(void) {
    int n = 0;
    for (bo *b = live; b; b = b->next) n++;
    return n;
}

int fake_open(void) { return device_open + kernel_open; }

// ---- inside

static int fails(const char *function) {
    if (strcmp(function, fail_name) != 0 || fail_skip-- > 0) return 0;
    fail_name[0] = 0;
    if (fail_code) errno = fail_code;
    return 1;
}

static int refuse(int code) {
    errno = code;
    return -1;
}

static int place(int bank, size_t size, uint64_t *address) {
    uint64_t at = banks[bank].base, end = at + banks[bank].size;
    for (int moved = 1; moved;) {
        moved = 0;
        for (bo *b = live; b; b = b->next)
            if (b->bank == bank && at < b->address + b->size && b->address < at + size) {
                at = (b->address + b->size + PAGE - 1) / PAGE * PAGE;
                moved = 1;
            }
    }
    *address = at;
    return at + size <= end;
}

// ---- xrt_device.h

void *xrtDeviceOpenByBDF(const char *bdf) {
    if (fails(__func__)) return NULL;
    if (strcmp(bdf, card) != 0) return refuse(EINVAL), NULL;
    device_open++;
    return card;
}

int xrtDeviceClose(void *device) {
    if (device != card || !device_open) return refuse(EINVAL);
    device_open--;
    return 0;
}

int xrtDeviceLoadXclbinFile(void *device, const char *name) {
    char header[HEADER] = {0};
    if (fails(__func__)) return -1;
    if (device != card) return refuse(EINVAL);
    FILE *file = fopen(name, "rb");
    if (!file) return -1;
    size_t got = fread(header, 1, HEADER, file);
    fclose(file);
    if (got < HEADER || memcmp(header, "xclbin2", 8) != 0) return refuse(EINVAL);
    if (strncmp(header + VBNV_AT, platform, 64) != 0) return refuse(EOPNOTSUPP);
    if (kernel_open) return refuse(EBUSY);
    if (live) return refuse(EPERM);
    if (loaded && memcmp(uuid, header + UUID_AT, 16) == 0) return 0;  // and whatever runs goes on
    if (configure(name)) return refuse(EIO);
    memcpy(uuid, header + UUID_AT, 16);
    loaded = 1;
    return 0;
}

int xrtDeviceGetXclbinUUID(void *device, char *out) {
    if (fails(__func__)) return -1;
    if (device != card || !loaded) return refuse(EINVAL);
    memcpy(out, uuid, 16);
    return 0;
}

// ---- xrt_kernel.h

void *xrtPLKernelOpenExclusive(void *device, const char *id, const char *name) {
    if (fails(__func__)) return NULL;
    if (device != card || !loaded || memcmp(id, uuid, 16) != 0) return refuse(EINVAL), NULL;
    if (strcmp(name, kernel_name) != 0) return NULL;  // std::runtime_error: no code
    if (kernel_open) return refuse(EBUSY), NULL;
    kernel_open = 1;
    return kernel_name;
}

int xrtKernelClose(void *kernel) {
    if (kernel != kernel_name || !kernel_open) return refuse(EINVAL);
    kernel_open = 0;
    return 0;
}

uint32_t xrtKernelArgOffset(void *kernel, int index) {
    (void)kernel;
    return index < n_arguments ? arguments[index] : UINT32_MAX;
}

int xrtKernelArgGroupId(void *kernel, int index) {
    if (fails(__func__)) return -1;
    (void)kernel;
    return index < n_arguments ? groups[index] : -1;
}

int xrtKernelReadRegister(void *kernel, uint32_t offset, uint32_t *data) {
    if (fails(__func__)) return -1;
    if (kernel != kernel_name || !kernel_open || offset % 4) return refuse(EINVAL);
    if (offset + 4 > register_bytes) return -1;  // std::out_of_range: no code
    return read_register(offset, data) ? refuse(EIO) : 0;
}

int xrtKernelWriteRegister(void *kernel, uint32_t offset, uint32_t data) {
    if (fails(__func__)) return -1;
    if (kernel != kernel_name || !kernel_open || offset % 4) return refuse(EINVAL);
    if (offset + 4 > register_bytes) return -1;
    return write_register(offset, data) ? refuse(EIO) : 0;
}

// ---- xrt_bo.h

void *xrtBOAlloc(void *device, size_t size, uint64_t flags, uint32_t group) {
    uint64_t address;
    unsigned bank = group & 0xFFFF;
    if (fails(__func__)) return NULL;
    if (device != card || !loaded || flags || !size || bank >= BANKS || !banks[bank].size) return refuse(EINVAL), NULL;
    if (!place((int)bank, size, &address)) return refuse(ENOMEM), NULL;
    bo *b = calloc(1, sizeof *b);
    b->host = aligned_alloc(PAGE, (size + PAGE - 1) / PAGE * PAGE);
    memset(b->host, 0, size);
    b->address = address, b->size = size, b->bank = (int)bank, b->next = live, live = b;
    return b;
}

int xrtBOFree(void *handle) {
    for (bo **at = &live; *at; at = &(*at)->next)
        if (*at == handle) {
            bo *b = handle;
            *at = b->next;
            free(b->host);
            free(b);
            return 0;
        }
    return refuse(EINVAL);
}

uint64_t xrtBOAddress(void *handle) { return fails(__func__) ? UINT64_MAX : ((bo *)handle)->address; }

void *xrtBOMap(void *handle) { return fails(__func__) ? NULL : ((bo *)handle)->host; }

int xrtBOSync(void *handle, int direction, size_t size, size_t offset) {
    bo *b = handle;
    if (fails(__func__)) return -1;
    if (offset > b->size || size > b->size - offset || direction > 1) return refuse(EINVAL);
    uint8_t *device = banks[b->bank].data + (b->address - banks[b->bank].base) + offset;
    if (direction == 0)
        memcpy(device, b->host + offset, size);
    else
        memcpy(b->host + offset, device, size);
    return 0;
}
