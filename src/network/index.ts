export * from "./frame/index.ts";
export * from "./port.ts";
export * from "./uplink/address.ts";
export * from "./uplink/relay.ts";
export * from "./uplink/socket.ts";
export * from "./uplink/tab-lan.ts";
export * from "./uplink/uplink.ts";
export * from "./vswitch/index.ts";
