import { expect, it } from "vitest";
import { openWaits } from "../../src/hal/waits.ts";

it("a wake ends a sleep at once", async () => {
  const waits = openWaits();
  const started = performance.now();
  setTimeout(waits.wake, 5);
  await waits.sleep(10_000);
  expect(performance.now() - started).toBeLessThan(5_000);
});

it("a sleep ends by itself, not before its time", async () => {
  const waits = openWaits();
  const started = performance.now();
  await waits.sleep(30);
  // Timers may come up to a millisecond early.
  expect(performance.now() - started).toBeGreaterThan(28);
});

it("a wake without a sleep is harmless and is not saved up", async () => {
  const waits = openWaits();
  waits.wake();
  const started = performance.now();
  await waits.sleep(30);
  waits.wake();
  expect(performance.now() - started).toBeGreaterThan(28);
});

it("a sleep that was woken leaves no timer that ends the next one", async () => {
  const waits = openWaits();
  setTimeout(waits.wake, 1);
  await waits.sleep(40);
  const started = performance.now();
  await waits.sleep(120);
  expect(performance.now() - started).toBeGreaterThan(118);
});

it("breathing lets other tasks in", async () => {
  const waits = openWaits();
  let others = 0;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => others++;
  setTimeout(() => others++);
  const started = performance.now();
  for (let sent = 0; sent < 10; sent++) port2.postMessage(0);
  while (others < 11 && performance.now() - started < 5_000) await waits.breathe();
  expect(others).toBe(11);
  port1.close();
});

it("breathing costs far less than a timer", async () => {
  const waits = openWaits();
  const started = performance.now();
  for (let turns = 0; turns < 500; turns++) await waits.breathe();
  // Nested timers are held to 4 ms each: 500 of them would take two seconds.
  expect(performance.now() - started).toBeLessThan(1_000);
});
