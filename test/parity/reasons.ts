import type {Difference} from './compare.ts';

/** Why we do otherwise. The first that fits counts. */
const reasons: ReadonlyArray<{readonly line: RegExp; readonly where?: RegExp; readonly why: string}> = [];

export const reasonFor = (line: string, {where}: Difference): string | undefined => reasons.find(reason => reason.line.test(line) && (reason.where === undefined || reason.where.test(where)))?.why;
