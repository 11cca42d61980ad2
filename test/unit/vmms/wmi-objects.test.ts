import { expect, test } from "vitest";
import { fitValue, openSchema, virtualizationClasses } from "../../../src/wmi/index.ts";
import { openMemoryHost, web01 } from "../../lab/memory-host.ts";

const schema = openSchema(virtualizationClasses);

test("every object has properties of its class that fit, and every reference leads somewhere", async () => {
  const host = await openMemoryHost();
  await host.session.start(web01);
  const { classes } = await host.wmi.classes().then((classes) => ({ classes }));
  for (const of of classes) {
    if (of.abstract) continue;
    for (const one of await host.wmi.enumerate(of.name)) {
      expect(Object.keys(one.properties)).toEqual(schema.get(one.className).properties.map((p) => p.name));
      for (const p of schema.get(one.className).properties) {
        const v = one.properties[p.name];
        expect(fitValue(p, v), `${one.className}.${p.name} ${v}`).toEqual(v);
        if (p.type === "reference" && typeof v === "string") expect((await host.wmi.get(v)).path).toBe(v);
      }
      expect((await host.wmi.get(one.path ?? "")).path).toBe(one.path);
    }
  }
});
