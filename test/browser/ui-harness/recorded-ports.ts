import type {
  AdapterConfiguration,
  AdapterVlan,
  NetworkConfiguration,
  NetworkId,
  NetworkSummary,
  NetworkTables,
  PortSummary,
  UplinkConfiguration,
  VmGuid,
} from "../../../src/hvdef/index.ts";

const untagged: AdapterVlan = { kind: "untagged" };
const access = (id: number): AdapterVlan => ({ kind: "access", id });

function mac(number: number): string {
  return `00-15-5D-01-0A-${number.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** A network that is configured like this, with nothing plugged in. */
export function configured(configuration: NetworkConfiguration): NetworkSummary {
  const { uplink } = configuration;
  return {
    ...configuration,
    uplinkState: { kind: uplink === null ? "none" : "closed", text: "" },
    ports: [],
    capture: null,
    direct: [],
  };
}

function network(name: string, more: Partial<NetworkSummary> = {}): NetworkSummary {
  const blank = {
    id: `id of ${name}` as NetworkId,
    name,
    notes: "",
    kind: "private",
    uplink: null,
    management: null,
  } as const;
  return { ...configured(blank), ...more };
}

/** Frames a second each way, and what came of them after so many seconds. */
interface Traffic {
  readonly into: number;
  readonly out: number;
  readonly size?: number;
  readonly drops?: number;
}

function port(
  id: number,
  holder: PortSummary["holder"],
  more: Partial<PortSummary> & { readonly traffic: Traffic; readonly seconds: number },
): PortSummary {
  const { traffic, seconds, ...rest } = more;
  const size = traffic.size ?? 420;
  const framesIn = Math.floor(traffic.into * (seconds + 60));
  const framesOut = Math.floor(traffic.out * (seconds + 60));
  return {
    id,
    holder,
    mac: mac(id),
    vlan: untagged,
    linkUp: true,
    framesIn,
    framesOut,
    bytesIn: framesIn * size,
    bytesOut: framesOut * size,
    dropped: Math.floor((traffic.drops ?? 0) * (seconds + 60)),
    queue: false,
    ...rest,
  };
}

const machine = (name: string, adapter = "Network Adapter"): PortSummary["holder"] => ({
  kind: "machine",
  vm: `id of ${name}` as VmGuid,
  name,
  adapter,
});
const management = { kind: "management" } as const;

const services = {
  dhcp: { from: "10.0.1.100", to: "10.0.1.199", leaseSeconds: 86_400 },
  domain: "tabvisor",
  http: true,
  ntp: true,
};

function lab(seconds: number): NetworkSummary {
  return network("Lab", {
    kind: "internal",
    notes: "web01 fetches its payload from the management operating system.",
    management: { address: { address: "10.0.1.1", prefix: 24 }, vlan: 0, services },
    ports: [
      port(1, management, { traffic: { into: 34, out: 61 }, seconds }),
      port(2, machine("Debian"), { traffic: { into: 61, out: 34 }, seconds }),
      port(3, machine("Debian system disk", "Legacy Network Adapter"), {
        traffic: { into: 0, out: 2, size: 90 },
        seconds,
      }),
    ],
  });
}

function path(from: number, to: number, frames: number): NetworkSummary["direct"][number] {
  return { from, to, frames: Math.floor(frames), bytes: Math.floor(frames) * 1514 };
}

function backend(seconds: number): NetworkSummary {
  const wave = 40 + 30 * Math.sin(seconds / 3);
  return network("Backend", {
    notes: "VLAN 10 is the web tier, VLAN 20 the database.",
    direct: [path(1, 2, 47_000 * (seconds + 60)), path(2, 1, 300 * (seconds + 60)), path(3, 2, 4_000)],
    ports: [
      port(1, machine("web01"), {
        vlan: access(10),
        traffic: { into: 48_000, out: 21_000, size: 1514 },
        seconds,
      }),
      port(2, machine("web02"), {
        vlan: access(10),
        queue: true,
        traffic: { into: 21_000, out: 48_000, size: 1514 },
        seconds,
      }),
      port(3, machine("db01"), {
        vlan: access(20),
        traffic: { into: wave, out: 30, drops: 4 },
        seconds,
      }),
      port(4, machine("sniffer"), {
        vlan: { kind: "trunk", native: 0, allowed: [10, 20, 21, 22] },
        traffic: { into: 0, out: 0.6 },
        seconds,
      }),
      port(5, machine("spare"), { linkUp: false, vlan: access(20), traffic: { into: 0, out: 0 }, seconds }),
    ],
  });
}

function external(
  name: string,
  uplink: UplinkConfiguration,
  more: Partial<NetworkSummary> & { readonly seconds: number },
): NetworkSummary {
  const { seconds, ...rest } = more;
  const up = rest.uplinkState?.kind === "up";
  const title = uplink.kind === "tabLan" ? "LAN between tabs" : "Ethernet relay";
  return network(name, {
    kind: "external",
    uplink,
    uplinkState: { kind: "closed", text: "" },
    ports: [
      ...(up
        ? [
            port(
              1,
              { kind: "uplink", name: title },
              {
                mac: null,
                traffic: { into: 300, out: 220, drops: 1.5 },
                vlan: { kind: "trunk", native: 0, allowed: Array.from({ length: 4094 }, (_, id) => id + 1) },
                seconds,
              },
            ),
          ]
        : []),
      port(2, machine("Debian", "Network Adapter 2"), {
        traffic: { into: up ? 220 : 0.2, out: up ? 300 : 0 },
        seconds,
      }),
    ],
    ...rest,
  });
}

function usual(seconds: number): readonly NetworkSummary[] {
  return [
    lab(seconds),
    backend(seconds),
    external(
      "Between tabs",
      { kind: "tabLan", segment: "LAN 1" },
      {
        uplinkState: { kind: "up", text: "Connected. 2 other tabs are on this segment." },
        seconds,
      },
    ),
    external(
      "Club relay",
      { kind: "relay", address: "wss://relay.example/club" },
      {
        uplinkState: { kind: "lost", text: "The relay hung up. It is called again in 8 seconds." },
        seconds,
      },
    ),
    external(
      "Own server",
      { kind: "wisp", address: "wss://wisp.example/" },
      {
        management: {
          address: { address: "10.0.2.1", prefix: 24 },
          vlan: 7,
          services: { ...services, dhcp: null },
        },
        seconds,
      },
    ),
  ];
}

function odd(seconds: number): readonly NetworkSummary[] {
  return [
    network("a network with a name that somebody generated without a single thought 0123456789".repeat(2), {
      ports: [
        port(1, machine("x".repeat(90), "y".repeat(60)), {
          traffic: { into: 9e9, out: 9e12 },
          vlan: access(4094),
          seconds,
        }),
        port(2, machine("‮right to left"), { traffic: { into: 0, out: 0 }, mac: null, seconds }),
        port(3, machine('<b>bold</b> & "quotes"'), { traffic: { into: Number.NaN, out: 0 }, seconds }),
      ],
    }),
  ];
}

/** The networks of a scene after so many seconds. */
export function networksOf(scene: string, seconds: number): readonly NetworkSummary[] {
  if (scene === "empty" || scene === "fresh" || scene === "trouble") return [];
  if (scene === "odd") return odd(seconds);
  if (scene !== "many") return usual(seconds);
  const ports = Array.from({ length: 40 }, (_, place) =>
    port(place + 1, machine(`node-${String(place + 1).padStart(2, "0")}`), {
      vlan: place % 4 === 0 ? untagged : access((place % 7) * 10 + 10),
      queue: place % 9 === 0,
      traffic: { into: place ** 2 / 3, out: place * 2 },
      seconds,
    }),
  );
  return [network("Farm", { ports })];
}

/** What the tables of a network say. */
export function tablesOf(found: NetworkSummary | undefined, seconds: number): NetworkTables {
  if (found === undefined) throw new Error("This network is gone");
  const inside = found.kind === "internal";
  return {
    addresses: found.ports.flatMap((one) =>
      one.mac === null || !one.linkUp
        ? []
        : [
            {
              mac: one.mac,
              vlan: one.vlan.kind === "access" ? one.vlan.id : 0,
              port: one.id,
              ageSeconds: (seconds + one.id * 41) % 200,
            },
          ],
    ),
    leases: inside
      ? [
          { address: "10.0.1.100", mac: mac(2), name: "debian", secondsLeft: 84_120 - seconds },
          { address: "10.0.1.101", mac: mac(3), name: "", secondsLeft: 412 - (seconds % 400) },
        ]
      : [],
    notices: inside
      ? [
          "Another DHCP server, 10.0.1.66 at 00-15-5D-01-0A-42, answers on this network: machines may take its addresses",
        ]
      : [],
    dropped:
      found.uplink?.kind === "relay"
        ? ["Messages of the relay that are no Ethernet frames, ignored: 12."]
        : [],
    files: [],
  };
}

/** Adapters of the recorded machines. */
export const recordedAdapters: readonly AdapterConfiguration[] = [
  {
    type: "legacy",
    index: 0,
    mac: null,
    staticMac: false,
    network: null,
    vlan: untagged,
    spoofing: false,
    mirroring: "none",
    vmqWeight: 0,
  },
  {
    type: "synthetic",
    index: 0,
    mac: mac(2),
    staticMac: false,
    network: "id of Lab" as NetworkId,
    vlan: untagged,
    spoofing: false,
    mirroring: "none",
    vmqWeight: 100,
  },
  {
    type: "synthetic",
    index: 1,
    mac: mac(2),
    staticMac: true,
    network: "id of Between tabs" as NetworkId,
    vlan: access(20),
    spoofing: true,
    mirroring: "source",
    vmqWeight: 40,
  },
];
