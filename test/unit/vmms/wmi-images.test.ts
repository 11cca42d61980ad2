import { describe, expect, test } from "vitest";
import type { PropertySet } from "../../../src/wmi/index.ts";
import { openMemoryHost, web01 } from "../../lab/memory-host.ts";
import { wmiClient } from "../../lab/wmi.ts";

async function open() {
  const host = await openMemoryHost();
  const client = wmiClient(host);
  /** The code of a method, and the state of its job at its end. */
  async function job(method: string, parameters: PropertySet): Promise<readonly unknown[]> {
    const { returnValue, out } = await client.image(method, parameters);
    const path = out["Job"] ?? null;
    return path === null ? [returnValue] : [returnValue, await client.finished(String(path))];
  }
  return { host, client, job };
}
const done = [4096, 7];

describe("the image management service", () => {
  test("disks of every type, changed in every way", async () => {
    const { host, client, job } = await open();
    // Sizes are rounded up to a sector.
    expect(await job("CreateDynamicVirtualHardDisk", { Path: "a.vhd", MaxInternalSize: 1_048_000n })).toEqual(
      done,
    );
    expect((await host.file("a.vhd"))?.byteLength).toBe(1_048_064);
    expect(await job("CreateFixedVirtualHardDisk", { Path: "f.vhd", MaxInternalSize: "65536" })).toEqual(
      done,
    );
    expect(await job("CreateDifferencingVirtualHardDisk", { Path: "b.vhd", ParentPath: "a.vhd" })).toEqual(
      done,
    );
    expect(await job("CreateVirtualFloppyDisk", { Path: "x.vfd" })).toEqual(done);
    expect(await job("CompactVirtualHardDisk", { Path: "b.vhd" })).toEqual(done);
    expect(await job("ExpandVirtualHardDisk", { Path: "f.vhd", MaxInternalSize: 131_072n })).toEqual(done);
    expect(
      await job("ConvertVirtualHardDisk", { SourcePath: "f.vhd", DestinationPath: "g.vhd", Type: 3 }),
    ).toEqual(done);
    expect(await job("ValidateVirtualHardDisk", { Path: "g.vhd" })).toEqual(done);
    const { returnValue, out } = await client.image("GetVirtualHardDiskInfo", { Path: "B.VHD" });
    expect(returnValue).toBe(0);
    expect(out["Info"]).toContain('<PROPERTY NAME="Type" TYPE="uint16"><VALUE>4</VALUE>');
    expect(out["Info"]).toContain('<PROPERTY NAME="ParentPath" TYPE="string"><VALUE>a.vhd</VALUE>');
    expect(out["Info"]).toContain('<PROPERTY NAME="MaxInternalSize" TYPE="uint64"><VALUE>1048064</VALUE>');
    // Into a new disk first, then into the parent.
    expect(await job("MergeVirtualHardDisk", { SourcePath: "b.vhd", DestinationPath: "all.vhd" })).toEqual(
      done,
    );
    expect(await host.file("all.vhd")).toMatchObject({ format: "dynamic", parent: null });
    expect(await job("MergeVirtualHardDisk", { SourcePath: "b.vhd", DestinationPath: "a.vhd" })).toEqual(
      done,
    );
    expect(await host.file("b.vhd")).toBeUndefined();
    const types = await client.all("SELECT * FROM Msvm_StorageJob");
    expect(types.map(({ properties }) => properties["Type"])).toEqual([1, 1, 1, 2, 3, 4, 6, 9, 5, 5]);
    expect(types.every(({ properties }) => properties["JobCompletionStatusCode"] === 0)).toBe(true);
  });

  test("refusals at once, and jobs that fail with their HRESULT", async () => {
    const { host, client, job } = await open();
    expect(await job("CreateDynamicVirtualHardDisk", { Path: "a.vhd" })).toEqual([32773]);
    expect(await job("CreateDynamicVirtualHardDisk", { Path: "a.vhd", MaxInternalSize: 0n })).toEqual([
      32773,
    ]);
    expect(await job("CreateDynamicVirtualHardDisk", { Path: "a\\b.vhd", MaxInternalSize: 1024n })).toEqual([
      32773,
    ]);
    expect(await job("CreateFixedVirtualHardDisk", { Path: "a.vhd", MaxInternalSize: 2n ** 63n })).toEqual([
      32773,
    ]);
    expect(
      await job("ConvertVirtualHardDisk", { SourcePath: "a.vhd", DestinationPath: "b.vhd", Type: 5 }),
    ).toEqual([32770]);
    expect(
      await job("ConvertVirtualHardDisk", { SourcePath: "a.vhd", DestinationPath: "b.vhd", Type: 9 }),
    ).toEqual([32773]);
    expect(await job("Mount", { Path: "a.vhd" })).toEqual([32770]);
    expect(await job("MergeVirtualHardDisk", { SourcePath: "none.vhd", DestinationPath: "b.vhd" })).toEqual([
      32779,
    ]);
    expect(await job("GetVirtualHardDiskInfo", { Path: "none.vhd" })).toEqual([32779]);
    expect(await job("CompactVirtualHardDisk", { Path: "none.vhd" })).toEqual([4096, 10]);
    const [failed] = await client.all("SELECT * FROM Msvm_StorageJob WHERE JobState = 10");
    expect(failed?.properties).toMatchObject({
      Type: 3,
      ErrorCode: 32779,
      JobCompletionStatusCode: 0x8007_0002,
      ErrorDescription: expect.stringContaining("none.vhd"),
    });
    // The first start makes the disk of the machine; while it runs the disk is its own.
    await host.session.start(web01);
    expect(await job("CompactVirtualHardDisk", { Path: "web01.vhd" })).toEqual([4096, 10]);
    const [busy] = await client.all("SELECT * FROM Msvm_StorageJob WHERE ErrorCode = 32774");
    expect(busy?.properties["JobCompletionStatusCode"]).toBe(0x8007_0020);
  });

  test("a job is cancelled, and tells how far it was", async () => {
    const { host, client } = await open();
    const started = await client.image("CreateFixedVirtualHardDisk", {
      Path: "big.vhd",
      MaxInternalSize: 2n ** 28n,
    });
    const path = String(started.out["Job"]);
    expect(await host.wmi.invoke(path, "RequestStateChange", { RequestedState: 4 })).toMatchObject({
      returnValue: 0,
    });
    expect(await client.finished(path)).toBe(8);
    expect(await host.file("big.vhd")).toBeUndefined();
    expect((await host.wmi.invoke(path, "GetError", {})).out).toEqual({ Error: null });
  });
});
