export const machines = 1;
