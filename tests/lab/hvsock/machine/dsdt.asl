/* The devices of the machine: the VMBus, which hv_vmbus binds to, and power off.
 *
 * iasl wants names of seven or eight letters for _HID and takes any that a method
 * returns; the kernel evaluates both. Without _CRS hv_vmbus finds no device; on x86 it
 * needs nothing in it. */
DefinitionBlock ("dsdt.aml", "DSDT", 2, "HVUV", "HVSOCK", 1)
{
  Scope (\_SB)
  {
    Device (VMBS)
    {
      Method (_HID, 0) { Return ("VMBus") }
      Name (_UID, 0)
      Name (_DDN, "VMBUS")
      Method (_STA, 0) { Return (0x0F) }
      Name (_CRS, ResourceTemplate () { IRQNoFlags () {7} })
    }
  }
  Name (\_S5, Package () {5, 5, 0, 0})
}
