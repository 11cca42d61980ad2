export { virtualizationClasses } from "./classes/virtualization.ts";
export { type CimTime, parseTime, printInterval, printTime } from "./datetime.ts";
export { WbemStatus } from "./errors.ts";
export { type NamespaceParts, openNamespace, type WmiNamespace } from "./namespace/namespace.ts";
export type { MethodCall, NamespaceProvider } from "./namespace/provider.ts";
export type { Place } from "./namespace/snapshot.ts";
export { type KeyValue, type ObjectPath, parsePath, printPath } from "./path/object-path.ts";
export type { CimClass, CimDeclaration, CimMethod, CimProperty, ClassSource } from "./schema/model.ts";
export { openSchema, type Schema } from "./schema/schema.ts";
export type { EventBatch, MethodResult, SubscriptionId, WmiAnswer, WmiSession } from "./session.ts";
export {
  type CimFeature,
  type CimInstance,
  type CimScalar,
  type CimType,
  type CimValue,
  fitValue,
  isInstance,
  isList,
  type PropertySet,
  sameValue,
} from "./value.ts";
export { parseWql } from "./wql/parse.ts";
export type { WqlQuery } from "./wql/query.ts";
export { parseEmbedded, printEmbedded } from "./xml/instance.ts";
