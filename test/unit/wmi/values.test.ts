import { describe, expect, test } from "vitest";
import { fitValue, parseTime, printInterval, printTime } from "../../../src/wmi/index.ts";

describe("times", () => {
  test("a point is written in UTC and read with its offset", () => {
    const at = Date.UTC(2011, 1, 22, 21, 30, 15, 125);
    expect(printTime(at)).toBe("20110222213015.125000+000");
    expect(parseTime("20110222213015.125000+000")).toEqual({ kind: "point", at });
    // Two hours east of Greenwich it is earlier there.
    expect(parseTime("20110222233015.125000+120")).toEqual({ kind: "point", at });
    expect(parseTime("20110222193015.125000-120")).toEqual({ kind: "point", at });
  });

  test("a span counts days", () => {
    expect(printInterval(65_000)).toBe("00000000000105.000000:000");
    expect(printInterval(3 * 86_400_000 + 3_600_000 + 7)).toBe("00000003010000.007000:000");
    expect(parseTime("00000003010000.007000:000")).toEqual({ kind: "interval", millis: 262_800_007 });
    expect(printInterval(-1)).toBe("00000000000000.000000:000");
  });

  test("what is no time is none", () => {
    const wrong = [
      "",
      "now",
      "20110230000000.000000+000",
      "20110222256000.000000+000",
      "20110222213015.125000",
    ];
    expect(wrong.map(parseTime)).toEqual(wrong.map(() => null));
  });
});

describe("values", () => {
  const scalar = (type: Parameters<typeof fitValue>[0]["type"]) => ({ type, isArray: false });

  test.each([
    ["uint8", 255, 256],
    ["uint16", 65_535, 65_536],
    ["uint32", 0xffff_ffff, 0x1_0000_0000],
    ["sint8", -128, -129],
    ["sint16", 32_767, 32_768],
    ["sint32", -2_147_483_648, -2_147_483_649],
  ] as const)("%s ends where it ends", (type, last, beyond) => {
    expect(fitValue(scalar(type), last)).toBe(last);
    expect(fitValue(scalar(type), String(last))).toBe(last);
    expect(fitValue(scalar(type), beyond)).toBeUndefined();
  });

  test("64 bits are exact, and always bigint", () => {
    expect(fitValue(scalar("uint64"), "18446744073709551615")).toBe(18446744073709551615n);
    expect(fitValue(scalar("uint64"), 12)).toBe(12n);
    expect(fitValue(scalar("uint64"), "18446744073709551616")).toBeUndefined();
    expect(fitValue(scalar("uint64"), -1)).toBeUndefined();
    expect(fitValue(scalar("uint64"), 2 ** 53)).toBeUndefined();
    expect(fitValue(scalar("sint64"), -(2n ** 63n))).toBe(-(2n ** 63n));
  });

  test("what does not fit is no value, null always is one", () => {
    expect(fitValue(scalar("boolean"), "TRUE")).toBe(true);
    expect(fitValue(scalar("boolean"), 1)).toBeUndefined();
    expect(fitValue(scalar("string"), 1)).toBeUndefined();
    expect(fitValue(scalar("real64"), "1e400")).toBeUndefined();
    expect(fitValue(scalar("object"), { className: "X" })).toBeUndefined();
    expect(fitValue(scalar("uint8"), null)).toBeNull();
    expect(fitValue({ type: "uint8", isArray: true }, [1, "2"])).toEqual([1, 2]);
    expect(fitValue({ type: "uint8", isArray: true }, [1, 256])).toBeUndefined();
    expect(fitValue({ type: "uint8", isArray: true }, 1)).toBeUndefined();
  });
});
