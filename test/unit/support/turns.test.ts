import { expect, test } from "vitest";
import { openTurns } from "../../../src/support/index.ts";

/** Work that says when it begins, and ends when a test says so. */
function heldWork(told: string[], name: string) {
  let end: (failure?: Error) => void = () => {};
  const held = new Promise<string>((resolve, reject) => {
    end = (failure) => (failure === undefined ? resolve(name) : reject(failure));
  });
  const work = () => {
    told.push(name);
    return held;
  };
  return { work, end: (failure?: Error) => end(failure) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test("a piece of work begins when those before it have ended, and answers what it answers", async () => {
  const told: string[] = [];
  const turns = openTurns();
  const one = heldWork(told, "one");
  const two = heldWork(told, "two");
  const first = turns.take(one.work);
  const second = turns.take(two.work);
  await settle();
  expect(told).toEqual(["one"]);
  one.end();
  expect(await first).toBe("one");
  await settle();
  expect(told).toEqual(["one", "two"]);
  two.end();
  expect(await second).toBe("two");
});

test("work that fails rejects for whoever asked, and the next one begins all the same", async () => {
  const told: string[] = [];
  const turns = openTurns();
  const one = heldWork(told, "one");
  const two = heldWork(told, "two");
  const failed = expect(turns.take(one.work)).rejects.toThrow("it broke");
  const second = turns.take(two.work);
  one.end(new Error("it broke"));
  two.end();
  await failed;
  expect(await second).toBe("two");
});

test("it is over when the last piece asked for has ended, also badly", async () => {
  const turns = openTurns();
  await turns.over();
  const one = heldWork([], "one");
  turns.take(one.work).catch(() => {});
  let isOver = false;
  const over = turns.over().then(() => {
    isOver = true;
  });
  await settle();
  expect(isOver).toBe(false);
  one.end(new Error("it broke"));
  await over;
  expect(isOver).toBe(true);
});
