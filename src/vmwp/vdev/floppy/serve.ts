import { type DriveMedium, floppySizes } from "../../../hvdef/index.ts";
import { HvError } from "../../../support/index.ts";

/** Refuses what no diskette drive takes. @throws HvError `drive.diskette` */
export function checkDiskette({ byteLength }: DriveMedium): void {
  if (floppySizes.includes(byteLength)) return;
  const sizes = floppySizes.map((size) => size / 1024);
  throw new HvError(
    "drive.diskette",
    `A diskette holds ${sizes.slice(0, -1).join(", ")} or ${sizes.at(-1)} KB, but this image has ${byteLength} bytes. Insert an image of one of these sizes.`,
    { hresult: 0x80070057 },
  );
}
