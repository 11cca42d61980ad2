// The other side of a carrier: sends everything back.
import { openCarrier } from "../../src/hal/carrier-ends.ts";
import type { CarrierEnd } from "../../src/hvdef/index.ts";

self.onmessage = (event: MessageEvent<CarrierEnd>) => {
  const carrier = openCarrier(event.data);
  carrier.receive((buffer, used) => carrier.send(buffer, used));
};
