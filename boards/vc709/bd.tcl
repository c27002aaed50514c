# SPDX-License-Identifier: Apache-2.0
#
# VC709: XDMA as host, one memory controller core for both SODIMMs, and the kernel.
#
# The kernel runs on the user clock of J1's controller (200 MHz). Port p has SODIMM p to itself, beside the host's DMA;
# only port 1 crosses into another clock. Controllers share one core: each of two would claim the device's only XADC.

# Host: DMA to memory, AXI-Lite to registers, one interrupt.
proc ::krait::add_host {} {
    set clock [create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:diff_clock_rtl:1.0 pcie_refclk]
    set_property CONFIG.FREQ_HZ 100000000 $clock
    create_bd_intf_port -mode Master -vlnv xilinx.com:interface:pcie_7x_mgt_rtl:1.0 pci_express_x8
    set reset [create_bd_port -dir I -type rst pcie_perstn]
    set_property CONFIG.POLARITY ACTIVE_LOW $reset
    cell xilinx.com:ip:util_ds_buf:2.2 pcie_clock \
        C_BUF_TYPE IBUFDSGTE DIFF_CLK_IN_BOARD_INTERFACE pcie_refclk USE_BOARD_FLOW true
    # Device 7038 is what Linux' xdma driver takes for 7 series, Gen3 x8. The AXI-Lite BAR begins at address 0, so that
    # an offset in /dev/xdma0_user is an address.
    cell xilinx.com:ip:xdma:4.1 xdma \
        PCIE_BOARD_INTERFACE pci_express_x8 SYS_RST_N_BOARD_INTERFACE pcie_perstn \
        pl_link_cap_max_link_speed 8.0_GT/s axi_data_width 256_bit axisten_freq 250 pf0_device_id 7038 \
        xdma_axi_intf_mm AXI_Memory_Mapped xdma_rnum_chnl 1 xdma_wnum_chnl 1 xdma_num_usr_irq 1 \
        axilite_master_en true axilite_master_scale Megabytes axilite_master_size 1 \
        pciebar2axibar_axil_master 0x00000000
    link pcie_refclk pcie_clock/CLK_IN_D
    link xdma/pcie_mgt pci_express_x8
    wire pcie_clock/IBUF_OUT xdma/sys_clk
    wire pcie_perstn xdma/sys_rst_n
}

# Memory: both SODIMMs as the board files configure them, and a reset for each controller's clock domain.
proc ::krait::add_memory {} {
    foreach {port frequency} {sys_diff_clock 200000000 sys_diff_clock_233 233100000} {
        set clock [create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:diff_clock_rtl:1.0 $port]
        set_property CONFIG.FREQ_HZ $frequency $clock
    }
    foreach port {ddr3_j1 ddr3_j3} {
        create_bd_intf_port -mode Master -vlnv xilinx.com:interface:ddrx_rtl:1.0 $port
    }
    set reset [create_bd_port -dir I -type rst reset]
    set_property CONFIG.POLARITY ACTIVE_HIGH $reset
    cell xilinx.com:ip:mig_7series:4.2 mig BOARD_MIG_PARAM ddr3_sdram_socket_j1_j3 RESET_BOARD_INTERFACE reset
    wire reset mig/sys_rst
    link sys_diff_clock mig/C0_SYS_CLK
    link sys_diff_clock_233 mig/C1_SYS_CLK
    link mig/C0_DDR3 ddr3_j1
    link mig/C1_DDR3 ddr3_j3
    foreach channel {0 1} {
        domain rst_c$channel mig/c${channel}_ui_clk mig/c${channel}_ui_clk_sync_rst mig/c${channel}_mmcm_locked
        wire rst_c$channel/peripheral_aresetn mig/c${channel}_aresetn
    }
}

# Kernel between the two: registers, a memory for each port, interrupt.
proc ::krait::add_kernel {} {
    kernel_cell
    wire mig/c0_ui_clk $::krait::kernel/ap_clk
    wire rst_c0/peripheral_aresetn $::krait::kernel/ap_rst_n
    crossbar control xdma/M_AXI_LITE $::krait::kernel/$::krait::control {xdma/axi_aclk mig/c0_ui_clk} xdma/axi_aresetn
    # The first crossbar splits the host's DMA by address, the others join it with a port each.
    cell xilinx.com:ip:smartconnect:1.0 dma NUM_SI 1 NUM_MI 2 NUM_CLKS 1
    link xdma/M_AXI dma/S00_AXI
    wire xdma/axi_aclk dma/aclk
    wire xdma/axi_aresetn dma/aresetn
    set master $::krait::kernel/[lindex $::krait::masters 0]
    crossbar memory0 [list $master dma/M00_AXI] mig/S0_AXI {mig/c0_ui_clk xdma/axi_aclk} rst_c0/peripheral_aresetn
    set master $::krait::kernel/[lindex $::krait::masters 1]
    crossbar memory1 [list $master dma/M01_AXI] mig/S1_AXI {mig/c1_ui_clk mig/c0_ui_clk xdma/axi_aclk} \
        rst_c1/peripheral_aresetn
    create_bd_cell -type module -reference krait_irq_sync irq_sync
    wire xdma/axi_aclk irq_sync/clk
    wire $::krait::kernel/interrupt irq_sync/level
    wire irq_sync/synced xdma/usr_irq_req
}

# Addresses: registers and both memories for the host, its own memory for each port.
proc ::krait::add_addresses {} {
    place xdma/M_AXI_LITE $::krait::kernel/$::krait::control/reg0 $::krait::kernel_base $::krait::kernel_bytes
    foreach channel {0 1} {
        set segment mig/c${channel}_memmap/c${channel}_memaddr
        set base [lindex $::krait::memory_bases $channel]
        place xdma/M_AXI $segment $base $::krait::memory_bytes
        place $::krait::kernel/[lindex $::krait::masters $channel] $segment $base $::krait::memory_bytes
    }
}

# Makes the block design. Errors: a kernel of another number of ports.
proc ::krait::block_design {name} {
    if {$::krait::ports != 2} {
        error "krait: found $::krait::ports ports, expected 2, one for each SODIMM"
    }
    create_bd_design $name
    add_host
    add_memory
    add_kernel
    add_addresses
}
