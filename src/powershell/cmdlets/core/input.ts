import { parameter } from "../../run/parameter.ts";

/** What comes down the pipeline, whatever it is. */
export const inputObject = parameter("InputObject", "any", "What comes down the pipeline.", {
  pipeline: "value",
});
