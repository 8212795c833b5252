import {waitContainer} from '../../core/index.ts';
import {exitCodeOfProgram} from '../cli/exit-code.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS] CONTAINER [CONTAINER...]',
	description: 'Wait until containers stop, then print their exit codes',
	args: [1, Infinity],
	flags: [{name: 'condition', kind: 'string', default: 'not-running', help: 'What to wait for: not-running, next-exit or removed', check: checkCondition}],
	run: ({flags, args, engine}) => {
		const condition = flags.text('condition') as Condition;
		return eachTarget(args, async name => String(exitCodeOfProgram(await waitContainer(engine(), name, {condition}))));
	},
};

const CONDITIONS = ['not-running', 'next-exit', 'removed'] as const;
type Condition = (typeof CONDITIONS)[number];

function checkCondition(text: string): void {
	if (!CONDITIONS.some(condition => condition === text)) throw new Error(`invalid condition: must be one of ${CONDITIONS.join(', ')}`);
}
