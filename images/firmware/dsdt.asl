// The differentiated system description table of a Tabvisor virtual machine.
//
// It describes what the emulated generation 1 machine really has: one PCI root bus
// (440FX style, interrupts routed to lines 10 and 11), the few ISA devices a PC guest
// looks for, the soft-off state, and the VMBus with its memory window.
// Deliberately absent: PCI hot-plug methods (a guest would remove every PCI device),
// \_S3 and \_S4 (a guest that can hibernate refuses dynamic memory).
DefinitionBlock ("dsdt.aml", "DSDT", 1, "TABVIS", "TVDSDT", 0x00000001)
{
    // Soft off. Power-management block: sleep type 0 in both registers.
    Name (\_S5, Package (0x04) { Zero, Zero, Zero, Zero })

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, Zero)
            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    0x0000, 0x0000, 0x00FF, 0x0000, 0x0100)
                IO (Decode16, 0x0CF8, 0x0CF8, 0x01, 0x08)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0x0000, 0x0000, 0x0CF7, 0x0000, 0x0CF8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0x0000, 0x0D00, 0xFFFF, 0x0000, 0xF300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0x00000000, 0x000A0000, 0x000BFFFF, 0x00000000, 0x00020000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                    0x00000000, 0xE0000000, 0xF7FFFFFF, 0x00000000, 0x18000000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                    0x00000000, 0xFE000000, 0xFEBFFFFF, 0x00000000, 0x00C00000)
            })

            // Interrupt routing is a fixed swizzle: pin p (0..3) of slot s goes to
            // router input (s + p - 1) modulo 4; inputs 0 and 1 are line 10, 2 and 3 line 11.
            Name (_PRT, Package (128)
            {
                Package () { 0x0000FFFF, 0, 0, 11 }, Package () { 0x0000FFFF, 1, 0, 10 },
                Package () { 0x0000FFFF, 2, 0, 10 }, Package () { 0x0000FFFF, 3, 0, 11 },
                Package () { 0x0001FFFF, 0, 0, 10 }, Package () { 0x0001FFFF, 1, 0, 10 },
                Package () { 0x0001FFFF, 2, 0, 11 }, Package () { 0x0001FFFF, 3, 0, 11 },
                Package () { 0x0002FFFF, 0, 0, 10 }, Package () { 0x0002FFFF, 1, 0, 11 },
                Package () { 0x0002FFFF, 2, 0, 11 }, Package () { 0x0002FFFF, 3, 0, 10 },
                Package () { 0x0003FFFF, 0, 0, 11 }, Package () { 0x0003FFFF, 1, 0, 11 },
                Package () { 0x0003FFFF, 2, 0, 10 }, Package () { 0x0003FFFF, 3, 0, 10 },
                Package () { 0x0004FFFF, 0, 0, 11 }, Package () { 0x0004FFFF, 1, 0, 10 },
                Package () { 0x0004FFFF, 2, 0, 10 }, Package () { 0x0004FFFF, 3, 0, 11 },
                Package () { 0x0005FFFF, 0, 0, 10 }, Package () { 0x0005FFFF, 1, 0, 10 },
                Package () { 0x0005FFFF, 2, 0, 11 }, Package () { 0x0005FFFF, 3, 0, 11 },
                Package () { 0x0006FFFF, 0, 0, 10 }, Package () { 0x0006FFFF, 1, 0, 11 },
                Package () { 0x0006FFFF, 2, 0, 11 }, Package () { 0x0006FFFF, 3, 0, 10 },
                Package () { 0x0007FFFF, 0, 0, 11 }, Package () { 0x0007FFFF, 1, 0, 11 },
                Package () { 0x0007FFFF, 2, 0, 10 }, Package () { 0x0007FFFF, 3, 0, 10 },
                Package () { 0x0008FFFF, 0, 0, 11 }, Package () { 0x0008FFFF, 1, 0, 10 },
                Package () { 0x0008FFFF, 2, 0, 10 }, Package () { 0x0008FFFF, 3, 0, 11 },
                Package () { 0x0009FFFF, 0, 0, 10 }, Package () { 0x0009FFFF, 1, 0, 10 },
                Package () { 0x0009FFFF, 2, 0, 11 }, Package () { 0x0009FFFF, 3, 0, 11 },
                Package () { 0x000AFFFF, 0, 0, 10 }, Package () { 0x000AFFFF, 1, 0, 11 },
                Package () { 0x000AFFFF, 2, 0, 11 }, Package () { 0x000AFFFF, 3, 0, 10 },
                Package () { 0x000BFFFF, 0, 0, 11 }, Package () { 0x000BFFFF, 1, 0, 11 },
                Package () { 0x000BFFFF, 2, 0, 10 }, Package () { 0x000BFFFF, 3, 0, 10 },
                Package () { 0x000CFFFF, 0, 0, 11 }, Package () { 0x000CFFFF, 1, 0, 10 },
                Package () { 0x000CFFFF, 2, 0, 10 }, Package () { 0x000CFFFF, 3, 0, 11 },
                Package () { 0x000DFFFF, 0, 0, 10 }, Package () { 0x000DFFFF, 1, 0, 10 },
                Package () { 0x000DFFFF, 2, 0, 11 }, Package () { 0x000DFFFF, 3, 0, 11 },
                Package () { 0x000EFFFF, 0, 0, 10 }, Package () { 0x000EFFFF, 1, 0, 11 },
                Package () { 0x000EFFFF, 2, 0, 11 }, Package () { 0x000EFFFF, 3, 0, 10 },
                Package () { 0x000FFFFF, 0, 0, 11 }, Package () { 0x000FFFFF, 1, 0, 11 },
                Package () { 0x000FFFFF, 2, 0, 10 }, Package () { 0x000FFFFF, 3, 0, 10 },
                Package () { 0x0010FFFF, 0, 0, 11 }, Package () { 0x0010FFFF, 1, 0, 10 },
                Package () { 0x0010FFFF, 2, 0, 10 }, Package () { 0x0010FFFF, 3, 0, 11 },
                Package () { 0x0011FFFF, 0, 0, 10 }, Package () { 0x0011FFFF, 1, 0, 10 },
                Package () { 0x0011FFFF, 2, 0, 11 }, Package () { 0x0011FFFF, 3, 0, 11 },
                Package () { 0x0012FFFF, 0, 0, 10 }, Package () { 0x0012FFFF, 1, 0, 11 },
                Package () { 0x0012FFFF, 2, 0, 11 }, Package () { 0x0012FFFF, 3, 0, 10 },
                Package () { 0x0013FFFF, 0, 0, 11 }, Package () { 0x0013FFFF, 1, 0, 11 },
                Package () { 0x0013FFFF, 2, 0, 10 }, Package () { 0x0013FFFF, 3, 0, 10 },
                Package () { 0x0014FFFF, 0, 0, 11 }, Package () { 0x0014FFFF, 1, 0, 10 },
                Package () { 0x0014FFFF, 2, 0, 10 }, Package () { 0x0014FFFF, 3, 0, 11 },
                Package () { 0x0015FFFF, 0, 0, 10 }, Package () { 0x0015FFFF, 1, 0, 10 },
                Package () { 0x0015FFFF, 2, 0, 11 }, Package () { 0x0015FFFF, 3, 0, 11 },
                Package () { 0x0016FFFF, 0, 0, 10 }, Package () { 0x0016FFFF, 1, 0, 11 },
                Package () { 0x0016FFFF, 2, 0, 11 }, Package () { 0x0016FFFF, 3, 0, 10 },
                Package () { 0x0017FFFF, 0, 0, 11 }, Package () { 0x0017FFFF, 1, 0, 11 },
                Package () { 0x0017FFFF, 2, 0, 10 }, Package () { 0x0017FFFF, 3, 0, 10 },
                Package () { 0x0018FFFF, 0, 0, 11 }, Package () { 0x0018FFFF, 1, 0, 10 },
                Package () { 0x0018FFFF, 2, 0, 10 }, Package () { 0x0018FFFF, 3, 0, 11 },
                Package () { 0x0019FFFF, 0, 0, 10 }, Package () { 0x0019FFFF, 1, 0, 10 },
                Package () { 0x0019FFFF, 2, 0, 11 }, Package () { 0x0019FFFF, 3, 0, 11 },
                Package () { 0x001AFFFF, 0, 0, 10 }, Package () { 0x001AFFFF, 1, 0, 11 },
                Package () { 0x001AFFFF, 2, 0, 11 }, Package () { 0x001AFFFF, 3, 0, 10 },
                Package () { 0x001BFFFF, 0, 0, 11 }, Package () { 0x001BFFFF, 1, 0, 11 },
                Package () { 0x001BFFFF, 2, 0, 10 }, Package () { 0x001BFFFF, 3, 0, 10 },
                Package () { 0x001CFFFF, 0, 0, 11 }, Package () { 0x001CFFFF, 1, 0, 10 },
                Package () { 0x001CFFFF, 2, 0, 10 }, Package () { 0x001CFFFF, 3, 0, 11 },
                Package () { 0x001DFFFF, 0, 0, 10 }, Package () { 0x001DFFFF, 1, 0, 10 },
                Package () { 0x001DFFFF, 2, 0, 11 }, Package () { 0x001DFFFF, 3, 0, 11 },
                Package () { 0x001EFFFF, 0, 0, 10 }, Package () { 0x001EFFFF, 1, 0, 11 },
                Package () { 0x001EFFFF, 2, 0, 11 }, Package () { 0x001EFFFF, 3, 0, 10 },
                Package () { 0x001FFFFF, 0, 0, 11 }, Package () { 0x001FFFFF, 1, 0, 11 },
                Package () { 0x001FFFFF, 2, 0, 10 }, Package () { 0x001FFFFF, 3, 0, 10 }
            })

            Device (ISA)
            {
                Name (_ADR, 0x00010000)

                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0070, 0x0070, 0x01, 0x02)
                        IRQNoFlags () { 8 }
                    })
                }

                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_STA, 0x0F)
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0060, 0x0060, 0x01, 0x01)
                        IO (Decode16, 0x0064, 0x0064, 0x01, 0x01)
                        IRQNoFlags () { 1 }
                    })
                }

                Device (MOU)
                {
                    Name (_HID, EisaId ("PNP0F13"))
                    Name (_STA, 0x0F)
                    Name (_CRS, ResourceTemplate ()
                    {
                        IRQNoFlags () { 12 }
                    })
                }

                Device (COM1)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, One)
                    Name (_STA, 0x0F)
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x03F8, 0x03F8, 0x00, 0x08)
                        IRQNoFlags () { 4 }
                    })
                }
            }
        }

        // The VMBus takes its memory windows from this container's address-space descriptors. The first is video
        // memory: the frame buffer of the emulated display adapter, and the only place here that is like RAM.
        Device (VMOD)
        {
            Name (_HID, "ACPI0004")
            Name (_UID, Zero)
            Name (_CRS, ResourceTemplate ()
            {
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0x00000000, 0xE0000000, 0xE07FFFFF, 0x00000000, 0x00800000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0x00000000, 0xF8000000, 0xFBFFFFFF, 0x00000000, 0x04000000)
            })

            Device (VMBS)
            {
                Name (_HID, "VMBus")
                Name (_UID, Zero)
                Name (_STA, 0x0F)
                Name (_CRS, ResourceTemplate () { })
            }
        }
    }
}
