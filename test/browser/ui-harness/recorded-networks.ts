import { signal } from "@preact/signals";
import type {
  AdapterConfiguration,
  CapturedFrame,
  NetworkConfiguration,
  NetworkId,
  NetworkSummary,
  NetworkTables,
  SharedFile,
  VmGuid,
} from "../../../src/hvdef/index.ts";
import type { NetworkHost } from "../../../src/ui/host.ts";
import type { NetworksSample } from "../../../src/ui/network-rates.ts";
import { configured, networksOf, tablesOf } from "./recorded-ports.ts";

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const refusal = "The switch is being taken apart at this moment. Wait a few seconds, then try again";

const protocols = [
  ["ARP", "00-15-5D-01-0A-03", "Broadcast", "Who has 10.0.1.1? Tell 10.0.1.101"],
  ["DHCP", "10.0.1.1", "10.0.1.101", "Offer 10.0.1.101 for 1 day, transaction 0x3d1f0a77"],
  ["DNS", "10.0.1.101", "10.0.1.1", "Query A web02.tabvisor"],
  ["TCP", "10.0.1.101:41822", "10.0.1.102:80", "[SYN] seq 0, window 64240, MSS 1460, window scale 7"],
  ["HTTP", "10.0.1.101:41822", "10.0.1.102:80", "GET /images/payload.bin HTTP/1.1"],
  ["TCP", "10.0.1.102:80", "10.0.1.101:41822", "[ACK] seq 1, ack 142, window 501, 1448 bytes of data"],
  ["ICMP", "10.0.1.1", "10.0.1.102", "Echo request, id 4, sequence 17"],
] as const;

function frameAt(sequence: number, began: number): CapturedFrame {
  const [protocol, source, destination, text] = protocols[sequence % protocols.length] ?? protocols[0];
  return {
    sequence,
    at: began * 1000 + sequence * 1731,
    port: (sequence % 3) + 1,
    direction: sequence % 2 === 0 ? "in" : "out",
    length: protocol === "TCP" ? 1514 : 60 + ((sequence * 37) % 300),
    protocol,
    source,
    destination,
    text,
  };
}

/** Frames a second that the recorded wire carries. */
const framesASecond = 400;

function recordedCapture() {
  let began = 0;
  let ended = 0;
  return {
    start() {
      began = Date.now();
      ended = 0;
    },
    stop() {
      ended = Date.now();
    },
    read(wanted: { readonly after: number; readonly limit: number; readonly filter: string }) {
      const words = wanted.filter
        .trim()
        .toLowerCase()
        .split(/\s+or\s+/);
      const odd = /[&|<>]/.exec(wanted.filter);
      if (odd !== null)
        throw new Error(
          `"${odd[0]}" at character ${odd.index + 1} is no word of a filter. Join parts with "and" and "or".`,
        );
      const last = Math.floor((((ended === 0 ? Date.now() : ended) - began) / 1000) * framesASecond);
      const found: CapturedFrame[] = [];
      for (let next = wanted.after + 1; next <= last && found.length < wanted.limit; next += 1) {
        const frame = frameAt(next, began);
        const fits = wanted.filter.trim() === "" || words.includes(frame.protocol.toLowerCase());
        if (fits) found.push(frame);
      }
      return found;
    },
  };
}

/** Adapters as the recorded machines have them, to be changed by the panel. */
export interface RecordedAdapters {
  of(vm: VmGuid): readonly AdapterConfiguration[];
  set(vm: VmGuid, adapters: readonly AdapterConfiguration[]): void;
}

/** Networks that play a scene. In the scene `refusing` every action is refused. */
export function openRecordedNetworks(scene: string, machines: RecordedAdapters): NetworkHost {
  const began = Date.now();
  let list: readonly NetworkSummary[] = networksOf(scene, 0);
  const now = (): NetworksSample => {
    const seconds = (Date.now() - began) / 1000;
    const moved = networksOf(scene, seconds);
    return {
      at: Date.now(),
      networks: list.map((one) => ({
        ...one,
        ports: moved.find((other) => other.id === one.id)?.ports ?? [],
        direct: moved.find((other) => other.id === one.id)?.direct ?? [],
      })),
    };
  };
  const networks = signal<NetworksSample | null>(scene === "loading" || scene === "trouble" ? null : now());
  const trouble = signal<string | null>(
    scene === "trouble" ? "The management service does not answer. It is asked again and again." : null,
  );
  const files = new Map<string, SharedFile>();
  const captures = new Map<NetworkId, ReturnType<typeof recordedCapture>>();
  let watchers = 0;
  if (networks.value !== null)
    setInterval(() => {
      if (watchers > 0) networks.value = now();
    }, 500);
  const refuse = async () => {
    await wait(300);
    if (scene === "refusing") throw new Error(refusal);
  };
  const change = (id: NetworkId, more: Partial<NetworkSummary>) => {
    list = list.map((one) => (one.id === id ? { ...one, ...more } : one));
    networks.value = now();
  };
  const captureOf = (id: NetworkId) => {
    const known = captures.get(id) ?? recordedCapture();
    captures.set(id, known);
    return known;
  };
  const others = (vm: VmGuid, { type, index }: Pick<AdapterConfiguration, "type" | "index">) =>
    machines.of(vm).filter((one) => one.type !== type || one.index !== index);
  return {
    networks,
    trouble,
    watch() {
      watchers += 1;
      return () => {
        watchers -= 1;
      };
    },
    async create(wanted: Omit<NetworkConfiguration, "id">) {
      await refuse();
      const id = `id ${Date.now()}` as NetworkId;
      list = [...list, configured({ ...wanted, id })];
      networks.value = now();
      return id;
    },
    async change(network) {
      await refuse();
      change(network.id, network);
    },
    async remove(network) {
      await refuse();
      list = list.filter(({ id }) => id !== network);
      networks.value = now();
    },
    async connectUplink(network) {
      change(network, { uplinkState: { kind: "connecting", text: "Calling wss://relay.example/" } });
      await wait(1200);
      if (scene === "refusing") {
        change(network, { uplinkState: { kind: "closed", text: "" } });
        throw new Error("wss://relay.example/ refused the connection: it answered 403. Check its address.");
      }
      change(network, { uplinkState: { kind: "up", text: "Connected. No other tab is on this segment." } });
    },
    async disconnectUplink(network) {
      await wait(300);
      change(network, { uplinkState: { kind: "closed", text: "" } });
    },
    async tables(network): Promise<NetworkTables> {
      await wait(50);
      if (scene === "refusing") throw new Error(refusal);
      const found = now().networks.find(({ id }) => id === network);
      return { ...tablesOf(found, (Date.now() - began) / 1000), files: [...files.values()] };
    },
    async ping(_, address, count) {
      await wait(900);
      if (scene === "refusing") throw new Error(`There is no way to ${address}: nobody answers for it`);
      return Array.from({ length: count }, (_echo, place) => (place === 2 ? null : 640 + place * 811));
    },
    async startCapture(network, port) {
      await refuse();
      captureOf(network).start();
      change(network, { capture: { port, since: Date.now() } });
    },
    async stopCapture(network) {
      await wait(200);
      captureOf(network).stop();
      change(network, { capture: null });
    },
    async readCapture(network, wanted) {
      await wait(20);
      return captureOf(network).read(wanted);
    },
    saveCapture: refuse,
    async share(_, name, contents) {
      await refuse();
      const bytes = contents instanceof Blob ? contents.size : contents.byteLength;
      files.set(name, { name, bytes });
    },
    async unshare(_, name) {
      files.delete(name);
    },
    async addAdapter(vm, adapter) {
      await refuse();
      machines.set(vm, [...others(vm, adapter), adapter]);
    },
    async removeAdapter(vm, type, index) {
      await refuse();
      machines.set(vm, others(vm, { type, index }));
    },
    async changeAdapter(vm, adapter) {
      await refuse();
      machines.set(vm, [...others(vm, adapter), adapter]);
    },
  };
}
