import {examine} from '../../core/index.ts';
import {printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '',
	description: 'Look whether others have changed the networks of running containers, and mend what can be',
	args: [0, 0],
	flags: [],
	async run({engine}) {
		const findings = await examine(engine());
		if (findings.length === 0) printLine('Nothing is amiss.');
		for (const {subject, problem, mended} of findings) printLine(`${subject}: ${problem}${mended ? ' (mended)' : ''}`);
		return findings.every(({mended}) => mended) ? 0 : 1;
	},
};
