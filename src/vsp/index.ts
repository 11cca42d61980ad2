export { scsiControllerLimit, scsiOffer, storMaxTransfer } from "./storvsp/offer.ts";
export { ideDisk, notifyBusChanged, type Storvsp, type StorvspOptions, storvsp } from "./storvsp/serve.ts";
export type { StorController } from "./storvsp/session.ts";
export type { StorState, StorvspState } from "./storvsp/state.ts";
