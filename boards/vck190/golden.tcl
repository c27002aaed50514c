# SPDX-License-Identifier: Apache-2.0
#
# VCK190: what the boot image fixes. Processor, NoC, DDR4, two clocks, and the boundary that kernels plug into:
# four NoC ports of 256 bits on 300 MHz, M_AXI_FPD for registers on 200 MHz, one interrupt.
#
# PYNQ's golden design gives the fabric other ports; a board boots either it or this one. Names and values of CIPS and
# NoC are taken from PYNQ's design (4.0.0), as facts; structure, ports, clocks and bandwidths are krait's.

namespace eval ::krait {
    variable golden_ports 4
    variable golden_bits 256
    # The module's two windows in the address map of Versal.
    variable ddr_low0 {0x0 0x80000000}
    variable ddr_low1 {0x800000000 0x180000000}
    # Masters of the processor: NoC port, its clock, kind, and the port of the memory controller.
    variable ps_masters {
        {FPD_CCI_NOC_0 fpd_cci_noc_axi0_clk ps_cci 0}
        {FPD_CCI_NOC_1 fpd_cci_noc_axi1_clk ps_cci 1}
        {FPD_CCI_NOC_2 fpd_cci_noc_axi2_clk ps_cci 2}
        {FPD_CCI_NOC_3 fpd_cci_noc_axi3_clk ps_cci 3}
        {FPD_AXI_NOC_0 fpd_axi_noc_axi0_clk ps_nci 0}
        {FPD_AXI_NOC_1 fpd_axi_noc_axi1_clk ps_nci 0}
        {LPD_AXI_NOC_0 lpd_axi_noc_clk ps_rpu 0}
        {PMC_NOC_AXI_0 pmc_axi_noc_axi0_clk ps_pmc 0}
    }
}

# Returns the configuration of the board's processor: peripherals and their pins.
proc ::krait::peripherals {} {
    return {
        PMC_GPIO0_MIO_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 0 .. 25}}}
        PMC_GPIO1_MIO_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 26 .. 51}}}
        PMC_MIO37 {{AUX_IO 0} {DIRECTION out} {DRIVE_STRENGTH 8mA} {OUTPUT_DATA high} {PULL pullup} {SCHMITT 0}
            {SLEW slow} {USAGE GPIO}}
        PMC_OSPI_PERIPHERAL {{ENABLE 0} {IO {PMC_MIO 0 .. 11}} {MODE Single}}
        PMC_QSPI_COHERENCY 0
        PMC_QSPI_FBCLK {{ENABLE 1} {IO {PMC_MIO 6}}}
        PMC_QSPI_PERIPHERAL_DATA_MODE x4
        PMC_QSPI_PERIPHERAL_ENABLE 1
        PMC_QSPI_PERIPHERAL_MODE {Dual Parallel}
        PMC_REF_CLK_FREQMHZ 33.3333
        PMC_SD1 {{CD_ENABLE 1} {CD_IO {PMC_MIO 28}} {POW_ENABLE 1} {POW_IO {PMC_MIO 51}} {RESET_ENABLE 0}
            {RESET_IO {PMC_MIO 12}} {WP_ENABLE 0} {WP_IO {PMC_MIO 1}}}
        PMC_SD1_COHERENCY 0
        PMC_SD1_DATA_TRANSFER_MODE 8Bit
        PMC_SD1_PERIPHERAL {{CLK_100_SDR_OTAP_DLY 0x3} {CLK_200_SDR_OTAP_DLY 0x2} {CLK_50_DDR_ITAP_DLY 0x36}
            {CLK_50_DDR_OTAP_DLY 0x3} {CLK_50_SDR_ITAP_DLY 0x2C} {CLK_50_SDR_OTAP_DLY 0x4} {ENABLE 1}
            {IO {PMC_MIO 26 .. 36}}}
        PMC_SD1_SLOT_TYPE {SD 3.0}
        PS_CAN1_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 40 .. 41}}}
        PS_CRL_CAN1_REF_CTRL_FREQMHZ 160
        PS_ENET0_MDIO {{ENABLE 1} {IO {PS_MIO 24 .. 25}}}
        PS_ENET0_PERIPHERAL {{ENABLE 1} {IO {PS_MIO 0 .. 11}}}
        PS_ENET1_PERIPHERAL {{ENABLE 1} {IO {PS_MIO 12 .. 23}}}
        PS_I2C0_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 46 .. 47}}}
        PS_I2C1_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 44 .. 45}}}
        PS_MIO7 {{AUX_IO 0} {DIRECTION in} {DRIVE_STRENGTH 8mA} {OUTPUT_DATA default} {PULL disable} {SCHMITT 0}
            {SLEW slow} {USAGE Reserved}}
        PS_MIO9 {{AUX_IO 0} {DIRECTION in} {DRIVE_STRENGTH 8mA} {OUTPUT_DATA default} {PULL disable} {SCHMITT 0}
            {SLEW slow} {USAGE Reserved}}
        PS_MIO19 {{AUX_IO 0} {DIRECTION in} {DRIVE_STRENGTH 8mA} {OUTPUT_DATA default} {PULL disable} {SCHMITT 0}
            {SLEW slow} {USAGE Reserved}}
        PS_MIO21 {{AUX_IO 0} {DIRECTION in} {DRIVE_STRENGTH 8mA} {OUTPUT_DATA default} {PULL disable} {SCHMITT 0}
            {SLEW slow} {USAGE Reserved}}
        PS_UART0_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 42 .. 43}}}
        PS_USB3_PERIPHERAL {{ENABLE 1} {IO {PMC_MIO 13 .. 25}}}
        PCIE_APERTURES_DUAL_ENABLE 0
        PCIE_APERTURES_SINGLE_ENABLE 0
        PS_PCIE1_PERIPHERAL_ENABLE 0
        PS_PCIE2_PERIPHERAL_ENABLE 0
        PS_PCIE_EP_RESET1_IO {PMC_MIO 38}
        PS_PCIE_EP_RESET2_IO {PMC_MIO 39}
        PS_PCIE_RESET {ENABLE 1}
        PS_GEN_IPI0_ENABLE 1
        PS_GEN_IPI0_MASTER A72
        PS_GEN_IPI1_ENABLE 1
        PS_GEN_IPI2_ENABLE 1
        PS_GEN_IPI3_ENABLE 1
        PS_GEN_IPI4_ENABLE 1
        PS_GEN_IPI5_ENABLE 1
        PS_GEN_IPI6_ENABLE 1
        PS_HSDP_EGRESS_TRAFFIC JTAG
        PS_HSDP_INGRESS_TRAFFIC JTAG
        PS_HSDP_MODE NONE
        SMON_ALARMS Set_Alarms_On
        SMON_ENABLE_TEMP_AVERAGING 0
        SMON_TEMP_AVERAGING_SAMPLES 0
    }
}

# Returns the configuration of the boundary between processor and fabric: clocks, resets, interrupt, NoC, registers.
proc ::krait::boundary {} {
    return {
        CLOCK_MODE Custom
        DDR_MEMORY_MODE Custom
        DEBUG_MODE JTAG
        DESIGN_MODE 1
        PS_BOARD_INTERFACE Custom
        PS_PL_CONNECTIVITY_MODE Custom
        PMC_CRP_PL0_REF_CTRL_FREQMHZ 300
        PMC_CRP_PL1_REF_CTRL_FREQMHZ 200
        PS_USE_PMCPL_CLK0 1
        PS_USE_PMCPL_CLK1 1
        PS_USE_PMCPL_CLK2 0
        PS_USE_PMCPL_CLK3 0
        PS_NUM_FABRIC_RESETS 1
        PS_IRQ_USAGE {{CH0 1} {CH1 0} {CH2 0} {CH3 0} {CH4 0} {CH5 0} {CH6 0} {CH7 0} {CH8 0} {CH9 0} {CH10 0} {CH11 0}
            {CH12 0} {CH13 0} {CH14 0} {CH15 0}}
        PS_USE_M_AXI_FPD 1
        PS_USE_M_AXI_LPD 0
        PMC_USE_PMC_NOC_AXI0 1
        PS_USE_FPD_CCI_NOC 1
        PS_USE_FPD_AXI_NOC0 1
        PS_USE_FPD_AXI_NOC1 1
        PS_USE_NOC_LPD_AXI0 1
    }
}

# Returns what a port of the NoC asks for: destination, read and write bandwidth in MB/s.
proc ::krait::traffic {destination read write} {
    return [list $destination \
        [list read_bw [list $read] write_bw [list $write] read_avg_burst {64} write_avg_burst {64} initial_boot {true}]]
}

# Processor and its resets.
proc ::krait::add_processor {} {
    cell xilinx.com:ip:versal_cips:3.4 cips \
        CLOCK_MODE Custom DDR_MEMORY_MODE Custom DEBUG_MODE JTAG DESIGN_MODE 1 PS_BOARD_INTERFACE ps_pmc_fixed_io \
        PS_PL_CONNECTIVITY_MODE Custom PS_PMC_CONFIG [concat [peripherals] [boundary]] PS_PMC_CONFIG_APPLIED 1
    domain rst_pl0 cips/pl0_ref_clk cips/pl0_resetn
    domain rst_pl1 cips/pl1_ref_clk cips/pl0_resetn
    wire cips/pl1_ref_clk cips/m_axi_fpd_aclk
}

# DDR4 behind eight ports of the NoC: the first four lead to the processor, the others to the fabric.
proc ::krait::add_memory {} {
    create_bd_intf_port -mode Master -vlnv xilinx.com:interface:ddr4_rtl:1.0 ddr4_dimm1
    set clock [create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:diff_clock_rtl:1.0 ddr4_dimm1_sma_clk]
    set_property CONFIG.FREQ_HZ 200000000 $clock
    cell xilinx.com:ip:axi_noc:1.1 noc_ddr \
        CH0_DDR4_0_BOARD_INTERFACE ddr4_dimm1 sys_clk0_BOARD_INTERFACE ddr4_dimm1_sma_clk MC_CHAN_REGION1 DDR_LOW1 \
        NUM_MC 1 NUM_MCP 4 NUM_NSI 8 NUM_SI 0 NUM_MI 0 NUM_NMI 0 NUM_CLKS 0
    link ddr4_dimm1_sma_clk noc_ddr/sys_clk0
    link noc_ddr/CH0_DDR4_0 ddr4_dimm1
    # What the board sustains, shared among the controller's ports: the processor has 500 MB/s of each.
    foreach port {0 1 2 3} {
        set_property CONFIG.CONNECTIONS [traffic MC_$port 250 250] [bus noc_ddr/S0${port}_INI]
        set_property CONFIG.CONNECTIONS [traffic MC_$port [expr {$::krait::port_mbs - 1000}] 500] \
            [bus noc_ddr/S0[expr {$port + 4}]_INI]
    }
}

# The processor's way to memory.
proc ::krait::add_noc_ps {} {
    set count [llength $::krait::ps_masters]
    cell xilinx.com:ip:axi_noc:1.1 noc_ps NUM_SI $count NUM_CLKS $count NUM_NMI 4 NUM_MI 0 NUM_NSI 0
    set index 0
    foreach master $::krait::ps_masters {
        lassign $master port clock category controller
        set slave S0${index}_AXI
        set_property CONFIG.CATEGORY $category [bus noc_ps/$slave]
        set_property CONFIG.CONNECTIONS [traffic M0${controller}_INI 250 250] [bus noc_ps/$slave]
        set_property CONFIG.ASSOCIATED_BUSIF $slave [pin noc_ps/aclk$index]
        link cips/$port noc_ps/$slave
        wire cips/$clock noc_ps/aclk$index
        incr index
    }
    foreach port {0 1 2 3} {
        link noc_ps/M0${port}_INI noc_ddr/S0${port}_INI
    }
}

# The fabric's way to memory: a port each, on the places of the device that PYNQ's design gives them.
proc ::krait::add_noc_pl {} {
    cell xilinx.com:ip:axi_noc:1.1 noc_pl \
        NUM_SI $::krait::golden_ports NUM_CLKS 1 NUM_NMI $::krait::golden_ports NUM_MI 0 NUM_NSI 0
    set slaves {}
    for {set port 0} {$port < $::krait::golden_ports} {incr port} {
        set slave S0${port}_AXI
        lappend slaves $slave
        set_property CONFIG.PHYSICAL_LOC NOC_NMU512_X${port}Y1 [bus noc_pl/$slave]
        set_property CONFIG.CATEGORY pl [bus noc_pl/$slave]
        set_property CONFIG.CONNECTIONS [traffic M0${port}_INI [expr {$::krait::port_mbs - 1000}] 500] \
            [bus noc_pl/$slave]
        link noc_pl/M0${port}_INI noc_ddr/S0[expr {$port + 4}]_INI
    }
    set_property CONFIG.ASSOCIATED_BUSIF [join $slaves :] [pin noc_pl/aclk0]
    wire cips/pl0_ref_clk noc_pl/aclk0
}

# Puts both windows of the module into a master's address space, through one port of the NoC.
proc ::krait::place_ddr {space noc_port controller} {
    place $space noc_ddr/S0${noc_port}_INI/C${controller}_DDR_LOW0 {*}$::krait::ddr_low0
    place $space noc_ddr/S0${noc_port}_INI/C${controller}_DDR_LOW1 {*}$::krait::ddr_low1
}

# Everything that the boot image fixes, in an empty design.
proc ::krait::golden_design {name} {
    create_bd_design $name
    add_processor
    add_memory
    add_noc_ps
    add_noc_pl
    foreach master $::krait::ps_masters {
        lassign $master port - - controller
        place_ddr cips/$port $controller $controller
    }
}

# What stands in for a kernel while the golden design itself is built.
proc ::krait::tie_off {} {
    for {set port 0} {$port < $::krait::golden_ports} {incr port} {
        cell xilinx.com:ip:axi_vip:1.1 idle$port \
            INTERFACE_MODE MASTER PROTOCOL AXI4 ADDR_WIDTH 64 DATA_WIDTH $::krait::golden_bits
        wire cips/pl0_ref_clk idle$port/aclk
        wire rst_pl0/peripheral_aresetn idle$port/aresetn
        link idle$port/M_AXI noc_pl/S0${port}_AXI
        place_ddr idle$port/Master_AXI [expr {$port + 4}] $port
    }
    cell xilinx.com:ip:axi_vip:1.1 no_kernel INTERFACE_MODE SLAVE
    wire cips/pl1_ref_clk no_kernel/aclk
    wire rst_pl1/peripheral_aresetn no_kernel/aresetn
    link cips/M_AXI_FPD no_kernel/S_AXI
    place cips/M_AXI_FPD no_kernel/S_AXI/Reg $::krait::kernel_base $::krait::kernel_bytes
    cell xilinx.com:ip:xlconstant:1.1 no_interrupt CONST_VAL 0
    wire no_interrupt/dout cips/pl_ps_irq0
}

# Settings of every project: two images, one that boots and one that is loaded later.
proc ::krait::segmented {} {
    foreach {key value} {
        platform.default_output_type sd_card
        platform.design_intent.embedded true
        platform.design_intent.server_managed false
        platform.design_intent.external_host false
        platform.design_intent.datacenter false
        segmented_configuration true
    } {
        set_property $key $value [current_project]
    }
}
