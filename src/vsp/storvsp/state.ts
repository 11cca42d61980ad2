/** How far the guest's driver and we have agreed. `version` is major << 8 | minor. */
export type StorState =
  | { readonly kind: "closed" }
  | { readonly kind: "opened" }
  | { readonly kind: "initializing" }
  | { readonly kind: "versionAgreed"; readonly version: number }
  | { readonly kind: "propertiesKnown"; readonly version: number }
  | { readonly kind: "ready"; readonly version: number };

/**
 * What is saved of a storage provider. Requests are not: they are completed before a machine is saved.
 * Disks are not either.
 */
export interface StorvspState {
  readonly format: 1;
  readonly negotiation: StorState;
}
