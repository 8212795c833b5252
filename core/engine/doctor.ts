import {existsSync} from 'node:fs';
import {listContainers} from '../container/list.ts';
import {liveFolder} from '../container/place.ts';
import {messageOf} from '../errors/codes.ts';
import {decodeFields} from '../monitor/fields.ts';
import {runProgram} from '../platform/run.ts';
import {mendNetwork} from '../runtime/network.ts';
import type {Engine} from './engine.ts';

/** Something amiss, in one sentence; `mended`: it is not any more. */
export type Finding = {readonly subject: string; readonly problem: string; readonly mended: boolean};

/** Looks at what others may have changed under our hands: the rules, bridges and settings of the networks of running containers. What can be mended is. */
export async function examine(engine: Engine): Promise<Finding[]> {
	const findings: Finding[] = [];
	for (const {id, name, pid} of listContainers(engine)) {
		const plan = `${liveFolder(engine, id)}/net-plan`;
		if (pid === 0 || !existsSync(plan)) continue;
		findings.push(...(await examineNetwork(engine, {name, plan, pid})));
	}
	return findings;
}

type Place = {readonly name: string; readonly plan: string; readonly pid: number};

async function examineNetwork(engine: Engine, {name, plan, pid}: Place): Promise<Finding[]> {
	const before = await problemsOf(engine, plan);
	if (before.length === 0) return [];
	const failure = await mendNetwork(engine, plan, pid).then(() => undefined, messageOf);
	const after = new Set(await problemsOf(engine, plan));
	return [
		...before.map(problem => ({subject: name, problem, mended: !after.has(problem)})),
		...(failure === undefined ? [] : [{subject: name, problem: failure, mended: false}]),
	];
}

async function problemsOf(engine: Engine, plan: string): Promise<readonly string[]> {
	const {code, stdout, stderr} = await runProgram(engine.native.net, ['check', plan]);
	return code === 0 ? (decodeFields(stdout).get('problem') ?? []) : [stderr.trim()];
}
