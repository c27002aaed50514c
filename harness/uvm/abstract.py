# SPDX-License-Identifier: Apache-2.0
"""Abstract methods in UVM components: pyuvm's components have a metaclass of their own, and so has ABC."""

from abc import ABCMeta

from pyuvm import uvm_component

FactoryMeta: type[type] = type(uvm_component)


class AbstractComponent(FactoryMeta, ABCMeta):  # type: ignore[misc, valid-type] # a metaclass that pyuvm does not type
    """Entered in pyuvm's factory, and never made while an abstract method is open."""
