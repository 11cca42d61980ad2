const lines = [
  "[    0.000000] Linux version 6.1.0-37-686 (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC Debian",
  "[    0.000000] DMI: Microsoft Corporation Virtual Machine/Virtual Machine, BIOS 090004",
  "[    0.000000] Hypervisor detected: Microsoft Hyper-V",
  "[    0.000000] Hyper-V: privilege flags low 0xae7f, high 0x3b8030, hints 0x2c, misc 0xe0bed7b2",
  "[    0.000000] tsc: Detected 2394.371 MHz processor",
  "[    0.041270] clocksource: hyperv_clocksource_tsc_page: mask: 0xffffffffffffffff",
  "[    0.118313] hv_vmbus: Vmbus version:5.3",
  "[    0.151204] hv_vmbus: registering driver hv_storvsc",
  "[    0.161873] scsi host0: storvsc_host_t",
  "[    0.171042] scsi 0:0:0:0: Direct-Access     Msft     Virtual Disk     1.0  PQ: 0 ANSI: 5",
  "[    0.193340] sd 0:0:0:0: [sda] 524288 512-byte logical blocks: (268 MB/256 MiB)",
  "[    0.195228] sd 0:0:0:0: [sda] Attached SCSI disk",
  "[    0.220017] EXT4-fs (sda): mounted filesystem with ordered data mode. Quota mode: none.",
];

/** What a kernel prints, with the colours of a terminal. */
export const bootText = `${lines.map((line) => line.replace(/^(\[[^\]]*\])/, "\x1b[32m$1\x1b[0m")).join("\r\n")}\r\n`;

/** A shell after the boot. */
export const loginText =
  "\r\nTabvisor guest, Debian 12\r\n\r\n~ # \x1b[1mls /sys/bus/vmbus/devices\x1b[0m\r\n\x1b[1;36md34b2567-b9b6-42b9-8778-0a4ec0b955bf\x1b[0m\r\n~ # ";
