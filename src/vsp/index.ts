export { ideOffer, scsiOffer, storMaxTransfer } from "./storvsp/offer.ts";
export {
  ideAccelerator,
  ideDisk,
  restoreStorvsp,
  type Storvsp,
  type StorvspOptions,
  type StorvspRestored,
  storvsp,
} from "./storvsp/serve.ts";
export type { StorController } from "./storvsp/session.ts";
export type { StorState, StorvspState } from "./storvsp/state.ts";
