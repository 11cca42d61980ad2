/// <reference lib="webworker" />
import { V86 } from "v86";
import type { PeerReply, PeerRequest } from "./peer-messages.ts";

/** Plain v86: the npm package as it comes, in a worker of its own, with its own core and its own run loop. */

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const system = "images/initramfs.cpio.gz";
const decoder = new TextDecoder();
let machine: V86 | null = null;
let disk: ArrayBuffer | null = null;
let initrd: ArrayBuffer | null = null;
let unread = "";
let awaited: string | null = null;

function reply(message: PeerReply): void {
  scope.postMessage(message);
}

function look(): void {
  const at = awaited === null ? -1 : unread.indexOf(awaited);
  if (awaited === null || at < 0) return;
  const end = at + awaited.length;
  reply({ kind: "found", output: unread.slice(0, end) });
  unread = unread.slice(end);
  awaited = null;
}

/** The kernel looks for the next archive, or gzip file, where one ends. */
async function joined(addresses: readonly URL[]): Promise<ArrayBuffer> {
  const files = await Promise.all(
    addresses.map(async (address) => {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${address.href}: ${answer.status}`);
      return answer.blob();
    }),
  );
  return new Blob(files).arrayBuffer();
}

async function inflated(address: URL): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.buffer;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

function start(request: PeerRequest & { kind: "start" }): void {
  const file = (path: string) => ({ url: new URL(path, request.base).href });
  machine = new V86({
    wasm_path: file("bench/v86.wasm").url,
    bios: file("firmware/bios.bin"),
    vga_bios: file("firmware/vgabios.bin"),
    bzimage: file("images/vmlinuz"),
    initrd: initrd === null ? file(system) : { buffer: initrd },
    cmdline: request.commandLine,
    memory_size: request.memoryBytes,
    vga_memory_size: 8 << 20,
    ...(disk === null ? {} : { hda: { buffer: disk } }),
    ...(request.network === null ? {} : { net_device: { type: request.network, relay_url: "inbrowser" } }),
    acpi: request.acpi,
    autostart: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
  });
  machine.add_listener("serial0-output-byte", (byte) => {
    unread += decoder.decode(Uint8Array.of(byte), { stream: true });
    look();
  });
}

async function obey(request: PeerRequest): Promise<void> {
  switch (request.kind) {
    case "load":
      if (request.disk !== null) disk = await inflated(new URL(request.disk, request.base));
      if (request.modules !== null) {
        const paths = [system, request.modules];
        initrd = await joined(paths.map((path) => new URL(path, request.base)));
      }
      reply({ kind: "loaded" });
      break;
    case "start":
      start(request);
      awaited = request.until;
      break;
    case "expect":
      awaited = request.until;
      machine?.serial0_send(request.send);
      look();
      break;
  }
}

scope.onunhandledrejection = (event) => reply({ kind: "failed", reason: String(event.reason) });
scope.onmessage = (event: MessageEvent<PeerRequest>) => {
  obey(event.data).catch((failure: unknown) => reply({ kind: "failed", reason: String(failure) }));
};
