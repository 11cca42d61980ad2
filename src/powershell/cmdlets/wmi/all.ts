import type { Cmdlet } from "../../run/machine.ts";
import {
  getEvent,
  getEventSubscriber,
  registerWmiEvent,
  removeEvent,
  unregisterEvent,
  waitEvent,
} from "./events.ts";
import { getCimClass, getCimInstance, getWmiObject, invokeCimMethod, invokeWmiMethod } from "./objects.ts";

/** Cmdlets for the objects of the management service. */
export const wmiCmdlets: readonly Cmdlet[] = [
  getCimClass,
  getCimInstance,
  getEvent,
  getEventSubscriber,
  getWmiObject,
  invokeCimMethod,
  invokeWmiMethod,
  registerWmiEvent,
  removeEvent,
  unregisterEvent,
  waitEvent,
];
