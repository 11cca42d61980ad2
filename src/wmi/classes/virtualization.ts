import type { ClassSource } from "../schema/model.ts";
import { consoleClasses } from "./console.ts";
import { foundationClasses } from "./foundation.ts";
import { integrationClasses } from "./integration.ts";
import { jobClasses } from "./jobs.ts";
import { networkClasses } from "./networks.ts";
import { poolClasses } from "./pools.ts";
import { resourceClasses } from "./resources.ts";
import { serviceClasses } from "./services.ts";
import { systemClasses } from "./systems.ts";

/** The classes of `root\virtualization`, as in Windows Server 2008 R2, each after the one it inherits from. */
export const virtualizationClasses: readonly ClassSource[] = [
  ...foundationClasses,
  ...systemClasses,
  ...resourceClasses,
  ...poolClasses,
  ...consoleClasses,
  ...serviceClasses,
  ...networkClasses,
  ...integrationClasses,
  ...jobClasses,
];
