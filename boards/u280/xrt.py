# SPDX-License-Identifier: Apache-2.0
"""XRT's C API, as far as `AlveoDevice` needs it, through ctypes. No PYNQ here.

Source of the prototypes and of the meaning of error codes: Xilinx/XRT at 963c58e, src/runtime_src/core/include/xrt
(xrt_device.h, xrt_bo.h, xrt_kernel.h) and the code behind them. Functions return a null handle, -1 or all ones on
failure and leave a code in `errno`; some leave it negative, exceptions of C++'s own leave none.
"""

import ctypes
import errno
import os
from collections.abc import Sequence
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import MachineError

LIBRARY = "libxrt_coreutil.so"
TO_DEVICE, FROM_DEVICE = 0, 1
"""XCL_BO_SYNC_BO_TO_DEVICE, XCL_BO_SYNC_BO_FROM_DEVICE."""
NO_ARGUMENT = 0xFFFF_FFFF
"""What `xrtKernelArgOffset` gives for an argument that the kernel does not have."""
NO_ADDRESS = 0xFFFF_FFFF_FFFF_FFFF
UUID_BYTES = 16

_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "xrtDeviceOpenByBDF": (c_void_p, (c_char_p,)),
    "xrtDeviceClose": (c_int, (c_void_p,)),
    "xrtDeviceLoadXclbinFile": (c_int, (c_void_p, c_char_p)),
    "xrtDeviceGetXclbinUUID": (c_int, (c_void_p, c_char_p)),
    "xrtPLKernelOpenExclusive": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "xrtKernelClose": (c_int, (c_void_p,)),
    "xrtKernelArgGroupId": (c_int, (c_void_p, c_int)),
    "xrtKernelArgOffset": (c_uint32, (c_void_p, c_int)),
    "xrtKernelReadRegister": (c_int, (c_void_p, c_uint32, POINTER(c_uint32))),
    "xrtKernelWriteRegister": (c_int, (c_void_p, c_uint32, c_uint32)),
    "xrtBOAlloc": (c_void_p, (c_void_p, c_size_t, c_uint64, c_uint32)),
    "xrtBOFree": (c_int, (c_void_p,)),
    "xrtBOAddress": (c_uint64, (c_void_p,)),
    "xrtBOSync": (c_int, (c_void_p, c_int, c_size_t, c_size_t)),
    "xrtBOMap": (c_void_p, (c_void_p,)),
}

_REMEDIES = {
    errno.EBUSY: "another process has the card; end it and try again",
    errno.EPERM: "this user may not do that; look at the rights of /dev/dri/renderD*",
    errno.EACCES: "this user may not open the card; look at the rights of /dev/dri/renderD*",
    errno.EOPNOTSUPP: "the xclbin was built for another shell than the card's; compare with `xrt-smi examine`",
    errno.EKEYREJECTED: "the card takes signed xclbins only",
    errno.ETIMEDOUT: "the management driver does not answer; is xclmgmt loaded?",
    errno.EDEADLK: "the kernel hangs; reset the card with `xrt-smi reset`",
    errno.EIO: "the card does not answer; reset it with `xrt-smi reset`",
    errno.ENOMEM: "the memory bank is full",
}


def library_path() -> str:
    """Return the library below XILINX_XRT where that is set, else its name, for the loader to find."""
    root = os.environ.get("XILINX_XRT")
    return str(Path(root) / "lib" / LIBRARY) if root else LIBRARY


class Xrt:
    """The library.

    Args:
        path: of the shared library; `library_path()` without it.

    Raises:
        MachineError: it is not there, or lacks a function.
    """

    def __init__(self, path: str | None = None) -> None:
        self.path = path or library_path()
        try:
            self._lib = ctypes.CDLL(self.path, use_errno=True)
        except OSError as error:
            raise MachineError(
                f"{self.path}: cannot be loaded ({error}); install XRT and source its setup.sh, which sets XILINX_XRT"
            ) from error
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._lib, name, None)
            if function is None:
                raise MachineError(f"{self.path}: no function {name}; this XRT is too old or too new for AlveoDevice")
            function.restype, function.argtypes = result, arguments

    def call(self, name: str, *arguments: object) -> int:
        """Call a function and return what it returns, 0 for a null handle; `errno` is then this call's."""
        ctypes.set_errno(0)
        return int(getattr(self._lib, name)(*arguments) or 0)

    def check(self, ok: bool, what: str) -> None:
        """Raise MachineError with the code of the last call, and what helps against it, unless `ok`."""
        if ok:
            return
        code = abs(ctypes.get_errno())
        name = f"{errno.errorcode.get(code, code)}, {os.strerror(code)}" if code else "no error code"
        raise MachineError(f"{what}: XRT refused ({name}); {_REMEDIES.get(code, 'see the lines above and dmesg')}")


class Card:
    """One card, opened by its address on the PCI bus.

    Raises:
        MachineError: XRT cannot open it.
    """

    def __init__(self, xrt: Xrt, bdf: str) -> None:
        self.xrt, self.bdf = xrt, bdf
        self._handle = xrt.call("xrtDeviceOpenByBDF", bdf.encode())
        xrt.check(self._handle != 0, f"card {bdf}: cannot be opened")

    def load(self, xclbin: Path) -> bytes:
        """Load an xclbin and return its UUID; MachineError says why XRT does not take it.

        The C API has XRT read the file where it is: nothing is copied to the working folder, as PYNQ's device does.
        """
        done = self.xrt.call("xrtDeviceLoadXclbinFile", self._handle, str(xclbin).encode())
        self.xrt.check(done == 0, f"card {self.bdf}: {xclbin} cannot be loaded")
        uuid = ctypes.create_string_buffer(UUID_BYTES)
        done = self.xrt.call("xrtDeviceGetXclbinUUID", self._handle, uuid)
        self.xrt.check(done == 0, f"card {self.bdf}: no UUID of the loaded xclbin")
        return uuid.raw

    def kernel(self, uuid: bytes, name: str) -> "Kernel":
        """Open a kernel of the loaded xclbin for this process alone."""
        return Kernel(self.xrt, self.xrt.call("xrtPLKernelOpenExclusive", self._handle, uuid, name.encode()), name)

    def buffer(self, size: int, group: int, bank: str) -> "Buffer":
        """Allocate a buffer in a memory group, which messages call `bank`, and map its host side."""
        handle = self.xrt.call("xrtBOAlloc", self._handle, size, 0, group)
        self.xrt.check(handle != 0, f"{bank}: no room for {size} bytes")
        return Buffer(self.xrt, handle, size)

    def close(self) -> None:
        """Give the card back; more than once is fine."""
        if self._handle:
            self.xrt.call("xrtDeviceClose", self._handle)
            self._handle = 0


class Kernel:
    """A kernel that this process alone has open. XRT reads and writes registers of such a one only.

    Raises:
        MachineError: it is not in the xclbin, or somebody else has it.
    """

    def __init__(self, xrt: Xrt, handle: int, name: str) -> None:
        xrt.check(handle != 0, f"kernel {name}: cannot be opened exclusively")
        self.xrt, self.name, self._handle = xrt, name, handle

    def read(self, offset: int) -> int:
        """Return a 32-bit register."""
        value = c_uint32()
        done = self.xrt.call("xrtKernelReadRegister", self._handle, offset, ctypes.byref(value))
        self.xrt.check(done == 0, f"kernel {self.name}: register {offset:#x} cannot be read")
        return value.value

    def write(self, offset: int, value: int) -> None:
        """Write a 32-bit register."""
        done = self.xrt.call("xrtKernelWriteRegister", self._handle, offset, value)
        self.xrt.check(done == 0, f"kernel {self.name}: register {offset:#x} cannot be written")

    def groups(self, offsets: Sequence[int]) -> list[int]:
        """Return the memory group behind each pointer argument, which are named by their registers' offsets."""
        arguments: dict[int, int] = {}
        while not arguments.keys() >= set(offsets):
            offset = self.xrt.call("xrtKernelArgOffset", self._handle, len(arguments))
            if offset == NO_ARGUMENT:
                missing = next(at for at in offsets if at not in arguments)
                raise MachineError(f"kernel {self.name}: no argument at register {missing:#x}; package it as a pointer")
            arguments[offset] = len(arguments)
        return [self._group(arguments[offset]) for offset in offsets]

    def _group(self, argument: int) -> int:
        group = self.xrt.call("xrtKernelArgGroupId", self._handle, argument)
        self.xrt.check(group >= 0, f"kernel {self.name}: argument {argument} has no memory")
        return group

    def close(self) -> None:
        """Let others have it; more than once is fine."""
        if self._handle:
            self.xrt.call("xrtKernelClose", self._handle)
            self._handle = 0


class Buffer:
    """A buffer on the card and its host side: `Storage` of boards/memory.py.

    Args:
        xrt: the library.
        handle: of the buffer, which this object frees.
        size: bytes.

    Attributes:
        address: on the device.
        host: uint8 [size], pages of XRT that are gone when the buffer is released, as with every PYNQ device.
    """

    def __init__(self, xrt: Xrt, handle: int, size: int) -> None:
        self.xrt, self._handle = xrt, handle
        try:
            self.address = xrt.call("xrtBOAddress", handle)
            xrt.check(self.address != NO_ADDRESS, f"buffer of {size} bytes: no device address")
            pointer = xrt.call("xrtBOMap", handle)
            xrt.check(pointer != 0, f"buffer of {size} bytes at {self.address:#x}: cannot be mapped")
        except MachineError:
            self.release()
            raise
        self.host: NDArray[np.uint8] = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(pointer))
        self.host[:] = 0

    def flush(self, offset: int, size: int) -> None:
        """Copy a part to the device. MachineError: XRT refuses."""
        self._sync(TO_DEVICE, offset, size, "to")

    def invalidate(self, offset: int, size: int) -> None:
        """Copy a part from the device. MachineError: XRT refuses."""
        self._sync(FROM_DEVICE, offset, size, "from")

    def release(self) -> None:
        """Free both sides."""
        self.xrt.call("xrtBOFree", self._handle)

    def _sync(self, direction: int, offset: int, size: int, way: str) -> None:
        done = self.xrt.call("xrtBOSync", self._handle, direction, size, offset)
        what = f"buffer at {self.address:#x}: {size} bytes at offset {offset} cannot be copied {way} the card"
        self.xrt.check(done == 0, what)
