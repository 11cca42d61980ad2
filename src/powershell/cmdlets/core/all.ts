import type { Cmdlet } from "../../run/machine.ts";
import { convertFromJson, convertToCsv, convertToJson } from "./convert-text.ts";
import { forEachObject, selectObject, whereObject } from "./filter.ts";
import { getAlias, getCommand, getHelp, getMember } from "./help.ts";
import { compareObject, groupObject, measureObject, sortObject } from "./order.ts";
import { formatList, formatTable, formatWide, outHost, outNull, outString } from "./show.ts";
import { getDate, getRandom, measureCommand, newTimeSpan, startSleep } from "./time.ts";
import {
  addMember,
  getUnique,
  getVariable,
  newObject,
  removeVariable,
  setVariable,
  testPath,
} from "./variables.ts";
import {
  clearHost,
  getHistory,
  writeError,
  writeHost,
  writeOutput,
  writeVerbose,
  writeWarning,
} from "./write.ts";

/** Cmdlets to live with. */
export const coreCmdlets: readonly Cmdlet[] = [
  addMember,
  clearHost,
  compareObject,
  convertFromJson,
  convertToCsv,
  convertToJson,
  forEachObject,
  formatList,
  formatTable,
  formatWide,
  getAlias,
  getCommand,
  getDate,
  getHelp,
  getHistory,
  getMember,
  getRandom,
  getUnique,
  getVariable,
  groupObject,
  measureCommand,
  measureObject,
  newObject,
  newTimeSpan,
  outHost,
  outNull,
  outString,
  removeVariable,
  selectObject,
  setVariable,
  sortObject,
  startSleep,
  testPath,
  whereObject,
  writeError,
  writeHost,
  writeOutput,
  writeVerbose,
  writeWarning,
];
