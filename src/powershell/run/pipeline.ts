import type { PipelineElement, PipelineSyntax, Redirection, Stream } from "../syntax/ast.ts";
import { errorRecord } from "./error-record.ts";
import { emit, type Frame, PipelineDone, type Sink } from "./machine.ts";
import { openStage } from "./stage.ts";
import type { Stage } from "./stage-kind.ts";

/** Runs a pipeline: what each place puts out goes to the next at once. */
export async function runPipeline(frame: Frame, pipeline: PipelineSyntax): Promise<void> {
  const { state } = frame.machine;
  const before = state.failed;
  state.failed = false;
  try {
    await runStages(frame, pipeline);
    state.lastOk = !state.failed;
  } finally {
    state.failed = before;
  }
}

async function runStages(frame: Frame, pipeline: PipelineSyntax): Promise<void> {
  const [first, ...rest] = pipeline.elements;
  if (first === undefined) return;
  const id = {};
  const stages: Stage[] = [];
  let sink: Sink = frame.out;
  for (const [place, element] of [...rest.entries()].reverse()) {
    const stage = await stageOf({ ...frame, out: sink }, element, { id, place: place + 1, hasInput: true });
    stages.unshift(stage);
    sink = (value) => stage.process(value);
  }
  const begun = [...stages];
  try {
    if (first.kind === "expression") await startExpression({ ...frame, out: sink }, first, begun);
    else {
      const source = await stageOf({ ...frame, out: sink }, first, { id, place: 0, hasInput: false });
      for (const stage of [source, ...begun]) await stage.begin();
      await source.process(undefined);
      await source.end();
    }
    for (const stage of stages) await stage.end();
  } catch (thrown) {
    if (!(thrown instanceof PipelineDone) || thrown.pipeline !== id) throw thrown;
    // Places from the one that wants no more go on to their ends.
    for (const stage of stages.slice(Math.max(0, thrown.stage - 1))) await stage.end();
  }
}

async function startExpression(
  frame: Frame,
  { value, redirections }: Extract<PipelineElement, { kind: "expression" }>,
  stages: readonly Stage[],
): Promise<void> {
  for (const stage of stages) await stage.begin();
  const within = redirected(frame, redirections);
  const made = await frame.machine.evaluate(within, value);
  if (value.kind === "step") return;
  // Nothing comes of $null: as of a variable that a query without results was put into.
  if (made === null && stages.length > 0) return;
  await emit(within, made);
}

interface StagePlace {
  readonly id: object;
  readonly place: number;
  readonly hasInput: boolean;
}

async function stageOf(
  frame: Frame,
  element: PipelineElement,
  { id, place, hasInput }: StagePlace,
): Promise<Stage> {
  if (element.kind === "expression") throw new Error("an expression is no later place of a pipeline");
  const within = redirected(frame, element.redirections);
  return openStage(within, element, {
    hasInput,
    stop: () => {
      throw new PipelineDone(id, place);
    },
  });
}

/** The frame with streams that go nowhere, or into the output. */
function redirected(frame: Frame, redirections: readonly Redirection[]): Frame {
  let made = frame;
  for (const { kind, stream } of redirections)
    made = kind === "discard" ? without(made, stream) : merged(made);
  return made;
}

function without(frame: Frame, stream: Stream): Frame {
  const nothing = async (): Promise<void> => {};
  switch (stream) {
    case "output":
      return { ...frame, out: nothing };
    case "error":
      return { ...frame, error: nothing };
    case "warning":
      return { ...frame, warning: nothing };
    case "verbose":
      return { ...frame, verbose: nothing };
    case "all":
      return { ...frame, out: nothing, error: nothing, warning: nothing, verbose: nothing };
  }
}

function merged(frame: Frame): Frame {
  return { ...frame, error: (failure) => frame.out(errorRecord(failure)) };
}
