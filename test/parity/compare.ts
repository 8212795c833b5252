import {essence, fold, squeeze} from './fold.ts';

export type Outcome = {readonly code: number; readonly stdout: string; readonly stderr: string};

/** What two programs did otherwise: `code`, `stderr`, `stdout`, or a path within JSON. */
export type Difference = {readonly where: string; readonly docker: string; readonly hawser: string};

export function compare(docker: Outcome, hawser: Outcome, folds: ReadonlyArray<readonly [RegExp, string]> = []): Difference[] {
	const differences: Difference[] = [];
	const differ = (where: string, one: string, other: string): void => {
		if (one !== other) differences.push({where, docker: one, hawser: other});
	};
	differ('code', String(docker.code), String(hawser.code));
	differ('stderr', essence(docker.stderr), essence(hawser.stderr));
	const [one, other] = [parse(docker.stdout), parse(hawser.stdout)];
	if (one !== undefined && other !== undefined) compareJson('', one, other, differ, folds);
	else differ('stdout', squeeze(fold(docker.stdout, folds)), squeeze(fold(hawser.stdout, folds)));
	return differences;
}

/** Objects and lists only: a number is also a text. */
function parse(text: string): unknown {
	if (!/^\s*[[{]/.test(text)) return undefined;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}

type Differ = (where: string, one: string, other: string) => void;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function compareJson(path: string, one: unknown, other: unknown, differ: Differ, folds: ReadonlyArray<readonly [RegExp, string]>): void {
	if (isObject(one) && isObject(other)) {
		for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) compareJson(path === '' ? key : `${path}.${key}`, one[key], other[key], differ, folds);
	} else if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
		for (const [at, item] of one.entries()) compareJson(`${path}[${at}]`, item, other[at], differ, folds);
	} else differ(path === '' ? 'stdout' : path, textOf(one, folds), textOf(other, folds));
}

const textOf = (value: unknown, folds: ReadonlyArray<readonly [RegExp, string]>): string => (value === undefined ? '<absent>' : fold(JSON.stringify(value), folds));
