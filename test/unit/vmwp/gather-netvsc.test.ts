import { describe, expect, it } from "vitest";
import type { GatherPlan } from "../../../src/vmbus/index.ts";
import { gatherNetvsc } from "../../../src/vmwp/gather/netvsc.ts";
import { nvsp } from "../../lab/netvsc.ts";

function asked(payload: Uint8Array<ArrayBuffer>) {
  const plan: GatherPlan = { buffer: -1, section: 9, length: 9, list: -1 };
  return [gatherNetvsc(payload, plan), plan.buffer, plan.section, plan.length, plan.list];
}

describe("the gather rule of netvsc", () => {
  it("takes RNDIS from a section and from pages", () => {
    expect(asked(nvsp.rndis(0, 5, 600))).toEqual(["toHost", 0x10000, 5, 600, -1]);
    expect(asked(nvsp.rndis(0))).toEqual(["toHost", -1, 9, 9, -1]);
    expect(asked(nvsp.rndis(1, 0xffff_fffe, 0xffff_ffff))).toEqual([
      "toHost",
      0x10000,
      0xffff_fffe,
      0xffff_ffff,
      -1,
    ]);
  });
  it("asks for the size of a buffer's page list", () => {
    expect(asked(nvsp.receiveBuffer(0xffff_fff0))).toEqual(["none", -1, 9, 9, 0xffff_fff0]);
    expect(asked(nvsp.sendBuffer(3))).toEqual(["none", -1, 9, 9, 3]);
  });
  it("wants nothing of anything else, however short", () => {
    for (const payload of [
      nvsp.init(),
      nvsp.revokeReceive(),
      new Uint8Array(0),
      nvsp.rndis(0, 1, 2).slice(0, 15),
    ]) {
      expect(asked(payload)).toEqual(["none", -1, 9, 9, -1]);
    }
  });
});
