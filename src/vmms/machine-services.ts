import { type HvSockets, openHvSockets } from "../vsp/index.ts";
import { type AdapterServices, openAdapterServices } from "./adapters/services.ts";
import { type InputServices, openInputServices } from "./input/services.ts";
import { type IntegrationServices, openIntegrationServices } from "./integration/services.ts";
import type { ServicePlan } from "./powered.ts";
import { type DriveServices, openServices } from "./services.ts";
import { openVideoServices, type VideoServices } from "./video.ts";

/** What serves one machine's devices, by kind. */
interface ServicesByKind {
  readonly services: DriveServices;
  readonly adapters: AdapterServices;
  readonly integration: IntegrationServices;
  readonly input: InputServices;
  readonly sockets: HvSockets;
  readonly video: VideoServices;
}

/** Everything that serves one machine's devices. */
export interface MachineServices extends ServicesByKind {
  /** Who serves which channel; those of frames are the adapters'. */
  readonly owners: readonly ServicesByKind[keyof ServicesByKind]["owners"][number][];
}

/** Opens the services of a machine that starts or whose guest goes on. @throws HvError when a saved one cannot */
export function openMachineServices(plan: ServicePlan): MachineServices {
  const { saved } = plan;
  const parts: ServicesByKind = {
    services: openServices(plan, saved),
    adapters: openAdapterServices(plan.adapters, saved),
    integration: openIntegrationServices(plan.integration, saved),
    input: openInputServices(plan.input, saved),
    sockets: openHvSockets(plan.sockets),
    video: openVideoServices(saved),
  };
  const { services, adapters, integration, input, sockets, video } = parts;
  const each = [services, adapters, integration, input, sockets, video];
  return { ...parts, owners: each.flatMap(({ owners }) => [...owners]) };
}
