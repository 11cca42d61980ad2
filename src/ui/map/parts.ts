/** Parts of the host, whatever runs on it. */
export const hostParts = [
  "manager",
  "wmi",
  "vmms",
  "kernel",
  "vid",
  "bus",
  "storage",
  "network",
  "console",
  "services",
  "sockets",
  "partitions",
  "scheduler",
  "disks",
  "wires",
  "processors",
  "memory",
  "person",
] as const;
export type HostPart = (typeof hostParts)[number];

/** Parts that each running machine has. `process` stands in the management OS. */
export const machineParts = ["process", "programs", "clients", "drivers", "guestBus", "vp"] as const;
export type MachinePart = (typeof machineParts)[number];

/** How a part comes to be what it is in Hyper-V. */
export type PartMark = "real" | "emulated" | "simulated" | "modelled";

/** What each mark says, in the order of a legend. */
export const markWords: readonly (readonly [mark: PartMark, meaning: string])[] = [
  ["real", "The thing itself: the same bytes, the same unmodified software, or your own device."],
  ["emulated", "Hardware copied in software, so that unmodified software runs on it."],
  ["simulated", "A program of ours in place of Microsoft's; what crosses its borders has the same form."],
  ["modelled", "Stands for the part: its place and its numbers are right, its workings are others."],
];

/** What a box says of itself. */
export interface PartWords {
  readonly title: string;
  /** The title where there is little room. */
  readonly short?: string;
  readonly mark: PartMark;
  /** What the part does in Hyper-V: one sentence. */
  readonly there: string;
  /** What it is here: one sentence. */
  readonly here: string;
}

const words: { readonly [P in HostPart | MachinePart]: PartWords } = {
  manager: {
    title: "Hyper-V Manager",
    mark: "simulated",
    there:
      "The console snap-in with which an administrator creates, starts and watches machines, and VMConnect, which shows their screens.",
    here: "This page: it asks the management service over a message port, and shows what guests print and draw.",
  },
  wmi: {
    title: "WMI provider",
    mark: "simulated",
    there:
      "Offers root\\virtualization: every client, from Hyper-V Manager to a script, manages machines through its classes.",
    here: "Our own provider of the same classes, methods and events; scripts come this way, the buttons of this page take a shorter one to the same service.",
  },
  vmms: {
    title: "VMMS",
    mark: "simulated",
    there:
      "The Virtual Machine Management Service keeps the configurations, decides which changes of state are allowed and starts a worker process for each machine.",
    here: "Our own service of the same states and rules, in the parent's Web Worker.",
  },
  kernel: {
    title: "Management OS kernel",
    short: "Kernel",
    mark: "modelled",
    there:
      "Windows Server's kernel: the drivers of the real devices, file systems and network stack that all virtual devices stand on.",
    here: "The event loop of the parent worker, the VHD layer with its cache, and a network stack of ours; files and sockets below it are the browser's.",
  },
  vid: {
    title: "VID",
    mark: "modelled",
    there:
      "The Virtualization Infrastructure Driver brings intercepted accesses to emulated devices from the hypervisor up to the worker process, and manages guest memory.",
    here: "The border between the emulator's core and its devices, in the thread of the guest: each access that crosses it is counted.",
  },
  bus: {
    title: "VMBus",
    mark: "simulated",
    there:
      "Carries packets between the parent's providers and the guests' clients, in rings of memory that both sides see, without any emulated device.",
    here: "The parent's ends of all channels; records travel from worker to worker, batched, over shared memory where the browser allows it.",
  },
  storage: {
    title: "Storage VSP",
    short: "Storage",
    mark: "simulated",
    there: "storvsp answers the SCSI requests that guests send over VMBus, from virtual hard disk files.",
    here: "Our program speaks the same protocol; the SCSI commands are the guest's own and the VHD files are as the specification says, byte for byte.",
  },
  network: {
    title: "Network VSP, switch",
    short: "Network",
    mark: "simulated",
    there:
      "netvsp takes the frames of synthetic adapters and gives them to the virtual switch, which also has the ports of the management OS and of real networks.",
    here: "Our program with a learning switch, VLANs and port features; the frames are the guests' own.",
  },
  console: {
    title: "Video, keyboard, mouse",
    short: "Screen, input",
    mark: "simulated",
    there:
      "The synthetic devices of a person: the picture goes to VMConnect, keys and movements come from it.",
    here: "Our providers of the same three protocols, in the parent worker.",
  },
  services: {
    title: "Integration services",
    short: "Services",
    mark: "simulated",
    there:
      "Heartbeat, shutdown, time, data exchange and backup: small conversations with services inside the guest.",
    here: "Our side of the same conversations; the other side is the guest's own hv_utils.",
  },
  sockets: {
    title: "Sockets",
    mark: "simulated",
    there:
      "Hyper-V sockets join programs of the host with programs in the guest over VMBus (they came with Windows Server 2016).",
    here: "Our side of the same protocol; the guest's own hv_sock is the other.",
  },
  partitions: {
    title: "Partitions",
    mark: "modelled",
    there:
      "The hypervisor keeps what isolates guests from each other: a partition with its memory and processors for each.",
    here: "A table on the page's main thread; what isolates the guests is the browser: each has a worker and a memory of its own.",
  },
  scheduler: {
    title: "Scheduler",
    mark: "modelled",
    there: "Shares the logical processors among virtual ones by reserve, limit and weight.",
    here: "Grants of time computed by the same three figures; each worker keeps to its grant, the browser does the switching.",
  },
  disks: {
    title: "Storage",
    mark: "real",
    there: "Disks and controllers that only the management OS sees.",
    here: "The browser's private file system on your own device, or memory where there is none.",
  },
  wires: {
    title: "Network",
    mark: "real",
    there: "Network adapters of the server, bound to external virtual networks.",
    here: "What a page may reach: other tabs, a relay, a Wisp server, or HTTP through the browser. Nothing leaves before you connect it.",
  },
  processors: {
    title: "Processors",
    mark: "real",
    there: "Logical processors with virtualization support; the hypervisor runs guests on them directly.",
    here: "Your processors, as threads of the browser; a guest's instructions are translated to WebAssembly.",
  },
  memory: {
    title: "Memory",
    mark: "real",
    there: "The server's memory, from which the hypervisor gives each partition its own.",
    here: "Memory of the browser; each guest's is one WebAssembly memory.",
  },
  person: {
    title: "You",
    mark: "real",
    there: "Whoever sits at the console.",
    here: "Your keyboard, mouse and screen, as the page gets their events.",
  },
  process: {
    title: "VM worker process",
    mark: "simulated",
    there:
      "vmwp.exe, one for each running machine: it holds the machine's emulated devices, and runs with few rights.",
    here: "A Web Worker that holds the emulated devices and, unlike Hyper-V's, the guest itself.",
  },
  programs: {
    title: "Guest programs",
    mark: "real",
    there: "Whatever the guest runs in user mode; it need not know that it is virtual.",
    here: "The unmodified programs of the guest. This is what they printed last on the serial console.",
  },
  clients: {
    title: "Virtualization clients",
    short: "Clients (VSC)",
    mark: "real",
    there:
      "The guest's drivers for synthetic devices (VSCs): they talk to the providers instead of to hardware.",
    here: "The unmodified drivers of the guest's own kernel.",
  },
  drivers: {
    title: "Drivers for hardware",
    short: "Drivers",
    mark: "real",
    there:
      "Drivers for devices of the nineties: they believe that they touch registers, and each touch is intercepted.",
    here: "The unmodified drivers of the guest's own kernel, and the BIOS before them.",
  },
  guestBus: {
    title: "VMBus",
    mark: "real",
    there:
      "The guest's bus driver: it finds the channels that are offered and opens rings in the guest's memory.",
    here: "The guest's own hv_vmbus; rings and packets lie in its memory as they do under Hyper-V.",
  },
  vp: {
    title: "Virtual processor",
    mark: "emulated",
    there:
      "Guest instructions run directly; CPUID, registers of the hypervisor, hypercalls and touched devices come to the hypervisor, which answers and interrupts.",
    here: "An emulated x86 processor (v86) with the hypervisor's own interface added: CPUID leaves, MSRs, hypercalls, SynIC and timers as specified.",
  },
};

/** What a part is called and what it is. */
export function partWords(part: HostPart | MachinePart): PartWords {
  return words[part];
}
