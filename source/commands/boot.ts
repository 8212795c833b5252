import {type BootOutcome, bootContainers, haltContainers, messageOf} from '../../core/index.ts';
import {printError, printLine} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

/** What the unit hawser.service runs at the start and the end of the host. */
export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Start the containers that their restart policy wants to run after the host was started',
	args: [0, 0],
	flags: [{name: 'down', kind: 'bool', help: 'Before the host goes down: stop all; the next boot brings back what should run'}],
	run: ({flags, engine}) => report(flags.bool('down') ? haltContainers(engine()) : bootContainers(engine())),
};

async function report(outcomes: AsyncIterable<BootOutcome>): Promise<number> {
	let failed = false;
	for await (const {name, done, error} of outcomes) {
		if (error === undefined) printLine(`${name}: ${done}`);
		else printError(`Error: ${name} could not be ${done}: ${messageOf(error)}`);
		failed ||= error !== undefined;
	}
	return failed ? 1 : 0;
}
