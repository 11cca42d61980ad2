import { type StockVm, catalogue as shipped } from "../../../src/vmms/catalogue.ts";

export { type FirstDisk, type StockImage, type StockVm, stockImages } from "../../../src/vmms/catalogue.ts";

const crowd = 8;

const [model] = shipped;

/** The machines of the site, and as many as the bench `idle-8` lets idle: one network adapter, no disk, started warm. */
export const catalogue: readonly StockVm[] = [
  ...shipped,
  ...Array.from({ length: crowd }, (_, place): readonly StockVm[] =>
    model === undefined
      ? []
      : [
          {
            ...model,
            id: `3f0b9d0e-6a51-4d6e-9d0c-7a0a500000b${place + 1}`,
            name: `idle-${place + 1}`,
            description: "A machine for measuring",
            drives: model.drives.filter(({ slot }) => slot.controller !== "SCSI"),
            firstDisks: [],
          },
        ],
  ).flat(),
];
