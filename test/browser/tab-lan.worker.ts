import { threadClock } from "../../src/hal/clock.ts";
import { afterThisTask, joinTabChannel } from "../../src/hal/uplink/tab-channel.ts";
import { openTabLan } from "../../src/network/index.ts";
import { labFrame, labPort } from "../lab/uplink.ts";

/** A tab that sends without end until it is gone. */
const lan = openTabLan({
  segment: "s4",
  tab: "the worker",
  join: joinTabChannel,
  soon: afterThisTask,
  clock: threadClock,
  random: () => 0,
  told: () => {},
  log: () => {},
});
lan.open(labPort());
setInterval(() => {
  for (let sent = 0; sent < 20; sent++) lan.frame(labFrame(1, 9, 1500, sent), 0, 1500);
}, 1);
