import {EngineError} from '../errors/error.ts';
import type {LiveState} from './live.ts';
import type {ContainerRecord} from './record.ts';

/** What a verb asks of the state, in Docker's words where it refuses. */
export function requireRunning({name, id}: ContainerRecord, live: LiveState, verb: string): void {
	if (live.status === 'running' || live.status === 'paused' || live.status === 'stopping') return;
	if (live.status === 'restarting')
		throw new EngineError({code: 'container.restarting', subject: name, message: `Container ${id} is restarting, wait until the container is running`});
	throw new EngineError({
		code: 'container.not-running',
		subject: name,
		message: verb === 'kill' ? `cannot kill container: ${name}: container ${id} is not running` : `container ${id} is not running`,
	});
}
