import { wmiCall } from "../../hvdef/index.ts";
import { formatShortBytes } from "../format.ts";
import type { PacketClass } from "./figures.ts";

/** Names of calls, as a person says them. */
const calls: ReadonlyMap<string, string> = new Map([
  ["typeScancodes", "Keys pressed"],
  ["pressKey", "Key pressed"],
  ["releaseKey", "Key released"],
  ["typeKey", "Key typed"],
  ["typeText", "Text typed"],
  ["typeCtrlAltDel", "Ctrl+Alt+Del"],
  ["releaseAll", "All keys released"],
  ["movePointer", "Pointer moved"],
  ["start", "Start"],
  ["pause", "Pause"],
  ["resume", "Resume"],
  ["reset", "Reset"],
  ["turnOff", "Turn off"],
  ["save", "Save"],
  ["shutDown", "Shut down"],
]);

const packets: { readonly [C in PacketClass]: string } = {
  disk: "disk packet",
  network: "network packet",
  console: "packet of screen or input",
  services: "packet of an integration service",
  sockets: "packet of a socket",
};

/** Control characters as pictures of themselves, so that a line of a log stays a line. */
export function visible(text: string): string {
  return [...text]
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      if (code === 0x0a || code === 0x0d) return "⏎";
      if (code === 0x1b) return "␛";
      return code < 0x20 || code === 0x7f ? "·" : letter;
    })
    .join("");
}

/** The title of what was asked for. */
export function asked(call: string): string {
  const [name = "", ...rest] = call.split(" ");
  if (name === "send") return serialTyped(rest.join(" "));
  const words = calls.get(name) ?? name;
  return rest.length === 0 ? words : `${words}: ${rest.join(" ")}`;
}
export const serialTyped = (text: string): string => `Serial console: “${visible(text)}”`;
export const emulatedRequest = (kind: PacketClass): string =>
  kind === "disk" ? "Emulated drive: request" : "Emulated adapter: frame";
export const hostPacket = (kind: PacketClass): string => `Host: ${packets[kind]}`;
export const guestPacket = (kind: PacketClass): string => `Guest: ${packets[kind]}`;

export const pageAsks = (call: string): string =>
  call.startsWith("send ")
    ? "The page writes it to the machine's serial line."
    : `The page calls ${call.split(" ")[0]} of the management service.`;
export const wmiTakes = (call: string): string =>
  `The provider answers a call of root\\virtualization: ${call.slice(wmiCall.length)}.`;
export const serviceTakes = (call: string): string =>
  inputWords.test(call)
    ? "The service looks which keyboard or mouse the guest listens to."
    : "The service checks it against the state of the machine.";
const inputWords = /^(type|press|release|move)/;
export const workerCalled = (call: string): string =>
  call === "keyboardInput"
    ? "The worker process gets the scan codes for the emulated PS/2 keyboard."
    : `The worker process is called: ${call}.`;
export const file = (read: boolean, bytes: number): string =>
  `${formatShortBytes(bytes)} ${read ? "read from" : "written to"} a file.`;
export const carried = (internal: boolean, bytes: number): string =>
  internal
    ? `The emulated device asks the parent: ${formatShortBytes(bytes)} on its line.`
    : `${formatShortBytes(bytes)} leave for the parent with the next batch.`;
export const arrived = (channel: number): string => `Arrives at the parent's end of channel ${channel}.`;
export const providerTakes = (kind: PacketClass): string =>
  kind === "disk"
    ? "The provider carries out the SCSI request."
    : kind === "network"
      ? "The provider takes the frames and gives them to the switch."
      : "The provider takes the packet.";
export const providerHears = (): string => "The provider hears that the guest has taken it.";
export const providerSends = (kind: PacketClass, answer: boolean, bytes: number): string =>
  answer
    ? `The provider answers: ${formatShortBytes(bytes)}.`
    : `The provider writes a ${packets[kind]}: ${formatShortBytes(bytes)}.`;
export const handedOver = (channel: number): string => `Leaves the parent on channel ${channel}.`;
export const deviceAnswers = (kind: PacketClass): string =>
  kind === "disk"
    ? "The emulated controller has its data and interrupts the guest."
    : "The emulated adapter has the frame and interrupts the guest.";
export const clientAsks = (kind: PacketClass): string =>
  `The guest's driver has written a ${packets[kind]} into its ring.`;
export const taken = (channel: number, bytes: number): string =>
  `Taken from the ring of channel ${channel}: ${formatShortBytes(bytes)}.`;
export const placed = (channel: number, bytes: number): string =>
  `Written into the guest's ring of channel ${channel}: ${formatShortBytes(bytes)}.`;
export const eventFlag = (channel: number): string => `SynIC: the event flag of channel ${channel} is set.`;
export const interrupted = (vector: number): string =>
  `The local APIC is asked for vector ${vector} (0x${vector.toString(16)}).`;
export const clientRuns = (): string => "The guest's driver runs next; nobody outside the guest sees it.";
export const serialIn = (bytes: number): string =>
  `The emulated serial port has ${bytes === 1 ? "1 character" : `${bytes} characters`} and interrupts the guest.`;
export const driverReads = (device: string, port: number): string =>
  `The guest's driver touches the ${device} port ${port.toString(16).toUpperCase()}h.`;
export const intercepted = (port: number): string =>
  `The access to ${port.toString(16).toUpperCase()}h is intercepted.`;
export const vidPasses = (): string => "It goes to the emulated device.";
export const serialOut = (text: string): string => `Printed on the serial port: “${visible(text)}”`;
export const screenChanged = (text: string): string => `The screen has changed: “${visible(text).trim()}”`;
export const pageShows = (): string => "The page shows it.";
