import { HvError } from "../../support/index.ts";
import { bytesOfMac, isGroupAt, type MacAddress } from "../frame/index.ts";
import { checkVlan, everyVlan, type PortVlan } from "./vlan.ts";

/**
 * What a switch joins. `private`: virtual machines only. `internal`: they and the management OS. `external`: they,
 * an uplink, and the management OS where it shares the uplink.
 */
export type SwitchKind = "private" | "internal" | "external";

/** Who is plugged in: a virtual machine's adapter, the management OS, or the way out of the host. */
export type PortRole = "guest" | "management" | "uplink";

/**
 * Copies for whoever listens. Frames that a `source` port sends or gets also go to every `destination` port of the
 * switch, as far as that port carries their VLAN.
 */
export type Mirroring = "none" | "source" | "destination";

/** What an operator decides about a port. */
export interface PortSettings {
  /** For people, e.g. `web01 Network Adapter`. */
  readonly name: string;
  readonly role: PortRole;
  /** The adapter's own address, one of a kind within the switch. `null` for an uplink, which has none. */
  readonly mac: MacAddress | null;
  readonly vlan: PortVlan;
  /**
   * The holder may send from addresses other than its own, and gets frames for addresses nobody is known to have.
   * Without it such frames are dropped and counted. An uplink always may.
   */
  readonly allowSpoofing: boolean;
  readonly mirror: Mirroring;
}

/** What a new port is made with: the rest as Hyper-V has it, everything off. */
export type NewPort = Pick<PortSettings, "name" | "mac"> & Partial<PortSettings>;

/** What may change while a port is in use. */
export type PortChange = Partial<Omit<PortSettings, "role">>;

/** Fills in what a new port does not say. */
export function fullSettings(wanted: NewPort): PortSettings {
  const role = wanted.role ?? "guest";
  return {
    role,
    vlan: role === "uplink" ? everyVlan : { kind: "untagged" },
    allowSpoofing: role === "uplink",
    mirror: "none",
    ...wanted,
  };
}

/** @throws HvError `network.badVlan` or `network.badMac`: the settings of a port make no sense by themselves */
export function checkSettings(settings: PortSettings): void {
  checkVlan(settings.vlan);
  const { mac, role, name } = settings;
  if ((mac === null) !== (role === "uplink")) {
    throw badMac(
      mac === null
        ? `${name} needs a MAC address.`
        : `${name} is an uplink and has no MAC address of its own.`,
    );
  }
  if (mac === null) return;
  const bytes = bytesOfMac(mac);
  if (isGroupAt(bytes, 0)) {
    throw badMac(`${mac} is the address of a group. The second digit of an adapter's address is even.`);
  }
  if (bytes.every((byte) => byte === 0)) throw badMac(`${mac} cannot be the address of an adapter.`);
}

/**
 * Whether a switch has a place for somebody.
 *
 * @throws HvError `network.noSuchPlace` with the reason
 */
export function checkRole(name: string, kind: SwitchKind, role: PortRole): void {
  if (role === "management" && kind === "private") {
    throw noPlace(`${name} is a private network: the management operating system cannot join it.`);
  }
  if (role === "uplink" && kind !== "external") {
    throw noPlace(
      `${name} is ${kind === "internal" ? "an internal" : "a private"} network and has no uplink.`,
    );
  }
}

/** @throws HvError `network.noSuchPlace`: one port of this role is enough */
export function checkSingle(name: string, role: PortRole, taken: boolean): void {
  if (!taken || role === "guest") return;
  throw noPlace(
    role === "uplink"
      ? `${name} has an uplink. Take it away before you choose another.`
      : `The management operating system is connected to ${name}.`,
  );
}

/** Another port of the switch has this address. */
export function duplicateMac(mac: MacAddress, holder: string): HvError {
  return badMac(`${mac} is the address of ${holder} on the same network. Give one of them another.`);
}

/** No port is left. */
export function tooManyPorts(name: string, limit: number): HvError {
  return new HvError(
    "network.noPort",
    `All ${limit} ports of ${name} are in use. Disconnect an adapter, or use another network.`,
    { hresult: 0x800705aa },
  );
}

/** A port was unplugged, or its switch removed, and somebody still wants to change it. */
export function portGone(): HvError {
  return new HvError("network.portGone", "The port is no longer connected to this network.", {
    hresult: 0x80070490,
  });
}

/** A switch was removed and somebody still wants to plug in. */
export function switchGone(name: string): HvError {
  return new HvError("network.gone", `The network ${name} was removed. Choose another.`, {
    hresult: 0x80070490,
  });
}

function badMac(text: string): HvError {
  return new HvError("network.badMac", text, { hresult: 0x80070057 });
}

function noPlace(text: string): HvError {
  return new HvError("network.noSuchPlace", text, { hresult: 0x80070057 });
}
