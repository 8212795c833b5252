import {updateContainer} from '../../core/index.ts';
import {UsageError} from '../cli/flags.ts';
import {printLine} from '../cli/output.ts';
import {containerFlags} from '../cli/run-flags.ts';
import {readResources} from '../cli/run-spec.ts';
import {parseRestart} from '../cli/run-values.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

const NAMES =
	'blkio-weight cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems kernel-memory memory memory-reservation memory-swap pids-limit'.split(
		' ',
	);
const flags = [
	...containerFlags.filter(({name}) => NAMES.includes(name)),
	{name: 'restart', kind: 'string', help: 'When to start it again: no, always, unless-stopped, on-failure[:N]'} as const,
];

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [CONTAINER...]',
	description: 'Change limits and restart policy of containers, also while they run',
	args: [1, Infinity],
	flags,
	async run({flags: given, args, engine}) {
		if (!flags.some(({name}) => given.given(name))) throw new UsageError('you must provide one or more flags when using this command', {exitCode: 1, usage: false});
		const restart = given.text('restart') === '' ? undefined : parseRestart(given.text('restart'));
		const resources = readResources(given);
		const warnings: string[] = [];
		const code = await eachTarget(args, async name => {
			warnings.push(...(await updateContainer(engine(), name, {resources, ...(restart && {restart})})).warnings);
			return name;
		});
		for (const warning of warnings) printLine(warning);
		return code;
	},
};
