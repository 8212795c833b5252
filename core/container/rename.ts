import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {transaction} from '../state/database.ts';
import {refreshNetwork} from './connect.ts';
import {eventAttributes} from './events.ts';
import {findRecord, renameRecord} from './record.ts';
import {checkName} from './validate.ts';

export async function renameContainer(engine: Engine, ref: string, name: string): Promise<void> {
	if (name === '') throw new EngineError({code: 'container.invalid', subject: ref, message: 'Neither old nor new names may be empty'});
	const clean = name.replace(/^\//, '');
	const {db} = engine;
	const record = transaction(db, () => {
		const old = findRecord(db, ref);
		checkName(name);
		if (old.name === clean) throw new EngineError({code: 'container.invalid', subject: ref, message: 'Renaming a container with the same name as its current name'});
		renameRecord(db, old.id, clean);
		return old;
	});
	await refreshNetwork(engine, {...record, name: clean});
	recordEvent(engine, {type: 'container', action: 'rename', id: record.id, attributes: eventAttributes({...record, name: clean}, {oldName: `/${record.name}`})});
}
