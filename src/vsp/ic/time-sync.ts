import { IcTime, IcTimeFlag, IcTimeOld, type IntegrationStatus, icUnixEpoch } from "../../hvdef/index.ts";
import { openIcLine } from "./line.ts";
import { icProtocol } from "./offer.ts";
import type { IcService, ServiceOptions } from "./service.ts";

/** Microseconds between two samples, as in Hyper-V; less what a tick may come early. */
const samplePeriod = 5_000_000 - 200_000;
/** Microseconds by which the host's clock must be set anew before the guest's is as well. */
const largeStep = 1_000_000;
const patience = 30_000_000;
/** From this version on a message says of which moment it is. */
const stampedSince = 4;

/** What time synchronization needs beside what every service does. */
export interface TimeSyncOptions extends ServiceOptions {
  /** Milliseconds since 1970. */
  wallClock(): number;
}

/**
 * Gives the guest the time: once after agreement, after it stood still and when the host's clock was set, to be
 * taken over at once; and every five seconds as a sample for whoever disciplines its clock. @ic 4
 */
export function openTimeSync({ clock, saved, changed, wallClock }: TimeSyncOptions): IcService {
  let syncDue = true;
  let sentAt = 0;
  let syncs = 0;
  let samples = 0;
  let apart = drift();
  const line = openIcLine({
    protocol: icProtocol("timeSync"),
    clock,
    saved,
    events: {
      agreed() {
        syncDue = true;
        changed();
      },
      free: send,
      closed: changed,
    },
  });

  /** How far the host's clock is from time that passes evenly, microseconds. */
  function drift(): number {
    return wallClock() * 1000 - clock.now();
  }
  function send(): void {
    if (!syncDue && clock.now() - sentAt < samplePeriod) return;
    const versions = line.versions();
    if (versions === null) return;
    const flags = syncDue ? IcTimeFlag.sync : IcTimeFlag.sample;
    if (!line.ask(body(versions.message.major, flags), () => changed())) return;
    if (syncDue) syncs++;
    else samples++;
    syncDue = false;
    sentAt = clock.now();
  }
  /** What is stamped beside the guest is left open: see `vmwp/stamp/`. */
  function body(version: number, flags: number): Uint8Array<ArrayBuffer> {
    const parentTime = BigInt(Math.round(wallClock() * 10_000)) + icUnixEpoch;
    if (version < stampedSince) return IcTimeOld.bytes({ parentTime, childTime: 0n, roundTrip: 0n, flags });
    const reserved = new Uint8Array(5);
    return IcTime.bytes({ parentTime, referenceTime: 0n, flags, leap: 0, stratum: 0, reserved });
  }
  return {
    line,
    tick() {
      const now = drift();
      if (Math.abs(now - apart) > largeStep) syncDue = true;
      apart = now;
      send();
    },
    wentOn() {
      syncDue = true;
      apart = drift();
      send();
    },
    status: (): IntegrationStatus => line.status(patience),
    inspect: () => ({ syncs, samples, ...line.inspect() }),
  };
}
