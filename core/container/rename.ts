import type {Engine} from '../engine/engine.ts';
import {EngineError, isEngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {transaction} from '../state/database.ts';
import {refreshNetwork} from './connect.ts';
import {eventAttributes} from './events.ts';
import {findRecord, renameRecord} from './record.ts';
import {checkName} from './validate.ts';

/** What is wrong with the new name, in Docker's words. */
function allocate(work: () => void): void {
	try {
		work();
	} catch (error) {
		if (!isEngineError(error)) throw error;
		throw new EngineError({code: error.code, subject: error.subject, message: `Error when allocating new name: ${error.message}`, hint: error.hint, cause: error});
	}
}

export async function renameContainer(engine: Engine, ref: string, name: string): Promise<void> {
	if (ref === '' || name === '') throw new EngineError({code: 'container.invalid', subject: ref, message: 'Neither old nor new names may be empty'});
	const clean = name.replace(/^\//, '');
	const {db} = engine;
	const record = transaction(db, () => {
		const old = findRecord(db, ref);
		allocate(() => checkName(name));
		if (old.name === clean) throw new EngineError({code: 'container.invalid', subject: ref, message: 'Renaming a container with the same name as its current name'});
		allocate(() => renameRecord(db, old.id, clean));
		return old;
	});
	await refreshNetwork(engine, {...record, name: clean});
	recordEvent(engine, {type: 'container', action: 'rename', id: record.id, attributes: eventAttributes({...record, name: clean}, {oldName: `/${record.name}`})});
}
