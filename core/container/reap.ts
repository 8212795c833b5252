import type {Engine} from '../engine/engine.ts';
import {isEngineError} from '../errors/error.ts';
import {removeContainer} from './remove.ts';

/** What a monitor has run at the end of a `--rm` container that no client promised to remove. Fine when somebody was first. */
export async function reapContainer(engine: Engine, id: string): Promise<void> {
	try {
		await removeContainer(engine, id, {volumes: true});
	} catch (error) {
		if (!isEngineError(error, 'container.not-found')) throw error;
	}
}
