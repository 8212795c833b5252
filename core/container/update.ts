import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {request} from '../monitor/request.ts';
import {transaction} from '../state/database.ts';
import {eventAttributes} from './events.ts';
import {isRunning, readLive} from './live.ts';
import type {RestartPolicy} from './model.ts';
import {liveFolder} from './place.ts';
import {findRecord, updateConfig} from './record.ts';

/** Changes the restart policy, of a running container as well. */
export async function updateContainer(engine: Engine, ref: string, {restart}: {readonly restart: RestartPolicy}): Promise<void> {
	const record = transaction(engine.db, () => {
		const found = findRecord(engine.db, ref);
		if (found.config.autoRemove && restart.name !== 'no')
			throw new EngineError({code: 'container.invalid', subject: ref, message: 'Restart policy cannot be updated because AutoRemove is enabled for the container'});
		const config = {...found.config, restart};
		updateConfig(engine.db, found.id, config);
		return {...found, config};
	});
	const live = readLive(engine, record.id);
	if (live.monitored && isRunning(live)) await request(liveFolder(engine, record.id), 'update', {restart: restart.name, 'restart-max': restart.maximumRetryCount});
	recordEvent(engine, {type: 'container', action: 'update', id: record.id, attributes: eventAttributes(record)});
}
