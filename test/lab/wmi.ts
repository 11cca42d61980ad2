import type { CimInstance, MethodResult, PropertySet } from "../../src/wmi/index.ts";
import { type MemoryHost, settle } from "./memory-host.ts";

/** A client of a lab host's management objects. */
export function wmiClient(host: MemoryHost) {
  const { wmi } = host;

  async function all(query: string): Promise<readonly CimInstance[]> {
    const answer = await wmi.query(query);
    if (answer.kind !== "objects") throw new Error(`${query} answers classes`);
    return answer.objects;
  }
  async function one(query: string): Promise<CimInstance> {
    const found = await all(query);
    const [only] = found;
    if (found.length !== 1 || only === undefined) throw new Error(`${query} finds ${found.length} objects`);
    return only;
  }
  const pathOf = async (query: string): Promise<string> => (await one(query)).path ?? "";
  const machine = (name = "web01"): Promise<CimInstance> =>
    one(`SELECT * FROM Msvm_ComputerSystem WHERE ElementName = '${name}'`);

  async function call(query: string, method: string, parameters: PropertySet = {}): Promise<MethodResult> {
    return wmi.invoke(await pathOf(query), method, parameters);
  }
  /** The setting of a resource with this sub type, filled in. */
  async function template(subType: string, more: PropertySet): Promise<CimInstance> {
    const { className, properties } = await one(
      `SELECT * FROM CIM_ResourceAllocationSettingData WHERE ResourceSubType = '${subType}' AND InstanceID LIKE '%Default'`,
    );
    return { className, path: null, properties: { ...properties, ...more } };
  }
  return {
    all,
    one,
    pathOf,
    machine,
    call,
    template,
    /** A method of the virtual machine management service. */
    manage: (method: string, parameters: PropertySet) =>
      call("SELECT * FROM Msvm_VirtualSystemManagementService", method, parameters),
    /** A method of the image management service. */
    image: (method: string, parameters: PropertySet) =>
      call("SELECT * FROM Msvm_ImageManagementService", method, parameters),
    /** Asks a machine for a state; waits until its job is over. Answers the code and what the job says at its end. */
    async power(state: number): Promise<readonly [code: number, jobState?: unknown]> {
      const { returnValue, out } = await wmi.invoke((await machine()).path ?? "", "RequestStateChange", {
        RequestedState: state,
      });
      return out["Job"] === undefined || out["Job"] === null
        ? [returnValue]
        : [returnValue, await finished(String(out["Job"]))];
    },
    finished,
  };

  /** JobState of a job when it is over. */
  async function finished(path: string): Promise<unknown> {
    for (let turn = 0; turn < 2000; turn++) {
      const { properties } = await wmi.get(path);
      if (Number(properties["JobState"]) >= 7) return properties["JobState"];
      await settle(2);
    }
    throw new Error(`${path} does not end`);
  }
}
