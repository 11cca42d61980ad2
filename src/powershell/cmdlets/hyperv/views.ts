import type { ViewTable } from "../../format/views.ts";
export const hyperVViews: ViewTable = {};
