// @ts-check
export const recipe = { name: "system-disk", needs: [], ingredients: [], tools: [], async build() { return []; } };
