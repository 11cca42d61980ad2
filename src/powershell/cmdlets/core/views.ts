import type { ViewTable } from "../../format/views.ts";
import { errorText } from "../../run/error-record.ts";
import { isKind, propertyOf } from "../../values/value.ts";

/** How objects of the core are shown. */
export const coreViews: ViewTable = {
  "System.Management.Automation.ErrorRecord": {
    kind: "text",
    text: (value) => (isKind(value, "object") ? errorText(value).trimEnd() : ""),
  },
  "System.Management.Automation.CmdletInfo": {
    kind: "table",
    columns: ["CommandType", "Name", "ModuleName", "Definition"],
  },
  "System.Management.Automation.CmdletInfo#Help": {
    kind: "table",
    columns: ["Name", "ModuleName", "Synopsis"],
  },
  "System.Management.Automation.AliasInfo": { kind: "table", columns: ["CommandType", "Name", "Definition"] },
  "System.Management.Automation.PSVariable": { kind: "table", columns: ["Name", "Value"] },
  "System.Collections.DictionaryEntry": { kind: "table", columns: ["Name", "Value"] },
  "Microsoft.PowerShell.Commands.GroupInfo": { kind: "table", columns: ["Count", "Name", "Group"] },
  "Microsoft.PowerShell.Commands.GroupInfoNoElement": { kind: "table", columns: ["Count", "Name"] },
  "Microsoft.PowerShell.Commands.GenericMeasureInfo": {
    kind: "list",
    columns: ["Count", "Average", "Sum", "Maximum", "Minimum", "Property"],
  },
  "Microsoft.PowerShell.Commands.HistoryInfo": { kind: "table", columns: ["Id", "CommandLine"] },
  "Microsoft.PowerShell.Commands.MemberDefinition": {
    kind: "table",
    columns: ["Name", "MemberType", "Definition"],
  },
  "System.Management.ManagementClass": {
    kind: "table",
    columns: ["Name", "Methods", "Properties"],
  },
  "System.Management.Automation.PSEventArgs": {
    kind: "table",
    columns: [
      "EventIdentifier",
      "SourceIdentifier",
      "TimeGenerated",
      { title: "Event", of: (value) => propertyOf(propertyOf(value, "NewEvent"), "__CLASS") },
    ],
  },
};
